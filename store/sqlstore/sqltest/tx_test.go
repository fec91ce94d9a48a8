package sqltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

// delivery is what the kit does with a session whose lease it holds, and an app
// with a table of effects, one row per session.
type delivery struct {
	*opened
	claimed store.Record
}

func (e *engine) delivery(tb testing.TB) delivery {
	tb.Helper()
	s := e.open(tb)
	s.exec(tb, "CREATE TABLE {prefix}effects (session VARCHAR(64) NOT NULL PRIMARY KEY)")
	rec := store.Record{Key: "session", Value: []byte("claimed"), TTL: time.Hour}
	var err error
	rec.Version, err = s.Put(tb.Context(), rec)
	require.NoError(tb, err)
	return delivery{s, rec}
}

// hook writes the effect in the transaction that ctx carries.
func (d delivery) hook(ctx context.Context) error {
	tx, ok := sqlstore.Tx(ctx)
	if !ok {
		return errors.New("no transaction")
	}
	_, err := tx.ExecContext(ctx, d.text("INSERT INTO {prefix}effects (session) VALUES ('session')"))
	return err
}

// mark puts the claimed record as delivered.
func (d delivery) mark(ctx context.Context) error {
	rec := d.claimed
	rec.Value = []byte("delivered")
	_, err := d.Put(ctx, rec)
	return err
}

// holds ends the test unless the record has the value and there are as many
// effects.
func (d delivery) holds(tb testing.TB, value string, effects int) {
	tb.Helper()
	rec, err := d.Get(tb.Context(), "session")
	require.NoError(tb, err)
	require.Equal(tb, value, string(rec.Value))
	require.Equal(tb, effects, d.count(tb, "SELECT count(*) FROM {prefix}effects"))
}

var errHook = errors.New("hook failed")

func (e *engine) deliversInTx(t *testing.T) {
	t.Run("effect and mark are committed together", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(d.hook(ctx), d.mark(ctx))
		}))
		d.holds(t, "delivered", 1)
	})
	t.Run("inside, the store sees what it put, and outside nobody does", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, d.mark(ctx))
			rec, err := d.Get(ctx, "session")
			require.NoError(t, err)
			require.Equal(t, "delivered", string(rec.Value))
			require.ErrorIs(t, d.mark(ctx), store.ErrConflict, "the former version")
			d.holds(t, "claimed", 0)
			return d.Delete(ctx, "session", rec.Version)
		}))
		_, err := d.Get(t.Context(), "session")
		require.ErrorIs(t, err, store.ErrNotFound)
	})
	t.Run("case 112: the app's insert fails and the mark rolls back too", func(t *testing.T) {
		d := e.delivery(t)
		d.exec(t, "INSERT INTO {prefix}effects (session) VALUES ('session')")
		require.Error(t, d.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(d.mark(ctx), d.hook(ctx))
		}))
		d.holds(t, "claimed", 1)
		d.failureIsMarked(t)
	})
	t.Run("case 112: the hook fails after its insert and nothing of it stays", func(t *testing.T) {
		d := e.delivery(t)
		err := d.InTx(t.Context(), func(ctx context.Context) error { return errors.Join(d.hook(ctx), errHook) })
		require.ErrorIs(t, err, errHook)
		d.holds(t, "claimed", 0)
		d.failureIsMarked(t)
	})
	t.Run("case 109: a conflict of the mark rolls the app's rows back", func(t *testing.T) {
		d := e.delivery(t)
		later := d.claimed
		later.Value = []byte("claimed by another")
		_, err := d.Put(t.Context(), later)
		require.NoError(t, err)
		err = d.InTx(t.Context(), func(ctx context.Context) error {
			if err := d.hook(ctx); err != nil {
				return err
			}
			return d.mark(ctx)
		})
		require.ErrorIs(t, err, store.ErrConflict)
		d.holds(t, "claimed by another", 0)
	})
	t.Run("after a conflict the transaction goes on with what is read again", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, d.hook(ctx))
			stale := d.claimed
			stale.Version++
			_, err := d.Put(ctx, stale)
			require.ErrorIs(t, err, store.ErrConflict)
			_, err = d.Put(ctx, store.Record{Key: "session", TTL: time.Hour})
			require.ErrorIs(t, err, store.ErrConflict)
			require.ErrorIs(t, d.Delete(ctx, "session", stale.Version), store.ErrConflict)
			return d.mark(ctx)
		}))
		d.holds(t, "delivered", 1)
	})
	t.Run("a panic rolls back and goes on", func(t *testing.T) {
		d := e.delivery(t)
		require.Panics(t, func() {
			_ = d.InTx(t.Context(), func(ctx context.Context) error {
				_ = d.hook(ctx)
				_ = d.mark(ctx)
				panic("hook")
			})
		})
		d.holds(t, "claimed", 0)
	})
	t.Run("the end of the context rolls back", func(t *testing.T) {
		d := e.delivery(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.InTx(ctx, func(ctx context.Context) error {
			defer cancel()
			return errors.Join(d.hook(ctx), d.mark(ctx))
		})
		require.ErrorIs(t, err, context.Canceled)
		d.holds(t, "claimed", 0)
	})
	t.Run("a hook that ends the transaction itself does not get a mark", func(t *testing.T) {
		d := e.delivery(t)
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := sqlstore.Tx(ctx)
			require.NoError(t, d.hook(ctx))
			require.NoError(t, tx.Rollback())
			return d.mark(ctx)
		})
		require.ErrorContains(t, err, "already been committed or rolled back")
		d.holds(t, "claimed", 0)
	})
	t.Run("a context that outlives its transaction reaches nothing", func(t *testing.T) {
		d := e.delivery(t)
		var kept context.Context
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error { kept = ctx; return nil }))
		_, err := d.Get(kept, "session")
		require.ErrorContains(t, err, "already been committed or rolled back")
		require.Error(t, d.mark(kept))
		d.holds(t, "claimed", 0)
	})
	t.Run("InTx inside InTx is refused", func(t *testing.T) {
		d := e.delivery(t)
		require.ErrorContains(t, d.InTx(t.Context(), func(ctx context.Context) error {
			return d.InTx(ctx, func(context.Context) error { return nil })
		}), "InTx inside InTx")
	})
	t.Run("another store over the same database joins, one over another does not", func(t *testing.T) {
		d, elsewhere := e.delivery(t), e.open(t)
		same, err := sqlstore.New(d.db, e.dialect, sqlstore.Options{Prefix: d.prefix})
		require.NoError(t, err)
		require.ErrorIs(t, d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := same.Put(ctx, store.Record{Key: "joined", TTL: time.Hour})
			require.NoError(t, err)
			if e.server != nil { // SQLite has one writer at a time
				elsewhere.mustWork(t)
				_, err = elsewhere.Put(ctx, store.Record{Key: "elsewhere", TTL: time.Hour})
				require.NoError(t, err)
			}
			return errHook
		}), errHook)
		_, err = same.Get(t.Context(), "joined")
		require.ErrorIs(t, err, store.ErrNotFound)
		if e.server != nil {
			_, err = elsewhere.Get(t.Context(), "elsewhere")
			require.NoError(t, err)
		}
	})
	t.Run("due inside lists and sweeps nothing", func(t *testing.T) {
		d := e.delivery(t)
		d.fill(t, 10, "expired", longAgo, "1")
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.Due(ctx, time.Now(), 10)
			return err
		}))
		require.Equal(t, 11, d.count(t, "SELECT count(*) FROM {prefix}records"))
	})
	if e.server == nil {
		e.deliversOneAtATime(t)
	} else {
		e.deliversBesideOthers(t)
	}
	if e.dialect == sqlstore.MySQL {
		e.noticesAForgottenTransaction(t)
	}
	if e.dialect == sqlstore.PostgreSQL {
		t.Run("a hook that hides a failed statement does not get a mark", func(t *testing.T) {
			d := e.delivery(t)
			d.exec(t, "INSERT INTO {prefix}effects (session) VALUES ('session')")
			err := d.InTx(t.Context(), func(ctx context.Context) error {
				_ = d.hook(ctx)
				return d.mark(ctx)
			})
			require.ErrorContains(t, err, "code 25P02")
			d.holds(t, "claimed", 1)
		})
	}
}

// failureIsMarked ends the test unless the record can be put outside, at once.
func (d delivery) failureIsMarked(tb testing.TB) {
	tb.Helper()
	failed := d.claimed
	failed.Value = []byte("failed once")
	_, err := d.Put(tb.Context(), failed)
	require.NoError(tb, err)
}

// deliversBesideOthers is for engines that lock rows.
func (e *engine) deliversBesideOthers(t *testing.T) {
	t.Run("while the hook runs the record is not locked, and a move of it is seen", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.Get(ctx, "session") // a snapshot would begin here
			require.NoError(t, err)
			require.NoError(t, d.hook(ctx))
			moved := d.claimed
			moved.Value = []byte("moved meanwhile")
			_, err = d.Put(t.Context(), moved)
			require.NoError(t, err)

			require.ErrorIs(t, d.mark(ctx), store.ErrConflict)
			rec, err := d.Get(ctx, "session")
			require.NoError(t, err)
			require.Equal(t, "moved meanwhile", string(rec.Value))
			rec.Value = []byte("delivered")
			_, err = d.Put(ctx, rec)
			return err
		}))
		d.holds(t, "delivered", 1)
	})
	t.Run("a TTL begins at the put and not at the transaction's beginning", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.Get(ctx, "session")
			require.NoError(t, err)
			<-time.After(20 * time.Millisecond)
			_, err = d.Put(t.Context(), store.Record{Key: "outside", TTL: time.Hour})
			require.NoError(t, err)
			_, err = d.Put(ctx, store.Record{Key: "inside", TTL: time.Hour})
			return err
		}))
		const expires = "SELECT expires_at FROM {prefix}records WHERE record_key = "
		require.GreaterOrEqual(t, d.count(t, expires+"'inside'"), d.count(t, expires+"'outside'"))
	})
	t.Run("two workers whose marks meet: one commits, the other conflicts", func(t *testing.T) {
		d := e.delivery(t)
		d.exec(t, "INSERT INTO {prefix}effects (session) VALUES ('other')")
		second := make(chan error, 1)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, d.hook(ctx))
			require.NoError(t, d.mark(ctx))
			go func() {
				second <- d.InTx(t.Context(), func(ctx context.Context) error {
					tx, _ := sqlstore.Tx(ctx)
					_, err := tx.ExecContext(ctx, d.text("DELETE FROM {prefix}effects WHERE session = 'other'"))
					return errors.Join(err, d.mark(ctx))
				})
			}()
			return nil
		}))
		require.ErrorIs(t, <-second, store.ErrConflict)
		d.holds(t, "delivered", 2)
	})
}

// deliversOneAtATime is for SQLite.
func (e *engine) deliversOneAtATime(t *testing.T) {
	t.Run("a hook that reads first can still write, because others wait", func(t *testing.T) {
		d := e.delivery(t)
		require.NoError(t, d.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := sqlstore.Tx(ctx)
			var n int
			require.NoError(t, tx.QueryRowContext(ctx, d.text("SELECT count(*) FROM {prefix}effects")).Scan(&n))
			outside, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := d.Put(outside, store.Record{Key: "other", TTL: time.Hour})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return errors.Join(d.hook(ctx), d.mark(ctx))
		}))
		d.holds(t, "delivered", 1)
	})
	t.Run("a hook that writes to the same file by a connection of its own waits for itself in vain", func(t *testing.T) {
		d := e.with("_pragma", "busy_timeout(50)").delivery(t)
		require.ErrorContains(t, d.InTx(t.Context(), func(context.Context) error {
			_, err := d.db.ExecContext(t.Context(), d.text("INSERT INTO {prefix}effects (session) VALUES ('session')"))
			return err
		}), "database is locked")
		d.holds(t, "claimed", 0)
	})
	t.Run("a hook that hides that the engine rolled back does not get a mark", func(t *testing.T) {
		d := e.delivery(t)
		d.exec(t, "INSERT INTO {prefix}effects (session) VALUES ('session')")
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := sqlstore.Tx(ctx)
			_, _ = tx.ExecContext(ctx, d.text("INSERT OR ROLLBACK INTO {prefix}effects (session) VALUES ('session')"))
			return d.mark(ctx)
		})
		require.Error(t, err)
		d.holds(t, "claimed", 1)
	})
}

// noticesAForgottenTransaction is for MySQL, which after a deadlock goes on as if
// there had been no transaction.
func (e *engine) noticesAForgottenTransaction(t *testing.T) {
	t.Run("a hook that hides a deadlock does not get a mark", func(t *testing.T) {
		d := e.delivery(t)
		d.exec(t, "INSERT INTO {prefix}effects (session) VALUES ('x'), ('y')")
		lock := d.text("SELECT session FROM {prefix}effects WHERE session = '%' FOR UPDATE")
		x, y := replaceAll(lock, "%", "x"), replaceAll(lock, "%", "y")
		other, err := d.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		// It changes more rows than the hook, so that the hook is the victim.
		_, err = other.ExecContext(t.Context(), d.text("INSERT INTO {prefix}effects (session) VALUES ('1'), ('2'), ('3'), ('4')"))
		require.NoError(t, err)
		_, err = other.ExecContext(t.Context(), x)
		require.NoError(t, err)
		freed := make(chan error, 1)
		err = d.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := sqlstore.Tx(ctx)
			require.NoError(t, d.hook(ctx))
			_, err := tx.ExecContext(ctx, y)
			require.NoError(t, err)
			go func() {
				_, err := other.ExecContext(t.Context(), y)
				freed <- err
			}()
			_, err = tx.ExecContext(ctx, x)
			require.ErrorContains(t, err, "1213")
			return d.mark(ctx) // as if nothing had been
		})
		require.ErrorContains(t, err, "code 1305")
		require.NoError(t, <-freed)
		require.NoError(t, other.Rollback())
		d.holds(t, "claimed", 2)
	})
}
