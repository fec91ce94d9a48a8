package sqlstore

import (
	"strconv"
	"strings"
)

// statements are the SQL texts of one table.
type statements struct {
	get     string // key
	create  string // key, value, version, ttl, due
	replace string // value, version, ttl, due, key, former version, version
	remove  string // key, version
	due     string // moment, limit
	sweep   string // limit
	now     string // the database's clock
}

// Moments are milliseconds since 1970 in whole numbers: exact, without a time
// zone, and without the years at which the engines' own types end.
const (
	// The time of the call and not of the transaction's start.
	nowPostgreSQL = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

	// UNIX_TIMESTAMP would go through the session's time zone, which has an hour
	// twice when summer time ends.
	nowMySQL = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)"

	nowSQLite = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
)

const (
	getSQL = `SELECT value, version, expires_at - {now}, due_at FROM {table} WHERE record_key = ?`

	// replaceSQL, and createSQL, write once more what they have written already.
	// database/sql repeats a statement when the driver says that it was not sent,
	// and pgx's simple protocol says so of every answer that is lost.
	replaceSQL = `UPDATE {table} SET value = ?, version = ?, expires_at = {now} + ?, due_at = ?
WHERE record_key = ? AND version IN (?, ?) AND expires_at > {now}`

	removeSQL = `DELETE FROM {table} WHERE record_key = ? AND version = ?`

	dueSQL = `SELECT record_key FROM {table}{hint} WHERE due_at <= ? AND expires_at > (SELECT {now})
ORDER BY due_at LIMIT ?`

	// createSQL writes a new row, or over an expired one. It raises no error when
	// there is a live one, because PostgreSQL would end the transaction over it.
	createSQL = `INSERT INTO {table} AS r (record_key, value, version, expires_at, due_at)
VALUES (?, ?, ?, {now} + ?, ?)
ON CONFLICT (record_key) DO UPDATE SET value = excluded.value, version = excluded.version,
expires_at = excluded.expires_at, due_at = excluded.due_at
WHERE r.expires_at <= {now} OR r.version = excluded.version`

	// createMySQL does the same where no condition is allowed. The assignments
	// are carried out in their order, so expires_at, which all of them ask, is
	// the last. LAST_INSERT_ID tells which version is stored in the end.
	createMySQL = `INSERT INTO {table} (record_key, value, version, expires_at, due_at)
VALUES (?, ?, LAST_INSERT_ID(?), {now} + ?, ?)
ON DUPLICATE KEY UPDATE
value = IF(expires_at <= {now}, VALUES(value), value),
version = LAST_INSERT_ID(IF(expires_at <= {now}, VALUES(version), version)),
due_at = IF(expires_at <= {now}, VALUES(due_at), due_at),
expires_at = IF(expires_at <= {now}, VALUES(expires_at), expires_at)`

	// sweepPostgreSQL leaves alone what another process sweeps or creates anew
	// at this moment.
	sweepPostgreSQL = `WITH expired AS (SELECT record_key FROM {table} WHERE expires_at <= (SELECT {now})
ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)
DELETE FROM {table} AS r USING expired WHERE r.record_key = expired.record_key`

	sweepMySQL = `DELETE FROM {table} WHERE expires_at <= {now} ORDER BY expires_at LIMIT ?`

	sweepSQLite = `DELETE FROM {table} WHERE record_key IN
(SELECT record_key FROM {table} WHERE expires_at <= {now} ORDER BY expires_at LIMIT ?)`
)

// statements returns the texts for a table whose name is known to be plain.
func (d Dialect) statements(table string) statements {
	now, create, sweep, hint := nowPostgreSQL, createSQL, sweepPostgreSQL, ""
	switch d {
	case MySQL:
		now, create, sweep = nowMySQL, createMySQL, sweepMySQL
		// Left to itself it would rather read and sort a small table.
		hint = " FORCE INDEX (" + table + "_due)"
	case SQLite:
		now, sweep = nowSQLite, sweepSQLite
	}
	names := strings.NewReplacer("{table}", table, "{now}", now, "{hint}", hint)
	text := func(template string) string { return d.placeholders(names.Replace(template)) }
	return statements{
		get:     text(getSQL),
		create:  text(create),
		replace: text(replaceSQL),
		remove:  text(removeSQL),
		due:     text(dueSQL),
		sweep:   text(sweep),
		now:     text("SELECT {now}"),
	}
}

// placeholders writes the parameters as the dialect does.
func (d Dialect) placeholders(text string) string {
	if d != PostgreSQL {
		return text
	}
	var numbered strings.Builder
	for n, part := range strings.Split(text, "?") {
		if n > 0 {
			numbered.WriteString("$" + strconv.Itoa(n))
		}
		numbered.WriteString(part)
	}
	return numbered.String()
}
