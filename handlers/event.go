package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"github.com/facegate/facegate/middleware"
)

// EventName says what happened.
type EventName string

// The events.
const (
	EventStarted         EventName = "started"          // the vendor opened a page
	EventReused          EventName = "reused"           // a double click got the open session
	EventStartFailed     EventName = "start_failed"     // the vendor opened none
	EventConsentDeclined EventName = "consent_declined" // the person chose another method
	EventPending         EventName = "pending"          // authentic, but not finished
	EventRecorded        EventName = "recorded"         // the first verdict
	EventRevised         EventName = "revised"          // a later, different verdict
	EventRepeated        EventName = "repeated"         // the same verdict again
	EventDelivered       EventName = "delivered"        // OnResult succeeded
	EventDeliveryFailed  EventName = "delivery_failed"  // OnResult failed and will be tried again
	EventDead            EventName = "dead"             // OnResult failed too often
	EventFenced          EventName = "fenced"           // a worker outlived its claim; its outcome does not count
	EventQueried         EventName = "queried"          // the vendor was asked
	EventQueryFailed     EventName = "query_failed"     // the vendor did not answer the question
	EventRefused         EventName = "refused"          // a request was refused; see Code
	EventTampered        EventName = "tampered"         // a valid signature over bytes that nobody signs: a forgery
	EventMismatch        EventName = "mismatch"         // authentic, but not of the session that it names
	EventOrphan          EventName = "orphan"           // authentic, but of no session here; it is kept for a day
	EventOrphanFailed    EventName = "orphan_failed"    // the orphan of a session here could not be read
	EventRestored        EventName = "restored"         // a session that the store had lost was put back
	EventUnbound         EventName = "unbound"          // another browser or subject than the one that started
	EventUnreadable      EventName = "unreadable"       // a stored record makes no sense
	EventPanic           EventName = "panic"            // a hook, handler or vendor panicked; Reason is the value's type
	EventStoreFailed     EventName = "store_failed"     // the store did not answer
)

// Event is one thing that happened. It carries no personal data; Session is an
// id that opens nothing without the browser and subject it is bound to.
type Event struct {
	// Name says what happened.
	Name EventName
	// Session is the session's id, if one was known.
	Session string
	// Tenant and Vendor are the session's.
	Tenant, Vendor string
	// Endpoint is where, for requests.
	Endpoint string
	// Code and Reason narrow it down.
	Code   Code
	Reason Reason
	// Verdict and Via are set for results.
	Verdict Verdict
	Via     Carrier
	// Attempt is set for deliveries.
	Attempt int
	// PreviousSecret is set for notices signed with the older secret of a rotation.
	PreviousSecret bool
}

// emit is the one place that tells the outside what happens inside.
func (k *Kit) emit(ctx context.Context, e Event) {
	k.log(ctx, e)
	if k.opts.OnEvent == nil {
		return
	}
	// Events are told in the middle of things, which a hook that panics must not stop.
	defer func() {
		if value := recover(); value != nil {
			k.log(ctx, Event{Name: EventPanic, Reason: Reason(middleware.Recovered(value).Type)})
		}
	}()
	k.opts.OnEvent(ctx, e)
}

// log writes an event as one line; a broken account says so once a minute.
func (k *Kit) log(ctx context.Context, e Event) {
	level := slog.LevelInfo
	switch e.Name {
	case EventDead, EventTampered, EventMismatch, EventOrphan, EventOrphanFailed, EventUnreadable, EventPanic, EventStoreFailed:
		level = slog.LevelError
	case EventStartFailed, EventDeliveryFailed, EventQueryFailed, EventRefused, EventUnbound, EventFenced, EventRevised, EventRestored:
		level = slog.LevelWarn
	}
	if !k.opts.Logger.Enabled(ctx, level) || k.said.before(e, k.now()) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("session", fingerprint(e.Session))
	add("tenant", e.Tenant)
	add("vendor", e.Vendor)
	add("endpoint", e.Endpoint)
	add("code", string(e.Code))
	add("reason", string(e.Reason))
	add("verdict", string(e.Verdict))
	add("via", string(e.Via))
	if e.Attempt > 0 {
		attrs = append(attrs, slog.Int("attempt", e.Attempt))
	}
	if e.PreviousSecret {
		attrs = append(attrs, slog.Bool("previous_secret", true))
	}
	k.opts.Logger.LogAttrs(ctx, level, "facegate: "+string(e.Name), attrs...)
}

// said remembers when an account was last logged as broken: every start fails then,
// and one line a minute is enough.
type said struct {
	mu   sync.Mutex
	last map[Event]time.Time
}

// saidPause is how long the same complaint about an account is not logged again.
const saidPause = time.Minute

// before reports whether an event need not be logged because it was a moment ago.
func (s *said) before(e Event, now time.Time) bool {
	if e.Code != CodeVendorMisconfigured {
		return false
	}
	// As many keys as there are accounts, names and endpoints.
	key := Event{Name: e.Name, Vendor: e.Vendor, Endpoint: e.Endpoint}
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[key]; ok && now.Before(last.Add(saidPause)) && !now.Before(last) {
		return true
	}
	if s.last == nil {
		s.last = make(map[Event]time.Time)
	}
	s.last[key] = now
	return false
}

// event starts an event about a session.
func (s *session) event(name EventName) Event {
	return Event{Name: name, Session: s.ID, Tenant: s.Tenant, Vendor: s.Vendor}
}

// fingerprint names a session in logs without giving its id away.
func fingerprint(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:4])
}
