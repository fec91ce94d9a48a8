package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// callTime bounds a call of an engine that may be down.
const callTime = 500 * time.Millisecond

func outageChecks() []check {
	return []check{
		{"in an outage every method fails in time, which reads neither as absence nor as a conflict", failsInOutage},
		{"after an outage the same store works on with what it held", worksAfterOutage},
		{"what was acknowledged before an outage is there after it, and a put under way happened or did not", keepsAcknowledged},
	}
}

// failsInOutage also looks for keys and values in the errors.
func failsInOutage(tr *trial) {
	rec := record("canary-key", "canary-value")
	rec.Due = moment(0)
	rec = tr.create(rec)
	tr.during(tr.harness.Outage, func() {
		for _, call := range []struct {
			name string
			run  func(ctx context.Context) error
		}{
			{"Get", func(ctx context.Context) error { _, err := tr.store.Get(ctx, rec.Key); return err }},
			{"Get of an absent record", func(ctx context.Context) error { _, err := tr.store.Get(ctx, "canary-absent"); return err }},
			{"Put", func(ctx context.Context) error { _, err := tr.store.Put(ctx, rec); return err }},
			{"Put of a new record", func(ctx context.Context) error {
				_, err := tr.store.Put(ctx, record("canary-new", "canary-value"))
				return err
			}},
			{"Delete", func(ctx context.Context) error { return tr.store.Delete(ctx, rec.Key, rec.Version) }},
			{"Delete of an absent record", func(ctx context.Context) error { return tr.store.Delete(ctx, "canary-absent", 1) }},
			{"Due", func(ctx context.Context) error { _, err := tr.store.Due(ctx, moment(0), 10); return err }},
		} {
			err := tr.promptly(call.name, func() error { return tr.timed(call.run) })
			tr.noAnswer(err, call.name+" in an outage")
		}
	})
}

// timed makes a call under a deadline.
func (tr *trial) timed(call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(tr.Context(), callTime)
	defer cancel()
	return call(ctx)
}

// noAnswer ends the check unless err is one that nobody can take for an answer.
func (tr *trial) noAnswer(err error, call string) {
	tr.Helper()
	require.Error(tr, err, call)
	for _, answer := range []error{store.ErrNotFound, store.ErrConflict, store.ErrInvalid} {
		require.NotErrorIs(tr, err, answer, call)
	}
	require.NotContains(tr, err.Error(), "canary", call)
}

// recovers polls until the engine answers again.
func (tr *trial) recovers(key string) {
	tr.Helper()
	tr.soon("the store finds its engine again", func() bool {
		err := tr.timed(func(ctx context.Context) error { _, err := tr.store.Get(ctx, key); return err })
		require.NotErrorIs(tr, err, store.ErrNotFound, "Get of a live record after an outage")
		return err == nil
	})
}

func worksAfterOutage(tr *trial) {
	rec := record("a", "value")
	rec.Due = moment(0)
	former := tr.create(rec)
	rec = tr.put(former)
	tr.during(tr.harness.Outage, func() {
		for range 3 { // so that the store notices
			_ = tr.promptly("Get", func() error {
				return tr.timed(func(ctx context.Context) error { _, err := tr.store.Get(ctx, "a"); return err })
			})
		}
	})
	tr.recovers("a")
	tr.holds(rec)
	require.Equal(tr, []string{"a"}, tr.due(moment(0), 10))
	tr.conflicts(former)
	next := tr.put(rec)
	require.NotContains(tr, []int64{former.Version, rec.Version}, next.Version, "a version came back")
	tr.holds(tr.create(record("b", "value")))
	tr.remove(next)
	tr.absent("a")
}

// writer is one racer that puts its own record again and again.
type writer struct {
	acked     store.Record // as the last Put that succeeded left it
	attempted []byte       // the value of the Put that failed
	err       error
	puts      atomic.Int64
}

// work puts until that fails.
func (w *writer) work(ctx context.Context, s store.Store) {
	for w.err == nil {
		next := w.acked
		next.Value = fmt.Append(nil, w.puts.Add(1))
		w.attempted = next.Value
		if next.Version, w.err = s.Put(ctx, next); w.err == nil {
			w.acked = next
		}
	}
}

// keepsAcknowledged lets an outage meet several writers at work.
func keepsAcknowledged(tr *trial) {
	ctx, cancel := context.WithCancel(tr.Context())
	defer cancel()
	var writers [racers]writer
	var working sync.WaitGroup
	for i := range writers {
		writers[i].acked = tr.create(record(fmt.Sprintf("key-%d", i), "0"))
		working.Go(func() { writers[i].work(ctx, tr.store) })
	}
	tr.soon("all writers are at work", func() bool {
		for i := range writers {
			if writers[i].puts.Load() <= rounds {
				return false
			}
		}
		return true
	})
	tr.during(tr.harness.Outage, func() {
		<-time.After(callTime)
		cancel()
		_ = tr.promptly("Put", func() error { working.Wait(); return nil })
	})
	for i := range writers {
		w := &writers[i]
		tr.noAnswer(w.err, "Put of a record that nobody else writes")
		tr.recovers(w.acked.Key)
		tr.eitherOr(w.acked, w.attempted)
	}
}

// eitherOr ends the check unless a Put of former with another value, of which no
// answer came, happened or did not, and a retry by the former version is told so: it
// succeeds if the Put did not happen, and conflicts with it if it did. It returns the
// record as it is then.
func (tr *trial) eitherOr(former store.Record, value []byte) store.Record {
	tr.Helper()
	retry := former
	retry.Value = []byte("retry")
	version, err := tr.store.Put(tr.Context(), retry)
	if err == nil {
		retry.Version = version
		tr.holds(retry)
		require.NotEqual(tr, former.Version, version, "a version came twice")
		return retry
	}
	require.ErrorIs(tr, err, store.ErrConflict, "a Put by the former version")
	happened := former
	happened.Value, happened.Version = value, tr.get(former.Key).Version
	require.NotEqual(tr, former.Version, happened.Version, "a Put conflicts with the stored version")
	tr.holds(happened)
	return happened
}
