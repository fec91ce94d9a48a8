package megvii_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// Canaries: made-up values that no output may hold. The numbers are nobody's.
const (
	clientKey    = "FAKE-api-key-canary-0001"
	clientSecret = "FAKE-api-secret-canary-0001"
	somebody     = "测试某某"
	somebodyID   = "00000019900101000X"
	openedBizID  = "1679796702,00000000-0000-4000-8000-000000000001"
	openedToken  = "00000000000000000000000000fa4e01"
)

// tinyJPEG is enough of a JPEG to be recognised as one.
func tinyJPEG() []byte { return []byte("\xff\xd8\xff\xe0\x00\x10JFIF fake picture") }

// fakeVendor answers as the vendor's pages say, and keeps what it was asked.
type fakeVendor struct {
	*httptest.Server
	asked []*http.Request
	form  url.Values
	files map[string][]byte
}

func newFakeVendor(t testing.TB, answer http.HandlerFunc) *fakeVendor {
	t.Helper()
	f := &fakeVendor{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked = append(f.asked, r)
		f.read(r)
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeVendor) read(r *http.Request) {
	f.files = map[string][]byte{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		_ = r.ParseForm()
		f.form = r.PostForm
		return
	}
	if r.ParseMultipartForm(32<<20) != nil {
		return
	}
	f.form = r.MultipartForm.Value
	for name, parts := range r.MultipartForm.File {
		part, err := parts[0].Open()
		if err == nil {
			f.files[name], _ = io.ReadAll(part)
			_ = part.Close()
		}
	}
}

func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func answeringJSON(status int, body string) http.HandlerFunc {
	return answering(status, "application/json", body)
}

func sampleFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(data)
}

func clientConfig(base string) megvii.ClientConfig {
	return megvii.ClientConfig{
		BaseURL: base, APIKey: handlers.Hide(clientKey), APISecret: handlers.Hide(clientSecret), InsecureDevelopment: true,
	}
}

func newClient(t testing.TB, base string) *megvii.Client {
	t.Helper()
	c, err := megvii.NewClient(clientConfig(base))
	require.NoError(t, err)
	return c
}

func livenessRequest() megvii.GetTokenRequest {
	return megvii.GetTokenRequest{
		ReturnURL: "https://shop.example/face/return", NotifyURL: "https://shop.example/face/notify",
		BizNo: "20230326000000000001", ComparisonType: megvii.CompareNothing,
	}
}

func givenRequest() megvii.GetTokenRequest {
	r := livenessRequest()
	r.ComparisonType, r.IDCardMode = megvii.CompareWithIDCard, megvii.IDCardGiven
	r.IDCardName, r.IDCardNumber = handlers.Hide(somebody), handlers.Hide(somebodyID)
	return r
}

func TestGetTokenReadsTheVendorsSample(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json")))
	opened, err := newClient(t, f.URL).GetToken(t.Context(), livenessRequest())
	require.NoError(t, err)
	assert.Equal(t, openedToken, opened.Token.Reveal())
	assert.Equal(t, openedBizID, opened.BizID.Reveal())
	assert.Equal(t, time.Unix(1679800302, 0), opened.ExpiresAt)
	assert.Equal(t, "1679796702,00000000-0000-4000-8000-000000000002", opened.RequestID)
	assert.Equal(t, 84*time.Millisecond, opened.TimeUsed)
	assert.Equal(t, f.URL+"/faceid/lite/do?token="+openedToken, newClient(t, f.URL+"/").PageURL(opened.Token).Reveal())
}

func TestGetTokenSendsEveryParameterUnderItsWireName(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json")))
	r := givenRequest()
	r.BizExtraData, r.WebTitle, r.SceneID, r.Language = "extra & +", "标题", "Scene1", megvii.Chinese
	r.EncryptionType, r.ProcedureType, r.ProcedurePriority = megvii.EncryptionOff, megvii.ProcedureStill, megvii.PriorityKeep
	r.UpdateRTC, r.LivenessPreferences = megvii.LiveWebRTC, megvii.PreferStillStrict
	r.GetShootingError, r.MaximumShootingTime, r.GetFailReason = true, 20*time.Second, true
	r.ReturnVerifyTime, r.ReturnMultifacesTag, r.MultiOrientedDetection = true, true, true
	r.ReturnMethod, r.RedirectType, r.FmpMode = megvii.ReturnByGET, megvii.RedirectReplace, megvii.FmpCount
	r.IDCardUneditableFields = []string{megvii.FieldIDCardName, megvii.FieldIDCardNumber}
	r.UUID, r.Extra = "person-1", map[string]handlers.Private{"will_questions": handlers.Hide("question")}

	_, err := newClient(t, f.URL).GetToken(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, f.asked, 1)
	assert.Equal(t, http.MethodPost, f.asked[0].Method)
	assert.Equal(t, "/faceid/lite/get_token", f.asked[0].URL.Path)
	assert.Empty(t, f.asked[0].URL.RawQuery, "nothing private travels in the URL")
	assert.Equal(t, "application/x-www-form-urlencoded", f.asked[0].Header.Get("Content-Type"))
	want := map[string]string{
		"api_key": clientKey, "api_secret": clientSecret,
		"return_url": r.ReturnURL, "notify_url": r.NotifyURL, "biz_no": r.BizNo, "biz_extra_data": "extra & +",
		"web_title": "标题", "scene_id": "Scene1", "language": "1", "encryption_type": "0", "procedure_type": "still",
		"procedure_priority": "keep", "update_rtc": "1", "liveness_preferences": "still_strict", "get_shooting_error": "1",
		"maximum_shooting_time": "20", "get_fail_reason": "1", "return_verify_time": "1", "return_multifaces_tag": "1",
		"action_http_method": "GET", "redirect_type": "1", "fmp_mode": "0", "comparison_type": "1", "idcard_mode": "0",
		"idcard_name": somebody, "idcard_number": somebodyID, "idcard_uneditable_field": "idcard_name,idcard_number",
		"uuid": "person-1", "multi_oriented_detection": "1", "will_questions": "question",
	}
	assert.Len(t, f.form, len(want))
	for name, value := range want {
		assert.Equal(t, []string{value}, f.form[name], name)
	}
}

func TestWhatIsLeftAtItsDefaultIsNotSent(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json")))
	r := livenessRequest()
	r.ReturnMethod = megvii.ReturnByPOST
	_, err := newClient(t, f.URL).GetToken(t.Context(), r)
	require.NoError(t, err)
	assert.Len(t, f.form, 6, "%v", f.form)
}

func TestPhotosTravelAsFilesOfAMultipartForm(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json")))
	r := livenessRequest()
	r.ComparisonType, r.UUID = megvii.CompareWithImageRefs, "person-1"
	second := append(tinyJPEG(), '2')
	r.ImageRefs = []handlers.PrivateBytes{handlers.HideBytes(tinyJPEG()), handlers.HideBytes(second)}
	_, err := newClient(t, f.URL).GetToken(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"image_ref1": tinyJPEG(), "image_ref2": second}, f.files)
	assert.Equal(t, clientSecret, f.form.Get("api_secret"))
	assert.Equal(t, "0", f.form.Get("comparison_type"))
}

func TestCases11And136AnAnswerThatOpensNoPageIsATypedError(t *testing.T) {
	ok := sampleFile(t, "get_token.ok.json")
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   any
	}{
		"200 with error_message":           {answeringJSON(200, `{"error_message":"INTERNAL_ERROR","request_id":"1,a","time_used":1}`), new(*megvii.APIError)},
		"200 with the member error":        {answeringJSON(200, `{"error":"BAD_ARGUMENTS:web_title"}`), new(*megvii.APIError)},
		"200 with a token and an error":    {answeringJSON(200, strings.Replace(ok, "{", `{"error_message":"INTERNAL_ERROR",`, 1)), new(*megvii.APIError)},
		"HTML":                             {answering(200, "text/html", "<html>busy</html>"), new(*megvii.AnswerError)},
		"HTML that claims to be JSON":      {answeringJSON(200, "<html>busy</html>"), new(*megvii.AnswerError)},
		"JSON that claims to be HTML":      {answering(200, "text/html; charset=utf-8", ok), new(*megvii.AnswerError)},
		"JSON that claims to be a picture": {answering(200, "image/png", ok), new(*megvii.AnswerError)},
		"a Content-Type that is none":      {answering(200, ";;", ok), new(*megvii.AnswerError)},
		"an empty body":                    {answeringJSON(200, ""), new(*megvii.AnswerError)},
		"JSON that breaks off":             {answeringJSON(200, ok[:60]), new(*megvii.AnswerError)},
		"bytes behind the JSON":            {answeringJSON(200, ok+"x"), new(*megvii.AnswerError)},
		"null":                             {answeringJSON(200, "null"), new(*megvii.AnswerError)},
		"an empty token":                   {answeringJSON(200, strings.Replace(ok, openedToken, "", 1)), new(*megvii.AnswerError)},
		"a token with a line break":        {answeringJSON(200, strings.Replace(ok, openedToken, `a\nb`, 1)), new(*megvii.AnswerError)},
		"a token that is a number":         {answeringJSON(200, strings.Replace(ok, `"`+openedToken+`"`, `1`, 1)), new(*megvii.AnswerError)},
		"no biz_id":                        {answeringJSON(200, sampleFile(t, "get_token.ok.sibling-pc-v2.json")), new(*megvii.AnswerError)},
		"a biz_id of 4 KB":                 {answeringJSON(200, strings.Replace(ok, openedBizID, strings.Repeat("1", 4096), 1)), new(*megvii.AnswerError)},
		"another session's biz_no":         {answeringJSON(200, strings.Replace(ok, "20230326000000000001", "20230326000000000002", 1)), new(*megvii.AnswerError)},
		"50 MB":                            {answeringJSON(200, `{"token":"`+strings.Repeat("a", 50<<20)+`"}`), new(*megvii.CallError)},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, new(*megvii.APIError)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeVendor(t, tc.answer)
			opened, err := newClient(t, f.URL).GetToken(t.Context(), livenessRequest())
			require.ErrorAs(t, err, tc.want, "%v", err)
			assert.Zero(t, opened.ExpiresAt)
			assert.True(t, opened.Token.IsZero())
			assert.Len(t, f.asked, 1, "case 135: a session is never opened twice")
		})
	}
}

func TestTheTokensEndIsReadLooselyAndNeverAbsurd(t *testing.T) {
	for said, want := range map[string]time.Time{
		`1679800302`:           time.Unix(1679800302, 0),
		`"1679800302"`:         time.Unix(1679800302, 0),
		`0`:                    {},
		`-1`:                   {},
		`9223372036854775807`:  {},
		`99999999999999999999`: {},
		`1679800302000`:        {},
		`null`:                 {},
		`{}`:                   {},
	} {
		f := newFakeVendor(t, answeringJSON(200, strings.Replace(sampleFile(t, "get_token.ok.json"), "1679800302", said, 1)))
		opened, err := newClient(t, f.URL).GetToken(t.Context(), livenessRequest())
		require.NoError(t, err, said)
		assert.Equal(t, want, opened.ExpiresAt, said)
	}
}

func TestCase8And137ATimeoutSaysThatTheSessionMayExist(t *testing.T) {
	f := newFakeVendor(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	config := clientConfig(f.URL)
	config.Timeout = 50 * time.Millisecond
	c, err := megvii.NewClient(config)
	require.NoError(t, err)
	_, err = c.GetToken(t.Context(), livenessRequest())
	call, ok := errors.AsType[*megvii.CallError](err)
	require.True(t, ok)
	assert.True(t, call.Sent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestCase135AVendorThatIsDownWasNotReached(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, "{}"))
	f.Close()
	_, err := newClient(t, f.URL).GetToken(t.Context(), livenessRequest())
	call, ok := errors.AsType[*megvii.CallError](err)
	require.True(t, ok)
	assert.False(t, call.Sent)
}

func TestTheRegionsAreTheVendorsAddresses(t *testing.T) {
	for region, want := range map[megvii.Region]string{
		"":               "https://api.megvii.com",
		megvii.China:     "https://api.megvii.com",
		megvii.Indonesia: "https://api-idn.megvii.com",
		megvii.Singapore: "https://api-sgp.megvii.com",
	} {
		c, err := megvii.NewClient(megvii.ClientConfig{Region: region, APIKey: handlers.Hide(clientKey), APISecret: handlers.Hide(clientSecret)})
		require.NoError(t, err)
		assert.Equal(t, want+"/faceid/lite/do?token=a%26b", c.PageURL(handlers.Hide("a&b")).Reveal())
	}
	assert.Empty(t, megvii.Region("mars").BaseURL())
}

func TestCase132NothingSecretShowsInErrorsLogsOrPrintedValues(t *testing.T) {
	photo := append(tinyJPEG(), "CANARY-PHOTO"...)
	echo := func(w http.ResponseWriter, r *http.Request) {
		sent := r.URL.RawQuery + r.PostForm.Encode()
		http.Error(w, `{"error_message":"`+clientSecret+": "+somebodyID+" "+url.QueryEscape(sent)+`","request_id":"`+somebodyID+" "+somebody+`"}`, 400)
	}
	var output bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&output, nil))
	show := func(values ...any) {
		for _, v := range values {
			fmt.Fprintf(&output, "%v %+v %#v %s\n", v, v, v, v)
			logger.Info("value", "value", v)
			if err, ok := v.(error); ok {
				for ; err != nil; err = errors.Unwrap(err) {
					fmt.Fprintf(&output, "%v %+v %#v\n", err, err, err)
				}
			}
		}
	}
	down := newFakeVendor(t, answeringJSON(200, ""))
	down.Close()
	for _, base := range []string{newFakeVendor(t, echo).URL, newFakeVendor(t, answeringJSON(200, clientSecret+somebodyID)).URL, down.URL} {
		c := newClient(t, base)
		request := givenRequest()
		request.ImageRefs = []handlers.PrivateBytes{handlers.HideBytes(photo)}
		_, errToken := c.GetToken(t.Context(), request)
		_, errResult := c.GetResult(t.Context(), megvii.GetResultRequest{BizID: handlers.Hide(openedBizID)})
		bad := request
		bad.IDCardNumber, bad.IDCardName = handlers.Hide(somebodyID+"9"), handlers.Hide(somebody+"9")
		_, errBad := c.GetToken(t.Context(), bad)
		require.Error(t, errToken)
		require.Error(t, errResult)
		require.Error(t, errBad)
		show(c, *c, clientConfig(base), request, &request, errToken, errResult, errBad)
	}
	opened, err := newClient(t, newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json"))).URL).GetToken(t.Context(), livenessRequest())
	require.NoError(t, err)
	show(opened, &opened)
	for _, canary := range []string{clientKey, clientSecret, somebody, somebodyID, openedToken, openedBizID, url.QueryEscape(openedBizID), url.QueryEscape(somebody), "CANARY-PHOTO", base64.StdEncoding.EncodeToString(photo)} {
		assert.NotContains(t, output.String(), canary)
	}
}
