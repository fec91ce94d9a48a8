package sqltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// patience is how long a test waits for what must happen soon.
const patience = 20 * time.Second

// losesConnections is for servers. It comes last: the one that it starts again ends
// with its subtest.
func (e *engine) losesConnections(t *testing.T) {
	t.Run("a connection lost in the middle of a call is neither absence nor conflict", func(t *testing.T) {
		b := e.blocked(t)
		_, err := b.admin.db.ExecContext(t.Context(), fmt.Sprintf(e.kill, b.connection))
		require.NoError(t, err)
		outage(t, <-b.result)
		b.unlock()
		b.recovers(t)
	})
	t.Run("case 119: a call that waits for a lock ends with its context", func(t *testing.T) {
		b := e.blocked(t)
		b.cancel()
		require.ErrorIs(t, <-b.result, context.Canceled)
		b.unlock()
		b.recovers(t)
	})
	t.Run("case 115: a server that crashes and starts again is used on, without a new store", func(t *testing.T) {
		b := e.blocked(t)
		e.server.Kill(t)
		outage(t, <-b.result)
		_, err := b.store.Get(t.Context(), "canary-key")
		outage(t, err)
		_, err = b.store.Put(t.Context(), store.Record{Key: "canary-key", TTL: time.Hour})
		outage(t, err)
		outage(t, b.store.Delete(t.Context(), "canary-key", 1))
		_, err = b.store.Due(t.Context(), time.Now(), 1)
		outage(t, err)
		outage(t, b.store.InTx(t.Context(), func(context.Context) error { return nil }))
		b.unlock()

		e.server.Start(t)
		b.recovers(t)
		rec, err := b.store.Get(t.Context(), "canary-key")
		require.NoError(t, err)
		require.Equal(t, b.rec.Version, rec.Version)
		require.Equal(t, "canary-value", string(rec.Value))
	})
}

// outage ends the test unless err is an error that nobody can take for an answer,
// and that shows neither key nor value.
func outage(tb testing.TB, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.NotErrorIs(tb, err, store.ErrNotFound)
	require.NotErrorIs(tb, err, store.ErrConflict)
	require.NotContains(tb, err.Error(), "canary")
	tb.Log(err)
}

// blocked is a Put under way that waits for a lock on its row.
type blocked struct {
	store      *opened // by one connection
	admin      *opened // by others
	connection int     // its id
	rec        store.Record
	result     chan error // of the Put
	cancel     func()     // ends its context
	unlock     func()
}

func (e *engine) blocked(t *testing.T) *blocked {
	b := &blocked{admin: e.open(t), result: make(chan error, 1)}
	db, statements := e.pool(t)
	db.SetMaxOpenConns(1)
	b.store = &opened{Store: b.admin.over(t, db), db: db, statements: statements, prefix: b.admin.prefix, engine: e}
	b.rec = store.Record{Key: "canary-key", Value: []byte("canary-value"), TTL: time.Hour}
	version, err := b.store.Put(t.Context(), b.rec)
	require.NoError(t, err)
	b.rec.Version = version
	b.connection = b.store.count(t, e.ownID)

	locker, err := b.admin.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = locker.ExecContext(t.Context(), b.admin.text("SELECT 1 FROM {prefix}records FOR UPDATE"))
	require.NoError(t, err)
	b.unlock = func() { _ = locker.Rollback() }

	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	b.cancel = cancel
	go func() {
		next := b.rec
		next.Value = []byte("canary-next")
		_, err := b.store.Put(ctx, next)
		b.result <- err
	}()
	require.Eventually(t, func() bool {
		return b.admin.count(t, fmt.Sprintf(e.busy, b.connection)) > 0
	}, patience, 10*time.Millisecond, "the put waits for the lock")
	return b
}

// recovers ends the test unless the same store soon works again.
func (b *blocked) recovers(t *testing.T) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		rec, err := b.store.Get(t.Context(), "canary-key")
		require.NoError(c, err)
		assert.NotEmpty(c, rec.Value)
	}, patience, 10*time.Millisecond)
	b.store.mustWork(t)
}
