package baidu

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// storeTimeout bounds each call of the store.
const storeTimeout = 3 * time.Second

// access is an access token, which generation it is and when it ends.
type access struct {
	token      handlers.Private
	generation string
	expiresAt  time.Time
}

// tokens hands out access tokens. One record in the store serves a whole fleet:
// whoever finds no usable token in it claims a lease there by compare-and-set and
// fetches one, everybody else waits for the record to change. Within a process
// all waiters share one look at the store.
//
// Times are absolute, by the clocks of the machines: a skew of seconds costs a
// fetch more, never a wrong token.
type tokens struct {
	store store.Store
	key   string
	fetch func(context.Context) (grant, error)
	keep  time.Duration // how long an old generation is kept past its rotation
	lease time.Duration // longer than a fetch takes

	seen    atomic.Pointer[tokenRecord] // the record as last read or written
	flights singleflight.Group
	pause   pause
}

// current returns a usable access token: from memory as a rule. A token that nears
// its end is still handed out while the next one is fetched, and also when that
// fails.
func (t *tokens) current(ctx context.Context) (access, error) {
	now := time.Now()
	if seen := t.seen.Load(); seen != nil && seen.current.good(now) {
		if !seen.current.fresh(now) {
			t.refreshAhead(ctx, now)
		}
		return seen.current.access(), nil
	}
	return t.share(ctx, "")
}

// refreshAhead fetches the next token beside the callers, if it is time to.
func (t *tokens) refreshAhead(ctx context.Context, now time.Time) {
	if !t.pause.beginAhead(now) {
		return
	}
	// Not one of the flights: joining one that is about to land would lose the end.
	go func() {
		defer t.pause.endAhead()
		_, _ = t.bounded(context.WithoutCancel(ctx), "")
	}()
}

// replace returns another token than the refused one. It forgets the refused one
// only if it is still the current one: a token that the caller did not use is
// never thrown away.
func (t *tokens) replace(ctx context.Context, refused string) (access, error) {
	if seen := t.seen.Load(); seen != nil && seen.current.good(time.Now()) && seen.current.id != refused {
		return seen.current.access(), nil
	}
	return t.share(ctx, refused)
}

// share runs obtain once for all callers of this process. It outlives the caller
// who happens to be first.
func (t *tokens) share(ctx context.Context, refused string) (access, error) {
	flight := t.flights.DoChan(refused, func() (any, error) {
		return t.bounded(context.WithoutCancel(ctx), refused)
	})
	select {
	case <-ctx.Done():
		return access{}, &handlers.Error{Code: handlers.CodeVendorNotSent, Err: ctx.Err()}
	case result := <-flight:
		if result.Err != nil {
			return access{}, result.Err
		}
		return result.Val.(access), nil
	}
}

// bounded is obtain with a deadline.
func (t *tokens) bounded(ctx context.Context, refused string) (access, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*t.lease)
	defer cancel()
	return t.obtain(ctx, refused)
}

// obtain returns a usable token that is not the refused one: the stored one if it
// is fresh, else a new one if nobody else is fetching, else what they bring.
func (t *tokens) obtain(ctx context.Context, refused string) (access, error) {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		record, err := t.load(ctx)
		if err != nil {
			return t.fallback(refused, err)
		}
		now := time.Now()
		usable := record.current.good(now) && record.current.id != refused
		leased := record.leased(now, t.lease)
		if usable && (refused != "" || leased || record.current.fresh(now)) {
			return t.adopt(record), nil // if it nears its end, somebody else sees to that
		}
		if !leased {
			got, err := t.claimAndFetch(ctx, record, refused)
			if err != nil && usable {
				return t.adopt(record), nil
			}
			if !errors.Is(err, store.ErrConflict) {
				return got, err
			}
		}
		// Somebody else is at it: look again in a moment.
		if err := sleep(ctx, jittered(wait)); err != nil {
			return access{}, &handlers.Error{Code: handlers.CodeVendorNotSent, Reason: ReasonAccessToken, Err: err}
		}
	}
}

// claimAndFetch takes the lease, asks the vendor and stores the answer. It returns
// store.ErrConflict when the record moved meanwhile.
func (t *tokens) claimAndFetch(ctx context.Context, record *tokenRecord, refused string) (access, error) {
	if err := t.pause.check(time.Now(), refused != ""); err != nil {
		return access{}, err
	}
	claimed := record.claimed(time.Now().Add(t.lease), refused)
	if err := t.save(ctx, claimed); err != nil {
		return access{}, err
	}
	if refused != "" {
		t.pause.refreshed(time.Now())
	}
	got, err := t.ask(ctx)
	now := time.Now()
	if err != nil {
		t.pause.failed(now, err)
		released := *claimed
		released.leaseUntil = time.Time{}
		// If this fails the lease ends by itself.
		_ = t.save(context.WithoutCancel(ctx), &released)
		t.seen.Store(&released)
		return access{}, err
	}
	t.pause.succeeded()
	rotated := claimed.rotated(newGeneration(got, now, t.keep), now, t.keep)
	if err := t.save(ctx, rotated); errors.Is(err, store.ErrConflict) {
		return access{}, err
	}
	// A token that could not be stored still serves this process.
	return t.adopt(rotated), nil
}

// ask fetches a token, and once more after trouble that passes, unless OAuth has
// failed before: then each pause ends with one call. Earlier tokens stay valid, so
// asking twice harms nobody.
func (t *tokens) ask(ctx context.Context) (grant, error) {
	got, err := t.fetch(ctx)
	if err == nil || !passes(err) || !t.pause.first() || sleep(ctx, jittered(firstWait)) != nil {
		return got, err
	}
	return t.fetch(ctx)
}

// newGeneration gives a token its times. It is followed early enough that it
// outlives the results of the sessions that it opened, where its life permits.
func newGeneration(got grant, now time.Time, keep time.Duration) *generation {
	ahead := min(got.life/5, keep+24*time.Hour)
	return &generation{
		id: rand.Text(), token: got.token,
		refreshAt: now.Add(got.life - ahead + mathrand.N(ahead/2+1)),
		expiresAt: now.Add(got.life),
	}
}

// maker returns the token of a generation, for the verify_tokens that it made; ok
// is false when it is no longer known or has expired.
func (t *tokens) maker(ctx context.Context, id string) (token access, ok bool) {
	g := t.seen.Load().find(id)
	if g == nil && id != "" {
		if record, err := t.load(ctx); err == nil {
			t.adopt(record)
			g = record.find(id)
		}
	}
	if !g.good(time.Now()) {
		return access{}, false
	}
	return g.access(), true
}

// isCurrent reports whether token is what current returns, as far as is known
// here.
func (t *tokens) isCurrent(token access) bool {
	seen := t.seen.Load()
	return seen != nil && seen.current != nil && seen.current.id == token.generation
}

// forget drops an older generation that the vendor refused. Failing is harmless:
// the next one who is refused tries again. Under somebody's lease it does nothing:
// whoever fetches could not store the new token in a record that has moved.
func (t *tokens) forget(ctx context.Context, id string) {
	record, err := t.load(ctx)
	if err != nil || record.find(id) == nil || record.find(id) == record.current || record.leased(time.Now(), t.lease) {
		return
	}
	record = record.without(id)
	if t.save(ctx, record) == nil {
		t.adopt(record)
	}
}

// adopt remembers the record and returns its current token.
func (t *tokens) adopt(record *tokenRecord) access {
	t.seen.Store(record)
	if record.current == nil {
		return access{}
	}
	return record.current.access()
}

// fallback serves the token in memory while the store is down.
func (t *tokens) fallback(refused string, cause error) (access, error) {
	if seen := t.seen.Load(); seen != nil && seen.current.good(time.Now()) && seen.current.id != refused {
		return seen.current.access(), nil
	}
	return access{}, cause
}

// load reads the record; an empty one if there is none. An engine's failure is
// never taken for absence, which would send a fleet to the vendor at once.
func (t *tokens) load(ctx context.Context) (*tokenRecord, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stored, err := t.store.Get(ctx, t.key)
	if errors.Is(err, store.ErrNotFound) {
		return &tokenRecord{}, nil
	}
	if err != nil {
		return nil, &handlers.Error{Code: handlers.CodeStoreUnavailable, Err: err}
	}
	record, err := decodeTokens(stored.Value, stored.Version)
	if err != nil {
		return nil, &handlers.Error{Code: handlers.CodeStoreUnavailable, Reason: ReasonTokenRecord, Err: err}
	}
	return record, nil
}

// save writes the record and gives it its new version.
func (t *tokens) save(ctx context.Context, record *tokenRecord) error {
	value, err := record.encode()
	if err != nil {
		return &handlers.Error{Code: handlers.CodeInternal, Err: errTokenRecord}
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	version, err := t.store.Put(ctx, store.Record{Key: t.key, Value: value, Version: record.version, TTL: record.life(time.Now())})
	if errors.Is(err, store.ErrConflict) {
		return err
	}
	if err != nil {
		return &handlers.Error{Code: handlers.CodeStoreUnavailable, Err: err}
	}
	record.version = version
	return nil
}
