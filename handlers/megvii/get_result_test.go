package megvii_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

const sampleBizID = "1462259748,52b13fb5-8dfb-4537-a62b-a641d5e929f1"

func sampleResultRequest() megvii.GetResultRequest {
	return megvii.GetResultRequest{BizID: handlers.Hide(sampleBizID)}
}

// withImages is get_result's answer of a passed check with the given images object.
func withImages(t testing.TB, images string) string {
	t.Helper()
	ok := sampleFile(t, "callback.data.cn-will.ok.constructed.json")
	return strings.Replace(ok, "{", `{"request_id":"1462259763,e2d2f8d6","time_used":93,"images":`+images+`,`, 1)
}

func TestGetResultAsksByQueryAndReadsTheResult(t *testing.T) {
	uri := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(tinyJPEG())
	f := newFakeVendor(t, answeringJSON(200, withImages(t, `{"image_best":"`+uri+`","image_idcard_front":"`+strings.Replace(uri, "data:", "data: ", 1)+`","image_idcard_back":null}`)))
	request := sampleResultRequest()
	request.ReturnImage, request.ReturnVerifyTime = megvii.ReturnImageAll, true
	result, err := newClient(t, f.URL).GetResult(t.Context(), request)
	require.NoError(t, err)

	require.Len(t, f.asked, 1)
	assert.Equal(t, http.MethodGet, f.asked[0].Method)
	assert.Equal(t, "/faceid/lite/get_result", f.asked[0].URL.Path)
	assert.Equal(t, url.Values{
		"api_key": {clientKey}, "api_secret": {clientSecret}, "biz_id": {sampleBizID}, "return_image": {"4"}, "return_verify_time": {"1"},
	}, f.asked[0].URL.Query())

	assert.Equal(t, megvii.StatusOK, result.Status)
	assert.Equal(t, "1462259763,e2d2f8d6", result.RequestID)
	require.NotNil(t, result.TimeUsed)
	assert.Equal(t, 93, *result.TimeUsed)
	assert.Equal(t, tinyJPEG(), result.Images["image_best"].Reveal())
	assert.Equal(t, tinyJPEG(), result.Images["image_idcard_front"].Reveal(), "a space behind data: is tolerated")
	assert.Zero(t, result.Images["image_idcard_back"].Len())
}

func TestGetResultAsksForNoImageByDefault(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_result.not_started.constructed.json")))
	result, err := newClient(t, f.URL).GetResult(t.Context(), sampleResultRequest())
	require.NoError(t, err)
	assert.Equal(t, megvii.StatusNotStarted, result.Status)
	assert.Len(t, f.asked[0].URL.Query(), 3)
}

func TestGetResultReadsACompressedAnswer(t *testing.T) {
	big := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(append(tinyJPEG(), make([]byte, 3<<20)...))
	f := newFakeVendor(t, answeringJSON(200, withImages(t, `{"image_best":"`+big+`"}`)))
	result, err := newClient(t, f.URL).GetResult(t.Context(), sampleResultRequest())
	require.NoError(t, err)
	assert.Equal(t, len(tinyJPEG())+3<<20, result.Images["image_best"].Len(), "pictures larger than any text are read")
}

func TestCase136AnAnswerThatIsNoResultIsATypedError(t *testing.T) {
	ok := sampleFile(t, "callback.data.cn-will.ok.constructed.json")
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   any
	}{
		"the vendor knows no such biz_id":   {answeringJSON(400, sampleFile(t, "get_result.err.result_not_found.json")), new(*megvii.APIError)},
		"a sibling product's result":        {answeringJSON(200, sampleFile(t, "get_result.ok.sibling-pc-v2.json")), new(*megvii.AnswerError)},
		"case 55: another session's result": {answeringJSON(200, strings.ReplaceAll(ok, sampleBizID, openedBizID)), new(*megvii.AnswerError)},
		"HTML":                              {answering(200, "text/html", "<html>"), new(*megvii.AnswerError)},
		"a wrong Content-Type":              {answering(200, "text/html", ok), new(*megvii.AnswerError)},
		"an empty body":                     {answeringJSON(200, ""), new(*megvii.AnswerError)},
		"JSON that breaks off":              {answeringJSON(200, ok[:len(ok)/2]), new(*megvii.AnswerError)},
		"a top-level error_message":         {answeringJSON(200, strings.Replace(ok, "{", `{"error_message":"INTERNAL_ERROR",`, 1)), new(*megvii.APIError)},
		"50 MB":                             {answeringJSON(200, `{"a":"`+strings.Repeat("a", 50<<20)+`"}`), new(*megvii.CallError)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeVendor(t, tc.answer)
			result, err := newClient(t, f.URL).GetResult(t.Context(), sampleResultRequest())
			require.ErrorAs(t, err, tc.want, "%v", err)
			assert.Nil(t, result)
			assert.Len(t, f.asked, 1, "case 140: the budget is not spent twice")
		})
	}
}

func TestABadGetResultRequestCostsNoCall(t *testing.T) {
	for _, bad := range []megvii.GetResultRequest{
		{}, {BizID: handlers.Hide(strings.Repeat("1", 129))}, {BizID: handlers.Hide("1\n2")},
		{BizID: handlers.Hide("1"), ReturnImage: "7"},
	} {
		_, err := strictClient(t).GetResult(t.Context(), bad)
		require.ErrorAs(t, err, new(*megvii.InvalidError))
	}
}
