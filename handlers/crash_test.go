package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

// A process that dies is a kit whose store answers nothing any more; the next
// process is a new kit on what the store held then.

func TestCrashes(t *testing.T) {
	for name, images := range map[string]bool{"without pictures": false, "with pictures": true} {
		for _, last := range []storetest.Kind{storetest.Refused, storetest.Lost} {
			t.Run(fmt.Sprintf("cases 107, 108, 140: a crash at any step of a delivery %s (its last calls %s) delays it, with the same key", name, last),
				func(t *testing.T) {
					for n, reached := 1, true; reached; n++ {
						require.Less(t, n, 100)
						inBubble(t, func(t *testing.T) { reached = crashAt(t, n, images, last) })
					}
				})
		}
	}

	t.Run("a hook that kills the process every time is parked as dead, not run for ever", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxDeliveries = 3 })
			never := make(chan struct{})
			a.hook = func(context.Context, handlers.Result) error { <-never; return nil }
			id := a.start()
			a.notify(says(id, "passed"))
			for range 6 { // each process hangs in the hook and is replaced
				a.restart()
				stop := a.run()
				time.Sleep(2 * time.Minute)
				stop()
			}
			assert.Equal(t, 3, len(a.results()))
			assert.Equal(t, handlers.StateDead, a.state(id).State)
			assert.Equal(t, 1, a.saw(handlers.EventDead))
			close(never)
			synctest.Wait()
			assert.Equal(t, handlers.StateDelivered, a.state(id).State, "the last run came back after all")
			assert.Equal(t, 2, a.saw(handlers.EventFenced), "the earlier ones do not count")
		})
	})
}

// crashAt lets the first process die at its n-th store call after the notice came,
// and reports whether it got that far.
func crashAt(t *testing.T, n int, images bool, last storetest.Kind) (reached bool) {
	inner := store.NewMemory()
	first := &storetest.Faulty{Base: inner}
	a := newApp(t, func(o *handlers.Options) {
		o.Store, o.Keys = first, []store.Key{testKey(t)}
		o.Vendor.(*paper).limits.Images = images
		o.PollInterval = 20 * time.Second
	})
	a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
		return handlers.Notice{Detail: "passed", Images: []handlers.Image{
			{Name: "image_best", Data: handlers.HideBytes([]byte("jpeg"))}}}, nil
	}
	id := a.start()
	form := says(id, "passed")
	form.Set("images", "yes")
	first.Break(storetest.Fault{Kind: last, Nth: n, Calls: math.MaxInt})
	acknowledged := a.notify(form).Code == http.StatusOK
	synctest.Wait()
	time.Sleep(2 * time.Minute) // the first process is gone for good
	ran := len(a.results())
	reached = first.Spoilt() > 0

	a.opts.Store = inner
	a.restart()
	if !acknowledged {
		require.Equal(t, http.StatusOK, a.notify(form).Code, "the vendor tries again")
	}
	defer a.run()()
	time.Sleep(5 * time.Minute)

	s, err := a.kit.Lookup(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, handlers.StateDelivered, s.State, n)
	assert.Equal(t, handlers.Passed, s.Verdict, n)
	results := a.results()
	assert.LessOrEqual(t, len(results), 2, "once more at the most, call %d", n)
	assert.LessOrEqual(t, ran, 1, n)
	for _, r := range results {
		assert.Equal(t, id+"-1", r.Key)
		assert.Equal(t, images, len(r.Images) == 1 || r.ImagesMissing, "call %d", n)
	}
	assert.LessOrEqual(t, a.vendor.queries(), 3, n)
	_, err = inner.Get(t.Context(), "i:"+id)
	if err == nil {
		time.Sleep(25 * time.Hour)
		_, err = inner.Get(t.Context(), "i:"+id)
	}
	assert.ErrorIs(t, err, store.ErrNotFound, "pictures do not outlive the scrub, call %d", n)
	return reached
}

func TestRevisionsDuringDelivery(t *testing.T) {
	t.Run("a second revision while the first one's hook fails: the second is delivered, the first not again", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Revision == 1 {
					assert.Equal(t, http.StatusOK, a.notify(says(r.Session, "failed")).Code)
					return errors.New("no")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			require.Len(t, a.results(), 2)
			assert.Equal(t, []string{id + "-1", id + "-2"}, keysOf(a.results()))
			assert.Equal(t, 1, a.results()[1].Attempt, "its tries are its own")
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("a second revision between the hook's success and its mark: both are delivered, in order", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			between := &meddler{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = between, []store.Key{testKey(t)} })
			id := a.start()
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Revision == 1 {
					meddle := func() { assert.Equal(t, http.StatusOK, a.notify(says(id, "failed")).Code) }
					between.before.Store(&meddle)
				}
				return nil
			}
			defer a.run()()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			assert.Equal(t, []string{id + "-1", id + "-2"}, keysOf(a.results()))
			assert.Equal(t, handlers.Review, a.results()[1].Verdict)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, 2, a.saw(handlers.EventDelivered))
			assert.Zero(t, a.saw(handlers.EventFenced))
		})
	})

	t.Run("a revision of a dead session is delivered, and a slow hook of the old one keeps its turn", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxDeliveries = 1 })
			var running atomic.Int32
			a.hook = func(_ context.Context, r handlers.Result) error {
				assert.EqualValues(t, 1, running.Add(1), "one hook at a time")
				defer running.Add(-1)
				time.Sleep(5 * time.Second)
				if r.Revision == 1 {
					return errors.New("no")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(10 * time.Second)
			assert.Equal(t, handlers.StateDead, a.state(id).State)
			a.notify(says(id, "cancelled"))
			time.Sleep(time.Second)
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			assert.Equal(t, []string{id + "-1", id + "-2"}, keysOf(a.results()))
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})
}

func keysOf(results []handlers.Result) []string {
	keys := make([]string, len(results))
	for i, r := range results {
		keys[i] = r.Key
	}
	return keys
}

// meddler does something just before the next write.
type meddler struct {
	store.Store
	before atomic.Pointer[func()]
}

func (m *meddler) Put(ctx context.Context, rec store.Record) (int64, error) {
	if before := m.before.Swap(nil); before != nil {
		(*before)()
	}
	return m.Store.Put(ctx, rec)
}

func TestReplay(t *testing.T) {
	t.Run("case 110: ten replays at once run one hook, and a live session is left alone", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxDeliveries = 1 })
			var healthy atomic.Bool
			a.hook = func(context.Context, handlers.Result) error {
				time.Sleep(time.Second)
				if !healthy.Load() {
					return errors.New("no")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			_, err := a.kit.Replay(t.Context(), id)
			assert.Equal(t, handlers.CodeMismatch, handlers.CodeOf(err), "nothing is decided yet")
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			require.Equal(t, handlers.StateDead, a.state(id).State)
			healthy.Store(true)
			done := make(chan error, 10)
			for range cap(done) {
				go func() {
					_, err := a.kit.Replay(t.Context(), id)
					done <- err
				}()
			}
			for range cap(done) {
				assert.NoError(t, <-done)
			}
			time.Sleep(time.Minute)
			assert.Equal(t, 2, len(a.results()))
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			_, err = a.kit.Replay(t.Context(), "nonsense")
			assert.Equal(t, handlers.CodeNotFound, handlers.CodeOf(err))
		})
	})
}
