package baidu

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers"
)

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
