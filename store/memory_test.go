package store_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func openMemory(testing.TB) store.Store { return store.NewMemory() }

// shared is a harness of a store that lives in one process, where whoever joins it has
// the very same store.
func shared(open func(testing.TB) store.Store) storetest.Harness {
	var last store.Store
	return storetest.Harness{
		New: func(tb testing.TB) store.Store {
			last = open(tb)
			return last
		},
		Another: func(testing.TB) store.Store { return last },
	}
}

func TestMemoryKeepsTheContractOnAnInjectedClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := shared(func(testing.TB) store.Store { return store.NewMemoryWithClock(c.Now) })
	h.Advance = c.Advance
	storetest.Run(t, h)
}

func TestMemoryKeepsTheContractInsideSynctest(t *testing.T) {
	t.Parallel()
	h := shared(openMemory)
	h.Around = synctest.Test
	storetest.Run(t, h)
}

func TestMemoryKeepsTheContractInRealTime(t *testing.T) {
	t.Parallel()
	storetest.Run(t, shared(openMemory))
}

func put(tb testing.TB, s store.Store, rec store.Record) int64 {
	tb.Helper()
	version, err := s.Put(tb.Context(), rec)
	require.NoError(tb, err)
	return version
}

func TestMemoryWithoutAClockUsesTheProcessClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := store.NewMemoryWithClock(nil)
		put(t, m, store.Record{Key: "a", TTL: time.Minute})
		time.Sleep(time.Minute)
		_, err := m.Get(t.Context(), "a")
		assert.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestMemoryRecordIsGoneAtTheVeryEndOfItsTTL(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := store.NewMemoryWithClock(c.Now)
	put(t, m, store.Record{Key: "a", TTL: time.Minute, Due: c.Now()})

	c.Advance(time.Minute - time.Nanosecond)
	rec, err := m.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, time.Nanosecond, rec.TTL)

	c.Advance(time.Nanosecond)
	_, err = m.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	keys, err := m.Due(t.Context(), c.Now(), 10)
	require.NoError(t, err)
	assert.Empty(t, keys)
}

func TestMemoryKeepsDueMomentsToTheNanosecond(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	now := time.Now()
	for i := range 3 {
		put(t, m, store.Record{Key: fmt.Sprint(2 - i), TTL: time.Hour, Due: now.Add(time.Duration(2 - i))})
	}
	keys, err := m.Due(t.Context(), now.Add(1), 10)
	require.NoError(t, err)
	assert.Equal(t, []string{"0", "1"}, keys)
	rec, err := m.Get(t.Context(), "2")
	require.NoError(t, err)
	assert.True(t, rec.Due.Equal(now.Add(2)))
}

func TestMemoryReturnsDueMomentsAsWallTimeInUTC(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	due := time.Now().In(time.FixedZone("east", 8*3600))
	put(t, m, store.Record{Key: "a", TTL: time.Hour, Due: due})
	rec, err := m.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, due.UTC().Round(0).String(), rec.Due.String()) // String shows a monotonic reading
}

func TestMemoryListsTheSameMomentInTheOrderOfPuts(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	var want []string
	for i := range 50 {
		key := fmt.Sprint((i * 7) % 50)
		put(t, m, store.Record{Key: key, TTL: time.Hour, Due: time.Unix(1, 0)})
		want = append(want, key)
	}
	keys, err := m.Due(t.Context(), time.Unix(1, 0), 20)
	require.NoError(t, err)
	assert.Equal(t, want[:20], keys)
}

func TestMemoryTakesTheExtremesOfTime(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	ancient, remote := time.Unix(math.MinInt32*100, 0), time.Unix(math.MaxInt32*100, 0)
	put(t, m, store.Record{Key: "remote", TTL: math.MaxInt64, Due: remote})
	put(t, m, store.Record{Key: "ancient", TTL: math.MaxInt64, Due: ancient})
	keys, err := m.Due(t.Context(), remote, 10)
	require.NoError(t, err)
	assert.Equal(t, []string{"ancient", "remote"}, keys)
	_, err = m.Get(t.Context(), "remote")
	assert.NoError(t, err)
}

// TestMemoryAgreesWithAFullScan drives the schedules through many random moves.
func TestMemoryAgreesWithAFullScan(t *testing.T) {
	t.Parallel()
	const keys, moves = 60, 4000
	c := newClock()
	m := store.NewMemoryWithClock(c.Now)
	model := newModel(keys)
	for range moves {
		model.move(t, m, c)
		before, limit := c.Now().Add(time.Duration(model.rand.IntN(100))*time.Second), 1+model.rand.IntN(keys)
		got, err := m.Due(t.Context(), before, limit)
		require.NoError(t, err)
		require.Equal(t, model.due(c.Now(), before, limit), got, "seed %d", model.seed)
	}
}

func TestMemoryRefusesWhatTheContractRulesOutWithErrInvalid(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	for name, key := range map[string]string{
		"an empty key":             "",
		"a space":                  "a b",
		"a control character":      "a\x00",
		"a byte outside ASCII":     "é",
		"one byte more than fits":  strings.Repeat("k", store.MaxKeyLen+1),
		"a delete character":       "a\x7f",
		"white space at the start": "\ta",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := m.Put(t.Context(), store.Record{Key: key, TTL: time.Hour})
			require.ErrorIs(t, err, store.ErrInvalid)
			_, err = m.Get(t.Context(), key)
			require.ErrorIs(t, err, store.ErrInvalid)
			require.ErrorIs(t, m.Delete(t.Context(), key, 1), store.ErrInvalid)
		})
	}
	_, err := m.Put(t.Context(), store.Record{Key: "a"})
	require.ErrorIs(t, err, store.ErrInvalid, "no TTL")
	assert.NoError(t, store.CheckKey("!~"+strings.Repeat("k", store.MaxKeyLen-2)))
}

// TestMemoryUnderRacingCallers lets every method meet every other; -race is the
// judge.
func TestMemoryUnderRacingCallers(t *testing.T) {
	t.Parallel()
	m := store.NewMemory()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() { hammer(context.WithoutCancel(t.Context()), m, worker) })
	}
	wg.Wait()
	keys, err := m.Due(t.Context(), time.Unix(1<<40, 0), 1000)
	require.NoError(t, err)
	for _, key := range keys {
		assert.Contains(t, key, "shared-")
	}
}

// hammer makes and ends records, some so short-lived that others sweep them.
func hammer(ctx context.Context, m *store.Memory, worker int) {
	for i := range 500 {
		key := fmt.Sprintf("shared-%d", (i+worker)%5)
		rec, _ := m.Get(ctx, key)
		rec.Key, rec.TTL, rec.Due = key, time.Hour, time.Unix(int64(i), 0)
		if i%3 == 0 {
			rec.TTL = time.Nanosecond
		}
		version, err := m.Put(ctx, rec)
		if err == nil && i%7 == 0 {
			_ = m.Delete(ctx, key, version)
		}
		_, _ = m.Due(ctx, time.Unix(250, 0), 3)
	}
}

func ExampleNewMemory() {
	ctx := context.Background()
	var s store.Store = store.NewMemory()
	version, err := s.Put(ctx, store.Record{Key: "session:1", Value: []byte("created"), TTL: time.Hour})
	fmt.Println("put:", err)

	_, err = s.Put(ctx, store.Record{Key: "session:1", Value: []byte("late"), Version: version + 1, TTL: time.Hour})
	fmt.Println("put with another version:", err)

	rec, err := s.Get(ctx, "session:1")
	fmt.Println("get:", string(rec.Value), err)
	// Output:
	// put: <nil>
	// put with another version: store: version conflict
	// get: created <nil>
}

func ExampleMemory_Due() {
	ctx := context.Background()
	s := store.NewMemory()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i, key := range []string{"third", "first", "second"} {
		due := noon.Add(time.Duration((i+2)%3) * time.Minute)
		if _, err := s.Put(ctx, store.Record{Key: key, TTL: time.Hour, Due: due}); err != nil {
			fmt.Println(err)
		}
	}
	keys, err := s.Due(ctx, noon.Add(time.Minute), 10)
	fmt.Println(keys, err)
	// Output: [first second] <nil>
}
