package fleettest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// outage is an engine whose process is killed, with the setting that decides what it
// forgets.
type outage struct {
	engine   kind
	setting  string
	args     []string // of Redis
	snapshot bool     // one was taken when the first people had begun, and is all that is left
	forgets  bool     // it may lose records of which somebody was told
	promise  string
}

// outages are the settings of the report, with what holds for each.
func outages() []outage {
	inTx := "Nothing acknowledged is lost. No run of a hook is committed twice."
	return []outage{
		{
			engine: onRedis, setting: "nothing on disk", forgets: true,
			promise: "It starts empty. What was acknowledged and not delivered is delivered after Kit.Restore: the vendor is asked, within its " +
				"retention and its budget, or repeats its notice.",
		},
		{
			engine: onRedis, setting: "a snapshot", snapshot: true, forgets: true,
			promise: "It goes back to the snapshot. The kit asks the vendor again about every session in it and delivers, with the same key " +
				"if it had before; what began later is as with nothing on disk.",
		},
		{
			engine: onRedis, setting: "appendonly yes, appendfsync everysec", args: []string{"--appendonly", "yes", "--appendfsync", "everysec"},
			forgets: true,
			promise: "As a rule nothing acknowledged is lost. Where the disk was too busy to take the last two seconds, those are as with a snapshot.",
		},
		{
			engine: onRedis, setting: "appendonly yes, appendfsync always", args: []string{"--appendonly", "yes", "--appendfsync", "always"},
			promise: "Nothing acknowledged is lost. A hook whose mark was not written runs again, with the same key.",
		},
		{engine: onPostgreSQL, setting: "InTx", promise: inTx},
		{engine: onMariaDB, setting: "InTx", promise: inTx},
	}
}

// How an outage goes.
const (
	outageLasts = 20 * time.Second
	calm        = 2 * time.Second // of load before and after it
	backlog     = 100             // results acknowledged just before, more than hooks run at once
	atVendor    = 60              // people who are at the vendor when it begins
)

// losses is what an outage cost, in results that were acknowledged.
type losses struct {
	acknowledged int
	delivered    int // by the fleet itself
	restored     int // delivered after the app had put the session back
	lost         int
	runs         int
}

func TestOutage(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]losses{}
	t.Run("cases 115, 116, 117", func(t *testing.T) {
		for _, o := range outages() {
			t.Run(fmt.Sprintf("%v, is killed under load and comes back after %v", o, outageLasts), func(t *testing.T) {
				t.Parallel()
				found := o.run(t)
				mu.Lock()
				defer mu.Unlock()
				seen[o.String()] = found
			})
		}
	})
	report := []row{{"store and setting", "acknowledged", "delivered", "after Restore", "lost", "runs", "promise"}}
	for _, o := range outages() {
		l, ok := seen[o.String()]
		if !ok {
			t.Log("not every outage was seen; README.md is not looked at")
			return
		}
		report = append(report, row{o, l.acknowledged, l.delivered, l.restored, l.lost, l.runs, o.promise})
	}
	t.Log(table(report...))
	promisesSection.check(t, promises())
}

func (o outage) String() string { return fmt.Sprintf("%s, %s", o.engine, o.setting) }

// promises are the outages' promises as Markdown.
func promises() string {
	var text strings.Builder
	text.WriteString("| store and setting | after a crash of the server's process |\n|---|---|\n")
	for _, o := range outages() {
		fmt.Fprintf(&text, "| %v | %s |\n", o, o.promise)
	}
	return text.String()
}

// run crashes the engine under load and brings it back.
func (o outage) run(t *testing.T) losses {
	kept, engine := startEngine(t, o.engine, o.args...)
	book := kept
	if o.engine == onRedis {
		book = sqliteFile(t) // the app's own database does not go down with Redis
	}
	f := newFleet(t, spec{
		Store: kept, Ledger: book,
		HookTakes: 500 * time.Millisecond, HookTimeout: 5 * time.Second, PollInterval: 200 * time.Millisecond,
	}, serveVendor(t))
	members := []*member{f.start(t), f.start(t)}
	early := f.begun(t, backlog+atVendor)
	if o.snapshot {
		require.NoError(t, kept.client().Save(t.Context()).Err())
	}
	crowd, disperse := f.gather(t, early)
	elapse(t, calm)
	require.NoError(t, inParallel(backlog, func(i int) error { crowd.tell(early[i]); return nil }))

	engine.Kill(t)
	down := time.Now()
	for _, session := range early[backlog:] {
		crowd.late <- session
	}
	elapse(t, outageLasts)
	up := time.Now()
	engine.Start(t)
	f.recovers(t)
	elapse(t, calm)
	disperse()
	crowd.refused(down, up)
	crowd.repeat()
	for _, m := range members {
		m.retire(t) // each is still the process that it was
	}

	own := crowd.heard // what the fleet brings to its end by itself
	switch {
	case o.snapshot:
		own = early
	case o.forgets:
		own = nil
	}
	f.start(t, func(s *spec) { s.Ahead = sessionEnds }) // nobody is at the vendor's any more
	return o.losses(t, crowd, own)
}

// elapse lets time pass for the processes outside.
func elapse(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// recovers waits until a person can begin again.
func (f *fleet) recovers(t *testing.T) {
	t.Helper()
	tries := 0
	require.Eventually(t, func() bool {
		tries++
		session, _, err := f.begin(t.Context(), fmt.Sprintf("first-%d", tries))
		return err == nil && session != ""
	}, patience, 100*time.Millisecond)
}

// losses looks for every result that was acknowledged in the app's own database,
// before and after the app has restored what the store has forgotten. The fleet's own
// are those that it must have delivered by itself.
func (o outage) losses(t *testing.T, c *crowd, own []string) losses {
	t.Helper()
	f, acknowledged := c.fleet, c.heard
	gone := f.settled(t, acknowledged)
	byItself := f.tally(t)
	assert.Subset(t, slices.Collect(maps.Keys(byItself.effects)), keysOf(own))
	require.NoError(t, inParallel(len(gone), func(i int) error {
		_, err := f.kit.Restore(t.Context(), c.kept[gone[i]])
		return err
	}))
	f.delivered(t, acknowledged)

	book := f.tally(t)
	found := losses{acknowledged: len(acknowledged), delivered: len(byItself.effects), runs: book.allRuns()}
	found.restored = len(book.effects) - found.delivered
	for _, session := range acknowledged {
		if book.effects[keyOf(session)] != "passed" {
			found.lost++
		}
	}
	assert.Zero(t, found.lost)
	assert.Len(t, book.effects, found.acknowledged, "no effect of what nobody acknowledged")
	if o.engine != onRedis {
		assert.Equal(t, found.acknowledged, found.runs)
	}
	return found
}

// settled waits until every session is delivered, or no longer in the store, and
// returns the latter.
func (f *fleet) settled(t *testing.T, sessions []string) (gone []string) {
	t.Helper()
	open := sessions
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for len(open) > 0 {
			s, err := f.kit.Lookup(t.Context(), open[0])
			if handlers.CodeOf(err) == handlers.CodeNotFound {
				gone = append(gone, open[0])
			} else {
				require.NoError(c, err)
				require.Equal(c, handlers.StateDelivered, s.State)
			}
			open = open[1:]
		}
	}, patience, 100*time.Millisecond, "not every session is settled")
	return gone
}
