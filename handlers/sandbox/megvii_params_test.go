package sandbox_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestMegviiGetTokenRefusesBadParametersAsDocumented(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set     []string
		status  int
		message string
	}{
		"no api_key":                      {[]string{"api_key", ""}, 400, "MISSING_ARGUMENTS: api_key"},
		"no api_secret":                   {[]string{"api_secret", ""}, 400, "MISSING_ARGUMENTS: api_secret"},
		"wrong api_key":                   {[]string{"api_key", "x"}, 403, "AUTHENTICATION_ERROR"},
		"wrong api_secret":                {[]string{"api_secret", "x"}, 403, "AUTHENTICATION_ERROR"},
		"wrong secret and bad parameter":  {[]string{"api_secret", "x", "biz_no", ""}, 403, "AUTHENTICATION_ERROR"},
		"no return_url":                   {[]string{"return_url", ""}, 400, "MISSING_ARGUMENTS: return_url"},
		"no notify_url":                   {[]string{"notify_url", ""}, 400, "MISSING_ARGUMENTS: notify_url"},
		"no biz_no":                       {[]string{"biz_no", ""}, 400, "MISSING_ARGUMENTS: biz_no"},
		"no comparison_type":              {[]string{"comparison_type", ""}, 400, "MISSING_ARGUMENTS: comparison_type"},
		"no idcard_mode":                  {[]string{"idcard_mode", ""}, 400, "MISSING_ARGUMENTS: idcard_mode"},
		"no name for idcard_mode 0":       {[]string{"idcard_mode", "0", "idcard_number", "110101199003070003"}, 400, "MISSING_ARGUMENTS: idcard_name"},
		"no number for idcard_mode 0":     {[]string{"idcard_mode", "0", "idcard_name", "张三"}, 400, "MISSING_ARGUMENTS: idcard_number"},
		"name of 33 characters":           {[]string{"idcard_mode", "0", "idcard_name", strings.Repeat("张", 33), "idcard_number", "110101199003070003"}, 400, "INVALID_NAME_FORMAT"},
		"number of 17 characters":         {[]string{"idcard_mode", "0", "idcard_name", "张三", "idcard_number", "11010119900307000"}, 400, "INVALID_IDCARD_NUMBER"},
		"no uuid for comparison_type 0":   {[]string{"comparison_type", "0"}, 400, "MISSING_ARGUMENTS: uuid"},
		"no image for comparison_type 0":  {[]string{"comparison_type", "0", "uuid", "u"}, 400, "MISSING_ARGUMENTS: image_ref1"},
		"biz_no of 129 bytes":             {[]string{"biz_no", strings.Repeat("x", 129)}, 400, "BAD_ARGUMENTS:biz_no"},
		"biz_extra_data of 4097 bytes":    {[]string{"biz_extra_data", strings.Repeat("x", 4097)}, 400, "BAD_ARGUMENTS:biz_extra_data"},
		"web_title of 33 bytes":           {[]string{"web_title", strings.Repeat("人", 11)}, 400, "BAD_ARGUMENTS:web_title"},
		"uuid of 513 bytes":               {[]string{"uuid", strings.Repeat("x", 513)}, 400, "BAD_ARGUMENTS:uuid"},
		"biz_no not UTF-8":                {[]string{"biz_no", "\xff"}, 400, "BAD_ARGUMENTS:biz_no"},
		"comparison_type 2":               {[]string{"comparison_type", "2"}, 400, "BAD_ARGUMENTS:comparison_type"},
		"idcard_mode 5":                   {[]string{"idcard_mode", "5"}, 400, "BAD_ARGUMENTS:idcard_mode"},
		"unknown procedure_type":          {[]string{"procedure_type", "dance"}, 400, "BAD_ARGUMENTS:procedure_type"},
		"lower-case get":                  {[]string{"action_http_method", "get"}, 400, "BAD_ARGUMENTS:action_http_method"},
		"maximum_shooting_time 9":         {[]string{"maximum_shooting_time", "9"}, 400, "BAD_ARGUMENTS:maximum_shooting_time"},
		"unknown uneditable field":        {[]string{"idcard_uneditable_field", "idcard_name,x"}, 400, "BAD_ARGUMENTS:idcard_uneditable_field"},
		"encryption is not for this fake": {[]string{"encryption_type", "1"}, 400, "BAD_ARGUMENTS:encryption_type"},
		"scene_id with a dash":            {[]string{"scene_id", "a-b"}, 400, "BAD_ARGUMENTS:scene_id"},
		"return_url not a URL":            {[]string{"return_url", "::"}, 400, "BAD_ARGUMENTS:return_url"},
		"return_url is a script":          {[]string{"return_url", "javascript:alert(1)"}, 400, "BAD_ARGUMENTS:return_url"},
		"return_url with user":            {[]string{"return_url", "http://a:b@localhost/"}, 400, "BAD_ARGUMENTS:return_url"},
		"notify_url without host":         {[]string{"notify_url", "http:///x"}, 400, "BAD_ARGUMENTS:notify_url"},
		"notify_url elsewhere":            {[]string{"notify_url", "https://shop.example/n"}, 400, "BAD_ARGUMENTS:notify_url"},
		"return_url elsewhere":            {[]string{"return_url", "https://127.0.0.1.shop.example/n"}, 400, "BAD_ARGUMENTS:return_url"},
		"notify_url to a private net":     {[]string{"notify_url", "http://192.168.0.1/n"}, 400, "BAD_ARGUMENTS:notify_url"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			w := m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm(test.set...))
			assert.Equal(t, test.status, w.Code)
			answer := megviiDecode(t, w.Body.String())
			assert.Equal(t, test.message, answer["error_message"])
			assert.Len(t, answer, 3)
			assert.Empty(t, m.Sessions())
		})
	}
}

func TestMegviiGetTokenTakesGoodParameters(t *testing.T) {
	t.Parallel()
	for name, set := range map[string][]string{
		"biz_no of 128 bytes":    {"biz_no", strings.Repeat("x", 128)},
		"lower-case x":           {"idcard_mode", "0", "idcard_name", "张三", "idcard_number", "11010119900307000x"},
		"uneditable fields":      {"idcard_uneditable_field", "idcard_name,idcard_issued_by"},
		"liveness only":          {"comparison_type", "-1", "idcard_mode", ""},
		"localhost and IPv6":     {"return_url", "http://shop.localhost:81/", "notify_url", "http://[::1]:5000/n"},
		"a parameter not listed": {"new_parameter", "1"},
		"shooting time of 60":    {"maximum_shooting_time", "60"},
		"no procedure_type":      {"procedure_type", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newMegviiTest(t, sandbox.MegviiConfig{}).begin(set...)
		})
	}
}

func TestMegviiBizNoIsUsedOnce(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.begin()
	w := m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm())
	assert.Equal(t, "BAD_ARGUMENTS:biz_no", megviiDecode(t, w.Body.String())["error_message"])
	assert.Len(t, m.Sessions(), 1)
}

func TestMegviiRefusesAParameterSentTwice(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	form := megviiForm()
	form.Add("biz_no", "another")
	w := m.do(http.MethodPost, "/faceid/lite/get_token", form)
	assert.Equal(t, "BAD_ARGUMENTS:biz_no", megviiDecode(t, w.Body.String())["error_message"])
}

func TestMegviiAllowAnyHostLetsTheOutsideIn(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{AllowAnyHost: true})
	m.begin("return_url", "https://shop.example/r", "notify_url", "https://shop.example/n")
}

func TestMegviiReadsNoParametersOutOfJSONOrTheQuery(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	body, err := json.Marshal(map[string]string{"api_key": sandbox.MegviiAPIKey})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/faceid/lite/get_token?"+megviiForm().Encode(), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	assert.Equal(t, "MISSING_ARGUMENTS: api_key", megviiDecode(t, w.Body.String())["error_message"])
}

// megviiMultipart posts get_token as multipart with pictures.
func (m megviiTest) multipart(form url.Values, pictures map[string][]byte) *httptest.ResponseRecorder {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name := range form {
		require.NoError(m.t, parts.WriteField(name, form.Get(name)))
	}
	for name, picture := range pictures {
		part, err := parts.CreateFormFile(name, name+".jpg")
		require.NoError(m.t, err)
		_, err = part.Write(picture)
		require.NoError(m.t, err)
	}
	require.NoError(m.t, parts.Close())
	r := httptest.NewRequest(http.MethodPost, "/faceid/lite/get_token", &body)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w
}

func megviiPicture(t *testing.T) []byte {
	t.Helper()
	var picture bytes.Buffer
	require.NoError(t, jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	return picture.Bytes()
}

func TestMegviiMultipartWithReferencePictures(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	form := megviiForm("comparison_type", "0", "uuid", "u", "procedure_type", "flash")
	w := m.multipart(form, map[string][]byte{"image_ref1": megviiPicture(t), "image_ref2": megviiPicture(t)})
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	begun := megviiBegun{page: "/faceid/lite/do?token=" + megviiDecode(t, w.Body.String())["token"].(string)}
	data := megviiVerified(t, megviiReturned(t, m.choose(begun, "pass")))
	verify := data["verify_result"].(map[string]any)
	assert.Len(t, verify, 2)
	assert.Contains(t, verify, "result_ref1")
	assert.Contains(t, verify, "result_ref2")
}

func TestMegviiBadPicturesAreRefused(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	form := megviiForm("comparison_type", "0", "uuid", "u")

	w := m.multipart(form, map[string][]byte{"image_ref1": []byte("<svg></svg>")})
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, "IMAGE_ERROR_UNSUPPORTED_FORMAT:image_ref1", megviiDecode(t, w.Body.String())["error_message"])

	for _, size := range []int{2<<20 + 1, 8 << 20} {
		w = m.multipart(form, map[string][]byte{"image_ref1": append(megviiPicture(t), make([]byte, size)...)})
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		assert.Contains(t, w.Body.String(), "<html>", "not JSON")
	}
	assert.Empty(t, m.Sessions())
}

func FuzzMegviiGetToken(f *testing.F) {
	f.Add("biz_no=x")
	f.Add(megviiForm().Encode())
	f.Add(megviiForm("idcard_mode", "0", "idcard_name", "张三", "idcard_number", "11010119900307000X").Encode())
	f.Add("api_key=%zz;")
	m := sandbox.NewMegvii(sandbox.MegviiConfig{})
	f.Cleanup(m.Close)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/faceid/lite/get_token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		answer := megviiDecode(t, w.Body.String())
		if w.Code == http.StatusOK {
			_, _, err := m.Callback(answer["biz_no"].(string))
			require.NoError(t, err)
			return
		}
		assert.NotEmpty(t, answer["error_message"])
	})
}
