package fleettest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The storm: the vendor sends each notice many times over, in waves, while members
// are killed one after the other.
const (
	stormSessions = 200
	duplicates    = 100
	waves         = 25
	waveSessions  = stormSessions / waves
	killEvery     = time.Second // and a wave follows the last one no sooner
)

func TestKillStorm(t *testing.T) {
	t.Parallel()
	binary := withoutRaceDetector(t)
	for _, k := range []kind{onRedis, onPostgreSQL, onMariaDB} {
		t.Run(fmt.Sprintf("cases 93, 107, 108: %d duplicate notices for each of %d sessions on %s, a process killed every second", duplicates, stormSessions, k),
			func(t *testing.T) {
				t.Parallel()
				storm(t, k, binary)
			})
	}
}

func storm(t *testing.T, k kind, binary string) {
	kept, _ := startEngine(t, k)
	f := newFleet(t, spec{
		Store: kept, Ledger: kept,
		HookTakes: 300 * time.Millisecond, HookTimeout: 3 * time.Second, PollInterval: 200 * time.Millisecond,
	}, serveVendor(t))
	f.binary = binary
	members := []*member{f.start(t), f.start(t)}
	sessions := f.begun(t, stormSessions)
	notices := f.vendor.notices(t, sessions)

	kills := 0
	pace := time.NewTicker(killEvery)
	defer pace.Stop()
	for wave := range waves {
		<-pace.C
		kills = f.wave(t, notices[wave*waveSessions:][:waveSessions], members, kills)
	}
	f.delivered(t, sessions)
	book := f.tally(t)
	for _, m := range members {
		m.retire(t)
	}

	taken, refused, unreached := f.taken.Load()-stormSessions, f.refused.Load(), f.unreached.Load()
	t.Log(table(
		row{"store", "kills", "notices sent", "200", "503", "no answer", "runs", "effects"},
		row{k, kills, taken + refused + unreached, taken, refused, unreached, book.allRuns(), len(book.effects)},
	))
	assert.GreaterOrEqual(t, kills, waves)
	assert.Positive(t, unreached, "the kills have met requests")
	assert.EqualValues(t, stormSessions*duplicates, taken)
	assert.EqualValues(t, stormSessions, f.vendor.tokens.Load())
	require.Len(t, book.effects, stormSessions, "none lost, none of a session that nobody knows")
	require.Len(t, book.runs, stormSessions)
	for _, session := range sessions {
		assert.Equal(t, "passed", book.effects[keyOf(session)])
	}
	if k == onRedis {
		assert.Greater(t, book.allRuns(), stormSessions, "the kills have met hooks")
	} else {
		assert.Equal(t, stormSessions, book.allRuns(), "in a transaction with its mark no run is committed twice")
	}
}

// wave sends every notice many times and kills the members in turn: one at a random
// moment in the first half, and one every second for as long as it lasts. It goes on
// counting the kills.
func (f *fleet) wave(t *testing.T, notices []url.Values, members []*member, kills int) int {
	t.Helper()
	midway, over := make(chan struct{}), make(chan error, 1)
	go func() { over <- f.bombard(t.Context(), notices, midway) }()
	for {
		select {
		case <-midway:
			midway = nil
		case <-time.After(killEvery):
		case err := <-over:
			require.NoError(t, err)
			return kills
		}
		victim := members[kills%len(members)]
		victim.murder(t)
		victim.launch(t)
		victim.waitReady(t)
		kills++
	}
}

// bombard sends every notice many times, in a random order, until each copy is
// acknowledged. It closes midway at a random moment of the first half.
func (f *fleet) bombard(ctx context.Context, notices []url.Values, midway chan<- struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	copies := rand.Perm(len(notices) * duplicates)
	turningPoint := rand.IntN(len(copies) / 2)
	return inParallel(len(copies), func(i int) error {
		if i == turningPoint {
			close(midway)
		}
		if !f.insist(ctx, notices[copies[i]%len(notices)]) {
			return fmt.Errorf("a notice was not acknowledged: %w", ctx.Err())
		}
		return nil
	})
}
