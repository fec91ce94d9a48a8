package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/facegate/facegate/store"
)

// storedImages are a session's pictures as sealed.
type storedImages struct {
	Format   int           `json:"v"`
	Pictures []storedImage `json:"pictures"`
}

func (s *storedImages) format() int { return s.Format }

// storedImage is one of them.
type storedImage struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// keepImages seals pictures until the hook has had them, and reports whether it
// did. Its failure costs the pictures, never the verdict that came with them.
func (k *Kit) keepImages(ctx context.Context, id string, pictures []Image) bool {
	if len(pictures) == 0 {
		return false
	}
	stored := storedImages{Format: imagesFormat}
	for _, p := range pictures {
		stored.Pictures = append(stored.Pictures, storedImage{p.Name, p.Data.Reveal()})
	}
	value, err := encodeRecord(&stored)
	if err == nil {
		err = k.putImages(ctx, id, value)
	}
	if err != nil {
		k.emit(ctx, Event{Name: EventStoreFailed, Session: id, Code: CodeStoreUnavailable})
	}
	return err == nil
}

// putImages writes the sealed record, whoever may have written it before.
func (k *Kit) putImages(ctx context.Context, id string, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec := store.Record{Key: imagesPrefix + id, Value: value, TTL: k.opts.KeepFor}
	_, err := k.sealed.Put(ctx, rec)
	if errors.Is(err, store.ErrConflict) {
		return nil // the same session's pictures are there already
	}
	return err
}

// imagesTime is how long a query for pictures may take: the wait for its turn, the
// turn itself, and the vendor.
func (k *Kit) imagesTime() time.Duration {
	return k.patience(forImages) + paceAhead + k.opts.VendorTimeout
}

// fetchImages gets the pictures that the hook is to have: the sealed ones, or by
// one more query. It reports what is missing instead of failing: a verdict does
// not wait for pictures.
func (k *Kit) fetchImages(ctx context.Context, s *session) (pictures []Image, missing bool) {
	if !s.Images.Wanted {
		return nil, false
	}
	if !s.Images.Settled {
		if _, err := k.ask(ctx, s.ID, forImages); err != nil && !errors.Is(err, errMayNotAsk) {
			return nil, true
		}
	}
	stored, _, err := k.readImages(ctx, s.ID)
	if err != nil {
		return nil, true
	}
	for _, p := range stored.Pictures {
		pictures = append(pictures, Image{Name: p.Name, Data: HideBytes(p.Data)})
	}
	return pictures, false
}

// readImages reads the sealed record. One that makes no sense here is reported, and
// left to its TTL: a newer version wrote it.
func (k *Kit) readImages(ctx context.Context, id string) (stored storedImages, rec store.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err = k.sealed.Get(ctx, imagesPrefix+id)
	if err != nil {
		return storedImages{}, store.Record{}, err
	}
	if err := decodeRecord(rec.Value, imagesFormat, &stored); err != nil {
		k.emit(ctx, Event{Name: EventUnreadable, Session: id})
		return storedImages{}, store.Record{}, err
	}
	return stored, rec, nil
}

// dropImages deletes the pictures once the hook has had them; the store forgets
// them by itself if that fails.
func (k *Kit) dropImages(ctx context.Context, s *session) {
	if !s.Images.Wanted {
		return
	}
	_, rec, err := k.readImages(ctx, s.ID)
	if err != nil {
		return
	}
	_ = k.forget(ctx, rec)
}
