package storetest

import (
	"errors"
	"maps"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/facegate/facegate/store"
)

var (
	errDown = errors.New("naive: the engine does not answer")
	errLost = errors.New("naive: the answer was lost")
)

// naiveEngine is what the stores of several processes have in common.
type naiveEngine struct {
	now func() time.Time

	mu      sync.Mutex
	records map[string]naiveRecord
	version int64                  // the last one given
	before  map[string]naiveRecord // the records before the last write
	calls   int
	down    bool
	losing  bool // the next answer
}

// newNaive returns the store of the first process over a new engine.
func newNaive(flaw string, now func() time.Time) *naive {
	return (&naiveEngine{now: now, records: map[string]naiveRecord{}}).open(flaw)
}

// open returns the store of one more process.
func (e *naiveEngine) open(flaw string) *naive {
	return &naive{naiveEngine: e, flaw: flaw, lock: make(chan struct{}, 1), own: map[string]naiveRecord{}}
}

// naiveHarness has every hook. OwnClock is for the test to set, which knows whether
// now is the process's.
func naiveHarness(flaw string, now func() time.Time) Harness {
	var e *naiveEngine // under the store that New returned last
	return Harness{
		New: func(testing.TB) store.Store {
			first := newNaive(flaw, now)
			e = first.naiveEngine
			return first
		},
		Another:    func(testing.TB) store.Store { return e.open(flaw) },
		Outage:     func(testing.TB) func() { return e.fail(flaw) },
		LoseAnswer: func(testing.TB) func() { return e.loseAnswer() },
	}
}

// ownClock is the machine's clock, also in a bubble of testing/synctest.
func ownClock() time.Time {
	var now syscall.Timeval
	if err := syscall.Gettimeofday(&now); err != nil {
		panic(err)
	}
	return time.Unix(int64(now.Sec), int64(now.Usec)*1000)
}

// store writes a record. The caller holds mu.
func (e *naiveEngine) store(rec naiveRecord) {
	e.before = maps.Clone(e.records)
	e.records[rec.Key] = rec
}

// fail lets the engine go down.
func (e *naiveEngine) fail(flaw string) (restore func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = true
	if flaw == "forgets its last write in an outage" {
		e.records = e.before
	}
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.down = false
		if flaw == "takes up its versions anew after an outage" {
			e.version = 0
		}
	}
}

func (e *naiveEngine) isDown() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.down
}

// loseAnswer loses the next answer.
func (e *naiveEngine) loseAnswer() (restore func()) {
	lose := func(losing bool) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.losing = losing
	}
	lose(true)
	return func() { lose(false) }
}

// answerLost reports whether the answer is the one that gets lost.
func (e *naiveEngine) answerLost() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	lost := e.losing
	e.losing = false
	return lost
}

// spoil does to a write of a key whose answer was lost what a flaw says.
func (n *naive) spoil(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch n.flaw {
	case "counts only the versions that were heard of":
		n.version--
	case "keeps half a write whose answer was lost":
		half := n.records[key]
		half.Due = time.Time{}
		n.records[key] = half
	}
}
