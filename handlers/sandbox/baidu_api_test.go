package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

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
