package handlers_test

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A test that cannot fail proves nothing: here the kit, its store, its vendor or its
// app is broken on purpose, and the model has to find it.

func TestModelFinds(t *testing.T) {
	for name, c := range map[string]struct {
		broken    sabotage
		invariant string
	}{
		"I1: a vendor's client that takes any signature":         {sabotage{vendor: trusting}, "I1"},
		"I1: a policy that passes whoever is not done":           {sabotage{vendor: hasty}, "I1"},
		"I2: a notify that is answered before it is recorded":    {sabotage{handler: hurried}, "I2"},
		"I2: a store that loses each third write":                {sabotage{store: forgetful}, "I2"},
		"I3: an app that pays twice":                             {sabotage{hook: twice}, "I3"},
		"I3: a hook's failure that is taken for success":         {sabotage{hook: swallowed}, "I3"},
		"I3, case 124: a store whose compare-and-set lies":       {sabotage{store: lying}, "I3"},
		"I3: a store that lists nothing as due":                  {sabotage{store: silent}, "I3"},
		"I3: a store that does not note when something is due":   {sabotage{store: undated}, "I3"},
		"I4: a store that puts an old backup back":               {sabotage{store: reverting}, "I4"},
		"I5: finish shows anyone what there is":                  {sabotage{handler: talkative}, "I5"},
		"I6: finish asks the vendor for anyone":                  {sabotage{handler: generous}, "I6"},
		"I6: a vendor that may be asked without end":             {sabotage{vendor: unlimited}, "I6"},
		"I7: an answer that echoes what came":                    {sabotage{handler: echoing}, "I7"},
		"I7: an event that tells what is private":                {sabotage{events: indiscreet}, "I7"},
		"I8: a result that goes to somebody else":                {sabotage{hook: misdirected}, "I8"},
		"I9: a fault of the store that is the caller's to blame": {sabotage{handler: blaming}, "I9"},
		"I9: a vendor's client that panics":                      {sabotage{vendor: panicky}, "I9"},
		"I10: a store that keeps everything for ever":            {sabotage{store: hoarding}, "I10"},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 100 {
				r := programs().Example(seed).run(t, c.broken, tally{})
				if slices.ContainsFunc(r.violations, func(v string) bool { return strings.HasPrefix(v, c.invariant+":") }) {
					return
				}
			}
			t.Error("no program found it")
		})
	}
}

func TestModelShrinks(t *testing.T) {
	t.Run("a failure comes as a few steps in words, with the seed", func(t *testing.T) {
		t.Chdir(t.TempDir()) // rapid keeps failures beside the test
		said := &audience{T: t}
		var over sync.WaitGroup
		over.Go(func() { checkPrograms(said, t, sabotage{events: indiscreet}, tally{}) })
		over.Wait()
		text := said.text.String()
		assert.True(t, said.Failed())
		assert.Contains(t, text, "-rapid.seed=")
		assert.Contains(t, text, "I7: an event gives away what is private")
		_, shortest, _ := strings.Cut(text, "the last program that failed:")
		assert.Len(t, regexp.MustCompile(`(?m)^\s+\d+\. `).FindAllString(shortest, -1), 1, "a start is enough")
	})
}

// audience hears what a test says in place of its T. The test may end itself.
type audience struct {
	*testing.T
	text   bytes.Buffer
	failed bool
}

func (a *audience) Logf(format string, args ...any) { fmt.Fprintf(&a.text, format+"\n", args...) }
func (a *audience) Log(args ...any)                 { fmt.Fprintln(&a.text, args...) }
func (a *audience) Fail()                           { a.failed = true }
func (a *audience) Failed() bool                    { return a.failed }

func (a *audience) Errorf(format string, args ...any) {
	a.Logf(format, args...)
	a.Fail()
}

func (a *audience) FailNow() {
	a.Fail()
	runtime.Goexit()
}
