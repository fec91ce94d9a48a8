package vendorhttp

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// progress watches how far a request came. Transports without httptrace leave it
// empty, and then the request counts as sent.
type progress struct {
	asked     atomic.Bool // a connection was asked for
	connected atomic.Bool // and obtained, TLS included
}

// watch returns a context that reports to p.
func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	})
}

// mayHaveSent errs on the side of yes. It asks for the connection, not for the
// first written byte: bytes are written on another goroutine, which may still be
// at it when the call has already failed.
func (p *progress) mayHaveSent() bool { return !p.asked.Load() || p.connected.Load() }
