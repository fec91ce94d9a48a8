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
	t.Run("case 163: stores with prefixes of their own share a database and no record", func(t *testing.T) {
		first, second := e.open(t), e.open(t)
		rec := store.Record{Key: "same", Value: []byte("first"), TTL: time.Hour, Due: time.UnixMilli(1)}
		version, err := first.Put(t.Context(), rec)
		require.NoError(t, err)
		_, err = second.Get(t.Context(), "same")
		require.ErrorIs(t, err, store.ErrNotFound)
		keys, err := second.Due(t.Context(), time.Now(), 10)
		require.NoError(t, err)
		require.Empty(t, keys)
		require.NoError(t, second.Delete(t.Context(), "same", version))
		rec.Value = []byte("second")
		_, err = second.Put(t.Context(), rec)
		require.NoError(t, err)
		got, err := first.Get(t.Context(), "same")
		require.NoError(t, err)
		require.Equal(t, "first", string(got.Value))
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
}

// reportsNonsense is for SQLite, whose columns hold anything.
func (e *engine) reportsNonsense(t *testing.T) {
	t.Run("case 122: a row that makes no sense is reported, not taken for absent, and kept", func(t *testing.T) {
		s := e.open(t)
		version, err := s.Put(t.Context(), store.Record{Key: "a", Value: []byte("v"), TTL: time.Hour})
		require.NoError(t, err)
		s.exec(t, "UPDATE {prefix}records SET version = 'canary'")
		_, err = s.Get(t.Context(), "a")
		outage(t, err)
		for _, version := range []int64{0, version} {
			_, err = s.Put(t.Context(), store.Record{Key: "a", Version: version, TTL: time.Hour})
			require.ErrorIs(t, err, store.ErrConflict)
		}
		require.Equal(t, 1, s.count(t, "SELECT count(*) FROM {prefix}records WHERE version = 'canary'"))
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
