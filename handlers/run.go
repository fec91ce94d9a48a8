package handlers

import (
	"context"
	"errors"
	"strings"
	"time"
)

// dueBatch is how many due records are looked at in one go.
const dueBatch = 128

// Run does what no request does: it delivers again after a failure, asks the
// vendor about people who never came back, closes what has run out and scrubs what
// has served. It returns when ctx ends or after [Kit.Shutdown]. Run it once in
// every process; several at a time on one store are safe. It may be restarted.
func (k *Kit) Run(ctx context.Context) error {
	for {
		more, err := k.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			k.emit(ctx, Event{Name: EventStoreFailed, Code: CodeStoreUnavailable})
		}
		rest := jitter(k.opts.PollInterval)
		if more {
			rest = 0
		}
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-k.closed:
			timer.Stop()
			return nil
		}
	}
}

// sweep hands what is due to the workers, and reports whether there may be more
// that can be worked on at once. Sessions that hang in this process stay due; they
// are listed on top of the batch, so that they do not hide the others.
func (k *Kit) sweep(ctx context.Context) (more bool, err error) {
	limit := dueBatch + k.workers.occupied()
	listing, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	keys, err := k.opts.Store.Due(listing, k.now(), limit)
	cancel()
	if err != nil {
		return false, err
	}
	begun := 0
	for _, key := range keys {
		id, ok := strings.CutPrefix(key, sessionPrefix)
		if !ok {
			continue
		}
		started, err := k.workers.wait(ctx, id, func(ctx context.Context) { k.look(ctx, id) })
		if err != nil {
			return false, err
		}
		if started {
			begun++
		}
	}
	return begun >= dueBatch, nil
}

// look does the next thing for a due session.
func (k *Kit) look(ctx context.Context, id string) {
	s, err := k.load(ctx, id)
	if err != nil {
		return
	}
	switch s.State {
	case StateCreated, StateStarted, StatePending:
		if s, err = k.chase(ctx, s); err == nil && s.State == StateRecorded {
			k.deliver(ctx, id)
		}
	case StateRecorded:
		k.deliver(ctx, id)
	case StateDelivered:
		_, _ = k.change(ctx, id, func(s *session) error {
			if s.State != StateDelivered || s.due(k.opts.ScrubAfter).After(k.now()) {
				return errUnchanged
			}
			s.scrub()
			return nil
		})
	}
}

// chase finds out about a session of which nothing decisive was heard: from an
// orphan, from the vendor, or by the end of the time in which it could be asked.
func (k *Kit) chase(ctx context.Context, s *session) (*session, error) {
	if err := k.adopt(ctx, s.ID); err != nil {
		k.emit(ctx, Event{Name: EventQueryFailed, Session: s.ID, Vendor: s.Vendor, Code: CodeOf(err)})
	}
	s, err := k.ask(ctx, s.ID, forReconciler)
	if !errors.Is(err, errMayNotAsk) {
		return s, err
	}
	return k.change(ctx, s.ID, k.giveUp)
}

// giveUp moves a session on that may not be asked about: to its next look, or to
// its end.
func (k *Kit) giveUp(s *session) error {
	now := k.now()
	limits, known := k.limits(s.Vendor)
	switch {
	case s.decided():
		return nil
	case !known:
		// The vendor's account was taken out of the options: wait for its return.
		s.Query.Next = now.Add(lastQueryBackoff)
	case s.State == StateCreated && now.After(s.CreatedAt.Add(limits.SessionLife)):
		s.State, s.Failure = StateStartFailed, CodeVendorUnavailable
	case !now.Before(s.CreatedAt.Add(limits.Retention)):
		k.decide(s, revision{Verdict: Expired, Reasons: []Reason{ReasonNoStatement}, Via: CarrierNone})
	default:
		s.Query.Next = later(k.nextQuery(s), now.Add(k.opts.PollInterval))
	}
	return nil
}

// Reconcile asks the vendor about one session now, inside its query budget, and
// returns what is known then. A session that is decided, or that may not be asked
// about now, comes back as it is.
func (k *Kit) Reconcile(ctx context.Context, id string) (Session, error) {
	s, err := k.load(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if !s.decided() {
		if err := k.adopt(ctx, id); err != nil {
			return Session{}, err
		}
		s, err = k.ask(ctx, id, forReconciler)
		if err != nil && !errors.Is(err, errMayNotAsk) {
			return Session{}, err
		}
	}
	k.deliverSoon(ctx, s)
	return s.view(), nil
}

// Lookup returns a session by its id, for the app's own pages and tools. It fails
// with CodeNotFound or CodeStoreUnavailable.
func (k *Kit) Lookup(ctx context.Context, id string) (Session, error) {
	s, err := k.load(ctx, id)
	if err != nil {
		return Session{}, err
	}
	return s.view(), nil
}
