package fleettest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The deploy: notices come at an even pace, each of its own session, while every
// process is replaced, one after the other, again and again.
const (
	deploySessions = 1000
	noticesPerSec  = 200
	fleetSize      = 2

	// heldBack notices wait until the whole fleet has been replaced once, so that no
	// slow machine ends the load before.
	heldBack = 200
)

func TestZeroDowntimeDeploy(t *testing.T) {
	t.Parallel()
	binary := withoutRaceDetector(t)
	for _, k := range []kind{onRedis, onPostgreSQL, onMariaDB} {
		t.Run(fmt.Sprintf("case 114: processes on %s are replaced under load: nothing refused, nothing lost, and each hook runs once though it has no transaction", k),
			func(t *testing.T) {
				t.Parallel()
				deploy(t, k, binary)
			})
	}
}

func deploy(t *testing.T, k kind, binary string) {
	kept, _ := startEngine(t, k)
	f := newFleet(t, spec{
		Store: kept, Ledger: kept, Plain: true,
		// No run may be cut off: that would be a second one.
		HookTakes: 30 * time.Millisecond, HookTimeout: patience, PollInterval: 200 * time.Millisecond,
	}, serveVendor(t))
	f.binary = binary
	members := make([]*member, fleetSize)
	for i := range members {
		members[i] = f.start(t)
	}
	sessions := f.begun(t, deploySessions)
	notices := f.vendor.notices(t, sessions)

	before := f.taken.Load()
	replaced := make(chan struct{})
	over := make(chan error, 1)
	go func() { over <- f.notifyEvenly(t.Context(), notices, replaced) }()
	replacements := 0
	for loaded := true; loaded; {
		turn := replacements % fleetSize
		next := f.start(t)
		members[turn].retire(t)
		members[turn] = next
		if replacements++; replacements == fleetSize {
			close(replaced)
		}
		select {
		case err := <-over:
			require.NoError(t, err)
			loaded = false
		default:
		}
	}
	f.delivered(t, sessions)
	for _, m := range members {
		m.retire(t)
	}

	book := f.tally(t)
	taken, refused, unreached := f.taken.Load()-before, f.refused.Load(), f.unreached.Load()
	t.Log(table(
		row{"store", "replaced", "200", "503", "no answer", "runs", "effects"},
		row{k, replacements, taken, refused, unreached, book.allRuns(), len(book.effects)},
	))
	assert.GreaterOrEqual(t, replacements, fleetSize)
	assert.EqualValues(t, deploySessions, taken)
	assert.Zero(t, refused)
	assert.Zero(t, unreached)
	assert.Len(t, book.effects, deploySessions)
	assert.Len(t, book.runs, deploySessions)
	assert.Equal(t, deploySessions, book.allRuns(), "a process that ends in peace leaves no hook half done")
}

// notifyEvenly sends each notice once, at the pace. It fails if one is not taken at
// once. The last ones wait until the fleet has been replaced.
func (f *fleet) notifyEvenly(ctx context.Context, notices []url.Values, replaced <-chan struct{}) error {
	pace := time.NewTicker(time.Second / noticesPerSec)
	defer pace.Stop()
	return inParallel(len(notices), func(i int) error {
		if i >= len(notices)-heldBack {
			select {
			case <-replaced:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		<-pace.C
		got, err := f.post(ctx, "notify", "", notices[i])
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("a notice was answered %d", got.status)
		}
		return err
	})
}
