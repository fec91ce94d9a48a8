package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// behind is a store that shows no session while it is told to be.
type behind struct {
	store.Store
	hides atomic.Bool
}

func (b *behind) Get(ctx context.Context, key string) (store.Record, error) {
	if b.hides.Load() && strings.HasPrefix(key, "s:") {
		return store.Record{}, store.ErrNotFound
	}
	return b.Store.Get(ctx, key)
}

func TestOrphans(t *testing.T) {
	// lagging makes an app whose store is behind when the notice comes.
	lagging := func(t *testing.T) (*app, *behind) {
		t.Helper()
		lag := &behind{Store: store.NewMemory()}
		a := newApp(t, everyMinute, func(o *handlers.Options) { o.Store, o.Keys = lag, []store.Key{testKey(t)} })
		return a, lag
	}

	t.Run("case 95: an orphan of a session that was never opened, or is decided, is found by Run", func(t *testing.T) {
		for before, want := range map[string]handlers.Verdict{"the start failed": handlers.Passed, "it has failed": handlers.Review} {
			inBubble(t, func(t *testing.T) {
				a, lag := lagging(t)
				if before == "the start failed" {
					a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
						return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
					}
				}
				a.do(post("/face/start", url.Values{}))
				id := a.vendor.begun[0].Session
				if before == "it has failed" {
					require.Equal(t, http.StatusOK, a.notify(says(id, "failed")).Code)
				}
				lag.hides.Store(true)
				require.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
				require.Equal(t, 1, a.saw(handlers.EventOrphan))
				lag.hides.Store(false)
				defer a.run()()
				time.Sleep(5 * time.Minute)
				assert.Equal(t, want, a.state(id).Verdict, before)
				assert.Equal(t, want, a.results()[len(a.results())-1].Verdict, before)
				_, err := lag.Get(t.Context(), "o:"+id)
				assert.ErrorIs(t, err, store.ErrNotFound)
			})
		}
	})

	t.Run("case 96: an orphan that is refused does not stand in the way of the next one", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, lag := lagging(t)
			id := a.start()
			wrong := says(id, "passed")
			wrong.Set("ref", refOf("another"))
			lag.hides.Store(true)
			for _, form := range []url.Values{wrong, says(id, "passed")} {
				require.Equal(t, http.StatusOK, a.notify(form).Code)
			}
			lag.hides.Store(false)
			defer a.run()()
			time.Sleep(5 * time.Minute)
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.Passed, a.results()[0].Verdict)
		})
	})

	t.Run("case 96: an orphan that stays one costs a look from time to time, is reported once, and is gone after a day", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, everyMinute)
			stranger := strings.Repeat("A", 26)
			require.Equal(t, http.StatusOK, a.notify(says(stranger, "passed")).Code)
			defer a.run()()
			time.Sleep(23 * time.Hour)
			rec, err := a.store.Get(t.Context(), "o:"+stranger)
			require.NoError(t, err)
			assert.Less(t, rec.Version, int64(50), "how often it was moved on")
			assert.LessOrEqual(t, rec.TTL, time.Hour, "no look prolongs its life")
			time.Sleep(time.Hour)
			_, err = a.store.Get(t.Context(), "o:"+stranger)
			assert.ErrorIs(t, err, store.ErrNotFound)
			assert.Equal(t, 1, a.saw(handlers.EventOrphan))
			assert.Zero(t, a.saw(handlers.EventOrphanFailed))
		})
	})

	t.Run("case 55: an orphan that turns out to be of another session is reported, and changes nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, lag := lagging(t)
			one, two := a.start("one"), a.start("two")
			mixed := says(one, "passed")
			mixed.Set("ref", refOf(two))
			lag.hides.Store(true)
			require.Equal(t, http.StatusOK, a.notify(mixed).Code)
			lag.hides.Store(false)
			defer a.run()()
			time.Sleep(5 * time.Minute)
			assert.Equal(t, handlers.Pending, a.state(one).Verdict)
			assert.NotZero(t, a.saw(handlers.EventMismatch))
			assert.NotZero(t, a.saw(handlers.EventOrphanFailed))
			assert.Empty(t, a.results())
		})
	})
}
