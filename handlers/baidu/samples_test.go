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

func TestSimpleSamples(t *testing.T) {
	d := newDouble()
	d.says(endpointSimple, sample(t, "31-simple-ok.json"))
	simple, err := d.client(t).ResultSimple(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, "https://brain.baidu.com/solution/faceprint/image/query?verify_token="+fakeVerify, simple.Image.Reveal())
	assert.Equal(t, "1054986003", simple.LogID)
	assert.Nil(t, simple.Failure)
	assert.JSONEq(t, sample(t, "30-result-query-request.json"), string(d.bodies[endpointSimple]))

	d.says(endpointSimple, sample(t, "32-simple-fail.constructed.json"))
	simple, err = d.client(t).ResultSimple(context.Background(), asked())
	require.NoError(t, err, "a failed check is no failed call")
	require.NotNil(t, simple.Failure)
	assert.Equal(t, 223120, simple.Failure.Code)
	assert.Equal(t, ReasonLiveness, simple.Failure.Reason())
	assert.Equal(t, "170000000000032", simple.LogID)
	assert.True(t, simple.Image.IsZero())
}

func TestDetailSamples(t *testing.T) {
	ask := func(t *testing.T, file string, images bool) Detail {
		d := newDouble()
		d.says(endpointDetail, sample(t, file))
		q := asked()
		q.Images = images
		detail, err := d.client(t).ResultDetail(context.Background(), q)
		require.NoError(t, err)
		assert.True(t, detail.OwnToken)
		return detail
	}
	t.Run("40: passed, with the card", func(t *testing.T) {
		detail := ask(t, "40-detail-ok-ocr.json", true)
		assert.True(t, detail.Passed)
		assert.Nil(t, detail.Failure)
		assert.True(t, detail.HasResult)
		assert.Equal(t, new(93.7835), detail.Score)
		assert.Equal(t, new(0.9672966), detail.LivenessScore)
		assert.Equal(t, new(0.0), detail.Spoofing)
		assert.Nil(t, detail.Demoted)
		assert.Empty(t, detail.VerifyLogID)
		assert.Empty(t, detail.RiskLevel)
		assert.True(t, detail.RiskTag.IsZero())
		assert.Equal(t, "160931948204246", detail.LogID)
		require.NotNil(t, detail.Confirmed)
		assert.Equal(t, fakeName, detail.Confirmed.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Confirmed.Number.Reveal())
		assert.Empty(t, detail.Confirmed.Type)
		require.NotNil(t, detail.Card)
		assert.Equal(t, fakeName, detail.Card.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Card.Number.Reveal())
		assert.Equal(t, "女", detail.Card.Gender.Reveal())
		assert.Equal(t, "汉", detail.Card.Nation.Reveal())
		assert.Equal(t, "19000101", detail.Card.Birthday.Reveal())
		assert.Equal(t, "测试省测试市测试路0号", detail.Card.Address.Reveal())
		assert.Equal(t, "测试市公安局", detail.Card.IssueAuthority.Reveal())
		assert.Equal(t, "20121103", detail.Card.IssueTime.Reveal())
		assert.Equal(t, "20221103", detail.Card.ExpireTime.Reveal())
		assert.Equal(t, []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"), detail.Front.Reveal())
		assert.Equal(t, detail.Front.Reveal(), detail.Back.Reveal())
	})
	t.Run("40: case 150, the pictures are not kept unless asked for", func(t *testing.T) {
		detail := ask(t, "40-detail-ok-ocr.json", false)
		assert.True(t, detail.Front.IsZero())
		assert.True(t, detail.Back.IsZero())
	})
	t.Run("41: passed, with risk fields and is_demote inside result", func(t *testing.T) {
		detail := ask(t, "41-detail-ok-no-ocr.constructed.json", true)
		assert.True(t, detail.Passed)
		assert.Equal(t, new(91.25), detail.Score)
		assert.Equal(t, new(0.0), detail.LivenessScore)
		assert.Equal(t, new(0.0), detail.Spoofing)
		assert.Equal(t, "1700000000000000041", detail.VerifyLogID)
		assert.Equal(t, "3", detail.RiskLevel)
		assert.True(t, detail.RiskTag.IsZero())
		assert.Equal(t, new(false), detail.Demoted)
		assert.Equal(t, fakeName, detail.Confirmed.Name.Reveal())
		assert.Equal(t, wrongNumber, detail.Confirmed.Number.Reveal())
		assert.Nil(t, detail.Card)
		assert.Equal(t, "170000000000041", detail.LogID)
	})
	t.Run("42: name and number do not match", func(t *testing.T) {
		detail := ask(t, "42-detail-fail-mismatch.constructed.json", false)
		assert.False(t, detail.Passed)
		assert.False(t, detail.HasResult)
		assert.Nil(t, detail.Score, "missing is not zero")
		assert.Nil(t, detail.Confirmed)
		require.NotNil(t, detail.Failure)
		assert.Equal(t, 222351, detail.Failure.Code)
		assert.Equal(t, ClassUser, detail.Failure.Class)
		assert.Equal(t, handlers.ReasonIdentityMismatch, detail.Failure.Reason())
		assert.Equal(t, "170000000000042", detail.LogID)
	})
	t.Run("44: a token that is not served", func(t *testing.T) {
		detail := ask(t, "44-token-invalid.constructed.json", false)
		require.NotNil(t, detail.Failure)
		assert.Equal(t, 0, detail.Failure.Code)
		assert.Equal(t, ClassVerifyToken, detail.Failure.Class)
		assert.Equal(t, ReasonTokenInvalid, detail.Failure.Reason())
		assert.Equal(t, "170000000000044", detail.LogID)
	})
}

func TestStatSamples(t *testing.T) {
	d := newDouble()
	d.says(endpointStat, sample(t, "50-stat-ok.repaired.json"))
	stat, err := d.client(t).ResultStat(context.Background(), asked())
	require.NoError(t, err)
	one := []StatCount{{0, 1}}
	assert.Equal(t, Stat{LogID: "1405335905", Calls: map[string][]StatCount{
		"Verify_FIN": one, "Sessioncode": one, "OCR": {{0, 2}}, "verify": one,
		"VideoLiveness": one, "Livenesscolorful": one, "VerifySec": one,
	}}, stat)

	d.says(endpointStat, sample(t, "51-stat-string-variant.constructed.json"))
	stat, err = d.client(t).ResultStat(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, Stat{LogID: "170000000000051", Calls: map[string][]StatCount{
		"VideoLiveness": {{0, 1}, {223120, 2}},
	}}, stat)
}

func TestMediaSample(t *testing.T) {
	d := newDouble()
	d.says(endpointMedia, sample(t, "60-media-ok-vendor-example.json"))
	media, err := d.client(t).MediaQuery(context.Background(), asked())
	require.NoError(t, err)
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.mp4"}, plain(media.ProcessVideo))
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.mp4"}, plain(media.Video))
	assert.Equal(t, []string{"http://bj.bcebos.com/v1/fake.jpg"}, plain(media.Images))
	assert.True(t, media.ExtInfo.IsZero())
	assert.Equal(t, "1534116864874049322", media.LogID)
}

func TestAllSamples(t *testing.T) {
	tests := []struct {
		file, logID, message, risk, tag string
		ocr, match                      int
		spare                           float64 // the reserved scores
		card                            bool
	}{
		{file: "70-getall-vendor-example-nested.json", logID: "123456", risk: "1", tag: "xxx", ocr: 1, match: 1, spare: 80, card: true},
		{file: "71-getall-as-table.constructed.json", logID: "170000000000071", message: "核验成功", risk: "3", ocr: 1, card: true},
		{file: "73-getall-extra-fields.clientmodel.json", logID: "170000000000073", message: "核验成功", risk: "3"},
	}
	china := time.FixedZone("UTC+8", 8*60*60)
	at := time.Date(2023, 10, 10, 10, 10, 11, 0, china)
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			d := newDouble()
			d.says(endpointAll, sample(t, tt.file))
			all, err := d.client(t).ResultAll(context.Background(), asked())
			require.NoError(t, err)
			assert.Equal(t, tt.logID, all.LogID)
			assert.Equal(t, 1, all.Count)
			assert.Equal(t, tt.ocr, all.OCRCharges)
			assert.Equal(t, tt.match, all.MatchCharges)
			assert.Equal(t, 1, all.VerifyCharges)
			assert.True(t, all.OwnToken)
			last, ok := all.Last()
			require.True(t, ok)
			assert.Equal(t, 1, last.Order)
			assert.True(t, last.Passed)
			assert.True(t, last.Clean())
			assert.Equal(t, new(0), last.Code)
			assert.Equal(t, tt.message, last.Message.Reveal())
			assert.True(t, at.Equal(last.At))
			assert.True(t, last.Charged)
			assert.Equal(t, "verify", last.ChargeType)
			assert.True(t, at.Equal(last.ChargedAt))
			assert.Equal(t, "https://img.example/1.jpg", last.FaceImage.Reveal())
			assert.Equal(t, "1700000000000000001", last.VerifyLogID)
			assert.Equal(t, new(89.9), last.Score)
			assert.Equal(t, new(80.0), last.Threshold)
			assert.Equal(t, &tt.spare, last.LivenessScore)
			assert.Equal(t, &tt.spare, last.SpoofingScore)
			assert.Equal(t, tt.risk, last.RiskLevel)
			assert.Equal(t, tt.tag, last.RiskTag.Reveal())
			assert.Equal(t, new(false), last.Demoted)
			assert.Equal(t, fakeName, last.Confirmed.Name.Reveal())
			assert.Equal(t, wrongNumber, last.Confirmed.Number.Reveal())
			assert.Equal(t, "0", last.Confirmed.Type)
			if !tt.card {
				assert.Nil(t, last.Card)
				assert.False(t, last.OCRCharged)
				assert.Nil(t, last.OCRCount)
				assert.True(t, last.OCRChargedAt.IsZero())
				assert.True(t, last.FrontImage.IsZero())
				return
			}
			assert.True(t, last.OCRCharged)
			assert.Equal(t, new(2), last.OCRCount)
			assert.True(t, at.Add(-time.Second).Equal(last.OCRChargedAt))
			require.NotNil(t, last.Card, "wherever the vendor nests it")
			assert.Equal(t, fakeName, last.Card.Name.Reveal())
			assert.Equal(t, wrongNumber, last.Card.Number.Reveal())
			assert.Equal(t, "0", last.Card.Type)
			assert.Equal(t, "男", last.Card.Gender.Reveal())
			assert.Equal(t, "汉族", last.Card.Nation.Reveal())
			assert.Equal(t, "2020-10-10 10:10:10", last.Card.Birthday.Reveal())
			assert.Equal(t, "测试省测试市", last.Card.Address.Reveal())
			assert.Equal(t, "测试市公安局", last.Card.IssueAuthority.Reveal())
			assert.Equal(t, "2020-10-10 10:10:10", last.Card.IssueTime.Reveal())
			assert.Equal(t, "2028-10-10 10:10:10", last.Card.ExpireTime.Reveal())
			assert.Equal(t, "https://img.example/front.jpg", last.FrontImage.Reveal())
			assert.Equal(t, "https://img.example/back.jpg", last.BackImage.Reveal())
		})
	}
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
