package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// started is a shop and its fake vendors, each on a port of its own, until the
// test ends. Tests talk to it as any outside program could.
type started struct {
	t           *testing.T
	app, vendor string
	operator    string        // the address of the operators' pages
	lines       []string      // what it printed
	log         *lockedBuffer // what it logged
	stop        func()        // ends it, as the test's end does
}

// start runs the example with flags. The kit does not ask the vendor about people
// who never came back, unless a flag says so.
func start(t *testing.T, flags ...string) *started {
	t.Helper()
	s := &started{t: t, log: &lockedBuffer{}}
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		quiet := []string{"-addr", "localhost:0", "-vendor-addr", "127.0.0.1:0", "-query-after", "1h"}
		ended <- run(ctx, append(quiet, flags...), writer, s.log)
		writer.Close()
	}()
	s.stop = sync.OnceFunc(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(s.stop)
	printed := bufio.NewScanner(reader)
	for (s.app == "" || s.operator == "" || s.vendor == "") && printed.Scan() {
		s.lines = append(s.lines, printed.Text())
		switch name, value, _ := strings.Cut(printed.Text(), " "); name {
		case "app":
			s.app = value
		case "operator":
			s.operator = value
		case "vendor":
			s.vendor = value
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return s
}

// setup is what a test may change about the example. Each field may be nil.
type setup struct {
	fake    sandbox.MegviiConfig
	account func(*megvii.Config)
	options func(*handlers.Options)
	around  func(http.Handler) http.Handler // wraps all that the app answers
	vendor  *assembled                      // whose fake vendor to use; nil: its own
}

// assembled is a shop made of the example's parts, with a handle on the inside.
type assembled struct {
	*started
	kit     *handlers.Kit
	handler http.Handler
	options handlers.Options
	fake    *sandbox.Megvii
	account *megvii.Vendor
}

// assemble runs the example's parts with changes that no flag makes.
func assemble(t *testing.T, with setup) *assembled {
	t.Helper()
	a := &assembled{started: &started{t: t, log: &lockedBuffer{}}}
	if with.vendor != nil {
		a.fake, a.vendor = with.vendor.fake, with.vendor.vendor
	} else {
		a.fake = sandbox.NewMegvii(with.fake)
		vendor := httptest.NewServer(a.fake)
		t.Cleanup(vendor.Close)
		t.Cleanup(a.fake.Close)
		a.vendor = vendor.URL
	}
	app, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	a.app = address("localhost:0", app.Addr())

	config := megvii.Config{
		BaseURL: a.vendor, APIKey: handlers.Hide(sandbox.MegviiAPIKey), APISecret: handlers.Hide(sandbox.MegviiAPISecret),
		Defaults: megviiDefaults(), InsecureDevelopment: true,
	}
	if with.account != nil {
		with.account(&config)
	}
	a.account, err = megvii.New(config)
	require.NoError(t, err)
	given := settings{publicURL: a.app + "/face", sameSite: http.SameSiteLaxMode}
	common, err := newKeys(randomSecret())
	require.NoError(t, err)
	shop := newShop(given, common, newMemoryLedger(), accounts{vendors: []handlers.Vendor{a.account}})
	logger := slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a.options = shop.options(given, store.NewMemory(), common.sealing, logger)
	if with.options != nil {
		with.options(&a.options)
	}
	a.kit, err = handlers.New(a.options)
	require.NoError(t, err)
	a.handler = shop.handler(a.kit)
	if with.around != nil {
		a.handler = with.around(a.handler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, a.kit, []server{{app, a.handler, func() {}}}) }()
	a.stop = sync.OnceFunc(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(a.stop)
	return a
}

// next sets the switches of the fake Megvii's next session.
func (s *started) next(switches string) {
	s.t.Helper()
	s.control("/control/next", switches)
}

// control sends the fake Megvii a control request.
func (s *started) control(path, body string) {
	s.t.Helper()
	answer, err := http.Post(s.vendor+path, "application/json", strings.NewReader(body))
	require.NoError(s.t, err)
	defer answer.Body.Close()
	require.Equal(s.t, http.StatusOK, answer.StatusCode)
}

// event is one run of the hook, as GET /events lists it.
type event struct {
	Key, Session, Subject, Vendor, Verdict string
	Reasons                                []string
	Revision, Attempt                      int
	Via                                    string
	OK                                     bool
}

// events are all runs of the hook so far.
func (s *started) events() (all []event) {
	s.t.Helper()
	answer, err := http.Get(s.app + "/events")
	require.NoError(s.t, err)
	defer answer.Body.Close()
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&all))
	return all
}

// eventsOf are the runs of the hook for a session.
func (s *started) eventsOf(session string) (found []event) {
	s.t.Helper()
	for _, e := range s.events() {
		if e.Session == session {
			found = append(found, e)
		}
	}
	return found
}

// fakeSession is what the fake Megvii tells about a session.
type fakeSession struct {
	BizNo     string `json:"biz_no"`
	BizID     string `json:"biz_id"`
	GetResult int    `json:"get_result"`
	Notifies  []struct{ Status int }
}

// allAtVendor is what the fake Megvii tells about its sessions, oldest first.
func (s *started) allAtVendor() (all []fakeSession) {
	s.t.Helper()
	answer, err := http.Get(s.vendor + "/control/sessions")
	require.NoError(s.t, err)
	defer answer.Body.Close()
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&all))
	return all
}

// atVendor is what it tells about one.
func (s *started) atVendor(session string) fakeSession {
	s.t.Helper()
	all := s.allAtVendor()
	i := slices.IndexFunc(all, func(f fakeSession) bool { return f.BizNo == session })
	require.GreaterOrEqual(s.t, i, 0, "the vendor does not know the session")
	return all[i]
}

// lockedBuffer takes what a server logs while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
