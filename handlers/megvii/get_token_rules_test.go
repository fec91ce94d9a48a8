package megvii_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// strictClient calls nobody: its vendor must not be reached.
func strictClient(t *testing.T) *megvii.Client {
	t.Helper()
	config := clientConfig("https://api.invalid")
	config.InsecureDevelopment = false
	config.HTTPClient = &http.Client{Transport: unreachable{}}
	c, err := megvii.NewClient(config)
	require.NoError(t, err)
	return c
}

var errReached = errors.New("the vendor was called")

type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, errReached }

func refused(t *testing.T, c *megvii.Client, r megvii.GetTokenRequest) []string {
	t.Helper()
	_, err := c.GetToken(t.Context(), r)
	if errors.Is(err, errReached) {
		return nil
	}
	bad, ok := errors.AsType[*megvii.InvalidError](err)
	require.True(t, ok, "%v", err)
	fields := make([]string, len(bad.Fields))
	for i, f := range bad.Fields {
		fields[i] = f.Field
	}
	return fields
}

func TestEachRuleOfARequestIsCheckedBeforeAnyCall(t *testing.T) {
	photo := handlers.HideBytes(tinyJPEG())
	photos := func(r *megvii.GetTokenRequest, refs ...handlers.PrivateBytes) {
		*r = livenessRequest()
		r.ComparisonType, r.UUID, r.ImageRefs = megvii.CompareWithImageRefs, "person-1", refs
	}
	for name, tc := range map[string]struct {
		change func(*megvii.GetTokenRequest)
		fields []string
	}{
		"a liveness check":                        {func(*megvii.GetTokenRequest) {}, nil},
		"a given identity":                        {func(r *megvii.GetTokenRequest) { *r = givenRequest() }, nil},
		"no return_url":                           {func(r *megvii.GetTokenRequest) { r.ReturnURL = "" }, []string{"ReturnURL"}},
		"a relative return_url":                   {func(r *megvii.GetTokenRequest) { r.ReturnURL = "/face/return" }, []string{"ReturnURL"}},
		"a return_url with a fragment":            {func(r *megvii.GetTokenRequest) { r.ReturnURL = "https://shop.example/#/face" }, nil},
		"a plain http return_url":                 {func(r *megvii.GetTokenRequest) { r.ReturnURL = "http://shop.example/" }, []string{"ReturnURL"}},
		"a plain http notify_url on 5000":         {func(r *megvii.GetTokenRequest) { r.NotifyURL = "http://shop.example:5000/" }, []string{"NotifyURL"}},
		"no notify_url":                           {func(r *megvii.GetTokenRequest) { r.NotifyURL = "" }, []string{"NotifyURL"}},
		"case 171: a notify port nobody calls":    {func(r *megvii.GetTokenRequest) { r.NotifyURL = "https://shop.example:8443/" }, []string{"NotifyURL"}},
		"a notify port of the list":               {func(r *megvii.GetTokenRequest) { r.NotifyURL = "https://shop.example:8883/" }, nil},
		"a biz_no of 128 bytes":                   {func(r *megvii.GetTokenRequest) { r.BizNo = strings.Repeat("a", 128) }, nil},
		"a biz_no of 129 bytes":                   {func(r *megvii.GetTokenRequest) { r.BizNo = strings.Repeat("a", 129) }, []string{"BizNo"}},
		"a biz_no of 129 bytes in 43 characters":  {func(r *megvii.GetTokenRequest) { r.BizNo = strings.Repeat("中", 43) }, []string{"BizNo"}},
		"no biz_no":                               {func(r *megvii.GetTokenRequest) { r.BizNo = "" }, []string{"BizNo"}},
		"biz_extra_data of 4096 bytes":            {func(r *megvii.GetTokenRequest) { r.BizExtraData = strings.Repeat("a", 4096) }, nil},
		"biz_extra_data of 4097 bytes":            {func(r *megvii.GetTokenRequest) { r.BizExtraData = strings.Repeat("a", 4097) }, []string{"BizExtraData"}},
		"biz_extra_data that is not UTF-8":        {func(r *megvii.GetTokenRequest) { r.BizExtraData = "\xff" }, []string{"BizExtraData"}},
		"biz_extra_data with a NUL":               {func(r *megvii.GetTokenRequest) { r.BizExtraData = "a\x00b" }, []string{"BizExtraData"}},
		"a biz_no with an invisible character":    {func(r *megvii.GetTokenRequest) { r.BizNo = "order\u200b1" }, []string{"BizNo"}},
		"a web_title of 30 bytes":                 {func(r *megvii.GetTokenRequest) { r.WebTitle = strings.Repeat("中", 10) }, nil},
		"a web_title of 33 bytes":                 {func(r *megvii.GetTokenRequest) { r.WebTitle = strings.Repeat("中", 11) }, []string{"WebTitle"}},
		"a scene_id with a dash":                  {func(r *megvii.GetTokenRequest) { r.SceneID = "a-b" }, []string{"SceneID"}},
		"a language that is no number":            {func(r *megvii.GetTokenRequest) { r.Language = "zh" }, []string{"Language"}},
		"an unknown procedure_type":               {func(r *megvii.GetTokenRequest) { r.ProcedureType = "dance" }, []string{"ProcedureType"}},
		"an unknown procedure_priority":           {func(r *megvii.GetTokenRequest) { r.ProcedurePriority = "flash" }, []string{"ProcedurePriority"}},
		"a shooting time of 9 s":                  {func(r *megvii.GetTokenRequest) { r.MaximumShootingTime = 9 * time.Second }, []string{"MaximumShootingTime"}},
		"a shooting time of 61 s":                 {func(r *megvii.GetTokenRequest) { r.MaximumShootingTime = 61 * time.Second }, []string{"MaximumShootingTime"}},
		"a shooting time of 10.5 s":               {func(r *megvii.GetTokenRequest) { r.MaximumShootingTime = 10500 * time.Millisecond }, []string{"MaximumShootingTime"}},
		"a shooting time of 60 s":                 {func(r *megvii.GetTokenRequest) { r.MaximumShootingTime = time.Minute }, nil},
		"video_strict with the default procedure": {func(r *megvii.GetTokenRequest) { r.LivenessPreferences = megvii.PreferVideoStrict }, nil},
		"video_strict with still": {func(r *megvii.GetTokenRequest) {
			r.ProcedureType, r.LivenessPreferences = megvii.ProcedureStill, megvii.PreferVideoStrict
		}, []string{"LivenessPreferences"}},
		"still_strict without still":            {func(r *megvii.GetTokenRequest) { r.LivenessPreferences = megvii.PreferStillStrict }, []string{"LivenessPreferences"}},
		"redirect_type with POST":               {func(r *megvii.GetTokenRequest) { r.RedirectType = megvii.RedirectReplace }, []string{"RedirectType"}},
		"an unknown action_http_method":         {func(r *megvii.GetTokenRequest) { r.ReturnMethod = "PUT" }, []string{"ReturnMethod"}},
		"no comparison_type":                    {func(r *megvii.GetTokenRequest) { r.ComparisonType = "" }, []string{"ComparisonType"}},
		"an unknown comparison_type":            {func(r *megvii.GetTokenRequest) { r.ComparisonType = "2" }, []string{"ComparisonType"}},
		"comparison_type 1 without idcard_mode": {func(r *megvii.GetTokenRequest) { r.ComparisonType = megvii.CompareWithIDCard }, []string{"IDCardMode"}},
		"comparison_type 1 with a card photo":   {func(r *megvii.GetTokenRequest) { r.ComparisonType, r.IDCardMode = "1", megvii.IDCardFront }, nil},
		"idcard_mode without comparison_type 1": {func(r *megvii.GetTokenRequest) { r.IDCardMode = megvii.IDCardFront }, []string{"IDCardMode"}},
		"idcard_mode 0 without name and number": {func(r *megvii.GetTokenRequest) { r.ComparisonType, r.IDCardMode = "1", "0" }, []string{"IDCardName", "IDCardNumber"}},
		"a name that the vendor would ignore":   {func(r *megvii.GetTokenRequest) { r.IDCardName = handlers.Hide(somebody) }, []string{"IDCardName"}},
		"a number that the vendor would ignore": {func(r *megvii.GetTokenRequest) { r.IDCardNumber = handlers.Hide(somebodyID) }, []string{"IDCardNumber"}},
		"a number with a wrong check character": {func(r *megvii.GetTokenRequest) {
			*r = givenRequest()
			r.IDCardNumber = handlers.Hide("000000199001010001")
		}, []string{"IDCardNumber"}},
		"ciphertext has no format": {func(r *megvii.GetTokenRequest) {
			*r = givenRequest()
			r.EncryptionType = megvii.EncryptionRSA
			r.IDCardNumber = handlers.Hide("c2VjcmV0")
			r.IDCardName = handlers.Hide("c2VjcmV0==")
		}, nil},
		"an uneditable field that is none": {func(r *megvii.GetTokenRequest) { *r = givenRequest(); r.IDCardUneditableFields = []string{"x"} }, []string{"IDCardUneditableFields[0]"}},
		"an uneditable field twice": {func(r *megvii.GetTokenRequest) {
			*r = givenRequest()
			r.IDCardUneditableFields = []string{megvii.FieldIDCardName, megvii.FieldIDCardName}
		}, []string{"IDCardUneditableFields"}},
		"comparison_type 0 with one photo":    {func(r *megvii.GetTokenRequest) { photos(r, photo) }, nil},
		"comparison_type 0 with three photos": {func(r *megvii.GetTokenRequest) { photos(r, photo, photo, photo) }, nil},
		"comparison_type 0 with four photos":  {func(r *megvii.GetTokenRequest) { photos(r, photo, photo, photo, photo) }, []string{"ImageRefs"}},
		"comparison_type 0 without photo":     {func(r *megvii.GetTokenRequest) { photos(r) }, []string{"ImageRefs"}},
		"comparison_type 0 without uuid":      {func(r *megvii.GetTokenRequest) { photos(r, photo); r.UUID = "" }, []string{"UUID"}},
		"an empty photo":                      {func(r *megvii.GetTokenRequest) { photos(r, photo, handlers.PrivateBytes{}) }, []string{"ImageRefs[1]"}},
		"a photo of 2 MiB and a byte": {func(r *megvii.GetTokenRequest) {
			photos(r, handlers.HideBytes(append(tinyJPEG(), make([]byte, 2<<20)...)))
		}, []string{"ImageRefs[0]"}},
		"a photo that is HTML":         {func(r *megvii.GetTokenRequest) { photos(r, handlers.HideBytes([]byte("<html>"))) }, []string{"ImageRefs[0]"}},
		"a photo without a comparison": {func(r *megvii.GetTokenRequest) { r.ImageRefs = []handlers.PrivateBytes{photo} }, []string{"ImageRefs"}},
		"an extra parameter": {func(r *megvii.GetTokenRequest) {
			r.Extra = map[string]handlers.Private{"will_question1": handlers.Hide("x")}
		}, nil},
		"an extra parameter that shadows a typed one": {func(r *megvii.GetTokenRequest) {
			r.Extra = map[string]handlers.Private{"api_secret": handlers.Hide("x")}
		}, []string{"Extra"}},
		"an extra parameter with a bad name": {func(r *megvii.GetTokenRequest) { r.Extra = map[string]handlers.Private{"a\"b": handlers.Hide("x")} }, []string{"Extra"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := livenessRequest()
			tc.change(&r)
			assert.Equal(t, tc.fields, refused(t, strictClient(t), r))
		})
	}
}

// What the vendor echoes must be readable when it comes back, or no result of the
// session ever would be.
func TestWhatARequestMaySendACallbackMayBring(t *testing.T) {
	c := strictClient(t)
	sent := 0
	tryOne := func(bizNo, extra string) {
		request := livenessRequest()
		request.BizNo, request.BizExtraData = bizNo, extra
		if refused(t, c, request) != nil {
			return
		}
		sent++
		data, err := json.Marshal(map[string]any{"status": "OK", "biz_info": map[string]string{"biz_id": "1,x", "biz_no": bizNo, "biz_extra_data": extra}})
		require.NoError(t, err)
		result, err := parseSigned(string(data))
		require.NoError(t, err, "%q %q", bizNo, extra)
		require.Equal(t, bizNo, result.BizInfo.BizNo)
		require.Equal(t, extra, result.BizInfo.ExtraData.Reveal())
	}
	for _, first := range []rune{0, 0x80, 0x2000, 0x2040, 0x3000, 0x4e00, 0xe000, 0xfe00, 0xfee0, 0xffc0, 0x1f600, 0x2fff0, 0x10ffc0} {
		for r := range rune(64) {
			tryOne("n"+string(first+r), "")
			tryOne("n", "e"+string(first+r))
		}
	}
	assert.Greater(t, sent, 1000)
}

func TestAllBadFieldsAreNamedAtOnce(t *testing.T) {
	r := livenessRequest()
	r.BizNo, r.WebTitle, r.NotifyURL, r.ComparisonType = "", strings.Repeat("x", 33), "https://shop.example:8080/", "1"
	_, err := strictClient(t).GetToken(t.Context(), r)
	require.EqualError(t, err, "megvii: GetTokenRequest: BizNo is required; WebTitle must be at most 32 bytes long; "+
		"NotifyURL must be on port 443, 5000, 16003, 8883 or 8028: Megvii calls no other; IDCardMode is required with ComparisonType 1")
}

func TestDevelopmentPermitsPlainHTTPOnAnyPort(t *testing.T) {
	f := newFakeVendor(t, answeringJSON(200, sampleFile(t, "get_token.ok.json")))
	r := livenessRequest()
	r.ReturnURL, r.NotifyURL = "http://localhost:8080/face/return", "http://localhost:8080/face/notify"
	_, err := newClient(t, f.URL).GetToken(t.Context(), r)
	require.NoError(t, err)
}

func TestABadRequestsCodeSaysWhoCanMendIt(t *testing.T) {
	for field, want := range map[string]handlers.Code{
		"IDCardName": handlers.CodeInvalidName, "Name": handlers.CodeInvalidName, "IDCardNumber": handlers.CodeInvalidIDNumber,
		"IDNumber": handlers.CodeInvalidIDNumber, "ImageRefs[2]": handlers.CodeInvalidImage, "WebTitle": handlers.CodeVendorMisconfigured,
	} {
		assert.Equal(t, want, megvii.KitCode(&megvii.InvalidError{Fields: []megvii.InvalidField{{Field: field}}}), field)
	}
}
