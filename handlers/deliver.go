package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/facegate/facegate/middleware"
)

// leaseMargin is what a claim lasts beyond the time-out of the work it covers.
const leaseMargin = 5 * time.Second

// maxBackoff is the longest pause between two tries of OnResult.
const maxBackoff = time.Hour

// deliverSoon runs the hook in the background, if there is something to deliver
// and a worker is free. Otherwise Run finds it due.
func (k *Kit) deliverSoon(ctx context.Context, s *session) {
	if s == nil || s.State != StateRecorded {
		return
	}
	id := s.ID
	k.workers.try(context.WithoutCancel(ctx), id, func(ctx context.Context) { k.deliver(ctx, id) })
}

// deliver runs the hook for the session's current revision, once, under a lease.
// The caller holds the session's place among the workers.
func (k *Kit) deliver(ctx context.Context, id string) {
	owner := newID()
	s, err := k.change(ctx, id, func(s *session) error { return k.claim(s, owner) })
	switch {
	case errors.Is(err, errUnchanged):
		return
	case err != nil:
		k.putAside(ctx, id, err)
		return
	case s.State == StateDead:
		k.emit(ctx, s.event(EventDead))
		k.park(ctx, id)
		return
	}
	// Pictures and hook together end before the lease does.
	held := s.Delivery.Until.Sub(k.now())
	working, cancel := context.WithTimeout(ctx, held-leaseMargin/2)
	defer cancel()
	result := s.result()
	result.Images, result.ImagesMissing = k.fetchImages(working, s)
	outcome := working.Err() // the pictures may have taken all the time there was
	if outcome == nil {
		outcome = k.runOnce(working, owner, result)
	}
	k.settle(context.WithoutCancel(ctx), owner, result, outcome)
}

// runOnce runs the hook, in a transaction where the store has them.
func (k *Kit) runOnce(ctx context.Context, owner string, r Result) error {
	if tx, ok := engineOf[transactional](k.opts.Store); ok {
		return k.runInTx(ctx, tx, owner, r)
	}
	return k.runHook(ctx, r)
}

// claim takes the lease for the next run of the hook. A session whose last run
// never came back to say how it ended is parked instead: its hook may be what
// kills the process.
func (k *Kit) claim(s *session, owner string) error {
	now := k.now()
	if s.State != StateRecorded || now.Before(s.Delivery.Until) || now.Before(s.Delivery.Next) {
		return errUnchanged
	}
	if s.Delivery.Attempt >= k.opts.MaxDeliveries {
		s.State, s.Delivery.Next = StateDead, now
		return nil
	}
	s.Delivery.Attempt++
	s.Delivery.Owner = owner
	s.Delivery.Until = now.Add(k.opts.HookTimeout + leaseMargin)
	if s.Images.Wanted && !s.Images.Settled {
		s.Delivery.Until = s.Delivery.Until.Add(k.imagesTime())
	}
	return nil
}

// errPanicked stands for a panic of the hook. Its value is not kept: it may hold
// personal data.
var errPanicked = errors.New("hook panicked")

// runHook calls OnResult with its own deadline and catches its panic.
func (k *Kit) runHook(ctx context.Context, r Result) (err error) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.HookTimeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			k.emit(ctx, Event{Name: EventPanic, Session: r.Session, Vendor: r.Vendor, Tenant: r.Tenant,
				Reason: Reason(middleware.Recovered(value).Type)})
			err = errPanicked
		}
	}()
	return k.opts.OnResult(ctx, r)
}

// settle marks what came of the hook, and insists for as long as the lease may last:
// a success that is not written runs again. A worker whose lease was taken over by
// another changes nothing: the other's outcome counts.
func (k *Kit) settle(ctx context.Context, owner string, r Result, outcome error) {
	var s *session
	var said Event
	began, dead := k.now(), false
	err := insist(ctx, k.opts.HookTimeout+leaseMargin, func(ctx context.Context) (err error) {
		s, err = k.change(ctx, r.Session, func(s *session) error {
			if s.Delivery.Owner != owner {
				said = s.event(EventFenced)
				return errUnchanged
			}
			if s.Delivery.Until.IsZero() {
				// Written already: in the hook's transaction, or by the last try, whose
				// answer was lost.
				said = s.event(EventDeliveryFailed)
				if s.Delivery.Done >= r.Revision {
					said = s.event(EventDelivered)
				}
				return errUnchanged
			}
			dead = s.State == StateDead
			said = k.mark(s, r, outcome)
			return nil
		})
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		said = Event{Name: EventStoreFailed, Session: r.Session, Code: CodeOf(err)}
	}
	said.Verdict, said.Attempt = r.Verdict, r.Attempt
	k.emit(ctx, said)
	switch {
	case said.Name == EventDelivered && s.delivered():
		k.dropImages(ctx, s)
		if dead {
			k.unpark(ctx, r.Session, began)
		}
	case said.Name == EventDead:
		k.park(ctx, r.Session)
	}
}

// mark writes the outcome of a run into the session, gives the lease back and says
// what that means.
func (k *Kit) mark(s *session, r Result, outcome error) Event {
	s.Delivery.Until = time.Time{}
	overtaken := r.Revision < len(s.Verdicts)
	switch {
	case outcome == nil:
		s.Delivery.Done = r.Revision
		if s.delivered() {
			s.State = StateDelivered
			s.Delivery.Next = k.now().Add(k.opts.ScrubAfter)
		}
		return s.event(EventDelivered)
	case overtaken:
		// A newer revision waits; the failed one is not tried again.
	case k.workers.stopping() && errors.Is(outcome, context.Canceled):
		// Handed back by a shutdown: this run does not count.
		s.Delivery.Attempt--
		s.Delivery.Next = k.now()
	case s.Delivery.Attempt >= k.opts.MaxDeliveries:
		s.State, s.Delivery.Next = StateDead, k.now()
		return s.event(EventDead)
	default:
		s.Delivery.Next = k.now().Add(k.backoff(s.Delivery.Attempt))
	}
	return s.event(EventDeliveryFailed)
}

// backoff is the pause after the given number of runs.
func (k *Kit) backoff(attempt int) time.Duration {
	pause := k.opts.Backoff
	for range min(attempt-1, 30) {
		if pause >= maxBackoff/2 {
			return jitter(maxBackoff)
		}
		pause *= 2
	}
	return jitter(pause)
}

// Replay delivers a session again that was parked as dead, by its id, starting
// its tries anew. It does nothing for a session that is already being delivered,
// and refuses one that was: OnResult has heard it.
func (k *Kit) Replay(ctx context.Context, id string) (Session, error) {
	began := k.now()
	s, err := k.change(ctx, id, func(s *session) error {
		switch s.State {
		case StateRecorded:
			return errUnchanged
		case StateDead:
			s.State = StateRecorded
			s.Delivery.Attempt = 0
			s.Delivery.Next = k.now()
			return nil
		default:
			return &Error{Code: CodeMismatch, Reason: "nothing_to_replay"}
		}
	})
	switch {
	case err == nil:
		k.unpark(ctx, id, began)
	case !errors.Is(err, errUnchanged):
		return Session{}, err
	}
	k.deliverSoon(ctx, s)
	return s.view(), nil
}
