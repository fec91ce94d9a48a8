package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/facegate/facegate/store"
)

// Options says how a [Kit] works inside its app. [New] checks them once, names
// every bad field and keeps a copy: changes afterwards do nothing.
type Options struct {
	// Vendor is the account that a start uses unless it names another. Required.
	Vendor Vendor `validate:"-"`

	// OtherVendors are further accounts, which a start names in
	// [StartParams.Vendor]. All names must differ. Default: none.
	OtherVendors []Vendor `validate:"-"`

	// Store keeps the sessions. Required. [store.NewMemory] serves one process and
	// forgets on exit; a fleet shares an engine. With one that has transactions, such
	// as package sqlstore's, OnResult runs in the transaction that marks its success.
	Store store.Store `validate:"-"`

	// Keys seal what is kept for a short while although it is personal: pictures
	// until they are delivered, and authentic notices that match no session. The
	// first one seals, all of them open. Default: a random key of this kit, which
	// is right only for a store that dies with the process, so New refuses any
	// Store but [*store.Memory] without keys.
	Keys []store.Key

	// PublicURL is where the kit is mounted, as browsers and the vendor see it, such
	// as "https://shop.example/face". Required. It is never taken from a request, so
	// that a forged Host header cannot send a vendor elsewhere. It must be https,
	// and on a port that the vendor calls.
	PublicURL string

	// Identify says who is signed in. Required. It returns the app's own opaque id
	// of the person, never a name or an ID number; "" or an error means that nobody
	// is (401). An [*Error] is answered as it is; by finish and status only if its
	// status is 500 or above, because to strangers they say nothing.
	Identify func(*http.Request) (subject string, err error) `validate:"required"`

	// OnResult hears each verdict. Required. It gets a context of its own, which
	// ends after HookTimeout and not with the request; it must heed it. While it
	// returns an error or panics, it is called again later with the same
	// [Result.Key]. At most one hook runs at a time for a session; after one success
	// it does not run again; a crash between the hook's success and its mark can run
	// it once more, with the same key.
	OnResult func(context.Context, Result) error `validate:"required"`

	// Prepare turns the app's start request into parameters. It sees the request
	// with a body of at most MaxStartBody, after Identify. Default: [PrepareForm].
	Prepare func(*http.Request) (StartParams, error)

	// Consent, if set, is what a person must agree to before a start. Default: the
	// app asks by itself, and no start is refused for want of consent.
	Consent *Consent

	// OnReturn answers the finish request of the person who started, instead of the
	// 303 to the session's ReturnTo. It runs when a verdict is there, and delivered
	// or FinishWait over. Default: the redirect.
	OnReturn func(http.ResponseWriter, *http.Request, Session)

	// OnError answers every failed request but one that panicked, which the kit
	// answers by itself: OnError may be the cause. Default: [DefaultOnError]. To log
	// or redirect to a sign-in page first, wrap that. The notify endpoint's status
	// codes are a contract with the vendor: keep [Error.Status] there.
	OnError func(http.ResponseWriter, *http.Request, *Error)

	// OnEvent hears what happens inside, for metrics, alarms and audit. It must return
	// at once, and stand being called by several goroutines. Default: none.
	OnEvent func(context.Context, Event)

	// ReturnTo is where finish sends a person whose start named no page: a path on
	// this site, or an https URL. Default "/".
	ReturnTo string

	// Language is used when a browser prefers neither: "zh" or "en". Default "en".
	Language string `validate:"oneof=zh en"`

	// Middleware wraps every endpoint, outermost first, inside the kit's own
	// protection. Default: none.
	Middleware []func(http.Handler) http.Handler

	// HTTPClient calls PublicURL for [Kit.Doctor], and nothing else. It is copied;
	// redirects are not followed. Default: a client with the standard transport.
	HTTPClient *http.Client `validate:"-"`

	// Logger takes one line per event, without personal data. Default: none.
	Logger *slog.Logger `validate:"-"`

	// MaxAttempts is how many sessions a subject may start within AttemptWindow; a
	// start that failed does not count. Default 10.
	MaxAttempts int `validate:"gt=0"`

	// AttemptWindow is the time that MaxAttempts speaks of. Default 24 h.
	AttemptWindow time.Duration `validate:"gt=0"`

	// ReuseWindow is how long the same click of the same subject (the same form, byte
	// for byte, under the same cookies) gets the session that is already open, so
	// that a double click opens one. Default 2 s: the vendor's page opens only once,
	// so whoever comes back from it must get a new one. Negative: never.
	ReuseWindow time.Duration

	// MaxBody caps the body of return and notify in bytes. Default 256 KiB: the
	// documented callbacks are a few KiB and carry no pictures.
	MaxBody int64 `validate:"gt=0"`

	// MaxStartBody caps the body of start in bytes. Default 64 KiB; raise it for
	// starts that upload a photo.
	MaxStartBody int64 `validate:"gt=0"`

	// ReadTimeout is how long a request's body may take, even when the app's server
	// sets no timeout. Default 10 s.
	ReadTimeout time.Duration `validate:"gt=0"`

	// StoreTimeout bounds each call of the store. Default 2 s.
	StoreTimeout time.Duration `validate:"gt=0"`

	// VendorTimeout bounds each call of the vendor. Default 15 s.
	VendorTimeout time.Duration `validate:"gt=0"`

	// HookTimeout bounds one run of OnResult, and is how long a crashed delivery
	// stays claimed. Default 30 s.
	HookTimeout time.Duration `validate:"gt=0"`

	// FinishWait is how long finish waits for OnResult, so that the app's page finds
	// its own state changed. Default 3 s; negative: not at all.
	FinishWait time.Duration

	// MaxDeliveries is how many times OnResult is tried before the session is parked
	// as dead; see [Kit.Replay]. Default 36, about a day with the back-off below.
	MaxDeliveries int `validate:"gt=0"`

	// Backoff is the pause before the second try of OnResult; it doubles each time
	// up to an hour, with jitter. Default 1 s. Raise it for hooks that call slow
	// systems.
	Backoff time.Duration `validate:"gt=0"`

	// PollInterval is how often Run looks for what is due. Default 1 s.
	PollInterval time.Duration `validate:"gt=0"`

	// Workers is how many deliveries and queries run at once in this process.
	// Default 16.
	Workers int `validate:"gt=0"`

	// ScrubAfter is how long after its delivery a session keeps the vendor's id, the
	// browser binding and the like. Default 24 h.
	ScrubAfter time.Duration `validate:"gt=0"`

	// KeepFor is how long a session's record lives after the vendor's retention has
	// ended; then it is gone. Default 30 days.
	KeepFor time.Duration `validate:"gt=0"`

	// Now is the clock. Default [time.Now]; tests bring their own.
	Now func() time.Time

	// InsecureDevelopment permits a plain http PublicURL on any port, drops Secure and
	// the __Host- prefix from the binding cookie, and allows nothing else. Default
	// false. Never set it in production: everyone on the way reads and changes what
	// passes.
	InsecureDevelopment bool
}

// Consent is what a person is told and asked before a start. A start must carry
// its Version in the form field "consent"; without it, and with JSON too, the
// answer is 422, for browsers as a page with both choices.
type Consent struct {
	// Version names this text; it is stored with the session. Required, and not
	// "declined", which is what the form field says for another method.
	Version string `validate:"required,ne=declined"`

	// Chinese and English are the text. Required, each with a Purpose.
	Chinese, English ConsentText

	// AlternativeURL is where a person goes who prefers another method: a path on
	// this site, or an https URL. Required: a face must not be the only way.
	AlternativeURL string
}

// ConsentText is one language of what a person must be told beforehand. Empty
// fields are left out of the page.
type ConsentText struct {
	// Who processes the face, and how to reach them.
	Who string
	// Purpose says what the check is for. Required.
	Purpose string `validate:"required"`
	// Data says what is processed, and how.
	Data string
	// Vendor names who hosts the page and receives the pictures.
	Vendor string
	// Retention says how long what is kept.
	Retention string
	// CrossBorder says whether data leaves the country.
	CrossBorder string
	// Withdraw says how to take the consent back.
	Withdraw string
}

// StartParams is what the app says about one start.
type StartParams struct {
	// Vendor names the account. Empty: [Options.Vendor].
	Vendor string

	// Tenant separates the customers of an app that has several. It is stored with
	// the session and never read from a callback. Empty for one tenant.
	Tenant string

	// ReturnTo is where finish sends the person: a path on this site. Anything else
	// is ignored in favour of [Options.ReturnTo].
	ReturnTo string

	// Params are the vendor's own parameters, such as megvii.Params; nil: the
	// vendor's configured ones.
	Params any

	// IdempotencyKey marks starts of a subject that are one and the same click; it is
	// stored for a while and holds nothing personal. Default: the start endpoint fills
	// it with a keyed hash of the request; without HTTP no two starts are the same.
	IdempotencyKey string
}

// Result is what OnResult hears: one revision of one session's verdict.
type Result struct {
	// Key is the app's idempotency key: the same for every run of the hook for this
	// revision, and for no other.
	Key string
	// Session is the session's id.
	Session string
	// Tenant and Subject are what the start said.
	Tenant, Subject string
	// Vendor is the name of the account.
	Vendor string
	// Verdict is never Pending.
	Verdict Verdict
	// Reasons explain every verdict but Passed.
	Reasons []Reason
	// ScoreBucket is the rough strength of the match; see [Judgement].
	ScoreBucket string
	// Revision is 1 for the first verdict. A later one corrects an earlier one. A
	// revision that was overtaken before its hook succeeded is not delivered.
	Revision int
	// Attempt counts the runs of the hook for this revision, from 1.
	Attempt int
	// Via is how the verdict reached us.
	Via Carrier
	// StartedAt is when the session was created.
	StartedAt time.Time
	// RecordedAt is when this revision was stored.
	RecordedAt time.Time
	// Images are the vendor's pictures, if its account is set to fetch them. They
	// are deleted once the hook has succeeded.
	Images []Image
	// ImagesMissing says that pictures were wanted and could not be had.
	ImagesMissing bool
}

// withDefaults fills what is zero and copies what is shared.
func (o Options) withDefaults() Options {
	o.OtherVendors = append([]Vendor(nil), o.OtherVendors...)
	o.Middleware = append([]func(http.Handler) http.Handler(nil), o.Middleware...)
	o.Keys = append([]store.Key(nil), o.Keys...)
	if o.Consent != nil {
		consent := *o.Consent
		o.Consent = &consent
	}
	if o.Prepare == nil {
		o.Prepare = PrepareForm
	}
	if o.OnError == nil {
		o.OnError = DefaultOnError
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	setDefault(&o.ReturnTo, "/")
	setDefault(&o.Language, "en")
	setDefault(&o.MaxAttempts, 10)
	setDefault(&o.AttemptWindow, 24*time.Hour)
	setDefault(&o.ReuseWindow, 2*time.Second)
	setDefault(&o.MaxBody, 256<<10)
	setDefault(&o.MaxStartBody, 64<<10)
	setDefault(&o.ReadTimeout, 10*time.Second)
	setDefault(&o.StoreTimeout, 2*time.Second)
	setDefault(&o.VendorTimeout, 15*time.Second)
	setDefault(&o.HookTimeout, 30*time.Second)
	setDefault(&o.FinishWait, 3*time.Second)
	setDefault(&o.MaxDeliveries, 36)
	setDefault(&o.Backoff, time.Second)
	setDefault(&o.PollInterval, time.Second)
	setDefault(&o.Workers, 16)
	setDefault(&o.ScrubAfter, 24*time.Hour)
	setDefault(&o.KeepFor, 30*24*time.Hour)
	return o
}

// setDefault gives *field a value if it has none.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
