package sqltest

import (
	"testing"
	"time"

	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/storetest"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	e := postgres(testserver.StartPostgres(t))
	e.run(t)
	e.with("default_query_exec_mode", "simple_protocol").keepsTheContract(t, "by the simple protocol")
	e.with("default_transaction_isolation", "serializable").keepsTheContract(t, "where SERIALIZABLE is the default")
	e.with("default_transaction_isolation", "repeatable%20read").keepsTheContract(t, "where REPEATABLE READ is the default")
	e.losesConnections(t)
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	e := mariadb(t, testserver.StartMariaDB(t))
	e.run(t)
	e.with("clientFoundRows", "true").keepsTheContract(t, "where found rows count as affected")
	e.with("interpolateParams", "false").keepsTheContract(t, "by prepared statements")
	e.with("tx_isolation", "'SERIALIZABLE'").keepsTheContract(t, "where SERIALIZABLE is the default")
	e.with("time_zone", "'-09:30'").with("sql_mode", "''").keepsTheContract(t, "in another time zone and without strict mode")
	e.losesConnections(t)
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	e := sqliteFile(t)
	e.run(t)
	e.with("_pragma", "busy_timeout(0)").keepsTheContract(t, "without a busy time-out")
	t.Run("keeps the contract in memory", func(t *testing.T) {
		e := &engine{dialect: e.dialect, driver: e.driver, dsn: ":memory:"}
		storetest.Run(t, storetest.Harness{New: e.openInMemory})
	})
}

// run runs everything that holds for every engine.
func (e *engine) run(t *testing.T) {
	e.keepsTheContract(t, "as it is")
	e.migrates(t)
	e.statesItsCost(t)
	e.ignoresTheAppsClock(t)
	e.sweeps(t)
	e.meetsEdges(t)
	e.deliversInTx(t)
	e.kitDelivers(t)
}

func (e *engine) keepsTheContract(t *testing.T, how string) {
	t.Run("keeps the contract "+how, func(t *testing.T) {
		storetest.Run(t, storetest.Harness{New: e.openStore, Life: 500 * time.Millisecond})
	})
}
