package vendorhttp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// ErrTooLarge means that the answer is longer than the cap.
var ErrTooLarge = errors.New("the answer is larger than allowed")

// errUnprintable stands in for a transport's error whose text repeats the query.
var errUnprintable = errors.New("the transport failed, and its text is withheld because it repeats the request's query")

// CallError is a call without a usable answer.
type CallError struct {
	// Sent says that the request may have reached the vendor. It is false only when
	// certainly nothing did: the name, the connection or the TLS handshake failed,
	// or the context was over before.
	Sent bool

	// Err is the cause, without URL. context.DeadlineExceeded and context.Canceled
	// are found by errors.Is.
	Err error
}

// Error tells whether the request may have been sent, and the cause.
func (e *CallError) Error() string {
	if e.Sent {
		return "the call to the vendor broke off: " + e.Err.Error()
	}
	return "the call did not reach the vendor: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }

// quiet takes the URL out of an error of the HTTP client.
func quiet(ctx context.Context, request *http.Request, err error) error {
	if over := ctx.Err(); over != nil {
		return over
	}
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	if repeatsQuery(request, err.Error()) {
		return errUnprintable
	}
	return err
}

// repeatsQuery reports whether text holds the request's query or one of its
// values, as a transport of the app's own may write them into its errors.
func repeatsQuery(request *http.Request, text string) bool {
	raw := request.URL.RawQuery
	if raw == "" {
		return false
	}
	if strings.Contains(text, raw) {
		return true
	}
	for pair := range strings.SplitSeq(raw, "&") {
		_, escaped, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(escaped)
		if err != nil || len(value) < 4 {
			continue // too short to be a secret, and likely to occur by chance
		}
		if strings.Contains(text, value) || strings.Contains(text, escaped) {
			return true
		}
	}
	return false
}
