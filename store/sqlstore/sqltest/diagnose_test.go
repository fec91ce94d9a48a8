package sqltest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/sqlstore"
)

// diagnoses shows what the engine's settings are found to put at risk.
func (e *engine) diagnoses(t *testing.T) {
	t.Run("diagnoses settings that lose what was acknowledged", func(t *testing.T) {
		for _, risky := range e.risky {
			o := e.open(t)
			o.db.SetMaxOpenConns(1) // some settings are a connection's
			o.exec(t, risky.safe)
			before := diagnosed(t, o.Store) // the tests' PostgreSQL does not wait for its disk
			o.exec(t, risky.risk)
			assert.ElementsMatch(t, append(before, risky.setting), diagnosed(t, o.Store), risky.risk)
			o.exec(t, risky.after)
		}
	})
	t.Run("diagnoses tables that are not there, or of another version, as an error", func(t *testing.T) {
		o := e.open(t)
		o.exec(t, "UPDATE {prefix}schema SET version = 7")
		_, err := o.Diagnose(t.Context())
		assert.ErrorContains(t, err, "the tables have version 7, and this package needs 1")
		o.exec(t, "DROP TABLE {prefix}schema")
		_, err = o.Diagnose(t.Context())
		assert.ErrorContains(t, err, "has Migrate been called?")
	})
}

// findsAWrongClock diagnoses from a bubble, where the app's clock is decades behind.
func (e *engine) findsAWrongClock(t *testing.T) {
	if e.server == nil {
		return // SQLite's clock is the app's
	}
	t.Run("diagnoses a database whose clock is not the app's", func(t *testing.T) {
		assert.NotContains(t, diagnosed(t, e.open(t).Store), "clock")
		synctest.Test(t, func(t *testing.T) {
			findings, err := e.open(t).Diagnose(t.Context())
			require.NoError(t, err)
			last := findings[len(findings)-1]
			assert.Equal(t, "clock", last.Setting)
			assert.Regexp(t, `^\d+h\d+m\d+s ahead of the app's$`, last.Value)
		})
	})
}

func TestDiagnoseOfABinlogThatTransactionsDoNotSuit(t *testing.T) {
	t.Parallel()
	e := mariadb(t, testserver.StartMariaDB(t, "--log-bin", "--binlog-format=STATEMENT", "--sync-binlog=0", "--innodb-flush-log-at-trx-commit=1"))
	s := e.open(t)
	assert.Equal(t, []string{"sync_binlog", "binlog_format"}, diagnosed(t, s.Store))
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.Put(ctx, store.Record{Key: "a", TTL: time.Hour})
		return err
	})
	assert.ErrorContains(t, err, "code 1665", "what the finding says")
	s.mustWork(t)
}

func diagnosed(tb testing.TB, s *sqlstore.Store) (settings []string) {
	tb.Helper()
	findings, err := s.Diagnose(tb.Context())
	require.NoError(tb, err)
	for _, f := range findings {
		require.NotEmpty(tb, f.Value)
		require.NotEmpty(tb, f.Risk)
		settings = append(settings, f.Setting)
	}
	return settings
}
