package megvii_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// shop is an app that mounts the kit with this vendor, without a network: time in it
// is virtual. The person in it is named at the start.
type shop struct {
	t       *testing.T
	fake    *sandbox.Megvii
	line    *handlerstest.Transport // to the vendor's API
	web     http.RoundTripper       // of the person's browser
	kit     *handlers.Kit
	store   store.Store
	cookies []*http.Cookie

	mu     sync.Mutex
	heard  []handlers.Result
	events []handlers.Event
	opened []string     // the biz_no of each get_token that we tried
	shown  bytes.Buffer // all that was logged, told, answered or printed
	secret []string     // what must not be in there
}

// shopSettings are what a test changes.
type shopSettings struct {
	vendor megvii.Config
	fake   sandbox.MegviiConfig
	hook   func(handlers.Result) error
}

func openShop(t *testing.T, change func(*shopSettings)) *shop {
	s := &shop{t: t, store: store.NewMemory(), secret: []string{
		sandbox.MegviiAPIKey, sandbox.MegviiAPISecret, somebody, somebodyID, url.QueryEscape(somebody),
	}}
	settings := shopSettings{
		vendor: megvii.Config{
			APIKey: handlers.Hide(sandbox.MegviiAPIKey), APISecret: handlers.Hide(sandbox.MegviiAPISecret),
			Defaults: megvii.GetTokenRequest{ComparisonType: megvii.CompareWithIDCard, IDCardMode: megvii.IDCardGiven},
		},
		fake: sandbox.MegviiConfig{AllowAnyHost: true},
		hook: func(handlers.Result) error { return nil },
	}
	change(&settings)
	settings.fake.HTTPClient = &http.Client{Transport: handlerstest.InProcess(http.HandlerFunc(s.serve))}
	s.fake = sandbox.NewMegvii(settings.fake)
	s.web = handlerstest.InProcess(s.fake)
	s.line = &handlerstest.Transport{Base: s.web}
	settings.vendor.HTTPClient = &http.Client{Transport: roundTrip(s.call)}
	vendor, err := megvii.New(settings.vendor)
	require.NoError(t, err)
	s.kit, err = handlers.New(s.options(vendor, settings.hook))
	require.NoError(t, err)
	s.run()
	return s
}

// options are the app's, all ears.
func (s *shop) options(vendor handlers.Vendor, hook func(handlers.Result) error) handlers.Options {
	return handlers.Options{
		Vendor: vendor, Store: s.store, PublicURL: "https://shop.example/face", PollInterval: 5 * time.Minute,
		HTTPClient: &http.Client{Transport: handlerstest.InProcess(http.HandlerFunc(s.serve))},
		Identify:   func(*http.Request) (string, error) { return "someone", nil },
		Prepare: func(*http.Request) (handlers.StartParams, error) {
			return handlers.StartParams{Params: megvii.Params{Name: handlers.Hide(somebody), IDNumber: handlers.Hide(somebodyID)}}, nil
		},
		OnResult: func(_ context.Context, r handlers.Result) error {
			s.note("%+v %#v", r, r)
			s.mu.Lock()
			s.heard = append(s.heard, r)
			s.mu.Unlock()
			return hook(r)
		},
		OnEvent: func(_ context.Context, e handlers.Event) {
			s.note("%+v %#v", e, e)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		},
		OnError: func(w http.ResponseWriter, r *http.Request, err *handlers.Error) {
			s.noteError(err)
			handlers.DefaultOnError(w, r, err)
		},
		Logger: slog.New(slog.NewJSONHandler(noted{s}, &slog.HandlerOptions{Level: slog.LevelDebug - 4})),
	}
}

// run runs the kit's loop until the test ends.
func (s *shop) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.kit.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		<-done
		s.fake.Close()
		_ = s.kit.Shutdown(context.Background())
	})
}

// note writes down what somebody could have seen.
func (s *shop) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.shown, format+"\n", args...)
}

// noteError writes down an error with all its causes.
func (s *shop) noteError(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		s.note("%v %+v %#v", err, err, err)
	}
}

// noted takes down the log.
type noted struct{ *shop }

func (n noted) Write(line []byte) (int, error) {
	n.note("%s", line)
	return len(line), nil
}

// call is one of the kit's calls of the vendor, on its way to the line.
func (s *shop) call(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/get_token") {
		body, err := r.GetBody()
		require.NoError(s.t, err)
		form := httptest.NewRequest(http.MethodPost, "/", body)
		form.Header = r.Header
		s.mu.Lock()
		s.opened = append(s.opened, form.PostFormValue("biz_no"))
		s.mu.Unlock()
	}
	return s.line.RoundTrip(r)
}

// serve is the app's server.
func (s *shop) serve(w http.ResponseWriter, r *http.Request) { s.kit.Handler().ServeHTTP(w, r) }

// visit sends the browser to one of the kit's endpoints.
func (s *shop) visit(method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.serve(w, r)
	s.cookies = append(s.cookies, w.Result().Cookies()...)
	if page := w.Header().Get("Location"); strings.Contains(page, "/faceid/lite/do?token=") {
		// The vendor's page is where its token belongs, and nowhere else.
		_, token, _ := strings.Cut(page, "token=")
		s.secret = append(s.secret, token)
	} else {
		s.note("%v", w.Header())
	}
	s.note("%d %s", w.Code, w.Body)
	return w
}

// begin clicks start, and returns the vendor's page if there is one.
func (s *shop) begin() (page string, status int) {
	w := s.visit(http.MethodPost, "https://shop.example/face/start")
	return w.Header().Get("Location"), w.Code
}

// act lets the person end the check on the vendor's page, and returns where that
// sends the browser.
func (s *shop) act(page, outcome string) (back string) {
	s.t.Helper()
	require.NotEmpty(s.t, page, "there is a page to go to")
	browser := http.Client{Transport: s.web, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.PostForm(page, url.Values{"outcome": {outcome}})
	require.NoError(s.t, err)
	return answer.Header.Get("Location")
}

// results are what the hook heard.
func (s *shop) results() []handlers.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]handlers.Result(nil), s.heard...)
}

// told are the events of a name.
func (s *shop) told(name handlers.EventName) []handlers.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []handlers.Event
	for _, e := range s.events {
		if e.Name == name {
			found = append(found, e)
		}
	}
	return found
}

// session is the newest session.
func (s *shop) session() handlers.Session {
	s.t.Helper()
	s.mu.Lock()
	require.NotEmpty(s.t, s.opened)
	id := s.opened[len(s.opened)-1]
	s.mu.Unlock()
	found, err := s.kit.Lookup(context.Background(), id)
	require.NoError(s.t, err)
	return found
}

// nothingLeaked looks for what must not be seen in all that could be.
func (s *shop) nothingLeaked() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.shown.String()
	require.NotEmpty(s.t, text)
	for _, secret := range s.secret {
		if i := strings.Index(text, secret); i >= 0 {
			assert.Fail(s.t, "seen: "+secret, "%s", text[max(0, i-200):min(len(text), i+100)])
		}
	}
}
