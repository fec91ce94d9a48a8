package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// expired returns a store of n records that have all expired.
func expired(t *testing.T, n int) *Memory {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := NewMemoryWithClock(func() time.Time { return now })
	for i := range n {
		_, err := m.Put(t.Context(), Record{Key: fmt.Sprintf("old-%d", i), TTL: time.Hour, Due: now})
		require.NoError(t, err)
	}
	now = now.Add(time.Hour)
	return m
}

// held is how many records the store keeps in memory, by each of its books.
func held(m *Memory) []int { return []int{m.records.ItemCount(), len(m.expiry), len(m.due)} }

func TestCase155EachWriteGivesBackAFewExpiredRecords(t *testing.T) {
	const n = 10 * writeSweep
	m := expired(t, n)
	version, err := m.Put(t.Context(), Record{Key: "new", TTL: time.Hour, Due: time.Unix(1, 0)})
	require.NoError(t, err)
	left := n - writeSweep
	assert.Equal(t, []int{left + 1, left + 1, left + 1}, held(m))

	require.NoError(t, m.Delete(t.Context(), "new", version))
	left -= writeSweep
	assert.Equal(t, []int{left, left, left}, held(m))

	for range left {
		require.NoError(t, m.Delete(t.Context(), "absent", 1))
	}
	assert.Equal(t, []int{0, 0, 0}, held(m))
}

func TestCase155DueGivesBackAllThatHasExpired(t *testing.T) {
	m := expired(t, 3*dueSweep+1)
	keys, err := m.Due(t.Context(), time.Unix(1<<40, 0), 10)
	require.NoError(t, err)
	assert.Empty(t, keys)
	assert.Equal(t, []int{0, 0, 0}, held(m))
}

func TestCase155ARecordNotYetSweptIsAbsentForEveryMethod(t *testing.T) {
	const n = 10 * writeSweep
	m := expired(t, n)
	last := fmt.Sprintf("old-%d", n-1)
	_, err := m.Get(t.Context(), last)
	require.ErrorIs(t, err, ErrNotFound)
	require.NoError(t, m.Delete(t.Context(), last, 1), "another version, but nothing is there")
	_, err = m.Put(t.Context(), Record{Key: last, Version: n, TTL: time.Hour})
	require.ErrorIs(t, err, ErrConflict)
	require.NotNil(t, m.find(last), "swept already, so this test shows nothing")

	_, err = m.Put(t.Context(), Record{Key: last, TTL: time.Hour})
	require.NoError(t, err)
	left := n - 3*writeSweep
	assert.Equal(t, []int{left, left, left - 1}, held(m), "the old tickets stayed")
}

func TestReplacingARecordKeepsOneTicketOfEachKind(t *testing.T) {
	m := NewMemory()
	rec := Record{Key: "a", TTL: time.Hour}
	for _, due := range []time.Time{{}, time.Unix(1, 0), time.Unix(2, 0), {}} {
		rec.Due = due
		var err error
		rec.Version, err = m.Put(t.Context(), rec)
		require.NoError(t, err)
		assert.Len(t, m.expiry, 1)
		assert.Equal(t, !due.IsZero(), len(m.due) == 1)
	}
}

// TestDueLooksAtFewTicketsPerKey counts by making everything else unreadable: a
// walk that left its part of the heap would meet a nil ticket and panic.
func TestDueLooksAtFewTicketsPerKey(t *testing.T) {
	const n, limit = 1 << 12, 3
	m := NewMemory()
	for i := range n {
		_, err := m.Put(t.Context(), Record{Key: fmt.Sprintf("key-%d", i), TTL: time.Hour, Due: time.Unix(int64(i), 0)})
		require.NoError(t, err)
	}
	for slot := 1<<(limit+1) - 1; slot < n; slot++ {
		m.due[slot] = nil
	}
	keys := m.due.first(time.Unix(n, 0), limit)
	assert.Equal(t, []string{"key-0", "key-1", "key-2"}, keys)
}
