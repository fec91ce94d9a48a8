package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
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

func TestAccept(t *testing.T) {
	notify := func(body []byte) handlers.Callback {
		return handlers.Callback{Carrier: handlers.CarrierNotify, Method: http.MethodPost,
			ContentType: "application/x-www-form-urlencoded", Body: body}
	}
	t.Run("what reached the app by other means is recorded and delivered", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			s, err := a.kit.Accept(t.Context(), "paper", notify([]byte(says(id, "passed").Encode())))
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
			s, err = a.kit.Accept(t.Context(), "", notify([]byte(says(strings.Repeat("A", 26), "passed").Encode())))
			assert.NoError(t, err, "an orphan is kept")
			assert.Empty(t, s.ID)
		})
	})

	t.Run("whatever it is given, it answers with an error of ours", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for name, c := range map[string]struct {
			ctx    context.Context
			vendor string
			cb     handlers.Callback
			code   handlers.Code
		}{
			"nothing at all":       {t.Context(), "", handlers.Callback{}, handlers.CodeMalformed},
			"no body":              {t.Context(), "", notify(nil), handlers.CodeBadSignature},
			"a body above the cap": {t.Context(), "", notify(make([]byte, 64<<20)), handlers.CodeTooLarge},
			"a query above the cap": {t.Context(), "", handlers.Callback{Carrier: handlers.CarrierReturn,
				RawQuery: strings.Repeat("x", 9<<10)}, handlers.CodeMalformed},
			"a carrier that is ours alone": {t.Context(), "", handlers.Callback{Carrier: handlers.CarrierQuery,
				Method: http.MethodPost, Body: []byte(says(id, "passed").Encode())}, handlers.CodeMalformed},
			"a GET, which is only a hint": {t.Context(), "", handlers.Callback{Carrier: handlers.CarrierReturn,
				Method: http.MethodGet}, handlers.CodeBadSignature},
			"an unknown account":     {t.Context(), "\x00", notify(nil), handlers.CodeMalformed},
			"a context that is over": {ended, "", notify([]byte(says(id, "passed").Encode())), handlers.CodeStoreUnavailable},
		} {
			_, err := a.kit.Accept(c.ctx, c.vendor, c.cb)
			var e *handlers.Error
			require.ErrorAs(t, err, &e, name)
			assert.Equal(t, c.code, e.Code, name)
		}
		assert.Equal(t, handlers.Pending, a.state(id).Verdict)
	})
}

func TestDueCannotStarve(t *testing.T) {
	t.Run("case 115: a store that reads and does not write keeps Run from being busy, and is told of", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			full := &storetest.Faulty{Base: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) {
				o.Store, o.Keys, o.ScrubAfter = full, []store.Key{testKey(t)}, time.Hour
			})
			for _, id := range a.backlog(300) {
				require.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
				synctest.Wait()
			}
			time.Sleep(2 * time.Hour)
			full.Break(storetest.Fault{Kind: storetest.Refused, Method: "Put", Calls: math.MaxInt})
			defer a.run()()
			before := full.Calls()
			time.Sleep(time.Minute)
			assert.Less(t, full.Calls()-before, 10_000)
			assert.NotZero(t, a.saw(handlers.EventStoreFailed))
		})
	})

	t.Run("case 122: three hundred unreadable records in front do not keep Run from the others, nor busy", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			lists := &storetest.Faulty{Base: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) {
				o.Store, o.Keys = lists, []store.Key{testKey(t)}
			})
			for i := range 300 {
				_, err := lists.Base.Put(t.Context(), store.Record{
					Key: fmt.Sprintf("s:%026d", i), Value: []byte("{"), TTL: time.Hour, Due: time.Now().Add(-time.Hour)})
				require.NoError(t, err)
				bad := strings.NewReplacer("0", "A", "1", "B", "8", "C", "9", "D").Replace(fmt.Sprintf("%026d", i))
				_, err = lists.Base.Put(t.Context(), store.Record{
					Key: "s:" + bad, Value: []byte("{"), TTL: time.Hour, Due: time.Now().Add(-time.Hour)})
				require.NoError(t, err)
			}
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Attempt == 1 {
					return errors.New("again")
				}
				return nil
			}
			id := a.start()
			a.notify(says(id, "passed"))
			before := lists.Calls()
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Less(t, lists.Calls()-before, 6000, "each is looked at now and then")
			assert.Less(t, a.saw(handlers.EventUnreadable), 3000)
		})
	})
}

func TestClock(t *testing.T) {
	t.Run("a clock that steps back delays, and loses and invents nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var step atomic.Int64
			var healthy atomic.Bool
			a := newApp(t, func(o *handlers.Options) {
				o.Now = func() time.Time { return time.Now().Add(time.Duration(step.Load())) }
				o.PollInterval = 10 * time.Second
			})
			a.vendor.answer("passed")
			a.hook = func(context.Context, handlers.Result) error {
				if !healthy.Load() {
					return errors.New("no")
				}
				return nil
			}
			stop := a.run()
			told, silent := a.start("told"), a.start("silent")
			a.notify(says(told, "failed"))
			time.Sleep(time.Minute)
			step.Store(int64(-2 * time.Hour))
			healthy.Store(true)
			time.Sleep(3 * time.Hour)
			step.Store(0)
			time.Sleep(2 * time.Hour)
			stop()
			for id, verdict := range map[string]handlers.Verdict{told: handlers.Failed, silent: handlers.Passed} {
				assert.Equal(t, verdict, a.state(id).Verdict)
				assert.Equal(t, handlers.StateDelivered, a.state(id).State)
				assert.Equal(t, 1, a.state(id).Revision)
			}
			assert.Equal(t, 1, a.vendor.queries())
		})
	})
}

func TestShutdownWhileRunning(t *testing.T) {
	t.Run("case 114: with all workers busy, Run and Shutdown end in time and no claim is lost", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Workers = 2; o.MaxAttempts = 100; o.ReuseWindow = -1 })
			var freed atomic.Bool
			a.hook = func(ctx context.Context, _ handlers.Result) error {
				if !freed.Load() {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}
			for range 50 {
				a.notify(says(a.start(), "passed"))
			}
			done := make(chan error, 1)
			go func() { done <- a.kit.Run(t.Context()) }()
			time.Sleep(5 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			before := time.Now()
			assert.NoError(t, a.kit.Shutdown(ctx))
			assert.NoError(t, <-done)
			assert.LessOrEqual(t, time.Since(before), 4*time.Second)
			assert.Zero(t, a.saw(handlers.EventStoreFailed))
			assert.NoError(t, a.kit.Shutdown(t.Context()), "twice is fine")
			freed.Store(true)
			a.restart()
			defer a.run()()
			time.Sleep(2 * time.Minute)
			assert.Equal(t, 50, a.saw(handlers.EventDelivered))
			for _, r := range a.results() {
				assert.Equal(t, 1, r.Attempt, "what was handed back does not count")
			}
		})
	})
}

func TestGoneClients(t *testing.T) {
	t.Run("waits that end, and clients that go, leave nothing behind", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.hook = func(context.Context, handlers.Result) error { time.Sleep(20 * time.Second); return nil }
			id := a.start()
			get := func(target string, patience time.Duration) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				r := httptest.NewRequest(http.MethodGet, target, nil).WithContext(ctx)
				for _, c := range a.cookies {
					r.AddCookie(c)
				}
				a.kit.Handler().ServeHTTP(httptest.NewRecorder(), r)
			}
			var wait sync.WaitGroup
			before := time.Now()
			for range 200 {
				wait.Go(func() { get("/face/status?session="+id+"&wait=10h", time.Second) })
				wait.Go(func() { get("/face/status?session="+id+"&wait=25s", time.Hour) })
			}
			time.Sleep(500 * time.Millisecond)
			assert.Equal(t, 1, handlers.Waiting(a.kit))
			time.Sleep(time.Second)
			a.notify(says(id, "passed"))
			wait.Wait()
			assert.Less(t, time.Since(before), 2*time.Second, "the verdict wakes everyone")
			for range 50 {
				wait.Go(func() { get("/face/finish?session="+id, 100*time.Millisecond) })
			}
			wait.Wait()
			assert.Zero(t, handlers.Waiting(a.kit))
			time.Sleep(time.Minute)
		})
	})
}

func TestMoreThatPanics(t *testing.T) {
	t.Run("an OnEvent that panics stops nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var log bytes.Buffer
			a := newApp(t, func(o *handlers.Options) {
				o.OnEvent = func(context.Context, handlers.Event) { panic("canary") }
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			id := a.start()
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			time.Sleep(time.Second)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			require.NoError(t, a.kit.Shutdown(t.Context()))
			assert.Contains(t, log.String(), "facegate: panic")
			assert.NotContains(t, log.String(), "canary")
		})
	})

	t.Run("a store that panics in the background does not end the process", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			between := &meddler{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) {
				o.Store, o.Keys = between, []store.Key{testKey(t)}
				told := o.OnEvent
				o.OnEvent = func(ctx context.Context, e handlers.Event) {
					told(ctx, e)
					if e.Name == handlers.EventRecorded { // the next write is the delivery's claim
						fall := func() { panic("canary") }
						between.before.Store(&fall)
					}
				}
			})
			id := a.start()
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			time.Sleep(time.Second)
			assert.Equal(t, 1, a.saw(handlers.EventPanic))
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})
}

func TestIdentifyInTrouble(t *testing.T) {
	t.Run("an app that cannot tell who is there answers so, and not that there is nothing", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		for code, want := range map[handlers.Code][2]int{
			handlers.CodeStoreUnavailable: {503, 503}, handlers.CodeNotSignedIn: {200, 404},
		} {
			a.opts.Identify = func(*http.Request) (string, error) { return "", &handlers.Error{Code: code} }
			a.restart()
			assert.Equal(t, want[0], a.get("/face/finish?session="+id).Code)
			assert.Equal(t, want[1], a.get("/face/status?session="+id).Code)
		}
	})
}

// slowNew takes a while to store a new session.
type slowNew struct{ store.Store }

func (s slowNew) Put(ctx context.Context, rec store.Record) (int64, error) {
	if strings.HasPrefix(rec.Key, "s:") && rec.Version == 0 {
		time.Sleep(700 * time.Millisecond)
	}
	return s.Store.Put(ctx, rec)
}

func TestFasterSecondClick(t *testing.T) {
	t.Run("case 6: a second click that comes before the first one's session is stored waits for it", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = slowNew{store.NewMemory()}, []store.Key{testKey(t)} })
			var wait sync.WaitGroup
			sessions := make([]string, 5)
			for i := range sessions {
				wait.Go(func() {
					started, err := a.kit.Begin(t.Context(), handlers.BeginParams{
						Subject: "alice", StartParams: handlers.StartParams{IdempotencyKey: "click"}})
					assert.NoError(t, err)
					sessions[i] = started.Session
				})
			}
			wait.Wait()
			assert.Len(t, a.vendor.begun, 1)
			for _, s := range sessions {
				assert.Equal(t, sessions[0], s)
			}
		})
	})
}
