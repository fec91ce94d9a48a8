package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/facegate/facegate/store"
)

// subjectRecord lists what a subject started lately. It is what attempt caps and
// double clicks need; the sessions themselves know nothing of each other.
type subjectRecord struct {
	Format   int       `json:"v"`
	Attempts []attempt `json:"attempts,omitzero"`
	// Declined is when the person last chose another method.
	Declined time.Time `json:"declined,omitzero"`
}

func (r *subjectRecord) format() int { return r.Format }

// attempt is one started session.
type attempt struct {
	Session string    `json:"session"`
	Vendor  string    `json:"vendor"`
	Once    string    `json:"once,omitzero"` // which click it was, for as long as another may follow
	At      time.Time `json:"at"`
}

// subjectKey hides the subject's id from readers of the store's keys.
func subjectKey(tenant, subject string) string {
	sum := sha256.Sum256([]byte(tenant + "\x00" + subject))
	return subjectPrefix + hex.EncodeToString(sum[:20])
}

// changeSubject moves a subject's record, making it if need be. fn may run several
// times.
func (k *Kit) changeSubject(ctx context.Context, tenant, subject string, fn func(*subjectRecord) error) error {
	life := max(k.opts.KeepFor, k.opts.AttemptWindow)
	return k.move(ctx, k.opts.Store, store.Record{Key: subjectKey(tenant, subject), TTL: life}, func(value []byte) ([]byte, error) {
		r := subjectRecord{Format: subjectFormat}
		if value != nil {
			if err := decodeRecord(value, subjectFormat, &r); err != nil {
				return nil, err
			}
		}
		if err := fn(&r); err != nil {
			return nil, err
		}
		return encodeRecord(&r)
	})
}

// attempted adds a session to its subject's list, or names the one that the same
// click, if it has a key, has added before. It refuses when the cap is reached.
func (k *Kit) attempted(ctx context.Context, s *session, click string) (same string, err error) {
	err = k.changeSubject(ctx, s.Tenant, s.Subject, func(r *subjectRecord) error {
		same = ""
		now := k.now()
		r.Attempts = slices.DeleteFunc(r.Attempts, func(a attempt) bool {
			return a.At.Before(now.Add(-k.opts.AttemptWindow))
		})
		for i, a := range r.Attempts {
			if !now.Before(a.At.Add(k.opts.ReuseWindow)) {
				r.Attempts[i].Once = ""
				continue
			}
			if click != "" && a.Once == click && a.Vendor == s.Vendor {
				same = a.Session
				return errUnchanged
			}
		}
		if over := len(r.Attempts) - k.opts.MaxAttempts; over >= 0 {
			free := r.Attempts[over].At.Add(k.opts.AttemptWindow)
			return &Error{Code: CodeTooManyAttempts, RetryAfter: free.Sub(now)}
		}
		r.Attempts = append(r.Attempts, attempt{Session: s.ID, Vendor: s.Vendor, Once: click, At: now})
		return nil
	})
	return same, err
}

// unattempted takes back an attempt that came to nothing.
func (k *Kit) unattempted(ctx context.Context, s *session) error {
	return k.changeSubject(ctx, s.Tenant, s.Subject, func(r *subjectRecord) error {
		r.Attempts = slices.DeleteFunc(r.Attempts, func(a attempt) bool { return a.Session == s.ID })
		return nil
	})
}
