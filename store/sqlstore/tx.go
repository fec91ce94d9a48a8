package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// queryer is what a database and a transaction have in common.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// savepoint marks the beginning of a transaction. It is there as long as the
// transaction is.
const savepoint = "facegate_open"

// txKey is the context's key of an *openTx.
type txKey struct{}

// openTx is a transaction with the database it belongs to.
type openTx struct {
	db *sql.DB
	tx *sql.Tx
}

// Tx returns the transaction in which [Store.InTx] runs its function, for the
// app's own statements. Commit and Rollback are InTx's business; so are, on
// MySQL, statements that commit by themselves, such as CREATE TABLE.
func Tx(ctx context.Context) (*sql.Tx, bool) {
	open, _ := ctx.Value(txKey{}).(*openTx)
	if open == nil {
		return nil, false
	}
	return open.tx, true
}

// InTx runs fn inside a transaction: that of [Tx] for the app's own statements,
// and for this Store's methods, and those of any other Store over the same
// *sql.DB, when they are called with fn's context. It commits when fn returns
// nil; it rolls back when fn fails or panics, or when ctx ends.
//
// It holds one of the pool's connections while fn runs, so leave the pool more of
// them than hooks run at a time.
//
// It returns fn's own error, so that [store.ErrConflict] stays recognizable. An
// error of the commit leaves open whether it happened: read the record again.
//
// The transaction is at READ COMMITTED, so that a record that moved meanwhile is
// seen when it is read again (MySQL then wants a binlog_format other than
// STATEMENT). On SQLite it holds the database's one write lock from the beginning,
// so there fn writes to the same file by Tx alone: by another connection it would
// wait for itself until the busy time-out, and fail, every time. Elsewhere nothing
// of this package is locked before fn puts a record, so put it last: a lock on it
// makes every other writer of the record wait.
//
// fn fails as a whole: once one of its statements has failed on PostgreSQL, or
// was part of a deadlock on MySQL, nothing of the transaction can be saved, and
// the next write of this Store fails too. fn must not hand its context on to
// what outlives it. It must not call InTx with it either; that is refused.
func (s *Store) InTx(ctx context.Context, fn func(context.Context) error) error {
	if s.transaction(ctx) != nil {
		return errors.New("sqlstore: InTx inside InTx")
	}
	var tx *sql.Tx
	err := s.repeat(ctx, func() (err error) {
		tx, err = s.begin(ctx)
		return err
	})
	if err != nil {
		return fault(ctx, "begin", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(context.WithValue(ctx, txKey{}, &openTx{db: s.db, tx: tx})); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fault(ctx, "commit", err)
	}
	return nil
}

// begin opens a transaction, marked by the savepoint where one can get lost.
func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	var o sql.TxOptions
	if s.dialect != SQLite {
		o.Isolation = sql.LevelReadCommitted
	}
	tx, err := s.db.BeginTx(ctx, &o)
	if err != nil {
		return nil, err
	}
	if s.dialect == SQLite {
		// A write, though of nothing: a transaction that began by reading could
		// not write any more once another one has.
		_, err = tx.ExecContext(ctx, s.sql.remove, "", 0)
	}
	if err == nil && s.dialect.forgetsTransactions() {
		_, err = tx.ExecContext(ctx, "SAVEPOINT "+savepoint)
	}
	if err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// transaction returns the open transaction on this Store's database that ctx
// carries, or nil.
func (s *Store) transaction(ctx context.Context) *sql.Tx {
	open, _ := ctx.Value(txKey{}).(*openTx)
	if open == nil || open.db != s.db {
		return nil
	}
	return open.tx
}

// in returns where a statement under ctx runs.
func (s *Store) in(ctx context.Context) queryer {
	if tx := s.transaction(ctx); tx != nil {
		return tx
	}
	return s.db
}

// write runs a statement that changes a record. Inside InTx it first makes sure
// that the transaction is still open on the server: after a deadlock MySQL, and
// after an interrupted write SQLite, has rolled it back and would carry out, for
// good, what comes next.
func (s *Store) write(ctx context.Context, statement func(queryer) error) error {
	tx := s.transaction(ctx)
	if tx == nil {
		return s.repeat(ctx, func() error { return statement(s.db) })
	}
	if s.dialect.forgetsTransactions() {
		for _, check := range []string{"RELEASE SAVEPOINT ", "SAVEPOINT "} {
			if _, err := tx.ExecContext(ctx, check+savepoint); err != nil {
				return err
			}
		}
	}
	return statement(tx)
}
