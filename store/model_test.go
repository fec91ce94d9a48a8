package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// model is what a Memory should hold, found by looking at every record.
type model struct {
	seed    uint64
	rand    *rand.Rand
	keys    []string
	records map[string]store.Record
	expires map[string]time.Time
}

func newModel(keys int) *model {
	seed := rand.Uint64()
	m := &model{
		seed:    seed,
		rand:    rand.New(rand.NewPCG(seed, 0)),
		records: map[string]store.Record{},
		expires: map[string]time.Time{},
	}
	for i := range keys {
		m.keys = append(m.keys, fmt.Sprintf("key-%d", i))
	}
	return m
}

func (m *model) live(key string, now time.Time) (store.Record, bool) {
	rec, ok := m.records[key]
	return rec, ok && m.expires[key].After(now)
}

// move does the same random thing to the model and the store.
func (m *model) move(t *testing.T, s store.Store, c *clock) {
	t.Helper()
	c.Advance(time.Duration(m.rand.IntN(3)) * time.Second)
	key := m.keys[m.rand.IntN(len(m.keys))]
	rec, live := m.live(key, c.Now())
	if m.rand.IntN(4) == 0 {
		require.NoError(t, s.Delete(t.Context(), key, rec.Version), "seed %d", m.seed)
		delete(m.records, key)
		return
	}
	next := store.Record{Key: key, TTL: time.Duration(1+m.rand.IntN(120)) * time.Second}
	if live {
		next.Version = rec.Version
	}
	if m.rand.IntN(5) > 0 {
		// Whole seconds, so that many records share a moment.
		next.Due = c.Now().Add(time.Duration(m.rand.IntN(60)) * time.Second)
	}
	version, err := s.Put(t.Context(), next)
	require.NoError(t, err, "seed %d", m.seed)
	next.Version = version
	m.records[key], m.expires[key] = next, c.Now().Add(next.TTL)
}

// due is what Due should list.
func (m *model) due(now, before time.Time, limit int) []string {
	var due []store.Record
	for key := range m.records {
		if rec, live := m.live(key, now); live && !rec.Due.IsZero() && !rec.Due.After(before) {
			due = append(due, rec)
		}
	}
	slices.SortFunc(due, func(a, b store.Record) int {
		if order := a.Due.Compare(b.Due); order != 0 {
			return order
		}
		return int(a.Version - b.Version)
	})
	var keys []string
	for _, rec := range due[:min(limit, len(due))] {
		keys = append(keys, rec.Key)
	}
	return keys
}
