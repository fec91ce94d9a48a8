package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func naiveStore(testing.TB) store.Store { return newNaive("", time.Now) }

func TestAStoreWithoutAFlawPasses(t *testing.T) {
	h := naiveHarness("", time.Now)
	h.Around = synctest.Test
	Run(t, h)
}

func TestRunNeedsNoBubbleAndNoClockToMove(t *testing.T) {
	h := naiveHarness("", ownClock)
	h.OwnClock, h.Life = true, 100*time.Millisecond
	Run(t, h)
}

func TestRunNamesWhatItLeavesOut(t *testing.T) {
	left := map[string]int{}
	for _, c := range checks() {
		left[c.missing(Harness{})]++
	}
	assert.Len(t, left, 5)
	for _, hook := range []string{"", "Another", "OwnClock", "Outage", "LoseAnswer"} {
		assert.Positive(t, left[hook], hook)
	}
	all := naiveHarness("", time.Now)
	all.OwnClock = true
	for _, c := range checks() {
		assert.Empty(t, c.missing(all), c.name)
	}
}

func TestCheckNamesAreUniqueSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks() {
		assert.False(t, seen[c.name], c.name)
		assert.Contains(t, c.name, " ")
		seen[c.name] = true
	}
}

// brokenStores maps each flaw of naive to a check that must fail for it.
func brokenStores() map[string]string {
	return map[string]string{
		"returns an empty record for an absent key":     "get of a key that was never put is ErrNotFound",
		"forgets to return the due moment":              "get returns what put stored",
		"returns the Unix epoch for no due moment":      "get of a record that is never due has a zero Due",
		"keeps values as text":                          "a value is any bytes",
		"cuts values at 64 KiB":                         "a value of 1 MiB comes back whole",
		"stores the caller's slice":                     "the caller may change its slice after put",
		"returns its own slice":                         "the caller may change the slice that get returned",
		"folds the case of keys":                        "keys differ by every byte",
		"cuts keys at 255 bytes":                        "keys differ by every byte",
		"gives negative versions":                       "put with version 0 creates a record",
		"creates over a live record":                    "put with version 0 over a live record is ErrConflict and changes nothing",
		"moves the due moment of a refused put":         "put with version 0 over a live record is ErrConflict and changes nothing",
		"keeps the first due moment":                    "put with the stored version replaces everything",
		"compares always true":                          "put with an older version is ErrConflict and changes nothing",
		"replaces with any greater version":             "put with a version never given is ErrConflict and changes nothing",
		"says not found for a conflict":                 "put with a version where no record is is ErrConflict and creates nothing",
		"creates with any version":                      "put with a version where no record is is ErrConflict and creates nothing",
		"does not delete":                               "delete with the stored version removes the record",
		"deletes any version":                           "delete with another version is ErrConflict and changes nothing",
		"says not found for a delete of nothing":        "delete of an absent record is fine",
		"deletes and forbids the key":                   "a deleted key can be created again",
		"alternates between two versions":               "a version is never used twice in one life",
		"starts versions anew in each life":             "a version is never used again after a delete",
		"ignores the TTL":                               "a record is there until its TTL is over and then is ErrNotFound",
		"expires at half the TTL":                       "a record is there until its TTL is over and then is ErrNotFound",
		"lists expired records":                         "an expired record is not due",
		"cuts the page before it drops expired records": "an expired record is not due",
		"looks only at the first records of the index":  "many expired records do not hide a live one that is due after them",
		"keeps the first TTL":                           "put starts the TTL anew",
		"reports the TTL that was put":                  "get tells what is left of the TTL",
		"counts a TTL in 32 bit milliseconds":           "a TTL of years is kept",
		"lists the latest first":                        "due lists the earliest first",
		"lists due records by key":                      "due lists the earliest first",
		"keeps due moments in seconds":                  "due lists a record from its very moment, told apart by milliseconds",
		"lists only what is due before the moment":      "due lists a record from its very moment, told apart by milliseconds",
		"decides by its own clock what is due":          "what is due depends on the argument and not on the clock",
		"keeps due moments without their zone":          "a due moment is the same in every time zone",
		"lists records without a due moment":            "a record without a due moment is never listed",
		"ignores the limit":                             "due lists at most limit keys, and they are the earliest",
		"reads a negative limit as all":                 "due with a limit below one lists nothing",
		"keeps one record per due moment":               "records due at the same moment are all listed once",
		"takes due moments off when it lists them":      "listing changes nothing",
		"takes any TTL":                                 "put refuses a TTL that is not positive and changes nothing",
		"takes any key":                                 "put refuses a key that the contract rules out",
		"names the key in not found":                    "no error contains a key or a value",
		"names the key in invalid":                      "no error contains a key or a value",
		"shows the value in a conflict":                 "no error contains a key or a value",
		"ignores the context":                           "every method fails when its context was cancelled",
		"hangs when the context has ended":              "every method fails when its deadline has passed",
		"hides the cause of a given up call":            "a call under way when its context ends is neither absence nor conflict",
		"hangs after a call was given up":               "a call that was given up leaves the store usable",
		"compares and sets in two steps":                "of many that put one version exactly one wins",
		"misses records while others write":             "many due records can be put while due is listed",

		"reads by a cache of its own":                     "what one process puts or deletes another one gets and lists at once",
		"compares with a cache of its own":                "a process that is behind puts and deletes nothing",
		"locks within its process":                        "of several processes that put one version exactly one wins",
		"asks first whether a key is there":               "of several processes that create one key exactly one wins",
		"gives versions by a counter of its own":          "several processes lose no update and are given no version twice",
		"remembers what it put":                           "a record that one process put expires for another one",
		"ends lives by the clock of the process":          "a process whose clock is decades behind agrees on what has expired",
		"begins lives by the clock of the process":        "what a process puts whose clock is decades behind lives its TTL",
		"keeps due moments as delays from now":            "what is due is the same for a process whose clock is decades behind",
		"says not found in an outage":                     "in an outage every method fails in time, which reads neither as absence nor as a conflict",
		"lists nothing in an outage":                      "in an outage every method fails in time, which reads neither as absence nor as a conflict",
		"hangs in an outage":                              "in an outage every method fails in time, which reads neither as absence nor as a conflict",
		"names the key in an outage":                      "in an outage every method fails in time, which reads neither as absence nor as a conflict",
		"does not come back after an outage":              "after an outage the same store works on with what it held",
		"takes up its versions anew after an outage":      "after an outage the same store works on with what it held",
		"forgets its last write in an outage":             "what was acknowledged before an outage is there after it, and a put under way happened or did not",
		"repeats a write whose answer was lost":           "a put whose answer is lost happened or did not, and a retry is told which",
		"takes a lost answer for success":                 "a put whose answer is lost happened or did not, and a retry is told which",
		"counts only the versions that were heard of":     "a put whose answer is lost happened or did not, and a retry is told which",
		"keeps half a write whose answer was lost":        "a put whose answer is lost happened or did not, and a retry is told which",
		"takes a lost answer for a conflict":              "a creation whose answer is lost happened or did not, and a retry is told which",
		"says not found when an answer was lost":          "a read whose answer is lost is neither absence nor an empty list",
		"lists nothing when an answer was lost":           "a read whose answer is lost is neither absence nor an empty list",
		"says conflict for a delete that it has repeated": "a delete whose answer is lost happened or did not, and can be repeated",
	}
}

func TestCase124EveryBrokenStoreFailsTheCheckThatNamesItsFlaw(t *testing.T) {
	byName := map[string]provided{}
	for _, c := range checks() {
		byName[c.name] = c
	}
	for flaw, name := range brokenStores() {
		t.Run("case 124: a store that "+flaw, func(t *testing.T) {
			c, ok := byName[name]
			require.True(t, ok, "there is no check %q", name)
			assert.NotEmpty(t, failures(t, c, flaw), "the check did not fail")
		})
	}
}

// TestEveryCheckCanFail shows that no check is empty: for each there is a broken
// store that fails it.
func TestEveryCheckCanFail(t *testing.T) {
	unfailed := map[string]provided{}
	for _, c := range checks() {
		unfailed[c.name] = c
	}
	for _, name := range brokenStores() {
		delete(unfailed, name) // TestCase124 has seen it fail
	}
	for flaw := range brokenStores() {
		for name, c := range unfailed {
			if failures(t, c, flaw) != nil {
				delete(unfailed, name)
			}
		}
	}
	for name := range unfailed {
		t.Errorf("no broken store fails the check %q", name)
	}
}

// failures runs c on a store with the flaw, in a bubble unless the check makes one
// itself, and returns what it reported.
func failures(t *testing.T, c provided, flaw string) []string {
	t.Helper()
	if c.hook == "OwnClock" {
		h := naiveHarness(flaw, ownClock)
		h.Life = 100 * time.Millisecond
		return reports(t, c.check, h)
	}
	var seen []string
	synctest.Test(t, func(t *testing.T) {
		seen = reports(t, c.check, naiveHarness(flaw, time.Now))
		time.Sleep(24 * time.Hour) // lets calls that hang return
	})
	return seen
}

func reports(t *testing.T, c check, h Harness) []string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.against(r, h, bubbleOf(t)) // FailNow ends this goroutine
	}()
	<-done
	return r.failures
}

// recorder notes failures where a test would fail.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (r *recorder) Failed() bool { return len(r.failures) > 0 }

func (r *recorder) FailNow() { runtime.Goexit() }

func BenchmarkNaive(b *testing.B) { Bench(b, 100, naiveStore) }
