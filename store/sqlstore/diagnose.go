package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/facegate/facegate/store"
)

var _ store.Diagnoser = (*Store)(nil)

// Diagnose implements [store.Diagnoser], for a check at start-up. It reads the
// version of the tables, the settings that decide what a crash loses, and the
// database's clock. A setting that the database does not tell is found with an empty
// value. It fails if the tables are not there or of another version, with the
// context's error, and with what the connection or the database reports.
//
// On SQLite settings belong to a connection; it asks one of the pool.
func (s *Store) Diagnose(ctx context.Context) ([]store.Finding, error) {
	version, err := s.readSchemaVersion(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the tables cannot be read; has Migrate been called? %w", fault(ctx, "diagnose", err))
	}
	if version != schemaVersion {
		return nil, fmt.Errorf("sqlstore: the tables have version %d, and this package needs %d; call Migrate", version, schemaVersion)
	}
	var findings []store.Finding
	for _, asked := range s.dialect.settings() {
		var value string
		err := s.db.QueryRowContext(ctx, asked.query).Scan(&value)
		if err != nil && (ctx.Err() != nil || serverCode(err) == "") {
			return nil, fault(ctx, "diagnose", err)
		}
		if risk := asked.risks[value]; risk != "" {
			findings = append(findings, store.Finding{Setting: asked.name, Value: value, Risk: risk})
		}
	}
	return s.compareClocks(ctx, findings)
}

// oddClock is how far the database's clock and the app's may be apart.
const oddClock = 30 * time.Second

// compareClocks adds a finding if the clocks are too far apart.
func (s *Store) compareClocks(ctx context.Context, findings []store.Finding) ([]store.Finding, error) {
	asked := time.Now()
	var milliseconds int64
	if err := s.db.QueryRowContext(ctx, s.sql.now).Scan(&milliseconds); err != nil {
		return nil, fault(ctx, "diagnose", err)
	}
	answered, theirs := time.Now(), time.UnixMilli(milliseconds)
	const risk = "one of the two is wrong; lives are measured by the database's, and setting that right ends or prolongs them"
	switch {
	case theirs.After(answered.Add(oddClock)):
		ahead := theirs.Sub(answered).Round(time.Second)
		findings = append(findings, store.Finding{Setting: "clock", Value: ahead.String() + " ahead of the app's", Risk: risk})
	case theirs.Before(asked.Add(-oddClock)):
		behind := asked.Sub(theirs).Round(time.Second)
		findings = append(findings, store.Finding{Setting: "clock", Value: behind.String() + " behind the app's", Risk: risk})
	}
	return findings, nil
}

// setting is one that a database is asked for.
type setting struct {
	name, query string
	risks       map[string]string // by value; that of "" is of a database that does not tell
}

const (
	losesLast   = "a crash of the machine undoes what was written last, though it was acknowledged"
	losesBinlog = "a crash of the machine can leave a replica without what was acknowledged"
	corrupts    = "a crash of the machine may leave a database that cannot be read"
	readOnly    = "nothing can be written; the app must reach the primary"
	refusesTx   = "the database refuses writes at READ COMMITTED, so no delivery inside a transaction succeeds; set ROW"
)

// settings are those that matter, each told by a query.
func (d Dialect) settings() []setting {
	switch d {
	case PostgreSQL:
		return []setting{
			{"synchronous_commit", "SELECT current_setting('synchronous_commit')", map[string]string{"off": losesLast, "": losesLast}},
			{"fsync", "SELECT current_setting('fsync')", map[string]string{"off": corrupts, "": corrupts}},
			{"full_page_writes", "SELECT current_setting('full_page_writes')", map[string]string{"off": corrupts}},
			{"transaction_read_only", "SELECT current_setting('transaction_read_only')", map[string]string{"on": readOnly}},
		}
	case MySQL:
		return []setting{
			{"innodb_flush_log_at_trx_commit", "SELECT @@innodb_flush_log_at_trx_commit",
				map[string]string{"0": losesLast, "2": losesLast, "": losesLast}},
			{"sync_binlog", "SELECT IF(@@log_bin, @@sync_binlog, 1)", map[string]string{"0": losesBinlog}},
			{"binlog_format", "SELECT IF(@@log_bin, @@binlog_format, 'ROW')", map[string]string{"STATEMENT": refusesTx}},
			{"read_only", "SELECT @@read_only", map[string]string{"1": readOnly, "ON": readOnly}},
		}
	default:
		return []setting{
			{"synchronous", "PRAGMA synchronous", map[string]string{"0": corrupts, "1": losesLast}},
			{"journal_mode", "PRAGMA journal_mode", map[string]string{"memory": corrupts, "off": corrupts}},
			{"query_only", "PRAGMA query_only", map[string]string{"1": readOnly}},
		}
	}
}
