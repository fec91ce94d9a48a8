package fleettest

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/facegate/facegate/store/sqlstore"
)

// ledger is the app's own database, as its hook writes it.
type ledger interface {
	// prepare makes it ready for the first use.
	prepare(ctx context.Context) error
	// ran notes a run of the hook. Each one is noted, so that doubles show.
	ran(ctx context.Context, key string) error
	// grant is the hook's effect. It happens once for a key, however often it is asked
	// for.
	grant(ctx context.Context, key, verdict string) error
	// tally reads all of it.
	tally(ctx context.Context) (tally, error)
}

// tally is what a ledger holds, by [handlers.Result.Key].
type tally struct {
	runs    map[string]int
	effects map[string]string // the verdict
}

// allRuns counts the runs of every key.
func (t tally) allRuns() (n int) {
	for _, runs := range t.runs {
		n += runs
	}
	return n
}

// ledger opens the engine as the app's own database.
func (e engine) ledger() (ledger, error) {
	if e.Kind == onRedis {
		return redisLedger{e.client(), e.Prefix}, nil
	}
	db, err := e.pool()
	return sqlLedger{db, e}, err
}

// sqlLedger has two tables. It writes in the kit's transaction, where there is one.
type sqlLedger struct {
	db     *sql.DB
	engine engine
}

func (l sqlLedger) prepare(ctx context.Context) error {
	for _, table := range []string{
		"CREATE TABLE IF NOT EXISTS {prefix}runs (delivery VARCHAR(64) NOT NULL)",
		"CREATE TABLE IF NOT EXISTS {prefix}effects (delivery VARCHAR(64) NOT NULL PRIMARY KEY, verdict VARCHAR(32) NOT NULL)",
	} {
		if _, err := l.db.ExecContext(ctx, l.text(table)); err != nil {
			return err
		}
	}
	return nil
}

func (l sqlLedger) ran(ctx context.Context, key string) error {
	return l.write(ctx, "INSERT INTO {prefix}runs (delivery) VALUES (?)", key)
}

func (l sqlLedger) grant(ctx context.Context, key, verdict string) error {
	statement := "INSERT INTO {prefix}effects (delivery, verdict) VALUES (?, ?) ON CONFLICT DO NOTHING"
	if l.engine.Kind == onMariaDB {
		statement = "INSERT IGNORE INTO {prefix}effects (delivery, verdict) VALUES (?, ?)"
	}
	return l.write(ctx, statement, key, verdict)
}

func (l sqlLedger) write(ctx context.Context, statement string, args ...any) (err error) {
	if tx, ok := sqlstore.Tx(ctx); ok {
		_, err = tx.ExecContext(ctx, l.text(statement), args...)
		return err
	}
	_, err = l.db.ExecContext(ctx, l.text(statement), args...)
	return err
}

func (l sqlLedger) tally(ctx context.Context) (tally, error) {
	found := tally{map[string]int{}, map[string]string{}}
	var key, verdict string
	var runs int
	err := l.each(ctx, "SELECT delivery, count(*) FROM {prefix}runs GROUP BY delivery", func() { found.runs[key] = runs }, &key, &runs)
	if err == nil {
		err = l.each(ctx, "SELECT delivery, verdict FROM {prefix}effects", func() { found.effects[key] = verdict }, &key, &verdict)
	}
	return found, err
}

// each reads the rows of a query one by one into the places.
func (l sqlLedger) each(ctx context.Context, query string, row func(), places ...any) error {
	rows, err := l.db.QueryContext(ctx, l.text(query))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		row()
	}
	return rows.Err()
}

// text fills in the prefix, and PostgreSQL's own placeholders.
func (l sqlLedger) text(template string) string {
	text := strings.ReplaceAll(template, "{prefix}", l.engine.Prefix)
	if l.engine.Kind == onPostgreSQL {
		for n := 1; strings.Contains(text, "?"); n++ {
			text = strings.Replace(text, "?", fmt.Sprintf("$%d", n), 1)
		}
	}
	return text
}

// redisLedger has two hashes, beside the keys of the store.
type redisLedger struct {
	client *redis.Client
	prefix string
}

func (l redisLedger) runs() string    { return l.prefix + ":runs" }
func (l redisLedger) effects() string { return l.prefix + ":effects" }

func (l redisLedger) prepare(context.Context) error { return nil }

func (l redisLedger) ran(ctx context.Context, key string) error {
	return l.client.HIncrBy(ctx, l.runs(), key, 1).Err()
}

func (l redisLedger) grant(ctx context.Context, key, verdict string) error {
	return l.client.HSetNX(ctx, l.effects(), key, verdict).Err()
}

func (l redisLedger) tally(ctx context.Context) (tally, error) {
	found := tally{runs: map[string]int{}}
	counts, err := l.client.HGetAll(ctx, l.runs()).Result()
	for key, count := range counts {
		found.runs[key], err = strconv.Atoi(count)
	}
	if err == nil {
		found.effects, err = l.client.HGetAll(ctx, l.effects()).Result()
	}
	return found, err
}
