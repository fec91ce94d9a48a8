package handlers_test

import (
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
	"github.com/facegate/facegate/store/storetest"
)

// errFault holds what no answer, event or log may show.
var errFault = errors.New("canary-store-fault")

// onFaultyStore makes an app on a store whose calls can be spoilt.
func onFaultyStore(t *testing.T, change ...func(*handlers.Options)) (*app, *storetest.Faulty) {
	faults := &storetest.Faulty{Base: store.NewMemory()}
	a := newApp(t, append([]func(*handlers.Options){func(o *handlers.Options) {
		o.Store, o.Keys = faults, []store.Key{testKey(t)}
	}}, change...)...)
	return a, faults
}

// flow is a way through the kit during which the store fails. It returns the
// verdict that must be known and delivered in the end, or "" if nothing was begun
// or acknowledged that binds anyone.
type flow struct {
	images bool
	run    func(a *app, faults *storetest.Faulty, fault storetest.Fault) (id string, verdict handlers.Verdict)
}

func flows() map[string]flow {
	return map[string]flow{
		"start": {run: func(a *app, faults *storetest.Faulty, fault storetest.Fault) (string, handlers.Verdict) {
			faults.Break(fault)
			w := a.do(post("/face/start", nil))
			if len(a.vendor.begun) == 0 {
				assert.Equal(a.t, http.StatusServiceUnavailable, w.Code)
				return "", ""
			}
			id := a.vendor.begun[0].Session
			synctest.Wait()
			faults.Mend()
			// The vendor has opened it, so its notice must be at home here.
			assert.Equal(a.t, http.StatusOK, a.notify(says(id, "passed")).Code)
			return id, handlers.Passed
		}},
		"notify and delivery": {run: func(a *app, faults *storetest.Faulty, fault storetest.Fault) (string, handlers.Verdict) {
			id := a.start()
			faults.Break(fault)
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
		"notify with pictures": {images: true, run: func(a *app, faults *storetest.Faulty, fault storetest.Fault) (string, handlers.Verdict) {
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Detail: "passed", Images: []handlers.Image{
					{Name: "image_best", Data: handlers.HideBytes([]byte("jpeg"))}}}, nil
			}
			id := a.start()
			form := says(id, "passed")
			form.Set("images", "yes")
			faults.Break(fault)
			for a.notify(form).Code != http.StatusOK {
				time.Sleep(time.Second)
			}
			return id, handlers.Passed
		}},
		"finish": {run: func(a *app, faults *storetest.Faulty, fault storetest.Fault) (string, handlers.Verdict) {
			a.vendor.answer("cancelled")
			id := a.start()
			faults.Break(fault)
			a.get("/face/finish?session=" + id)
			return id, handlers.Cancelled
		}},
		"reconcile": {run: func(a *app, faults *storetest.Faulty, fault storetest.Fault) (string, handlers.Verdict) {
			a.vendor.answer("passed")
			id := a.start()
			time.Sleep(70 * time.Minute)
			faults.Break(fault)
			return id, handlers.Passed
		}},
	}
}

func TestStoreFaults(t *testing.T) {
	for name, f := range flows() {
		for _, fault := range []struct {
			name string
			storetest.Fault
		}{
			{"one call fails", storetest.Fault{Kind: storetest.Refused}},
			{"one answer is lost", storetest.Fault{Kind: storetest.Lost}},
			{"seven calls in a row fail", storetest.Fault{Kind: storetest.Refused, Calls: 7}},
			{"seven answers in a row are lost", storetest.Fault{Kind: storetest.Lost, Calls: 7}},
			{"one call hangs for good", storetest.Fault{Kind: storetest.Stuck}},
			{"one call takes a second", storetest.Fault{Kind: storetest.Stuck, For: time.Second}},
			{"one answer never comes", storetest.Fault{Kind: storetest.Late}},
		} {
			t.Run("cases 115, 116, 119: "+name+": whichever "+fault.name+", all is well in the end", func(t *testing.T) {
				for n, reached := 1, true; reached; n++ {
					require.Less(t, n, 100, "a flow has an end")
					inBubble(t, func(t *testing.T) {
						a, faults := onFaultyStore(t, func(o *handlers.Options) {
							o.Vendor.(*paper).limits.Images = f.images
							o.PollInterval = 10 * time.Second
						})
						spoil := fault.Fault
						spoil.Nth, spoil.Err = n, errFault
						id, verdict := f.run(a, faults, spoil)
						synctest.Wait()
						reached = faults.Spoilt() > 0
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
			a, faults := onFaultyStore(t)
			conflicts := func(n int) {
				faults.Break(storetest.Fault{Kind: storetest.Refused, Method: "Put", Calls: n, Err: store.ErrConflict})
			}
			id := a.start()
			conflicts(20)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			time.Sleep(time.Minute)
			conflicts(1000)
			w := a.notify(says(id, "failed"))
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, "it gives up and says so")
			faults.Mend()
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
