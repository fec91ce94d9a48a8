package fleettest

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/internal/testserver"
)

// server is an engine's process, which can crash and start again.
type server interface {
	Kill(tb testing.TB)
	Start(tb testing.TB)
}

// startEngine starts a server of the kind; SQLite is a file and has none. Arguments
// are Redis's own.
func startEngine(t *testing.T, k kind, args ...string) (engine, server) {
	t.Helper()
	switch k {
	case onRedis:
		redis := testserver.StartRedis(t, args...)
		return engine{k, redis.Address(), "fleet"}, redis
	case onPostgreSQL:
		postgres := testserver.StartPostgres(t)
		return engine{k, postgres.URL(), "fleet_"}, postgres
	case onMariaDB:
		mariadb := testserver.StartMariaDB(t)
		admin, err := sql.Open("mysql", "root@tcp("+mariadb.Address()+")/")
		require.NoError(t, err)
		_, err = admin.ExecContext(t.Context(), "CREATE DATABASE app")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
		return engine{k, "root@tcp(" + mariadb.Address() + ")/app?interpolateParams=true", "fleet_"}, mariadb
	default:
		return sqliteFile(t), nil
	}
}

// sqliteFile is a database that several processes share.
func sqliteFile(t *testing.T) engine {
	t.Helper()
	return engine{onSQLite, "file:" + filepath.Join(t.TempDir(), "app.db") +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)", "fleet_"}
}
