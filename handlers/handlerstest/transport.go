package handlerstest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Transport carries calls by another one and spoils some of them. The zero value
// spoils none. It is safe for concurrent use and works in bubbles of
// testing/synctest.
type Transport struct {
	// Base carries the calls. Default: [http.DefaultTransport]. Do not change it while
	// calls are made.
	Base http.RoundTripper

	mu      sync.Mutex
	calls   int
	fault   Fault
	counted int // requests that the fault concerns, since Break
	spoilt  int
}

// Break spoils calls from now on, in place of what was said before, and counts anew.
func (t *Transport) Break(fault Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault, t.counted, t.spoilt = fault, 0, 0
}

// Mend lets all further calls through. Spoilt still tells of those before.
func (t *Transport) Mend() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = Fault{}
}

// Calls is how many calls were made in all, spoilt ones included.
func (t *Transport) Calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

// Spoilt is how many calls were spoilt since Break: zero tells that the n-th was
// never made.
func (t *Transport) Spoilt() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spoilt
}

// RoundTrip carries one call, or spoils it.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch fault := t.next(r); fault.Kind {
	case Refused:
		discard(r)
		return nil, refuse(r)
	case Unavailable:
		discard(r)
		return page(r, http.StatusServiceUnavailable), nil
	case Page:
		discard(r)
		return page(r, http.StatusOK), nil
	default:
		answer, err := t.base().RoundTrip(r)
		if err != nil {
			return nil, err
		}
		return fault.spoil(r, answer)
	}
}

// next counts a call and says how it goes wrong; a zero Fault: it does not.
func (t *Transport) next(r *http.Request) Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	if !t.fault.concerns(r) {
		return Fault{}
	}
	t.counted++
	if !t.fault.hits(t.counted) {
		return Fault{}
	}
	t.spoilt++
	return t.fault
}

// base is Base or its default.
func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// spoil does to an answer what the fault's kind says.
func (f Fault) spoil(r *http.Request, answer *http.Response) (*http.Response, error) {
	switch f.Kind {
	case Lost:
		_ = answer.Body.Close()
		return nil, reset()
	case Hung:
		_ = answer.Body.Close()
		<-r.Context().Done()
		return nil, r.Context().Err()
	case TimedOut:
		_ = answer.Body.Close()
		return page(r, http.StatusGatewayTimeout), nil
	case Late:
		if err := wait(r.Context(), f.delay()); err != nil {
			_ = answer.Body.Close()
			return nil, err
		}
	case Cut:
		if err := cut(answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// wait lets time pass, or fails when the context ends before.
func wait(ctx context.Context, delay time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(delay):
		return nil
	}
}

// discard closes the body of a request that goes nowhere, as every transport must.
func discard(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}
