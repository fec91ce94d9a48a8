// Package storetest is the contract of [store.Store] as a test suite, with
// benchmarks, for people who write their own store:
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, storetest.Harness{
//			New: func(t testing.TB) store.Store { return mystore.Open(emptySchema(t)) },
//		})
//	}
//
// It works against a real server whose clock cannot be moved: checks of expiry
// then use short lives and poll. Run it with -race. The more hooks a [Harness] has,
// the more is checked: two processes, a clock that is off, outages, lost answers.
//
// [Faulty] spoils calls of any store, for tests of what is built on one.
package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// Precision is the coarsest time a store may keep. Due moments that differ by
// this much are told apart, and come back from Get exact to it; moments finer
// than this may be rounded.
const Precision = time.Millisecond

const (
	// patience is how long a check waits for what must happen soon.
	patience = 10 * time.Second

	// pollEvery is how often a check looks whether it has.
	pollEvery = 10 * time.Millisecond

	// shortLife is the default of [Harness.Life].
	shortLife = 300 * time.Millisecond

	// movedLife is the TTL of records whose end is reached by [Harness.Advance].
	movedLife = time.Hour
)

// Harness tells [Run] how to make and drive the store under test.
type Harness struct {
	// New returns a store with no record in it, and nobody else writing to it; it
	// releases what it opened by t.Cleanup. It is called once per check, so on a
	// shared server it clears the data or takes a fresh schema or prefix. Stores
	// may share one counter of versions. Required.
	New func(t testing.TB) store.Store

	// Advance moves the clock by which the store measures TTLs forward by d. Nil
	// means that the clock cannot be moved; checks of expiry then wait for it. It
	// is never called during a call of the store.
	Advance func(d time.Duration)

	// Life is, where Advance is nil, the TTL of the records whose end a check waits
	// for. Zero means 300 ms. Raise it for an engine whose calls take more than
	// a tenth of that.
	Life time.Duration

	// Around runs each check. Nil means to just call it. [testing/synctest.Test]
	// fits for a store that lives inside the process and uses its clock: waiting
	// then takes no time.
	Around func(t *testing.T, check func(t *testing.T))

	// Another returns one more store over the records of the one that New returned
	// last, as another process would open it: with connections of its own. Nil leaves
	// out the checks of several processes.
	Another func(t testing.TB) store.Store

	// OwnClock says that the engine has a clock of its own, which is not the
	// process's. A check then calls Another in a bubble of [testing/synctest], where
	// the process's clock is decades behind, so it does not go with an Around that
	// makes one. False leaves the check out.
	OwnClock bool

	// Outage stops the engine or makes it hang, in the middle of calls too. What it
	// returns brings it back with all that it had acknowledged. Nil leaves out the
	// checks of outages.
	Outage func(t testing.TB) (restore func())

	// LoseAnswer lets the engine carry out the next call and loses its answer on the
	// way, for instance by closing the connection. If the store repeats the call by
	// itself, that is answered. What it returns is called after the call and ends
	// the disturbance if it has not come to pass. Nil leaves out the checks of lost
	// answers.
	LoseAnswer func(t testing.TB) (restore func())
}

// Run tests every sentence of the contract, each as a subtest with a name that
// says it. The checks run one after the other; those that need a hook which h does
// not have are skipped.
func Run(t *testing.T, h Harness) {
	t.Helper()
	require.NotNil(t, h.New, "storetest: Harness.New is required")
	around := h.Around
	if around == nil {
		around = func(t *testing.T, check func(t *testing.T)) { check(t) }
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if hook := c.missing(h); hook != "" {
				t.Skipf("storetest: left out without Harness.%s", hook)
			}
			around(t, func(t *testing.T) { c.against(t, h, bubbleOf(t)) })
		})
	}
}
