package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// tries is how often a statement that lost against another one is sent.
	tries = 10

	// longestPause is the longest pause between two of them.
	longestPause = 100 * time.Millisecond
)

// repeat calls statement again while the database refuses it for the sake of
// another one and so has done nothing. Inside InTx there is no second try: the
// whole transaction would have to be repeated.
func (s *Store) repeat(ctx context.Context, statement func() error) error {
	for try := 1; ; try++ {
		err := statement()
		if err == nil || try == tries || !s.dialect.lostRace(err) || s.transaction(ctx) != nil {
			return err
		}
		select {
		case <-time.After(rand.N(min(longestPause, time.Millisecond<<try))):
		case <-ctx.Done():
			return err
		}
	}
}

// lostRace reports whether the database undid a statement for the sake of
// another one.
func (d Dialect) lostRace(err error) bool {
	switch d {
	case PostgreSQL:
		code := serverCode(err) // serialization failure, deadlock
		return code == "40001" || code == "40P01"
	case MySQL:
		code := serverCode(err) // deadlock; MariaDB: the record has changed since the last read
		return code == "1213" || code == "1020"
	default:
		text := err.Error() // drivers have no other sign in common
		return strings.Contains(text, "database is locked") || strings.Contains(text, "table is locked")
	}
}

// fault turns an error of the driver into one that can be shown: a message of a
// driver or a server may quote the key or the value. What remains is the
// context's end, what broke the connection, or the server's code.
func fault(ctx context.Context, op string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("sqlstore: %s: %w", op, ended)
	}
	for _, known := range []error{
		context.Canceled, context.DeadlineExceeded,
		sql.ErrTxDone, sql.ErrConnDone, driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("sqlstore: %s: %w", op, known)
		}
	}
	if innermost(err).Error() == "invalid connection" { // go-sql-driver/mysql's ErrInvalidConn
		return fmt.Errorf("sqlstore: %s: %w", op, driver.ErrBadConn)
	}
	if code := serverCode(err); code != "" {
		return fmt.Errorf("sqlstore: %s: the database refused with code %s", op, code)
	}
	if broken, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("sqlstore: %s: %w", op, broken)
	}
	return fmt.Errorf("sqlstore: %s: failed with %T, whose text is withheld", op, innermost(err))
}

// serverCode returns the code by which a server names an error: an SQLSTATE of
// PostgreSQL, a number of MySQL or SQLite, or "". No driver is imported, so it
// goes by the methods and the texts that they have in common.
func serverCode(err error) string {
	if state, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return state.SQLState()
	}
	if numbered, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return strconv.Itoa(numbered.Code())
	}
	// go-sql-driver/mysql: "Error 1213 (40001): Deadlock found ..."
	if rest, ok := strings.CutPrefix(innermost(err).Error(), "Error "); ok {
		if end := strings.IndexAny(rest, " :"); end > 0 {
			if _, err := strconv.ParseUint(rest[:end], 10, 16); err == nil {
				return rest[:end]
			}
		}
	}
	return ""
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
