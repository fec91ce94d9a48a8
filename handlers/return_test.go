package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestReturn(t *testing.T) {
	t.Run("cases 70, 72: a signed POST without any cookie is recorded, and the page moves on to finish", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			w := httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, post("/face/return?session="+id+"&vendor=paper", says(id, "passed")))
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), "/face/finish?session="+id)
			assert.Empty(t, w.Header().Get("Location"), "a redirect would bring no strict cookies back")
			synctest.Wait()
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.CarrierReturn, a.results()[0].Via)
		})
	})

	t.Run("case 84: a POST with a bad signature records nothing", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		forged := says(id, "passed")
		forged.Set("sign", "false")
		w := a.do(post("/face/return?session="+id, forged))
		assert.Equal(t, http.StatusUnauthorized, w.Code)
		assert.NotContains(t, w.Body.String(), id)
		assert.Equal(t, handlers.Pending, a.state(id).Verdict)
		assert.Equal(t, handlers.StateStarted, a.state(id).State)
	})

	t.Run("case 74: a GET for an unknown session costs no vendor call and tells nothing", func(t *testing.T) {
		a := newApp(t)
		stranger := strings.Repeat("A", 26)
		w := a.get("/face/return?session=" + stranger + "&vendor=paper&biz_id=x")
		assert.Equal(t, http.StatusOK, w.Code)
		w = a.get("/face/finish?session=" + stranger)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.NotContains(t, w.Body.String(), stranger)
		assert.Zero(t, a.vendor.queries())
	})

	t.Run("case 77: a query that is not ours is refused with a page that says nothing", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		for _, query := range []string{
			"", "?session=", "?session=" + id + "&session=" + id, "?session[]=" + id, "?session=" + id + "%0a", "?session=" + strings.Repeat("A", 4<<10),
			"?session=" + id + ";x", "?session=%zz", "?session=" + strings.Repeat("A", 9<<10), "?vendor=paper&vendor=paper&session=" + id,
		} {
			for _, endpoint := range []string{"return", "finish"} {
				if endpoint == "finish" && strings.HasPrefix(query, "?vendor") {
					continue
				}
				w := a.get("/face/" + endpoint + query)
				assert.Equal(t, http.StatusBadRequest, w.Code, endpoint+query)
				assert.Contains(t, w.Header().Get("Content-Type"), "text/html")
				assert.NotContains(t, w.Body.String(), id)
			}
		}
	})
}

func TestFinish(t *testing.T) {
	t.Run("case 73: a bound browser after a GET return causes one query, and sees its own outcome", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.answer("passed")
			id := a.start()
			w := a.get("/face/finish?session=" + id)
			assert.Equal(t, http.StatusSeeOther, w.Code)
			assert.Equal(t, "/", w.Header().Get("Location"))
			assert.Equal(t, 1, a.vendor.queries())
			require.Len(t, a.results(), 1, "the hook ran before the person moved on")
			assert.Equal(t, handlers.CarrierQuery, a.results()[0].Via)
		})
	})

	t.Run("cases 75, 79, 80, 81, 88: another browser or another subject gets a page that says nothing, and spends nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.answer("passed")
			id := a.start()
			browser := a.cookies
			for name, change := range map[string]func(){
				"no cookie":           func() { a.cookies = nil },
				"another browser":     func() { a.cookies = []*http.Cookie{{Name: browser[0].Name, Value: strings.Repeat("B", 26)}} },
				"a nonsense cookie":   func() { a.cookies = []*http.Cookie{{Name: browser[0].Name, Value: "x"}} },
				"another subject":     func() { a.subject = "mallory" },
				"nobody is signed in": func() { a.subject = "" },
			} {
				a.cookies, a.subject = browser, "alice"
				change()
				w := a.get("/face/finish?session=" + id)
				assert.Equal(t, http.StatusOK, w.Code, name)
				assert.NotContains(t, w.Body.String(), id, name)
				assert.Empty(t, w.Result().Cookies(), name)
				w = a.get("/face/status?session=" + id)
				assert.Equal(t, http.StatusNotFound, w.Code, name)
			}
			assert.Zero(t, a.vendor.queries())
			assert.Equal(t, handlers.Pending, a.state(id).Verdict)
			assert.NotZero(t, a.saw(handlers.EventUnbound))
		})
	})

	t.Run("case 76: ten thousand visits spend at most the budget without the reserve", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			for range 10_000 {
				w := a.get("/face/finish?session=" + id)
				require.Equal(t, http.StatusOK, w.Code)
				time.Sleep(100 * time.Millisecond)
			}
			assert.Equal(t, 2, a.vendor.queries())
			assert.Equal(t, 2, a.state(id).Queries)
		})
	})

	t.Run("case 83: reloads, the back button and five tabs see the same page and run one hook", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			for range 3 {
				a.do(post("/face/return", says(id, "failed")))
				for range 5 {
					assert.Equal(t, http.StatusSeeOther, a.get("/face/finish?session="+id).Code)
				}
			}
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("case 87: a person who is back before the vendor is done waits on a page that turns final by itself", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			w := a.get("/face/finish?session=" + id)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), "/face/status?session="+id)
			go func() {
				time.Sleep(4 * time.Second)
				a.notify(says(id, "passed"))
			}()
			before := time.Now()
			w = a.get("/face/status?session=" + id + "&wait=10s")
			assert.Equal(t, 4*time.Second, time.Since(before))
			assert.Contains(t, w.Body.String(), `"verdict":"passed"`)
			assert.Equal(t, http.StatusSeeOther, a.get("/face/finish?session="+id).Code)
		})
	})

	t.Run("case 87: without a notify the waiting page has the vendor asked again, within the person's share", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			require.Equal(t, http.StatusOK, a.get("/face/finish?session="+id).Code)
			time.AfterFunc(15*time.Second, func() { a.vendor.answer("passed") })
			before, polls := time.Now(), 0
			for a.state(id).Verdict == handlers.Pending {
				require.Equal(t, http.StatusOK, a.get("/face/status?session="+id+"&wait=10s").Code)
				polls++
				require.Less(t, polls, 10)
			}
			assert.LessOrEqual(t, time.Since(before), 30*time.Second)
			assert.Equal(t, 2, a.vendor.queries())
			synctest.Wait()
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("finish waits for a slow hook, but not for ever", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.hook = func(context.Context, handlers.Result) error { time.Sleep(20 * time.Second); return nil }
			id := a.start()
			a.notify(says(id, "passed"))
			before := time.Now()
			assert.Equal(t, http.StatusSeeOther, a.get("/face/finish?session="+id).Code)
			assert.Equal(t, 3*time.Second, time.Since(before))
			time.Sleep(20 * time.Second)
		})
	})

	t.Run("the app's OnReturn answers instead of the redirect", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) {
				o.OnReturn = func(w http.ResponseWriter, _ *http.Request, s handlers.Session) {
					_, _ = w.Write([]byte("verdict " + s.Verdict))
				}
			})
			id := a.start()
			a.notify(says(id, "passed"))
			assert.Equal(t, "verdict passed", a.get("/face/finish?session="+id).Body.String())
		})
	})

	t.Run("a vendor that does not answer leaves the person on the waiting page", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.vendor.refuse(handlers.CodeVendorUnavailable)
			id := a.start()
			w := a.get("/face/finish?session=" + id)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), "/face/status")
		})
	})
}

func TestStatus(t *testing.T) {
	t.Run("it tells the browser that started", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			w := a.get("/face/status?session=" + id)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.JSONEq(t, `{"session":"`+id+`","state":"started","verdict":"pending","reasons":[]}`, w.Body.String())
			a.notify(says(id, "failed"))
			synctest.Wait()
			w = a.get("/face/status?session=" + id + "&wait=10s")
			assert.JSONEq(t, `{"session":"`+id+`","state":"delivered","verdict":"failed","reasons":["because_failed"]}`, w.Body.String())
		})
	})

	t.Run("a wait ends after its time, and after 25 seconds at the latest", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			for wait, took := range map[string]time.Duration{"2s": 2 * time.Second, "10h": 25 * time.Second} {
				before := time.Now()
				assert.Equal(t, http.StatusOK, a.get("/face/status?session="+id+"&wait="+wait).Code)
				assert.Equal(t, took, time.Since(before))
			}
		})
	})

	t.Run("a wait that is no duration is refused", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		for _, wait := range []string{"x", "-1s", "10"} {
			assert.Equal(t, http.StatusBadRequest, a.get("/face/status?session="+id+"&wait="+url.QueryEscape(wait)).Code)
		}
	})
}

func TestPages(t *testing.T) {
	a := newApp(t)
	id := a.start()
	for _, target := range []string{
		"/face/return?vendor=paper&session=" + id, "/face/finish?session=" + id, "/face/finish?session=" + strings.Repeat("A", 26), "/face/finish", "/face/nothing",
	} {
		t.Run("case 89: every page is private and sealed off: "+target, func(t *testing.T) {
			for language, want := range map[string]string{"zh-CN": `<html lang="zh-CN"`, "en": `<html lang="en"`} {
				r := httptest.NewRequest(http.MethodGet, target, nil)
				r.Header.Set("Accept-Language", language)
				w := a.do(r)
				h := w.Header()
				assert.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"))
				assert.Equal(t, "no-store", h.Get("Cache-Control"))
				assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
				assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
				assert.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
				assert.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
				assert.Contains(t, w.Body.String(), want)
				assert.NotContains(t, w.Body.String(), "alice")
			}
		})
	}
}
