package handlers

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// BeginParams is a start without HTTP.
type BeginParams struct {
	StartParams

	// Subject is the app's own opaque id of the person. Required.
	Subject string

	// Language of the vendor's page, "zh" or "en". Default: [Options.Language].
	Language string

	// Consented says that the person agreed to [Options.Consent]. Needed when that
	// is set.
	Consented bool

	// browser is the binding of who called the start endpoint. Without HTTP there
	// is none: then finish and status know nobody, and the app shows the outcome by
	// itself, from OnResult or Lookup.
	browser string
}

// Started is an opened session.
type Started struct {
	// Session is its id.
	Session string
	// URL is where the person goes next. It carries a token of the vendor's.
	URL Private
}

// Begin opens a session at the vendor: the start endpoint without HTTP, for gRPC,
// other frameworks or a queue. It fails with an [*Error]; nothing is left to be
// undone then.
func (k *Kit) Begin(ctx context.Context, p BeginParams) (Started, error) {
	setDefault(&p.Language, k.opts.Language)
	v, s, err := k.newSession(p)
	if err != nil {
		return Started{}, err
	}
	req := k.beginRequest(s, p)
	if s.Memory, err = v.Check(req); err != nil {
		return Started{}, asError(err, CodeInvalidInput)
	}
	// What was begun is brought to its end though the caller has gone: the same
	// click, repeated, is waiting for it.
	ctx = context.WithoutCancel(ctx)
	same, err := k.attempted(ctx, s, p.IdempotencyKey)
	if same != "" {
		started, err := k.reuse(ctx, same, p.browser)
		if CodeOf(err) != CodeNotFound {
			return started, err
		}
		// The first click's session came to nothing: this one opens its own.
		_, err = k.attempted(ctx, s, "")
		if err != nil {
			return Started{}, err
		}
	}
	if err != nil {
		return Started{}, err
	}
	return k.open(ctx, v, s, req)
}

// newSession checks the parameters and makes the record.
func (k *Kit) newSession(p BeginParams) (Vendor, *session, error) {
	if p.Subject == "" {
		return nil, nil, &Error{Code: CodeNotSignedIn}
	}
	v, err := k.vendor(p.Vendor)
	if err != nil {
		return nil, nil, err
	}
	s := &session{
		ID: newID(), Tenant: p.Tenant, Subject: p.Subject, Vendor: v.Name(),
		ReturnTo: k.destination(p.ReturnTo), State: StateCreated,
	}
	if k.opts.Consent != nil {
		if !p.Consented {
			return nil, nil, &Error{Code: CodeConsentRequired}
		}
		s.Consent = &consentRecord{Version: k.opts.Consent.Version, Language: p.Language, At: k.now()}
	}
	s.bind(p.browser)
	return v, s, nil
}

// date sets when the session began and how long each part of its life lasts.
func (k *Kit) date(s *session, began time.Time, limits Limits) {
	s.CreatedAt = began
	s.ExpiresAt = s.CreatedAt.Add(limits.SessionLife)
	s.AskUntil = s.CreatedAt.Add(limits.Retention)
	s.KeepUntil = s.AskUntil.Add(k.opts.KeepFor)
}

// beginRequest is what the vendor hears of a start.
func (k *Kit) beginRequest(s *session, p BeginParams) BeginRequest {
	return BeginRequest{
		Session: s.ID, Language: p.Language, Params: p.Params,
		ReturnURL: k.address(endpointReturn, ours(s)).String(),
		NotifyURL: k.address(endpointNotify, url.Values{paramVendor: {s.Vendor}}).String(),
	}
}

// reuse returns the session that the same click has opened, as soon as it has, or
// fails with CodeNotFound if there is none that can be used.
func (k *Kit) reuse(ctx context.Context, id, browser string) (Started, error) {
	if err := k.awaitOpened(ctx, id); err != nil {
		return Started{}, err
	}
	s, err := k.change(ctx, id, func(s *session) error {
		if s.State != StateStarted || s.PageURL == "" || !k.now().Before(s.ExpiresAt) {
			return &Error{Code: CodeNotFound}
		}
		s.bind(browser)
		return nil
	})
	if err != nil {
		return Started{}, err
	}
	k.emit(ctx, s.event(EventReused))
	return Started{Session: id, URL: Hide(s.PageURL)}, nil
}

// awaitOpened waits for the vendor's answer to the first click. The attempt is
// counted a moment before its session is stored: the second click may be faster.
func (k *Kit) awaitOpened(ctx context.Context, id string) error {
	opened := func(s *session) bool { return s.State != StateCreated }
	for wait := firstLook; ; wait *= 2 {
		_, err := k.await(ctx, id, k.opts.VendorTimeout+k.opts.StoreTimeout, opened)
		if CodeOf(err) != CodeNotFound || wait > k.opts.StoreTimeout || pause(ctx, wait) != nil {
			return err
		}
	}
}

// reusable reports whether another click may still need the session's page URL,
// which carries a token and is not kept for longer.
func (k *Kit) reusable(s *session) bool {
	if s.State != StateCreated && s.State != StateStarted {
		return false
	}
	return k.now().Before(s.CreatedAt.Add(k.opts.VendorTimeout + k.opts.ReuseWindow))
}

// open stores the session, has the vendor open it, and stores the answer. The
// record is there before the vendor is called: whatever is lost on the way back,
// the vendor's notice finds it by our id.
func (k *Kit) open(ctx context.Context, v Vendor, s *session, req BeginRequest) (Started, error) {
	k.date(s, k.now(), v.Limits()) // a second click may have waited for the first
	s.Query.Next = k.nextQuery(s)
	if err := k.save(ctx, s); err != nil {
		return Started{}, k.startFailed(ctx, s, asError(err, CodeStoreUnavailable))
	}
	calling, cancel := context.WithTimeout(ctx, k.opts.VendorTimeout)
	defer cancel()
	begun, err := v.Begin(calling, req)
	if err == nil && !webURL(begun.PageURL.Reveal()) {
		err = &Error{Code: CodeVendorRefused, Reason: "no_page"}
	}
	if err != nil {
		return Started{}, k.startFailed(ctx, s, asError(err, CodeVendorUnavailable))
	}
	return k.started(ctx, s.ID, begun)
}

// Our own parameters in the URLs that we give away.
const (
	paramSession = "session"
	paramVendor  = "vendor"
)

// ours is the query that names a session in our URLs.
func ours(s *session) url.Values {
	return url.Values{paramSession: {s.ID}, paramVendor: {s.Vendor}}
}

// started stores what the vendor answered. A notice may have been faster.
func (k *Kit) started(ctx context.Context, id string, begun Begun) (Started, error) {
	s, err := k.change(ctx, id, func(s *session) error {
		if s.Ref == "" {
			s.Ref = begun.Ref.Reveal()
		}
		if begun.Memory != nil {
			s.Memory = begun.Memory
		}
		if !begun.ExpiresAt.IsZero() {
			s.ExpiresAt = begun.ExpiresAt
		}
		if s.State == StateCreated {
			s.State, s.PageURL = StateStarted, begun.PageURL.Reveal()
			s.Query.Next = k.nextQuery(s)
		}
		return nil
	})
	if err != nil {
		return Started{}, err
	}
	k.emit(ctx, s.event(EventStarted))
	return Started{Session: id, URL: begun.PageURL}, nil
}

// startFailed closes a session that was not opened, and takes its attempt back.
// It still hears a notice: the vendor's answer may only have been lost.
func (k *Kit) startFailed(ctx context.Context, s *session, cause *Error) error {
	said := s.event(EventStartFailed)
	said.Code, said.Reason = cause.Code, cause.Reason
	k.emit(ctx, said)
	_, err := k.change(ctx, s.ID, func(s *session) error {
		if s.State != StateCreated {
			return errUnchanged
		}
		s.State, s.Failure = StateStartFailed, cause.Code
		return nil
	})
	if err == nil || CodeOf(err) == CodeNotFound {
		err = k.unattempted(ctx, s)
	}
	if err != nil && !errors.Is(err, errUnchanged) {
		k.emit(ctx, Event{Name: EventStoreFailed, Session: s.ID, Code: CodeOf(err)})
	}
	return cause
}

// declined notes that the person chose another method.
func (k *Kit) declined(ctx context.Context, tenant, subject string) error {
	k.emit(ctx, Event{Name: EventConsentDeclined, Tenant: tenant})
	return k.changeSubject(ctx, tenant, subject, func(r *subjectRecord) error {
		r.Declined = k.now().Truncate(time.Second)
		return nil
	})
}
