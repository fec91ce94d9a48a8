package sqltest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/storetest"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	e := postgres(testserver.StartPostgres(t))
	e.run(t)
	e.with("default_query_exec_mode", "simple_protocol").keepsTheContract(t, "by the simple protocol", hangs)
	e.with("default_transaction_isolation", "serializable").keepsTheContract(t, "where SERIALIZABLE is the default", noOutage)
	e.with("default_transaction_isolation", "repeatable%20read").keepsTheContract(t, "where REPEATABLE READ is the default", noOutage)
	e.losesConnections(t)
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	e := mariadb(t, testserver.StartMariaDB(t))
	e.run(t)
	e.with("clientFoundRows", "true").keepsTheContract(t, "where found rows count as affected", noOutage)
	e.with("interpolateParams", "false").keepsTheContract(t, "by prepared statements", hangs)
	e.with("tx_isolation", "'SERIALIZABLE'").keepsTheContract(t, "where SERIALIZABLE is the default", noOutage)
	e.with("time_zone", "'-09:30'").with("sql_mode", "''").keepsTheContract(t, "in another time zone and without strict mode", noOutage)
	e.losesConnections(t)
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	e := sqliteFile(t)
	e.run(t)
	e.reportsNonsense(t)
	e.with("_pragma", "busy_timeout(0)").keepsTheContract(t, "without a busy time-out", noOutage)
	t.Run("keeps the contract in memory", func(t *testing.T) {
		e := &engine{dialect: e.dialect, driver: e.driver, dsn: ":memory:"}
		storetest.Run(t, storetest.Harness{New: func(tb testing.TB) store.Store { return e.openInMemory(tb) }})
		assert.Equal(t, []string{"journal_mode"}, diagnosed(t, e.openInMemory(t)))
	})
}

// run runs everything that holds for every engine.
func (e *engine) run(t *testing.T) {
	e.keepsTheContract(t, "as it is", crashes)
	e.migrates(t)
	e.diagnoses(t)
	e.findsAWrongClock(t)
	e.statesItsCost(t)
	e.ignoresTheAppsClock(t)
	e.sweeps(t)
	e.meetsEdges(t)
	e.deliversInTx(t)
	e.kitDelivers(t)
}

// outages are how the suite's outages come about.
type outages int

const (
	noOutage outages = iota
	crashes          // the server ends without its knowledge, and starts again
	hangs            // the server says nothing for a while
)

// keepsTheContract runs the suite, each store by a pool of its own, as another process
// has it.
func (e *engine) keepsTheContract(t *testing.T, how string, o outages) {
	h := storetest.Harness{Life: 500 * time.Millisecond}
	reached := e
	if e.server != nil {
		h.OwnClock = true
		reached = e.disturbed(t, &h, o)
	}
	var first *opened // by New, last
	h.New = func(tb testing.TB) store.Store {
		first = reached.open(tb)
		return first.Store
	}
	h.Another = func(tb testing.TB) store.Store {
		db, _ := reached.pool(tb)
		return first.over(tb, db)
	}
	t.Run("keeps the contract "+how, func(t *testing.T) { storetest.Run(t, h) })
}

// disturbed returns the engine reached through a proxy, with which the suite disturbs
// it. The server that starts again is t's, so it ends no sooner than t.
func (e *engine) disturbed(t *testing.T, h *storetest.Harness, o outages) *engine {
	proxy := testserver.StartProxy(t, e.server.Address())
	h.LoseAnswer = func(testing.TB) func() {
		proxy.LoseAnswers(1)
		return func() { proxy.LoseAnswers(0) }
	}
	switch o {
	case crashes:
		h.Outage = func(testing.TB) func() {
			e.server.Kill(t)
			return func() { e.server.Start(t) }
		}
	case hangs:
		h.Outage = func(testing.TB) func() {
			proxy.Hold()
			return proxy.Release
		}
	}
	return e.through(proxy)
}

// through returns the engine reached through a proxy.
func (e *engine) through(proxy *testserver.Proxy) *engine {
	other := *e
	other.dsn = strings.Replace(e.dsn, e.server.Address(), proxy.Address(), 1)
	return &other
}
