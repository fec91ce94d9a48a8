package handlers

import (
	"slices"
	"strconv"
	"time"
)

// session is the one record of a session, as stored. It holds no name, ID number
// or picture. Only (*Kit).change writes it.
type session struct {
	Format int    `json:"v"`
	ID     string `json:"id"`

	Tenant   string         `json:"tenant,omitzero"`
	Subject  string         `json:"subject"`
	Vendor   string         `json:"vendor"`
	Bindings []string       `json:"bindings,omitzero"` // hashes of the browsers that started it
	ReturnTo string         `json:"return_to,omitzero"`
	Consent  *consentRecord `json:"consent,omitzero"`

	State     State     `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	AskUntil  time.Time `json:"ask_until"`  // the end of the vendor's retention
	KeepUntil time.Time `json:"keep_until"` // the end of the record

	Ref     string `json:"ref,omitzero"`
	PageURL string `json:"page_url,omitzero"` // only while a double click may need it
	Memory  []byte `json:"memory,omitzero"`
	Failure Code   `json:"failure,omitzero"` // why the start failed

	Verdicts []revision `json:"verdicts,omitzero"` // the current one is the last
	Heard    []Verdict  `json:"heard,omitzero"`    // each verdict that the vendor stated

	Delivery delivery `json:"delivery,omitzero"`
	Query    query    `json:"query,omitzero"`
	Images   images   `json:"images,omitzero"`

	version int64 // the store's, 0 before the first save
}

// revision is one recorded verdict.
type revision struct {
	Verdict     Verdict   `json:"verdict"`
	Reasons     []Reason  `json:"reasons,omitzero"`
	ScoreBucket string    `json:"score,omitzero"`
	Via         Carrier   `json:"via"`
	At          time.Time `json:"at"`
}

// delivery is the lease under which one worker runs the hook.
type delivery struct {
	Done    int       `json:"done,omitzero"`    // the last delivered revision
	Attempt int       `json:"attempt,omitzero"` // runs for the current revision
	Next    time.Time `json:"next,omitzero"`    // the next run not before; the scrub once delivered; zero once listed as dead
	Owner   string    `json:"owner,omitzero"`   // who holds the lease, or held it last
	Until   time.Time `json:"until,omitzero"`   // zero: nobody holds it
}

// query is the budget and the write-ahead intent of asking the vendor.
type query struct {
	Spent    int       `json:"spent,omitzero"`    // counted before each call is sent
	Failures int       `json:"failures,omitzero"` // in a row, while there is budget to ask again soon
	Last     time.Time `json:"last,omitzero"`
	Next     time.Time `json:"next,omitzero"` // when the reconciler asks
	Owner    string    `json:"owner,omitzero"`
	Until    time.Time `json:"until,omitzero"`
}

// images says whether pictures are to be fetched for the hook.
type images struct {
	Wanted  bool `json:"wanted,omitzero"`
	Settled bool `json:"settled,omitzero"` // fetched, or given up
}

// consentRecord proves what the person agreed to.
type consentRecord struct {
	Version  string    `json:"version"`
	Language string    `json:"language"`
	At       time.Time `json:"at"`
}

// current is the standing revision; the zero one before any verdict.
func (s *session) current() revision {
	if len(s.Verdicts) == 0 {
		return revision{Verdict: Pending}
	}
	return s.Verdicts[len(s.Verdicts)-1]
}

// decided reports whether there is a verdict.
func (s *session) decided() bool { return len(s.Verdicts) > 0 }

// delivered reports whether the hook has succeeded for the current revision.
func (s *session) delivered() bool { return s.decided() && s.Delivery.Done == len(s.Verdicts) }

// heard reports whether the vendor has already stated this verdict.
func (s *session) heard(v Verdict) bool { return slices.Contains(s.Heard, v) }

// due is when somebody must look at the session again; zero: never.
func (s *session) due() time.Time {
	switch s.State {
	case StateCreated, StateStarted, StatePending:
		return later(s.Query.Next, s.Query.Until)
	case StateRecorded, StateDelivered:
		return later(s.Delivery.Next, s.Delivery.Until)
	case StateDead:
		return s.Delivery.Next // a run that never came back holds nothing up any more
	default:
		return time.Time{}
	}
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// view is the session as vendors and hooks see it.
func (s *session) view() Session {
	now := s.current()
	return Session{
		ID: s.ID, Tenant: s.Tenant, Vendor: s.Vendor, Subject: s.Subject,
		Ref: Hide(s.Ref), Memory: slices.Clone(s.Memory), State: s.State,
		Verdict: now.Verdict, Reasons: slices.Clone(now.Reasons), ScoreBucket: now.ScoreBucket,
		Revision: len(s.Verdicts), ReturnTo: s.ReturnTo,
		CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, Queries: s.Query.Spent,
	}
}

// result is what the hook hears about the current revision.
func (s *session) result() Result {
	now := s.current()
	return Result{
		Key:     s.ID + "-" + strconv.Itoa(len(s.Verdicts)),
		Session: s.ID, Tenant: s.Tenant, Subject: s.Subject, Vendor: s.Vendor,
		Verdict: now.Verdict, Reasons: slices.Clone(now.Reasons), ScoreBucket: now.ScoreBucket,
		Revision: len(s.Verdicts), Attempt: s.Delivery.Attempt, Via: now.Via,
		StartedAt: s.CreatedAt, RecordedAt: now.At,
	}
}

// scrub leaves only the outcome.
func (s *session) scrub() {
	s.State = StateScrubbed
	s.Bindings, s.ReturnTo = nil, ""
	s.Ref, s.PageURL, s.Memory = "", "", nil
}

func (s *session) format() int { return s.Format }

// encodeSession writes the stored form.
func encodeSession(s *session) ([]byte, error) {
	s.Format = sessionFormat
	return encodeRecord(s)
}

// decodeSession reads the stored form.
func decodeSession(data []byte) (*session, error) {
	var s session
	if err := decodeRecord(data, sessionFormat, &s); err != nil {
		return nil, err
	}
	if s.ID == "" {
		return nil, &Error{Code: CodeInternal, Err: errUnreadable}
	}
	return &s, nil
}
