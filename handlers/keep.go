package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"github.com/facegate/facegate/store"
)

// Keys of the store. Each kind of record has its own first letter.
const (
	sessionPrefix = "s:" // a session, by its id
	subjectPrefix = "u:" // a subject's sessions, by a hash
	orphanPrefix  = "o:" // a sealed notice without a session, by the session's id
	imagesPrefix  = "i:" // sealed pictures until they are delivered, by the session's id
	deadPrefix    = "d:" // a part of the list of dead letters, by a number
	pacePrefix    = "p:" // when an account may be asked next, by its name
	healthPrefix  = "h:" // what Health writes and reads back, by a random id
)

// newID makes a session's id: 130 random bits as 26 characters of A-Z and 2-7.
func newID() string { return rand.Text() }

// validID reports whether id can be one of ours. A stranger's text never becomes
// a key of the store.
func validID(id string) bool {
	if len(id) != 26 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// minTTL keeps a record alive long enough for whoever is at work on it.
const minTTL = time.Minute

// load reads a session. It fails with CodeNotFound, CodeStoreUnavailable or, when
// the record makes no sense, CodeInternal.
func (k *Kit) load(ctx context.Context, id string) (*session, error) {
	if !validID(id) {
		return nil, &Error{Code: CodeNotFound}
	}
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err := k.opts.Store.Get(ctx, sessionPrefix+id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, &Error{Code: CodeNotFound}
	case err != nil:
		return nil, &Error{Code: CodeStoreUnavailable, Err: err}
	}
	s, err := decodeSession(rec.Value)
	if err != nil {
		k.emit(ctx, Event{Name: EventUnreadable, Session: id})
		return nil, err
	}
	s.version = rec.Version
	return s, nil
}

// save writes a session if nobody else did meanwhile, else store.ErrConflict.
func (k *Kit) save(ctx context.Context, s *session) error {
	if !k.reusable(s) {
		s.PageURL = ""
	}
	value, err := encodeSession(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	version, err := k.opts.Store.Put(ctx, store.Record{
		Key: sessionPrefix + s.ID, Value: value, Version: s.version,
		TTL: max(s.KeepUntil.Sub(k.now()), minTTL),
		Due: s.due(),
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		return err
	case err != nil:
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	s.version = version
	k.waiters.ring(s.ID)
	return nil
}

// errUnchanged is what a change function returns to leave the session alone.
var errUnchanged = errors.New("nothing to change")

// maxConflicts is how often change starts over before it gives up.
const maxConflicts = 32

// change moves a session by compare-and-set: it reads, applies fn and writes, and
// starts over when someone else was faster. fn may run several times and must
// decide from the session alone. When fn returns errUnchanged, change returns the
// session as read, and that error.
func (k *Kit) change(ctx context.Context, id string, fn func(*session) error) (*session, error) {
	for try := range maxConflicts {
		s, err := k.load(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := fn(s); err != nil {
			return s, err
		}
		err = k.save(ctx, s)
		if !errors.Is(err, store.ErrConflict) {
			return s, err
		}
		if err := pause(ctx, spread(try)); err != nil {
			return nil, &Error{Code: CodeStoreUnavailable, Err: err}
		}
	}
	return nil, &Error{Code: CodeStoreUnavailable, Err: store.ErrConflict}
}

// Pauses between the tries of insist.
const (
	firstRetryPause = 250 * time.Millisecond
	lastRetryPause  = 4 * time.Second
)

// insist repeats a write that the store does not take, until it does or the limit
// is over: what it writes cannot be had again.
func insist(ctx context.Context, limit time.Duration, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for wait := firstRetryPause; ; wait = min(2*wait, lastRetryPause) {
		err := write(ctx)
		if CodeOf(err) != CodeStoreUnavailable || pause(ctx, wait) != nil {
			return err
		}
	}
}

// spread is a random pause that grows with the tries, to 32 ms at most, so that
// writers of one record do not collide again.
func spread(try int) time.Duration {
	return mathrand.N(time.Millisecond << min(try, 5))
}

// pause waits, or fails when ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
