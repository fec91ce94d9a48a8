package handlers

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/store"
)

// storedImage is a picture as sealed.
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
	stored := make([]storedImage, len(pictures))
	for i, p := range pictures {
		stored[i] = storedImage{p.Name, p.Data.Reveal()}
	}
	value, err := json.Marshal(stored)
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
	get, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err := k.sealed.Get(get, imagesPrefix+s.ID)
	if err != nil {
		return nil, true
	}
	var stored []storedImage
	if err := json.Unmarshal(rec.Value, &stored); err != nil {
		return nil, true
	}
	for _, p := range stored {
		pictures = append(pictures, Image{Name: p.Name, Data: HideBytes(p.Data)})
	}
	return pictures, false
}

// dropImages deletes the pictures once the hook has had them; the store forgets
// them by itself if that fails.
func (k *Kit) dropImages(ctx context.Context, s *session) {
	if !s.Images.Wanted {
		return
	}
	get, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err := k.sealed.Get(get, imagesPrefix+s.ID)
	if err != nil {
		return
	}
	_ = k.forget(ctx, rec)
}
