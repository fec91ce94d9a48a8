package megvii_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// FuzzParse holds that what is accepted re-verifies with net/url's reading of the
// same form, and that what nobody signed is never accepted.
func FuzzParse(f *testing.F) {
	right := string(signedCallback(minimalData))
	for _, body := range []string{
		right, "data=x&sign=y", "sign=&data=", right + "&sign=1", right + ";a=1", right + "&%zz", right + "&x=%00",
		strings.Repeat("&", 70), "%64ata=+%2B&s%69gn=" + strings.Repeat("0", 40), string(signedCallback(minimalData + "}")),
		string(signedCallback(`{"status":"OK","Status":"OK"}`)), "data=%80%00&sign=x",
	} {
		f.Add([]byte(body), formContentType)
	}
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n1\r\n--x--\r\n"), "multipart/form-data; boundary=x")
	f.Add([]byte(right), "application/x-www-form-urlencoded; charset=utf-8")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		result, err := megvii.Parse(body, contentType, fakeSecrets(), megvii.ParseOptions{AcceptMultipart: true})
		_, otherErr := megvii.Parse(body, contentType, []handlers.Private{handlers.Hide("FAKE-api-secret-for-tests-0002")}, megvii.ParseOptions{AcceptMultipart: true})
		require.Error(t, otherErr, "signed by nobody")
		if err != nil {
			require.Nil(t, result)
			require.Contains(t, []handlers.Code{
				handlers.CodeMalformed, handlers.CodeBadSignature, handlers.CodeUnsupportedMedia, handlers.CodeTooLarge,
			}, handlers.CodeOf(err))
			return
		}
		requireSound(t, result)
		require.Zero(t, result.SignedBy)
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "multipart") {
			return
		}
		form, err := url.ParseQuery(string(body))
		require.NoError(t, err)
		require.Len(t, form["data"], 1)
		require.Len(t, form["sign"], 1)
		_, ok := megvii.Verify([]byte(form.Get("data")), form.Get("sign"), fakeSecret())
		require.True(t, ok)
	})
}

// FuzzForm signs whatever data there is and spells the form in many ways.
func FuzzForm(f *testing.F) {
	f.Add(minimalData, "x", "y")
	f.Add(`{"status":"OK","biz_info":{"biz_id":"张,+%&=;"}}`, "data[]", "\x01")
	f.Add(minimalData+" ", "sign ", ";")
	f.Fuzz(func(t *testing.T, data, name, value string) {
		sign := megvii.Sign(fakeSecret(), []byte(data))
		form := url.Values{"data": {data}, "sign": {sign}}
		if name != "data" && name != "sign" {
			form[name] = []string{value}
		}
		result, err := megvii.Parse([]byte(form.Encode()), formContentType, fakeSecrets(), megvii.ParseOptions{})
		require.NotEqual(t, handlers.CodeBadSignature, handlers.CodeOf(err), "the bytes of data were changed on the way")

		want, wantErr := megvii.DecodeResult([]byte(data))
		if wantErr != nil || strings.Contains(name+value, "\x00") {
			require.Error(t, err)
			return
		}
		if err == nil { // the caps of a callback are lower
			want.SignedBy = 0
			require.Equal(t, want.Status, result.Status)
			require.Equal(t, want.BizInfo, result.BizInfo)
		}
	})
}

// FuzzDecodeResult holds that every result is sound, and that no policy passes one
// without a PASS.
func FuzzDecodeResult(f *testing.F) {
	for _, name := range []string{
		"callback.every-field.json", "callback.data.cn-will.ok.constructed.json", "callback.data.intl-still.ok.json",
		"callback.data.webrtc_unsupported.constructed.json", "callback.sibling.raw_verify.doc.ok.json",
	} {
		f.Add(callbackSample(f, name))
	}
	f.Add([]byte(`{"status":"OK","biz_info":{"biz_id":1},"will_result":{},"liveness_result":{"details":{"a":{"b":{"c":1}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := megvii.DecodeResult(data)
		if err != nil {
			require.Nil(t, result)
			require.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err))
			return
		}
		requireSound(t, result)
		judgement := megvii.Policy{}.Judge(result, megvii.Asked{})
		if judgement.Verdict != handlers.Passed {
			require.Equal(t, judgement.Verdict == handlers.Pending, len(judgement.Reasons) == 0)
			return
		}
		require.Empty(t, judgement.Reasons)
		require.Equal(t, megvii.StatusOK, result.Status)
		require.Equal(t, megvii.ResultPass, result.Liveness.Result)
		require.NotNil(t, result.Liveness.FaceGenuineness)
		require.NotEmpty(t, judgement.ScoreBucket)
	})
}

// requireSound holds for every result that was accepted.
func requireSound(t *testing.T, result *megvii.Result) {
	t.Helper()
	id := result.BizInfo.BizID.Reveal()
	require.NotEmpty(t, id)
	for _, text := range []string{id, result.BizInfo.BizNo, string(result.Status)} {
		require.LessOrEqual(t, len(text), 128)
		require.True(t, utf8.ValidString(text))
		require.False(t, strings.ContainsAny(text, "\x00\r\n\x1b\u2028"))
	}
	require.NotEmpty(t, result.Status)
}
