package handlers_test

import (
	"context"
	jsonv1 "encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func TestHealth(t *testing.T) {
	t.Run("a kit that works says so, and leaves nothing behind in the store", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			written := &spy{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = written, []store.Key{testKey(t)} })
			expires := time.Now().Add(time.Hour).UTC()
			a.vendor.ready = handlers.Readiness{TokenExpires: expires}
			h := a.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthOK, h.Status)
			assert.NoError(t, h.Store.Err)
			assert.Equal(t, []handlers.VendorHealth{{Name: "paper", TokenExpires: expires}}, h.Vendors)
			assert.Zero(t, h.OldestDue)
			require.Len(t, written.keys, 1)
			_, err := written.Get(t.Context(), written.keys[0])
			assert.ErrorIs(t, err, store.ErrNotFound)
		})
	})

	t.Run("case 130: an account whose credentials are refused is degraded, and down when there is no other", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			other := newPaper()
			other.name = "other"
			a := newApp(t, func(o *handlers.Options) { o.OtherVendors = []handlers.Vendor{other} })
			a.vendor.broken = &handlers.Error{Code: handlers.CodeVendorMisconfigured}
			h := a.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthDegraded, h.Status)
			require.Len(t, h.Vendors, 2)
			assert.NoError(t, h.Vendors[0].Err)
			assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(h.Vendors[1].Err))
			other.broken = a.vendor.broken
			assert.Equal(t, handlers.HealthDown, a.kit.Health(t.Context()).Status)
			other.broken = nil
			assert.Equal(t, handlers.HealthDegraded, a.kit.Health(t.Context()).Status, "it recovers by itself")
		})
	})

	t.Run("a vendor that does not answer leaves the process in service, for what still comes", func(t *testing.T) {
		a := newApp(t)
		a.vendor.broken = &handlers.Error{Code: handlers.CodeVendorUnavailable}
		assert.Equal(t, handlers.HealthDegraded, a.kit.Health(t.Context()).Status)
	})

	t.Run("case 115: a store that does not answer is down, and up again without a restart", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			broken := &faulty{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = broken, []store.Key{testKey(t)} })
			broken.set(true)
			h := a.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthDown, h.Status)
			assert.Equal(t, handlers.CodeStoreUnavailable, handlers.CodeOf(h.Store.Err))
			broken.set(false)
			assert.Equal(t, handlers.HealthOK, a.kit.Health(t.Context()).Status)
		})
	})

	t.Run("case 120: a store whose reads are behind its writes is down", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) {
				o.Store, o.Keys = stale{store.NewMemory()}, []store.Key{testKey(t)}
			})
			assert.Equal(t, handlers.HealthDown, a.kit.Health(t.Context()).Status)
		})
	})

	t.Run("work that nobody does is told with its age", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.start()
			time.Sleep(65 * time.Minute)
			began := time.Now()
			time.Sleep(time.Hour)
			h := a.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthDegraded, h.Status)
			assert.WithinDuration(t, began, h.OldestDue, 4*time.Minute)
			assert.Equal(t, time.Since(h.OldestDue), h.Lag)
			defer a.run()()
			time.Sleep(time.Minute)
			h = a.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthOK, h.Status)
			assert.Zero(t, h.Lag)
		})
	})
}

// spy notes what is written.
type spy struct {
	store.Store
	keys []string
}

func (s *spy) Put(ctx context.Context, rec store.Record) (int64, error) {
	s.keys = append(s.keys, rec.Key)
	return s.Store.Put(ctx, rec)
}

// stale reads from a replica that has heard of nothing.
type stale struct{ store.Store }

func (s stale) Get(_ context.Context, _ string) (store.Record, error) {
	return store.Record{}, store.ErrNotFound
}

func TestHealthHandler(t *testing.T) {
	get := func(a *app, method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.kit.HealthHandler().ServeHTTP(w, httptest.NewRequest(method, "/healthz", nil))
		return w
	}

	t.Run("it answers with what Health says", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			w := get(a, http.MethodGet)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			var told map[string]any
			require.NoError(t, jsonv1.Unmarshal(w.Body.Bytes(), &told))
			assert.Equal(t, map[string]any{
				"status": "ok", "store": map[string]any{"ok": true}, "lag_seconds": 0.0, "dead_letters": 0.0,
				"vendors": []any{map[string]any{"name": "paper", "ok": true}},
			}, told, "in virtual time the round trip takes none")
			assert.Equal(t, http.StatusOK, get(a, http.MethodHead).Code)
			assert.Equal(t, http.StatusMethodNotAllowed, get(a, http.MethodPost).Code)
		})
	})

	t.Run("case 130: it is 503 when the only account's credentials are refused, and names the code and no cause", func(t *testing.T) {
		a := newApp(t)
		a.vendor.broken = &handlers.Error{Code: handlers.CodeVendorMisconfigured, Err: errors.New("canary-cause")}
		w := get(a, http.MethodGet)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Contains(t, w.Body.String(), `"code":"vendor_misconfigured"`)
		assert.NotContains(t, w.Body.String(), "canary")
	})

	t.Run("a vendor that panics is an error of that vendor", func(t *testing.T) {
		a, b := withBroken(t)
		b.panicIn("Ready")
		w := get(a, http.MethodGet)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Contains(t, w.Body.String(), `"status":"degraded"`)
		assert.Contains(t, w.Body.String(), `"code":"internal"`)
		assert.Equal(t, 1, a.saw(handlers.EventPanic))
	})
}
