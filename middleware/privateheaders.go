package middleware

import "net/http"

// PrivateHeaders marks every answer as somebody's own: not stored
// (Cache-Control: no-store), not told to the next site (Referrer-Policy:
// no-referrer), not reinterpreted (X-Content-Type-Options: nosniff), not framed
// (X-Frame-Options: DENY). The handler may overwrite each of them; a
// Content-Security-Policy with frame-ancestors takes precedence over the last.
func PrivateHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}
