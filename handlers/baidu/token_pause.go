package baidu

import (
	"sync"
	"time"

	"github.com/facegate/facegate/handlers"
)

// How long OAuth is left alone.
const (
	firstPause         = time.Second      // after trouble that may pass by itself
	longestPause       = time.Minute      // doubling up to here
	credentialsPause   = time.Minute      // after a refusal of the key pair
	longestCredentials = 15 * time.Minute // doubling up to here

	aheadRest = time.Second // between two looks for a token ahead of need

	refusalWindow = time.Minute // within which
	maxRefusals   = 5           // this many fresh tokens may be refused
)

// pause keeps a process from hammering OAuth: after a failure it is left alone for
// a while, and everybody gets the same error at once. A wrong key pair opens it
// for minutes. It also stops the loop of a vendor that refuses every fresh token.
type pause struct {
	mu       sync.Mutex
	until    time.Time
	failures int
	cause    error

	windowEnds time.Time
	refusals   int

	ahead     bool      // a refresh ahead is under way
	nextAhead time.Time // and the next one may not begin before
}

// check returns the error to answer with while OAuth is left alone, or nil.
func (p *pause) check(now time.Time, refused bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.until) {
		return p.cause
	}
	if refused && now.Before(p.windowEnds) && p.refusals >= maxRefusals {
		return &handlers.Error{Code: handlers.CodeVendorUnavailable, Reason: ReasonAccessToken, Err: errRefusedAgain}
	}
	return nil
}

// first reports whether OAuth has not failed since it last answered.
func (p *pause) first() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failures == 0
}

// beginAhead reports whether a refresh ahead may begin: one at a time, a moment
// apart, and not while OAuth is left alone. endAhead must follow.
func (p *pause) beginAhead(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead || now.Before(p.until) || now.Before(p.nextAhead) {
		return false
	}
	p.ahead, p.nextAhead = true, now.Add(aheadRest)
	return true
}

// endAhead says that the refresh ahead is over.
func (p *pause) endAhead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = false
}

// refreshed counts a fetch that a refused token made necessary.
func (p *pause) refreshed(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !now.Before(p.windowEnds) {
		p.windowEnds, p.refusals = now.Add(refusalWindow), 0
	}
	p.refusals++
}

// failed opens the pause.
func (p *pause) failed(now time.Time, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait, longest := firstPause, longestPause
	if refused := refusedBy(cause); refused != nil && !refused.Retryable() {
		wait, longest = credentialsPause, longestCredentials
	}
	for range min(p.failures, 10) {
		wait = min(2*wait, longest)
	}
	p.failures++
	p.until, p.cause = now.Add(jittered(wait)), cause
}

// succeeded closes the pause.
func (p *pause) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until, p.failures, p.cause = time.Time{}, 0, nil
}
