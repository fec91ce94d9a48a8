package store

import (
	"context"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	// writeSweep is how many expired records a write removes at most. A write
	// adds one record, so anything above one lets the store shrink; a small
	// number keeps each write short.
	writeSweep = 4

	// dueSweep is how many expired records Due removes before it lets other
	// callers in.
	dueSweep = 256
)

// Memory is a [Store] inside the process: fast, empty after a restart and
// invisible to other processes. It suits one server whose sessions may be lost
// with it, and tests.
//
// It runs no goroutine. An expired record is absent at once; its memory is given
// back by later writes, a few records each, and by Due. Put, Delete and the first
// key of Due cost log n for n records; Get costs the same for any n.
type Memory struct {
	now func() time.Time

	// records maps key to *entry. The cache's own expiry is not used: it knows
	// only time.Now and removes by walking over everything.
	records *cache.Cache

	mu      sync.Mutex // held by writers and Due; Get does without
	version int64      // the last one given; one counter for all keys, so none comes twice
	due     schedule
	expiry  schedule
}

var _ Store = (*Memory)(nil)

// entry is one stored record. Only its tickets' slots change after it is made, so
// that Get needs no lock.
type entry struct {
	key     string
	value   string // a string, because nobody can change it from outside
	version int64
	due     ticket
	expiry  ticket
}

// NewMemory returns an empty store on the process's clock. Its TTLs follow the
// monotonic clock: setting the machine's time neither ends nor prolongs a
// record's life.
func NewMemory() *Memory { return NewMemoryWithClock(time.Now) }

// NewMemoryWithClock returns an empty store that measures TTLs by now, for tests
// that move the time themselves. now must be safe for concurrent use; nil means
// time.Now. Code under testing/synctest needs only [NewMemory].
func NewMemoryWithClock(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, records: cache.New(cache.NoExpiration, 0)}
}

// Get implements [Store]. Besides [ErrNotFound] it fails with [ErrInvalid] for a
// bad key and with the context's error.
func (m *Memory) Get(ctx context.Context, key string) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	if err := CheckKey(key); err != nil {
		return Record{}, err
	}
	now := m.now()
	e := m.live(key, now)
	if e == nil {
		return Record{}, ErrNotFound
	}
	return Record{
		Key:     e.key,
		Value:   []byte(e.value),
		Version: e.version,
		TTL:     e.expiry.at.Sub(now),
		Due:     e.due.at,
	}, nil
}

// Put implements [Store]. Besides [ErrConflict] it fails with [ErrInvalid] for a
// bad key or TTL and with the context's error; a write that failed did not happen.
func (m *Memory) Put(ctx context.Context, rec Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := CheckRecord(rec); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now, writeSweep)

	var stored int64
	if e := m.live(rec.Key, now); e != nil {
		stored = e.version
	}
	if rec.Version != stored {
		return 0, ErrConflict
	}
	return m.replace(rec, now.Add(rec.TTL)), nil
}

// Delete implements [Store]. Besides [ErrConflict] it fails with [ErrInvalid] for
// a bad key and with the context's error.
func (m *Memory) Delete(ctx context.Context, key string, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckKey(key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now, writeSweep)

	e := m.live(key, now)
	if e == nil {
		return nil
	}
	if e.version != version {
		return ErrConflict
	}
	m.drop(e)
	return nil
}

// Due implements [Store]. Keys of the same moment come in the order in which they
// were put; a limit below one lists nothing. It fails only with the context's
// error.
func (m *Memory) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m.sweep(m.now(), dueSweep) {
			return m.due.first(before, limit), nil
		}
		m.mu.Unlock() // more has expired; let others in first
		m.mu.Lock()
	}
}

// live returns the entry of key, or nil if there is none or it has expired.
func (m *Memory) live(key string, now time.Time) *entry {
	e := m.find(key)
	if e == nil || e.expired(now) {
		return nil
	}
	return e
}

// find returns the entry of key, expired or not, or nil.
func (m *Memory) find(key string) *entry {
	found, ok := m.records.Get(key)
	if !ok {
		return nil
	}
	return found.(*entry)
}

// replace stores rec in place of whatever the key holds and returns its version.
// The caller holds mu.
func (m *Memory) replace(rec Record, expires time.Time) int64 {
	if old := m.find(rec.Key); old != nil {
		m.unschedule(old)
	}
	m.version++
	e := &entry{key: rec.Key, value: string(rec.Value), version: m.version}
	// Round strips the monotonic reading: a due moment is wall time, and moments
	// with and without a reading have no common order.
	e.due = ticket{at: rec.Due.UTC().Round(0), entry: e}
	e.expiry = ticket{at: expires, entry: e}
	m.records.Set(e.key, e, cache.NoExpiration)
	m.due.add(&e.due)
	m.expiry.add(&e.expiry)
	return e.version
}

// sweep drops up to limit expired entries and reports whether none is left. The
// caller holds mu.
func (m *Memory) sweep(now time.Time, limit int) (clean bool) {
	for ; len(m.expiry) > 0 && m.expiry[0].entry.expired(now); limit-- {
		if limit == 0 {
			return false
		}
		m.drop(m.expiry[0].entry)
	}
	return true
}

// drop forgets e. The caller holds mu.
func (m *Memory) drop(e *entry) {
	m.records.Delete(e.key)
	m.unschedule(e)
}

// unschedule takes e out of both schedules. The caller holds mu.
func (m *Memory) unschedule(e *entry) {
	m.due.remove(&e.due)
	m.expiry.remove(&e.expiry)
}

func (e *entry) expired(now time.Time) bool { return !e.expiry.at.After(now) }
