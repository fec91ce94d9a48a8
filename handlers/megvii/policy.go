package megvii

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/facegate/facegate/handlers"
)

// The false accept rates of [Policy.Rate], as the vendor spells them. The vendor
// calls 1e-4 medium, and 1e-5 and 1e-6 right for business of high risk; below 1e-3
// it is not the same person.
const (
	Rate3 = "1e-3" // one in a thousand
	Rate4 = "1e-4" // one in ten thousand
	Rate5 = "1e-5" // one in a hundred thousand
	Rate6 = "1e-6" // one in a million
)

// Policy turns a Result into a verdict. The zero value is the safe default. With it
// a page that ended OK passes only if liveness is PASS and no spoof score is over
// its own threshold. Every comparison that was asked for must have come, and every
// one that came must meet the 1e-4 threshold that came with it. Nothing may flag a
// risk. The Reason constants are the list of rules.
//
// A Policy has no say about signatures, and none about other statuses than OK.
type Policy struct {
	// Rate is the false accept rate whose threshold every comparison must reach:
	// Rate3 to Rate6. Default Rate4. Only thresholds that come with the result
	// count; if the demanded one is missing, the check fails.
	Rate string

	// Comparisons are the wire names of those that must be there and meet Rate, the
	// Compare constants, each once. Default: all that came, and among them those that
	// were asked for. Name some if another is known to be weak, such as an old card
	// photo; those not named are then ignored.
	Comparisons []string

	// Verdicts changes what a broken rule leads to: Failed, Review, or Passed to
	// ignore it. Keys are the rules' reasons. Default: what is said beside each
	// reason. Example: {ReasonScoreBelow4: handlers.Review} lets people of yours
	// look at the scores between 1e-3 and 1e-4.
	Verdicts map[handlers.Reason]handlers.Verdict
}

// Asked is what the session was begun with, as far as the rules need it. The zero
// value demands a comparison, no spoken answers and no certain identity.
type Asked struct {
	// LivenessOnly says that nothing was to be compared (comparison_type=-1, Int.).
	// A comparison that comes all the same still counts. Default false.
	LivenessOnly bool

	// Comparisons are the wire names of those that were asked for: CompareFaceID with
	// comparison_type=1, a CompareRef for each image_ref. Default: any one will do.
	Comparisons []string

	// Will says that spoken answers were asked for (procedure_type=will, CN). Default
	// false.
	Will bool

	// SameName reports whether the name that came back is the one asked for. Default
	// nil: the person was to give it. Not called without idcard_info, which does not
	// come with idcard_mode=0: the vendor then compared what you sent.
	SameName func(handlers.Private) bool

	// SameIDNumber is as SameName, for the ID number. Default nil.
	SameIDNumber func(handlers.Private) bool
}

// Validate reports a Rate, Comparisons or Verdicts that does not exist. Judge fails
// closed on such a Policy; Validate says so at start-up.
func (p Policy) Validate() error {
	if !slices.Contains(rates(), p.rate()) {
		return fmt.Errorf("megvii: Policy.Rate %q is none of the vendor's rates", p.Rate)
	}
	for i, name := range p.Comparisons {
		if slices.Contains(p.Comparisons[:i], name) {
			return fmt.Errorf("megvii: Policy.Comparisons: %q is named twice", name)
		}
		if !slices.ContainsFunc((&VerifyResult{}).allComparisons(), func(c namedComparison) bool { return c.name == name }) {
			return fmt.Errorf("megvii: Policy.Comparisons: no comparison is named %q", name)
		}
	}
	for reason, verdict := range p.Verdicts {
		if _, isRule := defaultVerdict(reason); !isRule {
			return fmt.Errorf("megvii: Policy.Verdicts: no rule has the reason %q", reason)
		}
		if verdict != handlers.Failed && verdict != handlers.Review && verdict != handlers.Passed {
			return fmt.Errorf("megvii: Policy.Verdicts: %q cannot be %q", reason, verdict)
		}
	}
	return nil
}

// rate is Rate or its default.
func (p Policy) rate() string { return cmp.Or(p.Rate, Rate4) }

// verdict is what a broken rule leads to. Verdicts that are none of the three are
// read as Failed.
func (p Policy) verdict(reason handlers.Reason) handlers.Verdict {
	verdict, _ := defaultVerdict(reason)
	if changed, ok := p.Verdicts[reason]; ok {
		verdict = changed
	}
	if verdict == handlers.Passed || verdict == handlers.Review {
		return verdict
	}
	return handlers.Failed
}

// Judge applies the policy to an authentic result. It is pure. OK goes through the
// rules; all that were broken are named, those that fail the check first. Any other
// status decides alone, whatever else the result holds: NOT_STARTED and PROCESSING
// are pending, FAILED failed, CANCELLED cancelled, TIMEOUT expired,
// WEBRTC_UNSUPPORTED unsupported, and what this version does not know is review.
func (p Policy) Judge(r *Result, asked Asked) handlers.Judgement {
	if r == nil {
		return single(handlers.Review, handlers.ReasonUnknownStatus)
	}
	switch r.Status {
	case StatusOK:
		return p.judgeOK(r, asked)
	case StatusNotStarted, StatusProcessing:
		return handlers.Judgement{Verdict: handlers.Pending}
	case StatusFailed:
		return single(handlers.Failed, ReasonFlowFailed)
	case StatusCancelled:
		return single(handlers.Cancelled, ReasonCancelled)
	case StatusTimeout:
		return single(handlers.Expired, ReasonTimeout)
	case StatusWebRTCUnsupported:
		return single(handlers.Unsupported, webRTCReason(r.FailReason))
	default:
		return single(handlers.Review, handlers.ReasonUnknownStatus)
	}
}

func single(verdict handlers.Verdict, reason handlers.Reason) handlers.Judgement {
	return handlers.Judgement{Verdict: verdict, Reasons: []handlers.Reason{reason}}
}

func webRTCReason(failReason string) handlers.Reason {
	switch failReason {
	case FailReasonNetwork:
		return ReasonWebRTCNetworkError
	case FailReasonPermissions:
		return ReasonWebRTCPermissionsError
	case FailReasonSupport:
		return ReasonWebRTCSupportError
	default:
		return ReasonWebRTCUnsupported
	}
}

// judgeOK applies every rule to a page that ended normally.
func (p Policy) judgeOK(r *Result, asked Asked) handlers.Judgement {
	var broken []handlers.Reason
	broken = append(broken, brokenLiveness(r.Liveness)...)
	broken = append(broken, p.brokenVerify(r.Verify, asked)...)
	broken = append(broken, brokenWill(r.Will, asked.Will)...)
	broken = append(broken, brokenIdentity(r.IDCard, asked)...)
	broken = append(broken, flagged(r)...)

	judgement := handlers.Judgement{Verdict: handlers.Passed, ScoreBucket: scoreBucket(p.judged(r.Verify))}
	for _, verdict := range []handlers.Verdict{handlers.Failed, handlers.Review} {
		for _, reason := range broken {
			if p.verdict(reason) != verdict || slices.Contains(judgement.Reasons, reason) {
				continue
			}
			judgement.Reasons = append(judgement.Reasons, reason)
			if judgement.Verdict == handlers.Passed {
				judgement.Verdict = verdict
			}
		}
	}
	return judgement
}
