package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/facegate/facegate/store"
)

// orphanLife is how long an authentic notice without a session is kept.
const orphanLife = 24 * time.Hour

// orphan is such a notice, as sealed: the very bytes, so that it is verified anew
// when its session appears.
type orphan struct {
	Format      int     `json:"v"`
	Vendor      string  `json:"vendor"`
	Carrier     Carrier `json:"carrier"`
	Method      string  `json:"method"`
	ContentType string  `json:"content_type"`
	Body        []byte  `json:"body"`
}

func (o *orphan) format() int { return o.Format }

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
	value, err := encodeRecord(&orphan{orphanFormat, v.Name(), cb.Carrier, cb.Method, cb.ContentType, cb.Body})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	_, err = k.sealed.Put(ctx, store.Record{Key: orphanPrefix + n.Session, Value: value, TTL: orphanLife})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	return nil
}

// adopt looks for an orphan of the session and records it, which spends no query.
// It may fail: the vendor can still be asked.
func (k *Kit) adopt(ctx context.Context, id string) {
	if err := k.takeOrphan(ctx, id); err != nil {
		k.emit(ctx, Event{Name: EventOrphanFailed, Session: id, Code: CodeOf(err), Reason: reasonOf(err)})
	}
}

func (k *Kit) takeOrphan(ctx context.Context, id string) error {
	get, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err := k.sealed.Get(get, orphanPrefix+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	var kept orphan
	if err := decodeRecord(rec.Value, orphanFormat, &kept); err != nil {
		return err
	}
	s, err := k.accept(ctx, kept.Vendor, Callback{
		Carrier: kept.Carrier, Method: kept.Method, ContentType: kept.ContentType, Body: kept.Body,
	})
	if err != nil || s == nil {
		return err
	}
	return k.forget(ctx, rec)
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
