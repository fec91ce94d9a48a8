package baidu

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/store"
)

func TestReady(t *testing.T) {
	t.Run("with a token in memory it costs nothing, and says when that ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDouble()
			counted := &faultyStore{Store: store.NewMemory()}
			v := d.vendor(t, func(c *Config) { c.Tokens = counted })
			began := time.Now()
			first, err := v.Ready(t.Context())
			require.NoError(t, err)
			assert.Equal(t, began.Add(30*24*time.Hour), first.TokenExpires)
			before := counted.calls.Load()
			for range 100 {
				again, err := v.Ready(t.Context())
				require.NoError(t, err)
				assert.Equal(t, first, again)
				time.Sleep(time.Second)
			}
			assert.Equal(t, before, counted.calls.Load())
			assert.Equal(t, 1, d.count(endpointOAuth))
		})
	})

	t.Run("case 130: a wrong key pair is told at once, and OAuth is left alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDouble()
			d.oauthSays(func(int) (int, string, bool) { return 401, sample(t, "03-oauth-bad-secret.json"), true })
			v := d.vendor(t, nil)
			began := time.Now()
			for range 100 {
				_, err := v.Ready(t.Context())
				kit := &handlers.Error{}
				require.ErrorAs(t, err, &kit)
				assert.Equal(t, handlers.CodeVendorMisconfigured, kit.Code)
				assert.Equal(t, ReasonCredentials, kit.Reason)
			}
			assert.Zero(t, time.Since(began))
			assert.Equal(t, 1, d.count(endpointOAuth))

			d.oauthSays(nil)
			time.Sleep(2 * time.Minute)
			_, err := v.Ready(t.Context())
			assert.NoError(t, err, "mended in the console: it recovers by itself")
		})
	})

	t.Run("its errors are those of a query", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			broken := &downStore{Store: store.NewMemory()}
			broken.down.Store(true)
			v := newDouble().vendor(t, func(c *Config) { c.Tokens = broken })
			_, err := v.Ready(t.Context())
			assert.Equal(t, handlers.CodeVendorNotSent, handlers.CodeOf(err), "the store is down")

			d := newDouble()
			line := &handlerstest.Transport{Base: d}
			v = d.vendor(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: line} })
			for kind, code := range map[handlerstest.Kind]handlers.Code{
				handlerstest.Refused: handlers.CodeVendorNotSent, handlerstest.Unavailable: handlers.CodeVendorUnavailable,
				handlerstest.Hung: handlers.CodeVendorUnavailable, handlerstest.Page: handlers.CodeVendorUnavailable,
			} {
				line.Break(handlerstest.Fault{Kind: kind, Calls: math.MaxInt})
				_, err = v.Ready(t.Context())
				assert.Equal(t, code, handlers.CodeOf(err), kind)
				time.Sleep(2 * longestPause)
			}
		})
	})
}

// dated answers as the double, with a header on top.
func dated(d *double, header http.Header, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			d.ServeHTTP(w, r)
			return
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.requests = append(d.requests, r)
	})
}

func TestProbe(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	date := noon.Format(http.TimeFormat)
	for name, tt := range map[string]struct {
		header http.Header
		status int
		date   time.Time
	}{
		"the base URL is there":             {http.Header{"Date": {date}}, 200, noon},
		"it is not, which is as good":       {http.Header{"Date": {date}}, 404, noon},
		"it is refused":                     {http.Header{"Date": {date}}, 403, noon},
		"it fails":                          {http.Header{"Date": {date}}, 502, noon},
		"it leads elsewhere; nobody goes":   {http.Header{"Date": {date}, "Location": {"https://elsewhere.example/"}}, 302, noon},
		"the answer has no date":            {http.Header{}, 404, time.Time{}},
		"the answer comes out of a cache":   {http.Header{"Date": {date}, "Age": {"3600"}}, 200, time.Time{}},
		"the answer's date is not readable": {http.Header{"Date": {"now"}}, 200, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble()
			v := d.vendor(t, func(c *Config) {
				c.HTTPClient = &http.Client{Transport: handlerstest.InProcess(dated(d, tt.header, tt.status))}
			})
			probe, err := v.Probe(t.Context())
			require.NoError(t, err)
			assert.True(t, tt.date.Equal(probe.Date), "%v", probe.Date)
			assert.True(t, probe.CredentialsTaken, "a token was given for them")

			require.Len(t, d.requests, 2, "the token, and the clock")
			asked := d.requests[1]
			assert.Equal(t, http.MethodGet, asked.Method)
			assert.Equal(t, "/", asked.RequestURI)
			for _, values := range asked.Header {
				for _, secret := range []string{fakeAPIKey, fakeSecret, tokenPrefix} {
					assert.NotContains(t, strings.Join(values, " "), secret)
				}
			}
		})
	}

	t.Run("a wrong key pair fails it, and nothing else is asked", func(t *testing.T) {
		d := newDouble()
		d.oauthSays(func(int) (int, string, bool) { return 401, sample(t, "02-oauth-bad-api-key.http401.json"), true })
		_, err := d.vendor(t, nil).Probe(t.Context())
		assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
		assert.Len(t, d.requests, 1)
	})

	t.Run("a clock that cannot be asked fails it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for kind, code := range map[handlerstest.Kind]handlers.Code{
				handlerstest.Refused: handlers.CodeVendorNotSent, handlerstest.Lost: handlers.CodeVendorUnavailable,
				handlerstest.Hung: handlers.CodeVendorUnavailable,
			} {
				d := newDouble()
				line := &handlerstest.Transport{Base: d}
				line.Break(handlerstest.Fault{Kind: kind, Nth: 2})
				_, err := d.vendor(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: line} }).Probe(t.Context())
				assert.Equal(t, code, handlers.CodeOf(err), kind)
			}
		})
	})
}
