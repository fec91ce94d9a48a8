package baidu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// canaries are what must never be seen.
func canaries() []string {
	return []string{fakeAPIKey, fakeSecret, tokenPrefix, "FAKECANARYtoken", fakeVerify, fakeName, fakeNumber, wrongNumber, fakeMessage, "/9j/", "测试省", "bcebos.com/v1"}
}

// everyWay prints v in all the ways in which things end up in logs.
func everyWay(t *testing.T, v any) string {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("seen", "value", v)
	}
	encoded, _ := json.Marshal(v)
	out.Write(encoded)
	if err, ok := v.(error); ok {
		for err != nil {
			fmt.Fprintf(&out, "%v %+v %#v %q\n", err, err, err, err)
			err = errors.Unwrap(err)
		}
	}
	return out.String()
}

func TestCase132NothingPrivateIsEverPrinted(t *testing.T) {
	synctest.Test(t, nothingPrivateIsPrinted)
}

func nothingPrivateIsPrinted(t *testing.T) {
	var printed strings.Builder
	see := func(values ...any) {
		for _, v := range values {
			printed.WriteString(everyWay(t, v))
		}
	}
	d := ready(t)
	d.says(endpointDetail, sample(t, "40-detail-ok-ocr.json"))
	d.says(endpointSimple, sample(t, "31-simple-ok.json"))
	d.says(endpointAll, sample(t, "70-getall-vendor-example-nested.json"))
	d.says(endpointMedia, sample(t, "60-media-ok-vendor-example.json"))
	v := d.vendor(t, nil)
	params := person()
	params.Image = handlers.HideBytes(jpegOf(t, 30, 40))
	begun := begin(t, v, params)
	s := session(begun)
	notice, err := v.Query(t.Context(), s)
	require.NoError(t, err)
	q := asked()
	q.Images = true
	detail, err := v.client.ResultDetail(t.Context(), q)
	require.NoError(t, err)
	simple, err := v.client.ResultSimple(t.Context(), q)
	require.NoError(t, err)
	all, err := v.client.ResultAll(t.Context(), q)
	require.NoError(t, err)
	media, err := v.client.MediaQuery(t.Context(), q)
	require.NoError(t, err)
	token, err := v.client.tokens.current(t.Context())
	require.NoError(t, err)
	made, err := v.client.GenerateVerifyToken(t.Context(), GenerateRequest{})
	require.NoError(t, err)
	config := d.config()
	config.HTTPClient, config.Tokens = nil, nil
	synctest.Wait() // printing by reflection takes no locks
	see(config, params, &params, v, v.client, v.client.tokens, *v.client.tokens.seen.Load(), v.client.tokens.seen.Load().current,
		token, made, begun, s, notice, notice.Detail, detail, *detail.Card, *detail.Confirmed, simple, all, all.Attempts[0], media, q)

	// Every call fails in every way.
	for name, answer := range map[string]any{
		"refused": failed(222351), "gateway": `{"error_code":6,"error_msg":"` + fakeMessage + `"}`, "html": "<html>" + fakeMessage + fakeVerify,
		"status": httpAnswer{500, fakeMessage}, "names": `{"success":true,"` + fakeMessage + `":1,"` + fakeMessage + `":2}`, "type": `{"success":true,"code":"` + fakeMessage + `"}`,
	} {
		broken := newDouble()
		for _, endpoint := range []string{endpointGenerate, endpointSubmit, endpointUpload, endpointSimple, endpointDetail, endpointStat, endpointMedia, endpointAll} {
			broken.answer[endpoint] = func(int, []byte) any { return answer }
		}
		for _, err := range everyError(t, broken.config()) {
			see(err)
			assert.Error(t, err, name)
		}
	}
	// The transport's own errors hold the URL, as *url.Error does, or repeat it by themselves.
	for _, transport := range []transportFunc{
		func(r *http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
		func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("proxy: cannot get %s", r.URL) },
	} {
		config := d.config()
		config.HTTPClient = &http.Client{Transport: transport}
		for _, err := range everyError(t, config) {
			see(err)
		}
	}
	_, err = New(Config{APIKey: handlers.Hide(fakeAPIKey), SecretKey: handlers.Hide(fakeSecret[:10]), PlanID: fakeName})
	see(err)

	text := printed.String()
	require.Greater(t, len(text), 10_000, "something was printed")
	for _, canary := range canaries() {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("%q is seen in: %s", canary, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// everyError returns the errors of all methods of a client whose calls fail.
func everyError(t *testing.T, config Config) []error {
	c, err := NewClient(config)
	require.NoError(t, err)
	v, err := New(config)
	require.NoError(t, err)
	ctx := context.Background()
	var failures []error
	add := func(_ any, err error) {
		if err != nil {
			failures = append(failures, err)
		}
	}
	add(c.GenerateVerifyToken(ctx, GenerateRequest{}))
	add(c.SubmitIDCard(ctx, IDCardRequest{VerifyToken: handlers.Hide(fakeVerify), Name: handlers.Hide(fakeName), Number: handlers.Hide(fakeNumber)}))
	add(c.SubmitIDCard(ctx, IDCardRequest{VerifyToken: handlers.Hide(fakeVerify), Name: handlers.Hide(fakeName), Number: handlers.Hide(wrongNumber)}))
	add(c.UploadMatchImage(ctx, MatchImageRequest{VerifyToken: handlers.Hide(fakeVerify), Image: handlers.HideBytes(jpegOf(t, 4, 4))}))
	add(c.ResultSimple(ctx, asked()))
	add(c.ResultDetail(ctx, asked()))
	add(c.ResultStat(ctx, asked()))
	add(c.MediaQuery(ctx, asked()))
	add(c.ResultAll(ctx, asked()))
	add(c.PageURL(PageRequest{VerifyToken: handlers.Hide(fakeVerify + "\n")}))
	add(v.Begin(ctx, beginRequest(person())))
	add(v.Query(ctx, handlers.Session{Ref: handlers.Hide(fakeVerify)}))
	return failures
}
