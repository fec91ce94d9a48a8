package handlers

import (
	"context"
	"errors"
	"slices"

	"github.com/facegate/facegate/store"
)

// Restore puts a session back that the store has lost: a server that was started
// empty, a failover that was behind, a backup of yesterday. An orphan that waits for
// the session is recorded at once; otherwise Run asks the vendor, as far as its
// retention and the budget that is left allow, and ends the session in its time.
//
// lost is what the app kept of [Kit.Lookup] after the start, or what its own records
// know; restore nothing that they do not. Ref is kept by its Reveal, sealed as other
// secrets are: printed or marshalled it is "[private]", which is refused. ID and Subject are needed. Vendor is
// [Options.Vendor] if empty. CreatedAt is now if zero; it says how long the vendor may
// be asked. Without Ref the vendor cannot be asked, and only an orphan or a notice
// brings a verdict. Memory is what the vendor judges by: without it a check of a
// certain person ends in review. Queries are counted as spent. What lost says of a
// verdict is not taken over: only the vendor's own statement makes one. OnResult may
// hear it again, with the same [Result.Key].
//
// No browser is bound to the session any more, and it counts as no attempt. A session
// that is there stays as it is, so that a list of sessions may be restored twice.
// It fails with CodeInvalidInput, with CodeMismatch if a session of another subject,
// tenant or vendor has the id, or with CodeStoreUnavailable.
func (k *Kit) Restore(ctx context.Context, lost Session) (Session, error) {
	s, err := k.rebuild(lost)
	if err != nil {
		return Session{}, err
	}
	err = k.save(ctx, s)
	switch {
	case errors.Is(err, store.ErrConflict):
		if s, err = k.present(ctx, s); err != nil {
			return Session{}, err
		}
	case err != nil:
		return Session{}, err
	default:
		k.emit(ctx, s.event(EventRestored))
	}
	_ = k.adopt(ctx, s.ID)
	if s, err = k.load(ctx, s.ID); err != nil {
		return Session{}, err
	}
	k.deliverSoon(ctx, s)
	return s.view(), nil
}

// rebuild makes the record of a lost session.
func (k *Kit) rebuild(lost Session) (*session, error) {
	v, err := k.vendor(lost.Vendor)
	if err != nil {
		return nil, &Error{Code: CodeInvalidInput, Reason: reasonUnknownVendor}
	}
	now := k.now()
	if lost.CreatedAt.IsZero() {
		lost.CreatedAt = now
	}
	switch {
	case !validID(lost.ID):
		return nil, &Error{Code: CodeInvalidInput, Reason: "bad_id"}
	case lost.Subject == "":
		return nil, &Error{Code: CodeInvalidInput, Reason: "no_subject"}
	case lost.CreatedAt.After(now):
		return nil, &Error{Code: CodeInvalidInput, Reason: "created_in_future"}
	case lost.Ref.Equal(Hide(redacted)):
		return nil, &Error{Code: CodeInvalidInput, Reason: "redacted_ref"}
	case lost.Queries < 0:
		return nil, &Error{Code: CodeInvalidInput, Reason: "negative_queries"}
	}
	s := &session{
		ID: lost.ID, Tenant: lost.Tenant, Subject: lost.Subject, Vendor: v.Name(), ReturnTo: k.destination(lost.ReturnTo),
		State: StateStarted, Ref: lost.Ref.Reveal(), Memory: slices.Clone(lost.Memory),
	}
	k.date(s, lost.CreatedAt, v.Limits())
	if !lost.ExpiresAt.IsZero() {
		s.ExpiresAt = lost.ExpiresAt
	}
	s.KeepUntil = later(s.KeepUntil, now.Add(k.opts.KeepFor)) // the app must hear of it, however old it is
	s.Query.Spent = lost.Queries
	s.Query.Next = now
	if now.Before(s.ExpiresAt) {
		s.Query.Next = k.nextQuery(s) // the person may still be at the vendor's page
	}
	return s, nil
}

// present returns the session that is there already, if it is the same one.
func (k *Kit) present(ctx context.Context, lost *session) (*session, error) {
	s, err := k.load(ctx, lost.ID)
	if err != nil {
		return nil, err
	}
	if s.Subject != lost.Subject || s.Tenant != lost.Tenant || s.Vendor != lost.Vendor {
		return nil, &Error{Code: CodeMismatch, Reason: "other_session"}
	}
	return s, nil
}
