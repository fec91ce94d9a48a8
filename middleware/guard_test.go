package middleware_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/middleware"
)

// statusOf is how a handler answers a failed read of the body.
func statusOf(err error) int {
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case tooLarge:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	default:
		return http.StatusBadRequest
	}
}

// refusal is a middleware with a request that it must refuse.
type refusal struct {
	name    string
	wrap    func(http.Handler) http.Handler
	request *http.Request
	status  int
}

func refusals(g middleware.Guard) []refusal {
	headed := func(name, value string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set(name, value)
		return r
	}
	return []refusal{
		{"Methods", g.Methods("GET"), httptest.NewRequest(http.MethodPost, "/", nil), 405},
		{"NoPrefetch", g.NoPrefetch, headed("Sec-Purpose", "prefetch"), 405},
		{"PlainBody", g.PlainBody, headed("Content-Encoding", "gzip"), 415},
		{"MaxBody", g.MaxBody(3), httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abcd")), 413},
	}
}

func TestEveryRefusalIsWrittenByTheGuard(t *testing.T) {
	t.Parallel()
	for _, c := range refusals(middleware.Guard{}) {
		t.Run(c.name+" answers in plain text when Refuse is nil", func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c.wrap(never(t)).ServeHTTP(w, c.request)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, http.StatusText(c.status)+"\n", w.Body.String())
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		})
	}
	own := middleware.Guard{Refuse: func(w http.ResponseWriter, _ *http.Request, status int) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{}`))
	}}
	for _, c := range refusals(own) {
		t.Run(c.name+" leaves the answer to Refuse", func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c.wrap(never(t)).ServeHTTP(w, c.request)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, `{}`, w.Body.String())
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		})
	}
}
