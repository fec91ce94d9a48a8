package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func TestNotify(t *testing.T) {
	t.Run("a signed notice is recorded, acknowledged and delivered once", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			w := a.notify(says(id, "passed"))
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			synctest.Wait()
			require.Len(t, a.results(), 1)
			r := a.results()[0]
			assert.Equal(t, id+"-1", r.Key)
			assert.Equal(t, id, r.Session)
			assert.Equal(t, "alice", r.Subject)
			assert.Equal(t, "paper", r.Vendor)
			assert.Equal(t, handlers.Passed, r.Verdict)
			assert.Empty(t, r.Reasons)
			assert.Equal(t, 1, r.Revision)
			assert.Equal(t, 1, r.Attempt)
			assert.Equal(t, handlers.CarrierNotify, r.Via)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("cases 93, 94: the same notice again changes nothing, even a day later", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			for range 3 {
				assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
				synctest.Wait()
			}
			time.Sleep(23 * time.Hour)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
			assert.Equal(t, 1, a.state(id).Revision)
			assert.Equal(t, 3, a.saw(handlers.EventRepeated))
		})
	})

	t.Run("case 94: after the record's life the same notice is an orphan", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(32 * 24 * time.Hour)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
			assert.Equal(t, 1, a.saw(handlers.EventOrphan))
		})
	})

	t.Run("a later conflicting notice is a second revision in review, a third changes nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			for _, verdict := range []string{"passed", "failed", "passed", "cancelled"} {
				assert.Equal(t, http.StatusOK, a.notify(says(id, verdict)).Code)
				synctest.Wait()
			}
			defer a.run()()
			time.Sleep(5 * time.Second)
			results := a.results()
			require.Len(t, results, 2)
			assert.Equal(t, handlers.Review, results[1].Verdict)
			assert.Equal(t, []handlers.Reason{handlers.ReasonConflict}, results[1].Reasons)
			assert.Equal(t, id+"-2", results[1].Key)
			assert.Equal(t, 2, a.state(id).Revision)
		})
	})

	t.Run("case 64: a notice that decides nothing leaves the session pending, and never moves it back", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			assert.Equal(t, http.StatusOK, a.notify(says(id, "pending")).Code)
			synctest.Wait()
			assert.Equal(t, handlers.StatePending, a.state(id).State)
			assert.Empty(t, a.results())
			a.notify(says(id, "failed"))
			a.notify(says(id, "pending"))
			synctest.Wait()
			assert.Equal(t, handlers.Failed, a.state(id).Verdict)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 55: a notice whose ids belong to different sessions is refused and reported", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			one, two := a.start("one"), a.start("two")
			mixed := says(one, "passed")
			mixed.Set("ref", refOf(two))
			w := a.notify(mixed)
			assert.Equal(t, http.StatusBadRequest, w.Code)
			assert.NotContains(t, w.Body.String(), two)
			synctest.Wait()
			assert.Empty(t, a.results())
			assert.Equal(t, handlers.Pending, a.state(one).Verdict)
			assert.Equal(t, 1, a.saw(handlers.EventMismatch))
		})
	})

	t.Run("case 96: a signed notice of an unknown session is acknowledged and kept sealed", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			stranger := strings.Repeat("A", 26)
			for range 2 {
				assert.Equal(t, http.StatusOK, a.notify(says(stranger, "passed")).Code)
			}
			synctest.Wait()
			assert.Empty(t, a.results())
			rec, err := a.store.Get(t.Context(), "o:"+stranger)
			require.NoError(t, err)
			assert.NotContains(t, string(rec.Value), "passed", "sealed")
			time.Sleep(25 * time.Hour)
			_, err = a.store.Get(t.Context(), "o:"+stranger)
			assert.ErrorIs(t, err, store.ErrNotFound)
			assert.Equal(t, http.StatusOK, a.notify(says("order-0001", "passed")).Code, "an id that is never ours")
		})
	})

	t.Run("case 95: a notice that comes before the vendor's answer is saved is matched by our id", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.begin = func(req handlers.BeginRequest) (handlers.Begun, error) {
				assert.Equal(t, http.StatusOK, a.notify(says(req.Session, "passed")).Code)
				return handlers.Begun{Ref: handlers.Hide(refOf(req.Session)),
					PageURL: handlers.Hide("https://paper.example/do?token=t-" + req.Session)}, nil
			}
			id := a.start()
			time.Sleep(time.Second) // the two may have collided
			assert.Equal(t, 1, len(a.results()))
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
		})
	})

	t.Run("case 8: a start whose answer was lost still hears its notice", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
			}
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusBadGateway, w.Code)
			id := a.vendor.begun[0].Session
			assert.Equal(t, handlers.StateStartFailed, a.state(id).State)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("case 115: a store that is down is told to the vendor, and nothing is lost when it is back", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			broken := &faulty{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) {
				o.Store = broken
				o.Keys = []store.Key{testKey(t)}
			})
			id := a.start()
			broken.set(true)
			w := a.notify(says(id, "passed"))
			assert.Equal(t, http.StatusServiceUnavailable, w.Code)
			assert.NotEmpty(t, w.Header().Get("Retry-After"))
			broken.set(false)
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("case 106: a vendor that hangs up does not cancel the hook", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			release := make(chan struct{})
			a.hook = func(ctx context.Context, _ handlers.Result) error {
				<-release
				return ctx.Err()
			}
			ctx, hangUp := context.WithCancel(t.Context())
			w := httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, post("/face/notify", says(id, "passed")).WithContext(ctx))
			assert.Equal(t, http.StatusOK, w.Code)
			hangUp()
			close(release)
			synctest.Wait()
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})
}

func TestNotifyRefusals(t *testing.T) {
	a := newApp(t)
	id := a.start()
	form := "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		method, query, contentType, body string
		header                           http.Header
		status                           int
	}{
		"case 18: GET":                           {http.MethodGet, "", "", "", nil, 405},
		"case 18: PUT":                           {http.MethodPut, "", form, says(id, "passed").Encode(), nil, 405},
		"case 18: OPTIONS":                       {http.MethodOptions, "", "", "", nil, 405},
		"case 25: a compressed body":             {http.MethodPost, "", form, "x", http.Header{"Content-Encoding": {"gzip"}}, 415},
		"case 36: no signature":                  {http.MethodPost, "", form, "session=" + id, nil, 401},
		"case 28: everything in the query":       {http.MethodPost, "?" + says(id, "passed").Encode(), form, "", nil, 401},
		"case 30: a bad escape":                  {http.MethodPost, "", form, "sign=true&x=%zz", nil, 400},
		"two accounts in the query":              {http.MethodPost, "?vendor=paper&vendor=other", form, "sign=true", nil, 400},
		"an unknown account":                     {http.MethodPost, "?vendor=nobody", form, "sign=true", nil, 400},
		"case 21: a body above the cap, by size": {http.MethodPost, "", form, strings.Repeat("x", 300<<10), nil, 413},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/face/notify"+c.query, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.contentType)
			for key, values := range c.header {
				r.Header[key] = values
			}
			w := httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			assert.NotContains(t, w.Body.String(), id)
			if c.status == 405 {
				assert.Equal(t, "POST", w.Header().Get("Allow"))
			}
		})
	}
	assert.Equal(t, handlers.Pending, a.state(id).Verdict)
}

func TestRaces(t *testing.T) {
	t.Run("case 92: notify and return at the same instant, a thousand times, have one effect", func(t *testing.T) {
		for range 1000 {
			inBubble(t, func(t *testing.T) {
				a := newApp(t)
				id := a.start()
				var wait sync.WaitGroup
				for _, endpoint := range []string{"notify", "return"} {
					wait.Go(func() {
						w := httptest.NewRecorder()
						a.kit.Handler().ServeHTTP(w, post("/face/"+endpoint, says(id, "passed")))
						assert.Equal(t, http.StatusOK, w.Code)
					})
				}
				wait.Wait()
				time.Sleep(time.Minute) // also for whoever pauses after a conflict
				assert.Equal(t, 1, len(a.results()))
			})
		}
	})

	t.Run("case 93: a hundred notices over three replicas have one effect", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			kits := []*handlers.Kit{a.kit}
			for range 2 {
				a.restart()
				kits = append(kits, a.kit)
			}
			var wait sync.WaitGroup
			for i := range 100 {
				wait.Go(func() {
					w := httptest.NewRecorder()
					kits[i%3].Handler().ServeHTTP(w, post("/face/notify", says(id, "passed")))
					assert.Equal(t, http.StatusOK, w.Code)
				})
			}
			wait.Wait()
			time.Sleep(time.Minute)
			assert.Equal(t, 1, len(a.results()))
		})
	})
}
