package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// failing makes the hook fail until the returned function is called.
func (a *app) failing() (mend func()) {
	var mended atomic.Bool
	a.hook = func(context.Context, handlers.Result) error {
		if mended.Load() {
			return nil
		}
		return errors.New("the app's database is away")
	}
	return func() { mended.Store(true) }
}

// dead lists the ids of the dead letters.
func (a *app) dead() []string {
	a.t.Helper()
	letters, err := a.kit.DeadLetters(a.t.Context(), 1000)
	require.NoError(a.t, err)
	var ids []string
	for _, l := range letters {
		assert.Equal(a.t, handlers.StateDead, l.Session.State)
		ids = append(ids, l.Session.ID)
	}
	return ids
}

func TestDeadLetters(t *testing.T) {
	twice := func(o *handlers.Options) { o.MaxDeliveries = 2 }

	t.Run("case 110: a hook that fails too often leaves a dead letter that is listed, counted and replayed", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, twice)
			mend := a.failing()
			defer a.run()()
			var ids []string
			for i := range 3 {
				ids = append(ids, a.start(fmt.Sprint(i)))
				a.notify(says(ids[i], "passed"))
				time.Sleep(time.Minute)
			}
			assert.Equal(t, ids, a.dead(), "oldest first")
			letters, err := a.kit.DeadLetters(t.Context(), 2)
			require.NoError(t, err)
			require.Len(t, letters, 2)
			assert.Equal(t, handlers.Passed, letters[0].Session.Verdict)
			assert.WithinDuration(t, time.Now(), letters[0].Since, 4*time.Minute)
			h := a.kit.Health(t.Context())
			assert.Equal(t, 3, h.DeadLetters)
			assert.Equal(t, handlers.HealthDegraded, h.Status)
			assert.Zero(t, h.Lag, "a dead session is not due")

			mend()
			_, err = a.kit.Replay(t.Context(), ids[1])
			require.NoError(t, err)
			synctest.Wait()
			assert.Equal(t, handlers.StateDelivered, a.state(ids[1]).State)
			assert.Equal(t, []string{ids[0], ids[2]}, a.dead())
			assert.Equal(t, 2, a.kit.Health(t.Context()).DeadLetters)
		})
	})

	t.Run("a session that dies again after its replay is listed again", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, twice)
			a.failing()
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			_, err := a.kit.Replay(t.Context(), id)
			require.NoError(t, err)
			assert.Empty(t, a.dead())
			time.Sleep(time.Minute)
			assert.Equal(t, []string{id}, a.dead())
			assert.Equal(t, 4, len(a.results()))
		})
	})

	t.Run("a revision brings a dead session back, and it leaves the list", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, twice)
			mend := a.failing()
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			mend()
			a.notify(says(id, "failed"))
			time.Sleep(time.Minute)
			assert.Zero(t, a.kit.Health(t.Context()).DeadLetters)
			assert.Empty(t, a.dead())
		})
	})

	t.Run("a process that dies between parking and listing leaves it to the next one", func(t *testing.T) {
		for n := 1; n <= 6; n++ {
			inBubble(t, func(t *testing.T) {
				inner := store.NewMemory()
				cut := &severed{Store: inner}
				a := newApp(t, twice, func(o *handlers.Options) {
					o.Store, o.Keys, o.MaxDeliveries = cut, []store.Key{testKey(t)}, 1
				})
				a.hook = func(context.Context, handlers.Result) error {
					cut.after(n)
					return errors.New("no")
				}
				id := a.start()
				a.notify(says(id, "passed"))
				synctest.Wait()
				a.opts.Store = inner
				a.restart()
				defer a.run()()
				time.Sleep(5 * time.Minute)
				assert.Equal(t, []string{id}, a.dead(), "call %d", n)
				due, err := inner.Due(t.Context(), time.Now(), 10)
				require.NoError(t, err)
				assert.Empty(t, due, "call %d: what is listed waits for nobody", n)
			})
		}
	})

	t.Run("letters go with their sessions", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, twice, everyMinute)
			a.failing()
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(10 * time.Minute)
			require.Equal(t, []string{id}, a.dead())
			time.Sleep(32 * 24 * time.Hour)
			assert.Empty(t, a.dead())
			assert.Zero(t, a.kit.Health(t.Context()).DeadLetters)
		})
	})

	t.Run("a list that a newer version wrote is refused and kept", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, twice)
			a.failing()
			defer a.run()()
			newer := []byte(`{"v":2,"letters":{}}`)
			for part := range handlers.DeadParts {
				_, err := a.store.Put(t.Context(), store.Record{Key: fmt.Sprintf("d:%d", part), Value: newer, TTL: 240 * time.Hour})
				require.NoError(t, err)
			}
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			_, err := a.kit.DeadLetters(t.Context(), 10)
			assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
			assert.NotEqual(t, handlers.HealthDown, a.kit.Health(t.Context()).Status, "the rest of the kit is well")
			assert.Equal(t, handlers.StateDead, a.state(id).State)
			for part := range handlers.DeadParts {
				rec, err := a.store.Get(t.Context(), fmt.Sprintf("d:%d", part))
				require.NoError(t, err)
				assert.Equal(t, newer, rec.Value)
			}
		})
	})
}

// severed answers nothing any more after some more calls.
type severed struct {
	store.Store
	mu   sync.Mutex
	left int
	set  bool
}

func (s *severed) after(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.set = calls, true
}

func (s *severed) cut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left--
	return s.set && s.left < 0
}

func (s *severed) Get(ctx context.Context, key string) (store.Record, error) {
	if s.cut() {
		return store.Record{}, errors.New("gone")
	}
	return s.Store.Get(ctx, key)
}

func (s *severed) Put(ctx context.Context, rec store.Record) (int64, error) {
	if s.cut() {
		return 0, errors.New("gone")
	}
	return s.Store.Put(ctx, rec)
}
