package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
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

// forget starts the app's store empty, as a Redis without a disk starts.
func (a *app) forget() {
	a.t.Helper()
	a.opts.Store = store.NewMemory()
	a.store = a.opts.Store
	a.restart()
}

func TestRestore(t *testing.T) {
	t.Run("case 117: a session that the store lost is put back from what the app kept, and the vendor is asked", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			kept := a.state(id)
			a.vendor.answer("passed")
			a.forget()
			defer a.run()()
			_, err := a.kit.Lookup(t.Context(), id)
			require.Equal(t, handlers.CodeNotFound, handlers.CodeOf(err))

			s, err := a.kit.Restore(t.Context(), kept)
			require.NoError(t, err)
			assert.Equal(t, handlers.Pending, s.Verdict)
			assert.Equal(t, kept, s, "all that it was")
			time.Sleep(30 * time.Minute)
			assert.Zero(t, a.vendor.queries(), "the person may still be at the vendor's page")
			time.Sleep(time.Hour)
			assert.Equal(t, 1, a.vendor.queries())
			require.Len(t, a.results(), 1)
			assert.Equal(t, id+"-1", a.results()[0].Key)
			assert.Equal(t, "alice", a.results()[0].Subject)
			assert.Equal(t, 1, a.saw(handlers.EventRestored))
		})
	})

	t.Run("case 96: an orphan is attached to the session that it belongs to, and no query is spent", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			a.forget()
			require.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			require.Equal(t, 1, a.saw(handlers.EventOrphan))
			s, err := a.kit.Restore(t.Context(), handlers.Session{ID: id, Subject: "alice", Tenant: "branch-7"})
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
			assert.Equal(t, refOf(id), s.Ref.Reveal(), "learnt from the notice")
			synctest.Wait()
			require.Len(t, a.results(), 1)
			assert.Equal(t, "branch-7", a.results()[0].Tenant)
			assert.Zero(t, a.vendor.queries())
			_, err = a.store.Get(t.Context(), "o:"+id)
			assert.ErrorIs(t, err, store.ErrNotFound)
		})
	})

	t.Run("case 96: all that was said of it is attached, and what contradicts itself is for a human", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			a.forget()
			for _, says := range []url.Values{says(id, "passed"), says(id, "passed"), says(id, "failed")} {
				require.Equal(t, http.StatusOK, a.notify(says).Code)
			}
			s, err := a.kit.Restore(t.Context(), handlers.Session{ID: id, Subject: "alice"})
			require.NoError(t, err)
			assert.Equal(t, handlers.Review, s.Verdict)
			assert.Equal(t, 2, s.Revision)
		})
	})

	t.Run("I2: notices of a session that is not here are kept, or else not acknowledged", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			a.forget()
			kept := 0
			for i := range 20 {
				form := says(id, "passed")
				form.Set("attempt", strconv.Itoa(i))
				w := a.notify(form)
				if w.Code == http.StatusOK {
					kept++
					continue
				}
				assert.Equal(t, http.StatusServiceUnavailable, w.Code)
			}
			assert.Equal(t, 8, kept)
			s, err := a.kit.Restore(t.Context(), handlers.Session{ID: id, Subject: "alice"})
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
		})
	})

	t.Run("a session is restored once, however many do so at a time, and one that is there stays as it is", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			kept := a.state(id)
			a.forget()
			var restoring sync.WaitGroup
			for range 10 {
				restoring.Go(func() {
					_, err := a.kit.Restore(t.Context(), kept)
					assert.NoError(t, err)
				})
			}
			restoring.Wait()
			assert.Equal(t, 1, a.saw(handlers.EventRestored))
			require.Equal(t, http.StatusOK, a.notify(says(id, "failed")).Code)
			s, err := a.kit.Restore(t.Context(), kept)
			require.NoError(t, err)
			assert.Equal(t, handlers.Failed, s.Verdict)
			for _, other := range []handlers.Session{{ID: id, Subject: "bob"}, {ID: id, Subject: "alice", Tenant: "branch-8"}} {
				_, err := a.kit.Restore(t.Context(), other)
				assert.Equal(t, handlers.CodeMismatch, handlers.CodeOf(err))
			}
			synctest.Wait()
			assert.Len(t, a.results(), 1)
		})
	})

	t.Run("I8: what was spent stays spent", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			id := a.start()
			kept := a.state(id)
			kept.Queries = a.vendor.Limits().Queries - 1
			a.forget()
			_, err := a.kit.Restore(t.Context(), kept)
			require.NoError(t, err)
			defer a.run()()
			time.Sleep(48 * time.Hour)
			assert.Equal(t, 1, a.vendor.queries())
		})
	})

	t.Run("case 167: one that the vendor has forgotten as well is closed, and the app hears why", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			kept := a.state(id)
			time.Sleep(30 * 24 * time.Hour)
			a.forget()
			_, err := a.kit.Restore(t.Context(), kept)
			require.NoError(t, err)
			defer a.run()()
			time.Sleep(time.Minute)
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.Expired, a.results()[0].Verdict)
			assert.Equal(t, []handlers.Reason{handlers.ReasonNoStatement}, a.results()[0].Reasons)
			assert.Zero(t, a.vendor.queries())
		})
	})

	t.Run("a process that dies between the two steps leaves the orphan to Run", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			kept := a.state(id)
			a.forget()
			cut := &severed{Store: a.store, left: 1, set: true}
			a.opts.Store, a.opts.Keys = cut, []store.Key{testKey(t)}
			a.restart()
			kept.ExpiresAt = time.Now()
			_, err := a.kit.Restore(t.Context(), kept)
			require.Equal(t, handlers.CodeStoreUnavailable, handlers.CodeOf(err))
			a.opts.Store = a.store
			a.restart()
			a.vendor.answer("passed")
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Len(t, a.results(), 1)
		})
	})

	t.Run("one that is older than all time limits is kept until the app has heard of it", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute, func(o *handlers.Options) { o.MaxDeliveries = 8 })
			a.hook = func(context.Context, handlers.Result) error { return errors.New("not now") }
			id := a.start()
			kept := a.state(id)
			time.Sleep(40 * 24 * time.Hour)
			a.forget()
			_, err := a.kit.Restore(t.Context(), kept)
			require.NoError(t, err)
			defer a.run()()
			time.Sleep(24 * time.Hour)
			assert.Equal(t, handlers.StateDead, a.state(id).State)
			assert.Equal(t, []string{id}, a.dead())
		})
	})

	t.Run("what makes no sense is named, and nothing is written", func(t *testing.T) {
		id := strings.Repeat("A", 26)
		for reason, lost := range map[handlers.Reason]handlers.Session{
			"bad_id":            {ID: "order-7", Subject: "alice"},
			"no_subject":        {ID: id},
			"unknown_vendor":    {ID: id, Subject: "alice", Vendor: "stone"},
			"created_in_future": {ID: id, Subject: "alice", CreatedAt: time.Now().Add(time.Hour)},
			"redacted_ref":      {ID: id, Subject: "alice", Ref: handlers.Hide(fmt.Sprint(handlers.Hide(refOf(id))))},
			"negative_queries":  {ID: id, Subject: "alice", Queries: -1},
		} {
			a := newApp(t)
			_, err := a.kit.Restore(t.Context(), lost)
			var e *handlers.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, handlers.CodeInvalidInput, e.Code)
			assert.Equal(t, reason, e.Reason)
			_, err = a.kit.Lookup(t.Context(), id)
			assert.Equal(t, handlers.CodeNotFound, handlers.CodeOf(err))
		}
	})
}
