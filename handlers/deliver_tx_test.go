package handlers_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// ledger is a store with transactions in which the app keeps rows of its own.
type ledger struct {
	store.Store
	mu     sync.Mutex
	rows   []string
	commit error // what the next commit answers
	lost   bool  // whether that commit happens all the same
}

type ledgerTx struct {
	rows []string
	puts []store.Record
}

type ledgerKey struct{}

func (l *ledger) InTx(ctx context.Context, fn func(context.Context) error) error {
	tx := &ledgerTx{}
	if err := fn(context.WithValue(ctx, ledgerKey{}, tx)); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	answer := l.commit
	l.commit = nil
	if answer != nil && !l.lost {
		return answer
	}
	for _, rec := range tx.puts {
		if _, err := l.Store.Put(ctx, rec); err != nil {
			return err
		}
	}
	l.rows = append(l.rows, tx.rows...)
	return answer
}

// committed are the app's rows.
func (l *ledger) committed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.rows)
}

// Put waits for the commit when it is part of a transaction.
func (l *ledger) Put(ctx context.Context, rec store.Record) (int64, error) {
	if tx, ok := ctx.Value(ledgerKey{}).(*ledgerTx); ok {
		tx.puts = append(tx.puts, rec)
		return rec.Version + 1, nil
	}
	return l.Store.Put(ctx, rec)
}

func insert(ctx context.Context, row string) {
	tx := ctx.Value(ledgerKey{}).(*ledgerTx)
	tx.rows = append(tx.rows, row)
}

func TestDeliveryInTransaction(t *testing.T) {
	start := func(t *testing.T, wrap func(store.Store) store.Store) (*app, *ledger) {
		rows := &ledger{Store: store.NewMemory()}
		return newApp(t, func(o *handlers.Options) {
			o.Store, o.Keys = wrap(rows), []store.Key{testKey(t)}
		}), rows
	}
	plain := func(s store.Store) store.Store { return s }

	t.Run("the app's row and the mark are committed together", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, rows := start(t, plain)
			a.hook = func(ctx context.Context, r handlers.Result) error { insert(ctx, r.Key); return nil }
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			assert.Equal(t, []string{id + "-1"}, rows.committed())
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, 1, a.saw(handlers.EventDelivered))
		})
	})

	t.Run("a sealed store passes the transaction on", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, rows := start(t, func(s store.Store) store.Store {
				sealed, err := store.Seal(s, testKey(t))
				require.NoError(t, err)
				return sealed
			})
			a.hook = func(ctx context.Context, r handlers.Result) error { insert(ctx, r.Key); return nil }
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			assert.Len(t, rows.committed(), 1)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 112: a hook that fails or panics after its insert leaves no row, and runs again", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, rows := start(t, plain)
			a.hook = func(ctx context.Context, r handlers.Result) error {
				insert(ctx, r.Key)
				switch r.Attempt {
				case 1:
					return errors.New("the app's own rule")
				case 2:
					panic("the app's own bug")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			assert.Equal(t, []string{id + "-1"}, rows.committed())
			assert.Len(t, a.results(), 3)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 108: a commit whose answer is lost is found out: never a second effect", func(t *testing.T) {
		for _, happened := range []bool{true, false} {
			inBubble(t, func(t *testing.T) {
				a, rows := start(t, plain)
				rows.commit, rows.lost = errors.New("connection lost"), happened
				a.hook = func(ctx context.Context, r handlers.Result) error { insert(ctx, r.Key); return nil }
				defer a.run()()
				id := a.start()
				a.notify(says(id, "passed"))
				time.Sleep(time.Minute)
				assert.Equal(t, []string{id + "-1"}, rows.committed())
				assert.Equal(t, handlers.StateDelivered, a.state(id).State)
				assert.Equal(t, 1, a.saw(handlers.EventDelivered))
			})
		}
	})

	t.Run("case 109: a worker that outlived its lease takes its rows back", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a, rows := start(t, plain)
			resume := make(chan struct{})
			a.hook = func(ctx context.Context, r handlers.Result) error {
				insert(ctx, r.Key)
				if r.Attempt == 1 {
					<-resume
				}
				return nil
			}
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			a.restart()
			stop := a.run()
			time.Sleep(40 * time.Second)
			stop()
			close(resume)
			synctest.Wait()
			assert.Equal(t, []string{id + "-1"}, rows.committed())
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, 1, a.saw(handlers.EventFenced))
		})
	})
}
