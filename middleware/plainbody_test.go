package middleware_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/middleware"
)

func TestPlainBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []string
		status int
	}{
		{"no Content-Encoding goes through", nil, 200},
		{"an empty one goes through", []string{""}, 200},
		{"identity goes through", []string{"identity"}, 200},
		{"identity in any case and twice goes through", []string{"Identity, identity"}, 200},
		{"case 25: gzip is refused", []string{"gzip"}, 415},
		{"case 25: deflate is refused", []string{"deflate"}, 415},
		{"case 25: an unknown coding is refused", []string{"x-zip"}, 415},
		{"case 25: gzip behind identity is refused", []string{"identity, gzip"}, 415},
		{"case 25: gzip in a second line is refused", []string{"identity", "gzip"}, 415},
		{"case 25: gzip with spaces around is refused", []string{" \tGZIP "}, 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("data"))
			r.Header["Content-Encoding"] = c.values
			middleware.Guard{}.PlainBody(echo).ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			if c.status == 415 {
				assert.Equal(t, "identity", w.Header().Get("Accept-Encoding"))
			}
		})
	}
}

func TestCase25AZipBombIsRefusedUnread(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, err := zip.Write(make([]byte, 10<<20))
	require.NoError(t, err)
	require.NoError(t, zip.Close())

	server, _ := serve(t, middleware.Guard{}.PlainBody(never(t)))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, &bomb)
	require.NoError(t, err)
	req.Header.Set("Content-Encoding", "gzip")
	res, err := server.Client().Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	assert.Equal(t, 415, res.StatusCode)
}
