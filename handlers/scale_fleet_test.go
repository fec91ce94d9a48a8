package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

// fleet is five servers of an app, with one store and one account at the vendor, which
// knows that everybody has passed and tells nobody who does not ask.
type fleet struct {
	t       *testing.T
	store   *store.Memory
	limits  handlers.Limits
	change  []func(*handlers.Options)
	servers [5]*server

	mu      sync.Mutex
	down    bool // the vendor does not answer
	courses map[string]*course
	queries []time.Time // when the vendor was asked
	shares  [5]int      // how often by which server
}

// course is what became of a session.
type course struct {
	id    string
	asked int               // how often the vendor was
	by    *server           // who asked last, or ran OnResult
	taken []handlers.Result // what OnResult took
}

// server is one process.
type server struct {
	kit  *handlers.Kit
	line *storetest.Faulty // to the store
	stop context.CancelFunc

	// Under the fleet's lock.
	dead   bool
	asking int // queries that wait for their answers
}

func newFleet(t *testing.T, limits handlers.Limits, change ...func(*handlers.Options)) *fleet {
	f := &fleet{t: t, store: store.NewMemory(), limits: limits, change: change, courses: map[string]*course{}}
	f.start()
	return f
}

// start boots all servers.
func (f *fleet) start() {
	for i := range f.servers {
		f.boot(i)
	}
}

// boot starts a process on a server.
func (f *fleet) boot(i int) {
	f.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &server{line: &storetest.Faulty{Base: f.store}, stop: stop}
	desk := &desk{paper: newPaper(), fleet: f, server: s, at: i}
	desk.limits = f.limits
	opts := handlers.Options{
		Vendor: desk, Store: s.line, Keys: []store.Key{testKey(f.t)}, PublicURL: "https://shop.example/face",
		Identify: identify, OnResult: f.onResult(s),
	}
	for _, c := range f.change {
		c(&opts)
	}
	kit, err := handlers.New(opts)
	require.NoError(f.t, err)
	s.kit = kit
	f.servers[i] = s
	go func() { _ = kit.Run(ctx) }()
}

// replace shuts a process down and boots the next one, as a deploy does.
func (f *fleet) replace(i int) {
	f.t.Helper()
	f.halt(i)
	f.boot(i)
}

// stop shuts all processes down.
func (f *fleet) stop() {
	f.t.Helper()
	for i := range f.servers {
		f.halt(i)
	}
}

func (f *fleet) halt(i int) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(f.t, f.servers[i].kit.Shutdown(ctx))
	f.servers[i].stop()
}

// kill ends a process as kill -9 does, and returns what it had not brought to its end.
func (f *fleet) kill(i int) []*course {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.servers[i]
	s.dead = true
	s.line.Break(storetest.Fault{Kind: storetest.Refused, Calls: math.MaxInt})
	s.stop()
	var unmarked []*course
	for _, c := range f.courses {
		if c.by == s && f.state(c) != handlers.StateDelivered {
			unmarked = append(unmarked, c)
		}
	}
	return unmarked
}

// begin opens sessions, on all servers in turn.
func (f *fleet) begin(n int) []*course {
	f.t.Helper()
	begun := make([]*course, n)
	for i := range begun {
		kit := f.servers[i%len(f.servers)].kit
		started, err := kit.Begin(f.t.Context(), handlers.BeginParams{Subject: fmt.Sprintf("customer-%d-%d", len(f.courses), i)})
		require.NoError(f.t, err)
		begun[i] = &course{id: started.Session}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range begun {
		f.courses[c.id] = c
	}
	return begun
}

// onResult is the hook of a process. What a dead one does reaches nobody.
func (f *fleet) onResult(s *server) hook {
	return func(_ context.Context, r handlers.Result) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if s.dead {
			return errors.New("a dead process has no effect")
		}
		c := f.courses[r.Session]
		c.by, c.taken = s, append(c.taken, r)
		return nil
	}
}

// desk is the vendor's account as a process sees it.
type desk struct {
	*paper
	fleet  *fleet
	server *server
	at     int
}

// Query answers after a moment.
func (d *desk) Query(_ context.Context, s handlers.Session) (handlers.Notice, error) {
	if !d.ask(s.ID) {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeVendorNotSent}
	}
	time.Sleep(80 * time.Millisecond)
	if !d.hears() {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
	}
	return handlers.Notice{Ref: s.Ref, Detail: string(handlers.Passed)}, nil
}

// ask notes that the vendor is asked. What a dead process asks reaches nobody.
func (d *desk) ask(id string) bool {
	d.fleet.mu.Lock()
	defer d.fleet.mu.Unlock()
	if d.server.dead {
		return false
	}
	d.server.asking++
	d.fleet.shares[d.at]++
	d.fleet.queries = append(d.fleet.queries, time.Now())
	c := d.fleet.courses[id]
	c.by, c.asked = d.server, c.asked+1
	return true
}

// hears reports whether an answer came.
func (d *desk) hears() bool {
	d.fleet.mu.Lock()
	defer d.fleet.mu.Unlock()
	d.server.asking--
	return !d.fleet.down
}

// outage begins or ends a time in which the vendor answers nobody.
func (f *fleet) outage(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// awaitAsked waits until the vendor was asked so often, and a server waits for an
// answer.
func (f *fleet) awaitAsked(n, asking int) {
	f.t.Helper()
	reached := func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.queries) >= n && f.servers[asking].asking > 0
	}
	for since := time.Now(); !reached(); time.Sleep(10 * time.Millisecond) {
		require.Less(f.t, time.Since(since), time.Hour, "nobody asks any more")
	}
}

// keptRate checks that no second saw more queries than the vendor takes.
func (f *fleet) keptRate() {
	f.t.Helper()
	rate := f.limits.QueryRate
	for i := rate; i < len(f.queries); i++ {
		require.GreaterOrEqual(f.t, f.queries[i].Sub(f.queries[i-rate]), time.Second)
	}
}

// isDelivered checks how a session ended, and that OnResult took that and nothing else.
func (f *fleet) isDelivered(c *course, verdict handlers.Verdict, reasons ...handlers.Reason) {
	f.t.Helper()
	require.Contains(f.t, []handlers.State{handlers.StateDelivered, handlers.StateScrubbed}, f.state(c))
	require.NotEmpty(f.t, c.taken)
	for _, r := range c.taken {
		require.Equal(f.t, c.id+"-1", r.Key)
		require.Equal(f.t, verdict, r.Verdict)
		require.Equal(f.t, reasons, r.Reasons)
	}
}

// state is a session's, as it is stored.
func (f *fleet) state(c *course) handlers.State {
	s, _ := readSession(f.store, c.id)
	return s.State
}
