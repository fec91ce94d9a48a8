package baidu

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/facegate/facegate/handlers"
)

// maxPaceWait is how long a call waits for its turn before it is refused politely.
const maxPaceWait = 2 * time.Second

// rateRest is the rest after the vendor's own "too many".
const rateRest = time.Second

// errPaced means that the call was held back by us, not refused by the vendor.
var errPaced = errors.New("baidu: too many calls at once for this account")

// pacer spaces calls evenly, so that a crowd is queued or refused here and does
// not become a storm of code 18 there.
type pacer struct {
	interval time.Duration // between two calls; 0: no limit of our own

	mu   sync.Mutex
	next time.Time // when the next call may leave
}

// wait returns when it is the caller's turn, or fails at once if that is too far
// off.
func (p *pacer) wait(ctx context.Context) error {
	delay, ok := p.reserve(time.Now())
	if !ok {
		return &handlers.Error{Code: handlers.CodeVendorThrottled, Reason: ReasonRate, Err: errPaced}
	}
	if delay <= 0 {
		return nil
	}
	if err := sleep(ctx, delay); err != nil {
		return &handlers.Error{Code: handlers.CodeVendorNotSent, Err: err}
	}
	return nil
}

// reserve takes the next turn.
func (p *pacer) reserve(now time.Time) (delay time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.Before(now) {
		p.next = now
	}
	delay = p.next.Sub(now)
	if delay > maxPaceWait {
		return 0, false
	}
	p.next = p.next.Add(p.interval)
	return delay, true
}

// rest holds every call back for a moment after the vendor refused one for its
// rate.
func (p *pacer) rest(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := now.Add(jittered(rateRest)); p.next.Before(until) {
		p.next = until
	}
}
