package sqltest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

// unmigrated returns a store whose tables are not there.
func (e *engine) unmigrated(tb testing.TB) *opened {
	tb.Helper()
	db, statements := e.pool(tb)
	o := &opened{db: db, statements: statements, prefix: e.prefix(), engine: e}
	o.Store = o.over(tb, db)
	return o
}

func (e *engine) migrates(t *testing.T) {
	t.Run("five processes that migrate at once all succeed, and one schema is there", func(t *testing.T) {
		for range 5 {
			first := e.unmigrated(t)
			stores := make(chan *sqlstore.Store, 5)
			for range cap(stores) {
				db, _ := e.pool(t)
				require.NoError(t, db.PingContext(t.Context()))
				stores <- first.over(t, db)
			}
			for _, err := range race(cap(stores), func() error { return (<-stores).Migrate(t.Context()) }) {
				require.NoError(t, err)
			}
			require.Equal(t, 1, first.count(t, "SELECT count(*) FROM {prefix}schema"))
			first.mustWork(t)
		}
	})
	t.Run("where nothing is to be done migrate only reads", func(t *testing.T) {
		s := e.open(t)
		texts, _ := s.statements.during(func() { require.NoError(t, s.Migrate(t.Context())) })
		require.Len(t, texts, 1)
		require.True(t, strings.HasPrefix(texts[0], "SELECT max(version)"))
	})
	t.Run("the printed schema, run by hand, is what migrate wants", func(t *testing.T) {
		s := e.unmigrated(t)
		text, err := sqlstore.Schema(e.dialect, sqlstore.Options{Prefix: s.prefix})
		require.NoError(t, err)
		for statement := range strings.SplitSeq(strings.TrimSuffix(text, ";\n"), ";\n") {
			s.exec(t, statement)
		}
		texts, _ := s.statements.during(func() { require.NoError(t, s.Migrate(t.Context())) })
		require.Len(t, texts, 1)
		s.mustWork(t)
	})
	t.Run("tables of a later version are refused and left alone", func(t *testing.T) {
		s := e.open(t)
		s.exec(t, "INSERT INTO {prefix}schema (version) VALUES (7)")
		require.ErrorContains(t, s.Migrate(t.Context()), "version 7")
		require.Equal(t, 7, s.count(t, "SELECT max(version) FROM {prefix}schema"))
		s.mustWork(t)
	})
	t.Run("migrate goes on where it was cut short", func(t *testing.T) {
		s := e.open(t)
		s.exec(t, "DELETE FROM {prefix}schema")
		if e.dialect != sqlstore.MySQL {
			s.exec(t, "DROP TABLE {prefix}records") // it was created in the same transaction
		}
		require.NoError(t, s.Migrate(t.Context()))
		s.mustWork(t)
	})
	t.Run("migrate ends with its context, and without tables every call is an error of its own", func(t *testing.T) {
		s := e.unmigrated(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Migrate(ctx), context.Canceled)
		_, err := s.Get(t.Context(), "a")
		require.Error(t, err)
		require.NotErrorIs(t, err, store.ErrNotFound)
		require.ErrorContains(t, err, "code")
	})
}

// mustWork ends the test unless a record can be put and got.
func (o *opened) mustWork(tb testing.TB) {
	tb.Helper()
	version, err := o.Put(tb.Context(), store.Record{Key: "works", Value: []byte("v"), TTL: time.Hour})
	require.NoError(tb, err)
	rec, err := o.Get(tb.Context(), "works")
	require.NoError(tb, err)
	assert.Equal(tb, version, rec.Version)
}
