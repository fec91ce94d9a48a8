package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func expiryChecks() []check {
	return []check{
		{"a record is there until its TTL is over and then is ErrNotFound", func(tr *trial) {
			tr.livesItsTTL("a")
			tr.outlive("a")
		}},
		{"an expired record is not due", func(tr *trial) {
			tr.shortLived(store.Record{Key: "a", Due: moment(0)})
			stays := record("b", "value")
			stays.Due = moment(1)
			tr.create(stays)
			tr.outlive("a")
			require.Equal(tr, []string{"b"}, tr.due(moment(1), 10))
			require.Equal(tr, []string{"b"}, tr.due(moment(1), 1), "the expired record used up the limit")
		}},
		{"many expired records do not hide a live one that is due after them", findsBehindExpired},
		{"an expired record is not there for put", func(tr *trial) {
			rec := tr.shortLived(store.Record{Key: "a"})
			tr.outlive("a")
			tr.conflicts(rec)
			tr.absent("a")
			tr.holds(tr.create(record("a", "new life")))
		}},
		{"an expired due moment does not come back with a new life", func(tr *trial) {
			tr.shortLived(store.Record{Key: "a", Due: moment(0)})
			tr.outlive("a")
			tr.create(record("a", "new life"))
			require.Empty(tr, tr.due(moment(0), 10))
		}},
		{"delete of an expired record is fine", func(tr *trial) {
			rec := tr.shortLived(store.Record{Key: "a"})
			tr.outlive("a")
			tr.remove(rec)
			require.NoError(tr, tr.store.Delete(tr.Context(), "a", rec.Version+1))
		}},
		{"put starts the TTL anew", startsAnew},
		{"put can shorten the TTL", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			rec.TTL = tr.life
			tr.put(rec)
			tr.outlive("a")
		}},
		{"get tells what is left of the TTL", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			before := tr.get("a").TTL
			require.Greater(tr, before, rec.TTL-patience, "a fresh record's TTL")
			tr.pass(tr.life)
			after := tr.get("a").TTL
			require.LessOrEqual(tr, after, before-tr.life+Precision, "the TTL after a while")
			require.Greater(tr, after, before-tr.life-patience, "the TTL after a while")
		}},
		{"a TTL of years is kept", func(tr *trial) {
			rec := record("a", "value")
			rec.TTL = 5 * 365 * 24 * time.Hour
			rec = tr.create(rec)
			tr.holds(rec)
			require.Greater(tr, tr.get("a").TTL, rec.TTL-time.Minute)
		}},
	}
}

// findsBehindExpired lets more records expire than any engine clears away at once.
func findsBehindExpired(tr *trial) {
	const each = 75 // per racer
	live := record("live", "value")
	live.Due = moment(racers * each)
	tr.create(live)
	key := func(racer, i int) string { return fmt.Sprintf("expired-%d-%d", racer, i) }
	errs := race(func(racer int) error {
		for i := range each {
			rec := store.Record{Key: key(racer, i), TTL: tr.life, Due: moment(racer*each + i)}
			if _, err := tr.store.Put(tr.Context(), rec); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(tr, errors.Join(errs...))
	for racer := range racers {
		tr.outlive(key(racer, each-1)) // the last one of each
	}
	require.Equal(tr, []string{"live"}, tr.due(live.Due, 1))
	require.Equal(tr, []string{"live"}, tr.due(live.Due, 10))
}

// shortLived creates rec with a life whose end the check can wait for.
func (tr *trial) shortLived(rec store.Record) store.Record {
	tr.Helper()
	rec.TTL = tr.life
	return tr.create(rec)
}

// livesItsTTL creates a short-lived record and ends the check if it is gone before
// its time. An engine too slow to answer within the TTL is not judged.
func (tr *trial) livesItsTTL(key string) {
	tr.Helper()
	began := time.Now()
	tr.shortLived(store.Record{Key: key})
	tr.pass(tr.life / 4 * 3)
	_, err := tr.store.Get(tr.Context(), key)
	if time.Since(began) < tr.life-Precision {
		require.NoError(tr, err, "Get before the TTL is over")
	}
}

// startsAnew puts a record again before its end and looks at it after that. An
// engine too slow to put twice within the TTL is not judged.
func startsAnew(tr *trial) {
	began := time.Now()
	rec := tr.shortLived(store.Record{Key: "a", Due: moment(0)})
	rec.TTL = 24 * time.Hour
	version, err := tr.store.Put(tr.Context(), rec)
	if errors.Is(err, store.ErrConflict) && time.Since(began) > tr.life-Precision {
		return
	}
	require.NoError(tr, err, "Put before the TTL is over")
	rec.Version = version
	tr.pass(2 * tr.life)
	tr.holds(rec)
	require.Equal(tr, []string{"a"}, tr.due(moment(0), 10))
}
