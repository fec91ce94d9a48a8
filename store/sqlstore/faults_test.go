package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

var record = store.Record{Key: "canary-key", Value: []byte("canary-value"), TTL: time.Hour}

func TestAnErrorSaysWhatFailedAndShowsNeitherKeyNorValue(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, c := range []struct {
		name    string
		dialect sqlstore.Dialect
		err     error
		want    string
	}{
		{"PostgreSQL quotes the key", sqlstore.PostgreSQL, stateError{"23505", "Key (record_key)=(canary-key) already exists"}, "the database refused with code 23505"},
		{"wrapped by an app's driver", sqlstore.PostgreSQL, fmt.Errorf("canary-key: %w", stateError{"42P01", "no table"}), "the database refused with code 42P01"},
		{"MySQL quotes the key", sqlstore.MySQL, errors.New("Error 1062 (23000): Duplicate entry 'canary-key'"), "the database refused with code 1062"},
		{"MySQL without a state quotes the statement", sqlstore.MySQL, errors.New("Error 1064: syntax error near 'canary-value'"), "the database refused with code 1064"},
		{"what only looks like MySQL's", sqlstore.MySQL, errors.New("Error canary-value: 1"), "failed with *errors.errorString, whose text is withheld"},
		{"SQLite quotes a value", sqlstore.SQLite, numberError{13, "database is full: canary-value"}, "the database refused with code 13"},
		{"a driver prints its argument", sqlstore.PostgreSQL, errors.New("cannot encode canary-value"), "failed with *errors.errorString, whose text is withheld"},
		{"nobody listens", sqlstore.PostgreSQL, fmt.Errorf("for canary-key: %w", refused), "dial tcp: connection refused"},
		{"the connection broke", sqlstore.PostgreSQL, io.ErrUnexpectedEOF, "unexpected EOF"},
		{"the connection broke at MySQL", sqlstore.MySQL, errors.New("invalid connection"), driver.ErrBadConn.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stub := &stub{answer: func(int64) error { return c.err }}
			s := stub.open(t, c.dialect)
			_, getErr := s.Get(t.Context(), record.Key)
			_, putErr := s.Put(t.Context(), record)
			_, dueErr := s.Due(t.Context(), time.Now(), 1)
			_, sweepErr := s.Sweep(t.Context())
			for op, err := range map[string]error{
				"get": getErr, "put": putErr, "delete": s.Delete(t.Context(), record.Key, 1), "due": dueErr, "sweep": sweepErr,
			} {
				require.EqualError(t, err, "sqlstore: "+op+": "+c.want)
				for ; err != nil; err = errors.Unwrap(err) {
					assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
				}
			}
		})
	}
}

func lostRaces() map[string]struct {
	dialect sqlstore.Dialect
	err     error
} {
	return map[string]struct {
		dialect sqlstore.Dialect
		err     error
	}{
		"PostgreSQL's serialization failure": {sqlstore.PostgreSQL, stateError{"40001", ""}},
		"PostgreSQL's deadlock":              {sqlstore.PostgreSQL, stateError{"40P01", ""}},
		"MySQL's deadlock":                   {sqlstore.MySQL, errors.New("Error 1213 (40001): Deadlock found")},
		"MariaDB's changed record":           {sqlstore.MySQL, errors.New("Error 1020 (HY000): Record has changed")},
		"SQLite's lock":                      {sqlstore.SQLite, numberError{5, "database is locked (5) (SQLITE_BUSY)"}},
	}
}

func TestAStatementThatLostAgainstAnotherOneIsRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range lostRaces() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stub := &stub{answer: func(n int64) error {
					if n < 4 {
						return c.err
					}
					return nil
				}}
				require.NoError(t, stub.open(t, c.dialect).Delete(t.Context(), "a", 1))
				require.EqualValues(t, 4, stub.statements.Load())
			})
		})
	}
}

func TestRepeatingEnds(t *testing.T) {
	t.Parallel()
	deadlock := stateError{"40P01", ""}
	for _, c := range []struct {
		name   string
		err    error
		run    func(t *testing.T, s *sqlstore.Store) error
		sent   int64
		expect string
	}{
		{"after ten tries", deadlock, func(t *testing.T, s *sqlstore.Store) error {
			return s.Delete(t.Context(), "a", 1)
		}, 10, "code 40P01"},
		{"at once with another error", stateError{"53300", ""}, func(t *testing.T, s *sqlstore.Store) error {
			return s.Delete(t.Context(), "a", 1)
		}, 1, "code 53300"},
		{"at once inside a transaction, which has to be repeated as a whole", deadlock, func(t *testing.T, s *sqlstore.Store) error {
			return s.InTx(t.Context(), func(ctx context.Context) error { return s.Delete(ctx, "a", 1) })
		}, 1, "code 40P01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stub := &stub{answer: func(int64) error { return c.err }}
				require.ErrorContains(t, c.run(t, stub.open(t, sqlstore.PostgreSQL)), c.expect)
				require.Equal(t, c.sent, stub.statements.Load())
			})
		})
	}
	t.Run("with its context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			stub := &stub{answer: func(n int64) error {
				if n == 2 {
					cancel()
				}
				return deadlock
			}}
			require.ErrorIs(t, stub.open(t, sqlstore.PostgreSQL).Delete(ctx, "a", 1), context.Canceled)
			require.EqualValues(t, 2, stub.statements.Load())
		})
	})
}

func TestATransactionThatCannotBeginIsTriedAgainAndRunsItsFunctionOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stub := &stub{answer: func(n int64) error {
			if n == 1 {
				return numberError{5, "database is locked (5) (SQLITE_BUSY)"}
			}
			return nil
		}}
		runs := 0
		require.NoError(t, stub.open(t, sqlstore.SQLite).InTx(t.Context(), func(context.Context) error {
			runs++
			return nil
		}))
		require.Equal(t, 1, runs)
		require.EqualValues(t, 2, stub.begins.Load())
	})
}
