package storetest

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

const (
	benchValue = 512 // bytes of a stored session, roughly
	benchPage  = 100 // keys that one Due lists
)

// Bench measures Get, Put, Delete and Due of the store that open returns, empty,
// after filling it with a number of live records that are due at scattered moments.
// Run it with several numbers: the cost of a call should hardly grow with them.
func Bench(b *testing.B, records int, open func(tb testing.TB) store.Store) {
	f := fill(b, records, open(b))
	b.Run("get", f.get)
	b.Run("get in parallel", f.getInParallel)
	b.Run("move", f.move)
	b.Run("put a stale version", f.putStale)
	b.Run("create and delete", f.createAndDelete)
	b.Run("due", f.due)
}

// filled is a store with records whose keys, versions and moments are known.
type filled struct {
	store    store.Store
	versions []int64
	value    []byte
	next     int // walks over the records
}

func fill(b *testing.B, records int, s store.Store) *filled {
	b.Helper()
	require.Positive(b, records, "storetest: records")
	f := &filled{store: s, versions: make([]int64, records), value: bytes.Repeat([]byte("v"), benchValue)}
	for i := range records {
		version, err := s.Put(b.Context(), f.record(i, i))
		require.NoError(b, err)
		f.versions[i] = version
	}
	return f
}

func benchKey(i int) string { return fmt.Sprintf("session:%09d", i) }

// record is the i-th record, due at a moment scattered by seed.
func (f *filled) record(i, seed int) store.Record {
	scattered := int(uint32(seed) * 2654435761 >> 8) // Knuth's multiplicative hash
	return store.Record{Key: benchKey(i), Value: f.value, Version: f.versions[i], TTL: 24 * time.Hour, Due: moment(scattered)}
}

// step returns the index of the next record. The stride is a prime, so that the
// walk does not follow the order of filling.
func (f *filled) step() int {
	f.next = (f.next + 7919) % len(f.versions)
	return f.next
}

func (f *filled) get(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.store.Get(b.Context(), benchKey(f.step())); err != nil {
			b.Fatal(err)
		}
	}
}

func (f *filled) getInParallel(b *testing.B) {
	b.ReportAllocs()
	var turn atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for i := int(turn.Add(1)); pb.Next(); i += 7919 {
			if _, err := f.store.Get(b.Context(), benchKey(i%len(f.versions))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func (f *filled) move(b *testing.B) {
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		i := f.step()
		version, err := f.store.Put(b.Context(), f.record(i, i+n))
		if err != nil {
			b.Fatal(err)
		}
		f.versions[i] = version
	}
}

func (f *filled) putStale(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		i := f.step()
		rec := f.record(i, i)
		rec.Version = 0
		if _, err := f.store.Put(b.Context(), rec); err == nil {
			b.Fatal("storetest: a stale version was stored")
		}
	}
}

func (f *filled) createAndDelete(b *testing.B) {
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		rec := f.record(0, n)
		rec.Key, rec.Version = "session:new", 0
		version, err := f.store.Put(b.Context(), rec)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.store.Delete(b.Context(), rec.Key, version); err != nil {
			b.Fatal(err)
		}
	}
}

func (f *filled) due(b *testing.B) {
	b.ReportAllocs()
	latest := moment(1 << 24) // everything is due
	want := min(benchPage, len(f.versions))
	for b.Loop() {
		keys, err := f.store.Due(b.Context(), latest, benchPage)
		if err != nil {
			b.Fatal(err)
		}
		if len(keys) != want {
			b.Fatalf("storetest: Due listed %d keys, not %d", len(keys), want)
		}
	}
}
