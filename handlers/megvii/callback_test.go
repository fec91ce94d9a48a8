package megvii_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func TestTheContentType(t *testing.T) {
	tests := map[string]struct {
		header string
		ok     bool
	}{
		"the form's":                        {"application/x-www-form-urlencoded", true},
		"in capitals":                       {"Application/X-WWW-Form-Urlencoded", true},
		"with charset utf-8":                {"application/x-www-form-urlencoded; charset=utf-8", true},
		"with charset UTF-8, no space":      {"application/x-www-form-urlencoded;charset=UTF-8", true},
		"with charset utf8, as Java has it": {"application/x-www-form-urlencoded;charset=utf8", true},
		"with charset in quotes":            {`application/x-www-form-urlencoded; charset="utf-8"`, true},
		"with white space around":           {"  application/x-www-form-urlencoded ", true},
		"case 19: none":                     {"", false},
		"case 19: JSON":                     {"application/json", false},
		"case 19: text":                     {"text/plain", false},
		"case 19: charset GBK":              {"application/x-www-form-urlencoded;charset=GBK", false},
		"case 19: charset empty":            {`application/x-www-form-urlencoded; charset=""`, false},
		"case 19: charset twice":            {"application/x-www-form-urlencoded; charset=utf-8; charset=gbk", false},
		"case 19: another parameter":        {"application/x-www-form-urlencoded; version=2", false},
		"case 19: two types":                {"application/x-www-form-urlencoded, text/plain", false},
		"case 19: a longer type":            {"application/x-www-form-urlencodedx", false},
		"case 20: multipart, by default":    {"multipart/form-data; boundary=x", false},
		"case 20: multipart, no boundary":   {"multipart/form-data", false},
		"case 20: multipart of other kinds": {"multipart/mixed; boundary=x", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := megvii.Parse(signedCallback(minimalData), tt.header, fakeSecrets(), megvii.ParseOptions{})
			if tt.ok {
				assert.NoError(t, err)
			} else {
				refusedFor(t, err, handlers.CodeUnsupportedMedia, "")
			}
		})
	}
}

func TestTheFormIsReadStrictly(t *testing.T) {
	sign := megvii.Sign(fakeSecret(), []byte(minimalData))
	data := "data=" + url.QueryEscape(minimalData)
	both := data + "&sign=" + sign
	tests := map[string]struct {
		body string
		want handlers.Reason // empty: accepted
	}{
		"data and sign":                              {both, ""},
		"sign in front":                              {"sign=" + sign + "&" + data, ""},
		"empty pairs between":                        {"&" + data + "&&sign=" + sign + "&", ""},
		"data without escapes":                       {"data=" + minimalData + "&sign=" + sign, ""},
		"names in escapes":                           {"%64ata" + data[4:] + "&%73%69gn=" + sign, ""},
		"sign in escapes":                            {data + "&sign=%" + fmt.Sprintf("%x", sign[0]) + sign[1:], ""},
		"lower-case escapes":                         {strings.ReplaceAll(both, "%7B", "%7b"), ""},
		"case 29: unknown fields":                    {both + "&x=1&y&=z&Data=2&SIGN=3&data[]=4&+data=5", ""},
		"case 29: 64 fields":                         {both + strings.Repeat("&x=1", 62), ""},
		"case 26: 65 fields":                         {both + strings.Repeat("&x=1", 63), megvii.ReasonTooManyFields},
		"case 26: 65 fields, the two last":           {strings.Repeat("x=1&", 64) + both, megvii.ReasonTooManyFields},
		"case 26: 10,000 data fields":                {strings.Repeat("data=x&", 10_000), megvii.ReasonFieldRepeated},
		"case 26: 50,000 separators":                 {strings.Repeat("&", 50_000) + both, megvii.ReasonTooManyFields},
		"case 27: data twice":                        {both + "&" + data, megvii.ReasonFieldRepeated},
		"case 27: sign twice":                        {both + "&sign=" + sign, megvii.ReasonFieldRepeated},
		"case 27: data twice, once empty":            {"data&" + both, megvii.ReasonFieldRepeated},
		"case 27: sign twice, once in escapes":       {both + "&s%69gn=x", megvii.ReasonFieldRepeated},
		"case 27: data twice, once in escapes":       {"%64%61%74%61=x&" + both, megvii.ReasonFieldRepeated},
		"case 28: an empty body":                     {"", megvii.ReasonFieldMissing},
		"case 28: data alone":                        {data, megvii.ReasonFieldMissing},
		"case 28: sign alone":                        {"sign=" + sign, megvii.ReasonFieldMissing},
		"case 28: names in other case":               {"Data" + data[4:] + "&Sign=" + sign, megvii.ReasonFieldMissing},
		"case 28: names with a space":                {"+data" + data[4:] + "&sign=" + sign, megvii.ReasonFieldMissing},
		"case 30: a semicolon between":               {data + ";sign=" + sign, megvii.ReasonBadForm},
		"case 30: a semicolon in an unknown field":   {both + "&x=1;y=2", megvii.ReasonBadForm},
		"case 30: a bad escape in data":              {"data=%zz&sign=" + sign, megvii.ReasonBadForm},
		"case 30: a bad escape in an unknown field":  {both + "&x=%zz", megvii.ReasonBadForm},
		"case 30: a bad escape in an unknown name":   {both + "&%g1=x", megvii.ReasonBadForm},
		"case 30: half an escape at the end":         {both + "&x=%4", megvii.ReasonBadForm},
		"case 30: a lone percent sign at the end":    {both + "&x=%", megvii.ReasonBadForm},
		"case 30: half an escape at a field's end":   {"x=%4&" + both, megvii.ReasonBadForm},
		"case 30: a NUL in an unknown field":         {both + "&x=%00", megvii.ReasonBadForm},
		"case 30: a raw NUL in an unknown field":     {both + "&x=\x00", megvii.ReasonBadForm},
		"case 30: a NUL in a name":                   {both + "&data%00=1", megvii.ReasonBadForm},
		"case 30: a NUL in sign":                     {both + "%00", megvii.ReasonBadForm},
		"case 30: a NUL in data that nobody signed":  {"data=%00&sign=" + sign, megvii.ReasonBadForm},
		"case 30: a raw NUL in data nobody signed":   {"data=\x00&sign=" + sign, megvii.ReasonBadForm},
		"a JSON body under the form's content type":  {`{"data":"x","sign":"y"}`, megvii.ReasonFieldMissing},
		"a multipart body under the form's own type": {"--x\r\nContent-Disposition: form-data; name=\"data\"\r\n", megvii.ReasonBadForm},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			result, err := megvii.Parse([]byte(tt.body), formContentType, fakeSecrets(), megvii.ParseOptions{})
			if tt.want == "" {
				require.NoError(t, err)
				assert.Equal(t, "order-0001", result.BizInfo.BizNo)
				return
			}
			assert.Nil(t, result)
			refusedFor(t, err, handlers.CodeMalformed, tt.want)
		})
	}
}

func TestCase49DataIsVerifiedByteForByte(t *testing.T) {
	head := `{"status":"OK","biz_info":{"biz_id":"1,x","biz_no":"n","biz_extra_data":`
	for name, data := range map[string]string{
		"a plus sign":             head + `"1+1"}}`,
		"a written %2B":           head + `"%2B%25"}}`,
		"an ampersand and equals": head + `"a=1&b=2;c"}}`,
		"Chinese":                 head + `"张三"}}`,
		"escaped Unicode":         head + `"\u5f20\u4e09\ud83d\ude00"}}`,
		"pretty printed":          "{\n  \"status\" : \"OK\",\n  \"biz_info\" : { \"biz_id\" : \"1,x\" }\n}",
		"CRLF":                    strings.ReplaceAll(head+`"x"}}`, `,"`, ",\r\n\""),
		"a line break behind":     head + `"x"}}` + "\n",
		"spaces around":           "  " + head + `"x"}}` + "\t\r\n",
		"an escaped solidus":      head + `"<\/script>"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseSigned(data)
			require.NoError(t, err)
			for i := range data {
				_, ok := megvii.Verify([]byte(data[:i]), megvii.Sign(fakeSecret(), []byte(data)), fakeSecret())
				require.False(t, ok)
			}
		})
	}
}

func TestSignedDataThatIsNoResultIsRefused(t *testing.T) {
	const ids = `"biz_info":{"biz_id":"1,x","biz_no":"n"}`
	withID := func(id string) string { return `{"status":"OK","biz_info":{"biz_id":"` + id + `"}}` }
	withNo := func(no string) string { return `{"status":"OK","biz_info":{"biz_id":"1,x","biz_no":"` + no + `"}}` }
	tests := map[string]struct {
		data string
		want handlers.Reason
	}{
		"case 47: nothing":                           {``, megvii.ReasonBadJSON},
		"case 47: null":                              {`null`, megvii.ReasonBadJSON},
		"case 47: an array":                          {`[]`, megvii.ReasonBadJSON},
		"case 47: a number":                          {`1`, megvii.ReasonBadJSON},
		"case 47: a string":                          {`"OK"`, megvii.ReasonBadJSON},
		"case 47: an empty object":                   {`{}`, megvii.ReasonStatusMissing},
		"a null status":                              {`{"status":null,` + ids + `}`, megvii.ReasonStatusMissing},
		"a status in another case":                   {`{"Status":"OK",` + ids + `}`, megvii.ReasonStatusMissing},
		"no biz_info":                                {`{"status":"OK"}`, megvii.ReasonBadBizID},
		"biz_info null":                              {`{"status":"OK","biz_info":null}`, megvii.ReasonBadBizID},
		"biz_info of another type":                   {`{"status":"OK","biz_info":[]}`, megvii.ReasonBadBizID},
		"no biz_id":                                  {`{"status":"OK","biz_info":{"biz_no":"n"}}`, megvii.ReasonBadBizID},
		"case 50: status twice":                      {`{"status":"FAILED","status":"OK",` + ids + `}`, megvii.ReasonDuplicateNames},
		"case 50: status and Status":                 {`{"status":"FAILED","Status":"OK",` + ids + `}`, megvii.ReasonDuplicateNames},
		"case 50: status with a long s":              {`{"status":"FAILED","ſtatus":"OK",` + ids + `}`, megvii.ReasonDuplicateNames},
		"case 50: a deep pair":                       {`{"status":"OK",` + ids + `,"liveness_result":{"result":"FAIL","reſult":"PASS"}}`, megvii.ReasonDuplicateNames},
		"case 50: a threshold twice":                 {`{"status":"OK",` + ids + `,"verify_result":{"result_ref1":{"thresholds":{"1e-4":99,"1E-4":1}}}}`, megvii.ReasonDuplicateNames},
		"case 51: invalid UTF-8":                     {"{\"status\":\"OK\xff\"," + ids + "}", megvii.ReasonBadJSON},
		"case 51: a lone surrogate":                  {withID(`x\ud800`), megvii.ReasonBadJSON},
		"case 51: U+0000 in an id":                   {withID(`x\u0000`), megvii.ReasonBadJSON},
		"case 51: a byte order mark":                 {"\ufeff" + withID("x"), megvii.ReasonBadJSON},
		"case 51: a line break in an id":             {withID(`x\n`), megvii.ReasonBadBizID},
		"case 51: an escape character in biz_no":     {withNo(`\u001b[2J`), megvii.ReasonBadBizNo},
		"case 51: a bidi override in biz_no":         {withNo("\u202e"), megvii.ReasonBadBizNo},
		"case 51: a zero-width space in biz_id":      {withID("x\u200b"), megvii.ReasonBadBizID},
		"an id of 129 bytes":                         {withID(strings.Repeat("x", 129)), megvii.ReasonBadBizID},
		"a biz_no of 129 bytes":                      {withNo(strings.Repeat("x", 129)), megvii.ReasonBadBizNo},
		"case 52: a second document":                 {withID("x") + withID("x"), megvii.ReasonTrailingBytes},
		"case 52: a brace too many":                  {withID("x") + "}", megvii.ReasonTrailingBytes},
		"case 52: a comment":                         {withID("x") + "//", megvii.ReasonTrailingBytes},
		"case 52: NaN":                               {`{"status":"OK",` + ids + `,"x":NaN}`, megvii.ReasonBadJSON},
		"case 53: depth 200":                         {`{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,"status":"OK",` + ids + `}`, megvii.ReasonBadJSON},
		"case 53: a long string":                     {`{"x":"` + strings.Repeat("x", 64<<10+1) + `","status":"OK",` + ids + `}`, megvii.ReasonBadJSON},
		"case 53: an array of 5,000":                 {`{"x":[` + strings.Repeat("0,", 5_000) + `0],"status":"OK",` + ids + `}`, megvii.ReasonBadJSON},
		"the PC product's object, ids at the top":    {`{"biz_id":"1,x","biz_no":"n","liveness_result":{"result":"success"}}`, megvii.ReasonStatusMissing},
		"case 41: a NUL behind, signed all the same": {withID("x") + "\x00", megvii.ReasonTrailingBytes},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			result, err := parseSigned(tt.data)
			assert.Nil(t, result)
			refusedFor(t, err, handlers.CodeMalformed, tt.want)

			_, err = megvii.Parse(callbackForm(tt.data, strings.Repeat("0", 40)), formContentType, fakeSecrets(), megvii.ParseOptions{})
			assert.NotEqual(t, tt.want, err.(*handlers.Error).Reason, "unsigned data is not decoded")
		})
	}
}

func TestIDsOfTheVendorsLimitAreAccepted(t *testing.T) {
	result, err := parseSigned(`{"status":"OK","biz_info":{"biz_id":"` + strings.Repeat("x", 128) + `","biz_no":"` + strings.Repeat("张", 42) + `12"}}`)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("张", 42)+"12", result.BizInfo.BizNo)
}

func TestCase21ABodyOverTheCapIsTooLarge(t *testing.T) {
	body := signedCallback(minimalData)
	_, err := megvii.Parse(body, formContentType, fakeSecrets(), megvii.ParseOptions{MaxBody: len(body)})
	assert.NoError(t, err)
	_, err = megvii.Parse(body, formContentType, fakeSecrets(), megvii.ParseOptions{MaxBody: len(body) - 1})
	refusedFor(t, err, handlers.CodeTooLarge, "")

	full := append(body, '&')
	full = append(full, bytes.Repeat([]byte("x"), megvii.DefaultMaxBody-len(full))...)
	_, err = megvii.Parse(full, formContentType, fakeSecrets(), megvii.ParseOptions{})
	assert.NoError(t, err)
	_, err = megvii.Parse(append(full, 'x'), formContentType, fakeSecrets(), megvii.ParseOptions{})
	refusedFor(t, err, handlers.CodeTooLarge, "")
}

// multipartForm writes fields as multipart/form-data.
func multipartForm(t *testing.T, fields ...[2]string) (body []byte, contentType string) {
	t.Helper()
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for _, field := range fields {
		require.NoError(t, w.WriteField(field[0], field[1]))
	}
	require.NoError(t, w.Close())
	return buffer.Bytes(), w.FormDataContentType()
}

func TestCase20MultipartIsReadOnlyIfAskedFor(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	sign := megvii.Sign(fakeSecret(), []byte(minimalData))
	data, signature := [2]string{"data", minimalData}, [2]string{"sign", sign}
	padding := func(n int) (parts [][2]string) {
		for range n {
			parts = append(parts, [2]string{"x", "y"})
		}
		return parts
	}
	tests := map[string]struct {
		fields [][2]string
		code   handlers.Code
		reason handlers.Reason
	}{
		"data and sign":   {[][2]string{data, signature}, "", ""},
		"unknown fields":  {[][2]string{{"x", "y"}, signature, data}, "", ""},
		"64 parts":        {append(padding(62), data, signature), "", ""},
		"65 parts":        {append(padding(63), data, signature), handlers.CodeMalformed, megvii.ReasonTooManyFields},
		"data twice":      {[][2]string{data, data, signature}, handlers.CodeMalformed, megvii.ReasonFieldRepeated},
		"sign twice":      {[][2]string{data, signature, signature}, handlers.CodeMalformed, megvii.ReasonFieldRepeated},
		"no sign":         {[][2]string{data}, handlers.CodeMalformed, megvii.ReasonFieldMissing},
		"a wrong sign":    {[][2]string{data, {"sign", "x"}}, handlers.CodeBadSignature, ""},
		"a part unnamed":  {[][2]string{data, signature, {"", "x"}}, handlers.CodeMalformed, megvii.ReasonBadForm},
		"a NUL in a part": {[][2]string{data, signature, {"x", "\x00"}}, handlers.CodeMalformed, megvii.ReasonBadForm},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body, contentType := multipartForm(t, tt.fields...)
			_, err := megvii.Parse(body, contentType, fakeSecrets(), megvii.ParseOptions{})
			refusedFor(t, err, handlers.CodeUnsupportedMedia, "")

			result, err := megvii.Parse(body, contentType, fakeSecrets(), megvii.ParseOptions{AcceptMultipart: true})
			if tt.code == "" {
				require.NoError(t, err)
				assert.Equal(t, "order-0001", result.BizInfo.BizNo)
				return
			}
			assert.Nil(t, result)
			refusedFor(t, err, tt.code, tt.reason)
		})
	}
	files, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestCase20BrokenMultipartIsRefused(t *testing.T) {
	body, contentType := multipartForm(t, [2]string{"data", minimalData}, [2]string{"sign", megvii.Sign(fakeSecret(), []byte(minimalData))})
	asFile := bytes.Replace(body, []byte(`name="data"`), []byte(`name="data"; filename="data"`), 1)
	encoded := bytes.Replace(body, []byte("\r\n\r\n"), []byte("\r\nContent-Transfer-Encoding: base64\r\n\r\n"), 1)
	tests := map[string]struct {
		body []byte
		code handlers.Code // empty: accepted
	}{
		"cut short before the end":       {body[:len(body)-6], handlers.CodeMalformed},
		"cut short in a part":            {body[:len(body)/2], handlers.CodeMalformed},
		"empty":                          {nil, handlers.CodeMalformed},
		"data as a file":                 {asFile, handlers.CodeMalformed},
		"a header line without a colon":  {bytes.Replace(body, []byte("Content-Disposition:"), []byte("Content-Disposition"), 1), handlers.CodeMalformed},
		"transfer encodings are no part": {encoded, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := megvii.Parse(tt.body, contentType, fakeSecrets(), megvii.ParseOptions{AcceptMultipart: true})
			assert.Equal(t, tt.code, handlers.CodeOf(err))
		})
	}
}

func TestRefusalsHoldNoInput(t *testing.T) {
	bodies := []string{
		"canary", "data=canary&sign=canary", "canary=%zz", string(signedCallback("canary")),
		string(signedCallback(`{"canary":"canary","canary":1}`)), string(signedCallback(`{"status":"OK","biz_info":{"biz_id":"canary\n"}}`)),
		string(signedCallback(`{"status":"OK","biz_info":{"biz_id":"1,x"}}canary`)),
	}
	for _, body := range bodies {
		_, err := megvii.Parse([]byte(body), formContentType, fakeSecrets(), megvii.ParseOptions{})
		require.Error(t, err)
		for cause := err; cause != nil; {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", cause, cause, cause), "canary")
			unwrapper, ok := cause.(interface{ Unwrap() error })
			if !ok {
				break
			}
			cause = unwrapper.Unwrap()
		}
	}
}
