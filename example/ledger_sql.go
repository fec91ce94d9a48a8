package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store/sqlstore"
)

// The shop's table, beside those of the kit. Names are compared byte by byte, which
// on MySQL takes VARBINARY: two people may differ in one capital letter.
const (
	ledgerTable = `CREATE TABLE IF NOT EXISTS shop_ledger (
result_key TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, session_id TEXT NOT NULL, vendor TEXT NOT NULL,
verdict TEXT NOT NULL, reasons TEXT NOT NULL, score TEXT NOT NULL, revision INTEGER NOT NULL, recorded_ms BIGINT NOT NULL)`

	ledgerIndex = `CREATE INDEX IF NOT EXISTS shop_ledger_subject ON shop_ledger (subject)`

	ledgerMySQL = `CREATE TABLE IF NOT EXISTS shop_ledger (
result_key VARBINARY(256) NOT NULL PRIMARY KEY, subject VARBINARY(256) NOT NULL, session_id VARBINARY(256) NOT NULL,
vendor VARBINARY(64) NOT NULL, verdict VARBINARY(64) NOT NULL, reasons TEXT NOT NULL, score VARBINARY(64) NOT NULL,
revision INTEGER NOT NULL, recorded_ms BIGINT NOT NULL, KEY shop_ledger_subject (subject)) ENGINE = InnoDB`
)

const (
	ledgerColumns = `session_id, vendor, verdict, reasons, score, revision, recorded_ms`

	// A key that is there is left alone, without an error: on PostgreSQL one would
	// end the transaction.
	ledgerInsert = `INSERT INTO shop_ledger (result_key, subject, ` + ledgerColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (result_key) DO NOTHING`

	ledgerInsertMySQL = `INSERT INTO shop_ledger (result_key, subject, ` + ledgerColumns + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE result_key = result_key`

	ledgerSelect      = `SELECT ` + ledgerColumns + ` FROM shop_ledger WHERE subject = $1`
	ledgerSelectMySQL = `SELECT ` + ledgerColumns + ` FROM shop_ledger WHERE subject = ?`
)

// sqlLedger is a table of the shop's own in the database that also keeps the kit's
// records. A result is written in the transaction that marks it as delivered, so
// that both are there or neither is.
type sqlLedger struct {
	db               *sql.DB
	tables           []string
	insert, selectBy string
}

func newSQLLedger(db *sql.DB, dialect sqlstore.Dialect) *sqlLedger {
	if dialect == sqlstore.MySQL {
		return &sqlLedger{db, []string{ledgerMySQL}, ledgerInsertMySQL, ledgerSelectMySQL}
	}
	return &sqlLedger{db, []string{ledgerTable, ledgerIndex}, ledgerInsert, ledgerSelect}
}

// migrate makes the table. Of several instances that start together on PostgreSQL all
// but one fail, and find it when they try again.
func (l *sqlLedger) migrate(ctx context.Context) error {
	for _, statement := range l.tables {
		if _, err := l.db.ExecContext(ctx, statement); err == nil {
			continue
		}
		if _, err := l.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

var errNoTransaction = errors.New("the hook runs outside of a transaction")

func (l *sqlLedger) write(ctx context.Context, r handlers.Result) error {
	tx, ok := sqlstore.Tx(ctx)
	if !ok {
		return errNoTransaction
	}
	_, err := tx.ExecContext(ctx, l.insert, r.Key, r.Subject, r.Session, r.Vendor, string(r.Verdict),
		joinReasons(r.Reasons), r.ScoreBucket, r.Revision, r.RecordedAt.UnixMilli())
	return err
}

func (l *sqlLedger) of(ctx context.Context, subject string) ([]entry, error) {
	rows, err := l.db.QueryContext(ctx, l.selectBy, subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var e entry
		var reasons string
		var recorded int64
		if err := rows.Scan(&e.Session, &e.Vendor, &e.Verdict, &reasons, &e.Score, &e.Revision, &recorded); err != nil {
			return nil, err
		}
		e.Reasons, e.At = splitReasons(reasons), time.UnixMilli(recorded).UTC()
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// joinReasons and splitReasons keep reason codes in one column. None has a space.
func joinReasons(reasons []handlers.Reason) string {
	var texts []string
	for _, reason := range reasons {
		texts = append(texts, string(reason))
	}
	return strings.Join(texts, " ")
}

func splitReasons(text string) []handlers.Reason {
	var reasons []handlers.Reason
	for code := range strings.FieldsSeq(text) {
		reasons = append(reasons, handlers.Reason(code))
	}
	return reasons
}
