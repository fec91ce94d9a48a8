package middleware

import (
	"io"
	"net/http"
	"os"
	"time"
)

// ReadDeadline gives a request's body d to arrive, also where the app's server
// has no timeouts. A later read fails with an error that is
// [os.ErrDeadlineExceeded]; the handler answers 408 and the server closes the
// connection. Requests without a body are left alone, d <= 0 leaves all alone,
// and a server whose own ReadTimeout is shorter keeps it.
//
// The deadline stays when the handler returns, because the server then reads
// what is left of a refused body. The server itself lifts it once the body has
// been read, so a slow handler keeps its context, and before the connection
// serves its next request.
//
// Where a writer has no deadlines (see [http.ResponseController]) each read that
// begins too late fails with the same error, but one that already waits is not
// interrupted.
func ReadDeadline(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if d <= 0 || !hasBody(r) || serverReadsFaster(r, d) {
				next.ServeHTTP(w, r)
				return
			}
			deadline := time.Now().Add(d)
			if http.NewResponseController(w).SetReadDeadline(deadline) != nil {
				r = withBody(r, &punctualBody{ReadCloser: r.Body, deadline: deadline})
			}
			next.ServeHTTP(w, r)
		})
	}
}

// serverReadsFaster reports whether the server's own ReadTimeout ends before d.
// Setting ours would then prolong it.
func serverReadsFaster(r *http.Request, d time.Duration) bool {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	return ok && server.ReadTimeout > 0 && server.ReadTimeout <= d
}

// punctualBody refuses reads that begin after the deadline.
type punctualBody struct {
	io.ReadCloser
	deadline time.Time
}

// Read reads, or fails with [os.ErrDeadlineExceeded].
func (b *punctualBody) Read(p []byte) (int, error) {
	if !time.Now().Before(b.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	return b.ReadCloser.Read(p)
}
