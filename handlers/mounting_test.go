package handlers_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestMounting(t *testing.T) {
	t.Run("the handler works under any prefix, with and without a stripped one, and with a trailing slash", func(t *testing.T) {
		a := newApp(t)
		mux := http.NewServeMux()
		mux.Handle("/face/", a.kit.Handler())
		mux.Handle("/deep/er/", http.StripPrefix("/deep/er", a.kit.Handler()))
		mux.Handle("/stripped/", http.StripPrefix("/stripped/", a.kit.Handler()))
		mux.Handle("/alone", a.kit.Notify())
		for _, target := range []string{"/face/notify", "/face/notify/", "/face/x/y/notify", "/deep/er/notify", "/stripped/notify", "/alone"} {
			id := a.start(target)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, post(target, says(id, "passed")))
			assert.Equal(t, http.StatusOK, w.Code, target)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict, target)
		}
		for _, target := range []string{"/face/", "/face/nothing", "/face/NOTIFY", "/deep/er/", "/stripped/"} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, post(target, nil))
			assert.Equal(t, http.StatusNotFound, w.Code, target)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		}
	})

	t.Run("case 18: every other method is refused with Allow, everywhere, and spends nothing", func(t *testing.T) {
		a := newApp(t)
		id := a.start()
		a.vendor.answer("passed")
		for endpoint, allow := range map[string]string{
			"start": "POST", "return": "GET, POST", "finish": "GET", "notify": "POST", "status": "GET",
		} {
			for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "BREW"} {
				if strings.Contains(allow, method) {
					continue
				}
				w := a.do(httptest.NewRequest(method, "/face/"+endpoint+"?session="+id, strings.NewReader("x")))
				assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method+" "+endpoint)
				assert.Equal(t, allow, w.Header().Get("Allow"))
			}
		}
		assert.Zero(t, a.vendor.queries())
	})

	t.Run("the app's middleware runs in order, inside the kit's protection and outside its work", func(t *testing.T) {
		var order []string
		layer := func(name string) func(http.Handler) http.Handler {
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					order = append(order, name)
					next.ServeHTTP(w, r)
				})
			}
		}
		a := newApp(t, func(o *handlers.Options) {
			o.Middleware = []func(http.Handler) http.Handler{layer("outer"), layer("inner")}
			o.Identify = func(*http.Request) (string, error) { order = append(order, "identify"); return "alice", nil }
		})
		a.do(post("/face/start", nil))
		assert.Equal(t, []string{"outer", "inner", "identify"}, order)
		order = nil
		a.get("/face/start")
		assert.Empty(t, order, "what is refused anyway costs the app nothing")
	})

	t.Run("a form that the app's middleware has read already still tells clicks apart", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) {
			o.Middleware = []func(http.Handler) http.Handler{func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_ = r.ParseForm()
					next.ServeHTTP(w, r)
				})
			}}
		})
		one := a.start("one")
		assert.NotEqual(t, one, a.start("two"))
		assert.Equal(t, one, a.start("one"))
	})

	t.Run("a request without a body is no panic", func(t *testing.T) {
		a := newApp(t)
		for _, endpoint := range []string{"start", "notify", "return"} {
			r, err := http.NewRequest(http.MethodPost, "/face/"+endpoint, nil)
			require.NoError(t, err)
			assert.Less(t, a.do(r).Code, 500)
		}
		assert.Zero(t, a.saw(handlers.EventPanic))
	})

	t.Run("case 20: a large multipart start touches no disk", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		var left int
		a := newApp(t, func(o *handlers.Options) {
			o.MaxStartBody = 8 << 20
			o.Prepare = func(r *http.Request) (handlers.StartParams, error) {
				p, err := handlers.PrepareForm(r)
				entries, _ := os.ReadDir(dir)
				left = len(entries)
				return p, err
			}
		})
		body := "--b\r\nContent-Disposition: form-data; name=\"return_to\"\r\n\r\n/orders\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x.jpg\"\r\n\r\n" + strings.Repeat("x", 7<<20) + "\r\n--b--\r\n"
		r := httptest.NewRequest(http.MethodPost, "/face/start", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		assert.Equal(t, http.StatusSeeOther, a.do(r).Code)
		assert.Zero(t, left)
		assert.Equal(t, "/orders", a.state(a.vendor.begun[0].Session).ReturnTo)
	})
}

func TestSlowBody(t *testing.T) {
	t.Run("case 23: a body that trickles in is cut off, also by a server without time-outs", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) { o.ReadTimeout = 50 * time.Millisecond })
		server := httptest.NewServer(a.kit.Handler())
		defer server.Close()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "POST /face/notify HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nsign")
		require.NoError(t, err)
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Contains(t, string(answer), "408 Request Timeout")
		assert.Contains(t, string(answer), `"slow_body"`)
	})
}

func TestWaitingPage(t *testing.T) {
	t.Run("case 87: a page without scripts stops loading itself after a minute and leads on", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			w := a.do(post("/face/start", url.Values{"return_to": {"/orders/7"}}))
			require.Equal(t, http.StatusSeeOther, w.Code)
			target := "/face/finish?session=" + a.vendor.begun[0].Session
			refreshed := func(w string) string {
				_, rest, found := strings.Cut(w, `http-equiv="refresh" content="5;url=`)
				if !found {
					return ""
				}
				next, _, _ := strings.Cut(rest, `"`)
				return strings.ReplaceAll(next, "&amp;", "&")
			}
			loads := 0
			for page := a.get(target).Body.String(); ; page = a.get(target).Body.String() {
				assert.Contains(t, page, `href="/orders/7"`)
				next := refreshed(page)
				if next == "" {
					break
				}
				target = next
				loads++
				require.Less(t, loads, 20)
				time.Sleep(5 * time.Second)
			}
			assert.Equal(t, 13, loads)
			assert.NotEmpty(t, refreshed(a.get("/face/finish?session="+a.vendor.begun[0].Session).Body.String()), "a new visit waits anew")
			for _, nonsense := range []string{"-1", "x", "99999999999", "%00"} {
				page := a.get("/face/finish?session=" + a.vendor.begun[0].Session + "&since=" + nonsense).Body.String()
				assert.NotContains(t, page, "since="+nonsense)
				assert.NotEmpty(t, refreshed(page))
			}
		})
	})
}
