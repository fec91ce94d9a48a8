package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The model test runs random programs on two replicas of a kit with one store: people
// start, the vendor tells, hooks fail, processes die, the store breaks, time passes.
// A small model beside them knows what was said to whom, and defends I1-I10 at every
// write, every answer, every run of the hook and after every step; in the end all is
// mended, and everything must have come to its end and be forgotten.
//
// A failure is printed as a program in words, as short as rapid could make it, with
// the seed. Longer runs: go test -run TestModel ./handlers -rapid.checks=10000

func TestModel(t *testing.T) {
	t.Run("case 174: whatever happens in whatever order, I1-I10 hold after every step", func(t *testing.T) {
		seen := tally{}
		checkPrograms(t, t, sabotage{}, seen)
		if seen["a program"] >= enoughPrograms {
			for _, what := range mustBeSeen {
				assert.NotZero(t, seen[what], "no program ever reached: %s", what)
			}
		}
		t.Logf("%v", seen)
	})
}

// enoughPrograms is how many programs reach everything in mustBeSeen, beyond doubt.
const enoughPrograms = 100

// mustBeSeen is what random programs have to reach for the test to mean anything.
var mustBeSeen = []string{
	"created", "start_failed", "started", "pending", "recorded", "delivered", "dead", "scrubbed",
	"a revision", "a conflict", "an expiry", "a result that is gone", "a replay", "pictures delivered",
	"an orphan kept", "an orphan adopted", "a death in the hook", "a death during a query", "a death at a store call",
	"a second run after a death", "a store fault at notify", "a write whose answer was lost", "a fenced worker",
	"a delivery handed back", "a double click with one session", "a query for a person", "a stranger turned away",
}

// tally counts what the programs reached.
type tally map[string]int

// checkPrograms has rapid draw programs and look for one that makes the model object;
// sabotage breaks the kit, to see that it would be found. The bubble belongs to t, the
// verdict to tb.
func checkPrograms(tb rapid.TB, t *testing.T, s sabotage, seen tally) {
	tb.Helper()
	var failed report
	defer func() {
		if tb.Failed() {
			// What rapid says is enough as a rule; not where chance made the difference.
			tb.Logf("the last program that failed:\n%s", failed)
		}
	}()
	rapid.Check(tb, func(rt *rapid.T) {
		p := programs().Draw(rt, "program")
		// The kit draws its pauses at random: a failing program may need another try.
		tries := 1
		if failed.broken() {
			tries = 3
		}
		for range tries {
			if r := p.run(t, s, seen); r.broken() {
				failed = r
				rt.Fatalf("%s", r.violations[0])
			}
		}
	})
}

// report is what came of one program.
type report struct {
	program    program
	violations []string // none: all is well
}

func (r report) broken() bool { return len(r.violations) > 0 }

func (r report) String() string {
	return fmt.Sprintf("%#v\nbreaks:\n\t%s", r.program, strings.Join(r.violations, "\n\t"))
}

// run executes the program in a bubble of virtual time. Nothing in the bubble fails t:
// rapid must be able to run the next, shorter program.
func (p program) run(t *testing.T, s sabotage, seen tally) report {
	r := report{program: p}
	key := testKey(t)
	synctest.Test(t, func(*testing.T) {
		w := newWorld(p, key, s, seen)
		for _, next := range p.steps {
			w.step(next)
			if w.broken() {
				break
			}
		}
		if !w.broken() {
			w.comeToRest()
		}
		if !w.broken() {
			w.forget()
		}
		w.end()
		r.violations = w.violations()
	})
	return r
}
