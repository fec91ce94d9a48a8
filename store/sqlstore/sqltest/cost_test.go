package sqltest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

const digits = "(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4" +
	" UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"

// fill adds rows for n from 0 to rows-1, of which there are a power of ten;
// expires and due are SQL.
func (o *opened) fill(tb testing.TB, rows int, name, expires, due string) {
	tb.Helper()
	n, from := "0", "(SELECT 0 AS n) AS one"
	for power := 1; power < rows; power *= 10 {
		digit := fmt.Sprintf("d%d", power)
		n += fmt.Sprintf(" + %d * %s.n", power, digit)
		from += " CROSS JOIN " + digits + " AS " + digit
	}
	o.exec(tb, fmt.Sprintf("INSERT INTO {prefix}records (record_key, value, version, expires_at, due_at) "+
		"SELECT concat('%s', n), 'v', n + 1, %s, %s FROM (SELECT %s AS n FROM %s) AS numbers", name, expires, due, n, from))
}

const (
	longAgo = "1"             // 1970
	farOff  = "4000000000000" // 2096
)

func (e *engine) statesItsCost(t *testing.T) {
	t.Run("each method is one statement", func(t *testing.T) {
		s := e.open(t)
		ctx := t.Context()
		rec := store.Record{Key: "a", TTL: time.Hour}
		for _, step := range []struct {
			name string
			call func() error
			want int
		}{
			{"create", func() (err error) { rec.Version, err = s.Put(ctx, rec); return err }, 1},
			{"replace", func() (err error) { rec.Version, err = s.Put(ctx, rec); return err }, 1},
			{"get", func() error { _, err := s.Get(ctx, "a"); return err }, 1},
			{"delete", func() error { return s.Delete(ctx, "a", rec.Version) }, 1},
			{"delete of nothing, which looks again", func() error { return s.Delete(ctx, "a", rec.Version) }, 2},
			{"due, which sweeps too", func() error { _, err := s.Due(ctx, time.Now(), 10); return err }, 2},
		} {
			texts, _ := s.statements.during(func() { require.NoError(t, step.call(), step.name) })
			require.Len(t, texts, step.want, step.name)
		}
	})
	t.Run("due and sweep walk their indexes", func(t *testing.T) {
		rows := 10_000 // fewer may be cheaper to read as a whole
		if e.server == nil {
			rows = 1000 // for SQLite that makes no difference
		}
		for _, filling := range []struct {
			name, expires, due string
			inOrder            bool // more are due than are listed, so nothing may be sorted
		}{
			{"few records are due", farOff, "n * 100000", false},
			{"all records are due", farOff, "n", true},
			{"half of the records have expired", "CASE WHEN n % 2 = 0 THEN 1 ELSE " + farOff + " END", "n", true},
			{"no record is ever due", farOff, "NULL", false},
		} {
			s := e.open(t)
			s.fill(t, rows, "key", filling.expires, filling.due)
			analyze := "ANALYZE {prefix}records"
			if e.dialect == sqlstore.MySQL {
				analyze = "ANALYZE TABLE {prefix}records"
			}
			s.exec(t, analyze)
			texts, args := s.statements.during(func() {
				_, err := s.Due(t.Context(), time.UnixMilli(5_000_000), 100)
				require.NoError(t, err)
			})
			require.Len(t, texts, 2)
			for i, index := range []string{s.prefix + "records_due", s.prefix + "records_expires"} {
				values := make([]any, len(args[i]))
				for n, arg := range args[i] {
					values[n] = arg.Value
				}
				plan := s.explain(t, texts[i], values)
				require.Contains(t, plan, index, filling.name)
				if filling.inOrder {
					require.NotContains(t, plan, "sort", filling.name)
				}
			}
		}
	})
}

// explain returns the parts of the plan that tell which index is used and whether
// anything is sorted.
func (o *opened) explain(tb testing.TB, text string, args []any) string {
	tb.Helper()
	explain := "EXPLAIN "
	if o.engine.dialect == sqlstore.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := o.db.QueryContext(tb.Context(), explain+text, args...)
	require.NoError(tb, err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	require.NoError(tb, err)
	var plan []string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		targets := make([]any, len(columns))
		for i := range cells {
			targets[i] = &cells[i]
		}
		require.NoError(tb, rows.Scan(targets...))
		for i, name := range columns {
			switch name {
			case "key", "Extra", "detail", "QUERY PLAN":
				plan = append(plan, cells[i].String)
			}
		}
	}
	require.NoError(tb, rows.Err())
	return strings.ReplaceAll(strings.ToLower(strings.Join(plan, "\n")), "b-tree for order by", "sort")
}

func (e *engine) ignoresTheAppsClock(t *testing.T) {
	if e.server == nil {
		return // SQLite's clock is the process's
	}
	t.Run("an app whose clock is decades off lives by the database's", func(t *testing.T) {
		now := time.Now()
		synctest.Test(t, func(t *testing.T) {
			require.Greater(t, time.Until(now), 20*365*24*time.Hour, "the clock in the bubble is far off")
			s := e.open(t)
			version, err := s.Put(t.Context(), store.Record{Key: "a", TTL: time.Hour, Due: now})
			require.NoError(t, err)
			rec, err := s.Get(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, version, rec.Version)
			require.InDelta(t, time.Hour, rec.TTL, float64(time.Minute))
			expires := time.UnixMilli(int64(s.count(t, "SELECT expires_at FROM {prefix}records")))
			require.WithinDuration(t, now.Add(time.Hour), expires, time.Minute)
			keys, err := s.Due(t.Context(), now, 10)
			require.NoError(t, err)
			require.Equal(t, []string{"a"}, keys)
		})
	})
}
