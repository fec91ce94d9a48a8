package handlers_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// accountPage is where every start wants to come back to.
const accountPage = "/account"

// What the tests' app knows its people by.
const (
	subjectHeader = "X-Subject"
	tenantHeader  = "X-Tenant"
)

// world is what a program happens to: two replicas, their store, the vendor, people.
type world struct {
	ctx      context.Context
	program  program
	key      store.Key
	sabotage sabotage

	model    *model
	vault    *vault
	browsers browsers
	skew     atomic.Int64 // of B's clock

	mu       sync.Mutex
	machines [2]*process // nil: nothing runs there
	started  []*process
}

// sabotage breaks a kit on purpose. Nil parts break nothing.
type sabotage struct {
	store   func(store.Store) store.Store
	vendor  func(handlers.Vendor) handlers.Vendor
	hook    func(hook) hook
	handler func(*handlers.Kit, http.Handler) http.Handler
	events  func(handlers.Event) handlers.Event
}

// hook is an OnResult.
type hook func(context.Context, handlers.Result) error

func newWorld(p program, key store.Key, s sabotage, seen tally) *world {
	seen["a program"]++
	m := &model{seen: seen}
	w := &world{ctx: context.Background(), program: p, key: key, sabotage: s, model: m, vault: newVault(key, m)}
	m.vault = w.vault
	w.at(0)
	w.at(1)
	return w
}

func (w *world) broken() bool { return len(w.violations()) > 0 }

func (w *world) violations() []string { return w.model.objections() }

// step does one step, lets what it set off come to rest and looks at everything.
func (w *world) step(s step) {
	s.do(w)
	w.settle()
	w.model.check()
}

// settle waits until nothing happens any more but what waits for its time.
func (w *world) settle() {
	time.Sleep(100 * time.Millisecond)
	synctest.Wait()
}

// process is one life of a replica.
type process struct {
	kit     *handlers.Kit
	handler http.Handler
	line    *line
	stop    context.CancelFunc
}

// die ends a process as kill -9 does: nothing of it reaches anyone any more.
func (p *process) die() {
	p.line.cut()
	p.stop()
}

func (p *process) dead() bool { return p.line.isCut() }

// at returns the process at a replica, and starts one if none lives there.
func (w *world) at(r replica) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.machines[r]; p != nil && !p.dead() {
		return p
	}
	p := w.boot(r)
	w.machines[r] = p
	w.started = append(w.started, p)
	return p
}

// boot starts a process.
func (w *world) boot(r replica) *process {
	ctx, stop := context.WithCancel(w.ctx)
	p := &process{stop: stop}
	p.line = newLine(w.vault, w.program.delays+uint64(len(w.started)), stop)
	opts := handlers.Options{
		Vendor: &office{paper: newPaper(), model: w.model, world: w, of: p}, Store: p.line, Keys: []store.Key{w.key},
		PublicURL: "https://shop.example/face", OnResult: w.onResult(p), Identify: identify, Prepare: prepare,
		OnEvent: w.heard, Logger: slog.New(slog.NewTextHandler(logWriter{w.model}, nil)),
		PollInterval: 10 * time.Minute, MaxDeliveries: mostDeliveries, MaxAttempts: 1000,
		Now: func() time.Time {
			if r == 0 {
				return time.Now()
			}
			return time.Now().Add(time.Duration(w.skew.Load()))
		},
	}
	opts.Vendor.(*office).limits.Images = w.program.pictures
	w.sabotage.apply(&opts)
	kit, err := handlers.New(opts)
	if err != nil {
		panic(err)
	}
	p.kit, p.handler = kit, kit.Handler()
	if w.sabotage.handler != nil {
		p.handler = w.sabotage.handler(kit, p.handler)
	}
	go func() { _ = kit.Run(ctx) }()
	return p
}

// apply breaks what is to be broken.
func (s sabotage) apply(o *handlers.Options) {
	if s.store != nil {
		o.Store = s.store(o.Store)
	}
	if s.vendor != nil {
		o.Vendor = s.vendor(o.Vendor)
	}
	if s.hook != nil {
		o.OnResult = s.hook(o.OnResult)
	}
	if tell := o.OnEvent; s.events != nil {
		o.OnEvent = func(ctx context.Context, e handlers.Event) { tell(ctx, s.events(e)) }
	}
}

func identify(r *http.Request) (string, error) { return r.Header.Get(subjectHeader), nil }

func prepare(r *http.Request) (handlers.StartParams, error) {
	params, err := handlers.PrepareForm(r)
	params.Tenant, params.Params = r.Header.Get(tenantHeader), "canary-params"
	return params, err
}

// browsers hold each person's cookie of the kit.
type browsers struct {
	mu      sync.Mutex
	cookies [people]*http.Cookie
}

func (b *browsers) set(who person, c *http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cookies[who] = c
}

func (b *browsers) of(who person) *http.Cookie {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cookies[who]
}

// signed makes a request one of a person who is signed in to the app.
func (w *world) signed(r *http.Request, who person) *http.Request {
	r.Header.Set(subjectHeader, who.subject())
	r.Header.Set(tenantHeader, who.tenant())
	r.AddCookie(&http.Cookie{Name: "login", Value: "canary-login"})
	if c := w.browsers.of(who); c != nil {
		r.AddCookie(c)
	}
	return r
}

// answer is what a request was answered, with what it cost.
type answer struct {
	*httptest.ResponseRecorder
	trace *trace
}

// storeFailed reports an answer that puts the blame on the store, which deserves it.
func (a *answer) storeFailed() bool {
	return a.Code == http.StatusServiceUnavailable && a.trace.faults.Load() > 0
}

// sessionID is the session that a start was answered with, if any.
func (a *answer) sessionID() string {
	u, err := url.Parse(a.Header().Get("Location"))
	if err != nil {
		return ""
	}
	id, _ := strings.CutPrefix(u.Query().Get("token"), "t-")
	return id
}

// send has a replica serve a request.
func (w *world) send(at replica, r *http.Request) *answer {
	t := traceOf(r.Context())
	if t == nil {
		t = &trace{}
		r = r.WithContext(withTrace(r.Context(), t))
	}
	a := &answer{httptest.NewRecorder(), t}
	w.at(at).handler.ServeHTTP(a, r)
	w.model.keepsSecrets("an answer", fmt.Sprint(a.Code, a.Header(), a.Body.String()))
	switch {
	case a.Code == http.StatusInternalServerError:
		w.model.object("I9", "an answer 500")
	case a.Code == http.StatusServiceUnavailable && a.Header().Get("Retry-After") == "":
		w.model.object("I9", "an answer 503 without Retry-After")
	}
	return a
}

// heard is OnEvent.
func (w *world) heard(_ context.Context, e handlers.Event) {
	w.model.keepsSecrets("an event", fmt.Sprintf("%+v", e))
	w.model.happened(e)
}

// logWriter is where the kit logs to.
type logWriter struct{ model *model }

func (l logWriter) Write(line []byte) (int, error) {
	l.model.keepsSecrets("a log line", string(line))
	return len(line), nil
}

// comeToRest mends everything, lets the vendor's retention pass, replays what is dead,
// and then everything must have come to its end.
func (w *world) comeToRest() {
	w.skew.Store(0)
	w.model.mend()
	for r := range w.machines {
		w.at(replica(r)).line.heal()
	}
	time.Sleep(26 * time.Hour)
	w.settle()
	letters, err := w.at(0).kit.DeadLetters(w.ctx, 1000)
	if err != nil {
		w.model.object("I3", "the dead letters cannot be listed: %v", err)
	}
	w.model.listed(letters)
	for _, letter := range letters {
		if _, err := w.at(0).kit.Replay(w.ctx, letter.Session.ID); err != nil {
			w.model.object("I3", "a dead letter cannot be replayed: %v", err)
		}
	}
	time.Sleep(time.Minute)
	w.settle()
	w.model.check()
	w.model.cameToRest()
}

// forget lets all life times pass. Nobody is left to keep anything alive.
func (w *world) forget() {
	w.end()
	time.Sleep(60 * 24 * time.Hour)
	for _, key := range w.vault.left() {
		w.model.object("I10", "%s… is kept for ever", key[:2])
	}
}

// end stops every process that ever ran, and outlasts its slowest hook.
func (w *world) end() {
	for _, p := range w.started {
		p.die()
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		_ = p.kit.Shutdown(ctx)
		cancel()
	}
	time.Sleep(5 * time.Minute)
	synctest.Wait()
}
