package middleware

import "net/http"

// MaxBody lets handlers read at most n bytes of a body; n <= 0 means no body at
// all. A Content-Length above n is answered 413 before a byte is read. A body
// without one, or longer than it said, fails in the handler's read with
// [*http.MaxBytesError], and the handler answers 413. In both cases the
// connection ends with the answer. Before it hangs up the server may throw away
// up to 256 KB more of the body; [ReadDeadline] bounds how long that takes.
func (g Guard) MaxBody(n int64) func(http.Handler) http.Handler {
	n = max(n, 0)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !hasBody(r) {
				next.ServeHTTP(w, r)
				return
			}
			if r.ContentLength > n {
				closeAfter(w, r)
				g.refuse(w, r, http.StatusRequestEntityTooLarge)
				return
			}
			next.ServeHTTP(w, withBody(r, http.MaxBytesReader(innermost(w), r.Body, n)))
		})
	}
}

// closeAfter ends the connection after the answer. Over HTTP/2 it does nothing:
// there the server resets the one stream, and other streams share the connection.
func closeAfter(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}

// innermost looks through wrappers for the server's own writer, the only one
// that [http.MaxBytesReader] can tell to close the connection.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}
