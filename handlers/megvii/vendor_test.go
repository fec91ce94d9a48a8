package megvii_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

const session = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func vendorAt(t *testing.T, base string, change func(*megvii.Config)) *megvii.Vendor {
	t.Helper()
	c := goodConfig()
	c.BaseURL, c.InsecureDevelopment = base, true
	if change != nil {
		change(&c)
	}
	v, err := megvii.New(c)
	require.NoError(t, err)
	return v
}

func beginRequest(params any) handlers.BeginRequest {
	return handlers.BeginRequest{
		Session: session, ReturnURL: "https://shop.example/face/return?session=" + session,
		NotifyURL: "https://shop.example/face/notify", Language: "zh", Params: params,
	}
}

// openedAs is get_token's answer without the sample's biz_no.
const openedAs = `{"token":"` + openedToken + `","biz_id":"` + openedBizID + `","expired_time":1679800302}`

func cardDefaults(mode megvii.IDCardMode) func(*megvii.Config) {
	return func(c *megvii.Config) {
		c.Defaults.ComparisonType, c.Defaults.IDCardMode = megvii.CompareWithIDCard, mode
	}
}

func TestBeginOpensTheSessionUnderTheKitsId(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, openedAs))
	v := vendorAt(t, f.URL, func(c *megvii.Config) { c.Defaults.WebTitle, c.Defaults.GetFailReason = "title", true })
	begun, err := v.Begin(t.Context(), beginRequest(nil))
	require.NoError(t, err)
	assert.Equal(t, openedBizID, begun.Ref.Reveal())
	assert.Equal(t, f.URL+"/faceid/lite/do?token="+openedToken, begun.PageURL.Reveal())
	assert.Equal(t, session, f.form.Get("biz_no"))
	assert.Equal(t, "https://shop.example/face/return?session="+session, f.form.Get("return_url"))
	assert.Equal(t, "https://shop.example/face/notify", f.form.Get("notify_url"))
	assert.Equal(t, "title", f.form.Get("web_title"))
	assert.Equal(t, "1", f.form.Get("get_fail_reason"))
	assert.False(t, f.form.Has("language"), "an address by hand may be of an edition that knows no language")
}

func TestAStartChangesTheDefaults(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, openedAs))
	v := vendorAt(t, f.URL, cardDefaults(megvii.IDCardFront))
	for name, tc := range map[string]struct {
		params any
		want   map[string]string
		absent []string
	}{
		"by value":   {megvii.Params{ReturnMethod: megvii.ReturnByGET, SceneID: "s1", Language: megvii.Chinese}, map[string]string{"action_http_method": "GET", "scene_id": "s1", "language": "1", "comparison_type": "1", "idcard_mode": "1"}, []string{"uuid"}},
		"by pointer": {&megvii.Params{BizExtraData: "x", WebTitle: "t", ProcedureType: megvii.ProcedureStill}, map[string]string{"biz_extra_data": "x", "web_title": "t", "procedure_type": "still"}, nil},
		"a nil one":  {(*megvii.Params)(nil), map[string]string{"comparison_type": "1"}, nil},
		"photos get the session as uuid": {megvii.Params{ComparisonType: megvii.CompareWithImageRefs, ImageRefs: []handlers.PrivateBytes{handlers.HideBytes(tinyJPEG())}},
			map[string]string{"comparison_type": "0", "uuid": session}, []string{"idcard_mode"}},
		"liveness alone": {megvii.Params{ComparisonType: megvii.CompareNothing}, map[string]string{"comparison_type": "-1"}, []string{"idcard_mode", "uuid"}},
		"an expected person is not sent where the vendor would ignore it": {megvii.Params{Name: handlers.Hide(somebody), IDNumber: handlers.Hide(somebodyID)},
			map[string]string{"idcard_mode": "1"}, []string{"idcard_name", "idcard_number"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Begin(t.Context(), beginRequest(tc.params))
			require.NoError(t, err)
			for name, value := range tc.want {
				assert.Equal(t, value, f.form.Get(name), name)
			}
			for _, name := range tc.absent {
				assert.False(t, f.form.Has(name), name)
			}
		})
	}
}

func TestCase16WhatAPersonTypedIsNormalisedOrRefusedBeforeItCosts(t *testing.T) {
	for name, tc := range map[string]struct {
		name, number         string
		wantName, wantNumber string
		code                 handlers.Code
	}{
		"clean":                    {somebody, somebodyID, somebody, somebodyID, ""},
		"x for X":                  {somebody, "00000019900101000x", somebody, somebodyID, ""},
		"full width":               {"　测试某某 ", "００００００１９９００１０１０００Ｘ", somebody, somebodyID, ""},
		"trailing spaces":          {somebody, somebodyID + "  ", somebody, somebodyID, ""},
		"a bullet as middle dot":   {"买买提•测试", somebodyID, "买买提·测试", somebodyID, ""},
		"a rare character":         {"测𠮷", somebodyID, "测𠮷", somebodyID, ""},
		"a wrong check character":  {somebody, "000000199001010001", "", "", handlers.CodeInvalidIDNumber},
		"no number":                {somebody, "", "", "", handlers.CodeInvalidIDNumber},
		"no name":                  {"", somebodyID, "", "", handlers.CodeInvalidName},
		"a name with digits":       {"测试1", somebodyID, "", "", handlers.CodeInvalidName},
		"a name with a line break": {"测\n试", somebodyID, "", "", handlers.CodeInvalidName},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeVendor(t, answeringJSON(200, openedAs))
			v := vendorAt(t, f.URL, cardDefaults(megvii.IDCardGiven))
			_, err := v.Begin(t.Context(), beginRequest(megvii.Params{Name: handlers.Hide(tc.name), IDNumber: handlers.Hide(tc.number)}))
			if tc.code != "" {
				assert.Equal(t, tc.code, handlers.CodeOf(err))
				assert.Empty(t, f.asked, "nothing is spent")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.wantName, f.form.Get("idcard_name"))
			assert.Equal(t, tc.wantNumber, f.form.Get("idcard_number"))
		})
	}
}

func TestBeginsErrorsTellTheKitWhatHappened(t *testing.T) {
	down := newFakeVendor(t, answeringJSON(200, ""))
	down.Close()
	for name, tc := range map[string]struct {
		base   string
		params any
		code   handlers.Code
		reason handlers.Reason
	}{
		"foreign params":       {down.URL, 1, handlers.CodeInternal, ""},
		"the vendor is down":   {down.URL, nil, handlers.CodeVendorNotSent, ""},
		"a bad default title":  {down.URL, megvii.Params{WebTitle: strings.Repeat("x", 33)}, handlers.CodeVendorMisconfigured, ""},
		"a wrong secret":       {newFakeVendor(t, answeringJSON(403, `{"error_message":"AUTHENTICATION_ERROR"}`)).URL, nil, handlers.CodeVendorMisconfigured, "authentication_error"},
		"too many calls":       {newFakeVendor(t, answeringJSON(403, `{"error_message":"CONCURRENCY_LIMIT_EXCEEDED"}`)).URL, nil, handlers.CodeVendorThrottled, "concurrency_limit_exceeded"},
		"HTML":                 {newFakeVendor(t, answering(200, "text/html", "<html>")).URL, nil, handlers.CodeVendorUnavailable, ""},
		"a misplaced refusal":  {newFakeVendor(t, answeringJSON(400, `{"error_message":"RESULT_NOT_FOUND"}`)).URL, nil, handlers.CodeVendorRefused, "result_not_found"},
		"an answer that broke": {newFakeVendor(t, answeringJSON(200, `{"token":"`)).URL, nil, handlers.CodeVendorUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vendorAt(t, tc.base, nil).Begin(t.Context(), beginRequest(tc.params))
			var kit *handlers.Error
			require.ErrorAs(t, err, &kit)
			assert.Equal(t, tc.code, kit.Code)
			assert.Equal(t, tc.reason, kit.Reason)
			assert.NotNil(t, kit.Err)
		})
	}
}

func TestParseReadsASignedPOST(t *testing.T) {
	data := sampleFile(t, "callback.data.cn-will.ok.constructed.json")
	previous := handlers.Hide("FAKE-previous-secret-0001")
	v := vendorAt(t, "", func(c *megvii.Config) { c.PreviousAPISecret, c.ReturnImage = previous, megvii.ReturnImageBest })
	for _, carrier := range []handlers.Carrier{handlers.CarrierReturn, handlers.CarrierNotify} {
		for i, secret := range []handlers.Private{handlers.Hide(clientSecret), previous} {
			cb := handlers.Callback{Carrier: carrier, Method: http.MethodPost, ContentType: formContentType, Body: callbackForm(data, megvii.Sign(secret, []byte(data)))}
			n, err := v.Parse(cb)
			require.NoError(t, err, "case 43: both secrets verify")
			assert.True(t, n.Authentic)
			assert.Equal(t, "cc47190f-5502-44a2-ab74-ea4f0f649f61", n.Session)
			assert.Equal(t, sampleBizID, n.Ref.Reveal())
			assert.Equal(t, "OK", n.Status)
			assert.True(t, n.MoreImages)
			assert.Equal(t, i, n.Detail.(*megvii.Result).SignedBy)
			cb.Body = callbackForm(data+" ", megvii.Sign(secret, []byte(data)))
			_, err = v.Parse(cb)
			assert.Equal(t, handlers.CodeBadSignature, handlers.CodeOf(err))
		}
	}
}

func TestOnlyAnOKSessionHasMoreImages(t *testing.T) {
	data := sampleFile(t, "callback.data.cancelled.constructed.json")
	cb := handlers.Callback{Carrier: handlers.CarrierNotify, Method: http.MethodPost, ContentType: formContentType,
		Body: callbackForm(data, megvii.Sign(handlers.Hide(clientSecret), []byte(data)))}
	n, err := vendorAt(t, "", func(c *megvii.Config) { c.ReturnImage = megvii.ReturnImageBest }).Parse(cb)
	require.NoError(t, err)
	assert.False(t, n.MoreImages)
}

func TestCase77AGETReturnIsAHintWithExactlyOneBizID(t *testing.T) {
	v := vendorAt(t, "", nil)
	get := func(query string) (handlers.Notice, error) {
		return v.Parse(handlers.Callback{Carrier: handlers.CarrierReturn, Method: http.MethodGet, RawQuery: query})
	}
	for _, query := range []string{
		"biz_id=" + sampleBizID, "biz_id=" + strings.Replace(sampleBizID, ",", "%2C", 1),
		"session=" + session + "&biz_id=" + sampleBizID, "biz_id=" + sampleBizID + "&session=" + session + "&vendor=megvii",
	} {
		n, err := get(query)
		require.NoError(t, err, query)
		assert.Equal(t, sampleBizID, n.Ref.Reveal())
		assert.False(t, n.Authentic)
		assert.Empty(t, n.Session)
		assert.Nil(t, n.Detail)
	}
	for name, query := range map[string]string{
		"none":             "session=" + session,
		"empty":            "biz_id=",
		"twice":            "biz_id=1,a&biz_id=1,b",
		"the same twice":   "biz_id=1,a&biz_id=1,a",
		"an array":         "biz_id[]=1,a",
		"beside an array":  "biz_id=1,a&biz_id%5B0%5D=1,b",
		"in other case":    "biz_id=1,a&BIZ_ID=1,b",
		"4 KB":             "biz_id=" + strings.Repeat("1", 4096),
		"129 bytes":        "biz_id=" + strings.Repeat("1", 129),
		"a line break":     "biz_id=1%0a2",
		"NUL":              "biz_id=1%002",
		"a bad escape":     "biz_id=%zz",
		"a semicolon":      "a=1;biz_id=1,a",
		"broken UTF-8":     "biz_id=%ff",
		"a very long rest": "biz_id=1,a&x=" + strings.Repeat("x", 5000),
	} {
		_, err := get(query)
		assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err), name)
	}
	for _, cb := range []handlers.Callback{
		{Carrier: handlers.CarrierNotify, Method: http.MethodGet, RawQuery: "biz_id=1,a"},
		{Carrier: handlers.CarrierReturn, Method: http.MethodPut},
	} {
		_, err := v.Parse(cb)
		assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err))
	}
}

func TestQueryFetchesTheResultWithItsPictures(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, withImages(t, `{"image_idcard_front":"data:image/jpeg;base64,/9j/4AAQ","image_best":"data:image/jpeg;base64,/9j/4AAQ","image_x":"data:image/svg+xml;base64,PHN2Zz4="}`)))
	v := vendorAt(t, f.URL, func(c *megvii.Config) { c.ReturnImage = megvii.ReturnImageAll })
	n, err := v.Query(t.Context(), handlers.Session{ID: session, Ref: handlers.Hide(sampleBizID)})
	require.NoError(t, err)
	assert.True(t, n.Authentic)
	assert.Equal(t, sampleBizID, n.Ref.Reveal())
	require.Len(t, n.Images, 2, "a script in a picture's clothes is left out")
	assert.Equal(t, "image_best", n.Images[0].Name)
	assert.Equal(t, "image_idcard_front", n.Images[1].Name)
	assert.False(t, n.MoreImages)
	assert.Equal(t, "4", f.asked[0].URL.Query().Get("return_image"))
}

func TestCases128And141QuerysErrorsAreThoseOfTheContract(t *testing.T) {
	down := newFakeVendor(t, answeringJSON(200, ""))
	down.Close()
	for name, tc := range map[string]struct {
		base string
		code handlers.Code
	}{
		"down":                {down.URL, handlers.CodeVendorNotSent},
		"result not found":    {newFakeVendor(t, answeringJSON(400, sampleFile(t, "get_result.err.result_not_found.json"))).URL, handlers.CodeResultGone},
		"data destroyed":      {newFakeVendor(t, answeringJSON(403, `{"error_message":"DATA_DESTROYED"}`)).URL, handlers.CodeResultGone},
		"throttled":           {newFakeVendor(t, answeringJSON(403, `{"error_message":"CONCURRENCY_LIMIT_EXCEEDED"}`)).URL, handlers.CodeVendorThrottled},
		"a wrong secret":      {newFakeVendor(t, answeringJSON(403, `{"error_message":"AUTHENTICATION_ERROR"}`)).URL, handlers.CodeVendorMisconfigured},
		"internal error":      {newFakeVendor(t, answeringJSON(500, `{"error_message":"INTERNAL_ERROR"}`)).URL, handlers.CodeVendorUnavailable},
		"an unknown refusal":  {newFakeVendor(t, answeringJSON(400, `{"error_message":"BIZ_ID_DENIED"}`)).URL, handlers.CodeVendorUnavailable},
		"a misplaced refusal": {newFakeVendor(t, answeringJSON(400, `{"error_message":"INVALID_NAME_FORMAT"}`)).URL, handlers.CodeVendorUnavailable},
		"HTML":                {newFakeVendor(t, answering(200, "text/html", "<html>")).URL, handlers.CodeVendorUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vendorAt(t, tc.base, nil).Query(t.Context(), handlers.Session{Ref: handlers.Hide(sampleBizID)})
			assert.Equal(t, tc.code, handlers.CodeOf(err))
		})
	}
}

func TestJudgeOfAForeignDetailIsReview(t *testing.T) {
	v := vendorAt(t, "", nil)
	for _, detail := range []any{nil, 1, (*megvii.Result)(nil), megvii.Result{}} {
		assert.Equal(t, handlers.Review, v.Judge(handlers.Notice{Detail: detail}, handlers.Session{}).Verdict)
	}
}

func TestTheInternationalRegionsSpeakTheBrowsersLanguage(t *testing.T) {
	for _, tc := range []struct {
		region  megvii.Region
		base    bool
		browser string
		setting megvii.Language
		want    string
	}{
		{megvii.Indonesia, false, "zh", "", "1"}, {megvii.Singapore, false, "en", "", "0"}, {megvii.Indonesia, false, "zh", megvii.English, "0"},
		{megvii.China, false, "zh", "", ""}, {megvii.Indonesia, true, "zh", "", ""},
	} {
		var sent *http.Request
		v := vendorAt(t, "", func(c *megvii.Config) {
			c.Region, c.Defaults.Language = tc.region, tc.setting
			if tc.base {
				c.BaseURL = "https://gateway.invalid"
			}
			c.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = r
				return nil, errReached
			})}
		})
		request := beginRequest(nil)
		request.Language = tc.browser
		_, err := v.Begin(t.Context(), request)
		require.Error(t, err)
		require.NoError(t, sent.ParseForm())
		assert.Equal(t, tc.want, sent.PostForm.Get("language"), "%+v", tc)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
