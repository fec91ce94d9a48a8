package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/middleware"
)

func TestMaxBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		n      int64
		length int64 // what the request says; -1 is a chunked body
		body   string
		status int
	}{
		{"a body at the cap goes through", 4, 4, "abcd", 200},
		{"a chunked body at the cap goes through", 4, -1, "abcd", 200},
		{"one byte more is refused by its Content-Length", 4, 5, "abcde", 413},
		{"one byte more in chunks fails in the handler's read", 4, -1, "abcde", 413},
		{"a Content-Length that says less does not help", 4, 2, "abcde", 413},
		{"a cap of zero refuses any body", 0, 1, "a", 413},
		{"a cap of zero refuses any chunked body", 0, -1, "a", 413},
		{"a negative cap is zero", -7, -1, "a", 413},
		{"an empty chunked body is within a negative cap", -7, -1, "", 200},
		{"an empty chunked body is within a cap of zero", 0, -1, "", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(strings.NewReader(c.body)))
			r.ContentLength = c.length
			middleware.Guard{}.MaxBody(c.n)(echo).ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			if c.status == 200 {
				assert.Equal(t, c.body, w.Body.String())
			}
		})
	}
}

func TestMaxBodyLeavesRequestsWithoutABodyAlone(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]io.ReadCloser{"nil": nil, "http.NoBody": http.NoBody} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Body = body
			middleware.Guard{}.MaxBody(0)(http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) {
				assert.Same(t, r, got)
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

func TestMaxBodyDoesNotChangeTheCallersRequest(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("ab"))
	body := r.Body
	middleware.Guard{}.MaxBody(9)(echo).ServeHTTP(httptest.NewRecorder(), r)
	assert.Equal(t, body, r.Body)
}

func TestCase21ABodyOfTenTimesTheCapEndsTheConnection(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	guard := middleware.Guard{}
	read := make(chan int64, 1)
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		read <- n
		http.Error(w, "no", statusOf(err))
	})
	capped := guard.MaxBody(limit)(counting)

	t.Run("case 21: Content-Length is refused before a byte is sent", func(t *testing.T) {
		t.Parallel()
		server, _ := serve(t, guard.MaxBody(limit)(never(t)))
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: "+strconv.Itoa(10*limit), "", "")
		res, _ := c.answer("POST")
		assert.Equal(t, 413, res.StatusCode)
		assert.True(t, res.Close)
		c.requireClosed()
	})
	for name, h := range map[string]http.Handler{
		"case 21: an endless chunked body is read to the cap and no further": capped,
		"case 21: also through a wrapped writer":                             guard.Recover(nil)(capped),
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, h)
			c := dial(t, server)
			c.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "", "")
			flooded := make(chan struct{})
			go func() { // until the server hangs up
				defer close(flooded)
				chunk := "1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n"
				for {
					if _, err := io.WriteString(c.conn, chunk); err != nil {
						return
					}
				}
			}()
			res, _ := c.answer("POST")
			assert.Equal(t, 413, res.StatusCode)
			assert.True(t, res.Close)
			assert.EqualValues(t, limit, <-read)
			<-flooded
		})
	}
}

func TestABodyJustAboveTheCapEndsTheConnectionToo(t *testing.T) {
	t.Parallel()
	guard := middleware.Guard{}
	capped := guard.MaxBody(8)(echo)
	for name, h := range map[string]http.Handler{
		"through the server's own writer": capped,
		"through a wrapped writer":        guard.Recover(nil)(capped),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _ := serve(t, h)
			c := dial(t, server)
			c.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "", "9", "123456789", "0", "", "")
			res, _ := c.answer("POST")
			assert.Equal(t, 413, res.StatusCode)
			assert.True(t, res.Close)
			c.requireClosed()
		})
	}
}

func TestCase22LengthsThatLie(t *testing.T) {
	t.Parallel()
	capped := middleware.Guard{}.MaxBody(8)(echo)
	server, _ := serve(t, capped)

	t.Run("case 22: a body shorter than its length fails when the client hangs up", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 8", "", "half")
		require.NoError(t, c.conn.(interface{ CloseWrite() error }).CloseWrite())
		res, body := c.answer("POST")
		assert.Equal(t, 400, res.StatusCode)
		assert.Equal(t, io.ErrUnexpectedEOF.Error()+"\n", body)
		c.requireClosed()
	})
	t.Run("case 22: bytes beyond the length are another, broken, request", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "", "bodyjunk\r\n\r\n")
		res, body := c.answer("POST")
		assert.Equal(t, 200, res.StatusCode)
		assert.Equal(t, "body", body)
		res, _ = c.answer("POST")
		assert.Equal(t, 400, res.StatusCode)
	})
	t.Run("case 22: chunks without a length are read", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "", "3", "abc", "1", "d", "0", "", "")
		res, body := c.answer("POST")
		assert.Equal(t, 200, res.StatusCode)
		assert.Equal(t, "abcd", body)
	})
	t.Run("case 22: Expect: 100-continue is told to go on within the cap", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "Expect: 100-continue", "", "")
		res, _ := c.answer("POST")
		require.Equal(t, 100, res.StatusCode)
		c.send("body")
		res, body := c.answer("POST")
		assert.Equal(t, 200, res.StatusCode)
		assert.Equal(t, "body", body)
	})
	t.Run("case 22: Expect: 100-continue is told no above the cap, and nobody waits for it", func(t *testing.T) {
		t.Parallel()
		server, _ := serve(t, middleware.ReadDeadline(50*time.Millisecond)(capped))
		c := dial(t, server)
		c.send("POST / HTTP/1.1", "Host: x", "Content-Length: 9", "Expect: 100-continue", "", "")
		res, _ := c.answer("POST")
		assert.Equal(t, 413, res.StatusCode)
		c.requireClosed()
	})
}

func TestMaxBodyLeavesTheOtherStreamsOfAnHTTP2ConnectionAlone(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(middleware.Guard{}.MaxBody(4)(echo))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	var reused []bool
	trace := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = append(reused, info.Reused) },
	})
	for _, c := range []struct {
		body   string
		status int
	}{{"abcde", 413}, {"abcd", 200}, {"abcde", 413}, {"abcd", 200}} {
		req, err := http.NewRequestWithContext(trace, http.MethodPost, server.URL, strings.NewReader(c.body))
		require.NoError(t, err)
		res, err := server.Client().Do(req)
		require.NoError(t, err)
		_ = res.Body.Close()
		assert.Equal(t, 2, res.ProtoMajor)
		assert.Equal(t, c.status, res.StatusCode)
	}
	assert.Equal(t, []bool{false, true, true, true}, reused)
}
