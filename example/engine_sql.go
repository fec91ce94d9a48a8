package main

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/facegate/facegate/store/sqlstore"
)

// maxConns is how many connections an instance opens. Each delivery holds one while
// it runs and the kit runs 16 at a time, so there are more.
const maxConns = 32

// postgresAt reads a URL as libpq does.
func postgresAt(at *url.URL) (opener, error) {
	config, err := pgx.ParseConfig(at.String())
	if err != nil {
		return nil, errStoreForm
	}
	return func(ctx context.Context) (engine, error) {
		return openSQL(ctx, stdlib.OpenDB(*config), sqlstore.PostgreSQL)
	}, nil
}

func mysqlAt(at *url.URL) (opener, error) {
	config, err := mysqlConfig(at)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (engine, error) {
		connector, err := mysql.NewConnector(config)
		if err != nil {
			return engine{}, errStoreForm
		}
		return openSQL(ctx, sql.OpenDB(connector), sqlstore.MySQL)
	}, nil
}

// mysqlConfig turns a URL into what the driver wants. User and password never become
// part of a text, so no character in them needs care. The query may hold the driver's
// own parameters, such as tls=true.
func mysqlConfig(at *url.URL) (*mysql.Config, error) {
	database := strings.TrimPrefix(at.Path, "/")
	if database == "" || strings.Contains(database, "/") {
		return nil, errStoreForm
	}
	host := at.Host
	if at.Port() == "" {
		host = strings.TrimSuffix(host, ":") + ":3306"
	}
	config, err := mysql.ParseDSN("tcp(" + host + ")/" + url.PathEscape(database) + "?" + at.Query().Encode())
	if err != nil {
		return nil, errStoreForm
	}
	config.User = at.User.Username()
	config.Passwd, _ = at.User.Password()
	config.InterpolateParams = true
	return config, nil
}

func sqliteAt(file string) (opener, error) {
	name, err := sqliteName(file)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (engine, error) {
		db, err := sql.Open("sqlite", name)
		if err != nil {
			return engine{}, err
		}
		return openSQL(ctx, db, sqlstore.SQLite)
	}, nil
}

// sqliteName is the driver's name of a database file: writers wait for each other,
// and readers for nobody. A database in memory would belong to one connection.
func sqliteName(file string) (string, error) {
	if file == "" || strings.HasPrefix(file, ":") || strings.HasPrefix(file, "//") {
		return "", errStoreForm
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return name.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)", nil
}

// openSQL makes the tables that are missing: the kit's and the shop's.
func openSQL(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect) (engine, error) {
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(time.Minute)
	records, err := sqlstore.New(db, dialect, sqlstore.Options{})
	if err != nil {
		return engine{}, err
	}
	ledger := newSQLLedger(db, dialect)
	return prepared(ctx, engine{records: records, ledger: ledger, close: db.Close}, func(ctx context.Context) error {
		if err := records.Migrate(ctx); err != nil {
			return err
		}
		return ledger.migrate(ctx)
	})
}
