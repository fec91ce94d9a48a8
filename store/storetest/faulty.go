package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/facegate/facegate/store"
)

// Faulty is a [store.Store] above another one that counts its calls and spoils some
// of them, to show that what is built on a store holds whichever of its calls goes
// wrong:
//
//	faulty := &storetest.Faulty{Base: store.NewMemory()}
//	for n := 1; ; n++ {
//		...
//		faulty.Break(storetest.Fault{Kind: storetest.Lost, Nth: n})
//		...
//		if faulty.Spoilt() == 0 {
//			break // there are fewer calls than n
//		}
//	}
//
// It is safe for concurrent use and works in bubbles of [testing/synctest].
type Faulty struct {
	// Base is the store below. Required. Do not change it while calls are made.
	Base store.Store

	mu      sync.Mutex
	calls   int
	fault   Fault
	counted int // calls that the fault concerns, since Break
	spoilt  int
}

var _ store.Store = (*Faulty)(nil)

// Break spoils calls from now on, in place of what was said before, and counts anew.
func (f *Faulty) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.counted, f.spoilt = fault, 0, 0
}

// Mend lets all further calls through. Spoilt still tells of those before.
func (f *Faulty) Mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = Fault{}
}

// Calls is how many calls were made in all, spoilt ones included.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Spoilt is how many calls were spoilt since Break: zero tells that the n-th was
// never made.
func (f *Faulty) Spoilt() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spoilt
}

// Unwrap returns the store below, for what it can do besides [store.Store]. A
// transaction that is found there reaches it through spoilt and unspoilt calls alike,
// by their contexts; its beginning and its commit are no calls of a store, so they
// are neither counted nor spoilt.
func (f *Faulty) Unwrap() store.Store { return f.Base }

// Get implements [store.Store].
func (f *Faulty) Get(ctx context.Context, key string) (rec store.Record, err error) {
	if fault := f.next("Get").do(ctx, func() { rec, err = f.Base.Get(ctx, key) }); fault != nil {
		return store.Record{}, fault
	}
	return rec, err
}

// Put implements [store.Store].
func (f *Faulty) Put(ctx context.Context, rec store.Record) (version int64, err error) {
	if fault := f.next("Put").do(ctx, func() { version, err = f.Base.Put(ctx, rec) }); fault != nil {
		return 0, fault
	}
	return version, err
}

// Delete implements [store.Store].
func (f *Faulty) Delete(ctx context.Context, key string, version int64) (err error) {
	if fault := f.next("Delete").do(ctx, func() { err = f.Base.Delete(ctx, key, version) }); fault != nil {
		return fault
	}
	return err
}

// Due implements [store.Store].
func (f *Faulty) Due(ctx context.Context, before time.Time, limit int) (keys []string, err error) {
	if fault := f.next("Due").do(ctx, func() { keys, err = f.Base.Due(ctx, before, limit) }); fault != nil {
		return nil, fault
	}
	return keys, err
}

// next counts a call and returns the fault that spoils it, or none.
func (f *Faulty) next(method string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if !f.fault.concerns(method) {
		return Fault{}
	}
	f.counted++
	if !f.fault.hits(f.counted) {
		return Fault{}
	}
	f.spoilt++
	return f.fault
}
