package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/sqlstore"
)

// stub is a driver of which each statement and each begin ends with what answer
// returns for its number, from 1.
type stub struct {
	statements, begins atomic.Int64
	answer             func(n int64) error
	cell               driver.Value // what a query finds; nil: it fails
}

func (s *stub) Connect(context.Context) (driver.Conn, error) { return stubConn{s}, nil }
func (s *stub) Driver() driver.Driver                        { return nil }

// open returns a store over the stub.
func (s *stub) open(tb testing.TB, dialect sqlstore.Dialect) *sqlstore.Store {
	tb.Helper()
	db := sql.OpenDB(s)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	opened, err := sqlstore.New(db, dialect, sqlstore.Options{})
	require.NoError(tb, err)
	return opened
}

type stubConn struct{ *stub }

func (stubConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared here") }
func (stubConn) Close() error                        { return nil }

func (c stubConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	c.begins.Add(1)
	return stubTx{}, nil
}

func (stubConn) Begin() (driver.Tx, error) { return stubTx{}, nil }

func (c stubConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	if err := c.answer(c.statements.Add(1)); err != nil {
		return nil, err
	}
	return driver.RowsAffected(1), nil
}

func (c stubConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	if err := c.answer(c.statements.Add(1)); err != nil {
		return nil, err
	}
	if c.cell == nil {
		return nil, errors.New("no rows here")
	}
	return &stubRows{cell: c.cell}, nil
}

// stubRows are one row of one column.
type stubRows struct {
	cell driver.Value
	read bool
}

func (*stubRows) Columns() []string { return []string{"cell"} }
func (*stubRows) Close() error      { return nil }

func (r *stubRows) Next(row []driver.Value) error {
	if r.read {
		return io.EOF
	}
	row[0], r.read = r.cell, true
	return nil
}

type stubTx struct{}

func (stubTx) Commit() error   { return nil }
func (stubTx) Rollback() error { return nil }

// The shapes in which drivers report what a server said.
type (
	stateError  struct{ state, text string } // pgx, lib/pq
	numberError struct {                     // modernc.org/sqlite
		number int
		text   string
	}
)

func (e stateError) Error() string    { return e.text }
func (e stateError) SQLState() string { return e.state }
func (e numberError) Error() string   { return e.text }
func (e numberError) Code() int       { return e.number }
