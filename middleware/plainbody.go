package middleware

import (
	"net/http"
	"strings"
)

// PlainBody answers 415 to a request whose body comes in a content coding such
// as gzip, before a byte of it is read, so that nothing is ever inflated. Only
// "identity" and an absent or empty Content-Encoding pass. The answer names
// identity in Accept-Encoding, as RFC 9110 section 15.5.16 asks.
func (g Guard) PlainBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if encoded(r.Header["Content-Encoding"]) {
			w.Header().Set("Accept-Encoding", "identity")
			g.refuse(w, r, http.StatusUnsupportedMediaType)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// encoded reports whether any of the header's lists names a coding.
func encoded(lists []string) bool {
	for _, list := range lists {
		for coding := range strings.SplitSeq(list, ",") {
			coding = strings.TrimSpace(coding)
			if coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}
