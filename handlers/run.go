package handlers

import (
	"context"
	"errors"
	mathrand "math/rand/v2"
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
// that can be worked on at once. Sessions that hang in this process and those that
// were put aside stay due; they are listed on top of the batch, so that they do not
// hide the others.
func (k *Kit) sweep(ctx context.Context) (more bool, err error) {
	limit := dueBatch + k.workers.occupied() + k.aside.prune(k.now())
	listing, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	keys, err := k.opts.Store.Due(listing, k.now(), limit)
	cancel()
	if err != nil {
		return false, err
	}
	// All processes list the same: in an order of its own each gets in the way of the
	// others less.
	mathrand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	begun := 0
	for _, key := range keys {
		name, work := k.workFor(key)
		if work == nil || k.aside.holds(name) {
			continue
		}
		started, err := k.workers.wait(ctx, name, work)
		if err != nil {
			return false, err
		}
		if started {
			begun++
		}
	}
	return begun >= dueBatch && !k.pace.crowdedAt(k.now()), nil
}

// workFor says what is to be done for a due key, and under which name: a session's id,
// or the key of orphans, which do not stand in their session's way.
func (k *Kit) workFor(key string) (name string, work func(context.Context)) {
	if id, ok := strings.CutPrefix(key, sessionPrefix); ok {
		return id, func(ctx context.Context) { k.look(ctx, id) }
	}
	if id, ok := strings.CutPrefix(key, orphanPrefix); ok {
		return key, func(ctx context.Context) { k.seek(ctx, id) }
	}
	return "", nil
}

// look does the next thing for a due session.
func (k *Kit) look(ctx context.Context, id string) {
	s, err := k.load(ctx, id)
	if err != nil {
		// Unreadable, or the store has trouble with it: the others first.
		k.aside.put(id, k.now().Add(asideFor))
		return
	}
	if s.due().After(k.now()) {
		return // another process was faster
	}
	switch s.State {
	case StateCreated, StateStarted, StatePending:
		s, err = k.chase(ctx, s)
		switch {
		case errors.Is(err, errNoTurn):
			k.lineUp(ctx, s)
		case err != nil:
			k.aside.put(id, k.now().Add(asideFor))
		case s.State == StateRecorded:
			k.deliver(ctx, id)
		}
	case StateRecorded:
		k.deliver(ctx, id)
	case StateDelivered:
		k.scrub(ctx, s)
	case StateDead:
		k.park(ctx, id)
	}
}

// scrub leaves only the outcome of a session that has served.
func (k *Kit) scrub(ctx context.Context, s *session) {
	k.dropImages(ctx, s)
	_, err := k.change(ctx, s.ID, func(s *session) error {
		if s.State != StateDelivered || s.due().After(k.now()) {
			return errUnchanged
		}
		s.scrub()
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		k.putAside(ctx, s.ID, err)
	}
}

// lineUp has a session come again for which there was no turn. One that the vendor
// will soon not know any more does not go to the end of the line.
func (k *Kit) lineUp(ctx context.Context, s *session) {
	rate := k.vendors[s.Vendor].Limits().QueryRate
	if rate == 0 {
		return // somebody else was faster, and has moved it
	}
	now := k.now()
	again := k.pace.of(s.Vendor).lineUp(now, rate)
	if again.After(s.AskUntil.Add(-time.Minute)) {
		again = now.Add(paceAhead)
	}
	_, err := k.change(ctx, s.ID, func(s *session) error {
		if s.decided() || s.due().After(now) {
			return errUnchanged
		}
		s.Query.Next = again
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		k.putAside(ctx, s.ID, err)
	}
}

// chase finds out about a session of which nothing decisive was heard: from an
// orphan, from the vendor, or by the end of the time in which it could be asked.
func (k *Kit) chase(ctx context.Context, s *session) (*session, error) {
	_ = k.adopt(ctx, s.ID)
	if _, known := k.vendors[s.Vendor]; !known {
		e := s.event(EventQueryFailed)
		e.Code, e.Reason = CodeVendorMisconfigured, reasonUnknownVendor
		k.emit(ctx, e)
	}
	s, err := k.ask(ctx, s.ID, forReconciler)
	if !errors.Is(err, errMayNotAsk) {
		return s, err
	}
	s, err = k.change(ctx, s.ID, k.giveUp)
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return s, err
}

// giveUp moves a session on that may not be asked about: to its next look, or to
// its end.
func (k *Kit) giveUp(s *session) error {
	now := k.now()
	switch {
	case s.decided(), now.Before(s.Query.Until):
		return errUnchanged // or being asked about
	case s.State == StateCreated && now.After(s.ExpiresAt):
		s.State, s.Failure = StateStartFailed, CodeVendorUnavailable
	case !now.Before(s.AskUntil):
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
		_ = k.adopt(ctx, id)
		s, err = k.ask(ctx, id, forReconciler)
	}
	k.deliverSoon(ctx, s)
	if err != nil && !errors.Is(err, errMayNotAsk) && !errors.Is(err, errNoTurn) {
		return Session{}, err
	}
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
