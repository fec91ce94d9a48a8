package handlers

import (
	"context"
	"errors"
)

// transactional is what a store implements besides [store.Store] when it can run
// OnResult and the mark of its success in one transaction: package sqlstore does.
// Then not even a crash between the two runs a hook's effect twice.
type transactional interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// errFenced rolls back the transaction of a worker that outlived its lease.
var errFenced = errors.New("the lease was taken over")

// runInTx runs the hook and marks its success in one transaction. When it fails,
// the app's own rows are rolled back too, and nothing is marked.
func (k *Kit) runInTx(ctx context.Context, tx transactional, owner string, r Result) error {
	err := tx.InTx(ctx, func(ctx context.Context) error {
		if err := k.runHook(ctx, r); err != nil {
			return err
		}
		_, err := k.change(ctx, r.Session, func(s *session) error {
			if s.Delivery.Owner != owner {
				return errFenced
			}
			k.mark(s, r, nil)
			return nil
		})
		return err
	})
	// Who was woken by the write inside saw nothing yet.
	k.waiters.ring(r.Session)
	return err
}
