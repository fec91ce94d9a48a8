package main

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// canaryPassword must come up nowhere; parts of it look like those of a URL.
const canaryPassword = "canary-7f3a/9b?c#d@e%41:f"

func TestStoreFlag(t *testing.T) {
	escaped := url.QueryEscape(canaryPassword)
	for name, flag := range map[string]string{
		"nothing":                            "",
		"an unknown engine":                  "mongodb://shop:" + escaped + "@127.0.0.1/shop",
		"the word redis alone":               "redis",
		"memory with something behind it":    "memory:",
		"a server without a host":            "redis:///0",
		"a port without a host":              "redis://:6379/0",
		"two ports":                          "redis://127.0.0.1:6379:6380/0",
		"an IPv6 address without brackets":   "redis://::1/0",
		"a port that is no number":           "mysql://shop:" + escaped + "@127.0.0.1:port/shop",
		"a password that is not escaped":     "postgres://shop:" + canaryPassword + "@127.0.0.1/shop",
		"one that looks like a port":         "postgres://shop:12/canary-7f3a@127.0.0.1/shop",
		"one that looks like a query":        "mysql://shop:12?canary-7f3a@127.0.0.1/shop",
		"one that looks like a fragment":     "redis://shop:12#canary-7f3a@127.0.0.1/0",
		"an escape that is none":             "redis://:canary-7f3a%zz@127.0.0.1/0",
		"a Redis database that is no number": "redis://:" + escaped + "@127.0.0.1/shop",
		"a Redis setting that is none":       "redis://:" + escaped + "@127.0.0.1/0?color=blue",
		"a Cluster with a database":          "redis+cluster://:" + escaped + "@127.0.0.1/1?color=blue",
		"a PostgreSQL setting out of range":  "postgres://shop:" + escaped + "@127.0.0.1/shop?sslmode=perhaps",
		"no MySQL database":                  "mysql://shop:" + escaped + "@127.0.0.1",
		"a MySQL database with a slash":      "mysql://shop:" + escaped + "@127.0.0.1/shop/face",
		"a MySQL setting out of range":       "mysql://shop:" + escaped + "@127.0.0.1/shop?parseTime=perhaps",
		"no SQLite file":                     "sqlite:",
		"an SQLite database in memory":       "sqlite::memory:",
		"an SQLite file as a URL":            "sqlite:///tmp/shop.db",
	} {
		t.Run(name+" is refused, and not quoted", func(t *testing.T) {
			_, err := parseSettings([]string{"-store", flag}, io.Discard)
			require.ErrorIs(t, err, errStoreForm)
			assert.Equal(t, errStoreForm.Error(), err.Error())
		})
	}
	for _, flag := range []string{
		"memory", "sqlite:shop.db", "sqlite:/tmp/shop.db",
		"redis://127.0.0.1", "redis://:" + escaped + "@127.0.0.1:6380/3", "rediss://redis.example:6380/0?dial_timeout=3s",
		"redis+cluster://127.0.0.1:7000?addr=127.0.0.1:7001", "rediss+cluster://shop:" + escaped + "@redis.example:7000",
		"postgres://shop:" + escaped + "@127.0.0.1:5433/shop?sslmode=disable", "postgresql://127.0.0.1/shop",
		"mysql://root@127.0.0.1/shop", "mysql://shop:" + escaped + "@[::1]:3307/shop?tls=true",
	} {
		t.Run(strings.ReplaceAll(flag, "/", "_")+" is accepted", func(t *testing.T) {
			_, err := parseSettings([]string{"-store", flag}, io.Discard)
			assert.NoError(t, err)
		})
	}
}

func TestMySQLConfig(t *testing.T) {
	for _, c := range []struct{ name, url, user, password, address, database string }{
		{"a port is 3306 by default", "mysql://shop:secret@db.example/face", "shop", "secret", "db.example:3306", "face"},
		{"a port that is left empty too", "mysql://shop:secret@db.example:/face", "shop", "secret", "db.example:3306", "face"},
		{"a port of one's own", "mysql://root@127.0.0.1:3307/face", "root", "", "127.0.0.1:3307", "face"},
		{"an IPv6 address", "mysql://root@[::1]/face", "root", "", "[::1]:3306", "face"},
		{"escapes are undone", "mysql://a%40b:c%2Fd%3Fe%23f%25@h/g%20h", "a@b", "c/d?e#f%", "h:3306", "g h"},
		{"what the driver's own form gives a meaning", "mysql://u:p(a)@b@h/d", "u", "p(a)@b", "h:3306", "d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := serverURL(c.url)
			require.NoError(t, err)
			config, err := mysqlConfig(at)
			require.NoError(t, err)
			assert.Equal(t, c.user, config.User)
			assert.Equal(t, c.password, config.Passwd)
			assert.Equal(t, "tcp", config.Net)
			assert.Equal(t, c.address, config.Addr)
			assert.Equal(t, c.database, config.DBName)
			assert.True(t, config.InterpolateParams, "one round trip per statement")
		})
	}
	t.Run("the driver's own parameters are passed on", func(t *testing.T) {
		at, err := serverURL("mysql://root@h/d?tls=skip-verify&charset=utf8mb4%2Cutf8&max_statement_time=5")
		require.NoError(t, err)
		config, err := mysqlConfig(at)
		require.NoError(t, err)
		assert.Equal(t, "skip-verify", config.TLSConfig)
		assert.Equal(t, "5", config.Params["max_statement_time"])
	})
}

func TestSQLiteFile(t *testing.T) {
	for _, name := range []string{"shop.db", "a b.db", "50%41?x=1#y.db", "山茶.db"} {
		t.Run("the file "+name+" gets exactly that name", func(t *testing.T) {
			dir := t.TempDir()
			openEngine(t, "sqlite:"+filepath.Join(dir, name))
			_, err := os.Stat(filepath.Join(dir, name))
			assert.NoError(t, err)
		})
	}
	t.Run("a relative name is below the current folder", func(t *testing.T) {
		t.Chdir(t.TempDir())
		openEngine(t, "sqlite:shop.db")
		_, err := os.Stat("shop.db")
		assert.NoError(t, err)
	})
	t.Run("writers wait for each other, and readers for nobody", func(t *testing.T) {
		e := openEngine(t, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"))
		for pragma, want := range map[string]string{"busy_timeout": "10000", "journal_mode": "wal"} {
			var got string
			require.NoError(t, e.ledger.(*sqlLedger).db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			assert.Equal(t, want, got)
		}
	})
}

func TestStoreThatCannotBeUsed(t *testing.T) {
	escaped := url.QueryEscape(canaryPassword)
	for name, flag := range map[string]string{
		"Redis":         "redis://shop:" + escaped + "@127.0.0.1:1/0",
		"Redis Cluster": "redis+cluster://shop:" + escaped + "@127.0.0.1:1",
		"PostgreSQL":    "postgres://shop:" + escaped + "@127.0.0.1:1/shop",
		"MySQL":         "mysql://shop:" + escaped + "@127.0.0.1:1/shop",
		"SQLite":        "sqlite:" + filepath.Join(t.TempDir(), "no", "such", "folder", "shop.db"),
	} {
		t.Run(name+" is reported by its flag, without the password", func(t *testing.T) {
			t.Parallel()
			var out, diag strings.Builder
			err := run(t.Context(), []string{"-addr", "localhost:0", "-vendor-addr", "127.0.0.1:0", "-store", flag}, &out, &diag)
			require.ErrorContains(t, err, "-store cannot be used: ")
			assert.Empty(t, out.String(), "nothing was served")
			for _, said := range []string{err.Error(), diag.String()} {
				assert.NotContains(t, said, "canary")
				assert.NotContains(t, said, "7f3a")
			}
		})
	}
}
