package handlers_test

import (
	"context"
	"errors"
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
)

// broken is a vendor that panics where it is told to.
type broken struct {
	*paper
	mu sync.Mutex
	in string
}

func (b *broken) panicIn(method string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.in = method
}

func (b *broken) enter(method string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.in == method {
		panic("canary-in-a-panic")
	}
}

func (b *broken) Check(r handlers.BeginRequest) ([]byte, error) {
	b.enter("Check")
	return b.paper.Check(r)
}

func (b *broken) Begin(ctx context.Context, r handlers.BeginRequest) (handlers.Begun, error) {
	b.enter("Begin")
	return b.paper.Begin(ctx, r)
}

func (b *broken) Parse(cb handlers.Callback) (handlers.Notice, error) {
	b.enter("Parse")
	return b.paper.Parse(cb)
}

func (b *broken) Query(ctx context.Context, s handlers.Session) (handlers.Notice, error) {
	b.enter("Query")
	return b.paper.Query(ctx, s)
}

func (b *broken) Judge(n handlers.Notice, s handlers.Session) handlers.Judgement {
	b.enter("Judge")
	return b.paper.Judge(n, s)
}

func (b *broken) Ready(ctx context.Context) (handlers.Readiness, error) {
	b.enter("Ready")
	return b.paper.Ready(ctx)
}

func (b *broken) Probe(ctx context.Context) (handlers.Probe, error) {
	b.enter("Probe")
	return b.paper.Probe(ctx)
}

func withBroken(t *testing.T) (*app, *broken) {
	var b *broken
	a := newApp(t, func(o *handlers.Options) {
		b = &broken{paper: o.Vendor.(*paper)}
		o.Vendor = b
		o.PollInterval = 10 * time.Second
	})
	return a, b
}

func TestVendorsThatBreak(t *testing.T) {
	t.Run("a panic before the start costs nothing; one in Begin closes the session and takes the attempt back", func(t *testing.T) {
		a, b := withBroken(t)
		for _, method := range []string{"Check", "Begin"} {
			b.panicIn(method)
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			assert.NotContains(t, w.Body.String(), "canary")
		}
		assert.Equal(t, 2, a.saw(handlers.EventPanic))
		assert.Equal(t, 1, a.saw(handlers.EventStartFailed))
		b.panicIn("")
		a.start()
	})

	t.Run("a panic in Parse is answered 500 on notify, an error to Accept, and records nothing", func(t *testing.T) {
		a, b := withBroken(t)
		id := a.start()
		b.panicIn("Parse")
		assert.Equal(t, http.StatusInternalServerError, a.notify(says(id, "passed")).Code)
		_, err := a.kit.Accept(t.Context(), "", handlers.Callback{Carrier: handlers.CarrierNotify, Method: http.MethodPost})
		assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
		assert.Equal(t, handlers.Pending, a.state(id).Verdict)
		b.panicIn("")
		assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
		assert.Equal(t, handlers.Passed, a.state(id).Verdict)
	})

	t.Run("a policy that panics on an authentic notice leaves it to a person, and never passes", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, b := withBroken(t)
			id := a.start()
			b.panicIn("Judge")
			assert.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			synctest.Wait()
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.Review, a.results()[0].Verdict)
			assert.Equal(t, []handlers.Reason{handlers.ReasonNotJudged}, a.results()[0].Reasons)
		})
	})

	t.Run("case 56: a verdict that is none is for a person", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			for _, verdict := range []string{"", "OK", "PASSED", "passed "} {
				a := newApp(t)
				id := a.start()
				assert.Equal(t, http.StatusOK, a.notify(says(id, verdict)).Code)
				assert.Equal(t, handlers.Review, a.state(id).Verdict, verdict)
			}
		})
	})

	t.Run("a Query that panics in the background does not take the process with it, and is tried again", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, b := withBroken(t)
			a.vendor.answer("passed")
			b.panicIn("Query")
			defer a.run()()
			id := a.start()
			time.Sleep(2 * time.Hour)
			assert.Equal(t, 1, a.saw(handlers.EventPanic))
			assert.Equal(t, handlers.Pending, a.state(id).Verdict)
			b.panicIn("")
			time.Sleep(5 * time.Hour)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
			assert.LessOrEqual(t, a.state(id).Queries, 3)
		})
	})

	t.Run("case 137: a Query that hangs past its deadline frees the lease; its late answer still counts, once", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			release := make(chan struct{})
			var asked atomic.Bool
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				if !asked.Swap(true) {
					<-release
				}
				return handlers.Notice{Detail: "passed"}, nil
			}
			id := a.start()
			go a.do(httptest.NewRequest(http.MethodGet, "/face/finish?session="+id, nil))
			synctest.Wait()
			_, err := a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, 1, a.vendor.queries(), "the lease holds")
			time.Sleep(21 * time.Second)
			s, err := a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
			close(release)
			time.Sleep(time.Minute)
			assert.Equal(t, 1, len(a.results()))
			assert.Equal(t, 2, a.state(id).Queries)
		})
	})

	t.Run("case 11: a vendor that opens a page without an address has refused", func(t *testing.T) {
		for _, page := range []string{"", "/do?token=x", "javascript:alert(1)", "https:///do", "not a url\x7f"} {
			a := newApp(t)
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				return handlers.Begun{Ref: handlers.Hide("ref"), PageURL: handlers.Hide(page)}, nil
			}
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusBadGateway, w.Code, page)
			assert.Empty(t, w.Header().Get("Location"))
			assert.Equal(t, handlers.StateStartFailed, a.state(a.vendor.begun[0].Session).State)
		}
	})

	t.Run("case 55: a query's answer about another session is refused, pictures and all", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Vendor.(*paper).limits.Images = true })
			a.vendor.query = func(s handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Session: strings.Repeat("Z", 26), Ref: handlers.Hide("other"), Detail: "passed",
					Images: []handlers.Image{{Name: "x", Data: handlers.HideBytes([]byte("another's face"))}}}, nil
			}
			id := a.start()
			_, err := a.kit.Reconcile(t.Context(), id)
			assert.Equal(t, handlers.CodeMismatch, handlers.CodeOf(err))
			assert.Equal(t, handlers.Pending, a.state(id).Verdict)
			assert.Equal(t, 1, a.saw(handlers.EventMismatch))
			form := says(id, "passed")
			form.Set("images", "yes")
			a.hook = func(_ context.Context, r handlers.Result) error {
				assert.Empty(t, r.Images)
				assert.True(t, r.ImagesMissing)
				return errors.New("again")
			}
			a.notify(form)
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Greater(t, len(a.results()), 2)
			assert.LessOrEqual(t, a.vendor.queries(), 3)
		})
	})

	t.Run("a short outage of the vendor does not use up the budget", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.refuse(handlers.CodeVendorUnavailable) // it may have been counted there
			defer a.run()()
			id := a.start()
			time.Sleep(3 * time.Hour)
			assert.Equal(t, 1, a.vendor.queries())
			a.vendor.answer("passed")
			time.Sleep(4 * time.Hour)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
		})
	})
}
