package fleettest

import (
	"database/sql"
	"fmt"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/redisstore"
	"github.com/facegate/facegate/store/sqlstore"
)

// kind is a sort of engine.
type kind string

const (
	onRedis      kind = "Redis"
	onPostgreSQL kind = "PostgreSQL"
	onMariaDB    kind = "MariaDB"
	onSQLite     kind = "SQLite"
)

// engine is where records or effects are kept, as every process is told.
type engine struct {
	Kind    kind
	Address string // host and port of Redis, and what the driver is told of others
	Prefix  string // of keys or tables, so that tests can share a server
}

// patientStore bounds a call of an engine. It is long, so that no test depends on
// how busy the machine is; an engine that is down refuses at once.
const patientStore = 10 * time.Second

// mostConnections of a pool are more than hooks run at once, each of which holds one.
const mostConnections = 32

// dialect is what an SQL engine speaks, and by which driver.
func (e engine) dialect() (dialect sqlstore.Dialect, driver string) {
	switch e.Kind {
	case onPostgreSQL:
		return sqlstore.PostgreSQL, "pgx"
	case onMariaDB:
		return sqlstore.MySQL, "mysql"
	default:
		return sqlstore.SQLite, "sqlite"
	}
}

// pool opens connections to an SQL engine.
func (e engine) pool() (*sql.DB, error) {
	_, driver := e.dialect()
	db, err := sql.Open(driver, e.Address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Kind, err)
	}
	db.SetMaxOpenConns(mostConnections)
	db.SetMaxIdleConns(mostConnections)
	return db, nil
}

// client opens connections to Redis.
func (e engine) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: e.Address, PoolSize: 2 * mostConnections, ContextTimeoutEnabled: true})
}

// records opens the store, for as long as the process lives.
func (e engine) records() (store.Store, error) {
	if e.Kind == onRedis {
		return redisstore.New(e.client(), redisstore.Options{Prefix: e.Prefix, Timeout: patientStore})
	}
	db, err := e.pool()
	if err != nil {
		return nil, err
	}
	dialect, _ := e.dialect()
	return sqlstore.New(db, dialect, sqlstore.Options{Prefix: e.Prefix})
}
