package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// processChecks are about two processes over one engine.
func processChecks() []check {
	return []check{
		{"what one process puts or deletes another one gets and lists at once", seenAtOnce},
		{"a process that is behind puts and deletes nothing", behindIsRefused},
		{"of several processes that put one version exactly one wins", func(tr *trial) {
			tr.join()
			putTogether(tr)
		}},
		{"of several processes that create one key exactly one wins", func(tr *trial) {
			tr.join()
			createTogether(tr)
		}},
		{"of a put and a delete by two processes exactly one wins", func(tr *trial) {
			tr.join()
			putAgainstDelete(tr)
		}},
		{"several processes lose no update and are given no version twice", func(tr *trial) {
			tr.join()
			countsTogether(tr)
		}},
		{"a record that one process put expires for another one", func(tr *trial) {
			other := tr.join()
			rec := tr.shortLived(store.Record{Key: "a", Due: moment(0)})
			other.outlive("a")
			tr.absent("a")
			require.Empty(tr, other.due(moment(0), 10))
			other.conflicts(rec)
			tr.holds(other.create(record("a", "new life")))
		}},
	}
}

// seenAtOnce lets two processes write in turn, each looked at by the other.
func seenAtOnce(tr *trial) {
	writer, reader := tr, tr.join()
	rec := record("a", "start")
	for turn := range 2 * rounds {
		rec.Value, rec.Due = fmt.Appendf(nil, "turn %d", turn), moment(turn)
		rec = writer.put(rec)
		reader.holds(rec)
		require.Empty(tr, reader.due(moment(turn-1), 10), "the former due moment")
		require.Equal(tr, []string{"a"}, reader.due(moment(turn), 10))
		writer, reader = reader, writer
	}
	writer.remove(rec)
	reader.absent("a")
	require.Empty(tr, reader.due(moment(2*rounds), 10))
}

// behindIsRefused lets one process act on what it read before another one wrote.
func behindIsRefused(tr *trial) {
	other := tr.join()
	rec := tr.create(record("a", "start"))
	for range rounds {
		read := tr.get("a")
		rec.Value = append(rec.Value, '+')
		rec = other.put(rec)
		tr.conflicts(read)
		err := tr.store.Delete(tr.Context(), "a", read.Version)
		require.ErrorIs(tr, err, store.ErrConflict, "Delete by a process that is behind")
		other.holds(rec)
	}
	read := tr.get("a")
	other.remove(rec)
	tr.conflicts(read)
	other.absent("a")
	rec = other.create(record("a", "another life"))
	tr.conflicts(read)
	tr.holds(rec)
}

// clockChecks are about an engine that has its own clock, and a process whose
// clock is decades behind.
func clockChecks() []check {
	return []check{
		{"a process whose clock is decades behind agrees on what has expired", func(tr *trial) {
			long := tr.create(record("long", "value"))
			tr.shortLived(store.Record{Key: "short"})
			tr.outlive("short")
			tr.behind(func(late *trial) {
				late.holds(long)
				require.Greater(tr, late.get("long").TTL, long.TTL-time.Minute)
				late.absent("short")
			})
		}},
		{"what a process puts whose clock is decades behind lives its TTL", func(tr *trial) {
			var long store.Record
			tr.behind(func(late *trial) {
				late.shortLived(store.Record{Key: "short"})
				long = late.create(record("long", "value"))
			})
			tr.holds(long)
			require.Greater(tr, tr.get("long").TTL, long.TTL-time.Minute)
			tr.outlive("short")
		}},
		{"what is due is the same for a process whose clock is decades behind", func(tr *trial) {
			tr.dueAt("a", moment(1))
			tr.behind(func(late *trial) {
				late.dueAt("b", moment(3))
				require.Empty(tr, late.due(moment(0), 10))
				require.Equal(tr, []string{"a"}, late.due(moment(2), 10))
			})
			require.Equal(tr, []string{"a"}, tr.due(moment(2), 10))
			require.Equal(tr, []string{"a", "b"}, tr.due(moment(3), 10))
		}},
	}
}

// behind runs a part of the check in a process whose clock is decades behind: a
// bubble, whose time begins with the year 2000. Bubbles do not share channels, so the
// part has a store and a context of its own and tells no more than a failure.
func (tr *trial) behind(run func(late *trial)) {
	tr.Helper()
	tr.bubble(func(t *testing.T) {
		late := *tr
		late.TB = bubbled{tr.TB, t.Context()}
		late.store = tr.harness.Another(t)
		ended := make(chan struct{})
		go func() { // FailNow ends it, and not the bubble
			defer close(ended)
			run(&late)
		}()
		<-ended
	})
	if tr.Failed() {
		tr.FailNow()
	}
}

// bubbled is a test with the context of a bubble.
type bubbled struct {
	testing.TB
	ctx context.Context
}

func (b bubbled) Context() context.Context { return b.ctx }
