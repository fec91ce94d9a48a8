package fleettest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// crowd is people who come at an even pace and pass at once, and the vendor, which
// tells of each of them once.
type crowd struct {
	t     *testing.T
	fleet *fleet
	late  chan string // sessions of people who were at the vendor for a while

	mu       sync.Mutex
	kept     map[string]handlers.Session // what the app wrote down of each at the start
	heard    []string                    // sessions whose notice was acknowledged
	unheard  []string                    // sessions whose notice was not
	requests []request
}

// request is when one of them was sent and answered, and how.
type request struct {
	sent, answered time.Time
	answer
}

const (
	crowdWorkers = 4
	crowdPause   = 150 * time.Millisecond // of each of them, between two people
)

// gather lets people come, after those whose sessions it is given, until the returned
// function is called, which waits for the last ones.
func (f *fleet) gather(t *testing.T, early []string) (c *crowd, disperse func()) {
	c = &crowd{t: t, fleet: f, late: make(chan string, len(early)), kept: map[string]handlers.Session{}}
	for _, session := range early {
		require.True(t, c.keep(session))
	}
	leave := make(chan struct{})
	var working sync.WaitGroup
	for worker := range crowdWorkers {
		working.Go(func() {
			pace := time.NewTicker(crowdPause)
			defer pace.Stop()
			for n := 0; ; n++ {
				select {
				case <-pace.C:
				case <-leave:
					return
				}
				c.visit(fmt.Sprintf("visitor-%d-%d", worker, n))
			}
		})
	}
	disperse = sync.OnceFunc(func() {
		close(leave)
		working.Wait()
		close(c.late)
		for session := range c.late {
			c.unheard = append(c.unheard, session)
		}
	})
	t.Cleanup(disperse)
	return c, disperse
}

// visit is one person from the start to the notice, and one late notice if there is
// any.
func (c *crowd) visit(subject string) {
	sent := time.Now()
	session, got, err := c.fleet.begin(c.t.Context(), subject)
	assert.NoError(c.t, err, "the members are there")
	c.note(request{sent, time.Now(), got})
	// The app sends nobody on to the vendor of whom it could not write down the session.
	if session != "" && c.keep(session) {
		c.fleet.vendor.passes(c.t, session)
		c.tell(session)
	}
	select {
	case session := <-c.late:
		c.tell(session)
	default:
	}
}

// keep writes down what the app needs to restore a session, and reports whether the
// store was still there to tell it.
func (c *crowd) keep(session string) bool {
	s, err := c.fleet.kit.Lookup(c.t.Context(), session)
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[session] = s
	return true
}

// tell has the vendor tell of a session once.
func (c *crowd) tell(session string) {
	sent := time.Now()
	got, err := c.fleet.post(c.t.Context(), "notify", "", c.fleet.vendor.notice(c.t, session))
	assert.NoError(c.t, err, "the members are there")
	c.note(request{sent, time.Now(), got})
	c.mu.Lock()
	defer c.mu.Unlock()
	if got.status == http.StatusOK {
		c.heard = append(c.heard, session)
	} else {
		c.unheard = append(c.unheard, session)
	}
}

func (c *crowd) note(r request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r)
}

// repeat has the vendor tell of every session again that nobody has heard of.
func (c *crowd) repeat() {
	c.t.Helper()
	for _, session := range c.unheard {
		require.True(c.t, c.fleet.insist(c.t.Context(), c.fleet.vendor.notice(c.t, session)))
		c.heard = append(c.heard, session)
	}
	c.unheard = nil
}

// refused fails the test unless every request between two moments was refused in a
// way that asks to come again, there were some, and none of them reached the vendor.
func (c *crowd) refused(from, to time.Time) {
	c.t.Helper()
	during, underWay := 0, 0
	for _, r := range c.requests {
		switch {
		case r.answered.Before(from) || r.sent.After(to):
		case r.sent.Before(from):
			underWay++
		case r.answered.Before(to):
			during++
			assert.Equal(c.t, http.StatusServiceUnavailable, r.status, "%s", r.body)
			assert.NotEmpty(c.t, r.retryAfter)
		}
	}
	assert.Positive(c.t, during)
	begun := 0
	for _, s := range c.fleet.vendor.Sessions() {
		if s.Created.After(from) && s.Created.Before(to) {
			begun++
		}
	}
	assert.LessOrEqual(c.t, begun, underWay, "no session at the vendor that nobody can keep track of")
}
