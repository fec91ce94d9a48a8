package baidu

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/facegate/facegate/handlers"
)

// Policy turns what the vendor said into a verdict. Whatever it does not allow is
// not passed: success alone is not enough, and a missing value is missing, never
// zero.
type Policy struct {
	// MinScore is the least likeness of the faces, 0 to 100, that passes. Default 0:
	// the plan's own threshold decides, in the vendor's console. With a threshold, a
	// missing score is review.
	MinScore float64 `validate:"min=0,max=100"`

	// MaxSpoofing is the highest spoofing score that passes. Default 0.5. The vendor
	// publishes no scale for this product; 0 is what it sends when it did not check.
	// Above it detail is failed and getall review, whose field is reserved.
	MaxSpoofing float64 `validate:"min=0"`

	// RequireSpoofing makes a missing spoofing score review. Default false: only
	// some plans send it.
	RequireSpoofing bool

	// AllowRisk lets every risk_level pass, not only 3, 4 and none. Default false:
	// review.
	AllowRisk bool

	// AllowDemoted lets a check pass that fell back from real-time to recorded video.
	// Default false: review.
	AllowDemoted bool
}

// withDefaults fills what is zero.
func (p Policy) withDefaults() Policy {
	setDefault(&p.MaxSpoofing, 0.5)
	return p
}

// Judge applies the policy. A notice that is not authentic, or not this vendor's,
// stays pending.
func (v *Vendor) Judge(n handlers.Notice, s handlers.Session) handlers.Judgement {
	statement, ok := n.Detail.(*Statement)
	if !n.Authentic || !ok || statement == nil {
		return handlers.Judgement{Verdict: handlers.Pending}
	}
	if failure := statement.Detail.Failure; failure != nil && !statement.Detail.Passed {
		return v.judgeFailure(statement, failure, s)
	}
	return v.judgePass(statement, s)
}

// judgeFailure decides about a check that did not pass, or not yet.
func (v *Vendor) judgeFailure(statement *Statement, failure *APIError, s handlers.Session) handlers.Judgement {
	if v.config.UseGetAll && statement.All != nil {
		if last, ok := statement.All.Last(); ok && last.Clean() {
			return judgement(handlers.Review, handlers.ReasonConflict)
		}
	}
	young := statement.AskedAt.Before(v.over(s))
	pending := handlers.Judgement{Verdict: handlers.Pending}
	switch {
	case v.notReady(failure):
		if young {
			return pending
		}
		return ended(statement, failure)
	case failure.Class == ClassTransient && statement.AskedAt.Before(v.lastChance(s)):
		return pending // the vendor's own trouble is no result
	case failure.Class == ClassUser && v.config.RetryableURL && young:
		return pending // the person may try again
	case failure.Class == ClassUser:
		return judgement(handlers.Failed, failure.reason)
	default:
		return judgement(handlers.Review, failure.reason)
	}
}

// over is when nobody can be on the page any more.
func (v *Vendor) over(s handlers.Session) time.Time {
	end := s.ExpiresAt
	if end.IsZero() {
		end = s.CreatedAt.Add(v.config.SessionLife)
	}
	return end.Add(v.config.NotReady.Grace)
}

// lastChance is the last scheduled query; after it nobody asks again by itself.
func (v *Vendor) lastChance(s handlers.Session) time.Time {
	if n := len(v.config.QueryAfter); n > 0 {
		return s.CreatedAt.Add(v.config.QueryAfter[n-1])
	}
	return v.over(s)
}

// notReady reports whether the answer may mean that the person has not finished.
func (v *Vendor) notReady(failure *APIError) bool {
	switch {
	case failure.Class == ClassVerifyToken, slices.Contains(v.config.NotReady.Codes, failure.Code):
		return true
	case failure.Class == ClassUnknown:
		return !v.config.NotReady.Strict
	default:
		return false
	}
}

// ended decides about a session whose time is over and that has no result.
func ended(statement *Statement, failure *APIError) handlers.Judgement {
	switch {
	case failure.Class != ClassVerifyToken:
		return judgement(handlers.Review, failure.reason)
	case !statement.Detail.OwnToken:
		return judgement(handlers.Review, ReasonTokenOrphaned)
	default:
		return judgement(handlers.Expired, ReasonUnused)
	}
}

// judgePass decides about a check that the vendor says was passed.
func (v *Vendor) judgePass(statement *Statement, s handlers.Session) handlers.Judgement {
	detail := statement.Detail
	if !detail.HasResult && detail.Failure == nil && !v.config.NotReady.Strict && statement.AskedAt.Before(v.over(s)) {
		return handlers.Judgement{Verdict: handlers.Pending} // served, and nothing there yet
	}
	found := &findings{}
	found.review(detail.Failure != nil || !detail.Passed, handlers.ReasonConflict)
	found.review(!detail.HasResult, ReasonResultMissing)
	found.review(detail.odd || outside(detail.Score, 100) || outside(detail.LivenessScore, math.MaxFloat64) ||
		outside(detail.Spoofing, math.MaxFloat64), ReasonUnexpectedAnswer)
	v.checkIdentity(found, detail.Confirmed, s)
	if v.config.Policy.MinScore > 0 {
		found.review(detail.Score == nil, ReasonScoreMissing)
		found.fail(detail.Score != nil && *detail.Score < v.config.Policy.MinScore, ReasonScoreLow)
	}
	found.fail(above(detail.Spoofing, v.config.Policy.MaxSpoofing), ReasonSpoofSynthetic)
	found.review(v.config.Policy.RequireSpoofing && detail.Spoofing == nil, ReasonSpoofUnmeasured)
	v.checkCircumstances(found, detail.RiskLevel, detail.Demoted)
	if v.config.UseGetAll {
		v.checkAll(found, statement, s)
	}
	result := found.judgement()
	result.ScoreBucket = bucket(detail.Score)
	return result
}

// checkAll compares getall with a passed detail.
func (v *Vendor) checkAll(found *findings, statement *Statement, s handlers.Session) {
	if statement.All == nil {
		found.review(true, handlers.ReasonConflict)
		return
	}
	last, ok := statement.All.Last()
	if !ok || !last.Clean() || !statement.All.Whole() {
		found.review(true, handlers.ReasonConflict)
		return
	}
	found.review(last.odd || outside(last.Score, 100) || outside(last.SpoofingScore, math.MaxFloat64), ReasonUnexpectedAnswer)
	v.checkIdentity(found, last.Confirmed, s)
	if last.Score != nil && last.Threshold != nil {
		found.review(*last.Score < *last.Threshold, handlers.ReasonConflict)
	}
	if v.config.Policy.MinScore > 0 && last.Score != nil {
		found.fail(*last.Score < v.config.Policy.MinScore, ReasonScoreLow)
	}
	found.review(above(last.SpoofingScore, v.config.Policy.MaxSpoofing), ReasonSpoofSynthetic)
	v.checkCircumstances(found, last.RiskLevel, last.Demoted)
}

// checkIdentity compares the confirmed name and number with what was submitted.
// Where nothing was submitted there is nothing to compare, unless every start has
// to name the person.
func (v *Vendor) checkIdentity(found *findings, confirmed *Identity, s handlers.Session) {
	memory, err := readMemory(s.Memory)
	if err != nil || len(s.Memory) == 0 { // nobody knows whom the start named
		found.review(true, ReasonUnconfirmed)
		return
	}
	if !memory.submitted() {
		found.review(v.config.RequireIDCard, ReasonUnconfirmed)
		return
	}
	switch {
	case memory.Key != v.memoryKey():
		found.review(true, ReasonSecretKeyChanged)
	case confirmed == nil || confirmed.Name.IsZero() || confirmed.Number.IsZero():
		found.review(true, ReasonUnconfirmed)
	default:
		found.fail(!v.matches(memory, s.ID, *confirmed), handlers.ReasonIdentityMismatch)
	}
}

// checkCircumstances applies the rules about risk and fallback.
func (v *Vendor) checkCircumstances(found *findings, riskLevel string, demoted *bool) {
	riskless := riskLevel == "" || riskLevel == "3" || riskLevel == "4"
	found.review(!riskless && !v.config.Policy.AllowRisk, ReasonRiskFlagged)
	found.review(demoted != nil && *demoted && !v.config.Policy.AllowDemoted, ReasonLivenessDemoted)
}

// findings collects broken rules; a failed one outweighs any to review.
type findings struct{ failed, reviewed []handlers.Reason }

func (f *findings) fail(broken bool, reason handlers.Reason) {
	if broken && !slices.Contains(f.failed, reason) {
		f.failed = append(f.failed, reason)
	}
}

func (f *findings) review(broken bool, reason handlers.Reason) {
	if broken && !slices.Contains(f.reviewed, reason) {
		f.reviewed = append(f.reviewed, reason)
	}
}

// judgement sums up.
func (f *findings) judgement() handlers.Judgement {
	reasons := append(f.failed, f.reviewed...)
	switch {
	case len(f.failed) > 0:
		return judgement(handlers.Failed, reasons...)
	case len(f.reviewed) > 0:
		return judgement(handlers.Review, reasons...)
	default:
		return handlers.Judgement{Verdict: handlers.Passed}
	}
}

func judgement(verdict handlers.Verdict, reasons ...handlers.Reason) handlers.Judgement {
	return handlers.Judgement{Verdict: verdict, Reasons: reasons}
}

// above reports whether a value is there and higher than limit.
func above(value *float64, limit float64) bool { return value != nil && *value > limit }

// outside reports whether a value is there and beyond its scale.
func outside(value *float64, highest float64) bool {
	return value != nil && (*value < 0 || *value > highest)
}

// bucket rounds a likeness down to tens, so that no measurement of a face is kept:
// "90" for 93.8. Empty when nothing was compared, which liveness-only plans report
// as 0.
func bucket(score *float64) string {
	if score == nil || *score <= 0 || *score > 100 {
		return ""
	}
	return strconv.Itoa(int(*score) / 10 * 10)
}
