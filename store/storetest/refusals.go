package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func refusalChecks() []check {
	return []check{
		{"put refuses a TTL that is not positive and changes nothing", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			for _, ttl := range []time.Duration{0, -1, -time.Hour} {
				tr.refusesAsInvalid(store.Record{Key: "a", Version: rec.Version, TTL: ttl})
				tr.holds(rec)
				tr.refusesAsInvalid(store.Record{Key: "b", TTL: ttl})
				tr.absent("b")
			}
		}},
		{"put refuses a key that the contract rules out", func(tr *trial) {
			for _, key := range []string{
				"", " ", "a b", " a", "a ", "a\n", "a\t", "\x00", "a\x7f", "é", "\xff", "名",
				strings.Repeat("k", store.MaxKeyLen+1),
			} {
				tr.refusesAsInvalid(record(key, "value"))
			}
			tr.absent("a")
		}},
		{"no error contains a key or a value", leaksNothing},
	}
}

// refusesAsInvalid ends the check unless Put fails with an error that nobody can
// mistake for a race or an absent record.
func (tr *trial) refusesAsInvalid(rec store.Record) {
	tr.Helper()
	_, err := tr.store.Put(tr.Context(), rec)
	require.Error(tr, err, "Put of a record that the contract rules out")
	require.NotErrorIs(tr, err, store.ErrConflict)
	require.NotErrorIs(tr, err, store.ErrNotFound)
}

// leaksNothing provokes every error it can and looks for the key and the value in
// it.
func leaksNothing(tr *trial) {
	const key, badKey, value = "canary-key-7f3a", "canary-key-7f3a with space", "canary-value-91bc"
	live := tr.create(record(key, value))
	ended, end := context.WithCancel(tr.Context())
	end()

	var errs []error
	provoke := func(ctx context.Context, rec store.Record) {
		_, err := tr.store.Put(ctx, rec)
		errs = append(errs, err, tr.store.Delete(ctx, rec.Key, rec.Version))
		_, err = tr.store.Get(ctx, rec.Key)
		errs = append(errs, err)
		_, err = tr.store.Due(ctx, moment(0), 10)
		errs = append(errs, err)
	}
	stale, absent, bad, dead := live, record(key+"-absent", value), record(badKey, value), live
	stale.Version, absent.Version, dead.TTL = live.Version+1, 7, -1
	provoke(tr.Context(), stale)
	provoke(tr.Context(), absent)
	provoke(tr.Context(), bad)
	provoke(ended, live)
	_, err := tr.store.Put(tr.Context(), dead)
	errs = append(errs, err)

	provoked := 0
	for _, err := range errs {
		for ; err != nil; err = errors.Unwrap(err) {
			provoked++
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				require.NotContains(tr, text, "canary", "an error shows a key or a value")
			}
		}
	}
	require.Positive(tr, provoked, "nothing failed")
}

func contextChecks() []check {
	return []check{
		{"every method fails when its context was cancelled", func(tr *trial) {
			ctx, cancel := context.WithCancel(tr.Context())
			cancel()
			tr.givesUp(ctx, context.Canceled)
		}},
		{"every method fails when its deadline has passed", func(tr *trial) {
			ctx, cancel := context.WithTimeout(tr.Context(), -time.Second)
			defer cancel()
			tr.givesUp(ctx, context.DeadlineExceeded)
		}},
		{"a call under way when its context ends is neither absence nor conflict", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			tr.endsMidway("Get", func(ctx context.Context) error {
				_, err := tr.store.Get(ctx, "a")
				return err
			})
			tr.endsMidway("Put", func(ctx context.Context) error {
				version, err := tr.store.Put(ctx, rec)
				rec.Version = version
				return err
			})
		}},
		{"a call that was given up leaves the store usable", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			ctx, cancel := context.WithCancel(tr.Context())
			cancel()
			_ = tr.promptly("Delete", func() error { return tr.store.Delete(ctx, "absent", 1) })
			_ = tr.promptly("Due", func() error { _, err := tr.store.Due(ctx, moment(0), 1); return err })
			err := tr.promptly("Put", func() error {
				_, err := tr.store.Put(tr.Context(), rec)
				return err
			})
			require.NoError(tr, err)
		}},
	}
}

// givesUp ends the check unless every method fails with cause under ctx, which
// has ended.
func (tr *trial) givesUp(ctx context.Context, cause error) {
	tr.Helper()
	rec := record("a", "value")
	rec.Due = moment(0)
	rec = tr.create(rec)
	for _, call := range []struct {
		name string
		run  func() error
	}{
		{"Get", func() error { _, err := tr.store.Get(ctx, "a"); return err }},
		{"Get of an absent record", func() error { _, err := tr.store.Get(ctx, "absent"); return err }},
		{"Put", func() error { _, err := tr.store.Put(ctx, rec); return err }},
		{"Put of a new record", func() error { _, err := tr.store.Put(ctx, record("b", "value")); return err }},
		{"Delete", func() error { return tr.store.Delete(ctx, "a", rec.Version) }},
		{"Delete of an absent record", func() error { return tr.store.Delete(ctx, "absent", 1) }},
		{"Due", func() error { _, err := tr.store.Due(ctx, moment(0), 10); return err }},
	} {
		require.ErrorIs(tr, tr.promptly(call.name, call.run), cause, call.name)
	}
}

// endsMidway repeats call, lets its context end at any moment, and ends the check
// unless a call then fails with what does not read as an answer.
func (tr *trial) endsMidway(name string, call func(context.Context) error) {
	tr.Helper()
	ctx, cancel := context.WithCancel(tr.Context())
	defer cancel()
	err := tr.promptly(name, func() error {
		for calls := range 100 * rounds {
			if calls == rounds {
				go cancel()
			}
			if err := call(ctx); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return call(ctx)
	})
	require.Error(tr, err, name)
	require.NotErrorIs(tr, err, store.ErrNotFound, name)
	require.NotErrorIs(tr, err, store.ErrConflict, name)
}
