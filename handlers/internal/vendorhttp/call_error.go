package vendorhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
)

// ErrTooLarge means that the answer is longer than the cap.
var ErrTooLarge = errors.New("the answer is larger than allowed")

// CallError is a call without a usable answer.
type CallError struct {
	// Sent says that the request may have reached the vendor. It is false only when
	// certainly nothing did: the name, the connection or the TLS handshake failed,
	// or the context was over before.
	Sent bool

	// Err is the cause, without URL and without what was sent or answered. errors.Is
	// finds what it was, context.DeadlineExceeded as well as a transport's own errors.
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

// quiet returns what may be told of an error of the HTTP client: time-outs, and
// the failures of names, connections and certificates. Any other text is withheld,
// because transports quote what they send and read: a URL, a redirect's address, an
// answer that is not HTTP, the password of a proxy.
func quiet(ctx context.Context, err error) error {
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
	if harmless(err) {
		return err
	}
	return &withheld{
		kind: fmt.Sprintf("%T", err),
		is:   func(target error) bool { return errors.Is(err, target) },
	}
}

// withheld stands for an error whose text must not be told. errors.Is still knows
// what it was.
type withheld struct {
	kind string
	is   func(target error) bool
}

// Error names the Go type, for lack of more.
func (w *withheld) Error() string {
	return "the transport failed with a " + w.kind + "; its text is withheld, it may quote the request"
}

// Is reports whether the error was target.
func (w *withheld) Is(target error) bool { return w.is(target) }

// harmless reports whether the text of err is made of the standard library's own
// words, addresses and the names in a certificate.
func harmless(err error) bool {
	switch e := err.(type) { //nolint:errorlint // what wraps them may have more to say
	case *net.OpError:
		// Alerts of TLS have no type of their own.
		return harmless(e.Err) || e.Op == "remote error" || e.Op == "local error"
	case *net.DNSError, *net.AddrError, net.UnknownNetworkError, *os.SyscallError, syscall.Errno,
		*tls.CertificateVerificationError, tls.RecordHeaderError:
		return true
	}
	for _, plain := range []error{ErrTooLarge, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrDeadlineExceeded, http.ErrSchemeMismatch} {
		if err == plain { //nolint:errorlint // as above
			return true
		}
	}
	return false
}
