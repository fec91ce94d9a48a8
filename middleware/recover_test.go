package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/middleware"
)

// canary stands for an ID number; it must not come out anywhere.
const canary = "000000190001010000"

// explode panics with value; its name must appear in the stack.
func explode(value any) { panic(value) }

func TestCase104APanicIsToldWithoutItsValue(t *testing.T) {
	t.Parallel()
	type person struct{ IDNumber string }
	for _, c := range []struct {
		name    string
		panics  func()
		typed   string
		culprit string
	}{
		{"case 104: text", func() { explode(canary) }, "string", "middleware_test.explode:"},
		{"case 104: an error", func() { explode(errors.New(canary)) }, "*errors.errorString", "middleware_test.explode:"},
		{"case 104: a struct", func() { explode(person{canary}) }, "middleware_test.person", "middleware_test.explode:"},
		{"case 104: nil", func() { explode(nil) }, "*runtime.PanicNilError", "middleware_test.explode:"},
		{"case 104: an index out of range", func() { _ = []int{}[len(canary)] }, "runtime.boundsError", "middleware_test.TestCase104"},
		{"case 104: a nil pointer", func() { _ = (*person)(nil).IDNumber }, "runtime.errorString", "middleware_test.TestCase104"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			told := make(chan middleware.Panic, 1)
			report := func(_ *http.Request, p middleware.Panic) { told <- p }
			server, logged := serve(t, middleware.Guard{}.Recover(report)(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Set-Cookie", canary)
					c.panics()
				})))
			conn := dial(t, server)
			conn.send("GET / HTTP/1.1", "Host: x", "", "")
			res, body := conn.answer("GET")
			assert.Equal(t, 500, res.StatusCode)
			assert.Equal(t, "Internal Server Error\n", body)
			assert.Empty(t, res.Header.Get("Set-Cookie"), "the handler's headers are dropped")

			p := <-told
			assert.Contains(t, p.Type, c.typed)
			require.NotEmpty(t, p.Stack)
			assert.Contains(t, p.Stack[0], c.culprit, "the stack begins where it happened")
			stack := strings.Join(p.Stack, "\n")
			assert.NotContains(t, stack, canary)
			assert.NotContains(t, stack, "0x", "no arguments")
			assert.NotContains(t, stack, ".go:", "no files")

			conn.send("GET / HTTP/1.1", "Host: x", "", "")
			res, _ = conn.answer("GET")
			assert.Equal(t, 500, res.StatusCode, "the process and the connection live")
			assert.Empty(t, logged.String())
		})
	}
}

func TestRecoverCutsAnAnswerThatHasBegun(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(http.ResponseWriter){
		"by Write":              func(w http.ResponseWriter) { _, _ = w.Write([]byte("half")) },
		"by WriteHeader":        func(w http.ResponseWriter) { w.WriteHeader(202) },
		"by Flush":              func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"by ResponseController": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"by io.Copy":            func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("half")) },
		"by ReadFrom":           func(w http.ResponseWriter) { _, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("half")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := make(chan middleware.Panic, 1)
			report := func(_ *http.Request, p middleware.Panic) { told <- p }
			server, logged := serve(t, middleware.Guard{}.Recover(report)(http.HandlerFunc(
				func(w http.ResponseWriter, _ *http.Request) {
					begin(w)
					panic(canary)
				})))
			conn := dial(t, server)
			conn.send("GET / HTTP/1.1", "Host: x", "", "")
			raw, err := io.ReadAll(conn.in)
			require.NoError(t, err)
			assert.NotContains(t, string(raw), "500")
			assert.NotContains(t, string(raw), "Internal Server Error")
			assert.NotContains(t, string(raw), "\r\n0\r\n", "a chunked answer must not look complete")
			assert.Equal(t, "string", (<-told).Type)
			assert.Empty(t, logged.String())
		})
	}
	t.Run("an informational answer is not a beginning", func(t *testing.T) {
		t.Parallel()
		server, _ := serve(t, middleware.Guard{}.Recover(nil)(http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				panic(canary)
			})))
		conn := dial(t, server)
		conn.send("GET / HTTP/1.1", "Host: x", "", "")
		res, _ := conn.answer("GET")
		require.Equal(t, http.StatusEarlyHints, res.StatusCode)
		res, _ = conn.answer("GET")
		assert.Equal(t, 500, res.StatusCode)
	})
}

func TestRecoverLetsAbortHandlerPass(t *testing.T) {
	t.Parallel()
	h := middleware.Guard{}.Recover(func(*http.Request, middleware.Panic) { t.Error("reported") })(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	})
}

func TestRecoverKeepsTheHeadersSetBeforeIt(t *testing.T) {
	t.Parallel()
	h := middleware.PrivateHeaders(middleware.Guard{}.Recover(nil)(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Referrer-Policy", "unsafe-url")
			w.Header().Set("Content-Length", "3")
			panic(canary)
		})))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, 500, w.Code)
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	assert.Empty(t, w.Header().Get("Content-Length"))
}

// bare is a writer that can neither flush nor hijack.
type bare struct{ http.ResponseWriter }

func TestRecoverKeepsWhatTheWriterCanDo(t *testing.T) {
	t.Parallel()
	can := func(w http.ResponseWriter) (flushes, hijacks bool) {
		middleware.Guard{}.Recover(nil)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, flushes = w.(http.Flusher)
			_, hijacks = w.(http.Hijacker)
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return flushes, hijacks
	}
	t.Run("a bare writer stays bare", func(t *testing.T) {
		t.Parallel()
		flushes, hijacks := can(bare{httptest.NewRecorder()})
		assert.False(t, flushes)
		assert.False(t, hijacks)
	})
	t.Run("a flusher stays a flusher", func(t *testing.T) {
		t.Parallel()
		flushes, hijacks := can(httptest.NewRecorder())
		assert.True(t, flushes)
		assert.False(t, hijacks)
	})
	t.Run("a flush that a bare writer refuses is no beginning", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		middleware.Guard{}.Recover(nil)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			assert.ErrorIs(t, http.NewResponseController(w).Flush(), http.ErrNotSupported)
			panic(canary)
		})).ServeHTTP(bare{w}, httptest.NewRequest(http.MethodGet, "/", nil))
		assert.Equal(t, 500, w.Code)
	})
	t.Run("a hijacked connection is the handler's own, also after a panic", func(t *testing.T) {
		t.Parallel()
		hijack := middleware.Guard{}.Recover(nil)(http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if !assert.NoError(t, err) {
					return
				}
				defer func() { _ = conn.Close() }()
				_, _ = io.WriteString(conn, "mine")
				panic(canary)
			}))
		ended := make(chan struct{})
		server, logged := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			hijack.ServeHTTP(w, r)
		}))
		c := dial(t, server)
		c.send("GET / HTTP/1.1", "Host: x", "", "")
		raw, err := io.ReadAll(c.in)
		require.NoError(t, err)
		assert.Equal(t, "mine", string(raw))
		<-ended
		assert.Empty(t, logged.String())
	})
	t.Run("deadlines are set through it", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		middleware.Guard{}.Recover(nil)(http.HandlerFunc(func(got http.ResponseWriter, _ *http.Request) {
			assert.Same(t, w, got.(interface{ Unwrap() http.ResponseWriter }).Unwrap())
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	})
}

func TestRecoveredOutsideHTTP(t *testing.T) {
	t.Parallel()
	t.Run("a panic raised while another one unwinds is told with its own stack", func(t *testing.T) {
		t.Parallel()
		defer func() {
			p := middleware.Recovered(recover())
			assert.Equal(t, "*fs.PathError", p.Type)
			assert.Contains(t, p.Stack[0], "middleware_test.explode:")
		}()
		defer func() { explode(&os.PathError{Op: canary}) }()
		panic("first")
	})
	t.Run("the stack is bounded", func(t *testing.T) {
		t.Parallel()
		defer func() {
			assert.LessOrEqual(t, len(middleware.Recovered(recover()).Stack), 64)
		}()
		descend(1000)
	})
}

// descend calls itself n times before it panics.
func descend(n int) {
	if n == 0 {
		panic(canary)
	}
	descend(n - 1)
}
