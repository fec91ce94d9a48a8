package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/facegate/facegate/handlers"
)

// ledger is the shop's own memory of verdicts. A hook can run twice with the same
// key, so everything in it is keyed by that: writing the same result again changes
// nothing.
type ledger interface {
	// write notes a result, once per key. Where the engine has transactions it does so
	// in the one that marks the delivery.
	write(ctx context.Context, r handlers.Result) error

	// of returns what is written about a subject, in any order.
	of(ctx context.Context, subject string) ([]entry, error)
}

// entry is one line of the ledger.
type entry struct {
	Session  string            `json:"session"`
	Vendor   string            `json:"vendor"`
	Verdict  handlers.Verdict  `json:"verdict"`
	Reasons  []handlers.Reason `json:"reasons"`
	Score    string            `json:"score"`
	Revision int               `json:"revision"`
	At       time.Time         `json:"at"`
}

func entryOf(r handlers.Result) entry {
	return entry{
		Session: r.Session, Vendor: r.Vendor, Verdict: r.Verdict, Reasons: r.Reasons,
		Score: r.ScoreBucket, Revision: r.Revision, At: r.RecordedAt,
	}
}

// newestFirst sorts a subject's entries.
func newestFirst(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Session, b.Session), cmp.Compare(b.Revision, a.Revision))
	})
}

// verified tells whether a subject is: by a session whose latest revision is a pass.
// A later revision takes an earlier pass back.
func verified(entries []entry) bool {
	latest := make(map[string]entry)
	for _, e := range entries {
		if e.Revision >= latest[e.Session].Revision {
			latest[e.Session] = e
		}
	}
	for _, e := range latest {
		if e.Verdict == handlers.Passed {
			return true
		}
	}
	return false
}
