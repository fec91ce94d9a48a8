package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestVendorTakenOut(t *testing.T) {
	// move makes the next process know only another account.
	move := func(a *app) {
		other := newPaper()
		other.name = "other"
		a.opts.Vendor = other
		a.restart()
	}

	t.Run("case 164: its open sessions are refused safely and reported, and end without a verdict of ours that says anything", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.answer("passed")
			id := a.start()
			move(a)
			stop := a.run()
			w := httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, post("/face/notify?vendor=paper", says(id, "passed")))
			assert.Equal(t, http.StatusBadRequest, w.Code)
			w = httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, post("/face/notify", says(id, "passed")))
			assert.Equal(t, http.StatusBadRequest, w.Code, "another account's word does not count")
			assert.Equal(t, http.StatusOK, a.get("/face/finish?session="+id).Code)
			assert.Equal(t, http.StatusOK, a.get("/face/status?session="+id).Code)
			_, err := a.kit.Reconcile(t.Context(), id)
			assert.NoError(t, err)
			time.Sleep(2 * time.Hour)
			assert.Equal(t, handlers.Pending, a.state(id).Verdict)
			assert.NotZero(t, a.saw(handlers.EventQueryFailed))
			assert.LessOrEqual(t, a.saw(handlers.EventQueryFailed), 3, "an alarm, not a flood")
			time.Sleep(25 * time.Hour)
			stop()
			assert.Equal(t, handlers.Expired, a.state(id).Verdict)
			assert.Equal(t, 1, len(a.results()))
			assert.Zero(t, a.vendor.queries())
		})
	})

	t.Run("case 164: put back in time, it is asked as if nothing had been", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.answer("passed")
			id := a.start()
			move(a)
			stop := a.run()
			time.Sleep(3 * time.Hour)
			stop()
			a.opts.Vendor = a.vendor
			a.restart()
			defer a.run()()
			time.Sleep(2 * time.Hour)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
		})
	})

	t.Run("case 164: what was recorded before is delivered, without its pictures", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Vendor.(*paper).limits.Images = true })
			var healthy atomic.Bool
			a.hook = func(context.Context, handlers.Result) error {
				if !healthy.Load() {
					return errors.New("no")
				}
				return nil
			}
			a.vendor.refuse(handlers.CodeVendorNotSent)
			id := a.start()
			form := says(id, "passed")
			form.Set("images", "yes")
			a.notify(form)
			synctest.Wait()
			move(a)
			healthy.Store(true)
			defer a.run()()
			time.Sleep(time.Minute)
			require.Len(t, a.results(), 2)
			assert.True(t, a.results()[1].ImagesMissing)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})
}

func TestTenants(t *testing.T) {
	t.Run("case 163: two tenants with the same subject do not share attempts, clicks or sessions", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			tenant := "north"
			a := newApp(t, func(o *handlers.Options) {
				o.MaxAttempts = 1
				o.Prepare = func(*http.Request) (handlers.StartParams, error) {
					return handlers.StartParams{Tenant: tenant}, nil
				}
			})
			north := a.start()
			tenant = "south"
			south := a.start()
			assert.NotEqual(t, north, south, "the same form at the same second is another tenant's click")
			assert.Equal(t, http.StatusTooManyRequests, a.do(post("/face/start", url.Values{"x": {"y"}})).Code)
			a.notify(says(north, "passed"))
			synctest.Wait()
			require.Len(t, a.results(), 1)
			assert.Equal(t, "north", a.results()[0].Tenant)
			assert.Equal(t, handlers.Pending, a.state(south).Verdict)
		})
	})

	t.Run("names that could run into each other are different subjects", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) { o.MaxAttempts = 1 })
		for _, p := range []handlers.BeginParams{
			{Subject: "ab", StartParams: handlers.StartParams{Tenant: ""}},
			{Subject: "b", StartParams: handlers.StartParams{Tenant: "a"}},
			{Subject: "", StartParams: handlers.StartParams{Tenant: "ab"}},
		} {
			_, err := a.kit.Begin(t.Context(), p)
			if p.Subject == "" {
				assert.Equal(t, handlers.CodeNotSignedIn, handlers.CodeOf(err))
				continue
			}
			assert.NoError(t, err)
		}
	})
}
