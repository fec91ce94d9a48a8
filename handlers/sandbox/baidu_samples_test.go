package sandbox_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// TestBaiduAnswersLookLikeTheSamples compares names and JSON types with the
// samples: whatever a sample has, the sandbox's answer has too.
func TestBaiduAnswersLookLikeTheSamples(t *testing.T) {
	ocr := sandbox.BaiduPlan{ID: "1", Identity: sandbox.BaiduIdentityOCR, Recording: true}
	for sample, test := range map[string]struct {
		switches string
		outcome  string
		endpoint string
	}{
		"31-simple-ok":                        {``, "pass", sandbox.BaiduSimple},
		"32-simple-fail.constructed":          {``, "liveness_fail", sandbox.BaiduSimple},
		"40-detail-ok-ocr":                    {``, "pass", sandbox.BaiduDetail},
		"41-detail-ok-no-ocr.constructed":     {`{"shapes":["demote_inside"]}`, "pass", sandbox.BaiduDetail},
		"42-detail-fail-mismatch.constructed": {``, "mismatch", sandbox.BaiduDetail},
		"44-token-invalid.constructed":        {``, "abandon", sandbox.BaiduDetail},
		"50-stat-ok.repaired":                 {``, "pass", sandbox.BaiduStat},
		"51-stat-string-variant.constructed":  {`{"shapes":["string_counts"]}`, "demoted", sandbox.BaiduStat},
		"60-media-ok-vendor-example":          {`{"shapes":["both_videos"]}`, "pass", sandbox.BaiduMedia},
		"70-getall-vendor-example-nested":     {``, "risk", sandbox.BaiduGetAll},
		"71-getall-as-table.constructed":      {`{"shapes":["getall_table"]}`, "pass", sandbox.BaiduGetAll},
		"73-getall-extra-fields.clientmodel":  {`{"shapes":["extra_fields"]}`, "pass", sandbox.BaiduGetAll},
	} {
		t.Run(sample, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{ocr}})
			if test.switches != "" {
				lab.next(test.switches)
			}
			verifyToken := lab.finish(test.outcome)
			assertBaiduLike(t, baiduSample(t, sample), lab.query(test.endpoint, verifyToken), sample)
		})
	}
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	assertBaiduLike(t, baiduSample(t, "12-verifytoken-ok"), lab.call(sandbox.BaiduGenerate, toJSON(t, baiduSample(t, "10-verifytoken-request-int"))), "12")
	assertBaiduLike(t, baiduSample(t, "12-verifytoken-ok"), lab.call(sandbox.BaiduGenerate, toJSON(t, baiduSample(t, "11-verifytoken-request-string-redirect"))), "12")
	assertBaiduLike(t, baiduSample(t, "14-verifytoken-fail-283435.constructed"), lab.call(sandbox.BaiduGenerate, `{"plan_id":404}`), "14")
	for request, want := range map[string]string{"20-idcard-submit-request": "21-idcard-submit-ok", "22-uploadmatchimage-request": "23-uploadmatchimage-ok"} {
		body := baiduSample(t, request)
		body["verify_token"] = lab.generate()
		endpoint := map[bool]string{true: sandbox.BaiduSubmit, false: sandbox.BaiduUpload}[body["id_no"] != nil]
		assertBaiduLike(t, baiduSample(t, want), lab.call(endpoint, toJSON(t, body)), want)
	}
}

func baiduSample(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "baidu", name+".json"))
	require.NoError(t, err)
	var sample map[string]any
	require.NoError(t, json.Unmarshal(text, &sample))
	return sample
}

// assertBaiduLike wants every member of a sample in an answer, of the same JSON
// type.
func assertBaiduLike(t *testing.T, sample, answer any, path string) {
	t.Helper()
	if !assert.IsType(t, sample, answer, path) {
		return
	}
	switch sample := sample.(type) {
	case map[string]any:
		for name, value := range sample {
			if assert.Contains(t, answer, name, path) {
				assertBaiduLike(t, value, answer.(map[string]any)[name], path+"/"+name)
			}
		}
	case []any:
		if answer := answer.([]any); len(sample) > 0 && len(answer) > 0 {
			assertBaiduLike(t, sample[0], answer[0], path+"/0")
		}
	}
}
