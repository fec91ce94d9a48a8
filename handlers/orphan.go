package handlers

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/facegate/facegate/store"
)

// orphanLife is how long authentic notices without a session are kept, from the last
// that was new.
const orphanLife = 24 * time.Hour

// How long Run waits until it looks for an orphan's session, and later between looks.
const (
	firstOrphanLook = time.Minute
	lastOrphanLook  = time.Hour
)

// maxOrphans is how many different ones are kept of a session. More than the vendor's
// carriers send is trouble at the vendor, and is refused, not forgotten.
const maxOrphans = 8

// orphanRecord holds the authentic notices of a session that is not here, as sealed.
type orphanRecord struct {
	Format  int       `json:"v"`
	Since   time.Time `json:"since"`   // when the first came
	Notices []orphan  `json:"notices"` // as they came
}

// orphan is one of them: the very bytes, so that it is verified anew when its session
// appears.
type orphan struct {
	Vendor      string  `json:"vendor"`
	Carrier     Carrier `json:"carrier"`
	Method      string  `json:"method"`
	ContentType string  `json:"content_type"`
	Body        []byte  `json:"body"`
}

func (r *orphanRecord) format() int { return r.Format }

// holds reports whether such a notice is there already, by whatever carrier.
func (r *orphanRecord) holds(o orphan) bool {
	return slices.ContainsFunc(r.Notices, func(kept orphan) bool {
		return kept.Vendor == o.Vendor && bytes.Equal(kept.Body, o.Body)
	})
}

// decodeOrphans reads the record; there may be none.
func decodeOrphans(value []byte) (orphanRecord, error) {
	r := orphanRecord{Format: orphanFormat}
	if value == nil {
		return r, nil
	}
	err := decodeRecord(value, orphanFormat, &r)
	return r, err
}

// keepOrphan keeps an authentic notice that belongs to no session here: the store
// may be behind, or have lost the session. The same one again changes nothing. A
// notice whose session can never be ours is only reported.
func (k *Kit) keepOrphan(ctx context.Context, v Vendor, n Notice, cb Callback) error {
	said := Event{Name: EventOrphan, Vendor: v.Name(), Via: cb.Carrier}
	if !validID(n.Session) {
		k.emit(ctx, said)
		return nil
	}
	said.Session = n.Session
	k.emit(ctx, said)
	came := orphan{v.Name(), cb.Carrier, cb.Method, cb.ContentType, cb.Body}
	rec := store.Record{Key: orphanPrefix + n.Session, TTL: orphanLife, Due: k.now().Add(firstOrphanLook)}
	return k.move(ctx, k.sealed, rec, func(value []byte) ([]byte, error) {
		r, err := decodeOrphans(value)
		switch {
		case err != nil:
			return nil, err
		case r.holds(came):
			return nil, errUnchanged
		case len(r.Notices) >= maxOrphans:
			return nil, &Error{Code: CodeStoreUnavailable, Reason: "too_many_orphans"}
		}
		if len(r.Notices) == 0 {
			r.Since = k.now()
		}
		r.Notices = append(r.Notices, came)
		return encodeRecord(&r)
	})
}

// adopt looks for orphans of the session and records them, which spends no query.
// Its callers may go on without: the vendor can still be asked.
func (k *Kit) adopt(ctx context.Context, id string) error {
	err := k.takeOrphans(ctx, id)
	if err != nil {
		k.emit(ctx, Event{Name: EventOrphanFailed, Session: id, Code: CodeOf(err), Reason: reasonOf(err)})
	}
	return err
}

// seek is what Run does about orphans: no session that is decided, or was never
// opened, looks for them by itself. Those that cannot be read here it leaves alone for
// long.
func (k *Kit) seek(ctx context.Context, id string) {
	err := k.adopt(ctx, id)
	switch {
	case CodeOf(err) == CodeStoreUnavailable:
		k.aside.put(orphanPrefix+id, k.now().Add(asideFor))
	case err != nil:
		k.aside.put(orphanPrefix+id, k.now().Add(lastOrphanLook))
	}
}

// takeOrphans records what it can, and keeps the rest for later. One that turns out
// to be of another session is reported, and done with.
func (k *Kit) takeOrphans(ctx context.Context, id string) error {
	rec, err := k.peek(ctx, k.sealed, orphanPrefix+id)
	if err != nil || rec.Value == nil {
		return err
	}
	r, err := decodeOrphans(rec.Value)
	if err != nil {
		return err
	}
	var failed error
	var left []orphan
	for _, kept := range r.Notices {
		err := k.attach(ctx, id, kept)
		switch CodeOf(err) {
		case "":
		case CodeNotFound:
			return k.postpone(ctx, rec, r.Since) // still nobody's
		case CodeMismatch:
			failed = errors.Join(failed, err)
		default:
			failed = errors.Join(failed, err)
			left = append(left, kept)
		}
	}
	if len(left) == 0 {
		return errors.Join(failed, k.forget(ctx, rec))
	}
	r.Notices = left
	if rec.Value, err = encodeRecord(&r); err != nil {
		return err
	}
	return errors.Join(failed, k.postpone(ctx, rec, r.Since))
}

// attach verifies an orphan anew and records it.
func (k *Kit) attach(ctx context.Context, id string, kept orphan) error {
	cb := Callback{Carrier: kept.Carrier, Method: kept.Method, ContentType: kept.ContentType, Body: kept.Body}
	v, notice, err := k.verify(kept.Vendor, cb)
	if err != nil {
		return err
	}
	_, err = k.record(ctx, v, id, notice, kept.Carrier, nil)
	return err
}

// postpone leaves orphans to a later look, if nobody else moved them.
func (k *Kit) postpone(ctx context.Context, rec store.Record, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	now := k.now()
	rec.Due = now.Add(jitter(min(max(now.Sub(since), firstOrphanLook), lastOrphanLook)))
	_, err := k.sealed.Put(ctx, rec)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	return nil
}

// forget deletes a sealed record that has served; whoever else did so is welcome.
func (k *Kit) forget(ctx context.Context, rec store.Record) error {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	err := k.sealed.Delete(ctx, rec.Key, rec.Version)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	return nil
}
