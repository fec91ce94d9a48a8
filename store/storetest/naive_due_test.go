package storetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// firstOfIndex is how many lines of an index a store reads that reads too few.
const firstOfIndex = 256

func (n *naive) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	keys, err := n.list(ctx, before, limit)
	if errors.Is(err, errDown) && n.has("lists nothing in an outage") {
		return nil, nil
	}
	if n.answerLost() {
		if n.has("lists nothing when an answer was lost") {
			return nil, nil
		}
		return nil, errLost
	}
	return keys, err
}

func (n *naive) list(ctx context.Context, before time.Time, limit int) ([]string, error) {
	leave, err := n.enter(ctx, "")
	if err != nil {
		return nil, err
	}
	defer leave()
	if n.has("decides by its own clock what is due") {
		before = time.Now()
	}
	var due []naiveRecord
	for _, rec := range n.records {
		live := !n.expired(rec) || n.has("lists expired records")
		timed := !rec.Due.IsZero() || n.has("lists records without a due moment")
		reached := !rec.Due.After(before)
		if n.has("lists only what is due before the moment") {
			reached = rec.Due.Before(before)
		}
		if live && timed && reached && !n.missed(rec) {
			due = append(due, rec)
		}
	}
	n.sort(due)
	return n.page(due, limit), nil
}

// missed reports whether a flaw hides a due record.
func (n *naive) missed(rec naiveRecord) bool {
	switch n.flaw {
	case "keeps one record per due moment":
		for _, other := range n.records {
			if other.Due.Equal(rec.Due) && other.Key < rec.Key {
				return true
			}
		}
	case "misses records while others write":
		return n.calls%5 == 0 && n.calls > racers*rounds
	}
	return false
}

func (n *naive) sort(due []naiveRecord) {
	slices.SortFunc(due, func(a, b naiveRecord) int {
		switch n.flaw {
		case "lists due records by key":
			return cmp.Compare(a.Key, b.Key)
		case "lists the latest first":
			return b.Due.Compare(a.Due)
		}
		return a.Due.Compare(b.Due)
	})
}

func (n *naive) page(due []naiveRecord, limit int) []string {
	switch {
	case n.has("ignores the limit"), n.has("reads a negative limit as all") && limit < 0:
		limit = len(due)
	case n.has("cuts the page before it drops expired records"):
		due = n.withExpired(due)
	case n.has("looks only at the first records of the index"):
		due = n.withExpired(due)
		due = slices.DeleteFunc(due[:min(firstOfIndex, len(due))], n.expired)
	}
	var keys []string
	for _, rec := range due[:min(max(0, limit), len(due))] {
		if n.expired(rec) && !n.has("lists expired records") {
			continue
		}
		keys = append(keys, rec.Key)
		if n.has("takes due moments off when it lists them") {
			rec.Due = time.Time{}
			n.records[rec.Key] = rec
		}
	}
	return keys
}

// withExpired adds the expired records in front.
func (n *naive) withExpired(due []naiveRecord) []naiveRecord {
	for _, rec := range n.records {
		if n.expired(rec) {
			due = slices.Insert(due, 0, rec)
		}
	}
	return due
}
