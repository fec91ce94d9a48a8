package fleettest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// crash is one row of the matrix: where a member dies, and how all must end after
// another one has taken over, on every store.
type crash struct {
	at    point
	later time.Duration // the clock of who takes over is ahead by so much
	ends  outcome       // where the hook and its mark are one transaction
	plain int           // runs where they are not, if that differs
}

// outcome is what a crash led to, counted from outside.
type outcome struct {
	state   handlers.State
	verdict handlers.Verdict
	tokens  int // get_token calls that reached the vendor
	queries int // get_result calls that reached it
	spent   int // of the session's budget
	runs    int // of the hook, as far as they left a trace
	effects int
}

const (
	leaseEnds   = time.Minute   // after it every lease has run out
	sessionEnds = 2 * time.Hour // after it nobody can be on the vendor's page, and the vendor is asked
)

// crashes is the matrix.
func crashes() []crash {
	passed := func(queries, spent int) outcome {
		return outcome{
			state: handlers.StateDelivered, verdict: handlers.Passed,
			tokens: 1, queries: queries, spent: spent, runs: 1, effects: 1,
		}
	}
	unopened := outcome{state: handlers.StateStartFailed, verdict: handlers.Pending}
	return []crash{
		{at: beforeBegin, later: sessionEnds, ends: unopened},
		{at: afterBegin, later: leaseEnds, ends: passed(0, 0)},
		{at: afterRecord, later: leaseEnds, ends: passed(0, 0)},
		{at: inHook, later: leaseEnds, ends: passed(0, 0), plain: 2},
		{at: beforeMark, later: leaseEnds, ends: passed(0, 0), plain: 2},
		{at: beforeCommit, later: leaseEnds, ends: passed(0, 0)},
		{at: beforeQuery, later: leaseEnds, ends: passed(1, 2)},
		{at: afterQuery, later: leaseEnds, ends: passed(2, 2)},
	}
}

// asks reports whether the member dies while it asks the vendor.
func (c crash) asks() bool { return c.at == beforeQuery || c.at == afterQuery }

// setting is one column of the matrix.
type setting struct {
	engine kind
	plain  bool
}

func (s setting) String() string {
	switch {
	case s.engine == onRedis:
		return string(s.engine)
	case s.plain:
		return string(s.engine) + ", plain"
	default:
		return string(s.engine) + ", InTx"
	}
}

func settings() []setting {
	return []setting{
		{onRedis, true},
		{onPostgreSQL, false}, {onPostgreSQL, true},
		{onMariaDB, false}, {onMariaDB, true},
		{onSQLite, false}, {onSQLite, true},
	}
}

func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := matrix{}
	t.Run("cases 8, 9, 107, 108, 140: after kill -9 at any point another process brings the session to its one end", func(t *testing.T) {
		for _, k := range []kind{onRedis, onPostgreSQL, onMariaDB, onSQLite} {
			t.Run(string(k), func(t *testing.T) {
				t.Parallel()
				shared, _ := startEngine(t, k)
				for _, s := range settings() {
					for i, c := range crashes() {
						if s.engine != k {
							continue
						}
						t.Run(fmt.Sprintf("%v: %s", s, c.at), func(t *testing.T) {
							t.Parallel()
							own := shared
							own.Prefix = fmt.Sprintf("%s%d_%t_", shared.Prefix, i, s.plain)
							if k == onSQLite {
								own = sqliteFile(t)
							}
							got := c.run(t, spec{Store: own, Ledger: own, Plain: s.plain})
							mu.Lock()
							defer mu.Unlock()
							seen.add(c.at, s, got)
						})
					}
				}
			})
		}
	})
	table := seen.String()
	if table == "" {
		t.Log("not every cell was seen; README.md is not looked at")
		return
	}
	t.Log("\n" + table)
	matrixSection.check(t, table)
}

// run lets a member die at the point and another one take over.
func (c crash) run(t *testing.T, common spec) outcome {
	f := newFleet(t, common, serveVendor(t))
	takesOver := func(s *spec) { s.Ahead, s.PollInterval = c.later, 50*time.Millisecond }

	var session string
	if c.asks() {
		session = f.unheard(t)
		f.launch(t, func(s *spec) { s.DiesAt, s.Ahead = c.at, sessionEnds }).died(t)
		takesOver = func(s *spec) { s.Ahead = sessionEnds + c.later }
	} else {
		session = f.diesOfRequests(t, f.start(t, func(s *spec) { s.DiesAt, s.PollInterval = c.at, time.Hour }))
	}
	f.start(t, takesOver)
	if _, known := f.vendor.knows(session); known && !c.asks() {
		require.True(t, f.insist(t.Context(), f.vendor.notice(t, session)), "the vendor tells until it is heard")
	}

	want := c.ends
	if common.Plain && c.plain > 0 {
		want.runs = c.plain
	}
	require.Eventually(t, func() bool {
		s, err := f.kit.Lookup(t.Context(), session)
		return err == nil && s.State == want.state
	}, patience, 20*time.Millisecond)
	got := f.outcome(t, session)
	assert.Equal(t, want, got)
	return got
}

// diesOfRequests begins a session and has the vendor tell how it ended, as far as the
// member lives to see it.
func (f *fleet) diesOfRequests(t *testing.T, m *member) (session string) {
	t.Helper()
	_, _, _ = f.begin(t.Context(), "person")
	ids := f.sessionsInStore(t)
	require.Len(t, ids, 1)
	session = ids[0]
	if _, known := f.vendor.knows(session); known {
		f.vendor.passes(t, session)
		_, _ = f.post(t.Context(), "notify", "", f.vendor.notice(t, session))
	}
	m.died(t)
	return session
}

// unheard begins a session that ends without a word to anybody.
func (f *fleet) unheard(t *testing.T) (session string) {
	t.Helper()
	m := f.start(t)
	session = f.begun(t, 1)[0]
	m.retire(t)
	return session
}

// outcome looks at everything that a session left.
func (f *fleet) outcome(t *testing.T, session string) outcome {
	t.Helper()
	s, err := f.kit.Lookup(t.Context(), session)
	require.NoError(t, err)
	atVendor, _ := f.vendor.knows(session)
	book := f.tally(t)
	for key := range book.runs {
		require.Equal(t, keyOf(session), key)
	}
	for key, verdict := range book.effects {
		require.Equal(t, keyOf(session), key)
		require.Equal(t, string(s.Verdict), verdict)
	}
	return outcome{
		state: s.State, verdict: s.Verdict, tokens: int(f.vendor.tokens.Load()),
		queries: atVendor.GetResult, spent: s.Queries, runs: book.allRuns(), effects: len(book.effects),
	}
}
