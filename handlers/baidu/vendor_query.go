package baidu

import (
	"context"
	"errors"
	"time"

	"github.com/facegate/facegate/handlers"
)

// Statement is what the vendor answered to one query: the Detail of this vendor's
// notices.
type Statement struct {
	// Detail is the answer of result/detail.
	Detail Detail

	// All is the answer of result/getall, with Config.UseGetAll; nil without it, or
	// when the vendor refused it.
	All *All

	// AskedAt is when the answers came.
	AskedAt time.Time
}

// Statuses of an answer to our query.
const (
	StatusPassed       = "passed"       // success, and nothing against it
	StatusNotPassed    = "not_passed"   // a documented failure
	StatusNoResult     = "no_result"    // the verify_token has none, or none any more
	StatusUndocumented = "undocumented" // a failure that this version does not know
)

// Query asks result/detail, and result/getall if configured. A check that failed
// or is not finished is a notice, not an error. Of a session whose memory is
// unreadable it asks with the current access token: nobody knows which one made its
// verify_token, and [Vendor.Judge] lets it not pass.
func (v *Vendor) Query(ctx context.Context, s handlers.Session) (handlers.Notice, error) {
	remembered, unreadable := readMemory(s.Memory)
	q := Query{VerifyToken: s.Ref, Generation: remembered.Generation}
	detail, err := v.client.ResultDetail(ctx, q)
	if refused := refusedBy(err); refused != nil && aboutPerson(refused) {
		detail, err = Detail{Failure: refused, OwnToken: true, LogID: refused.LogID}, nil
	}
	if err != nil {
		return handlers.Notice{}, forQuery(err)
	}
	detail.OwnToken = detail.OwnToken && unreadable == nil
	statement := &Statement{Detail: detail, AskedAt: time.Now()}
	if failure := detail.Failure; failure != nil {
		if err := v.noAnswer(failure, statement.AskedAt, s); err != nil {
			return handlers.Notice{}, err
		}
	}
	if v.config.UseGetAll && (detail.Passed || detail.Failure.Class == ClassUser) {
		all, err := v.client.ResultAll(ctx, q)
		switch refused := refusedBy(err); {
		case err == nil:
			statement.All = &all
		case refused == nil || !aboutPerson(refused):
			return handlers.Notice{}, later(forQuery(err))
		}
	}
	return handlers.Notice{Authentic: true, Ref: s.Ref, Status: status(detail), Detail: statement}, nil
}

// noAnswer returns the error of a failure that says nothing about the person: a
// refusal of our account in the scheme's envelope, and a result that is too old.
func (v *Vendor) noAnswer(failure *APIError, now time.Time, s handlers.Session) error {
	switch failure.Class {
	case ClassVerifyToken:
		if !now.Before(s.CreatedAt.Add(v.config.Retention)) {
			return &handlers.Error{Code: handlers.CodeResultGone, Reason: handlers.ReasonResultGone, Err: failure}
		}
	case ClassRate, ClassQuota, ClassAuth, ClassPermission:
		return wrap(failure)
	}
	return nil
}

// aboutPerson reports whether a refusal speaks of the check, not of the call.
func aboutPerson(refused *APIError) bool {
	switch refused.Class {
	case ClassUser, ClassReview, ClassVerifyToken, ClassUnknown:
		return true
	default:
		return false
	}
}

// forQuery gives an error one of the codes that a query may fail with.
func forQuery(err error) error {
	failed, ok := errors.AsType[*handlers.Error](err)
	if !ok {
		return err
	}
	switch failed.Code {
	case handlers.CodeVendorRefused, handlers.CodeInvalidInput:
		return &handlers.Error{Code: handlers.CodeVendorMisconfigured, Reason: failed.Reason, Err: err}
	case handlers.CodeStoreUnavailable:
		return &handlers.Error{Code: handlers.CodeVendorNotSent, Reason: failed.Reason, Err: err}
	default:
		return err
	}
}

// status sums an answer up for logs.
func status(detail Detail) string {
	switch {
	case detail.Passed && detail.Failure == nil:
		return StatusPassed
	case detail.Failure.Class == ClassVerifyToken:
		return StatusNoResult
	case detail.Failure.Class == ClassUnknown:
		return StatusUndocumented
	default:
		return StatusNotPassed
	}
}
