package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

const baiduDocAddress = "http://127.0.0.1:8081"

// TestBaiduDocIsUpToDate runs the curl commands of BAIDU.md against the sandbox
// and compares the whole file. Write it anew with
//
//	UPDATE_BAIDU_MD=1 go test -run TestBaiduDocIsUpToDate ./handlers/sandbox
func TestBaiduDocIsUpToDate(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "this test needs curl")
		t.Skip("this test needs curl")
	}
	want := baiduDoc(t)
	if os.Getenv("UPDATE_BAIDU_MD") != "" {
		require.NoError(t, os.WriteFile("BAIDU.md", []byte(want), 0o644))
	}
	got, err := os.ReadFile("BAIDU.md")
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "BAIDU.md is out of date")
}

// baiduDoc writes the file.
func baiduDoc(t *testing.T) string {
	var doc strings.Builder
	doc.WriteString(`# The fake Baidu, by curl

sandbox.NewBaidu makes an http.Handler that speaks the wire format of Baidu's H5 real-name face verification (人脸实名认证).
This file is written by a test that runs its commands: what stands here is what the sandbox answers.
The commands suppose the sandbox at ` + baiduDocAddress + ` with plans "1" and "photo".

## A check from end to end
`)
	transcript := newBaiduTranscript(t, &doc)
	transcript.run()

	doc.WriteString("\n## Outcomes\n\nThe page's buttons POST `outcome=ID` to the page's own address. A switch can preset one.\n\n")
	doc.WriteString(transcript.outcomes())
	doc.WriteString("\n## Switches\n\n`POST /control/next` takes one JSON object, all of it optional. All but `faults` are for the next `sessions` sessions.\nAn unknown name or value is refused with 400 and the list of the known ones.\n\n")
	doc.WriteString(baiduFieldTable(t, "baidu_switches.go", sandbox.BaiduSwitches{}))
	doc.WriteString("\nA fault:\n\n")
	doc.WriteString(baiduFieldTable(t, "baidu_fault.go", sandbox.BaiduFault{}))
	doc.WriteString("\nDamages:\n\n" + baiduConstantTable(t, "baidu_fault.go", "BaiduDamage"))
	doc.WriteString("\n## Shapes\n\n" + baiduConstantTable(t, "baidu_shapes.go", "BaiduShape"))
	return doc.String()
}

// baiduTranscript runs commands by curl and writes them down with their answers.
type baiduTranscript struct {
	t      *testing.T
	doc    *strings.Builder
	server *httptest.Server
	clock  *baiduClock
}

func newBaiduTranscript(t *testing.T, doc *strings.Builder) *baiduTranscript {
	clock := &baiduClock{at: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(sandbox.NewBaidu(sandbox.BaiduConfig{
		Seed: "BAIDU.md", Now: clock.now, BaseURL: baiduDocAddress,
		PlanIDs: []string{"1"}, Plans: []sandbox.BaiduPlan{{ID: "photo", Comparison: sandbox.BaiduComparePhoto, Recording: true}},
	}))
	t.Cleanup(server.Close)
	return &baiduTranscript{t: t, doc: doc, server: server, clock: clock}
}

// say runs one command and returns its answer. The command is a shell's, as the
// reader would type it; the address in it is led to the test's own server.
func (s *baiduTranscript) say(heading string, arguments ...string) string {
	s.t.Helper()
	command := "curl -s " + strings.Join(arguments, " \\\n  ")
	shell := exec.CommandContext(s.t.Context(), "sh", "-c", strings.ReplaceAll(command, baiduDocAddress, s.server.URL))
	var complaints bytes.Buffer
	shell.Stderr = &complaints
	output, err := shell.Output()
	require.NoError(s.t, err, complaints.String())
	answer := strings.TrimRight(strings.ReplaceAll(string(output), s.server.URL, baiduDocAddress), "\n")
	if heading != "" {
		fmt.Fprintf(s.doc, "\n### %s\n", heading)
	}
	kind := "json"
	if !json.Valid(output) {
		kind = "text"
	}
	fmt.Fprintf(s.doc, "\n```sh\n%s\n```\n```%s\n%s\n```\n", command, kind, answer)
	s.clock.advance(time.Second)
	return answer
}

// api calls one of the eight endpoints.
func (s *baiduTranscript) api(heading, endpoint, access, body string) string {
	s.t.Helper()
	return s.say(heading, "'"+baiduDocAddress+baiduAPI+endpoint+"?access_token="+access+"'",
		"-H 'Content-Type: application/json'", "-d '"+body+"'")
}

func (s *baiduTranscript) member(answer, name string) string {
	s.t.Helper()
	_, rest, ok := strings.Cut(answer, `"`+name+`":"`)
	require.True(s.t, ok, answer)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func (s *baiduTranscript) run() {
	oauth := "-X POST '" + baiduDocAddress + baiduOAuth + "&client_id=" + sandbox.BaiduAPIKey + "&client_secret="
	access := s.member(s.say("Access token", oauth+sandbox.BaiduSecretKey+"'"), "access_token")
	s.say("", "-w '\\nHTTP %{http_code}' "+oauth+"wrong'")

	verify := s.member(s.api("verifyToken/generate", "verifyToken/generate", access, `{"plan_id": 1}`), "verify_token")
	token := `"verify_token": "` + verify + `"`
	s.api("", "verifyToken/generate", access, `{"plan_id": "no-such-plan"}`)
	s.api("", "verifyToken/generate", "24.not-a-token", `{"plan_id": 1}`)
	s.api("idcard/submit", "idcard/submit", access, `{`+token+`, "id_name": "测试甲", "id_no": "000000190001010000", "certificate_type": 0}`)

	photo := s.member(s.api("uploadMatchImage", "verifyToken/generate", access, `{"plan_id": "photo"}`), "verify_token")
	s.api("", "uploadMatchImage", access, `{"verify_token": "`+photo+`", "image": "/9j/4AAQSkZJRgABAQAAAQABAAD/", "quality_control": "LOW"}`)

	page := func(token, outcome string) []string {
		return []string{
			"-w 'HTTP %{http_code}, to %{redirect_url}'",
			"'" + baiduDocAddress + "/face/print/?token=" + token + "&successUrl=http%3A%2F%2Flocalhost%2Freturn%3Fflow%3D7&failedUrl=http%3A%2F%2Flocalhost%2Freturn%3Fflow%3D7'",
			"-d outcome=" + outcome,
		}
	}
	s.api("Before the person is done", "result/detail", access, `{`+token+`}`)
	s.say("The page", page(verify, "fail_then_pass")...)
	s.say("", page(photo, "pass")...)

	for _, endpoint := range []string{"result/simple", "result/detail", "result/stat", "result/getall"} {
		s.api(endpoint, endpoint, access, `{`+token+`}`)
	}
	s.api("result/media/query", "result/media/query", access, `{"verify_token": "`+photo+`"}`)

	s.say("Control", baiduDocAddress+"/control/next", `-d '{"outcome": "mismatch", "faults": [{"endpoint": "result/detail", "error_code": 18}]}'`)
	s.api("", "result/detail", access, `{`+token+`}`)
	s.say("", baiduDocAddress+"/control/next", `-d '{"retrun": "button"}'`)
	s.say("", baiduDocAddress+"/control/revoke", `-d '{"all": true}'`)
	s.api("", "result/detail", access, `{`+token+`}`)
	s.say("", baiduDocAddress+"/control/sessions")
}

// outcomes runs every outcome and tabulates what the vendor says about it.
func (s *baiduTranscript) outcomes() string {
	var table strings.Builder
	table.WriteString("| id | detail |\n|---|---|\n")
	for id := range strings.SplitSeq(lastKnown(s.t, sandbox.BaiduSwitches{Outcome: "?"}), ", ") {
		lab := newBaiduLab(s.t, sandbox.BaiduConfig{})
		verify := lab.finish(id)
		answer := lab.query(sandbox.BaiduDetail, verify)
		says := "success"
		if answer["success"] != true {
			says = strings.TrimSpace(fmt.Sprint(strings.TrimSuffix(fmt.Sprint(answer["code"], " "), "<nil> "), answer["message"]))
		} else {
			all := lab.query(sandbox.BaiduGetAll, verify)["result"].(map[string]any)
			verified := answer["result"].(map[string]any)["verify_result"].(map[string]any)
			says = fmt.Sprintf("success after %v attempt(s); spoofing %v, risk_level %v, is_demote %v",
				all["verify_count"], verified["spoofing"], verified["risk_level"], answer["is_demote"])
		}
		fmt.Fprintf(&table, "| `%s` | %s |\n", id, says)
	}
	return table.String()
}

// baiduFieldTable lists the fields of a struct with their comments.
func baiduFieldTable(t *testing.T, file string, value any) string {
	comments := baiduComments(t, file)
	var table strings.Builder
	table.WriteString("| name | meaning |\n|---|---|\n")
	for field := range reflect.TypeOf(value).Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		comment := comments[reflect.TypeOf(value).Name()+"."+field.Name]
		require.NotEmpty(t, comment, "%s has no comment", field.Name)
		fmt.Fprintf(&table, "| `%s` | %s |\n", name, comment)
	}
	return table.String()
}

// baiduComments reads the comments of all fields of a file. A constant in
// brackets, linked in Go's docs, stands for its text.
func baiduComments(t *testing.T, file string) map[string]string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	require.NoError(t, err)
	comments := map[string]string{}
	ast.Inspect(parsed, func(node ast.Node) bool {
		named, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields, ok := named.Type.(*ast.StructType)
		if !ok {
			return true
		}
		last := "" // a comment stands over one field or several
		for _, field := range fields.Fields.List {
			if field.Doc != nil {
				last = strings.Join(strings.Fields(field.Doc.Text()), " ")
			}
			for _, name := range field.Names {
				comments[named.Name.Name+"."+name.Name] = last
			}
		}
		return true
	})
	constants := strings.NewReplacer("[BaiduToken]", "`"+sandbox.BaiduToken+"`", "[BaiduAnyEndpoint]", "`"+sandbox.BaiduAnyEndpoint+"`")
	for name, comment := range comments {
		comments[name] = constants.Replace(comment)
	}
	return comments
}

// baiduConstantTable lists the constants of a type with their comments.
func baiduConstantTable(t *testing.T, file, kind string) string {
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| name | meaning |\n|---|---|\n")
	for line := range strings.Lines(string(source)) {
		if constant, comment, ok := strings.Cut(line, " // "); ok && strings.Contains(constant, kind+" = ") {
			_, name, _ := strings.Cut(constant, ` = "`)
			fmt.Fprintf(&table, "| `%s` | %s |\n", strings.TrimRight(name, "\" \t"), strings.TrimSpace(comment))
		}
	}
	return table.String()
}
