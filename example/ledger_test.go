package main

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store/sqlstore"
)

// result is what the hook hears of a session's revision: the later, the higher.
func result(session string, revision int, verdict handlers.Verdict) handlers.Result {
	return handlers.Result{
		Key: session + "-" + string(rune('0'+revision)), Session: session, Subject: "alice", Vendor: nameMegvii,
		Verdict: verdict, Revision: revision, Attempt: 1, Via: handlers.CarrierNotify,
		RecordedAt: time.Unix(1_800_000_000+int64(revision), 0).UTC(),
	}
}

// openEngine opens what -store names until the test ends.
func openEngine(t *testing.T, flag string) engine {
	t.Helper()
	open, err := engineAt(flag)
	require.NoError(t, err)
	e, err := open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.close()) })
	return e
}

// deliver runs a hook as the kit does: in a transaction where the engine has them.
func (e engine) deliver(ctx context.Context, hook func(context.Context) error) error {
	if records, ok := e.records.(*sqlstore.Store); ok {
		return records.InTx(ctx, hook)
	}
	return hook(ctx)
}

// write delivers a result to the ledger.
func (e engine) write(t *testing.T, r handlers.Result) {
	t.Helper()
	require.NoError(t, e.deliver(t.Context(), func(ctx context.Context) error { return e.ledger.write(ctx, r) }))
}

// history is what the home page shows.
func (e engine) history(t *testing.T, subject string) []entry {
	t.Helper()
	entries, err := e.ledger.of(t.Context(), subject)
	require.NoError(t, err)
	newestFirst(entries)
	return entries
}

// Redis, PostgreSQL and MariaDB take real servers: see store/fleettest.
func TestLedger(t *testing.T) {
	for name, flag := range map[string]func(t *testing.T) string{
		"memory": func(*testing.T) string { return "memory" },
		"sqlite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "shop.db") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("what is written is read again", func(t *testing.T) {
				e := openEngine(t, flag(t))
				r := result("A", 2, handlers.Review)
				r.Reasons = []handlers.Reason{"id_attacked", handlers.ReasonConflict}
				r.ScoreBucket = "1e-5"
				e.write(t, r)
				assert.Equal(t, []entry{entryOf(r)}, e.history(t, "alice"))
			})
			t.Run("case 108: a hook that runs again with the same key has its effect once", func(t *testing.T) {
				e := openEngine(t, flag(t))
				e.write(t, result("A", 1, handlers.Passed))
				e.write(t, result("A", 1, handlers.Failed))
				entries := e.history(t, "alice")
				require.Len(t, entries, 1)
				assert.Equal(t, handlers.Passed, entries[0].Verdict)
			})
			t.Run("the newest comes first", func(t *testing.T) {
				e := openEngine(t, flag(t))
				late, early := result("A", 1, handlers.Passed), result("B", 1, handlers.Failed)
				early.RecordedAt = early.RecordedAt.Add(-time.Hour)
				e.write(t, late)
				e.write(t, early)
				e.write(t, result("C", 2, handlers.Failed))
				var order []string
				for _, entry := range e.history(t, "alice") {
					order = append(order, entry.Session)
				}
				assert.Equal(t, []string{"C", "A", "B"}, order)
			})
			t.Run("nothing is known of a stranger, though the name differ by one capital letter", func(t *testing.T) {
				e := openEngine(t, flag(t))
				e.write(t, result("A", 1, handlers.Passed))
				for _, stranger := range []string{"bob", "Alice", "alice ", ""} {
					assert.Empty(t, e.history(t, stranger), "%q", stranger)
				}
			})
		})
	}
}

func TestLedgerInATransaction(t *testing.T) {
	e := openEngine(t, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"))
	t.Run("case 112: what was written is gone when the mark is not made", func(t *testing.T) {
		broken := errors.New("the mark fails")
		err := e.deliver(t.Context(), func(ctx context.Context) error {
			require.NoError(t, e.ledger.write(ctx, result("A", 1, handlers.Passed)))
			return broken
		})
		require.ErrorIs(t, err, broken)
		assert.Empty(t, e.history(t, "alice"))
	})
	t.Run("a hook outside of a transaction is refused", func(t *testing.T) {
		require.ErrorIs(t, e.ledger.write(t.Context(), result("A", 1, handlers.Passed)), errNoTransaction)
		assert.Empty(t, e.history(t, "alice"))
	})
}

func TestVerified(t *testing.T) {
	for _, c := range []struct {
		name    string
		results []handlers.Result
		want    bool
	}{
		{"nobody is without a check", nil, false},
		{"a pass makes one", []handlers.Result{result("A", 1, handlers.Passed)}, true},
		{"nothing else does", []handlers.Result{result("A", 1, handlers.Review), result("B", 1, handlers.Failed)}, false},
		{"a later revision takes a pass back", []handlers.Result{result("A", 1, handlers.Passed), result("A", 2, handlers.Review)}, false},
		{"in whatever order they arrive", []handlers.Result{result("A", 2, handlers.Review), result("A", 1, handlers.Passed)}, false},
		{"a later check that fails leaves an earlier pass alone", []handlers.Result{result("A", 1, handlers.Passed), result("B", 1, handlers.Failed)}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var entries []entry
			for _, r := range c.results {
				entries = append(entries, entryOf(r))
			}
			assert.Equal(t, c.want, verified(entries))
		})
	}
}

func TestCalls(t *testing.T) {
	r := result("A", 1, handlers.Passed)
	t.Run("the first runs fail as often as asked, and every run is listed", func(t *testing.T) {
		passed := 0
		c := &calls{fail: 2}
		hook := c.onResult(func(context.Context, handlers.Result) error { passed++; return nil })
		require.ErrorIs(t, hook(t.Context(), r), errOnPurpose)
		require.ErrorIs(t, hook(t.Context(), r), errOnPurpose)
		require.NoError(t, hook(t.Context(), r))
		assert.Equal(t, 1, passed)
		require.Len(t, c.all(), 3)
		assert.False(t, c.all()[1].OK)
		assert.True(t, c.all()[2].OK)
	})
	t.Run("a run that fails late has had its effect", func(t *testing.T) {
		passed := 0
		c := &calls{late: 1}
		hook := c.onResult(func(context.Context, handlers.Result) error { passed++; return nil })
		require.ErrorIs(t, hook(t.Context(), r), errOnPurpose)
		require.NoError(t, hook(t.Context(), r))
		assert.Equal(t, 2, passed)
		require.Len(t, c.all(), 2)
		assert.False(t, c.all()[0].OK)
	})
	t.Run("a run whose result the ledger does not take has failed", func(t *testing.T) {
		broken := errors.New("the shop's database is down")
		c := &calls{}
		hook := c.onResult(func(context.Context, handlers.Result) error { return broken })
		require.ErrorIs(t, hook(t.Context(), r), broken)
		require.Len(t, c.all(), 1)
		assert.False(t, c.all()[0].OK)
	})
}
