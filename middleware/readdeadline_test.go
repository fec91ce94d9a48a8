package middleware_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/middleware"
)

// trickle writes a byte at a time until the server hangs up.
func trickle(conn net.Conn) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(conn, "x"); err != nil {
			return
		}
	}
}

func TestCase23ASlowBodyEndsAtTheDeadlineInAServerWithoutTimeouts(t *testing.T) {
	t.Parallel()
	limit := middleware.ReadDeadline(50 * time.Millisecond)
	guard := middleware.Guard{}
	for _, c := range []struct {
		name    string
		handler http.Handler
		status  int
	}{
		{"case 23: the handler's read fails", limit(echo), 408},
		{"case 23: also under a cap and a wrapped writer", guard.Recover(nil)(limit(guard.MaxBody(1 << 20)(echo))), 408},
		{"case 23: a refusal does not wait for a body that nobody wants", limit(guard.Methods("GET")(never(t))), 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, _ := serve(t, c.handler)
			conn := dial(t, server)
			conn.send("POST / HTTP/1.1", "Host: x", "Content-Length: 200000", "", "")
			go trickle(conn.conn)
			res, _ := conn.answer("POST")
			assert.Equal(t, c.status, res.StatusCode)
			assert.True(t, res.Close)
		})
	}
}

func TestCase23OverHTTP2OnlyTheSlowStreamEnds(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(middleware.ReadDeadline(50 * time.Millisecond)(echo))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	body, stalled := io.Pipe()
	t.Cleanup(func() { _ = stalled.Close() })
	for _, c := range []struct {
		body   io.Reader
		status int
	}{{body, 408}, {strings.NewReader("quick"), 200}} {
		res, err := server.Client().Post(server.URL, "text/plain", c.body)
		require.NoError(t, err)
		_ = res.Body.Close()
		assert.Equal(t, 2, res.ProtoMajor)
		assert.Equal(t, c.status, res.StatusCode)
	}
}

// bubble is a server and one connection to it, both inside a synctest bubble,
// whose clock only moves when everybody waits.
func bubble(t *testing.T, server *http.Server) *wire {
	t.Helper()
	client, far := net.Pipe()
	listener := &oneConn{conn: make(chan net.Conn, 1), done: make(chan struct{})}
	listener.conn <- far
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		<-ended
	})
	return &wire{t: t, conn: client, in: bufio.NewReader(client)}
}

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn chan net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conn:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error {
	close(l.done)
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func TestReadDeadline(t *testing.T) {
	t.Parallel()
	const limit = 10 * time.Second

	// elapsed sends a body that never ends and returns when the server has
	// stopped reading it.
	elapsed := func(t *testing.T, server *http.Server) time.Duration {
		began := time.Now()
		conn := bubble(t, server)
		conn.send("POST / HTTP/1.1", "Host: x", "Content-Length: 9", "", "")
		res, _ := conn.answer("POST")
		assert.Equal(t, 408, res.StatusCode)
		conn.requireClosed()
		return time.Since(began).Truncate(time.Second)
	}

	for _, c := range []struct {
		name   string
		server time.Duration
		want   time.Duration
	}{
		{"the server has no timeout of its own", 0, limit},
		{"the server's own longer timeout is shortened", 60 * time.Second, limit},
		{"the server's own shorter timeout is kept", 3 * time.Second, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &http.Server{ReadTimeout: c.server, Handler: middleware.ReadDeadline(limit)(echo)}
				assert.Equal(t, c.want, elapsed(t, server))
			})
		})
	}
	t.Run("the connection may idle past the deadline and serve again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			refuseAll := middleware.Guard{}.Methods()
			mux := http.NewServeMux()
			mux.Handle("/read", echo)
			mux.Handle("/refused", refuseAll(never(t)))
			conn := bubble(t, &http.Server{Handler: middleware.ReadDeadline(limit)(mux)})
			for _, path := range []string{"/read", "/refused", "/read"} {
				conn.send("POST "+path+" HTTP/1.1", "Host: x", "Content-Length: 4", "", "body")
				res, _ := conn.answer("POST")
				assert.Equal(t, path == "/read", res.StatusCode == 200)
				assert.False(t, res.Close)
				<-time.After(3 * limit)
			}
		})
	})
	t.Run("a handler that works past the deadline keeps its context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				select {
				case <-r.Context().Done():
					w.WriteHeader(http.StatusInternalServerError)
				case <-time.After(3 * limit):
					w.WriteHeader(http.StatusNoContent)
				}
			})
			for _, request := range []string{
				"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
				"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
				"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			} {
				conn := bubble(t, &http.Server{Handler: middleware.ReadDeadline(limit)(slow)})
				conn.send(request)
				res, _ := conn.answer("POST")
				assert.Equal(t, http.StatusNoContent, res.StatusCode)
			}
		})
	})
	t.Run("zero sets no deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn := bubble(t, &http.Server{Handler: middleware.ReadDeadline(0)(echo)})
			conn.send("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "", "bo")
			<-time.After(time.Hour)
			conn.send("dy")
			_, body := conn.answer("POST")
			assert.Equal(t, "body", body)
		})
	})
}

func TestReadDeadlineWhereTheWriterHasNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, sender := io.Pipe()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for range 5 { // a byte every 4 s: at 0, 4, 8, 12, 16
				_, _ = sender.Write([]byte("x"))
				<-time.After(4 * time.Second)
			}
			_ = sender.Close()
		}()
		var got []byte
		var err error
		read := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, err = io.ReadAll(r.Body) })
		r := httptest.NewRequest(http.MethodPost, "/", body)
		middleware.ReadDeadline(10*time.Second)(read).ServeHTTP(httptest.NewRecorder(), r)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, "xxxx", string(got), "the read that waited at the deadline still returns")
		require.NoError(t, body.Close())
		<-sent
	})
}
