package sandbox

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Credentials that [NewMegvii] takes when none are given. They are made up.
const (
	MegviiAPIKey    = "FAKE-megvii-api-key-0001"    // the api_key
	MegviiAPISecret = "FAKE-megvii-api-secret-0001" // the api_secret
)

// MegviiConfig is what a [Megvii] can be told at construction. The zero value is
// ready to use.
type MegviiConfig struct {
	// APIKey is the account's key. Default [MegviiAPIKey].
	APIKey string
	// APISecret is the account's secret, which also signs. Default
	// [MegviiAPISecret].
	APISecret string
	// Now tells the time. Default time.Now; tests give a clock of their own.
	Now func() time.Time
	// ClockSkew is how far the Date header of every answer is ahead of Now; negative:
	// behind it. Default 0. A client that checks its own clock by the vendor's must
	// notice.
	ClockSkew time.Duration
	// HTTPClient sends the notifies; its CheckRedirect is not used, because no
	// redirect is followed. Default a client that reaches loopback addresses
	// only unless AllowAnyHost is set.
	HTTPClient *http.Client
	// AllowAnyHost lets return_url and notify_url name other hosts than this
	// machine's loopback ones. Default false: a sandbox calls nobody outside.
	AllowAnyHost bool
	// TokenTTL is how long after get_token a token opens the person's page.
	// Default 1 h, which is what expired_time was seen to say.
	TokenTTL time.Duration
	// FlowTimeout is how long after get_token a check can be finished. After it
	// the status is TIMEOUT; the notify of that is sent when the next request of
	// any kind arrives, as there is no timer. Default 1 h; the vendor's console
	// offers 5 to 60 minutes.
	FlowTimeout time.Duration
	// Retention is how long after its end a check can be queried. Default 24 h.
	Retention time.Duration
	// Calls is how many get_result calls a check answers in all. Default 3, as
	// the vendor's pages say.
	Calls int
	// FreePolls leaves answers that are not final out of that count. Default
	// false, the worse of the two: the vendor's pages do not tell.
	FreePolls bool
	// GoneError answers get_result after Retention or Calls. What the vendor
	// sends is not known. Default 400 RESULT_NOT_FOUND; its sibling product
	// answers 403 DATA_DESTROYED.
	GoneError MegviiRefusal
	// NotifyTimeout bounds one try of a notify. Default 10 s.
	NotifyTimeout time.Duration
	// MaxSessions is how many sessions are kept; the oldest make room. Default
	// 10,000.
	MaxSessions int
	// Logger hears what happens, without personal data, tokens or URLs. Default
	// none.
	Logger *slog.Logger
}

// Megvii is a fake of Megvii FaceID Lite H5, an http.Handler to be mounted at
// the root of its own address. It is safe for concurrent use. Close it when done.
type Megvii struct {
	config      MegviiConfig
	key, secret private
	pages       *template.Template
	photo       string // a JPEG as a base64 data URI
	notifier    *megviiNotifier
	endpoints   map[string]map[string]http.HandlerFunc // by path and method

	mu       sync.Mutex
	switches MegviiSwitches // of the next switched sessions
	switched int
	sessions megviiSessions
}

// NewMegvii returns a fake with no sessions.
func NewMegvii(config MegviiConfig) *Megvii {
	m := &Megvii{
		key:    hide(cmp.Or(config.APIKey, MegviiAPIKey)),
		secret: hide(cmp.Or(config.APISecret, MegviiAPISecret)),
		pages:  parsePages("shared_message.html", "megvii_outcomes.html", "megvii_return.html", "megvii_index.html"),
		photo:  megviiPhoto(),
	}
	config.APIKey, config.APISecret = "", ""
	config.TokenTTL = cmp.Or(config.TokenTTL, time.Hour)
	config.FlowTimeout = cmp.Or(config.FlowTimeout, time.Hour)
	config.Retention = cmp.Or(config.Retention, 24*time.Hour)
	config.Calls = cmp.Or(config.Calls, 3)
	config.GoneError = cmp.Or(config.GoneError, MegviiRefusal{http.StatusBadRequest, "RESULT_NOT_FOUND"})
	config.NotifyTimeout = cmp.Or(config.NotifyTimeout, 10*time.Second)
	config.MaxSessions = cmp.Or(config.MaxSessions, 10_000)
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	m.config = config
	m.sessions = newMegviiSessions(config.MaxSessions)
	m.notifier = newMegviiNotifier(config)
	m.endpoints = m.routes()
	return m
}

// ServeHTTP answers the vendor's endpoints, the person's page and the control
// requests.
func (m *Megvii) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.timeOut()
	stampDate(w, m.config.Now().Add(m.config.ClockSkew))
	endpoint, ok := m.endpoints[r.URL.Path]
	if !ok {
		m.refuse(w, &MegviiRefusal{http.StatusNotFound, "API_NOT_FOUND"})
		return
	}
	serve, ok := endpoint[r.Method]
	if !ok {
		for method := range endpoint {
			w.Header().Add("Allow", method)
		}
		m.refuse(w, &MegviiRefusal{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED"})
		return
	}
	serve(w, r)
}

// Format prints the type alone: what is inside holds tokens, and changes.
func (m *Megvii) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sandbox.Megvii") }

// routes maps paths and methods to what answers them.
func (m *Megvii) routes() map[string]map[string]http.HandlerFunc {
	return map[string]map[string]http.HandlerFunc{
		"/faceid/lite/get_token":  {http.MethodPost: m.serveToken},
		"/faceid/lite/do":         {http.MethodGet: m.serveDo, http.MethodPost: m.serveOutcome},
		"/faceid/lite/get_result": {http.MethodGet: m.serveResult},
		"/control/next":           {http.MethodPost: controlled(m.serveNext).ServeHTTP},
		"/control/sessions":       {http.MethodGet: m.serveSessions},
		"/control/finish":         {http.MethodPost: controlled(m.serveFinish).ServeHTTP},
		"/control/notify":         {http.MethodPost: controlled(m.serveNotify).ServeHTTP},
		"/":                       {http.MethodGet: m.serveIndex},
	}
}

// Wait returns when no notify is on its way or waiting to be.
func (m *Megvii) Wait() { m.notifier.wait() }

// Close breaks off the notifies that are on their way or waiting, and waits until
// they are gone. Later outcomes send none.
func (m *Megvii) Close() { m.notifier.close() }

// Next sets the switches of the next session, or of as many as its Sessions says,
// in place of those set before. The next get_token request without a fault takes
// them, also when they then refuse it. Next itself refuses values that no session
// can have.
func (m *Megvii) Next(switches MegviiSwitches) error {
	if err := switches.check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.switches, m.switched = switches, cmp.Or(switches.Sessions, 1)
	return nil
}

// takeSwitches returns the switches of the session that is being made.
func (m *Megvii) takeSwitches() MegviiSwitches {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.switched == 0 {
		return MegviiSwitches{}
	}
	m.switched--
	return m.switches
}

// Finish ends a session the way a person would on the page, without a browser. It
// returns [ErrMegviiSession] when there is none of that biz_no or it has ended.
func (m *Megvii) Finish(ctx context.Context, bizNo, outcome string) error {
	if _, known := findMegviiOutcome(outcome); !known {
		return &controlError{Message: fmt.Sprintf("outcome cannot be %q", outcome), Known: megviiOutcomeIDs()}
	}
	s, ok := m.session(bizNo)
	if !ok || !m.end(ctx, s, outcome) {
		return ErrMegviiSession
	}
	m.notifyLate(s)
	return nil
}

// authenticated reports whether the key and the secret are the account's.
func (m *Megvii) authenticated(key, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(key), []byte(m.key.reveal()))&
		subtle.ConstantTimeCompare([]byte(secret), []byte(m.secret.reveal())) == 1
}
