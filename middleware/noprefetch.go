package middleware

import (
	"net/http"
	"strings"
)

// NoPrefetch answers 405 to requests that a browser makes before the person
// asked for the page: prefetch, prerender and preview, by Sec-Purpose, Purpose,
// X-Purpose or X-Moz. Wrap handlers with it whose visit costs something, such as
// an attempt or a call to a vendor. Allow is empty: nothing is allowed
// speculatively. The browser drops the answer and asks again on a real visit.
func (g Guard) NoPrefetch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if speculative(r.Header) {
			w.Header().Set("Allow", "")
			g.refuse(w, r, http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// speculative reads the standard header and the older ones of Safari, Chromium
// and Firefox. A purpose comes with parameters ("prefetch;prerender") and, from
// tools in between, as a list.
func speculative(h http.Header) bool {
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		for _, value := range h[name] {
			value = strings.ToLower(value)
			for _, purpose := range [...]string{"prefetch", "prerender", "preview"} {
				if strings.Contains(value, purpose) {
					return true
				}
			}
		}
	}
	return false
}
