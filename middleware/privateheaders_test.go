package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/middleware"
)

func TestPrivateHeaders(t *testing.T) {
	t.Parallel()
	want := http.Header{
		"Cache-Control":          {"no-store"},
		"Referrer-Policy":        {"no-referrer"},
		"X-Content-Type-Options": {"nosniff"},
		"X-Frame-Options":        {"DENY"},
	}
	for _, c := range []struct {
		name string
		next http.HandlerFunc
		also func(http.Header)
	}{
		{"case 89: every answer carries them", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, func(http.Header) {}},
		{"case 89: an error carries them", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 404) }, func(h http.Header) {
			h.Set("Content-Type", "text/plain; charset=utf-8")
		}},
		{"the handler may overwrite one", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Frame-Options", "SAMEORIGIN")
			w.WriteHeader(204)
		}, func(h http.Header) { h.Set("X-Frame-Options", "SAMEORIGIN") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			middleware.PrivateHeaders(c.next).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			want := want.Clone()
			c.also(want)
			assert.Equal(t, want, w.Result().Header)
		})
	}
}
