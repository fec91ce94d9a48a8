package handlerstest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/handlerstest"
)

func TestTheHandlerSeesWhatAServerWouldShowIt(t *testing.T) {
	var seen *http.Request
	var body string
	transport := handlerstest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		seen, body = r, string(read)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusTeapot)
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://vendor.example:8443/a%2Fb?c=d", strings.NewReader("form"))
	require.NoError(t, err)
	answer, err := transport.RoundTrip(r)
	require.NoError(t, err)
	assert.Equal(t, http.StatusTeapot, answer.StatusCode)
	assert.Equal(t, "yes", answer.Header.Get("X-Answer"))
	assert.Same(t, r, answer.Request)
	assert.Equal(t, "/a%2Fb?c=d", seen.RequestURI)
	assert.Equal(t, "vendor.example:8443", seen.Host)
	assert.Empty(t, seen.URL.Host)
	assert.Equal(t, "vendor.example:8443", r.URL.Host, "the caller's request is as it was")
	assert.Equal(t, "vendor.example", seen.TLS.ServerName)
	assert.Equal(t, "form", body)

	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://vendor.example", nil)
	require.NoError(t, err)
	_, err = transport.RoundTrip(r)
	require.NoError(t, err)
	assert.Nil(t, seen.TLS)
	assert.Empty(t, body, "a body that is not there can be read")
}

func TestAHandlerCanBreakTheConnection(t *testing.T) {
	for name, tt := range map[string]struct {
		serve http.HandlerFunc
		body  string
		err   error
	}{
		"without an answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", syscall.ECONNRESET},
		"in the middle of a body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
		}, "half", io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			_, body, err := ask(t.Context(), handlerstest.InProcess(tt.serve), "/")
			assert.ErrorIs(t, err, tt.err)
			assert.Equal(t, tt.body, body)
		})
	}
	t.Run("any other panic is a fault of the handler, and seen", func(t *testing.T) {
		transport := handlerstest.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") }))
		assert.PanicsWithValue(t, "bug", func() { _, _, _ = ask(t.Context(), transport, "/") })
	})
}

func TestAContextThatIsOverEndsTheCall(t *testing.T) {
	v := &vendor{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := ask(ctx, handlerstest.InProcess(v), "/")
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, v.reached.Load())

	ctx, cancel = context.WithCancel(t.Context())
	_, _, err = ask(ctx, handlerstest.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() })), "/")
	assert.ErrorIs(t, err, context.Canceled, "an answer that comes too late is none")
}
