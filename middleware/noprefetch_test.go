package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/middleware"
)

func TestNoPrefetch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header, value string
		status              int
	}{
		{"a visit goes through", "Accept", "text/html", 200},
		{"an unknown purpose goes through", "Sec-Purpose", "visit", 200},
		{"an empty purpose goes through", "Sec-Purpose", "", 200},
		{"case 1: a prefetch is refused", "Sec-Purpose", "prefetch", 405},
		{"case 1: a prerender is refused", "Sec-Purpose", "prefetch;prerender", 405},
		{"case 1: a prefetch through a proxy is refused", "Sec-Purpose", "prefetch;anonymous-client-ip", 405},
		{"case 1: the older header is refused", "Purpose", "prefetch", 405},
		{"case 1: upper case is refused", "Purpose", "Prefetch", 405},
		{"case 1: Safari's preview is refused", "X-Purpose", "preview", 405},
		{"case 1: Firefox's older prefetch is refused", "X-Moz", "prefetch", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			next := never(t)
			if c.status == 200 {
				next = echo
			}
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set(c.header, c.value)
			middleware.Guard{}.NoPrefetch(next).ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			if c.status == 405 {
				assert.Equal(t, []string{""}, w.Header().Values("Allow"))
			}
		})
	}
}
