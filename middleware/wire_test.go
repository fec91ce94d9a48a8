package middleware_test

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must happen. It is no measure: a
// passing test never waits for it.
const patience = 20 * time.Second

// errorLog keeps what a server writes to its error log.
type errorLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *errorLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *errorLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve runs h on loopback, in a server without timeouts.
func serve(t *testing.T, h http.Handler) (*httptest.Server, *errorLog) {
	t.Helper()
	logged := &errorLog{}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(logged, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server, logged
}

// wire is a connection on which a test writes its own HTTP.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, server *httptest.Server) *wire {
	t.Helper()
	conn, err := net.DialTimeout("tcp", server.Listener.Addr().String(), patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &wire{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// send writes lines joined as HTTP does; an empty last line ends the header.
func (c *wire) send(lines ...string) {
	c.t.Helper()
	_, err := io.WriteString(c.conn, strings.Join(lines, "\r\n"))
	require.NoError(c.t, err)
}

// answer reads the next answer and its body.
func (c *wire) answer(method string) (*http.Response, string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.in, &http.Request{Method: method})
	require.NoError(c.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	require.NoError(c.t, err)
	return res, string(body)
}

// requireClosed waits until the server has closed its side.
func (c *wire) requireClosed() {
	c.t.Helper()
	_, err := c.in.ReadByte()
	require.ErrorIs(c.t, err, io.EOF)
}

// never is a handler that must not run.
func never(t *testing.T) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the handler ran for %s", r.Method)
	})
}

// echo answers with the body it got, or with what the read of it failed with.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	_, _ = w.Write(body)
})
