package megvii_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// Whatever a server answers, the client returns a whole answer or a typed error,
// and no error repeats the secret.
func FuzzAnswers(f *testing.F) {
	ok := sampleFile(f, "get_token.ok.json")
	for _, body := range []string{
		ok, sampleFile(f, "get_token.ok.sibling-pc-v2.json"), sampleFile(f, "get_token.err.authentication.constructed.json"),
		sampleFile(f, "get_token.err.missing_arguments.constructed.json"), sampleFile(f, "get_result.not_started.constructed.json"),
		sampleFile(f, "get_result.ok.sibling-pc-v2.json"), sampleFile(f, "get_result.err.result_not_found.json"),
		withImages(f, `{"image_best":"data:image/jpeg;base64,/9j/4AAQ"}`), `{"error":1}`, `null`, `[]`, ``, `<html>`, ok[:30], ok + ok,
		`{"error_message":"` + clientSecret + `:x"}`,
	} {
		f.Add(200, "application/json", body)
		f.Add(400, "text/html; charset=utf-8", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		config := clientConfig("https://api.invalid")
		config.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r}, nil
		})}
		c, err := megvii.NewClient(config)
		assert.NoError(t, err)
		opened, err := c.GetToken(t.Context(), livenessRequest())
		if err == nil {
			assert.False(t, opened.Token.IsZero())
			assert.False(t, opened.BizID.IsZero())
		}
		assertTyped(t, err)
		result, err := c.GetResult(t.Context(), sampleResultRequest())
		if err == nil {
			assert.Equal(t, sampleBizID, result.BizInfo.BizID.Reveal())
		}
		assertTyped(t, err)
	})
}

func assertTyped(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	_, api := errors.AsType[*megvii.APIError](err)
	_, answer := errors.AsType[*megvii.AnswerError](err)
	_, call := errors.AsType[*megvii.CallError](err)
	assert.True(t, api || answer || call, "%T", err)
	for ; err != nil; err = errors.Unwrap(err) {
		assert.NotContains(t, err.Error(), clientSecret)
	}
}

// Whatever stands in a query, a hint is one clean biz_id and never authentic.
func FuzzReturnQuery(f *testing.F) {
	for _, query := range []string{"biz_id=" + sampleBizID, "session=" + session + "&biz_id=1%2Ca", "biz_id=a&biz_id=b", "biz_id[]=a", "biz_id=%0a", "a;b", "%zz"} {
		f.Add(query)
	}
	v, err := megvii.New(goodConfig())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		n, err := v.Parse(handlers.Callback{Carrier: handlers.CarrierReturn, Method: http.MethodGet, RawQuery: query})
		if err != nil {
			assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err))
			assert.True(t, n.Ref.IsZero())
			return
		}
		assert.False(t, n.Authentic)
		assert.NotEmpty(t, n.Ref.Reveal())
		assert.LessOrEqual(t, len(n.Ref.Reveal()), 128)
	})
}
