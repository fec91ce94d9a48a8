package main

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/facegate/facegate/handlers"
)

// memoryLedger belongs to one process and dies with it.
type memoryLedger struct {
	mu      sync.Mutex
	entries map[string]map[string]entry // by subject and key
}

func newMemoryLedger() *memoryLedger {
	return &memoryLedger{entries: make(map[string]map[string]entry)}
}

func (l *memoryLedger) write(_ context.Context, r handlers.Result) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries[r.Subject] == nil {
		l.entries[r.Subject] = make(map[string]entry)
	}
	if _, written := l.entries[r.Subject][r.Key]; !written {
		l.entries[r.Subject][r.Key] = entryOf(r)
	}
	return nil
}

func (l *memoryLedger) of(_ context.Context, subject string) ([]entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.entries[subject])), nil
}
