package handlers

import (
	"context"
	"time"
)

// Vendor is one account at one provider of hosted face checks. The packages
// megvii and baidu implement it. A Vendor is safe for concurrent use, and Begin,
// Query, Ready and Probe return when their context ends. One that panics has failed.
type Vendor interface {
	// Name tells this account from the kit's other vendors, in URLs, records and
	// logs: lower-case letters, digits and dashes, such as "megvii" or "megvii-sg".
	Name() string

	// Limits are the vendor's rules of time and budget. They never change.
	Limits() Limits

	// Check reads req.Params before anything is stored or spent. It returns what
	// Judge will need to know of them, to be kept in [Session.Memory] even if the
	// answer to Begin is lost; no plain personal data: what must be compared later
	// is kept as a keyed hash. It is pure, and fails with an [*Error] that a person
	// can mend, such as CodeInvalidIDNumber.
	Check(req BeginRequest) (memory []byte, err error)

	// Begin opens a check at the vendor. The session is already stored; its id goes
	// to the vendor where the vendor takes one, so that an answer lost on the way
	// back orphans nobody. It fails with an [*Error] whose code says what happened.
	Begin(ctx context.Context, req BeginRequest) (Begun, error)

	// Parse reads what came with a request to return or notify. It is pure: bytes
	// in, notice out, no I/O. A notice that is not Authentic is a hint and no more.
	// It fails with CodeMalformed, CodeBadSignature, CodeUnsupportedMedia or
	// CodeTooLarge.
	Parse(cb Callback) (Notice, error)

	// Query asks the vendor. Its notices are authentic: they come over our own TLS
	// connection. It fails with CodeVendorNotSent (nothing reached the vendor),
	// CodeVendorUnavailable or CodeVendorThrottled (ask later), CodeResultGone (never
	// ask again) or CodeVendorMisconfigured.
	Query(ctx context.Context, s Session) (Notice, error)

	// Judge applies the policy to an authentic notice of this vendor. It is pure.
	Judge(n Notice, s Session) Judgement

	// Ready says whether the account can be used now: its access token is at hand, or
	// can be had. It asks the vendor for nothing else, and is called every few seconds
	// by [Kit.Health]. An account without tokens is always ready. It fails as Query
	// does, with CodeVendorMisconfigured for credentials that the vendor refuses.
	Ready(ctx context.Context) (Readiness, error)

	// Probe calls the vendor about no session, in a way that is not billed, to learn
	// what the vendor's clock says and whether it takes the credentials. It is called
	// by [Kit.Doctor] and fails as Ready does.
	Probe(ctx context.Context) (Probe, error)
}

// Readiness is what an account that is ready tells about itself.
type Readiness struct {
	// TokenExpires is when its access token ends. Zero: it needs none.
	TokenExpires time.Time
}

// Probe is what a vendor answered to [Vendor.Probe].
type Probe struct {
	// Date is the vendor's clock, from the Date header of its answer, to the second.
	// Zero: the answer had none.
	Date time.Time

	// CredentialsTaken says that the vendor was shown the credentials and took them.
	// False with no error: it was not asked to look at them.
	CredentialsTaken bool
}

// Limits are a vendor's rules of time and budget.
type Limits struct {
	// SessionLife is how long a person has on the vendor's page, from the start.
	SessionLife time.Duration

	// Retention is how long the vendor hands out a result, from the start.
	Retention time.Duration

	// Queries is how many times the result of one session may be asked for.
	Queries int

	// ReservedQueries of them are kept for the reconciler, so that people who
	// reload a page cannot use up the last one.
	ReservedQueries int

	// QueryRate is how many queries per second all processes together may send. The
	// kit shares it out through the store. It holds as long as their clocks agree: one
	// that is a second ahead adds at most its own turns of that second. 0: no limit of
	// ours.
	QueryRate int

	// QueryAfter says when the reconciler asks for a session of which nothing was
	// heard, counted from its start, ascending.
	QueryAfter []time.Duration

	// NotifyPorts are the only ports that the vendor's server calls. Empty: the
	// vendor sends no notify, or does not care.
	NotifyPorts []int

	// PageOrigins are the origins of the vendor's pages, such as
	// "https://api.megvii.com". The consent page's content security policy lets its
	// form lead there.
	PageOrigins []string

	// Images says that the account is set to hand out images with a query, so the
	// kit asks once more after a verdict that came without them.
	Images bool
}

// Carrier is how a result reached us.
type Carrier string

// The carriers.
const (
	CarrierNotify Carrier = "notify" // the vendor's server called us
	CarrierReturn Carrier = "return" // the person's browser brought it
	CarrierQuery  Carrier = "query"  // we asked the vendor
	CarrierNone   Carrier = "none"   // nobody: the kit closed the session itself
)

// BeginRequest is what a vendor needs to open a check.
type BeginRequest struct {
	// Session is our id: 26 characters of A-Z and 2-7, 130 random bits.
	Session string

	// ReturnURL is where the vendor's page sends the browser afterwards. It already
	// carries the session in its query.
	ReturnURL string

	// NotifyURL is where the vendor's server may call.
	NotifyURL string

	// Language is "zh" or "en", from the person's browser.
	Language string

	// Params are the vendor's own parameters of this start, of a type that the
	// vendor's package documents; nil means the configured ones.
	Params any
}

// Begun is an opened check.
type Begun struct {
	// Ref is the vendor's id of the session.
	Ref Private

	// PageURL is where the person goes next. It carries a token.
	PageURL Private

	// ExpiresAt is when the vendor's page stops working. Zero: SessionLife from now.
	ExpiresAt time.Time

	// Memory takes the place of what Check returned, where only the vendor's answer
	// tells all that must be remembered. Nil keeps that.
	Memory []byte
}

// Callback is a request to return or notify, taken apart.
type Callback struct {
	// Carrier is CarrierReturn or CarrierNotify.
	Carrier Carrier
	// Method is GET or POST.
	Method string
	// ContentType is the header as received.
	ContentType string
	// RawQuery is the URL's query as received.
	RawQuery string
	// Body is the whole body, already within the cap.
	Body []byte
}

// Notice is what one carrier said, before policy.
type Notice struct {
	// Authentic is true when the vendor's signature covers the notice, or when it is
	// the answer to our own query. Everything else decides nothing.
	Authentic bool

	// Session is our id, where the carrier names it.
	Session string

	// Ref is the vendor's id of the session, where the carrier names it.
	Ref Private

	// Status is the vendor's own status word, cut to a harmless ASCII identifier.
	Status string

	// Detail is the vendor's typed payload, for Judge.
	Detail any

	// Images came with a query, if asked for.
	Images []Image

	// PreviousSecret says that the signature was made with the older secret of a
	// rotation. Once no event says so any more, that secret can go.
	PreviousSecret bool

	// MoreImages says that a further query would bring images.
	MoreImages bool
}

// Image is a picture that the vendor handed out.
type Image struct {
	// Name is the vendor's name of it, such as "image_best".
	Name string
	// Data is the encoded picture, as a rule JPEG.
	Data PrivateBytes
}

// Session is a read-only view of one check of one subject at one vendor.
type Session struct {
	// ID is the session's id, unguessable, at most 26 characters.
	ID string
	// Tenant is what the start said; empty for an app with one tenant.
	Tenant string
	// Vendor is the name of the vendor's account.
	Vendor string
	// Subject is the app's own opaque id of the person. It is never sent to a vendor.
	Subject string
	// Ref is the vendor's id of the session; empty until it answered.
	Ref Private
	// Memory is what the vendor asked to remember at the start.
	Memory []byte
	// State is where the session stands.
	State State
	// Verdict is Pending until a notice decided.
	Verdict Verdict
	// Reasons stand beside the verdict.
	Reasons []Reason
	// ScoreBucket is the rough strength of the match.
	ScoreBucket string
	// Revision is 0 before the first verdict, then 1; a later and different
	// authenticated one makes it 2.
	Revision int
	// ReturnTo is where finish sends the person.
	ReturnTo string
	// CreatedAt is when the start was stored, before the vendor was called.
	CreatedAt time.Time
	// ExpiresAt is when the vendor's page stops working.
	ExpiresAt time.Time
	// Queries is how many queries were spent, counted before each was sent.
	Queries int
}

// State is where a session stands. It only moves forward.
type State string

// The states, in order. StartFailed is a side track of Created: a late notice
// still counts.
const (
	StateCreated     State = "created"      // stored, the vendor not yet asked
	StateStartFailed State = "start_failed" // the vendor did not open a page
	StateStarted     State = "started"      // the person can go to the vendor's page
	StatePending     State = "pending"      // the person came back, no verdict yet
	StateRecorded    State = "recorded"     // a verdict is stored, OnResult not yet done
	StateDead        State = "dead"         // OnResult failed too often; see Replay
	StateDelivered   State = "delivered"    // OnResult succeeded
	StateScrubbed    State = "scrubbed"     // only the outcome is left, and nothing changes it
)
