package sqltest

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/sqlstore"
)

// engine is a database with its driver.
type engine struct {
	dialect  sqlstore.Dialect
	driver   driver.Driver
	dsn      string
	prefixes *atomic.Int64 // given out in this database

	// setting returns the DSN with one more setting of the driver or session.
	setting func(dsn, name, value string) string
	server  server // nil where the database is a file

	// ownID is a query for the id of a connection, busy one that counts the
	// statements that wait for a lock in the connection with an id, and kill a
	// statement that ends it.
	ownID, busy, kill string

	risky []risky
}

// risky is a setting that puts what was acknowledged at risk, with the statements that
// make it safe, make it a risk, and leave it as the other tests like it.
type risky struct{ setting, safe, risk, after string }

// server is a database's process, which can crash and start again.
type server interface {
	Address() string
	Kill(tb testing.TB)
	Start(tb testing.TB)
}

func urlSetting(dsn, name, value string) string { return dsn + "&" + name + "=" + value }

func postgres(server *testserver.Postgres) *engine {
	return &engine{
		dialect: sqlstore.PostgreSQL, driver: stdlib.GetDefaultDriver(), dsn: server.URL(), setting: urlSetting,
		prefixes: new(atomic.Int64),
		server:   server,
		ownID:    "SELECT pg_backend_pid()",
		busy:     "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'",
		kill:     "SELECT pg_terminate_backend(%d)",
		risky: []risky{
			{"synchronous_commit", "SET synchronous_commit = on", "SET synchronous_commit = off", "RESET synchronous_commit"},
			{
				"transaction_read_only",
				"SET default_transaction_read_only = off", "SET default_transaction_read_only = on", "RESET default_transaction_read_only",
			},
		},
	}
}

func mariadb(tb testing.TB, server *testserver.MariaDB) *engine {
	tb.Helper()
	admin, err := sql.Open("mysql", "root@tcp("+server.Address()+")/")
	require.NoError(tb, err)
	_, err = admin.ExecContext(tb.Context(), "CREATE DATABASE IF NOT EXISTS app")
	require.NoError(tb, err)
	require.NoError(tb, admin.Close())
	return &engine{
		dialect: sqlstore.MySQL, driver: mysql.MySQLDriver{},
		dsn: "root@tcp(" + server.Address() + ")/app?interpolateParams=true", setting: urlSetting,
		prefixes: new(atomic.Int64),
		server:   server,
		ownID:    "SELECT CONNECTION_ID()",
		busy:     "SELECT count(*) FROM information_schema.processlist WHERE id = %d AND state = 'Updating'",
		kill:     "KILL %d",
		risky: []risky{
			{
				"innodb_flush_log_at_trx_commit",
				"SET GLOBAL innodb_flush_log_at_trx_commit = 1", "SET GLOBAL innodb_flush_log_at_trx_commit = 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
			},
			{"read_only", "SET GLOBAL read_only = 0", "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"},
		},
	}
}

func sqliteFile(tb testing.TB) *engine {
	return &engine{
		dialect: sqlstore.SQLite, driver: &sqlite.Driver{}, setting: urlSetting,
		prefixes: new(atomic.Int64),
		dsn: "file:" + filepath.Join(tb.TempDir(), "app.db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
			"&_pragma=synchronous(NORMAL)",
		risky: []risky{
			{"synchronous", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"},
			{"synchronous", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL"},
			{"query_only", "PRAGMA synchronous = FULL", "PRAGMA query_only = 1", "PRAGMA query_only = 0"},
		},
	}
}

// with returns the engine reached with one more setting.
func (e *engine) with(name, value string) *engine {
	other := *e
	other.dsn = e.setting(e.dsn, name, value)
	return &other
}

// pool opens the database as a process of its own would, noting its statements.
func (e *engine) pool(tb testing.TB) (*sql.DB, *recorder) {
	tb.Helper()
	r := &recorder{driver: e.driver, dsn: e.dsn}
	db := sql.OpenDB(r)
	db.SetMaxIdleConns(16)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db, r
}

// prefix returns one that nobody has used.
func (e *engine) prefix() string { return fmt.Sprintf("t%d_", e.prefixes.Add(1)) }

// open returns a store on empty tables.
func (e *engine) open(tb testing.TB) *opened {
	tb.Helper()
	db, statements := e.pool(tb)
	o := &opened{db: db, statements: statements, prefix: e.prefix(), engine: e}
	o.Store = o.over(tb, db)
	require.NoError(tb, o.Migrate(tb.Context()))
	return o
}

// opened is a store with what is below it.
type opened struct {
	*sqlstore.Store
	engine     *engine
	db         *sql.DB
	statements *recorder
	prefix     string
}

// over returns a store on the same tables by another pool.
func (o *opened) over(tb testing.TB, db *sql.DB) *sqlstore.Store {
	tb.Helper()
	s, err := sqlstore.New(db, o.engine.dialect, sqlstore.Options{Prefix: o.prefix})
	require.NoError(tb, err)
	return s
}

// exec runs a statement on the tables; {prefix} is replaced.
func (o *opened) exec(tb testing.TB, text string) {
	tb.Helper()
	_, err := o.db.ExecContext(tb.Context(), o.text(text))
	require.NoError(tb, err)
}

// count returns a query's one number.
func (o *opened) count(tb testing.TB, text string) (n int) {
	tb.Helper()
	require.NoError(tb, o.db.QueryRowContext(tb.Context(), o.text(text)).Scan(&n))
	return n
}

func (o *opened) text(template string) string {
	return replaceAll(template, "{prefix}", o.prefix)
}

// openInMemory returns a store in a database of its own, which lives in one
// connection.
func (e *engine) openInMemory(tb testing.TB) *sqlstore.Store {
	tb.Helper()
	db, _ := e.pool(tb)
	db.SetMaxOpenConns(1)
	s, err := sqlstore.New(db, e.dialect, sqlstore.Options{})
	require.NoError(tb, err)
	require.NoError(tb, s.Migrate(tb.Context()))
	return s
}
