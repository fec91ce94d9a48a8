package handlers

import (
	"context"
	"errors"

	"github.com/facegate/facegate/store"
)

// move changes a record that stands beside the sessions, such as a subject's list,
// by compare-and-set: fn gets its value, nil if there is none, and returns the new
// one. It starts over when someone else was faster, so fn may run several times.
// When fn fails nothing is written, and its error comes back; errUnchanged is none.
// in is the kit's store, sealed for what is personal; rec has all but the value.
func (k *Kit) move(ctx context.Context, in store.Store, rec store.Record, fn func(value []byte) ([]byte, error)) error {
	for try := range maxConflicts {
		err := k.tryMove(ctx, in, rec, fn)
		if errors.Is(err, errUnchanged) {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if err := pause(ctx, spread(try)); err != nil {
			return &Error{Code: CodeStoreUnavailable, Err: err}
		}
	}
	return &Error{Code: CodeStoreUnavailable, Err: store.ErrConflict}
}

func (k *Kit) tryMove(ctx context.Context, in store.Store, rec store.Record, fn func([]byte) ([]byte, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 2*k.opts.StoreTimeout)
	defer cancel()
	was, err := k.peek(ctx, in, rec.Key)
	if err != nil {
		return err
	}
	rec.Version = was.Version
	if rec.Value, err = fn(was.Value); err != nil {
		return err
	}
	_, err = in.Put(ctx, rec)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	return err
}

// peek reads a record that stands beside the sessions; its value is nil if there is
// none.
func (k *Kit) peek(ctx context.Context, in store.Store, key string) (store.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec, err := in.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Record{Key: key}, nil
	case errors.Is(err, store.ErrUnsealable):
		return store.Record{}, &Error{Code: CodeInternal, Err: err}
	case err != nil:
		return store.Record{}, &Error{Code: CodeStoreUnavailable, Err: err}
	}
	return rec, nil
}
