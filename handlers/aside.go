package handlers

import (
	"context"
	"sync"
	"time"
)

const (
	// asideFor is how long a due session that cannot be worked on is left alone.
	asideFor = 10 * time.Second

	// maxAside bounds the memory for such sessions.
	maxAside = 10_000
)

// aside remembers the due sessions that this process cannot work on for now. They
// stay due and would otherwise stand in front of all others for ever.
type aside struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// put leaves a session alone until the given moment.
func (a *aside) put(id string, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil {
		a.until = make(map[string]time.Time)
	}
	if len(a.until) < maxAside {
		a.until[id] = until
	}
}

// holds reports whether a session is to be left alone.
func (a *aside) holds(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, held := a.until[id]
	return held
}

// prune takes back what may be looked at again, and returns how many are left.
func (a *aside) prune(now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, until := range a.until {
		if !until.After(now) {
			delete(a.until, id)
		}
	}
	return len(a.until)
}

// putAside leaves a session alone for a while that the store would not let this
// process work on, and says so.
func (k *Kit) putAside(ctx context.Context, id string, err error) {
	k.aside.put(id, k.now().Add(asideFor))
	k.emit(ctx, Event{Name: EventStoreFailed, Session: id, Code: CodeOf(err)})
}
