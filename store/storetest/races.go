package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

const (
	racers = 8  // goroutines that race for one record
	rounds = 10 // races per check
)

func raceChecks() []check {
	return []check{
		{"of many that put one version exactly one wins", putTogether},
		{"of many that create one key exactly one wins", createTogether},
		{"of a put and a delete of one version exactly one wins", putAgainstDelete},
		{"no update is lost and no version given twice", countsTogether},
		{"get returns value and version of the same put", readsWholeRecords},
		{"many due records can be put while due is listed", listsWhilePut},
	}
}

// at returns the store that a racer uses: where other processes have joined, they
// take turns.
func (tr *trial) at(racer int) store.Store { return tr.stores[racer%len(tr.stores)] }

// race runs one call per racer at once and returns their errors.
func race(call func(racer int) error) []error {
	errs := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// winner ends the check unless exactly one error is nil and the rest are
// ErrConflict; it returns the index of the nil one.
func (tr *trial) winner(errs []error) int {
	tr.Helper()
	var winners []int
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
			continue
		}
		require.ErrorIs(tr, err, store.ErrConflict, "the loser of a race")
	}
	require.Len(tr, winners, 1, "winners of the race")
	return winners[0]
}

// oneWins lets all racers put rec's version and returns what the winner stored.
func (tr *trial) oneWins(rec store.Record) store.Record {
	tr.Helper()
	versions := make([]int64, racers)
	value := func(racer int) string { return fmt.Sprintf("racer-%d", racer) }
	won := tr.winner(race(func(racer int) (err error) {
		mine := record(rec.Key, value(racer))
		mine.Version = rec.Version
		versions[racer], err = tr.at(racer).Put(tr.Context(), mine)
		return err
	}))
	stored := record(rec.Key, value(won))
	stored.Version = versions[won]
	tr.holds(stored)
	return stored
}

func putTogether(tr *trial) {
	rec := tr.create(record("a", "start"))
	for range rounds {
		rec = tr.oneWins(rec)
	}
}

func createTogether(tr *trial) {
	for round := range rounds {
		tr.oneWins(record(fmt.Sprintf("key-%d", round), ""))
	}
}

func putAgainstDelete(tr *trial) {
	for round := range rounds {
		rec := tr.create(record(fmt.Sprintf("key-%d", round), "start"))
		won := tr.winner(race(func(racer int) error {
			if racer == 0 {
				return tr.at(racer).Delete(tr.Context(), rec.Key, rec.Version)
			}
			_, err := tr.at(racer).Put(tr.Context(), rec)
			return err
		}))
		if won == 0 {
			tr.absent(rec.Key)
		} else {
			tr.get(rec.Key)
		}
	}
}

// countsTogether lets all racers add to one counter by compare-and-set.
func countsTogether(tr *trial) {
	tr.create(record("counter", ""))
	versions := make([][]int64, racers)
	errs := race(func(racer int) error {
		for len(versions[racer]) < rounds {
			rec, err := tr.at(racer).Get(tr.Context(), "counter")
			if err != nil {
				return err
			}
			rec = store.Record{Key: rec.Key, Value: slices.Concat(rec.Value, []byte{'+'}), Version: rec.Version, TTL: rec.TTL}
			switch version, err := tr.at(racer).Put(tr.Context(), rec); {
			case err == nil:
				versions[racer] = append(versions[racer], version)
			case !errors.Is(err, store.ErrConflict):
				return err
			}
		}
		return nil
	})
	require.NoError(tr, errors.Join(errs...))
	require.Equal(tr, strings.Repeat("+", racers*rounds), string(tr.get("counter").Value), "updates were lost")
	seen := map[int64]bool{}
	for _, given := range versions {
		for _, version := range given {
			require.False(tr, seen[version], "a version was given twice")
			seen[version] = true
		}
	}
}

// readsWholeRecords lets one racer write while the others read, and compares what
// they saw with what was written.
func readsWholeRecords(tr *trial) {
	rec := tr.create(record("a", "v0"))
	written := map[int64]string{rec.Version: "v0"}
	seen := make([]map[int64]string, racers)
	errs := race(func(racer int) error {
		seen[racer] = map[int64]string{}
		for i := range 5 * rounds {
			if racer == 0 {
				rec.Value = fmt.Appendf(nil, "v%d", i+1)
				version, err := tr.store.Put(tr.Context(), rec)
				if err != nil {
					return err
				}
				rec.Version, written[version] = version, string(rec.Value)
				continue
			}
			got, err := tr.store.Get(tr.Context(), "a")
			if err != nil {
				return err
			}
			seen[racer][got.Version] = string(got.Value)
		}
		return nil
	})
	require.NoError(tr, errors.Join(errs...))
	for _, pairs := range seen {
		for version, value := range pairs {
			require.Equal(tr, written[version], value, "value and version come from two puts")
		}
	}
}

// listsWhilePut moves records that are always due while others list them.
func listsWhilePut(tr *trial) {
	for racer := range racers {
		tr.dueAt(fmt.Sprintf("key-%d", racer), moment(racer))
	}
	errs := race(func(racer int) error {
		key := fmt.Sprintf("key-%d", racer)
		for round := range rounds {
			rec, err := tr.store.Get(tr.Context(), key)
			if err != nil {
				return err
			}
			rec.Due = moment(100*round + racer)
			if _, err := tr.store.Put(tr.Context(), rec); err != nil {
				return err
			}
			keys, err := tr.store.Due(tr.Context(), moment(100*rounds), 2*racers)
			if err != nil {
				return err
			}
			if len(keys) != racers {
				return fmt.Errorf("storetest: Due listed %d of %d records", len(keys), racers)
			}
		}
		return nil
	})
	require.NoError(tr, errors.Join(errs...))
	want := make([]string, racers)
	for racer := range racers {
		want[racer] = fmt.Sprintf("key-%d", racer)
	}
	require.Equal(tr, want, tr.due(moment(100*rounds), 2*racers))
}
