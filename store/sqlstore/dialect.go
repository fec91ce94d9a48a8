package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Dialect is the SQL that a database speaks.
type Dialect int

const (
	// PostgreSQL 12 or later.
	PostgreSQL Dialect = iota + 1

	// MySQL 8 or later, and MariaDB 10.5 or later.
	MySQL

	// SQLite 3.24 or later.
	SQLite
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	default:
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
}

const (
	defaultPrefix = "facegate_"

	// maxPrefix leaves room for the longest name below the 63 bytes at which
	// PostgreSQL cuts names.
	maxPrefix = 32
)

// checkedPrefix returns the prefix of all names. It becomes part of SQL text, so
// nothing but plain lower-case names gets through; those mean the same quoted and
// unquoted on every engine.
func checkedPrefix(d Dialect, o Options) (string, error) {
	if d < PostgreSQL || d > SQLite {
		return "", fmt.Errorf("sqlstore: dialect must be PostgreSQL, MySQL or SQLite, not %v", d)
	}
	switch {
	case o.Prefix == "":
		return defaultPrefix, nil
	case len(o.Prefix) > maxPrefix:
		return "", fmt.Errorf("sqlstore: Options.Prefix must have at most %d bytes", maxPrefix)
	case !plainName(o.Prefix):
		return "", errors.New("sqlstore: Options.Prefix must be a-z, 0-9 and _, beginning with a letter")
	case d == SQLite && strings.HasPrefix(o.Prefix, "sqlite_"):
		return "", errors.New(`sqlstore: Options.Prefix must not begin with "sqlite_", which SQLite keeps for itself`)
	}
	return o.Prefix, nil
}

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// created reports whether the statement that creates a record wrote version.
func (d Dialect) created(result sql.Result, err error, version int64) (bool, error) {
	if d != MySQL {
		return changed(result, err)
	}
	if err != nil {
		return false, err
	}
	// The count of affected rows depends on the connection's CLIENT_FOUND_ROWS,
	// which is the app's choice. LAST_INSERT_ID does not.
	stored, err := result.LastInsertId()
	return stored == version, err
}

// forgetsTransactions reports whether the engine, after certain errors, rolls a
// whole transaction back and carries on outside of it.
func (d Dialect) forgetsTransactions() bool { return d != PostgreSQL }
