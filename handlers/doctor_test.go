package handlers_test

import (
	"context"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// published makes an app that the world reaches as https://example.com/face: through
// the handler in front of it, if there is one.
func published(t *testing.T, front func(http.Handler) http.Handler, change ...func(*handlers.Options)) *app {
	t.Helper()
	var kit http.Handler
	inner := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { kit.ServeHTTP(w, r) }))
	if front != nil {
		inner = front(inner)
	}
	server := httptest.NewTLSServer(inner)
	t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	t.Cleanup(transport.CloseIdleConnections)
	a := newApp(t, append([]func(*handlers.Options){func(o *handlers.Options) {
		o.PublicURL, o.HTTPClient = "https://example.com/face", &http.Client{Transport: transport}
		paper := o.Vendor.(*paper)
		paper.limits.NotifyPorts = []int{443}
		paper.probe = handlers.Probe{Date: time.Now().Truncate(time.Second), CredentialsTaken: true}
		o.Store, o.Keys = telling{Store: store.NewMemory()}, []store.Key{testKey(t)}
	}}, change...)...)
	kit = a.kit.Handler()
	return a
}

// telling is an engine that tells its settings.
type telling struct {
	store.Store
	findings []store.Finding
	err      error
}

func (d telling) Diagnose(context.Context) ([]store.Finding, error) { return d.findings, d.err }

// levels are the levels of a diagnosis by the names of its checks.
func levels(d handlers.Diagnosis) map[string]handlers.Level {
	found := map[string]handlers.Level{}
	for _, c := range d.Checks {
		found[c.Name] = c.Level
	}
	return found
}

// says finds the sentence of a check.
func sentence(d handlers.Diagnosis, name string) string {
	for _, c := range d.Checks {
		if c.Name == name {
			return c.Says
		}
	}
	return ""
}

func TestDoctorFindsNothing(t *testing.T) {
	a := published(t, nil)
	d := a.kit.Doctor(t.Context())
	assert.Equal(t, map[string]handlers.Level{
		"public_url": handlers.LevelOK, "vendor_port": handlers.LevelOK, "keys": handlers.LevelOK, "listener": handlers.LevelOK,
		"store": handlers.LevelOK, "store_setting": handlers.LevelOK, "credentials": handlers.LevelOK, "clock": handlers.LevelOK,
		"notify": handlers.LevelOK, "return": handlers.LevelOK,
	}, levels(d))
	assert.Equal(t, handlers.LevelOK, d.Worst())
	assert.NoError(t, d.Err())
	assert.Equal(t, 2, a.saw(handlers.EventRefused), "its own knocks are refused, as anybody's")
}

func TestDoctorInFrontOfTheDoors(t *testing.T) {
	csrf := http.NewCrossOriginProtection()
	for _, c := range []struct {
		name           string
		front          func(http.Handler) http.Handler
		notify, comeIn handlers.Level
		says           string
	}{
		{"case 34: a cross-origin protection blocks return alone", csrf.Handler, handlers.LevelOK, handlers.LevelError, "CSRF"},
		{"case 34: a CSRF token layer blocks both", answering(http.StatusForbidden, nil), handlers.LevelError, handlers.LevelError, "CSRF"},
		{"a sign-in layer redirects", answering(http.StatusFound, http.Header{"Location": {"/login"}}),
			handlers.LevelError, handlers.LevelError, "sign-in"},
		{"a password is wanted", answering(http.StatusUnauthorized, http.Header{"WWW-Authenticate": {"Basic"}}),
			handlers.LevelError, handlers.LevelError, "password"},
		{"the kit is mounted elsewhere", answering(http.StatusNotFound, nil), handlers.LevelError, handlers.LevelError, "not mounted"},
		{"another site answers", answering(http.StatusOK, nil), handlers.LevelError, handlers.LevelError, "something else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := published(t, c.front).kit.Doctor(t.Context())
			assert.Equal(t, c.notify, levels(d)["notify"])
			assert.Equal(t, c.comeIn, levels(d)["return"])
			assert.Contains(t, sentence(d, "return"), c.says)
			assert.ErrorContains(t, d.Err(), "return: error: ")
		})
	}

	t.Run("the right status from something else may be an OnError of the app's own, or a login layer", func(t *testing.T) {
		mine := func(o *handlers.Options) {
			o.OnError = func(w http.ResponseWriter, _ *http.Request, e *handlers.Error) { http.Error(w, "sorry", e.Status()) }
		}
		for _, a := range []*app{published(t, nil, mine), published(t, answering(http.StatusUnauthorized, nil))} {
			d := a.kit.Doctor(t.Context())
			assert.Equal(t, handlers.LevelUnknown, levels(d)["notify"])
			assert.Equal(t, handlers.LevelUnknown, levels(d)["return"])
			assert.NoError(t, d.Err())
		}
	})

	t.Run("JSON that is not the kit's counts as anybody's, and none of it is repeated", func(t *testing.T) {
		for status, body := range map[int]string{
			http.StatusForbidden: `{"code":"FORBIDDEN"}`, http.StatusNotFound: `{"code":"not_found"}`, http.StatusFound: `{"code":"canary"}`,
		} {
			front := func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					_, _ = io.WriteString(w, body)
				})
			}
			d := published(t, front).kit.Doctor(t.Context())
			assert.Equal(t, handlers.LevelError, levels(d)["notify"], status)
			assert.NotContains(t, fmt.Sprint(d.Checks), "canary")
		}
	})

	t.Run("an address that this machine does not reach is unknown, and the error names no URL", func(t *testing.T) {
		a := published(t, nil, func(o *handlers.Options) {
			o.HTTPClient = &http.Client{Transport: refusing{}}
		})
		d := a.kit.Doctor(t.Context())
		assert.Equal(t, handlers.LevelUnknown, levels(d)["notify"])
		assert.NotContains(t, sentence(d, "notify"), "example.com")
		assert.NoError(t, d.Err())
	})
}

// answering stands in front of the kit and lets nobody through.
func answering(status int, header http.Header) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range header {
				w.Header()[http.CanonicalHeaderKey(name)] = values
			}
			w.WriteHeader(status)
		})
	}
}

// refusing reaches nobody.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no route")
}

func TestDoctorOnVendors(t *testing.T) {
	for _, c := range []struct {
		name               string
		skew               time.Duration
		taken              bool
		err                error
		credentials, clock handlers.Level
	}{
		{"the clocks agree", 0, true, nil, handlers.LevelOK, handlers.LevelOK},
		{"ours is a minute ahead", -time.Minute, true, nil, handlers.LevelOK, handlers.LevelWarning},
		{"ours is a minute behind", time.Minute, true, nil, handlers.LevelOK, handlers.LevelWarning},
		{"ours is ten minutes ahead", -10 * time.Minute, true, nil, handlers.LevelOK, handlers.LevelError},
		{"ours is ten minutes behind", 10 * time.Minute, true, nil, handlers.LevelOK, handlers.LevelError},
		{"the credentials were not looked at", 0, false, nil, handlers.LevelUnknown, handlers.LevelOK},
		{"case 130: the credentials are refused", 0, false, &handlers.Error{Code: handlers.CodeVendorMisconfigured}, handlers.LevelError, handlers.LevelOK},
		{"the vendor is away", 0, false, &handlers.Error{Code: handlers.CodeVendorNotSent}, handlers.LevelWarning, handlers.LevelOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				a := newApp(t, func(o *handlers.Options) { o.HTTPClient = &http.Client{Transport: refusing{}} })
				a.vendor.probe = handlers.Probe{Date: time.Now().Add(c.skew), CredentialsTaken: c.taken}
				a.vendor.broken = c.err
				d := a.kit.Doctor(t.Context())
				assert.Equal(t, c.credentials, levels(d)["credentials"])
				assert.Equal(t, c.clock, levels(d)["clock"])
			})
		})
	}

	t.Run("a vendor that tells no time, or panics, spoils nothing else", func(t *testing.T) {
		a, b := withBroken(t)
		assert.Equal(t, handlers.LevelUnknown, levels(a.kit.Doctor(t.Context()))["clock"])
		b.panicIn("Probe")
		d := a.kit.Doctor(t.Context())
		assert.Equal(t, handlers.LevelWarning, levels(d)["credentials"])
		assert.Equal(t, handlers.LevelOK, levels(d)["store"])
	})
}

func TestDoctorOnSettings(t *testing.T) {
	diagnose := func(t *testing.T, change func(*handlers.Options)) handlers.Diagnosis {
		t.Helper()
		return newApp(t, func(o *handlers.Options) { o.HTTPClient = &http.Client{Transport: refusing{}} }, change).kit.Doctor(t.Context())
	}

	t.Run("case 171: a port that the vendor does not call, or plain http, is warned of where New lets it through", func(t *testing.T) {
		for _, address := range []string{"https://shop.example:8443/face", "http://shop.example/face"} {
			d := diagnose(t, func(o *handlers.Options) {
				o.InsecureDevelopment, o.PublicURL = true, address
				o.Vendor.(*paper).limits.NotifyPorts = []int{443, 5000}
			})
			assert.Equal(t, handlers.LevelWarning, levels(d)["vendor_port"], address)
			assert.Contains(t, sentence(d, "vendor_port"), "[443 5000]")
			assert.Equal(t, handlers.LevelWarning, levels(d)["public_url"], "InsecureDevelopment")
		}
	})

	t.Run("an address that only this network knows is an error in production", func(t *testing.T) {
		for _, address := range []string{"https://localhost/face", "https://127.0.0.1/face", "https://10.1.2.3/face", "https://[::1]/face"} {
			d := diagnose(t, func(o *handlers.Options) { o.PublicURL = address })
			assert.Equal(t, handlers.LevelError, levels(d)["public_url"], address)
		}
		d := diagnose(t, func(o *handlers.Options) { o.PublicURL = "https://203.0.113.7/face" })
		assert.Equal(t, handlers.LevelOK, levels(d)["public_url"])
	})

	t.Run("a store in memory is warned of, and does not tell its settings", func(t *testing.T) {
		d := diagnose(t, func(*handlers.Options) {})
		assert.Equal(t, handlers.LevelWarning, levels(d)["keys"])
		assert.Equal(t, handlers.LevelUnknown, levels(d)["store_setting"])
	})

	t.Run("what an engine's settings put at risk is told, also below a decorator", func(t *testing.T) {
		engine := telling{Store: store.NewMemory(), findings: []store.Finding{{Setting: "maxmemory-policy", Value: "allkeys-lru", Risk: "records are thrown away"}}}
		sealed, err := store.Seal(engine, testKey(t))
		require.NoError(t, err)
		d := diagnose(t, func(o *handlers.Options) { o.Store, o.Keys = sealed, []store.Key{testKey(t)} })
		assert.Equal(t, handlers.LevelWarning, levels(d)["store_setting"])
		assert.Equal(t, "maxmemory-policy is allkeys-lru: records are thrown away", sentence(d, "store_setting"))
	})

	t.Run("a setting that the engine does not tell is unknown, and its risk is told", func(t *testing.T) {
		engine := telling{Store: store.NewMemory(), findings: []store.Finding{{Setting: "appendfsync", Risk: "a second may be lost"}}}
		d := diagnose(t, func(o *handlers.Options) { o.Store, o.Keys = engine, []store.Key{testKey(t)} })
		assert.Equal(t, handlers.LevelUnknown, levels(d)["store_setting"])
		assert.Equal(t, "the engine does not tell its appendfsync: a second may be lost", sentence(d, "store_setting"))
	})

	t.Run("an engine that does not hold the records is an error, and so is one that does not answer", func(t *testing.T) {
		d := diagnose(t, func(o *handlers.Options) {
			o.Store, o.Keys = telling{Store: store.NewMemory(), err: errors.New("another layout")}, []store.Key{testKey(t)}
		})
		assert.Equal(t, handlers.LevelError, levels(d)["store_setting"])
		broken := &faulty{Store: store.NewMemory(), broken: true}
		d = diagnose(t, func(o *handlers.Options) { o.Store, o.Keys = broken, []store.Key{testKey(t)} })
		assert.Equal(t, handlers.LevelError, levels(d)["store"])
	})

	t.Run("a kit that nobody listens to is warned of", func(t *testing.T) {
		quiet := func(o *handlers.Options) { o.OnEvent = nil }
		assert.Equal(t, handlers.LevelWarning, levels(diagnose(t, quiet))["listener"])
		logged := func(o *handlers.Options) { o.OnEvent, o.Logger = nil, slog.New(slog.NewTextHandler(io.Discard, nil)) }
		assert.Equal(t, handlers.LevelOK, levels(diagnose(t, logged))["listener"])
	})
}

func TestDoctorHandler(t *testing.T) {
	get := func(a *app) (int, map[string]any) {
		w := httptest.NewRecorder()
		a.kit.DoctorHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/doctor", nil))
		var told map[string]any
		require.NoError(t, jsonv1.Unmarshal(w.Body.Bytes(), &told))
		return w.Code, told
	}
	status, told := get(published(t, nil))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ok", told["worst"])
	assert.Len(t, told["checks"], 10)
	assert.Contains(t, told["checks"], map[string]any{"name": "credentials", "vendor": "paper", "level": "ok", "says": "the vendor takes them"})

	status, told = get(published(t, answering(http.StatusForbidden, nil)))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "error", told["worst"])
}
