package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/justinas/alice"
	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/middleware"
)

// chain is every middleware in the order that the package names. That it
// compiles is the test that alice takes each without a conversion.
func chain(g middleware.Guard) alice.Chain {
	return alice.New(
		middleware.PrivateHeaders,
		g.Recover(nil),
		middleware.ReadDeadline(10*time.Second),
		g.Methods("POST"),
		g.NoPrefetch,
		g.PlainBody,
		g.MaxBody(64<<10),
	)
}

func TestTheChainInTheNamedOrder(t *testing.T) {
	t.Parallel()
	h := chain(middleware.Guard{}).ThenFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic(canary)
		}
		echo(w, r)
	})
	for _, c := range []struct {
		name   string
		method string
		path   string
		header string
		value  string
		body   string
		status int
	}{
		{"passes a good request on", "POST", "/", "", "", "data=1", 200},
		{"refuses the wrong method", "GET", "/", "", "", "", 405},
		{"refuses a prefetch", "POST", "/", "Purpose", "prefetch", "", 405},
		{"refuses a coded body", "POST", "/", "Content-Encoding", "gzip", "data", 415},
		{"refuses a body above the cap", "POST", "/", "", "", strings.Repeat("x", 64<<10+1), 413},
		{"answers for a handler that panics", "POST", "/panic", "", "", "data=1", 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			h.ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"), "every answer carries the private headers")
		})
	}
}

func BenchmarkChain(b *testing.B) {
	h := chain(middleware.Guard{}).ThenFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, c := range []struct {
		name, method, encoding string
	}{
		{"passed", "POST", ""},
		{"refused by method", "GET", ""},
		{"refused by encoding", "POST", "gzip"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := httptest.NewRequest(c.method, "/", strings.NewReader("data=1"))
			r.Header.Set("Content-Encoding", c.encoding)
			w := discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}

// discard is a writer that costs little, so that the benchmark shows the chain.
type discard struct{ header http.Header }

func (d discard) Header() http.Header           { return d.header }
func (discard) Write(p []byte) (int, error)     { return len(p), nil }
func (discard) WriteHeader(int)                 {}
func (discard) SetReadDeadline(time.Time) error { return nil }
