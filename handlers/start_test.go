package handlers_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func TestStart(t *testing.T) {
	t.Run("a start stores the session, binds the browser and sends the person to the vendor", func(t *testing.T) {
		a := newApp(t)
		w := a.do(post("/face/start", url.Values{"return_to": {"/orders/7"}}))
		require.Equal(t, http.StatusSeeOther, w.Code)
		req := a.vendor.begun[0]
		assert.Equal(t, "https://paper.example/do?token=t-"+req.Session, w.Header().Get("Location"))
		assert.Equal(t, "https://shop.example/face/return?session="+req.Session+"&vendor=paper", req.ReturnURL)
		assert.Equal(t, "https://shop.example/face/notify?vendor=paper", req.NotifyURL)
		assert.Equal(t, "en", req.Language)
		s := a.state(req.Session)
		assert.Equal(t, handlers.StateStarted, s.State)
		assert.Equal(t, "alice", s.Subject)
		assert.Equal(t, "/orders/7", s.ReturnTo)
		assert.Equal(t, refOf(req.Session), s.Ref.Reveal())
		cookie := w.Result().Cookies()[0]
		assert.Equal(t, "__Host-facegate", cookie.Name)
		assert.True(t, cookie.Secure && cookie.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		assert.Equal(t, "/", cookie.Path)
	})

	t.Run("a program gets JSON", func(t *testing.T) {
		a := newApp(t)
		r := post("/face/start", nil)
		r.Header.Set("Accept", "application/json")
		w := a.do(r)
		require.Equal(t, http.StatusOK, w.Code)
		var got struct{ Session, URL string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got, json.MatchCaseInsensitiveNames(true)))
		assert.Equal(t, a.vendor.begun[0].Session, got.Session)
		assert.Contains(t, got.URL, "https://paper.example/do?token=")
	})

	t.Run("case 10: a million ids are all different", func(t *testing.T) {
		seen := make(map[string]struct{}, 1_000_000)
		for range 1_000_000 {
			seen[handlers.NewID()] = struct{}{}
		}
		assert.Equal(t, 1_000_000, len(seen))
	})

	t.Run("case 10: ids are unguessable, never repeat and say nothing about the person", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) { o.MaxAttempts = 1000; o.ReuseWindow = -1 })
		seen := map[string]bool{}
		for range 100 {
			id := a.start()
			assert.Regexp(t, `^[A-Z2-7]{26}$`, id)
			assert.False(t, seen[id])
			seen[id] = true
		}
	})

	t.Run("case 14: a forged host never reaches the vendor", func(t *testing.T) {
		a := newApp(t)
		r := post("/face/start", nil)
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		require.Equal(t, http.StatusSeeOther, a.do(r).Code)
		assert.NotContains(t, a.vendor.begun[0].ReturnURL+a.vendor.begun[0].NotifyURL, "evil")
	})

	t.Run("the vendor's page speaks the browser's language", func(t *testing.T) {
		a := newApp(t)
		r := post("/face/start", nil)
		r.Header.Set("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
		a.do(r)
		assert.Equal(t, "zh", a.vendor.begun[0].Language)
	})
}

func TestStartRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		request func() *http.Request
		subject string
		status  int
	}{
		"case 1: GET":      {func() *http.Request { return httptest.NewRequest(http.MethodGet, "/face/start", nil) }, "alice", 405},
		"case 1: HEAD":     {func() *http.Request { return httptest.NewRequest(http.MethodHead, "/face/start", nil) }, "alice", 405},
		"case 1: prefetch": {func() *http.Request { return with(post("/face/start", nil), "Sec-Purpose", "prefetch") }, "alice", 405},
		"case 2: from another site": {func() *http.Request {
			return with(post("/face/start", nil), "Sec-Fetch-Site", "cross-site")
		}, "alice", 403},
		"case 2: from another origin": {func() *http.Request {
			return with(post("/face/start", nil), "Origin", "https://evil.example")
		}, "alice", 403},
		"case 3: nobody is signed in": {func() *http.Request { return post("/face/start", nil) }, "", 401},
		"an unknown account":          {func() *http.Request { return post("/face/start", url.Values{"vendor": {"nobody"}}) }, "alice", 400},
		"a body above the cap": {func() *http.Request {
			return post("/face/start", url.Values{"x": {strings.Repeat("x", 100<<10)}})
		}, "alice", 413},
		"a form that does not parse": {func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/face/start", strings.NewReader("a=%zz"))
			return with(r, "Content-Type", "application/x-www-form-urlencoded")
		}, "alice", 400},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t)
			a.subject = c.subject
			w := a.do(c.request())
			assert.Equal(t, c.status, w.Code)
			assert.Empty(t, a.vendor.begun, "no vendor call")
			assert.Empty(t, w.Result().Cookies())
		})
	}
}

func with(r *http.Request, header, value string) *http.Request {
	r.Header.Set(header, value)
	return r
}

func TestStartFailures(t *testing.T) {
	t.Run("case 11: a vendor that opens nothing gives a page to try again, and no redirect", func(t *testing.T) {
		for code, status := range map[handlers.Code]int{
			handlers.CodeVendorUnavailable: 502, handlers.CodeVendorRefused: 502, handlers.CodeVendorMisconfigured: 502,
			handlers.CodeVendorThrottled: 503, handlers.CodeInvalidIDNumber: 422,
		} {
			a := newApp(t)
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				return handlers.Begun{}, &handlers.Error{Code: code, Err: errors.New("cause with a canary-secret")}
			}
			w := a.do(post("/face/start", nil))
			assert.Equal(t, status, w.Code, code)
			assert.Empty(t, w.Header().Get("Location"))
			assert.NotContains(t, w.Body.String(), "canary")
			assert.Contains(t, w.Body.String(), (&handlers.Error{Code: code}).Public("en"))
			assert.Equal(t, handlers.StateStartFailed, a.state(a.vendor.begun[0].Session).State)
		}
	})

	t.Run("case 130: an account that is set up wrongly is logged once a minute, and every event is told", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var log bytes.Buffer
			a := newApp(t, func(o *handlers.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorMisconfigured}
			}
			for range 100 {
				a.do(post("/face/start", nil))
			}
			assert.Equal(t, 1, strings.Count(log.String(), "start_failed"))
			assert.Equal(t, 1, strings.Count(log.String(), "refused"))
			assert.Equal(t, 100, a.saw(handlers.EventStartFailed))
			time.Sleep(time.Minute)
			a.do(post("/face/start", nil))
			assert.Equal(t, 2, strings.Count(log.String(), "start_failed"))
		})
	})

	t.Run("case 116: a store that is down lets nothing start", func(t *testing.T) {
		broken := &faulty{Store: store.NewMemory()}
		a := newApp(t, func(o *handlers.Options) {
			o.Store, o.Keys = broken, []store.Key{testKey(t)}
		})
		broken.set(true)
		w := a.do(post("/face/start", nil))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Empty(t, a.vendor.begun)
	})

	t.Run("too many attempts are refused until the window has passed; failed starts do not count", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxAttempts = 2; o.ReuseWindow = -1 })
			a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
				return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
			}
			for range 3 {
				assert.Equal(t, http.StatusBadGateway, a.do(post("/face/start", nil)).Code)
			}
			a.vendor.begin = nil
			a.start()
			a.start()
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusTooManyRequests, w.Code)
			assert.NotEmpty(t, w.Header().Get("Retry-After"))
			a.subject = "bob"
			a.start()
			a.subject = "alice"
			time.Sleep(25 * time.Hour)
			a.start()
		})
	})
}

func TestDoubleClick(t *testing.T) {
	t.Run("case 6: two clicks at once open one session, and both browsers' answers lead to it", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.begin = func(req handlers.BeginRequest) (handlers.Begun, error) {
				time.Sleep(time.Second)
				return handlers.Begun{Ref: handlers.Hide(refOf(req.Session)),
					PageURL: handlers.Hide("https://paper.example/do?token=t-" + req.Session)}, nil
			}
			locations := make([]string, 2)
			cookies := make([]*http.Cookie, 2)
			var wait sync.WaitGroup
			for i := range locations {
				wait.Go(func() {
					w := httptest.NewRecorder()
					a.kit.Handler().ServeHTTP(w, post("/face/start", nil))
					locations[i], cookies[i] = w.Header().Get("Location"), w.Result().Cookies()[0]
				})
			}
			wait.Wait()
			assert.NotEmpty(t, locations[0])
			assert.Equal(t, locations[0], locations[1])
			assert.Len(t, a.vendor.begun, 1)
			id := a.vendor.begun[0].Session
			a.notify(says(id, "passed"))
			for _, c := range cookies {
				a.cookies = []*http.Cookie{c}
				assert.Equal(t, http.StatusSeeOther, a.get("/face/finish?session="+id).Code)
			}
		})
	})

	t.Run("a different form is a different start", func(t *testing.T) {
		a := newApp(t)
		assert.NotEqual(t, a.start("one"), a.start("two"))
	})

	t.Run("the same form later is a new start", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			first := a.start()
			time.Sleep(3 * time.Second)
			assert.NotEqual(t, first, a.start())
		})
	})

	t.Run("a click that follows a decided session opens a new one", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			first := a.start()
			a.notify(says(first, "cancelled"))
			synctest.Wait()
			assert.NotEqual(t, first, a.start())
		})
	})
}

func TestConsent(t *testing.T) {
	consent := func(o *handlers.Options) {
		o.Consent = &handlers.Consent{
			Version: "v3", AlternativeURL: "/branch",
			Chinese: handlers.ConsentText{Purpose: "用于开户核验"}, English: handlers.ConsentText{Purpose: "To open your account"},
		}
	}

	t.Run("case 4: a start without consent gets both choices and calls nobody", func(t *testing.T) {
		a := newApp(t, consent)
		w := a.do(post("/face/start", nil))
		assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
		assert.Contains(t, w.Body.String(), "To open your account")
		assert.Contains(t, w.Body.String(), `value="v3"`)
		assert.Contains(t, w.Body.String(), `value="declined"`)
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "https://paper.example")
		assert.Empty(t, a.vendor.begun)
	})

	t.Run("a start with the current version goes on, one with an older version does not", func(t *testing.T) {
		a := newApp(t, consent)
		assert.Equal(t, http.StatusUnprocessableEntity, a.do(post("/face/start", url.Values{"consent": {"v2"}})).Code)
		assert.Equal(t, http.StatusSeeOther, a.do(post("/face/start", url.Values{"consent": {"v3"}})).Code)
		assert.Len(t, a.vendor.begun, 1)
	})

	t.Run("case 5: another method is recorded and leads to the alternative", func(t *testing.T) {
		a := newApp(t, consent)
		w := a.do(post("/face/start", url.Values{"consent": {"declined"}}))
		assert.Equal(t, http.StatusSeeOther, w.Code)
		assert.Equal(t, "/branch", w.Header().Get("Location"))
		assert.Equal(t, 1, a.saw(handlers.EventConsentDeclined))
		assert.Empty(t, a.vendor.begun)
	})

	t.Run("a program without consent gets problem details", func(t *testing.T) {
		a := newApp(t, consent)
		w := a.do(with(post("/face/start", nil), "Accept", "application/json"))
		assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
		assert.Contains(t, w.Body.String(), `"consent_required"`)
	})

	t.Run("without HTTP consent is said in the parameters", func(t *testing.T) {
		a := newApp(t, consent)
		_, err := a.kit.Begin(t.Context(), handlers.BeginParams{Subject: "alice"})
		assert.Equal(t, handlers.CodeConsentRequired, handlers.CodeOf(err))
		started, err := a.kit.Begin(t.Context(), handlers.BeginParams{Subject: "alice", Consented: true})
		require.NoError(t, err)
		assert.NotEmpty(t, started.Session)
	})
}

func TestReturnTo(t *testing.T) {
	for _, named := range []string{
		"//evil.example", `/\evil.example`, `\\evil.example`, "https:evil.example", "https://evil.example/", "/%09/evil.example",
		"/\t/evil.example", "javascript:alert(1)", "data:text/html,x", "https://user@evil.example", "evil.example",
		"/" + strings.Repeat("a", 8<<10), "/a b", "/a\r\nb", "/a%0d%0ab", "/%5cevil.example", "/%2f/evil.example", "/ſ", "/a\x7f", "", " /x", "?x=1", "#x",
	} {
		t.Run("case 13: is ignored: "+named[:min(len(named), 24)], func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.ReturnTo = "/account" })
			a.do(post("/face/start", url.Values{"return_to": {named}}))
			assert.Equal(t, "/account", a.state(a.vendor.begun[0].Session).ReturnTo)
		})
	}
	for _, named := range []string{"/", "/orders", "/orders?id=7&x=%20", "/a/b#c", "/%E4%B8%AD"} {
		t.Run("a page of this site is kept: "+named, func(t *testing.T) {
			a := newApp(t)
			a.do(post("/face/start", url.Values{"return_to": {named}}))
			assert.Equal(t, named, a.state(a.vendor.begun[0].Session).ReturnTo)
		})
	}
}
