package main

import (
	"sync"
	"time"

	"github.com/facegate/facegate/handlers"
)

// ledger is the shop's own memory of verdicts. A hook can run twice with the same
// key, so everything in it is keyed by that: writing the same result again changes
// nothing. A real shop has a table with a unique index on the key.
type ledger struct {
	mu      sync.Mutex
	entries map[string]entry    // by key
	keys    map[string][]string // by subject, oldest first
}

// entry is one line of the ledger.
type entry struct {
	Session  string
	Vendor   string
	Verdict  handlers.Verdict
	Reasons  []handlers.Reason
	Score    string
	Revision int
	At       time.Time
}

func newLedger() *ledger {
	return &ledger{entries: make(map[string]entry), keys: make(map[string][]string)}
}

// record writes a result, once per key.
func (l *ledger) record(r handlers.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, written := l.entries[r.Key]; written {
		return
	}
	l.entries[r.Key] = entry{
		Session: r.Session, Vendor: r.Vendor, Verdict: r.Verdict, Reasons: r.Reasons,
		Score: r.ScoreBucket, Revision: r.Revision, At: r.RecordedAt,
	}
	l.keys[r.Subject] = append(l.keys[r.Subject], r.Key)
}

// history is what is written about a subject, newest first, and whether the
// subject is verified: by a session whose latest revision is a pass. A later
// revision takes an earlier pass back.
func (l *ledger) history(subject string) (entries []entry, verified bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	latest := make(map[string]entry)
	for _, key := range l.keys[subject] {
		e := l.entries[key]
		entries = append([]entry{e}, entries...)
		if e.Revision >= latest[e.Session].Revision {
			latest[e.Session] = e
		}
	}
	for _, e := range latest {
		verified = verified || e.Verdict == handlers.Passed
	}
	return entries, verified
}
