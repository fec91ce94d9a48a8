package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// errFault holds what no answer, event or log may show.
var errFault = errors.New("canary-store-fault")

// counting is a store that counts its calls and fails some of them. lost says that
// a write which fails has happened all the same: only its answer was lost.
type counting struct {
	store.Store
	lost bool

	mu    sync.Mutex
	calls int
	from  int // the first call that fails, counted from 1; 0: none
	to    int // the last one
}

// next counts a call and says whether it fails.
func (c *counting) next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	return c.from > 0 && c.calls >= c.from && c.calls <= c.to
}

// fail makes calls fail from the n-th after now on, for as many as given.
func (c *counting) fail(n, many int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.to = c.calls+n, c.calls+n+many-1
}

// heal ends the faults.
func (c *counting) heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = 0
}

// count is how many calls there were.
func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// reached reports whether a call has failed since.
func (c *counting) reached() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls >= c.from
}

func (c *counting) Get(ctx context.Context, key string) (store.Record, error) {
	if c.next() {
		return store.Record{}, errFault
	}
	return c.Store.Get(ctx, key)
}

func (c *counting) Put(ctx context.Context, rec store.Record) (int64, error) {
	if c.next() {
		if c.lost {
			_, _ = c.Store.Put(ctx, rec)
		}
		return 0, errFault
	}
	return c.Store.Put(ctx, rec)
}

func (c *counting) Delete(ctx context.Context, key string, version int64) error {
	if c.next() {
		if c.lost {
			_ = c.Store.Delete(ctx, key, version)
		}
		return errFault
	}
	return c.Store.Delete(ctx, key, version)
}

func (c *counting) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if c.next() {
		return nil, errFault
	}
	return c.Store.Due(ctx, before, limit)
}

// onFaultyStore makes an app on a counting store.
func onFaultyStore(t *testing.T, lost bool, change ...func(*handlers.Options)) (*app, *counting) {
	c := &counting{Store: store.NewMemory(), lost: lost}
	a := newApp(t, append([]func(*handlers.Options){func(o *handlers.Options) {
		o.Store, o.Keys = c, []store.Key{testKey(t)}
	}}, change...)...)
	return a, c
}

// flow is a way through the kit during which the store fails. It returns the
// verdict that must be known and delivered in the end, or "" if nothing was begun
// or acknowledged that binds anyone.
type flow struct {
	images bool
	run    func(a *app, faults *counting, n, many int) (id string, verdict handlers.Verdict)
}

func flows() map[string]flow {
	return map[string]flow{
		"start": {run: func(a *app, faults *counting, n, many int) (string, handlers.Verdict) {
			faults.fail(n, many)
			w := a.do(post("/face/start", nil))
			if len(a.vendor.begun) == 0 {
				assert.Equal(a.t, http.StatusServiceUnavailable, w.Code)
				return "", ""
			}
			id := a.vendor.begun[0].Session
			synctest.Wait()
			faults.heal()
			// The vendor has opened it, so its notice must be at home here.
			assert.Equal(a.t, http.StatusOK, a.notify(says(id, "passed")).Code)
			return id, handlers.Passed
		}},
		"notify and delivery": {run: func(a *app, faults *counting, n, many int) (string, handlers.Verdict) {
			id := a.start()
			faults.fail(n, many)
			w := a.notify(says(id, "failed"))
			for w.Code != http.StatusOK {
				assert.Equal(a.t, http.StatusServiceUnavailable, w.Code)
				assert.Equal(a.t, "30", w.Header().Get("Retry-After"))
				assert.NotContains(a.t, w.Body.String(), "canary")
				time.Sleep(time.Second)
				w = a.notify(says(id, "failed"))
			}
			return id, handlers.Failed
		}},
		"notify with pictures": {images: true, run: func(a *app, faults *counting, n, many int) (string, handlers.Verdict) {
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Detail: "passed", Images: []handlers.Image{
					{Name: "image_best", Data: handlers.HideBytes([]byte("jpeg"))}}}, nil
			}
			id := a.start()
			form := says(id, "passed")
			form.Set("images", "yes")
			faults.fail(n, many)
			for a.notify(form).Code != http.StatusOK {
				time.Sleep(time.Second)
			}
			return id, handlers.Passed
		}},
		"finish": {run: func(a *app, faults *counting, n, many int) (string, handlers.Verdict) {
			a.vendor.answer("cancelled")
			id := a.start()
			faults.fail(n, many)
			a.get("/face/finish?session=" + id)
			return id, handlers.Cancelled
		}},
		"reconcile": {run: func(a *app, faults *counting, n, many int) (string, handlers.Verdict) {
			a.vendor.answer("passed")
			id := a.start()
			time.Sleep(70 * time.Minute)
			faults.fail(n, many)
			return id, handlers.Passed
		}},
	}
}

func TestStoreFaults(t *testing.T) {
	for name, f := range flows() {
		for _, fault := range []struct {
			name string
			many int
			lost bool
		}{
			{"one call fails", 1, false}, {"one write's answer is lost", 1, true},
			{"seven calls in a row fail", 7, false}, {"seven answers in a row are lost", 7, true},
		} {
			t.Run("cases 115, 116, 119: "+name+": whichever "+fault.name+", all is well in the end", func(t *testing.T) {
				for n, reached := 1, true; reached; n++ {
					require.Less(t, n, 100, "a flow has an end")
					inBubble(t, func(t *testing.T) {
						a, faults := onFaultyStore(t, fault.lost, func(o *handlers.Options) {
							o.Vendor.(*paper).limits.Images = f.images
							o.PollInterval = 10 * time.Second
						})
						id, verdict := f.run(a, faults, n, fault.many)
						synctest.Wait()
						reached = faults.reached()
						stop := a.run()
						time.Sleep(30 * time.Minute)
						if id != "" && a.state(id).Verdict == handlers.Pending {
							time.Sleep(24 * time.Hour) // the reconciler's schedule
						}
						stop()
						effects := map[string]int{}
						for _, r := range a.results() {
							effects[r.Key]++
							assert.Equal(t, verdict, r.Verdict, "no verdict is invented")
						}
						if verdict == "" {
							assert.Empty(t, a.results())
							return
						}
						s := a.state(id)
						at := fmt.Sprintf("call %d", n)
						assert.Equal(t, verdict, s.Verdict, at)
						assert.Contains(t, []handlers.State{handlers.StateDelivered, handlers.StateScrubbed}, s.State, at)
						assert.Equal(t, 1, s.Revision, at)
						assert.LessOrEqual(t, a.saw(handlers.EventRecorded), 1, "what was not stored was not told, "+at)
						assert.Equal(t, map[string]int{id + "-1": 1}, effects, at)
						assert.LessOrEqual(t, s.Queries, 3, at)
						assert.Zero(t, handlers.Waiting(a.kit))
					})
				}
			})
		}
	}
}

func TestStormOfConflicts(t *testing.T) {
	t.Run("case 120: a store that reports conflicts for a while delays, and loses nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			stale := &stormy{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = stale, []store.Key{testKey(t)} })
			id := a.start()
			stale.conflicts(20)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			time.Sleep(time.Minute)
			stale.conflicts(1000)
			w := a.notify(says(id, "failed"))
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, "it gives up and says so")
			stale.conflicts(0)
			defer a.run()()
			time.Sleep(time.Minute)
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("five hundred different notices at once end in one review, after one verdict at most", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			var wait sync.WaitGroup
			for i := range 500 {
				wait.Go(func() {
					verdict := []string{"passed", "failed", "cancelled", "expired"}[i%4]
					assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, a.notify(says(id, verdict)).Code)
				})
			}
			wait.Wait()
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.Review, a.state(id).Verdict)
			assert.Equal(t, 2, a.state(id).Revision)
			keys := map[string]int{}
			for _, r := range a.results() {
				keys[r.Key]++
			}
			assert.Equal(t, 1, keys[id+"-2"])
			assert.LessOrEqual(t, keys[id+"-1"], 1)
		})
	})
}

// stormy answers the next writes with a conflict.
type stormy struct {
	store.Store
	mu   sync.Mutex
	left int
}

// conflicts sets how many writes are to fail.
func (s *stormy) conflicts(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

func (s *stormy) Put(ctx context.Context, rec store.Record) (int64, error) {
	s.mu.Lock()
	s.left--
	conflict := s.left >= 0
	s.mu.Unlock()
	if conflict {
		return 0, store.ErrConflict
	}
	return s.Store.Put(ctx, rec)
}
