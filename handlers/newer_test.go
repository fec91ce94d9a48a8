package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// While a deploy rolls, older processes meet records of a newer one. They must do
// without, say so, and leave every byte where it is. Sessions are in run_test.go, dead
// letters in dead_test.go.
func TestRecordsOfANewerVersion(t *testing.T) {
	newer := []byte(`{"v":2,"what":["nobody","knows","yet"]}`)
	keep := func(t *testing.T, s store.Store, key string) (unchanged func()) {
		t.Helper()
		version, err := s.Put(t.Context(), store.Record{Key: key, Value: newer, TTL: 24 * time.Hour})
		require.NoError(t, err)
		return func() {
			rec, err := s.Get(t.Context(), key)
			require.NoError(t, err)
			assert.Equal(t, newer, rec.Value)
			assert.Equal(t, version, rec.Version)
		}
	}
	// sealed is an app's store as the kit sees it where data is personal.
	sealed := func(t *testing.T, o *handlers.Options) store.Store {
		t.Helper()
		o.Keys = []store.Key{testKey(t)}
		s, err := store.Seal(o.Store, o.Keys...)
		require.NoError(t, err)
		return s
	}

	t.Run("a subject's list: the start is refused, as its cap cannot be known", func(t *testing.T) {
		a := newApp(t)
		unchanged := keep(t, a.store, handlers.SubjectKey("", "alice"))
		w := a.do(post("/face/start", url.Values{}))
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		unchanged()
	})

	t.Run("an orphan: it is reported, and the vendor is asked instead", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var private store.Store
			a := newApp(t, func(o *handlers.Options) { private = sealed(t, o) })
			id := a.start()
			unchanged := keep(t, private, "o:"+id)
			a.vendor.answer("passed")
			s, err := a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
			assert.Equal(t, 1, a.saw(handlers.EventOrphanFailed))
			unchanged()
		})
	})

	t.Run("pictures: they are reported missing, and the verdict is delivered", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var private store.Store
			a := newApp(t, func(o *handlers.Options) {
				private = sealed(t, o)
				o.Vendor.(*paper).limits.Images = true
			})
			id := a.start()
			unchanged := keep(t, private, "i:"+id)
			defer a.run()()
			a.vendor.answer("passed")
			form := says(id, "passed")
			form.Set("images", "yes")
			require.Equal(t, http.StatusOK, a.notify(form).Code)
			time.Sleep(time.Minute)
			require.Len(t, a.results(), 1)
			assert.True(t, a.results()[0].ImagesMissing)
			assert.Empty(t, a.results()[0].Images)
			assert.NotZero(t, a.saw(handlers.EventUnreadable))
			unchanged()
		})
	})

	t.Run("an account's turns: nobody is asked too fast, and notices are still recorded", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Vendor.(*paper).limits.QueryRate = 5 })
			unchanged := keep(t, a.store, "p:paper")
			id := a.start()
			_, err := a.kit.Reconcile(t.Context(), id)
			assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
			assert.Zero(t, a.vendor.queries())
			assert.Equal(t, 1, a.saw(handlers.EventUnreadable))
			require.Equal(t, http.StatusOK, a.notify(says(id, "passed")).Code)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
			unchanged()
		})
	})
}
