package redisstore

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
)

func TestThreeProcessesLoseNoUpdateAndShareNoVersion(t *testing.T) {
	t.Parallel()
	const processes, workers, updates = 3, 4, 25
	server := testserver.StartRedis(t)
	var all []*Store
	for range processes {
		all = append(all, openWith(t, connect(t, server.Address()), Options{Prefix: "app"}))
	}
	put(t, all[0], record("counter", ""))

	var mu sync.Mutex
	versions := map[int64]bool{}
	var wg sync.WaitGroup
	for i := range processes * workers {
		wg.Go(func() {
			for done := 0; done < updates; {
				version, err := addOne(t, all[i%processes])
				if err != nil {
					assert.ErrorIs(t, err, store.ErrConflict)
					continue
				}
				done++
				mu.Lock()
				assert.False(t, versions[version], "a version came twice")
				versions[version] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	rec, err := all[0].Get(t.Context(), "counter")
	require.NoError(t, err)
	assert.Len(t, rec.Value, processes*workers*updates)
	assert.Len(t, versions, processes*workers*updates)
}

// addOne moves the counter by compare-and-set.
func addOne(t *testing.T, s *Store) (int64, error) {
	rec, err := s.Get(t.Context(), "counter")
	if err != nil {
		return 0, err
	}
	rec.Value = append(rec.Value, '+')
	return s.Put(t.Context(), rec)
}

func TestDueMergesTheShardsByMomentAndThenByKey(t *testing.T) {
	t.Parallel()
	s := open(t, connect(t, testserver.StartRedis(t).Address()))
	var want []string
	for i := range 200 {
		rec := record(fmt.Sprintf("key-%03d", i), "value")
		rec.Due = time.UnixMilli(int64(1_700_000_000_000 + i/3)) // three share a moment
		put(t, s, rec)
		want = append(want, rec.Key)
	}
	assert.Equal(t, want, due(t, s, 1_000_000))
	for _, limit := range []int{1, 2, 3, 50, 199, 200, 201} {
		assert.Equal(t, want[:min(limit, len(want))], due(t, s, limit))
	}
}

func TestDueFindsTheEarliestAlsoWhereOneShardHasThemAll(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	trips := &tripCounter{}
	s := open(t, client)
	crowded := s.layout.of("key-0")
	var want []string
	for i := 0; len(want) < 100; i++ {
		rec := record(fmt.Sprint("key-", i), "value")
		rec.Due = time.Unix(int64(i), 0)
		if s.layout.of(rec.Key) != crowded {
			rec.Due = rec.Due.AddDate(1, 0, 0)
		} else {
			want = append(want, rec.Key)
		}
		put(t, s, rec)
	}
	require.Len(t, due(t, s, 10), 10)
	client.AddHook(trips)
	for _, limit := range []int{1, 8, 50, 100} {
		assert.Equal(t, want[:limit], due(t, s, limit))
	}
	keys, err := s.Due(t.Context(), time.Unix(0, 0).AddDate(0, 6, 0), 200)
	require.NoError(t, err)
	assert.Equal(t, want, keys, "the other shards have none")
	assert.EqualValues(t, 2+2*3, trips.count.Load(), "one round trip, or two where the first page of the shard is too short")
}

func TestCase155WritesClearAwayAFewExpiredKeysAndDueTheRest(t *testing.T) {
	t.Parallel()
	const expired = 3*dueSweep + 1
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	for i := range expired {
		// As the server leaves it when a record's life ends.
		key, index := fmt.Sprintf("old-%d", i), redis.Z{Score: float64(i + 1), Member: fmt.Sprintf("old-%d", i)}
		require.NoError(t, client.ZAdd(t.Context(), "{app:00}:due", index).Err(), key)
		require.NoError(t, client.ZAdd(t.Context(), "{app:00}:expiry", index).Err(), key)
	}
	lives := record("lives", "value")
	lives.Due = time.Unix(1_700_000_000, 0)
	put(t, s, lives)

	indexed := func(expired int) {
		t.Helper()
		for _, set := range []string{"{app:00}:due", "{app:00}:expiry"} {
			size, err := client.ZCard(t.Context(), set).Result()
			require.NoError(t, err)
			assert.EqualValues(t, 1+expired, size, set)
		}
	}
	indexed(expired - writeSweep)
	require.NoError(t, s.Delete(t.Context(), "absent", 1))
	indexed(expired - 2*writeSweep)
	assert.Equal(t, []string{"lives"}, due(t, s, 1))
	indexed(0)
}

func TestEveryMethodIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	trips := &tripCounter{}
	client.AddHook(trips)
	s := open(t, client)
	use := func() {
		rec := record("a", "value")
		rec.Due = time.Unix(1, 0)
		rec = put(t, s, rec)
		holds(t, s, rec)
		require.Equal(t, []string{"a"}, due(t, s, 10))
		require.NoError(t, s.Delete(t.Context(), "a", rec.Version))
	}
	use() // the layout, and every script for the first time
	first := trips.count.Swap(0)
	use()
	assert.EqualValues(t, 4, trips.count.Load())
	assert.EqualValues(t, 2*5, first, "each script twice: unknown, then sent")
	t.Run("also after the server forgot its scripts", func(t *testing.T) {
		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		use()
		trips.count.Store(0)
		use()
		assert.EqualValues(t, 4, trips.count.Load())
	})
}
