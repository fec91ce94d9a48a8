package handlers

import (
	"context"
	"errors"
	"slices"
)

// Accept takes in a request to notify or return that reached the app by other
// means than the kit's handlers: fasthttp, a queue, a gateway. It verifies,
// records and then delivers in the background. vendor names the account; "" is
// [Options.Vendor]; cb says what the request held, and may be as large as a request
// may be. When it returns nil, the sender may be told that all is well: the notice
// is stored. The session is zero when the notice belongs to none here. It fails
// with an [*Error]; [Error.Status] is what the sender is to be answered.
func (k *Kit) Accept(ctx context.Context, vendor string, cb Callback) (Session, error) {
	s, err := k.accept(ctx, vendor, cb)
	if err != nil {
		return Session{}, err
	}
	if s == nil {
		return Session{}, nil
	}
	k.deliverSoon(ctx, s)
	return s.view(), nil
}

// accept verifies and records. It returns no session for an authentic notice that
// is kept as an orphan.
func (k *Kit) accept(ctx context.Context, vendor string, cb Callback) (*session, error) {
	v, notice, err := k.verify(vendor, cb)
	if err != nil {
		return nil, err
	}
	s, err := k.record(ctx, v, notice.Session, notice, cb.Carrier, nil)
	if CodeOf(err) == CodeNotFound {
		return nil, k.keepOrphan(ctx, v, notice, cb)
	}
	return s, err
}

// verify reads a callback and lets only an authentic notice through.
func (k *Kit) verify(vendor string, cb Callback) (Vendor, Notice, error) {
	if int64(len(cb.Body)) > k.opts.MaxBody {
		return nil, Notice{}, &Error{Code: CodeTooLarge}
	}
	if len(cb.RawQuery) > maxQuery || cb.Carrier != CarrierNotify && cb.Carrier != CarrierReturn {
		return nil, Notice{}, &Error{Code: CodeMalformed}
	}
	v, err := k.vendor(vendor)
	if err != nil {
		return nil, Notice{}, err
	}
	notice, err := v.Parse(cb)
	if err != nil {
		return nil, Notice{}, asError(err, CodeMalformed)
	}
	if !notice.Authentic {
		return nil, Notice{}, &Error{Code: CodeBadSignature}
	}
	return v, notice, nil
}

// record judges an authentic notice and stores what it says, together with what
// else the caller has to write, if anything. Every carrier ends here.
func (k *Kit) record(ctx context.Context, v Vendor, id string, n Notice, via Carrier, also func(*session)) (*session, error) {
	var said Event
	began, dead := k.now(), false
	s, err := k.change(ctx, id, func(s *session) error {
		dead = s.State == StateDead
		if err := s.claimed(v, n); err != nil {
			said = s.event(EventMismatch)
			return err
		}
		err := k.hear(v, s, n, via, &said)
		if also != nil {
			also(s)
			return nil
		}
		return err
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	if err == nil || CodeOf(err) == CodeMismatch {
		said.Via = via
		k.emit(ctx, said)
	}
	if err == nil && dead && s.State != StateDead {
		k.unpark(ctx, id, began)
	}
	return s, err
}

// claimed checks that the notice speaks of this session, and learns the vendor's
// id of it if the answer to Begin was lost.
func (s *session) claimed(v Vendor, n Notice) error {
	if s.Vendor != v.Name() {
		return &Error{Code: CodeMismatch, Reason: "other_vendor"}
	}
	if n.Session != "" && n.Session != s.ID {
		return &Error{Code: CodeMismatch, Reason: "other_session"}
	}
	if n.Ref.IsZero() || s.State == StateScrubbed {
		return nil
	}
	if s.Ref == "" {
		s.Ref = n.Ref.Reveal()
	}
	if !n.Ref.Equal(Hide(s.Ref)) {
		return &Error{Code: CodeMismatch, Reason: "other_ref"}
	}
	return nil
}

// hear judges a notice, applies that to the session and says in *said what came of
// it.
func (k *Kit) hear(v Vendor, s *session, n Notice, via Carrier, said *Event) error {
	j := v.Judge(n, s.view())
	*said = s.event(EventPending)
	said.Verdict, said.PreviousSecret = j.Verdict, n.PreviousSecret
	if len(j.Reasons) > 0 {
		said.Reason = j.Reasons[0]
	}
	if j.Verdict == Pending {
		return k.returned(s)
	}
	if s.heard(j.Verdict) || s.State == StateScrubbed {
		// A scrubbed session no longer knows what it asked for: it hears nothing more.
		said.Name = EventRepeated
		return errUnchanged
	}
	next := revision{Verdict: j.Verdict, Reasons: slices.Clone(j.Reasons), ScoreBucket: j.ScoreBucket, Via: via}
	if len(s.Heard) > 0 {
		// Two authentic statements contradict each other: neither is believed.
		next = revision{Verdict: Review, Reasons: []Reason{ReasonConflict}, Via: via}
	}
	s.Heard = append(s.Heard, j.Verdict)
	if n.MoreImages && v.Limits().Images {
		s.Images.Wanted = true
	}
	said.Name = EventRecorded
	if s.decided() {
		said.Name = EventRevised
		if s.current().Verdict == next.Verdict {
			// A third statement changes nothing: the session is in review already.
			said.Name = EventRepeated
			return nil
		}
	}
	k.decide(s, next)
	return nil
}

// returned marks that the vendor has spoken, but not decided.
func (k *Kit) returned(s *session) error {
	switch s.State {
	case StateCreated, StateStartFailed, StateStarted:
		s.State = StatePending
		s.Query.Next = k.nextQuery(s)
		return nil
	default:
		return errUnchanged
	}
}

// decide makes a revision the current one and puts it up for delivery. A hook
// that is running for an older revision keeps its lease until it is done.
func (k *Kit) decide(s *session, next revision) {
	next.At = k.now()
	s.Verdicts = append(s.Verdicts, next)
	s.State = StateRecorded
	s.Delivery.Attempt = 0
	s.Delivery.Next = next.At
}
