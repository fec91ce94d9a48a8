package baidu

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// ready is a double whose start succeeds.
func ready(t testing.TB) *double {
	d := newDouble()
	d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
	d.says(endpointSubmit, sample(t, "21-idcard-submit-ok.json"))
	d.says(endpointUpload, sample(t, "23-uploadmatchimage-ok.json"))
	return d
}

// passed is the detail of a passed check of the fake person.
func passed(verify string) string {
	return fmt.Sprintf(`{"success":true,"result":{"verify_result":{%s},"idcard_confirm":{"name":"%s","idcard_number":"%s"}},"log_id":"1"}`, verify, fakeName, fakeNumber)
}

// failed is the detail of a failed check.
func failed(code int) string {
	return fmt.Sprintf(`{"success":false,"result":null,"code":%d,"message":"%s","log_id":"1"}`, code, fakeMessage)
}

const goodScores = `"score":93.5,"liveness_score":0.9,"spoofing":0`

// ask queries and judges.
func ask(t testing.TB, v *Vendor, s handlers.Session) handlers.Judgement {
	t.Helper()
	notice, err := v.Query(t.Context(), s)
	require.NoError(t, err)
	assert.True(t, notice.Authentic)
	assert.True(t, notice.Ref.Equal(s.Ref))
	return v.Judge(notice, s)
}

func TestBeginForEachKindOfPlan(t *testing.T) {
	tests := map[string]struct {
		params any
		calls  []string
	}{
		"the page reads the card, or liveness only": {nil, []string{endpointOAuth, endpointGenerate}},
		"nothing in a Params is the same":           {Params{}, []string{endpointOAuth, endpointGenerate}},
		"a nil *Params too":                         {(*Params)(nil), []string{endpointOAuth, endpointGenerate}},
		"specified user":                            {person(), []string{endpointOAuth, endpointGenerate, endpointSubmit}},
		"uploaded photo":                            {&Params{Image: handlers.HideBytes(jpegOf(t, 30, 40))}, []string{endpointOAuth, endpointGenerate, endpointUpload}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, nil)
			begun := begin(t, v, tt.params)
			assert.Equal(t, fakeVerify, begun.Ref.Reveal())
			assert.WithinDuration(t, time.Now().Add(2*time.Hour), begun.ExpiresAt, time.Minute)
			var calls []string
			for _, r := range d.requests {
				calls = append(calls, strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, apiPath), "/"))
			}
			assert.Equal(t, tt.calls, calls)
			page := parseURL(t, begun.PageURL.Reveal())
			assert.Equal(t, "brain.baidu.com", page.Host)
			assert.Equal(t, fakeVerify, page.Query().Get("token"))
			assert.Equal(t, "https://rp.example/face/return?session=SESSION&o=s", page.Query().Get("successUrl"))
			assert.Equal(t, "https://rp.example/face/return?session=SESSION&o=f", page.Query().Get("failedUrl"))
			assert.NotContains(t, d.body(t, endpointGenerate), "redirect_config")
			for _, private := range []string{fakeName, fakeNumber, fakeSecret, tokenPrefix, fakeVerify} {
				assert.NotContains(t, string(begun.Memory), private)
			}
		})
	}
	t.Run("redirect_config carries the same URLs", func(t *testing.T) {
		d := ready(t)
		begin(t, d.vendor(t, func(c *Config) { c.RedirectConfig = true }), nil)
		assert.Equal(t, map[string]any{
			"success_url": "https://rp.example/face/return?session=SESSION&o=s",
			"failed_url":  "https://rp.example/face/return?session=SESSION&o=f",
		}, d.body(t, endpointGenerate)["redirect_config"])
	})
}

func TestBeginRefusesBadInputBeforeAnyCall(t *testing.T) {
	tests := map[string]struct {
		params any
		change func(*Config)
		code   handlers.Code
	}{
		"a number alone":                {params: Params{IDNumber: handlers.Hide(fakeNumber)}, code: handlers.CodeInvalidName},
		"a name alone":                  {params: Params{Name: handlers.Hide(fakeName)}, code: handlers.CodeInvalidIDNumber},
		"a wrong check character":       {params: Params{Name: handlers.Hide(fakeName), IDNumber: handlers.Hide(wrongNumber)}, code: handlers.CodeInvalidIDNumber},
		"an unknown certificate":        {params: Params{Name: handlers.Hide(fakeName), IDNumber: handlers.Hide(fakeNumber), CertificateType: 9}, code: handlers.CodeInvalidCertificateType},
		"an image that is none":         {params: Params{Image: handlers.HideBytes([]byte("GIF89a"))}, code: handlers.CodeInvalidImage},
		"nobody, where a plan needs it": {change: func(c *Config) { c.RequireIDCard = true }, code: handlers.CodeInvalidName},
		"no photo, where a plan does":   {params: person(), change: func(c *Config) { c.RequireImage = true }, code: handlers.CodeInvalidImage},
		"another vendor's params":       {params: 7, code: handlers.CodeInternal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			_, err := d.vendor(t, tt.change).Begin(t.Context(), beginRequest(tt.params))
			assert.Equal(t, tt.code, handlers.CodeOf(err))
			assert.Empty(t, d.requests)
		})
	}
	t.Run("a ReturnURL that is none", func(t *testing.T) {
		d := ready(t)
		_, err := d.vendor(t, nil).Begin(t.Context(), handlers.BeginRequest{ReturnURL: "/return"})
		assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
		assert.Empty(t, d.requests)
	})
}

func TestCase131AStartKeepsItsAccessTokenToTheEnd(t *testing.T) {
	d := ready(t)
	v := d.vendor(t, nil)
	generate := d.answer[endpointGenerate]
	d.answer[endpointGenerate] = func(n int, body []byte) any {
		rotate(t, v.client) // between two calls of one start
		return generate(n, body)
	}
	params := person()
	params.Image = handlers.HideBytes(jpegOf(t, 30, 40))
	begin(t, v, params)
	for _, endpoint := range []string{endpointGenerate, endpointUpload, endpointSubmit} {
		assert.Equal(t, []string{tokenPrefix + "1"}, d.used[endpoint], endpoint)
	}
}

func TestCase15NobodyIsSentToAHalfPreparedPage(t *testing.T) {
	for endpoint, params := range map[string]any{
		endpointSubmit: person(), endpointUpload: Params{Image: handlers.HideBytes(jpegOf(t, 30, 40))},
	} {
		t.Run("case 15: "+endpoint+" fails", func(t *testing.T) {
			d := ready(t)
			d.says(endpoint, failed(222360))
			begun, err := d.vendor(t, nil).Begin(t.Context(), beginRequest(params))
			assert.Empty(t, begun)
			kit, ok := err.(*handlers.Error)
			require.True(t, ok)
			assert.Equal(t, ReasonIdentityRefused, kit.Reason)
			assert.NotContains(t, kit.Error()+kit.Err.Error(), fakeMessage)
		})
	}
}

func TestVerdictsOfEachOutcome(t *testing.T) {
	tests := map[string]struct {
		answer  string
		verdict handlers.Verdict
		reasons []handlers.Reason
		bucket  string
	}{
		"pass":            {passed(goodScores), handlers.Passed, nil, "90"},
		"mismatch":        {failed(222351), handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch}, ""},
		"liveness_fail":   {failed(223120), handlers.Failed, []handlers.Reason{ReasonLiveness}, ""},
		"no_face":         {failed(222202), handlers.Failed, []handlers.Reason{ReasonNoFace}, ""},
		"occlusion":       {failed(223127), handlers.Failed, []handlers.Reason{ReasonFaceOccluded}, ""},
		"spoof":           {passed(`"score":93,"spoofing":0.9`), handlers.Failed, []handlers.Reason{ReasonSpoofSynthetic}, "90"},
		"case 62: risk":   {passed(goodScores + `,"risk_level":1`), handlers.Review, []handlers.Reason{ReasonRiskFlagged}, "90"},
		"risk 2 as text":  {passed(goodScores + `,"risk_level":"2"`), handlers.Review, []handlers.Reason{ReasonRiskFlagged}, "90"},
		"an unknown risk": {passed(goodScores + `,"risk_level":"5"`), handlers.Review, []handlers.Reason{ReasonRiskFlagged}, "90"},
		"risk 1.0":        {passed(goodScores + `,"risk_level":1.0`), handlers.Review, []handlers.Reason{ReasonRiskFlagged}, "90"},
		"no risk":         {passed(goodScores + `,"risk_level":"3"`), handlers.Passed, nil, "90"},
		"demoted":         {passed(goodScores + `,"is_demote":true`), handlers.Review, []handlers.Reason{ReasonLivenessDemoted}, "90"},
		"abandon":         {failed(0), handlers.Pending, nil, ""},

		"no authority photo":            {failed(222355), handlers.Review, []handlers.Reason{ReasonAuthorityPhoto}, ""},
		"our parameter":                 {failed(222013), handlers.Review, []handlers.Reason{"vendor_code_222013"}, ""},
		"a code that nobody knows":      {failed(223128), handlers.Pending, nil, ""},
		"a backend's code as error":     {`{"error_code":223120,"error_msg":"x"}`, handlers.Failed, []handlers.Reason{ReasonLiveness}, ""},
		"success without result":        {`{"success":true,"result":null}`, handlers.Pending, nil, ""},
		"the vendor's trouble":          {failed(222361), handlers.Pending, nil, ""},
		"service exception":             {failed(283400), handlers.Pending, nil, ""},
		"success with a code":           {strings.Replace(passed(goodScores), `"log_id"`, `"code":222351,"log_id"`, 1), handlers.Review, []handlers.Reason{handlers.ReasonConflict}, "90"},
		"an empty object":               {`{}`, handlers.Pending, nil, ""},
		"a negative score":              {passed(`"score":-1`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, ""},
		"a score beyond its scale":      {passed(`"score":100.5`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, ""},
		"a negative spoofing score":     {passed(`"score":93,"spoofing":-0.1`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"a score that is a word":        {passed(`"score":"high"`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, ""},
		"a negative liveness score":     {passed(`"score":93,"liveness_score":-1`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"a spoofing score of NaN":       {passed(`"score":93,"spoofing":"NaN"`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"a spoofing score out of range": {passed(`"score":93,"spoofing":1e999`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"a spoofing score in an object": {passed(`"score":93,"spoofing":{"v":0}`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"is_demote that is a word":      {passed(goodScores + `,"is_demote":"yes"`), handlers.Review, []handlers.Reason{ReasonUnexpectedAnswer}, "90"},
		"null scores are missing":       {passed(`"score":null,"spoofing":"","is_demote":null`), handlers.Passed, nil, ""},
		"both envelopes: gateway first": {strings.Replace(passed(goodScores), `"log_id"`, `"error_code":"223120","log_id"`, 1), handlers.Failed, []handlers.Reason{ReasonLiveness}, ""},
		"error_code null or 0 is none":  {strings.Replace(passed(goodScores), `"log_id"`, `"error_code":null,"error_msg":"","code":"0","log_id"`, 1), handlers.Passed, nil, "90"},
		"no scores at all":              {passed(""), handlers.Passed, nil, ""},
		"case 67: another name":         {strings.Replace(passed(goodScores), fakeName, "测试乙", 1), handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch}, "90"},
		"case 67: another number":       {strings.Replace(passed(goodScores), fakeNumber, wrongNumber, 1), handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch}, "90"},
		"the same name, spelt its way":  {strings.Replace(passed(goodScores), fakeName, " 测试甲 ", 1), handlers.Passed, nil, "90"},
		"nobody confirmed":              {`{"success":true,"result":{"verify_result":{"score":93}}}`, handlers.Review, []handlers.Reason{ReasonUnconfirmed}, "90"},
		"an empty confirmation":         {`{"success":true,"result":{"verify_result":{},"idcard_confirm":{}}}`, handlers.Review, []handlers.Reason{ReasonUnconfirmed}, ""},
		"a result without its heart":    {`{"success":true,"result":{}}`, handlers.Pending, nil, ""},
		"failed outweighs review":       {strings.Replace(passed(goodScores+`,"risk_level":1`), fakeName, "测试乙", 1), handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch, ReasonRiskFlagged}, "90"},
		"case 63: a stale result aside": {`{"success":false,"code":223120,"result":{"verify_result":{"score":99}}}`, handlers.Failed, []handlers.Reason{ReasonLiveness}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, nil)
			s := session(begin(t, v, person()))
			d.says(endpointDetail, tt.answer)
			assert.Equal(t, handlers.Judgement{Verdict: tt.verdict, Reasons: tt.reasons, ScoreBucket: tt.bucket}, ask(t, v, s))
		})
	}
}

func TestSuccessWithoutAResultIsNeverPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := ready(t)
		v := d.vendor(t, nil)
		s := session(begin(t, v, nil)) // nobody was submitted, so nothing else could object
		d.says(endpointDetail, `{"success":true,"result":null}`)
		time.Sleep(3 * time.Hour)
		assert.Equal(t, judgement(handlers.Review, ReasonResultMissing), ask(t, v, s))
	})
}

func TestASessionThatNamedNobodyPassesOnlyWhereNobodyMustBeNamed(t *testing.T) {
	for required, want := range map[bool]handlers.Judgement{
		false: {Verdict: handlers.Passed, ScoreBucket: "90"},
		true:  {Verdict: handlers.Review, Reasons: []handlers.Reason{ReasonUnconfirmed}, ScoreBucket: "90"},
	} {
		d := ready(t)
		s := session(begin(t, d.vendor(t, nil), nil))
		d.says(endpointDetail, passed(goodScores))
		assert.Equal(t, want, ask(t, d.vendor(t, func(c *Config) { c.RequireIDCard = required }), s))
	}
}

func TestPolicyRulesCanBeChanged(t *testing.T) {
	tests := map[string]struct {
		policy  Policy
		verify  string
		verdict handlers.Verdict
		reason  handlers.Reason
	}{
		"a score at the threshold":        {Policy{MinScore: 93.5}, goodScores, handlers.Passed, ""},
		"a score below the threshold":     {Policy{MinScore: 93.6}, goodScores, handlers.Failed, ReasonScoreLow},
		"a missing score is not zero":     {Policy{MinScore: 80}, `"spoofing":0`, handlers.Review, ReasonScoreMissing},
		"a zero score is zero":            {Policy{MinScore: 80}, `"score":0`, handlers.Failed, ReasonScoreLow},
		"spoofing at its limit":           {Policy{MaxSpoofing: 0.9}, `"spoofing":"0.9"`, handlers.Passed, ""},
		"spoofing above a stricter limit": {Policy{MaxSpoofing: 0.00048}, `"spoofing":0.001`, handlers.Failed, ReasonSpoofSynthetic},
		"spoofing missing but required":   {Policy{RequireSpoofing: true}, `"score":93`, handlers.Review, ReasonSpoofUnmeasured},
		"risk allowed":                    {Policy{AllowRisk: true}, goodScores + `,"risk_level":"1"`, handlers.Passed, ""},
		"fallback allowed":                {Policy{AllowDemoted: true}, goodScores + `,"is_demote":true`, handlers.Passed, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, func(c *Config) { c.Policy = tt.policy })
			s := session(begin(t, v, person()))
			d.says(endpointDetail, passed(tt.verify))
			got := ask(t, v, s)
			assert.Equal(t, tt.verdict, got.Verdict)
			if tt.reason != "" {
				assert.Equal(t, []handlers.Reason{tt.reason}, got.Reasons)
			}
		})
	}
}

func TestGetAllMustAgree(t *testing.T) {
	attempt := func(passed bool, code, more string) string {
		return fmt.Sprintf(`{"order":1,"is_verify_passed":%t,"code":"%s","verify_detail":{"score":90,"threshold":80%s},"idcard_confirm":{"name":"%s","idcard_number":"%s"}}`, passed, code, more, fakeName, fakeNumber)
	}
	all := func(count int, attempts ...string) string {
		return fmt.Sprintf(`{"success":true,"result":{"verify_count":%d,"verify_result":[%s]}}`, count, strings.Join(attempts, ","))
	}
	tests := map[string]struct {
		detail, all string
		verdict     handlers.Verdict
		reason      handlers.Reason
	}{
		"both passed":                  {passed(goodScores), all(1, attempt(true, "0", "")), handlers.Passed, ""},
		"both failed":                  {failed(223120), all(1, attempt(false, "223120", "")), handlers.Failed, ReasonLiveness},
		"only detail passed":           {passed(goodScores), all(1, attempt(false, "223120", "")), handlers.Review, handlers.ReasonConflict},
		"only getall passed":           {failed(223120), all(1, attempt(true, "0", "")), handlers.Review, handlers.ReasonConflict},
		"passed with a code":           {passed(goodScores), all(1, attempt(true, "1", "")), handlers.Review, handlers.ReasonConflict},
		"the same order twice":         {passed(goodScores), all(2, attempt(false, "223120", ""), attempt(true, "0", "")), handlers.Review, handlers.ReasonConflict},
		"an attempt is missing":        {passed(goodScores), strings.Replace(all(1, attempt(true, "0", "")), `"order":1`, `"order":2`, 1), handlers.Review, handlers.ReasonConflict},
		"a score that is a word":       {passed(goodScores), strings.Replace(all(1, attempt(true, "0", "")), `"score":90`, `"score":"high"`, 1), handlers.Review, ReasonUnexpectedAnswer},
		"a score beyond its scale":     {passed(goodScores), strings.Replace(all(1, attempt(true, "0", "")), `"score":90`, `"score":1e9`, 1), handlers.Review, ReasonUnexpectedAnswer},
		"a negative spoofing score":    {passed(goodScores), all(1, attempt(true, "0", `,"spoofing_score":-1`)), handlers.Review, ReasonUnexpectedAnswer},
		"a spoofing score of NaN":      {passed(goodScores), all(1, attempt(true, "0", `,"spoofing_score":"NaN"`)), handlers.Review, ReasonUnexpectedAnswer},
		"is_demote that is a word":     {passed(goodScores), all(1, attempt(true, "0", `,"is_demote":"maybe"`)), handlers.Review, ReasonUnexpectedAnswer},
		"an unknown risk in getall":    {passed(goodScores), all(1, attempt(true, "0", `,"risk_level":true`)), handlers.Review, ReasonRiskFlagged},
		"passed last, listed first":    {passed(goodScores), all(2, strings.Replace(attempt(true, "0", ""), `"order":1`, `"order":2`, 1), attempt(false, "223120", "")), handlers.Passed, ""},
		"failed last, listed first":    {passed(goodScores), all(2, strings.Replace(attempt(false, "223120", ""), `"order":1`, `"order":2`, 1), attempt(true, "0", "")), handlers.Review, handlers.ReasonConflict},
		"a wrong count":                {passed(goodScores), all(2, attempt(true, "0", "")), handlers.Review, handlers.ReasonConflict},
		"no attempts":                  {passed(goodScores), all(0), handlers.Review, handlers.ReasonConflict},
		"refused":                      {passed(goodScores), sample(t, "44-token-invalid.constructed.json"), handlers.Review, handlers.ReasonConflict},
		"below the plan's threshold":   {passed(goodScores), all(1, attempt(true, "0", `,"x":1`)), handlers.Passed, ""},
		"a score under its threshold":  {passed(goodScores), strings.Replace(all(1, attempt(true, "0", "")), `"score":90`, `"score":70`, 1), handlers.Review, handlers.ReasonConflict},
		"risk known to getall only":    {passed(goodScores), all(1, attempt(true, "0", `,"risk_level":"1"`)), handlers.Review, ReasonRiskFlagged},
		"spoofing known to getall":     {passed(goodScores), all(1, attempt(true, "0", `,"spoofing_score":80`)), handlers.Review, ReasonSpoofSynthetic},
		"fallback known to getall":     {passed(goodScores), all(1, attempt(true, "0", `,"is_demote":true`)), handlers.Review, ReasonLivenessDemoted},
		"another person in getall":     {passed(goodScores), strings.Replace(all(1, attempt(true, "0", "")), fakeName, "测试乙", 1), handlers.Failed, handlers.ReasonIdentityMismatch},
		"failed first and passed then": {passed(goodScores), all(2, attempt(false, "223120", ""), strings.Replace(attempt(true, "0", ""), `"order":1`, `"order":2`, 1)), handlers.Passed, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, func(c *Config) { c.UseGetAll = true })
			s := session(begin(t, v, person()))
			d.says(endpointDetail, tt.detail)
			d.says(endpointAll, tt.all)
			got := ask(t, v, s)
			assert.Equal(t, tt.verdict, got.Verdict)
			if tt.reason != "" {
				assert.Equal(t, []handlers.Reason{tt.reason}, got.Reasons)
			}
		})
	}
	t.Run("getall that cannot be had now is asked again later", func(t *testing.T) {
		d := ready(t)
		v := d.vendor(t, func(c *Config) { c.UseGetAll = true })
		s := session(begin(t, v, person()))
		d.says(endpointDetail, passed(goodScores))
		d.says(endpointAll, sample(t, "06-gateway-18.json"))
		_, err := v.Query(t.Context(), s)
		assert.Equal(t, handlers.CodeVendorThrottled, handlers.CodeOf(err))
	})
}

func TestCase87WhatIsNotFinishedStaysPendingUntilItsTimeIsOver(t *testing.T) {
	invalid := sample(t, "44-token-invalid.constructed.json")
	tests := map[string]struct {
		answer  string
		after   time.Duration
		change  func(*Config)
		verdict handlers.Verdict
		reason  handlers.Reason
	}{
		"case 87: at once":                      {answer: invalid, after: time.Second, verdict: handlers.Pending},
		"just inside the grace":                 {answer: invalid, after: 2*time.Hour + 14*time.Minute, verdict: handlers.Pending},
		"abandoned":                             {answer: invalid, after: 2*time.Hour + 20*time.Minute, verdict: handlers.Expired, reason: ReasonUnused},
		"no code, later":                        {answer: failed(0), after: 3 * time.Hour, verdict: handlers.Review, reason: handlers.ReasonUnknownStatus},
		"an unknown code, later":                {answer: failed(223128), after: 3 * time.Hour, verdict: handlers.Review, reason: "vendor_code_223128"},
		"an unknown code for the strict":        {answer: failed(223128), after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Review, reason: "vendor_code_223128"},
		"the text for the strict":               {answer: invalid, after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Pending},
		"a known code made to mean not ready":   {answer: failed(216100), after: time.Second, change: func(c *Config) { c.NotReady.Codes = []int{216100} }, verdict: handlers.Pending},
		"the vendor's trouble, later":           {answer: failed(222361), after: 24 * time.Hour, verdict: handlers.Pending},
		"case 142: and at the last query":       {answer: failed(222361), after: 60 * time.Hour, verdict: handlers.Review, reason: ReasonVendorBusy},
		"the same without a schedule":           {answer: failed(222361), after: 3 * time.Hour, change: func(c *Config) { c.QueryAfter = []time.Duration{} }, verdict: handlers.Review, reason: ReasonVendorBusy},
		"success without a result, later":       {answer: `{"success":true,"result":null}`, after: 3 * time.Hour, verdict: handlers.Review},
		"success without a result, strict":      {answer: `{"success":true,"result":[]}`, after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Review},
		"fail_then_pass: failed, may try again": {answer: failed(223120), after: time.Minute, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Pending},
		"fail_then_pass: time is over":          {answer: failed(223120), after: 3 * time.Hour, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Failed, reason: ReasonLiveness},
		"fail_then_pass: passed":                {answer: passed(goodScores), after: time.Minute, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Passed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				v := d.vendor(t, tt.change)
				s := session(begin(t, v, person()))
				d.says(endpointDetail, tt.answer)
				time.Sleep(tt.after)
				got := ask(t, v, s)
				assert.Equal(t, tt.verdict, got.Verdict)
				if tt.reason != "" {
					assert.Equal(t, []handlers.Reason{tt.reason}, got.Reasons)
				}
			})
		})
	}
}

func TestCase131bResultsUnderARevokedTokenEndInReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := ready(t)
		v := d.vendor(t, nil)
		s := session(begin(t, v, person()))
		d.refuse = func(token string) bool { return token == tokenPrefix+"1" }
		d.says(endpointDetail, sample(t, "44-token-invalid.constructed.json"))
		assert.Equal(t, handlers.Pending, ask(t, v, s).Verdict, "young: it may just not be finished")
		time.Sleep(3 * time.Hour)
		assert.Equal(t, judgement(handlers.Review, ReasonTokenOrphaned), ask(t, v, s), "case 131b: not failed, not pending for ever")
		d.says(endpointDetail, passed(goodScores))
		assert.Equal(t, handlers.Passed, ask(t, v, s).Verdict, "and nothing is lost if the new token matches")
	})
}

func TestErrorsOfAQuery(t *testing.T) {
	tests := map[string]struct {
		answer any
		after  time.Duration
		code   handlers.Code
	}{
		"case 141: older than the vendor keeps it": {sample(t, "44-token-invalid.constructed.json"), 73 * time.Hour, handlers.CodeResultGone},
		"the vendor's trouble at the gateway":      {`{"error_code":2}`, 0, handlers.CodeVendorUnavailable},
		"rate, in the gateway's envelope":          {sample(t, "06-gateway-18.json"), 0, handlers.CodeVendorThrottled},
		"rate, in the scheme's envelope":           {failed(18), 0, handlers.CodeVendorThrottled},
		"permission, in the scheme's envelope":     {failed(6), 0, handlers.CodeVendorMisconfigured},
		"permission":                               {`{"error_code":6}`, 0, handlers.CodeVendorMisconfigured},
		"nonsense":                                 {"<html>", 0, handlers.CodeVendorUnavailable},
		"HTTP 503":                                 {httpAnswer{503, ""}, 0, handlers.CodeVendorUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				v := d.vendor(t, nil)
				s := session(begin(t, v, person()))
				d.answer[endpointDetail] = func(int, []byte) any { return tt.answer }
				time.Sleep(tt.after)
				_, err := v.Query(t.Context(), s)
				assert.Equal(t, tt.code, handlers.CodeOf(err))
			})
		})
	}
	t.Run("a session without ref", func(t *testing.T) {
		_, err := newDouble().vendor(t, nil).Query(t.Context(), handlers.Session{ID: "SESSION"})
		assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
	})
	t.Run("a memory that is not ours", func(t *testing.T) {
		for _, memory := range []string{"x", `{"v":9}`, "null"} {
			v := newDouble().vendor(t, nil)
			_, err := v.Query(t.Context(), handlers.Session{ID: "SESSION", Ref: handlers.Hide(fakeVerify), Memory: []byte(memory)})
			assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
			notice := handlers.Notice{Authentic: true, Detail: &Statement{Detail: Detail{Passed: true, HasResult: true}}}
			assert.Equal(t, handlers.Review, v.Judge(notice, handlers.Session{Memory: []byte(memory)}).Verdict)
		}
	})
}

func TestHashesAreBoundToTheSessionAndTheSecret(t *testing.T) {
	d := ready(t)
	v := d.vendor(t, nil)
	s := session(begin(t, v, person()))
	d.says(endpointDetail, passed(goodScores))
	require.Equal(t, handlers.Passed, ask(t, v, s).Verdict)

	other := s
	other.ID = "ANOTHER"
	assert.Equal(t, judgement(handlers.Failed, handlers.ReasonIdentityMismatch).Reasons, ask(t, v, other).Reasons)

	rotated := d.vendor(t, func(c *Config) { c.SecretKey = handlers.Hide("FAKEsecret0000CANARYsec2") })
	assert.Equal(t, []handlers.Reason{ReasonSecretKeyChanged}, ask(t, rotated, s).Reasons, "cannot be compared: review, not a mismatch")
}

func TestTheReturnIsAHintAndNoMore(t *testing.T) {
	v := newDouble().vendor(t, nil)
	parse := func(carrier handlers.Carrier, method, query string) (handlers.Notice, error) {
		return v.Parse(handlers.Callback{Carrier: carrier, Method: method, RawQuery: query, Body: []byte("data=x&sign=y")})
	}
	for query, status := range map[string]string{
		"session=S&o=s": StatusSuccessURL, "session=S&o=f": StatusFailedURL, "session=S": "", "": "",
		"session=S&o=s&token=x&appended=1&o2=%E6%B5%8B": StatusSuccessURL, "session=S&o=s&o=f": "", "o=passed": "", "status=success&passed=true": "",
	} {
		notice, err := parse(handlers.CarrierReturn, http.MethodGet, query)
		require.NoError(t, err, "cases 73 to 77: %s", query)
		assert.False(t, notice.Authentic)
		assert.Equal(t, handlers.Notice{Status: status}, notice)
		assert.Equal(t, handlers.Pending, v.Judge(notice, handlers.Session{}).Verdict)
	}
	_, err := parse(handlers.CarrierReturn, http.MethodGet, "session=%zz")
	assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err), "case 77")
	_, err = parse(handlers.CarrierReturn, http.MethodPost, "")
	assert.Equal(t, handlers.CodeMethodNotAllowed, handlers.CodeOf(err))
	_, err = parse(handlers.CarrierNotify, http.MethodPost, "")
	assert.Equal(t, handlers.CodeMethodNotAllowed, handlers.CodeOf(err), "the vendor notifies nobody")
}

func TestJudgeTrustsOnlyItsOwnAuthenticNotices(t *testing.T) {
	v := newDouble().vendor(t, nil)
	statement := &Statement{Detail: Detail{Passed: true, HasResult: true}}
	for name, notice := range map[string]handlers.Notice{
		"not authentic": {Detail: statement}, "no detail": {Authentic: true}, "another vendor's": {Authentic: true, Detail: "passed"},
		"a nil statement": {Authentic: true, Detail: (*Statement)(nil)},
	} {
		assert.Equal(t, handlers.Judgement{Verdict: handlers.Pending}, v.Judge(notice, handlers.Session{}), name)
	}
}

func TestLimits(t *testing.T) {
	v := newDouble().vendor(t, nil)
	assert.Equal(t, "baidu", v.Name())
	limits := v.Limits()
	assert.Equal(t, 2*time.Hour, limits.SessionLife)
	assert.Equal(t, 72*time.Hour, limits.Retention)
	assert.Equal(t, 8, limits.Queries)
	assert.Equal(t, 4, limits.ReservedQueries)
	assert.Empty(t, limits.NotifyPorts)
	require.NotEmpty(t, limits.QueryAfter)
	assert.LessOrEqual(t, len(limits.QueryAfter), limits.Queries)
	for i, after := range limits.QueryAfter {
		assert.Less(t, after, limits.Retention-11*time.Hour, "case 141: in time even after an outage of hours")
		if i > 0 {
			assert.Greater(t, after, limits.QueryAfter[i-1])
		}
	}
	limits.QueryAfter[0] = 0
	assert.NotZero(t, v.Limits().QueryAfter[0])
}

func FuzzParse(f *testing.F) {
	f.Add("GET", "session=S&o=s", true)
	f.Add("POST", "%zz;", false)
	v := newDouble().vendor(f, nil)
	f.Fuzz(func(t *testing.T, method, query string, back bool) {
		cb := handlers.Callback{Carrier: handlers.CarrierNotify, Method: method, RawQuery: query}
		if back {
			cb.Carrier = handlers.CarrierReturn
		}
		if notice, err := v.Parse(cb); err == nil && notice.Authentic {
			t.Fatal("a browser is not the vendor")
		}
	})
}

func FuzzJudge(f *testing.F) {
	f.Add(passed(goodScores), `{"v":1,"key":"x","name":"AA==","number":"AA=="}`)
	f.Add(failed(222351), "")
	v := newDouble().vendor(f, nil)
	f.Fuzz(func(t *testing.T, body, memory string) {
		var answer detailAnswer
		if _, err := into(&answer)([]byte(body)); err != nil {
			return
		}
		detail := answer.detail()
		notice := handlers.Notice{Authentic: true, Detail: &Statement{Detail: detail}}
		got := v.Judge(notice, handlers.Session{Memory: []byte(memory)})
		if got.Verdict == handlers.Passed && !(answer.Success.isTrue() && answer.Code.value == 0 && detail.HasResult) {
			t.Fatalf("passed by %q", body)
		}
	})
}
