package handlers

// Verdict is how a session ended, after policy. It is never the vendor's own
// status word: a vendor's OK means that its page ended normally, not that the
// person passed.
type Verdict string

// The verdicts. A session without one is Pending.
const (
	// Pending means that nothing is decided yet. OnResult never hears it.
	Pending Verdict = "pending"
	// Passed means that the vendor's authenticated statement met every rule of the
	// policy.
	Passed Verdict = "passed"
	// Failed means that a rule was not met; the reasons name each.
	Failed Verdict = "failed"
	// Review means that a person of yours has to look: the statements conflict, a
	// risk was flagged, or the vendor said something this version does not know.
	Review Verdict = "review"
	// Cancelled means that the person gave up on the vendor's page.
	Cancelled Verdict = "cancelled"
	// Expired means that nobody finished in time, or that the vendor no longer
	// holds the result.
	Expired Verdict = "expired"
	// Unsupported means that the person's browser or device cannot do the check.
	Unsupported Verdict = "unsupported"
)

// known reports whether v is one of the verdicts.
func (v Verdict) known() bool {
	switch v {
	case Pending, Passed, Failed, Review, Cancelled, Expired, Unsupported:
		return true
	default:
		return false
	}
}

// Reason is a machine-readable code beside a verdict, lower case with
// underscores. The vendors' packages list theirs.
type Reason string

// Reasons that the kit itself gives.
const (
	// ReasonConflict: authenticated statements of the vendor contradict each other.
	ReasonConflict Reason = "conflicting_statements"
	// ReasonResultGone: the vendor no longer hands out the result: asked too often,
	// or too late.
	ReasonResultGone Reason = "result_gone"
	// ReasonNoStatement: the vendor's retention ended and it never told us anything.
	ReasonNoStatement Reason = "no_statement"
	// ReasonTrailingBytes: a valid signature stands over a whole document with more
	// bytes behind it. Nobody signs that: it is a length-extension forgery.
	ReasonTrailingBytes Reason = "trailing_bytes"
	// ReasonUnknownStatus: the vendor's status is none that this version knows.
	ReasonUnknownStatus Reason = "unknown_status"
	// ReasonNotJudged: the policy broke on an authentic statement.
	ReasonNotJudged Reason = "not_judged"
	// ReasonIdentityMismatch: the name or ID number that came back is not the one
	// that was asked for.
	ReasonIdentityMismatch Reason = "identity_mismatch"
)

// Judgement is what a policy makes of a notice.
type Judgement struct {
	// Verdict is Pending while the vendor has not finished.
	Verdict Verdict

	// Reasons explain every verdict but Passed; most important first.
	Reasons []Reason

	// ScoreBucket tells roughly how strong a face match was without being a
	// biometric measurement: for Megvii the strictest returned threshold that the
	// score reached, such as "1e-5". Empty when nothing was compared.
	ScoreBucket string
}
