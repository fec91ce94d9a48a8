package middleware

import (
	"net/http"
	"slices"
	"strings"
)

// Methods lets only the named methods through; any other is answered 405 with
// Allow listing them in the given order. Names are case-sensitive, as in HTTP.
// HEAD is not implied by GET and OPTIONS not by anything. With no names every
// request is refused.
func (g Guard) Methods(methods ...string) func(http.Handler) http.Handler {
	methods = slices.Clone(methods)
	allow := strings.Join(methods, ", ")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !slices.Contains(methods, r.Method) {
				w.Header().Set("Allow", allow)
				g.refuse(w, r, http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
