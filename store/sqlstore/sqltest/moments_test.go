package sqltest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// meetsEdges looks where engines differ and the suite of storetest does not.
func (e *engine) meetsEdges(t *testing.T) {
	t.Run("a TTL below a millisecond is a life all the same", func(t *testing.T) {
		s := e.open(t)
		_, err := s.Put(t.Context(), store.Record{Key: "a", TTL: 1})
		require.NoError(t, err)
		require.Equal(t, 1, s.count(t, "SELECT count(*) FROM {prefix}records"))
	})
	t.Run("a due moment may lie before 1970 and after 2262", func(t *testing.T) {
		s := e.open(t)
		early := time.Date(1901, 2, 3, 4, 5, 6, 7_000_000, time.UTC)
		late := time.Date(2999, 2, 3, 4, 5, 6, 7_000_000, time.UTC)
		for key, due := range map[string]time.Time{"early": early, "late": late} {
			_, err := s.Put(t.Context(), store.Record{Key: key, TTL: time.Hour, Due: due})
			require.NoError(t, err)
			rec, err := s.Get(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, due, rec.Due)
		}
		keys, err := s.Due(t.Context(), early, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"early"}, keys)
		keys, err = s.Due(t.Context(), late, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"early", "late"}, keys)
	})
	t.Run("of many that create a key whose row has expired exactly one wins", func(t *testing.T) {
		s := e.open(t)
		for range 20 {
			s.exec(t, "DELETE FROM {prefix}records")
			s.fill(t, 1, "key", longAgo, "NULL")
			errs := race(8, func() error {
				_, err := s.Put(t.Context(), store.Record{Key: "key0", TTL: time.Hour})
				return err
			})
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				require.ErrorIs(t, err, store.ErrConflict)
			}
			require.Equal(t, 1, won)
		}
	})
	t.Run("of many that delete one version all succeed", func(t *testing.T) {
		s := e.open(t)
		for range 20 {
			version, err := s.Put(t.Context(), store.Record{Key: "a", TTL: time.Hour})
			require.NoError(t, err)
			for _, err := range race(4, func() error { return s.Delete(t.Context(), "a", version) }) {
				require.NoError(t, err)
			}
		}
	})
	t.Run("two processes see each other's records at once and never give one version twice", func(t *testing.T) {
		first := e.open(t)
		db, _ := e.pool(t)
		stores := []*opened{first, {Store: first.over(t, db)}}
		seen := map[int64]bool{}
		rec := store.Record{Key: "a", TTL: time.Hour}
		for turn := range 20 {
			version, err := stores[turn%2].Put(t.Context(), rec)
			require.NoError(t, err)
			got, err := stores[(turn+1)%2].Get(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, version, got.Version)
			require.False(t, seen[version])
			seen[version] = true
			rec.Version = version
		}
	})
}

// race calls from many goroutines at once and returns the errors.
func race(racers int, call func() error) []error {
	errs := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	wg.Wait()
	return errs
}
