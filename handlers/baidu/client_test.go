package baidu

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

func TestOverRealHTTPAgainstAServerThatAnswersLikeTheVendor(t *testing.T) {
	d := newDouble()
	d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
	d.says(endpointDetail, sample(t, "40-detail-ok-ocr.json"))
	server := httptest.NewServer(d)
	defer server.Close()
	config := d.config()
	config.HTTPClient, config.BaseURL, config.InsecureDevelopment = nil, server.URL+"/", true
	c, err := NewClient(config)
	require.NoError(t, err)
	made, err := c.GenerateVerifyToken(t.Context(), GenerateRequest{})
	require.NoError(t, err)
	detail, err := c.ResultDetail(t.Context(), Query{VerifyToken: made.Token, Generation: made.Generation})
	require.NoError(t, err)
	assert.True(t, detail.Passed)
}

func TestAnswersThatAreNotTheVendorsForm(t *testing.T) {
	tests := map[string]struct {
		answer any
		code   handlers.Code
	}{
		"case 136: HTML at 200":              {"<html>" + fakeMessage + "</html>", handlers.CodeVendorUnavailable},
		"case 136: cut short":                {`{"success":true,"result":{"verify_tok`, handlers.CodeVendorUnavailable},
		"case 136: empty":                    {"", handlers.CodeVendorUnavailable},
		"case 136: null":                     {"null", handlers.CodeVendorUnavailable},
		"an array":                           {"[]", handlers.CodeVendorUnavailable},
		"duplicate names":                    {`{"success":false,"success":true,"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorUnavailable},
		"names that differ by case":          {`{"success":false,"Success":true,"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorUnavailable},
		"bytes behind":                       {`{"success":true,"result":{"verify_token":"FAKE"}}{}`, handlers.CodeVendorUnavailable},
		"a code that is an object":           {`{"success":true,"code":{},"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorUnavailable},
		"a code that is a word":              {`{"success":true,"code":"ok","result":{"verify_token":"FAKE"}}`, handlers.CodeVendorUnavailable},
		"success without a result":           {`{"success":true,"result":null,"log_id":"1"}`, handlers.CodeVendorUnavailable},
		"a result that is an array":          {`{"success":true,"result":[],"log_id":"1"}`, handlers.CodeVendorUnavailable},
		"an empty token":                     {`{"success":true,"result":{"verify_token":""},"log_id":"1"}`, handlers.CodeVendorUnavailable},
		"a token with a line break":          {`{"success":true,"result":{"verify_token":"FAKE\nX"},"log_id":"1"}`, handlers.CodeVendorUnavailable},
		"no success at all":                  {`{"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorRefused},
		"the vendor's misspelt false":        {`{"success":"fault","result":{"verify_token":"FAKE"}}`, handlers.CodeVendorRefused},
		"success with a code against it":     {`{"success":true,"code":283435,"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorMisconfigured},
		"error_code before success":          {`{"success":true,"error_code":6,"result":{"verify_token":"FAKE"}}`, handlers.CodeVendorMisconfigured},
		"case 135: HTTP 500":                 {httpAnswer{500, "<html>"}, handlers.CodeVendorUnavailable},
		"HTTP 404":                           {httpAnswer{404, "<html>"}, handlers.CodeVendorMisconfigured},
		"HTTP 429":                           {httpAnswer{429, ""}, handlers.CodeVendorThrottled},
		"a redirect":                         {httpAnswer{302, ""}, handlers.CodeVendorMisconfigured},
		"a good answer at a bad HTTP status": {httpAnswer{502, `{"success":true,"result":{"verify_token":"FAKE"}}`}, handlers.CodeVendorUnavailable},
		"the gateway at a bad HTTP status":   {httpAnswer{403, `{"error_code":6}`}, handlers.CodeVendorMisconfigured},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble()
			d.answer[endpointGenerate] = func(int, []byte) any { return tt.answer }
			made, err := d.client(t).GenerateVerifyToken(t.Context(), GenerateRequest{})
			require.Error(t, err)
			assert.True(t, made.Token.IsZero())
			assert.Equal(t, tt.code, handlers.CodeOf(err))
			assert.Equal(t, 1, d.count(endpointGenerate), "case 135: a start is not repeated blindly")
		})
	}
	t.Run("white space around is fine", func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, "\r\n "+sample(t, "12-verifytoken-ok.json")+" \n\n")
		_, err := d.client(t).GenerateVerifyToken(t.Context(), GenerateRequest{})
		assert.NoError(t, err)
	})
	t.Run("case 136: a page that only looks like JSON", func(t *testing.T) {
		for _, kind := range []string{"text/html; charset=utf-8", "image/png", "nonsense;;"} {
			vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				_, _ = w.Write([]byte(sample(t, "01-oauth-ok.json")))
			}))
			config := newDouble().config()
			config.BaseURL, config.HTTPClient, config.InsecureDevelopment = vendor.URL, vendor.Client(), true
			c, err := NewClient(config)
			require.NoError(t, err)
			_, err = c.ResultDetail(t.Context(), asked())
			assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err), kind)
			vendor.Close()
		}
	})
	t.Run("case 136: a body beyond the cap", func(t *testing.T) {
		d := newDouble()
		d.says(endpointDetail, `{"success":true,"x":"`+strings.Repeat("x", 4096)+`"}`)
		config := d.config()
		config.MaxBody = 1024
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.ResultDetail(t.Context(), asked())
		assert.ErrorIs(t, err, vendorhttp.ErrTooLarge)
		assert.Equal(t, 1, d.count(endpointDetail))
	})
}

func TestTolerance(t *testing.T) {
	ask := func(t *testing.T, answer string) Detail {
		d := newDouble()
		d.says(endpointDetail, answer)
		detail, err := d.client(t).ResultDetail(t.Context(), asked())
		require.NoError(t, err)
		return detail
	}
	t.Run("case 66: log_id and code as number or string", func(t *testing.T) {
		for _, answer := range []string{
			`{"success":false,"code":222351,"log_id":1534116864874049322}`,
			`{"success":false,"code":"222351","log_id":"1534116864874049322"}`,
			`{"success":"false","code":" 222351 ","log_id":1534116864874049322,"error_code":"0"}`,
		} {
			detail := ask(t, answer)
			require.NotNil(t, detail.Failure)
			assert.Equal(t, 222351, detail.Failure.Code)
			assert.Equal(t, "1534116864874049322", detail.LogID)
		}
	})
	t.Run("scores as strings, null, empty, absent and of other kinds", func(t *testing.T) {
		detail := ask(t, `{"success":true,"result":{"verify_result":{"score":"93.5","liveness_score":null,"spoofing":""}}}`)
		assert.Equal(t, new(93.5), detail.Score)
		assert.Nil(t, detail.LivenessScore)
		assert.Nil(t, detail.Spoofing)
		detail = ask(t, `{"success":true,"result":{"verify_result":{"score":{},"liveness_score":"NaN","spoofing":"0x1p4"}}}`)
		assert.Nil(t, detail.Score)
		assert.Nil(t, detail.LivenessScore)
		assert.Nil(t, detail.Spoofing)
	})
	t.Run("is_demote in each of its places, and one that says so is enough", func(t *testing.T) {
		for _, answer := range []string{
			`{"success":true,"is_demote":false,"result":{"is_demote":true,"verify_result":{"is_demote":"0"}}}`,
			`{"success":true,"is_demote":"False","result":{"verify_result":{"is_demote":" TRUE "}}}`,
			`{"success":true,"is_demote":true,"result":{}}`,
			`{"success":true,"result":{"is_demote":"true"}}`,
			`{"success":true,"result":{"verify_result":{"is_demote":1}}}`,
		} {
			assert.Equal(t, new(true), ask(t, answer).Demoted)
		}
	})
	t.Run("case 62: risk_level as number or string", func(t *testing.T) {
		assert.Equal(t, "1", ask(t, `{"success":true,"result":{"verify_result":{"risk_level":1}}}`).RiskLevel)
		assert.Equal(t, "2", ask(t, `{"success":true,"result":{"verify_result":{"risk_level":" 2 "}}}`).RiskLevel)
		assert.Equal(t, "undocumented", ask(t, `{"success":true,"result":{"verify_result":{"risk_level":1.0}}}`).RiskLevel)
		assert.Equal(t, "undocumented", ask(t, `{"success":true,"result":{"verify_result":{"risk_level":"高"}}}`).RiskLevel)
		assert.Empty(t, ask(t, `{"success":true,"result":{"verify_result":{"risk_level":null}}}`).RiskLevel)
	})
	t.Run("parts of other kinds are missing, not empty", func(t *testing.T) {
		detail := ask(t, `{"success":true,"result":{"verify_result":[],"idcard_confirm":[],"idcard_ocr_result":"","idcard_images":7}}`)
		assert.False(t, detail.HasResult)
		assert.Nil(t, detail.Confirmed)
		assert.Nil(t, detail.Card)
		for _, result := range []string{"null", "1", "[]", `""`} {
			assert.False(t, ask(t, `{"success":true,"result":`+result+`}`).HasResult, result)
		}
	})
	t.Run("an object alone in an array, as old pages declare it", func(t *testing.T) {
		detail := ask(t, `{"success":true,"result":[{"verify_result":{"score":93.5},"idcard_confirm":[{"name":"测试甲"}]}]}`)
		assert.Equal(t, new(93.5), detail.Score)
		assert.Equal(t, fakeName, detail.Confirmed.Name.Reveal())
		for _, result := range []string{`[{"verify_result":{"score":1}},{}]`, `[1]`, `[[{}]]`, `[{},null]`} {
			detail := ask(t, `{"success":true,"result":`+result+`}`)
			assert.False(t, detail.HasResult, "which of them is meant: %s", result)
		}
	})
	t.Run("pictures with escaped slashes, and ones that are none", func(t *testing.T) {
		d := newDouble()
		d.says(endpointDetail, `{"success":true,"result":{"idcard_images":{"front_base64":"\/9j\/","back_base64":"not base64!"}}}`)
		detail, err := d.client(t).ResultDetail(t.Context(), Query{VerifyToken: handlers.Hide(fakeVerify), Images: true})
		require.NoError(t, err)
		assert.Equal(t, []byte("\xff\xd8\xff"), detail.Front.Reveal())
		assert.True(t, detail.Back.IsZero())
	})
	t.Run("attempts are put in order, and odd times are missing", func(t *testing.T) {
		d := newDouble()
		d.says(endpointAll, `{"success":true,"result":{"verify_count":"2","verify_result":[
			{"order":2,"is_verify_passed":true,"code":0,"verify_time":"2023-6-20 18:00:00","charge_time":""},
			{"order":1,"is_verify_passed":false,"code":"222351","message":"身份证姓名不匹配","charge_time":null,"verify_detail":{"score":""}}]}}`)
		all, err := d.client(t).ResultAll(t.Context(), asked())
		require.NoError(t, err)
		require.Len(t, all.Attempts, 2)
		assert.Equal(t, 2, all.Count)
		assert.Equal(t, new(222351), all.Attempts[0].Code)
		assert.False(t, all.Attempts[0].Clean())
		assert.Nil(t, all.Attempts[0].Score)
		assert.True(t, all.Attempts[0].ChargedAt.IsZero())
		last, _ := all.Last()
		assert.True(t, last.Clean())
		assert.Equal(t, "2023-06-20T10:00:00Z", last.At.UTC().Format(time.RFC3339))
	})
	t.Run("an attempt without code is not clean", func(t *testing.T) {
		assert.False(t, Attempt{Passed: true}.Clean())
	})
	t.Run("media lists that are null or absent", func(t *testing.T) {
		d := newDouble()
		d.says(endpointMedia, `{"success":true,"result":{"processVideo":null,"images":["https://bj.bcebos.com/a.jpg",null,""],"extInfo":{"a":1}}}`)
		media, err := d.client(t).MediaQuery(t.Context(), asked())
		require.NoError(t, err)
		assert.Empty(t, media.ProcessVideo)
		assert.Empty(t, media.Video)
		assert.Len(t, media.Images, 1)
	})
}

func TestCase135QueriesAreRetriedWithinTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, first := range map[string]any{
			"case 135: 502": httpAnswer{502, "<html>"}, "case 142: the vendor's code for trouble": `{"error_code":2,"error_msg":"x"}`,
		} {
			d := newDouble()
			d.answer[endpointStat] = func(n int, _ []byte) any {
				if n < queryTries {
					return first
				}
				return goodStat
			}
			_, err := d.client(t).ResultStat(t.Context(), asked())
			assert.NoError(t, err, name)
			assert.Equal(t, queryTries, d.count(endpointStat), name)
		}
		d := newDouble()
		d.answer[endpointStat] = func(int, []byte) any { return httpAnswer{503, ""} }
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := d.client(t).ResultStat(ctx, asked())
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
		assert.Equal(t, 50*time.Millisecond, time.Since(began))
	})
}

// transportFunc is a transport of one function.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCallsThatBreakOff(t *testing.T) {
	t.Run("case 135: nobody listens", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		config := newDouble().config()
		config.HTTPClient, config.BaseURL, config.InsecureDevelopment = nil, "http://"+listener.Addr().String(), true
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.GenerateVerifyToken(t.Context(), GenerateRequest{})
		assert.Equal(t, handlers.CodeVendorNotSent, handlers.CodeOf(err))
		assert.NotContains(t, err.Error()+errors.Unwrap(err).Error(), fakeSecret)
	})
	t.Run("case 135: reset in the middle of a start is not repeated", func(t *testing.T) {
		var starts atomic.Int64
		d := newDouble()
		config := d.config()
		config.HTTPClient = &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, endpointGenerate) {
				return d.RoundTrip(r)
			}
			starts.Add(1)
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"succ`), brokenReader{}))}, nil
		})}
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.GenerateVerifyToken(t.Context(), GenerateRequest{})
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err), "it may have been sent")
		assert.EqualValues(t, 1, starts.Load())
	})
	t.Run("case 137: a slow body ends at the deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDouble()
			config := d.config()
			config.HTTPClient = &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, endpointGenerate) {
					return d.RoundTrip(r)
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(slowReader{r.Context()})}, nil
			})}
			c, err := NewClient(config)
			require.NoError(t, err)
			began := time.Now()
			_, err = c.GenerateVerifyToken(t.Context(), GenerateRequest{})
			assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Less(t, time.Since(began), 12*time.Second)
		})
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// slowReader gives a byte a second until the request is over.
type slowReader struct{ ctx context.Context }

func (r slowReader) Read(p []byte) (int, error) {
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

func TestCase145ACrowdIsQueuedOrRefusedPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		config := d.config()
		config.QPS = 20
		c, err := NewClient(config)
		require.NoError(t, err)
		began := time.Now()
		var throttled atomic.Int64
		failures := together(200, func(int) error {
			_, err := c.GenerateVerifyToken(t.Context(), GenerateRequest{})
			if handlers.CodeOf(err) == handlers.CodeVendorThrottled {
				throttled.Add(1)
			}
			return err
		})
		served := d.count(endpointGenerate)
		assert.Equal(t, 200-served, failures)
		assert.EqualValues(t, failures, throttled.Load())
		assert.InDelta(t, 41, served, 1, "2 s worth of 20 a second")
		assert.LessOrEqual(t, time.Since(began), maxPaceWait)
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "06-gateway-18.json"))
		c := d.client(t)
		_, err := c.GenerateVerifyToken(t.Context(), GenerateRequest{})
		require.Equal(t, handlers.CodeVendorThrottled, handlers.CodeOf(err))
		began := time.Now()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		_, err = c.GenerateVerifyToken(t.Context(), GenerateRequest{})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), rateRest/2, "no storm of code 18")
	})
}

func TestAVerifyTokenThatIsNoneCostsNoCall(t *testing.T) {
	d := newDouble()
	c := d.client(t)
	for _, token := range []string{"", "a b", "a\nb", "测试", strings.Repeat("x", 300)} {
		q := Query{VerifyToken: handlers.Hide(token)}
		_, err := c.ResultDetail(t.Context(), q)
		assert.Equal(t, handlers.CodeInvalidInput, handlers.CodeOf(err))
		_, err = c.PageURL(PageRequest{VerifyToken: q.VerifyToken, SuccessURL: "https://a.example", FailedURL: "https://a.example"})
		assert.Equal(t, handlers.CodeInvalidInput, handlers.CodeOf(err))
	}
	assert.Empty(t, d.requests)
}

func FuzzAnswers(f *testing.F) {
	for _, name := range []string{
		"04-gateway-110.json", "12-verifytoken-ok.json", "13-verifytoken-fail-283400.observed.json", "40-detail-ok-ocr.json",
		"41-detail-ok-no-ocr.constructed.json", "44-token-invalid.constructed.json", "51-stat-string-variant.constructed.json",
		"60-media-ok-vendor-example.json", "70-getall-vendor-example-nested.json", "71-getall-as-table.constructed.json",
	} {
		f.Add([]byte(sample(f, name)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var detail detailAnswer
		if head, err := into(&detail)(body); err == nil {
			got := detail.detail()
			if got.Passed && got.Failure == nil && !head.Success.isTrue() {
				t.Fatal("passed without success")
			}
			if !got.Passed && got.Failure == nil {
				t.Fatal("not passed without a failure")
			}
		}
		var all allAnswer
		if _, err := into(&all)(body); err == nil {
			all.all()
		}
		var stat statAnswer
		_, _ = into(&stat)(body)
		var images detailImages
		_ = unmarshal(body, &images)
	})
}
