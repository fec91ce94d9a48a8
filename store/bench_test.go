package store_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

// sizes are the numbers of sessions that the benchmarks compare.
func sizes() []int {
	if testing.Short() {
		return []int{1e3, 1e5}
	}
	return []int{1e3, 1e5, 1e6}
}

func BenchmarkMemory(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) { storetest.Bench(b, n, openMemory) })
	}
}

func BenchmarkSealedMemory(b *testing.B) {
	storetest.Bench(b, 1e3, openSealed)
}

// BenchmarkMemoryFootprint fills a store and reports what one session occupies
// beyond its value and key.
func BenchmarkMemoryFootprint(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				footprint(b, n)
			}
		})
	}
}

func footprint(b *testing.B, sessions int) {
	b.Helper()
	value := bytes.Repeat([]byte("v"), 512)
	before := heap()
	m := store.NewMemory()
	var keys int
	for i := range sessions {
		key := fmt.Sprintf("session:%09d", i)
		keys += len(key)
		put(b, m, store.Record{Key: key, Value: value, TTL: time.Hour, Due: time.Unix(int64(i), 0)})
	}
	used := float64(heap() - before)
	b.ReportMetric(used/float64(sessions), "bytes/session")
	b.ReportMetric((used-float64(keys+sessions*len(value)))/float64(sessions), "overhead/session")
	runtime.KeepAlive(m)
}

// heap is the number of live bytes on the heap.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkMemoryFullOfExpired is a store that strangers have filled and left: a
// write must not pay for all of them at once.
func BenchmarkMemoryFullOfExpired(b *testing.B) {
	c := newClock()
	m := store.NewMemoryWithClock(c.Now)
	for i := range 100_000 {
		put(b, m, store.Record{Key: fmt.Sprintf("old:%d", i), TTL: time.Hour, Due: c.Now()})
	}
	c.Advance(time.Hour)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		put(b, m, store.Record{Key: fmt.Sprintf("new:%d", i), TTL: time.Hour})
	}
}
