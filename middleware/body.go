package middleware

import (
	"io"
	"net/http"
)

// hasBody reports whether there is a body to read.
func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody
}

// withBody returns a copy of r with another body; handlers may not change the
// request they were given.
func withBody(r *http.Request, body io.ReadCloser) *http.Request {
	copied := *r
	copied.Body = body
	return &copied
}
