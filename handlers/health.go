package handlers

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/facegate/facegate/store"
)

// HealthStatus sums a [Health] up.
type HealthStatus string

// The statuses.
const (
	// HealthOK: nothing is wrong.
	HealthOK HealthStatus = "ok"
	// HealthDegraded: the kit works, and somebody should look: an account cannot be
	// used, work is overdue, or there are dead letters.
	HealthDegraded HealthStatus = "degraded"
	// HealthDown: the store does not answer, or every vendor refuses its credentials, so
	// that this process is of no use. A vendor's outage is not it: taking all processes
	// out of service would lose the notices that still come.
	HealthDown HealthStatus = "down"
)

// Health is how a kit does at this moment. It holds nothing personal.
type Health struct {
	// Status sums the rest up.
	Status HealthStatus
	// Store tells about the store.
	Store StoreHealth
	// Vendors tell about each account, by name.
	Vendors []VendorHealth
	// OldestDue is the moment since which the oldest piece of work has been waiting
	// for Run. Zero: none waits.
	OldestDue time.Time
	// Lag is how long that is. Some seconds are normal; more than [MaxHealthyLag]
	// means that Run does not run or is not fast enough.
	Lag time.Duration
	// DeadLetters is how many sessions are parked as dead; see [Kit.DeadLetters].
	DeadLetters int
}

// StoreHealth is whether the store writes, reads and deletes.
type StoreHealth struct {
	// Err is why it does not; nil where it does.
	Err error
	// RoundTrip is how long it took to write a record, read it back and delete it.
	RoundTrip time.Duration
}

// VendorHealth is whether an account can be used.
type VendorHealth struct {
	// Name is the account's.
	Name string
	// Err is why it cannot be used, such as CodeVendorMisconfigured for credentials
	// that the vendor refuses; nil where it can.
	Err error
	// TokenExpires is when its access token ends. Zero: it needs none, or has none.
	TokenExpires time.Time
}

// MaxHealthyLag is the lag above which a kit is degraded.
const MaxHealthyLag = time.Minute

// Health looks at the store, the accounts and the work that waits. It writes one
// record that lives for a minute, reads some, and asks a vendor for an access token
// if there is none. Call it as often as a load balancer does, from inside only. It
// never fails: what does not answer within StoreTimeout or VendorTimeout is told as
// an error of that part.
func (k *Kit) Health(ctx context.Context) Health {
	h := Health{Store: k.storeHealth(ctx), Vendors: k.vendorHealth(ctx)}
	if h.Store.Err == nil {
		h.Store.Err = k.backlog(ctx, &h)
	}
	h.Status = h.status()
	return h
}

// status sums up.
func (h Health) status() HealthStatus {
	broken, refused := 0, 0
	for _, v := range h.Vendors {
		if v.Err != nil {
			broken++
		}
		if CodeOf(v.Err) == CodeVendorMisconfigured {
			refused++
		}
	}
	switch {
	case h.Store.Err != nil, refused == len(h.Vendors):
		return HealthDown
	case broken > 0, h.Lag > MaxHealthyLag, h.DeadLetters > 0:
		return HealthDegraded
	default:
		return HealthOK
	}
}

// storeHealth writes a record, reads it back and deletes it.
func (k *Kit) storeHealth(ctx context.Context) StoreHealth {
	began := time.Now()
	err := k.writeAndRead(ctx)
	if err != nil {
		return StoreHealth{Err: &Error{Code: CodeStoreUnavailable, Err: err}}
	}
	return StoreHealth{RoundTrip: time.Since(began)}
}

// errStaleRead says that the store did not give back what it had just taken: reads
// go to a replica that is behind.
var errStaleRead = errors.New("the store gave back something else than was written")

func (k *Kit) writeAndRead(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	rec := store.Record{Key: healthPrefix + newID(), Value: []byte("health"), TTL: minTTL}
	version, err := k.opts.Store.Put(ctx, rec)
	if err != nil {
		return err
	}
	got, err := k.opts.Store.Get(ctx, rec.Key)
	if err != nil {
		return err
	}
	if !bytes.Equal(got.Value, rec.Value) || got.Version != version {
		return errStaleRead
	}
	return k.opts.Store.Delete(ctx, rec.Key, version)
}

// vendorHealth asks each account whether it can be used.
func (k *Kit) vendorHealth(ctx context.Context) []VendorHealth {
	ctx, cancel := context.WithTimeout(ctx, k.opts.VendorTimeout)
	defer cancel()
	names := k.accounts()
	all := make([]VendorHealth, len(names))
	var asking sync.WaitGroup
	for i, name := range names {
		asking.Go(func() {
			ready, err := k.vendors[name].Ready(ctx)
			all[i] = VendorHealth{Name: name, Err: err, TokenExpires: ready.TokenExpires}
		})
	}
	asking.Wait()
	return all
}

// accounts are the names of all accounts, in order.
func (k *Kit) accounts() []string { return slices.Sorted(maps.Keys(k.vendors)) }

// backlog looks at the work that waits.
func (k *Kit) backlog(ctx context.Context, h *Health) error {
	due, err := k.oldestDue(ctx)
	if err != nil {
		return &Error{Code: CodeStoreUnavailable, Err: err}
	}
	if !due.IsZero() {
		h.OldestDue, h.Lag = due, max(0, k.now().Sub(due))
	}
	dead, err := k.listed(ctx)
	h.DeadLetters = len(dead)
	if CodeOf(err) == CodeInternal {
		// A newer version of this package wrote the list, and tells how long it is.
		k.emit(ctx, Event{Name: EventUnreadable})
		return nil
	}
	return err
}

// oldestDue is the due moment of what has waited longest. A record that another
// process moves on at this very moment is none.
func (k *Kit) oldestDue(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	keys, err := k.opts.Store.Due(ctx, k.now(), 1)
	if err != nil || len(keys) == 0 {
		return time.Time{}, err
	}
	rec, err := k.peek(ctx, k.opts.Store, keys[0])
	return rec.Due, err
}
