// Package sqlstore keeps facegate's records in the app's own SQL database:
// PostgreSQL 12 or later, MySQL 8 or MariaDB 10.5 or later, SQLite 3.24 or later.
//
//	s, err := sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Options{})
//	...
//	err = s.Migrate(ctx) // or run the text of sqlstore.Schema with your own tool
//
// The app opens the *sql.DB with the driver of its choice; this package imports
// none. Every method is one statement that the database carries out at once or
// not at all, and every moment comes from the database's clock, so any number of
// processes may share the tables.
//
// [Store.InTx] delivers inside the app's own transaction: what the hook writes
// by the transaction of [Tx] is committed together with the mark that it was
// delivered, or not at all.
//
// SQLite has one write lock for the whole file, and InTx holds it: a hook there must
// write by Tx. By a connection of its own it would wait for itself.
//
// What a crash may lose is the database's setting, not this package's: with
// synchronous_commit=off (PostgreSQL), innodb_flush_log_at_trx_commit other than
// 1 (MySQL) or synchronous below FULL (SQLite) a write that was reported may be gone
// after a power cut; [Store.Diagnose] finds that. The *sql.DB must reach the primary:
// a replica answers with what was, and refuses writes.
//
// Settings of the drivers that matter:
//
//   - go-sql-driver/mysql: interpolateParams=true saves a round trip per call.
//   - SQLite: set a busy time-out (modernc: _pragma=busy_timeout(5000)) and
//     journal_mode(WAL). An in-memory database needs SetMaxOpenConns(1).
package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/facegate/facegate/store"
)

// Options tune a [Store]. The zero value is good.
type Options struct {
	// Prefix begins the name of every table and index, so that several apps, or
	// one app's tenants, can share a database. It is 1 to 32 of a-z, 0-9 and _,
	// beginning with a letter, and not "sqlite_" on SQLite. Default "facegate_".
	Prefix string
}

// Store is a [store.Store] in an SQL database. A record is a row; its version is
// a random number of 63 bits, made before the statement is sent. So one statement
// suffices on engines that cannot return what they wrote, no counter is contended
// for, and no version comes back, neither after a delete nor after a rollback:
// that two versions of one key are the same has a chance of 1 in 10^19.
//
// Expired rows are absent at once. [Store.Due] removes up to 500 of them each
// time it is called; [Store.Sweep] does it on demand.
//
// A statement that the database refused for the sake of another one (a deadlock,
// a serialization failure, a locked SQLite file) is repeated a few times.
type Store struct {
	db      *sql.DB
	dialect Dialect
	prefix  string
	sql     statements
}

var _ store.Store = (*Store)(nil)

// New returns a Store over db. It does not talk to the database; call
// [Store.Migrate] before the first use. It fails if db is nil, the dialect is not
// one of this package's, or an option is out of its bounds; the error names it.
func New(db *sql.DB, dialect Dialect, o Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: db is nil")
	}
	prefix, err := checkedPrefix(dialect, o)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, dialect: dialect, prefix: prefix, sql: dialect.statements(prefix + "records")}, nil
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if err := ctx.Err(); err != nil {
		return store.Record{}, err
	}
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	rec := store.Record{Key: key}
	var left int64
	var due sql.NullInt64
	err := s.repeat(ctx, func() error {
		return s.in(ctx).QueryRowContext(ctx, s.sql.get, key).Scan(&rec.Value, &rec.Version, &left, &due)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && left <= 0:
		return store.Record{}, store.ErrNotFound
	case err != nil:
		return store.Record{}, fault(ctx, "get", err)
	}
	rec.TTL = time.Duration(left) * time.Millisecond
	if due.Valid {
		rec.Due = time.UnixMilli(due.Int64).UTC()
	}
	return rec, nil
}

// Put implements [store.Store]. TTL and Due are kept in whole milliseconds, the
// TTL rounded up and the due moment down.
//
// A Put that database/sql repeats by itself, because the driver reports that the
// connection was bad, does not conflict with itself.
func (s *Store) Put(ctx context.Context, rec store.Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := store.CheckRecord(rec); err != nil {
		return 0, err
	}
	value := rec.Value
	if value == nil {
		value = []byte{} // drivers send nil as NULL
	}
	version := newVersion()
	ttl := int64((rec.TTL-1)/time.Millisecond) + 1
	due := sql.NullInt64{Int64: rec.Due.UnixMilli(), Valid: !rec.Due.IsZero()}
	written := false
	err := s.write(ctx, func(q queryer) (err error) {
		if rec.Version == 0 {
			var result sql.Result
			result, err = q.ExecContext(ctx, s.sql.create, rec.Key, value, version, ttl, due)
			written, err = s.dialect.created(result, err, version)
			return err
		}
		written, err = changed(q.ExecContext(ctx, s.sql.replace, value, version, ttl, due, rec.Key, rec.Version, version))
		return err
	})
	switch {
	case err != nil:
		return 0, fault(ctx, "put", err)
	case !written:
		return 0, store.ErrConflict
	}
	return version, nil
}

// Delete implements [store.Store]. A delete that removes nothing takes a second
// look, to tell an absent record from a conflict.
func (s *Store) Delete(ctx context.Context, key string, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	var removed bool
	err := s.write(ctx, func(q queryer) (err error) {
		removed, err = changed(q.ExecContext(ctx, s.sql.remove, key, version))
		return err
	})
	if err != nil {
		return fault(ctx, "delete", err)
	}
	if removed {
		return nil
	}
	// A version that was not the stored one a moment ago never will be.
	switch _, err := s.Get(ctx, key); {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return store.ErrConflict
}

// newVersion returns a random positive number.
func newVersion() int64 {
	var bits [8]byte
	_, _ = rand.Read(bits[:]) // documented never to fail
	return max(1, int64(binary.BigEndian.Uint64(bits[:])&math.MaxInt64))
}

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
