package baidu

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestEverySampleIsTested(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	require.NoError(t, err)
	samples := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			samples++
		}
	}
	assert.Equal(t, 29, samples, "a sample came or went: change the tests below with it")
}

func TestOAuthSamples(t *testing.T) {
	t.Run("01 a token is taken with its own lifetime", func(t *testing.T) {
		d := newDouble()
		d.oauth = func(int) (int, string, bool) { return 200, sample(t, "01-oauth-ok.json"), true }
		got, err := d.client(t).fetchToken(context.Background())
		require.NoError(t, err)
		assert.Equal(t, "24.00000000000000000000000000000000.2592000.1700000000.282335-00000000", got.token.Reveal())
		assert.Equal(t, 30*24*time.Hour, got.life)
		request := d.requests[0]
		assert.Equal(t, "POST", request.Method)
		assert.Equal(t, "client_credentials", request.URL.Query().Get("grant_type"))
		assert.Equal(t, fakeAPIKey, request.URL.Query().Get("client_id"))
		assert.Equal(t, fakeSecret, request.URL.Query().Get("client_secret"))
	})
	for name, description := range map[string]string{
		"02-oauth-bad-api-key.http401.json": "unknown client id",
		"03-oauth-bad-secret.json":          "Client authentication failed",
	} {
		t.Run(name+" is a configuration error at HTTP 401", func(t *testing.T) {
			d := newDouble()
			d.oauth = func(int) (int, string, bool) { return 401, sample(t, name) + "\n", true }
			_, err := d.client(t).fetchToken(context.Background())
			refused := refusedBy(err)
			require.NotNil(t, refused)
			assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
			assert.Equal(t, ClassConfig, refused.Class)
			assert.Equal(t, "invalid_client", refused.Word)
			assert.Equal(t, 401, refused.Status)
			assert.Equal(t, description, refused.Message.Reveal())
			assert.False(t, refused.Retryable())
			assert.Equal(t, ReasonCredentials, refused.Reason())
			assert.NotContains(t, err.Error()+refused.Error(), description)
		})
	}
}

func TestGatewaySamples(t *testing.T) {
	tests := []struct {
		file  string
		code  int
		class Class
		kit   handlers.Code
		retry bool
		calls int // incl. the one retry with a fresh token
	}{
		{"04-gateway-110.json", 110, ClassAuth, handlers.CodeVendorUnavailable, true, 2},
		{"05-gateway-111.json", 111, ClassAuth, handlers.CodeVendorUnavailable, true, 2},
		{"06-gateway-18.json", 18, ClassRate, handlers.CodeVendorThrottled, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			d := newDouble()
			d.says(endpointDetail, sample(t, tt.file))
			_, err := d.client(t).ResultDetail(context.Background(), asked())
			refused := refusedBy(err)
			require.NotNil(t, refused)
			assert.Equal(t, tt.code, refused.Code)
			assert.Equal(t, tt.class, refused.Class)
			assert.Equal(t, tt.kit, handlers.CodeOf(err))
			assert.Equal(t, tt.retry, refused.Retryable())
			assert.Equal(t, tt.calls, d.count(endpointDetail))
		})
	}
}

func TestGenerateSamples(t *testing.T) {
	t.Run("10 and 12: a numeric plan is sent as a number", func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		made, err := d.client(t).GenerateVerifyToken(context.Background(), GenerateRequest{})
		require.NoError(t, err)
		assert.Equal(t, fakeVerify, made.Token.Reveal())
		assert.Equal(t, "1814798895", made.LogID)
		assert.NotEmpty(t, made.Generation)
		assert.JSONEq(t, sample(t, "10-verifytoken-request-int.json"), string(d.bodies[endpointGenerate]))
		assert.Equal(t, "application/json", d.requests[1].Header.Get("Content-Type"))
		assert.Equal(t, tokenPrefix+"1", d.requests[1].URL.Query().Get("access_token"))
	})
	t.Run("11: redirect_config is sent when asked for, and any other plan id as text", func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		_, err := d.client(t).GenerateVerifyToken(context.Background(), GenerateRequest{PlanID: "01", Redirect: &Redirect{
			SuccessURL: "https://rp.example/return?flow=demo", FailedURL: "https://rp.example/return?flow=demo",
		}})
		require.NoError(t, err)
		want := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(sample(t, "11-verifytoken-request-string-redirect.json")), &want))
		want["plan_id"] = "01"
		assert.Equal(t, want, d.body(t, endpointGenerate))
	})
	t.Run("13: the generic failure is transient, and still not repeated", func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "13-verifytoken-fail-283400.observed.json"))
		_, err := d.client(t).GenerateVerifyToken(context.Background(), GenerateRequest{})
		refused := refusedBy(err)
		require.NotNil(t, refused)
		assert.Equal(t, 283400, refused.Code)
		assert.Equal(t, "161763046823255", refused.LogID)
		assert.Equal(t, "服务异常,请稍后再试", refused.Message.Reveal())
		assert.Equal(t, ClassTransient, refused.Class)
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
		assert.Equal(t, 1, d.count(endpointGenerate))
	})
	t.Run("14: a plan that does not exist is a configuration error", func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "14-verifytoken-fail-283435.constructed.json"))
		_, err := d.client(t).GenerateVerifyToken(context.Background(), GenerateRequest{})
		refused := refusedBy(err)
		require.NotNil(t, refused)
		assert.Equal(t, 283435, refused.Code)
		assert.Equal(t, "170000000000014", refused.LogID)
		assert.Equal(t, ReasonPlan, refused.Reason())
		assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
	})
}

func TestSubmitAndUploadSamples(t *testing.T) {
	t.Run("20 and 21: the ID card", func(t *testing.T) {
		d := newDouble()
		d.says(endpointSubmit, sample(t, "21-idcard-submit-ok.json"))
		request := IDCardRequest{VerifyToken: handlers.Hide(fakeVerify), Name: handlers.Hide(fakeName), Number: handlers.Hide(wrongNumber)}
		_, err := d.client(t).SubmitIDCard(context.Background(), request)
		assert.Equal(t, handlers.CodeInvalidIDNumber, handlers.CodeOf(err), "the sample's number has a wrong check character")

		request.Number = handlers.Hide(fakeNumber)
		receipt, err := d.client(t).SubmitIDCard(context.Background(), request)
		require.NoError(t, err)
		assert.Equal(t, "1244068892", receipt.LogID)
		want := strings.Replace(sample(t, "20-idcard-submit-request.json"), wrongNumber, fakeNumber, 1)
		assert.JSONEq(t, want, string(d.bodies[endpointSubmit]))
	})
	t.Run("22 and 23: the photo", func(t *testing.T) {
		d := newDouble()
		d.says(endpointUpload, sample(t, "23-uploadmatchimage-ok.json"))
		receipt, err := d.client(t).UploadMatchImage(context.Background(), MatchImageRequest{
			VerifyToken: handlers.Hide(fakeVerify), Image: handlers.HideBytes(jpegOf(t, 300, 400)),
			QualityControl: ControlLow, LivenessControl: ControlLow,
		})
		require.NoError(t, err)
		assert.Equal(t, "1329130892", receipt.LogID)
		body := d.body(t, endpointUpload)
		assert.Contains(t, body["image"], "/9j/", "base64 of a JPEG, without a data: prefix")
		delete(body, "image")
		want := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(sample(t, "22-uploadmatchimage-request.json")), &want))
		delete(want, "image")
		assert.Equal(t, want, body)
	})
}

func TestPageURLSample(t *testing.T) {
	var want struct{ Entry, Entry_native, Return_success, Return_failed string }
	require.NoError(t, json.Unmarshal([]byte(sample(t, "80-redirect-urls.json")), &want))
	client := newDouble().client(t)
	token := handlers.Hide(fakeVerify)

	page, err := client.PageURL(PageRequest{VerifyToken: token, SuccessURL: want.Return_success, FailedURL: want.Return_failed})
	require.NoError(t, err)
	assert.Equal(t, want.Entry, page.Reveal())

	page, err = client.PageURL(PageRequest{VerifyToken: token, SuccessURL: "https://rp.example/return", FailedURL: "https://rp.example/return", Native: true})
	require.NoError(t, err)
	assert.Equal(t, want.Entry_native, page.Reveal())

	page, err = client.PageURL(PageRequest{VerifyToken: token, SuccessURL: "https://rp.example/a b?x=1&y=+#/route", FailedURL: "https://rp.example/"})
	require.NoError(t, err)
	assert.Equal(t, "https://rp.example/a b?x=1&y=+#/route", parseURL(t, page.Reveal()).Query().Get("successUrl"))
	assert.NotContains(t, page.Reveal(), "#", "a hash route must not cut the vendor's URL short")
	assert.NotContains(t, page.Reveal(), "+", "the vendor asks for encodeURIComponent")

	for _, bad := range []string{"", "/return", "javascript:alert(1)", "pages/finish", "https:"} {
		_, err = client.PageURL(PageRequest{VerifyToken: token, SuccessURL: bad, FailedURL: "https://rp.example/"})
		assert.Equal(t, handlers.CodeInvalidInput, handlers.CodeOf(err), bad)
	}
}
