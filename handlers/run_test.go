package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// everyMinute makes tests that live through days look less often.
func everyMinute(o *handlers.Options) { o.PollInterval = time.Minute }

func TestReconcile(t *testing.T) {
	t.Run("case 86: a person who never comes back and a notify that never came are found by asking", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.answer("passed")
			defer a.run()()
			id := a.start()
			time.Sleep(64 * time.Minute)
			assert.Zero(t, a.vendor.queries(), "not before the person's time is over")
			time.Sleep(6 * time.Minute)
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.CarrierQuery, a.results()[0].Via)
			assert.Equal(t, 1, a.vendor.queries())
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("the budget is never overdrawn, and the reserve is the reconciler's", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			defer a.run()()
			id := a.start()
			for range 20 {
				a.get("/face/finish?session=" + id)
				time.Sleep(3 * time.Minute)
			}
			assert.Equal(t, 2, a.vendor.queries())
			time.Sleep(25 * time.Hour)
			assert.Equal(t, 3, a.vendor.queries())
			s := a.state(id)
			assert.Equal(t, handlers.Expired, s.Verdict)
			assert.Equal(t, []handlers.Reason{handlers.ReasonNoStatement}, s.Reasons)
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("case 135: a vendor that cannot be reached is asked again and costs nothing while nothing was sent", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.refuse(handlers.CodeVendorNotSent)
			defer a.run()()
			id := a.start()
			time.Sleep(3 * time.Hour)
			assert.Greater(t, a.vendor.queries(), 3)
			assert.Zero(t, a.state(id).Queries)
			a.vendor.answer("failed")
			time.Sleep(2 * time.Hour)
			assert.Equal(t, handlers.Failed, a.state(id).Verdict)
		})
	})

	t.Run("case 140: a result that was taken already is for a human to look at, never failed", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.refuse(handlers.CodeResultGone)
			defer a.run()()
			id := a.start()
			time.Sleep(2 * time.Hour)
			s := a.state(id)
			assert.Equal(t, handlers.Review, s.Verdict)
			assert.Equal(t, []handlers.Reason{handlers.ReasonResultGone}, s.Reasons)
			a.notify(says(id, "passed"))
			time.Sleep(3 * time.Minute)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict, "the vendor's own statement corrects ours")
			assert.Equal(t, 2, a.state(id).Revision)
		})
	})

	t.Run("case 141: after an outage of ours what the vendor still holds is recovered, the rest has expired", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.answer("passed")
			old := a.start("old")
			time.Sleep(13 * time.Hour)
			recent := a.start("recent")
			time.Sleep(12 * time.Hour)
			defer a.run()()
			time.Sleep(3 * time.Minute)
			assert.Equal(t, handlers.Expired, a.state(old).Verdict)
			assert.Equal(t, handlers.Passed, a.state(recent).Verdict)
			assert.Equal(t, 2, len(a.results()))
		})
	})

	t.Run("case 9: a start that died before the vendor answered is closed without a verdict", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			never := make(chan struct{})
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				<-never
				return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
			}
			go a.do(post("/face/start", nil))
			synctest.Wait()
			id := a.vendor.begun[0].Session
			a.restart()
			stop := a.run()
			time.Sleep(2 * time.Hour)
			stop()
			assert.Equal(t, handlers.StateStartFailed, a.state(id).State)
			assert.Empty(t, a.results())
			close(never)
		})
	})

	t.Run("Reconcile asks now and delivers", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			a.vendor.answer("cancelled")
			id := a.start()
			s, err := a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, handlers.Cancelled, s.Verdict)
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
			s, err = a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, 1, a.vendor.queries())
			assert.Equal(t, handlers.StateDelivered, s.State)
			_, err = a.kit.Reconcile(t.Context(), strings.Repeat("A", 26))
			assert.Equal(t, handlers.CodeNotFound, handlers.CodeOf(err))
		})
	})

	t.Run("case 95: an orphan whose session appears is taken up without a query", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			id := a.start()
			rec, err := a.store.Get(t.Context(), "s:"+id)
			require.NoError(t, err)
			require.NoError(t, a.store.Delete(t.Context(), rec.Key, rec.Version)) // a replica that lags behind
			require.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			rec.Version = 0
			_, err = a.store.Put(t.Context(), rec)
			require.NoError(t, err)
			assert.Equal(t, http.StatusSeeOther, a.get("/face/finish?session="+id).Code)
			assert.Zero(t, a.vendor.queries())
			require.Len(t, a.results(), 1)
			_, err = a.store.Get(t.Context(), "o:"+id)
			assert.ErrorIs(t, err, store.ErrNotFound)
		})
	})
}

func TestForgetting(t *testing.T) {
	t.Run("a delivered session is scrubbed after a day and gone after its time", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(25 * time.Hour)
			s := a.state(id)
			assert.Equal(t, handlers.StateScrubbed, s.State)
			assert.Equal(t, handlers.Passed, s.Verdict)
			assert.True(t, s.Ref.IsZero())
			rec, err := a.store.Get(t.Context(), "s:"+id)
			require.NoError(t, err)
			assert.NotContains(t, string(rec.Value), "token=")
			for _, verdict := range []string{"passed", "failed"} {
				assert.Equal(t, http.StatusOK, a.notify(says(id, verdict)).Code)
				assert.Equal(t, handlers.StateScrubbed, a.state(id).State)
				assert.Equal(t, handlers.Passed, a.state(id).Verdict)
			}
			time.Sleep(32 * 24 * time.Hour)
			_, err = a.kit.Lookup(t.Context(), id)
			assert.Equal(t, handlers.CodeNotFound, handlers.CodeOf(err))
		})
	})

	t.Run("case 152: the stored session holds what is documented and nothing personal", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			id := a.start()
			a.notify(says(id, "failed"))
			synctest.Wait()
			rec, err := a.store.Get(t.Context(), "s:"+id)
			require.NoError(t, err)
			names := fieldNames(t, rec.Value)
			assert.Equal(t, []string{"ask_until", "bindings", "created_at", "delivery", "expires_at", "heard", "id", "keep_until", "memory",
				"query", "ref", "return_to", "state", "subject", "v", "vendor", "verdicts"}, names)
		})
	})

	t.Run("case 122: a record that makes no sense is reported, not overwritten and not taken for absent", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			id := a.start()
			rec, err := a.store.Get(t.Context(), "s:"+id)
			require.NoError(t, err)
			for _, value := range []string{"", "null", "{}", `{"v":2,"id":"` + id + `"}`, `{"v":1,"id":"` + id + `"`} {
				rec.Value = []byte(value)
				rec.Version, err = a.store.Put(t.Context(), rec)
				require.NoError(t, err)
				assert.Equal(t, http.StatusInternalServerError, a.notify(says(id, "passed")).Code)
				got, err := a.store.Get(t.Context(), "s:"+id)
				require.NoError(t, err)
				assert.Equal(t, value, string(got.Value))
			}
			assert.NotZero(t, a.saw(handlers.EventUnreadable))
		})
	})
}
