package handlers

import (
	"context"
	"errors"
	mathrand "math/rand/v2"
	"time"
)

// asker is on whose behalf the vendor is asked; it decides what may be spent.
type asker int

const (
	forPerson     asker = iota // who came back and waits; leaves the reserve alone
	forReconciler              // nobody waits; may spend everything
	forImages                  // after the verdict; may spend everything
)

// personPause keeps people who reload from spending the budget in one go.
const personPause = 20 * time.Second

// errMayNotAsk says that a query is not allowed now: decided already, another one
// under way, too early, or nothing left to spend.
var errMayNotAsk = errors.New("no query now")

// ask spends one query of the session's budget and records what the vendor says.
// The spending is stored before the call, so that a crash in between cannot
// overdraw it. It returns errMayNotAsk or errNoTurn where nothing was sent.
func (k *Kit) ask(ctx context.Context, id string, who asker) (*session, error) {
	s, err := k.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !k.mayAsk(s, who) {
		return s, errMayNotAsk
	}
	v := k.vendors[s.Vendor]
	owner := newID()
	last := s.Query.Last
	err = k.inTurn(ctx, v, who, func() (err error) {
		s, err = k.intend(ctx, id, owner, who, last)
		return err
	})
	if errors.Is(err, errTurnPassed) {
		err = errors.Join(err, k.unasked(context.WithoutCancel(ctx), id, owner))
	}
	if err != nil {
		return s, err
	}
	// What is paid for is asked and stored even when the asker is gone.
	ctx = context.WithoutCancel(ctx)
	calling, cancel := context.WithTimeout(ctx, k.opts.VendorTimeout)
	defer cancel()
	notice, err := v.Query(calling, s.view())
	if err == nil {
		err = s.claimed(v, notice)
	}
	if err != nil {
		return k.unanswered(ctx, id, owner, err)
	}
	return k.answered(ctx, v, id, owner, who, notice)
}

// intend writes down that one more query is spent, before it is sent. Whoever waited
// for a turn, and finds that somebody else has asked since, leaves it at that.
func (k *Kit) intend(ctx context.Context, id, owner string, who asker, last time.Time) (*session, error) {
	return k.change(ctx, id, func(s *session) error {
		if !k.mayAsk(s, who) {
			return errMayNotAsk
		}
		if !s.Query.Last.Equal(last) {
			return errNoTurn
		}
		now := k.now()
		s.Query.Spent++
		s.Query.Last = now
		s.Query.Owner = owner
		s.Query.Until = now.Add(k.opts.VendorTimeout + leaseMargin)
		if k.vendors[s.Vendor].Limits().QueryRate > 0 {
			// Its turn may be as far off as two slow writes.
			s.Query.Until = s.Query.Until.Add(2 * k.opts.StoreTimeout)
		}
		return nil
	})
}

// unasked takes an intent back whose query was not sent.
func (k *Kit) unasked(ctx context.Context, id, owner string) error {
	_, err := k.change(ctx, id, func(s *session) error {
		if s.Query.Owner != owner {
			return errUnchanged
		}
		s.Query.Spent--
		s.Query.Last, s.Query.Owner, s.Query.Until = time.Time{}, "", time.Time{}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return err
}

// mayAsk is the rule of the budget.
func (k *Kit) mayAsk(s *session, who asker) bool {
	v, known := k.vendors[s.Vendor]
	now := k.now()
	if !known || s.Ref == "" || now.Before(s.Query.Until) || now.After(s.AskUntil) {
		return false
	}
	limits := v.Limits()
	switch who {
	case forImages:
		return s.Query.Spent < limits.Queries
	case forReconciler:
		return !s.decided() && s.Query.Spent < limits.Queries
	default:
		return !s.decided() && s.Query.Spent < limits.Queries-limits.ReservedQueries &&
			!now.Before(s.Query.Last.Add(personPause))
	}
}

// answered stores the vendor's answer: first the pictures, so that the hook finds
// them, then the verdict.
func (k *Kit) answered(ctx context.Context, v Vendor, id, owner string, who asker, n Notice) (*session, error) {
	kept := k.keepImages(ctx, id, n.Images)
	n.Authentic = true
	var s *session
	err := insist(ctx, leaseMargin, func(ctx context.Context) (err error) {
		s, err = k.record(ctx, v, id, n, CarrierQuery, func(s *session) {
			s.Images.Wanted = s.Images.Wanted || kept
			s.Images.Settled = s.Images.Settled || kept || who == forImages
			if s.Query.Owner == owner {
				s.Query.Owner, s.Query.Until, s.Query.Failures = "", time.Time{}, 0
				s.Query.Next = k.nextQuery(s)
			}
		})
		return err
	})
	if err == nil {
		e := s.event(EventQueried)
		e.Verdict = s.current().Verdict
		k.emit(ctx, e)
	}
	return s, err
}

// unanswered stores why the vendor did not answer. A question that the vendor
// never took in is given back to the budget.
func (k *Kit) unanswered(ctx context.Context, id, owner string, cause error) (*session, error) {
	code := CodeOf(cause)
	s, err := k.change(ctx, id, func(s *session) error {
		if s.Query.Owner != owner {
			return errUnchanged
		}
		s.Query.Owner, s.Query.Until = "", time.Time{}
		s.Query.Failures++
		switch code {
		case CodeVendorNotSent, CodeVendorThrottled, CodeVendorMisconfigured:
			s.Query.Spent--
		case CodeResultGone:
			k.closeGone(s)
			return nil
		default:
			if !k.affordable(s) {
				s.Query.Failures = 0
			}
		}
		s.Query.Next = k.nextQuery(s)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return s, err
	}
	e := s.event(EventQueryFailed)
	if code == CodeMismatch {
		e.Name = EventMismatch
	}
	e.Via, e.Code, e.Reason = CarrierQuery, code, reasonOf(cause)
	k.emit(ctx, e)
	return s, cause
}

// affordable reports whether a query that failed may be repeated soon: the budget
// must last for the rest of the vendor's schedule, or a short outage of the vendor
// would use it up.
func (k *Kit) affordable(s *session) bool {
	limits := k.vendors[s.Vendor].Limits()
	scheduled := 0
	for _, after := range limits.QueryAfter {
		if s.CreatedAt.Add(after).After(k.now()) {
			scheduled++
		}
	}
	return limits.Queries-s.Query.Spent > scheduled
}

// closeGone ends a session whose result the vendor no longer hands out. That is
// no statement about the person: within the retention a human looks, after it
// the session has expired.
func (k *Kit) closeGone(s *session) {
	if s.decided() {
		s.Images.Settled = true
		return
	}
	verdict := Review
	if k.now().After(s.AskUntil) {
		verdict = Expired
	}
	k.decide(s, revision{Verdict: verdict, Reasons: []Reason{ReasonResultGone}, Via: CarrierNone})
}

// Back-off between failed queries.
const (
	firstQueryBackoff = 30 * time.Second
	lastQueryBackoff  = time.Hour
)

// nextQuery is when the reconciler looks at an undecided session again: at the
// vendor's schedule, sooner after a failure, and at the end of the retention at
// the latest.
func (k *Kit) nextQuery(s *session) time.Time {
	now := k.now()
	next := s.AskUntil
	v, known := k.vendors[s.Vendor]
	if !known {
		// The account was taken out of the options: wait for its return.
		return earlier(next, now.Add(lastQueryBackoff))
	}
	limits := v.Limits()
	if s.Ref == "" {
		// The vendor cannot be asked. Only its own notice can come, as a rule for as
		// long as its page works.
		if over := s.CreatedAt.Add(limits.SessionLife + k.opts.VendorTimeout); over.After(now) {
			return over
		}
		return next
	}
	if s.Query.Spent >= limits.Queries {
		return next
	}
	if s.Query.Failures > 0 {
		backoff := min(firstQueryBackoff<<min(s.Query.Failures-1, 10), lastQueryBackoff)
		next = now.Add(jitter(backoff))
	}
	for _, after := range limits.QueryAfter {
		if at := s.CreatedAt.Add(after); at.After(now) {
			if at.Before(next) {
				next = at.Add(mathrand.N(max(after/20, 1)))
			}
			break
		}
	}
	return earlier(next, s.AskUntil)
}

// earlier returns the earlier of two moments.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// jitter spreads a pause by a quarter either way.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + mathrand.N(max(d/2, 1))
}

// reasonOf returns the reason of the first [*Error] in err's chain.
func reasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
