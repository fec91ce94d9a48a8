package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestBaiduOAuth(t *testing.T) {
	good := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {sandbox.BaiduAPIKey}, "client_secret": {sandbox.BaiduSecretKey},
	}
	with := func(name, value string) url.Values {
		values := url.Values{"grant_type": good["grant_type"], "client_id": good["client_id"], "client_secret": good["client_secret"]}
		values.Set(name, value)
		return values
	}
	for name, test := range map[string]struct {
		method string
		query  url.Values
		form   url.Values
		status int
		body   string // of a failure, byte for byte
	}{
		"POST with the parameters in the query": {http.MethodPost, good, nil, 200, ""},
		"GET with the parameters in the query":  {http.MethodGet, good, nil, 200, ""},
		"POST with the parameters in a form":    {http.MethodPost, nil, good, 200, ""},
		"a wrong API key":                       {http.MethodPost, with("client_id", "other"), nil, 401, `{"error_description":"unknown client id","error":"invalid_client"}` + "\n"},
		"a wrong secret key":                    {http.MethodPost, with("client_secret", "other"), nil, 401, `{"error_description":"Client authentication failed","error":"invalid_client"}` + "\n"},
		"a wrong secret key in a form":          {http.MethodPost, nil, with("client_secret", "other"), 401, `{"error_description":"Client authentication failed","error":"invalid_client"}` + "\n"},
		"another grant":                         {http.MethodPost, with("grant_type", "password"), nil, 400, `{"error_description":"The authorization grant type is not supported","error":"unsupported_grant_type"}` + "\n"},
		"no parameters at all":                  {http.MethodPost, nil, nil, 400, `{"error_description":"The authorization grant type is not supported","error":"unsupported_grant_type"}` + "\n"},
		"a method that is neither POST nor GET": {http.MethodPut, good, nil, 405, "use POST or GET\n"},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			r := httptest.NewRequest(test.method, "/oauth/2.0/token?"+test.query.Encode(), strings.NewReader(test.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := lab.do(r)
			assert.Equal(t, test.status, w.Code)
			if test.status != http.StatusOK {
				assert.Equal(t, test.body, w.Body.String())
				return
			}
			answer := decodeBaidu(t, w)
			assert.Regexp(t, `^24\.[0-9a-f]{32}\.2592000\.\d+\.282335-00000001$`, answer["access_token"])
			assert.Regexp(t, `^25\.`, answer["refresh_token"])
			assert.Equal(t, 2592000.0, answer["expires_in"])
			assert.Equal(t, 2, lab.Calls()[sandbox.BaiduToken])
		})
	}
}

func TestBaiduOAuthRefusesAMalformedForm(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	r := httptest.NewRequest(http.MethodPost, "/oauth/2.0/token", strings.NewReader("grant_type=client_credentials&client_id=%z"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := lab.do(r)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Contains(t, w.Body.String(), "invalid_request")
}

func TestBaiduAccessTokens(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{TokenTTL: 24 * time.Hour})
	gateway := func(token string) any {
		return decodeBaidu(t, lab.rawAs(token, sandbox.BaiduGenerate, `{"plan_id":1}`))["error_code"]
	}
	first := lab.token
	second := lab.fetchToken()

	assert.NotEqual(t, first, second)
	assert.Nil(t, gateway(first), "a new token leaves the earlier one valid")
	assert.Nil(t, gateway(second))
	assert.Nil(t, gateway(second+"?aipSdk=node"), "Baidu's own SDK sends this")
	assert.Equal(t, 100.0, gateway(""))
	assert.Equal(t, 110.0, gateway("24.unknown"))
	assert.Equal(t, 110.0, gateway("25."+second[3:]), "a refresh_token is no access token")

	require.True(t, lab.Revoke(lab.tokenHash(1)))
	assert.False(t, lab.Revoke(lab.tokenHash(1)), "it is revoked already")
	assert.Nil(t, gateway(first))
	assert.Equal(t, 110.0, gateway(second))

	assert.Equal(t, 1, lab.RevokeAll())
	assert.Equal(t, 110.0, gateway(first))
	third := lab.fetchToken()
	assert.Nil(t, gateway(third), "a token fetched after the revocation works")

	lab.clock.advance(24*time.Hour - time.Second)
	assert.Nil(t, gateway(third))
	lab.clock.advance(time.Second)
	assert.Equal(t, 111.0, gateway(third), "expired is not the same as invalid")
	assert.Equal(t, 3, lab.Calls()[sandbox.BaiduToken])
}

// tokenHash reads the hash of the n-th token from the control surface.
func (l *baiduLab) tokenHash(n int) string {
	w := l.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil))
	return decodeBaidu(l.t, w)["tokens"].([]any)[n].(map[string]any)["hash"].(string)
}

func TestBaiduRevokeOverHTTP(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	revoke := func(body string) *httptest.ResponseRecorder {
		return lab.do(httptest.NewRequest(http.MethodPost, "/control/revoke", strings.NewReader(body)))
	}
	for _, body := range []string{"", `{}`, `{"all":false}`, `{"all":true,"hash":"x"}`, `{"every":true}`, `[]`} {
		assert.Equal(t, http.StatusBadRequest, revoke(body).Code, body)
	}
	assert.JSONEq(t, `{"revoked":0}`, revoke(`{"hash":"0000000000000000"}`).Body.String())
	assert.JSONEq(t, `{"revoked":1}`, revoke(`{"hash":"`+lab.tokenHash(0)+`"}`).Body.String())
	lab.token = lab.fetchToken()
	assert.JSONEq(t, `{"revoked":1}`, revoke(`{"all":true}`).Body.String())
}

func TestBaiduGenerateTakesThePlanAsTheVendorDoes(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{PlanIDs: []string{"16144", "named"}})
	for name, test := range map[string]struct {
		body string
		code any // of the failure
	}{
		"a number":                     {`{"plan_id":16144}`, nil},
		"a string of digits":           {`{"plan_id":"16144"}`, nil},
		"another string":               {`{"plan_id":"named"}`, nil},
		"with unknown members":         {`{"plan_id":16144,"access_token":"x"}`, nil},
		"an unknown plan":              {`{"plan_id":2}`, 283435.0},
		"no plan":                      {`{}`, 216100.0},
		"an empty plan":                {`{"plan_id":""}`, 216100.0},
		"a plan that is null":          {`{"plan_id":null}`, 216100.0},
		"a plan that is no integer":    {`{"plan_id":16144.0}`, 216100.0},
		"a body that is a form":        {`plan_id=16144`, 283513.0},
		"an empty body":                {``, 283513.0},
		"a trailing comma":             {`{"plan_id":16144,}`, 283513.0},
		"an array in place of objects": {`[]`, 283513.0},
	} {
		t.Run(name, func(t *testing.T) {
			answer := lab.call(sandbox.BaiduGenerate, test.body)
			assert.Equal(t, test.code == nil, answer["success"])
			assert.Equal(t, test.code, answer["code"])
			if test.code == nil {
				assert.Regexp(t, `^[A-Za-z0-9]{24}$`, answer["result"].(map[string]any)["verify_token"])
			}
		})
	}
}

func TestBaiduServerEndpointsArePOSTAndJSON(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	get := lab.do(httptest.NewRequest(http.MethodGet, baiduAPI+"result/detail?access_token="+lab.token, nil))
	assert.JSONEq(t, `{"error_code":3,"error_msg":"Unsupported openapi method"}`, get.Body.String())

	unknown := lab.raw("userInfo/report", `{}`)
	assert.JSONEq(t, `{"error_code":3,"error_msg":"Unsupported openapi method"}`, unknown.Body.String())

	r := httptest.NewRequest(http.MethodPost, baiduAPI+"verifyToken/generate?access_token="+lab.token, strings.NewReader(`{"plan_id":1}`))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, 283513.0, decodeBaidu(t, lab.do(r))["code"], "JSON under another type is not JSON")

	r = httptest.NewRequest(http.MethodPost, baiduAPI+"verifyToken/generate", strings.NewReader(`{"plan_id":1,"access_token":"`+lab.token+`"}`))
	r.Header.Set("Content-Type", "application/json")
	assert.Equal(t, 100.0, decodeBaidu(t, lab.do(r))["error_code"], "the token belongs into the query")

	huge := lab.raw(sandbox.BaiduUpload, `{"image":"`+strings.Repeat("A", 12<<20)+`"}`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, huge.Code)
}

func TestBaiduKeepsNoMegabytesOfASession(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	long := strings.Repeat("a", 64<<10)
	for endpoint, body := range map[string]string{
		sandbox.BaiduGenerate: `{"plan_id":"1","redirect_config":{"success_url":"http://localhost/` + long + `"}}`,
		sandbox.BaiduSubmit:   `{"verify_token":"x","id_name":"` + long + `"}`,
	} {
		assert.Equal(t, http.StatusRequestEntityTooLarge, lab.raw(endpoint, body).Code, endpoint)
	}
}

func TestBaiduSubmit(t *testing.T) {
	for name, test := range map[string]struct {
		members string
		code    any
		message any
	}{
		"a person":                         {`"id_name":"测试甲","id_no":"000000190001010000"`, nil, nil},
		"a person with a known document":   {`"id_name":"测试甲","id_no":"X","certificate_type":5`, nil, nil},
		"an unknown kind of document":      {`"id_name":"测试甲","id_no":"X","certificate_type":6`, 216100.0, "invalid param"},
		"a kind of document in quotes":     {`"id_name":"测试甲","id_no":"X","certificate_type":"0"`, 216100.0, "invalid param"},
		"no name":                          {`"id_no":"000000190001010000"`, 222023.0, "param[name] is null"},
		"no number":                        {`"id_name":"测试甲"`, 222022.0, "param[id_card_number] is null"},
		"a name that is not a string":      {`"id_name":1,"id_no":"X"`, 216100.0, "invalid param"},
		"a member that stands there twice": {`"id_name":"测试甲","id_name":"测试乙","id_no":"X"`, 216100.0, "invalid param"},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			answer := lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+lab.generate()+`",`+test.members+`}`)
			assert.Equal(t, test.code, answer["code"])
			assert.Equal(t, test.message, answer["message"])
			if test.code == nil {
				assert.Equal(t, 1.0, answer["result"])
			}
		})
	}
}

func TestBaiduUpload(t *testing.T) {
	picture := func(width, height int) string {
		var encoded bytes.Buffer
		require.NoError(t, png.Encode(&encoded, image.NewGray(image.Rect(0, 0, width, height))))
		return base64.StdEncoding.EncodeToString(encoded.Bytes())
	}
	const sample = "/9j/4AAQSkZJRgABAQAAAQABAAD/"
	for name, test := range map[string]struct {
		image, rest string
		code        any
	}{
		"the vendor's own sample":            {sample, ``, nil},
		"a picture below the limit":          {picture(1919, 1079), ``, nil},
		"a picture below the limit, upright": {picture(1079, 1919), ``, nil},
		"known control levels":               {sample, `,"quality_control":"LOW","liveness_control":"HIGH"`, nil},
		"a picture too wide":                 {picture(1920, 100), ``, 216202.0},
		"a picture too high":                 {picture(1100, 1100), ``, 216202.0},
		"over 10 MB encoded":                 {sample[:24] + strings.Repeat("A", 10<<20), ``, 216202.0},
		"no picture":                         {"", ``, 216200.0},
		"a data URI":                         {"data:image/jpeg;base64," + sample, ``, 216201.0},
		"no base64":                          {"***", ``, 216201.0},
		"another kind of file":               {base64.StdEncoding.EncodeToString([]byte("<svg/>")), ``, 216201.0},
		"an unknown quality level":           {sample, `,"quality_control":"low"`, 222019.0},
		"an unknown liveness level":          {sample, `,"liveness_control":"MAX"`, 222020.0},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			answer := lab.call(sandbox.BaiduUpload, `{"verify_token":"`+lab.generate()+`","image":"`+test.image+`"`+test.rest+`}`)
			assert.Equal(t, test.code, answer["code"])
			assert.Nil(t, answer["result"], "result is null, also on success")
		})
	}
}

// TestBaiduOutcomes is the table of what a person's choice becomes on the wire.
func TestBaiduOutcomes(t *testing.T) {
	for outcome, want := range map[string]struct {
		back     string // which return address
		code     any    // of detail and simple; nil is a pass
		attempts string // codes of getall
		verified string // JSON of detail's verify_result, less its log id
		demoted  any
		charges  float64
	}{
		"pass":           {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, false, 1},
		"mismatch":       {"f", 222351.0, `["222351"]`, ``, nil, 1},
		"liveness_fail":  {"f", 223120.0, `["223120"]`, ``, nil, 0},
		"no_face":        {"f", 222202.0, `["222202"]`, ``, nil, 0},
		"occlusion":      {"f", 223121.0, `["223121"]`, ``, nil, 0},
		"spoof":          {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0.987,"risk_level":"3","risk_tag":""}`, false, 1},
		"risk":           {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"1","risk_tag":"fake_camera"}`, false, 1},
		"demoted":        {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, true, 1},
		"fail_then_pass": {"s", nil, `["223120","0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, false, 1},
	} {
		t.Run(outcome, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			verifyToken := lab.generate()
			lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"测试丙","id_no":"000000190001010027"}`)
			w := lab.press(lab.pageURL(verifyToken), outcome)
			assert.Equal(t, http.StatusFound, w.Code)
			assert.Equal(t, "http://localhost/return?flow=1&o="+want.back, w.Header().Get("Location"), "byte for byte")

			detail, simple := lab.query(sandbox.BaiduDetail, verifyToken), lab.query(sandbox.BaiduSimple, verifyToken)
			all := lab.query(sandbox.BaiduGetAll, verifyToken)["result"].(map[string]any)
			assert.Equal(t, want.code == nil, detail["success"], "detail's success is the verdict")
			assert.Equal(t, want.code, detail["code"])
			assert.Equal(t, want.code, simple["code"])
			assert.Equal(t, want.charges, all["verify_charge_count"])
			assert.Equal(t, want.demoted, detail["is_demote"])

			var codes []any
			for i, attempt := range all["verify_result"].([]any) {
				member := attempt.(map[string]any)
				assert.Equal(t, float64(i+1), member["order"])
				assert.Equal(t, member["code"] == "0", member["is_verify_passed"])
				codes = append(codes, member["code"])
			}
			assert.JSONEq(t, want.attempts, toJSON(t, codes))
			assert.Equal(t, float64(len(codes)), all["verify_count"])
			if want.code != nil {
				assert.Contains(t, detail, "result")
				assert.Nil(t, detail["result"])
				return
			}
			result := detail["result"].(map[string]any)
			verified := result["verify_result"].(map[string]any)
			assert.NotEmpty(t, verified["verify_log_id"])
			delete(verified, "verify_log_id")
			assert.JSONEq(t, want.verified, toJSON(t, verified))
			assert.JSONEq(t, `{"name":"测试丙","idcard_number":"000000190001010027"}`, toJSON(t, result["idcard_confirm"]))
			assert.Contains(t, simple["result"].(map[string]any)["image"], "/image/query?verify_token="+verifyToken)
		})
	}
	t.Run("abandon", func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		verifyToken := lab.generate()
		w := lab.press(lab.pageURL(verifyToken), "abandon")
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Empty(t, w.Header().Get("Location"))
		assert.NotContains(t, w.Body.String(), "localhost", "there is no way back to the app")
		assert.Equal(t, baiduInvalid, lab.query(sandbox.BaiduDetail, verifyToken)["message"])
		assert.Equal(t, http.StatusFound, lab.press(lab.pageURL(verifyToken), "pass").Code, "the person may come back")
	})
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestBaiduPlansDecideWhatAResultHolds(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{
		{ID: "ocr", Identity: sandbox.BaiduIdentityOCR},
		{ID: "submitted", Identity: sandbox.BaiduIdentitySubmitted, Threshold: 90},
		{ID: "photo", Comparison: sandbox.BaiduComparePhoto, Recording: true},
		{ID: "liveness", Comparison: sandbox.BaiduCompareNothing},
	}})
	finish := func(plan string) (verifyToken string, detail, attempt, all map[string]any) {
		verifyToken = lab.generate(plan)
		lab.call(sandbox.BaiduUpload, `{"verify_token":"`+verifyToken+`","image":"/9j/"}`)
		if plan == "submitted" {
			lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"测试丙","id_no":"000000190001010027"}`)
		}
		require.Equal(t, http.StatusFound, lab.press(lab.pageURL(verifyToken), "pass").Code)
		all = lab.query(sandbox.BaiduGetAll, verifyToken)["result"].(map[string]any)
		return verifyToken, lab.query(sandbox.BaiduDetail, verifyToken)["result"].(map[string]any),
			all["verify_result"].([]any)[0].(map[string]any), all
	}

	_, detail, attempt, all := finish("ocr")
	assert.Equal(t, "000000190001010000", detail["idcard_ocr_result"].(map[string]any)["id_card_number"])
	front, err := base64.StdEncoding.DecodeString(detail["idcard_images"].(map[string]any)["front_base64"].(string))
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", http.DetectContentType(front))
	confirm := attempt["idcard_confirm"].(map[string]any)
	assert.Equal(t, "000000190001010000", confirm["idcard_ocr_result"].(map[string]any)["idcard_number"])
	assert.Contains(t, confirm["idcard_images"].(map[string]any)["front_image"], "http://")
	assert.Equal(t, 1.0, all["ocr_charge_count"])

	_, detail, attempt, _ = finish("submitted")
	assert.NotContains(t, detail, "idcard_ocr_result")
	assert.Equal(t, 90.0, attempt["verify_detail"].(map[string]any)["threshold"])

	verifyToken, detail, attempt, all := finish("photo")
	assert.NotContains(t, detail, "idcard_confirm", "nobody named an identity")
	assert.Equal(t, "match", attempt["charge_type"])
	assert.Equal(t, 1.0, all["match_charge_count"])
	media := lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Len(t, media["processVideo"], 1)
	assert.Len(t, media["images"], 4)
	assert.Empty(t, media["video"])
	lab.clock.advance(24 * time.Hour)
	media = lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Empty(t, media["processVideo"], "media live for a day")

	verifyToken, detail, _, _ = finish("liveness")
	assert.Equal(t, 0.0, detail["verify_result"].(map[string]any)["score"])
	assert.NotContains(t, detail, "idcard_confirm")
	media = lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Empty(t, media["processVideo"], "recording is off by default")
}

func TestBaiduStateMachine(t *testing.T) {
	// A step is a clock step, or an outcome that the person chooses.
	for name, test := range map[string]struct {
		plan     sandbox.BaiduPlan
		steps    []any
		state    string
		queryOK  bool // getall has an answer
		pageCode int  // of opening the page now
	}{
		"a new session is ready":                           {sandbox.BaiduPlan{}, nil, "READY", false, 200},
		"a plan that needs an identity waits for it":       {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, nil, "CREATED", false, 409},
		"a plan that needs a photo waits for it":           {sandbox.BaiduPlan{Comparison: sandbox.BaiduComparePhoto}, nil, "CREATED", false, 409},
		"identity sent: ready":                             {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, []any{sandbox.BaiduSubmit}, "READY", false, 200},
		"photo sent: ready":                                {sandbox.BaiduPlan{Comparison: sandbox.BaiduComparePhoto}, []any{sandbox.BaiduUpload}, "READY", false, 200},
		"a pass ends it":                                   {sandbox.BaiduPlan{}, []any{"pass"}, "PASSED", true, 410},
		"a failure ends it":                                {sandbox.BaiduPlan{}, []any{"mismatch"}, "FAILED", true, 410},
		"a failure leaves it ready where the URL survives": {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch"}, "READY", true, 200},
		"fail, fail, pass where the URL survives":          {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", "no_face", "pass"}, "PASSED", true, 410},
		"fail then pass in one go ends it":                 {sandbox.BaiduPlan{}, []any{"fail_then_pass"}, "PASSED", true, 410},
		"leaving changes nothing":                          {sandbox.BaiduPlan{}, []any{"abandon"}, "READY", false, 200},
		"usable to the last second of two hours":           {sandbox.BaiduPlan{}, []any{2*time.Hour - time.Second}, "READY", false, 200},
		"expired after two hours":                          {sandbox.BaiduPlan{}, []any{2 * time.Hour}, "EXPIRED", false, 410},
		"a session that still waits expires too":           {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, []any{2 * time.Hour}, "EXPIRED", false, 410},
		"failed attempts count when two hours end":         {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", 2 * time.Hour}, "FAILED", true, 410},
		"results stay for three days":                      {sandbox.BaiduPlan{}, []any{time.Hour, "pass", 72*time.Hour - time.Second}, "PASSED", true, 410},
		"and not longer":                                   {sandbox.BaiduPlan{}, []any{time.Hour, "pass", 72 * time.Hour}, "GONE", false, 410},
		"three days from the end of the two hours":         {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", 74 * time.Hour}, "GONE", false, 410},
	} {
		t.Run(name, func(t *testing.T) {
			test.plan.ID = "1"
			lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{test.plan}})
			verifyToken := lab.generate()
			for _, step := range test.steps {
				switch step := step.(type) {
				case time.Duration:
					lab.clock.advance(step)
				case string:
					lab.step(verifyToken, step)
				}
			}
			assert.Equal(t, test.state, lab.session(0)["state"])
			answer := lab.query(sandbox.BaiduGetAll, verifyToken)
			assert.Equal(t, test.queryOK, answer["success"])
			if !test.queryOK {
				assert.Equal(t, baiduInvalid, answer["message"])
			}
			assert.Equal(t, test.pageCode, lab.open(lab.pageURL(verifyToken)).Code)
		})
	}
}

// step is a call or a choice in a session's life.
func (l *baiduLab) step(verifyToken, step string) {
	l.t.Helper()
	switch step {
	case sandbox.BaiduSubmit:
		l.call(step, `{"verify_token":"`+verifyToken+`","id_name":"测试甲","id_no":"X"}`)
	case sandbox.BaiduUpload:
		l.call(step, `{"verify_token":"`+verifyToken+`","image":"/9j/"}`)
	default:
		w := l.press(l.pageURL(verifyToken), step)
		require.Less(l.t, w.Code, 400, w.Body)
	}
}

// session reads the n-th session from the control surface.
func (l *baiduLab) session(n int) map[string]any {
	w := l.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil))
	return decodeBaidu(l.t, w)["sessions"].([]any)[n].(map[string]any)
}

func TestBaiduVerifyTokenBelongsToItsApplication(t *testing.T) {
	other := sandbox.BaiduApp{APIKey: "OtherFakeApiKey", SecretKey: "OtherFakeSecretKey", AppID: "00000002"}
	lab := newBaiduLab(t, sandbox.BaiduConfig{OtherApps: []sandbox.BaiduApp{other}})
	foreign := lab.fetchToken(other)
	verifyToken := lab.finish("pass")
	for _, endpoint := range []string{
		sandbox.BaiduSubmit, sandbox.BaiduUpload, sandbox.BaiduSimple, sandbox.BaiduDetail, sandbox.BaiduStat,
		sandbox.BaiduMedia, sandbox.BaiduGetAll,
	} {
		body := `{"verify_token":"` + verifyToken + `","id_name":"测试甲","id_no":"X","image":"/9j/"}`
		answer := decodeBaidu(t, lab.rawAs(foreign, endpoint, body))
		assert.Equal(t, false, answer["success"], endpoint)
		assert.Equal(t, baiduInvalid, answer["message"], endpoint)
		assert.NotContains(t, answer, "code", endpoint)
	}
	lab.token = lab.fetchToken()
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"], "any token of the same application will do")
}

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

func TestBaiduSessionsShowNoPersonAndNoToken(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	verifyToken := lab.generate()
	lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"机密姓名","id_no":"000000190001010999"}`)
	lab.press(lab.pageURL(verifyToken), "pass")
	shown := lab.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil)).Body.String() + fmt.Sprintf("%#v %+v", lab.Calls(), lab.session(0))
	shown += fmt.Sprintf("%v %+v %#v %s", lab.Baidu, lab.Baidu, struct{ B any }{lab.Baidu}, lab.Baidu)
	for _, secret := range []string{"机密姓名", "000000190001010999", verifyToken, lab.token, sandbox.BaiduSecretKey} {
		assert.NotContains(t, shown, secret)
	}
	assert.Contains(t, shown, `"submitted":true`)
	assert.Contains(t, shown, `"outcomes":["pass"]`)
	assert.Contains(t, shown, `"idcard/submit":1`)
}

func TestBaiduSeedMakesTokensRepeatable(t *testing.T) {
	first, second := newBaiduLab(t, sandbox.BaiduConfig{Seed: "a"}), newBaiduLab(t, sandbox.BaiduConfig{Seed: "a"})
	assert.Equal(t, first.token, second.token)
	assert.Equal(t, first.generate(), second.generate())
	assert.NotEqual(t, first.token, newBaiduLab(t, sandbox.BaiduConfig{Seed: "b"}).token)
	unseeded := func() string {
		w := httptest.NewRecorder()
		sandbox.NewBaidu(sandbox.BaiduConfig{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost,
			baiduOAuth+"&client_id="+sandbox.BaiduAPIKey+"&client_secret="+sandbox.BaiduSecretKey, nil))
		return w.Body.String()
	}
	assert.NotEqual(t, unseeded(), unseeded())
}

func TestBaiduServesManyPeopleAtOnce(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	var people sync.WaitGroup
	for range 50 {
		people.Go(func() {
			answer := lab.raw(sandbox.BaiduGenerate, `{"plan_id":1}`)
			var made struct {
				Result struct {
					VerifyToken string `json:"verify_token"`
				}
			}
			if !assert.NoError(t, json.Unmarshal(answer.Body.Bytes(), &made)) {
				return
			}
			lab.press(lab.pageURL(made.Result.VerifyToken), "pass")
			detail := lab.raw(sandbox.BaiduDetail, `{"verify_token":"`+made.Result.VerifyToken+`"}`)
			assert.Contains(t, detail.Body.String(), `{"success":true`)
		})
	}
	people.Wait()
	assert.Equal(t, map[string]int{
		sandbox.BaiduToken: 1, sandbox.BaiduGenerate: 50, sandbox.BaiduPage: 50, sandbox.BaiduDetail: 50,
	}, lab.Calls())
}
