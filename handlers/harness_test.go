package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// paper is a vendor for tests of the kit alone. Its callbacks are forms signed
// with the word "true"; what they say in "says" is the verdict.
type paper struct {
	name   string
	limits handlers.Limits

	mu      sync.Mutex
	begin   func(handlers.BeginRequest) (handlers.Begun, error)
	query   func(handlers.Session) (handlers.Notice, error)
	begun   []handlers.BeginRequest
	queried int
	ready   handlers.Readiness
	probe   handlers.Probe
	broken  error // what Ready and Probe fail with
}

func newPaper() *paper {
	return &paper{name: "paper", limits: handlers.Limits{
		SessionLife: time.Hour, Retention: 24 * time.Hour, Queries: 3, ReservedQueries: 1,
		QueryAfter:  []time.Duration{65 * time.Minute, 6 * time.Hour, 20 * time.Hour},
		PageOrigins: []string{"https://paper.example"},
	}}
}

func (p *paper) Name() string            { return p.name }
func (p *paper) Limits() handlers.Limits { return p.limits }

func (p *paper) Check(req handlers.BeginRequest) ([]byte, error) {
	if req.Params == "invalid" {
		return nil, &handlers.Error{Code: handlers.CodeInvalidInput}
	}
	return []byte("checked " + req.Session), nil
}

func (p *paper) Begin(_ context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	p.mu.Lock()
	p.begun = append(p.begun, req)
	begin := p.begin
	p.mu.Unlock()
	if begin != nil {
		return begin(req)
	}
	return handlers.Begun{
		Ref: handlers.Hide(refOf(req.Session)), PageURL: handlers.Hide("https://paper.example/do?token=t-" + req.Session),
	}, nil
}

func refOf(session string) string { return "1462259748,ref-" + session }

func (p *paper) Parse(cb handlers.Callback) (handlers.Notice, error) {
	if cb.Method == http.MethodGet {
		return handlers.Notice{}, nil
	}
	form, err := url.ParseQuery(string(cb.Body))
	if err != nil {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeMalformed}
	}
	if form.Get("sign") != "true" {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeBadSignature}
	}
	return handlers.Notice{
		Authentic: true, Session: form.Get("session"), Ref: handlers.Hide(form.Get("ref")), Detail: form.Get("says"),
		MoreImages: p.limits.Images && form.Get("images") != "",
	}, nil
}

func (p *paper) Query(_ context.Context, s handlers.Session) (handlers.Notice, error) {
	p.mu.Lock()
	p.queried++
	query := p.query
	p.mu.Unlock()
	if query == nil {
		return handlers.Notice{Detail: "pending"}, nil
	}
	return query(s)
}

func (p *paper) Judge(n handlers.Notice, _ handlers.Session) handlers.Judgement {
	verdict := handlers.Verdict(n.Detail.(string))
	j := handlers.Judgement{Verdict: verdict}
	if verdict != handlers.Passed && verdict != handlers.Pending {
		j.Reasons = []handlers.Reason{"because_" + handlers.Reason(verdict)}
	}
	return j
}

func (p *paper) Ready(context.Context) (handlers.Readiness, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ready, p.broken
}

func (p *paper) Probe(context.Context) (handlers.Probe, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.probe, p.broken
}

func (p *paper) queries() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queried
}

// answer makes Query say verdict from now on.
func (p *paper) answer(says string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.query = func(handlers.Session) (handlers.Notice, error) { return handlers.Notice{Detail: says}, nil }
}

// refuse makes Query fail from now on.
func (p *paper) refuse(code handlers.Code) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.query = func(handlers.Session) (handlers.Notice, error) {
		return handlers.Notice{}, &handlers.Error{Code: code}
	}
}

// app is an app with a kit in it.
type app struct {
	t      *testing.T
	kit    *handlers.Kit
	vendor *paper
	store  store.Store
	opts   handlers.Options

	mu      sync.Mutex
	hook    func(context.Context, handlers.Result) error
	heard   []handlers.Result
	events  []handlers.Event
	subject string
	cookies []*http.Cookie
}

// newApp makes an app whose person "alice" is signed in; change may alter the
// options.
func newApp(t *testing.T, change ...func(*handlers.Options)) *app {
	t.Helper()
	a := &app{t: t, vendor: newPaper(), subject: "alice"}
	a.opts = handlers.Options{
		Vendor: a.vendor, Store: store.NewMemory(), PublicURL: "https://shop.example/face",
		Identify: func(*http.Request) (string, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.subject, nil
		},
		OnResult: a.onResult,
		OnEvent: func(_ context.Context, e handlers.Event) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, e)
		},
	}
	for _, c := range change {
		c(&a.opts)
	}
	a.store = a.opts.Store
	a.restart()
	return a
}

// restart makes a new kit on the same store, as a new process would.
func (a *app) restart() {
	kit, err := handlers.New(a.opts)
	require.NoError(a.t, err)
	a.kit = kit
	a.t.Cleanup(func() { _ = kit.Shutdown(context.Background()) })
}

func (a *app) onResult(ctx context.Context, r handlers.Result) error {
	a.mu.Lock()
	a.heard = append(a.heard, r)
	hook := a.hook
	a.mu.Unlock()
	if hook != nil {
		return hook(ctx, r)
	}
	return nil
}

func (a *app) results() []handlers.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]handlers.Result(nil), a.heard...)
}

func (a *app) saw(name handlers.EventName) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	count := 0
	for _, e := range a.events {
		if e.Name == name {
			count++
		}
	}
	return count
}

// do sends a request with the browser's cookies and keeps those that come back.
func (a *app) do(r *http.Request) *httptest.ResponseRecorder {
	for _, c := range a.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	a.kit.Handler().ServeHTTP(w, r)
	if set := w.Result().Cookies(); len(set) > 0 {
		a.cookies = set
	}
	return w
}

func (a *app) get(target string) *httptest.ResponseRecorder {
	return a.do(httptest.NewRequest(http.MethodGet, target, nil))
}

func post(target string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// start begins a session in the browser and returns its id.
func (a *app) start(form ...string) string {
	a.t.Helper()
	w := a.do(post("/face/start", url.Values{"note": form}))
	require.Equal(a.t, http.StatusSeeOther, w.Code, w.Body.String())
	u, err := url.Parse(w.Header().Get("Location"))
	require.NoError(a.t, err)
	id, ok := strings.CutPrefix(u.Query().Get("token"), "t-")
	require.True(a.t, ok)
	return id
}

// says is the vendor's signed callback about a session.
func says(id, verdict string) url.Values {
	return url.Values{"session": {id}, "ref": {refOf(id)}, "says": {verdict}, "sign": {"true"}}
}

// notify delivers a callback as the vendor's server, which has no cookies.
func (a *app) notify(form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.kit.Handler().ServeHTTP(w, post("/face/notify?vendor=paper", form))
	return w
}

func (a *app) state(id string) handlers.Session {
	a.t.Helper()
	s, err := a.kit.Lookup(a.t.Context(), id)
	require.NoError(a.t, err)
	return s
}

// run runs the kit's loop until the returned function is called.
func (a *app) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done, kit := make(chan struct{}), a.kit // a restart is another kit
	go func() {
		_ = kit.Run(ctx)
		close(done)
	}()
	return func() {
		cancel()
		<-done
	}
}

// inBubble runs a test with virtual time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// faulty is a store whose calls fail while broken is set.
type faulty struct {
	store.Store
	mu     sync.Mutex
	broken bool
}

func (f *faulty) fail() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (f *faulty) set(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

func (f *faulty) Get(ctx context.Context, key string) (store.Record, error) {
	if err := f.fail(); err != nil {
		return store.Record{}, err
	}
	return f.Store.Get(ctx, key)
}

func (f *faulty) Put(ctx context.Context, rec store.Record) (int64, error) {
	if err := f.fail(); err != nil {
		return 0, err
	}
	return f.Store.Put(ctx, rec)
}

func (f *faulty) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Store.Due(ctx, before, limit)
}

// testKey seals in tests with a store that is not Memory itself.
func testKey(t *testing.T) store.Key {
	t.Helper()
	key, err := store.NewKey("test", []byte(fmt.Sprintf("%-32s", "a fake key for tests")))
	require.NoError(t, err)
	return key
}
