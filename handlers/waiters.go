package handlers

import (
	"context"
	"sync"
	"time"
)

// waiters wakes requests of this process that wait for a session to move. What
// other processes do is seen by looking again now and then.
type waiters struct {
	mu   sync.Mutex
	open map[string]*bell
}

// bell is closed when its session moves; count is how many listen.
type bell struct {
	rung  chan struct{}
	count int
}

// listen returns a channel that is closed when the session moves, and a function
// to call when done with it.
func (w *waiters) listen(id string) (<-chan struct{}, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = make(map[string]*bell)
	}
	b := w.open[id]
	if b == nil {
		b = &bell{rung: make(chan struct{})}
		w.open[id] = b
	}
	b.count++
	return b.rung, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if b.count--; b.count == 0 && w.open[id] == b {
			delete(w.open, id)
		}
	}
}

// ring wakes everyone who listens for the session.
func (w *waiters) ring(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.open[id]; b != nil {
		close(b.rung)
		delete(w.open, id)
	}
}

// How often await looks at the store for what another process did.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = time.Second
)

// await returns the session when done says so, or as it stands when the time or
// ctx is over.
func (k *Kit) await(ctx context.Context, id string, limit time.Duration, done func(*session) bool) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	look := firstLook
	for {
		rung, stop := k.waiters.listen(id)
		// The last look must not fail only because the wait is over.
		s, err := k.load(context.WithoutCancel(ctx), id)
		if err != nil || done(s) || ctx.Err() != nil {
			stop()
			return s, err
		}
		timer := time.NewTimer(look)
		select {
		case <-rung:
		case <-timer.C:
			look = min(2*look, lastLook)
		case <-ctx.Done():
		}
		timer.Stop()
		stop()
	}
}
