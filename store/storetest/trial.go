package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// trial is one check at work on one fresh store. Its helpers end the check when
// a call that must succeed does not.
type trial struct {
	testing.TB
	store   store.Store
	stores  []store.Store // those that racers use: store and what joins it
	harness Harness
	bubble  func(run func(t *testing.T))
	life    time.Duration // TTL of records whose end the check waits for
}

// join opens the store of another process, which takes part in races, and returns
// the same trial seen from there.
func (tr *trial) join() *trial {
	tr.Helper()
	other := *tr
	other.store = tr.harness.Another(tr)
	tr.stores = append(tr.stores, other.store)
	return &other
}

// during lets something run in a disturbance that begin causes, and ends that in
// any case.
func (tr *trial) during(begin func(testing.TB) (restore func()), run func()) {
	tr.Helper()
	restore := begin(tr)
	defer restore()
	run()
}

// record returns a record with a long life that is never due.
func record(key, value string) store.Record {
	return store.Record{Key: key, Value: []byte(value), TTL: 24 * time.Hour}
}

// moment returns a moment that lies ms milliseconds after a fixed one. It has
// nothing to do with the store's clock: only Due's argument says what is due.
func moment(ms int) time.Time {
	return time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// create puts rec as a new record and returns it with its version.
func (tr *trial) create(rec store.Record) store.Record {
	tr.Helper()
	rec.Version = 0
	return tr.put(rec)
}

// put puts rec and returns it with its new version.
func (tr *trial) put(rec store.Record) store.Record {
	tr.Helper()
	version, err := tr.store.Put(tr.Context(), rec)
	require.NoError(tr, err, "Put with the stored version")
	rec.Version = version
	return rec
}

// get returns the live record of key.
func (tr *trial) get(key string) store.Record {
	tr.Helper()
	rec, err := tr.store.Get(tr.Context(), key)
	require.NoError(tr, err, "Get of a live record")
	return rec
}

// remove deletes rec by its version.
func (tr *trial) remove(rec store.Record) {
	tr.Helper()
	require.NoError(tr, tr.store.Delete(tr.Context(), rec.Key, rec.Version), "Delete with the stored version")
}

// due lists up to limit keys due at the moment.
func (tr *trial) due(before time.Time, limit int) []string {
	tr.Helper()
	keys, err := tr.store.Due(tr.Context(), before, limit)
	require.NoError(tr, err, "Due")
	return keys
}

// absent ends the check unless Get says ErrNotFound.
func (tr *trial) absent(key string) {
	tr.Helper()
	_, err := tr.store.Get(tr.Context(), key)
	require.ErrorIs(tr, err, store.ErrNotFound, "Get of an absent record")
}

// conflicts ends the check unless Put of rec says ErrConflict.
func (tr *trial) conflicts(rec store.Record) {
	tr.Helper()
	_, err := tr.store.Put(tr.Context(), rec)
	require.ErrorIs(tr, err, store.ErrConflict, "Put with another version than the stored one")
}

// holds ends the check unless the store still has rec as it was put.
func (tr *trial) holds(rec store.Record) {
	tr.Helper()
	got := tr.get(rec.Key)
	require.Equal(tr, rec.Key, got.Key, "Key")
	require.Equal(tr, string(rec.Value), string(got.Value), "Value")
	require.Equal(tr, rec.Version, got.Version, "Version")
	tr.sameMoment(rec.Due, got.Due)
	require.Positive(tr, got.TTL, "TTL")
	require.LessOrEqual(tr, got.TTL, rec.TTL, "TTL")
}

// sameMoment ends the check unless both are zero, or the same instant within
// Precision.
func (tr *trial) sameMoment(want, got time.Time) {
	tr.Helper()
	require.Equal(tr, want.IsZero(), got.IsZero(), "is Due zero")
	require.Less(tr, want.Sub(got).Abs(), Precision, "Due")
}

// outlive returns when a record of key that was put with tr.life has expired.
func (tr *trial) outlive(key string) {
	tr.Helper()
	if tr.harness.Advance != nil {
		tr.harness.Advance(tr.life + time.Second)
		tr.absent(key)
		return
	}
	tr.soon("the record expires", func() bool {
		_, err := tr.store.Get(tr.Context(), key)
		if !errors.Is(err, store.ErrNotFound) {
			require.NoError(tr, err, "Get")
		}
		return err != nil
	})
}

// pass lets d go by on the store's clock.
func (tr *trial) pass(d time.Duration) {
	if tr.harness.Advance != nil {
		tr.harness.Advance(d)
		return
	}
	<-time.After(d)
}

// soon polls until what holds, and ends the check if it does not in time.
func (tr *trial) soon(what string, holds func() bool) {
	tr.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			require.FailNow(tr, "storetest: waited in vain until "+what)
		}
		<-time.After(pollEvery)
	}
}

// promptly runs call beside the check and ends the check if it does not return.
func (tr *trial) promptly(what string, call func() error) error {
	tr.Helper()
	ctx, cancel := context.WithTimeout(tr.Context(), patience)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- call() }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		require.FailNow(tr, "storetest: "+what+" does not return")
		return nil
	}
}
