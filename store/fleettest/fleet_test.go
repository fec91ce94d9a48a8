package fleettest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/sqlstore"
)

// fleet is an app that runs as several processes on one engine, seen from outside:
// by its endpoints, by what is in its store, by its own database.
type fleet struct {
	*balancer
	vendor  *vendor
	common  spec
	records store.Store
	kit     *handlers.Kit // an operator's, to look and to restore
	ledger  ledger
	binary  string // what members are started from
}

// newFleet prepares the engines of a fleet that has no members yet.
func newFleet(t *testing.T, common spec, v *vendor) *fleet {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	f := &fleet{balancer: newBalancer(), vendor: v, common: common, binary: self}
	f.common.Vendor = v.url
	t.Cleanup(f.client.CloseIdleConnections)

	f.records, err = common.Store.records()
	require.NoError(t, err)
	if tables, ok := f.records.(*sqlstore.Store); ok {
		require.NoError(t, tables.Migrate(t.Context()))
	}
	f.ledger, err = common.Ledger.ledger()
	require.NoError(t, err)
	require.NoError(t, f.ledger.prepare(t.Context()))
	f.kit, err = f.common.kit()
	require.NoError(t, err)
	return f
}

// member is a process of the fleet.
type member struct {
	*testserver.Process
	fleet *fleet
	spec  spec
}

// start starts a member, changed as the test wants it, and takes it into rotation
// once it answers.
func (f *fleet) start(t *testing.T, changes ...func(*spec)) *member {
	t.Helper()
	m := f.launch(t, changes...)
	m.waitReady(t)
	f.add(m.spec.Listen)
	return m
}

// launch starts a member on a port of its own and does not wait for it.
func (f *fleet) launch(t *testing.T, changes ...func(*spec)) *member {
	t.Helper()
	m := &member{fleet: f, spec: f.common}
	m.spec.Listen = testserver.Address(testserver.FreePort(t))
	for _, change := range changes {
		change(&m.spec)
	}
	m.launch(t)
	return m
}

// launch starts the process, for the first time or again.
func (m *member) launch(t *testing.T) {
	t.Helper()
	told, err := json.Marshal(m.spec)
	require.NoError(t, err)
	cmd := exec.Command(m.fleet.binary)
	// A data race in a member ends it, so that it cannot be missed.
	cmd.Env = append(os.Environ(), memberVariable+"="+string(told), "GORACE=halt_on_error=1")
	m.Process = testserver.Start(t, cmd)
}

// waitReady waits until the member answers.
func (m *member) waitReady(t *testing.T) {
	t.Helper()
	m.WaitReady(t, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.spec.Listen+readyPath, nil)
		if err != nil {
			return err
		}
		res, err := m.fleet.client.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
}

// alive ends the test if the process has ended by itself.
func (m *member) alive(t *testing.T) {
	t.Helper()
	select {
	case <-m.Ended():
		require.FailNow(t, "a member ended by itself", "%v", m.Err())
	default:
	}
}

// murder ends the process as kill -9 does.
func (m *member) murder(t *testing.T) {
	t.Helper()
	m.alive(t)
	m.Kill(t)
}

// retire takes a member out of rotation, waits for the requests that it has got, and
// lets it end in peace.
func (m *member) retire(t *testing.T) {
	t.Helper()
	m.alive(t)
	m.fleet.remove(m.spec.Listen)
	m.Stop(t)
	require.NoError(t, m.Err(), "a member must end with code 0")
}

// died waits until the process has killed itself.
func (m *member) died(t *testing.T) {
	t.Helper()
	select {
	case <-m.Ended():
		m.fleet.remove(m.spec.Listen)
		require.ErrorContains(t, m.Err(), "killed")
	case <-time.After(patience):
		require.FailNow(t, "the member lives on", "it should have died %s", m.spec.DiesAt)
	}
}

// begin opens a session for a person nobody has heard of before.
func (f *fleet) begin(ctx context.Context, subject string) (session string, got answer, err error) {
	got, err = f.post(ctx, "start", subject, nil)
	if err != nil || got.status != http.StatusOK {
		return "", got, err
	}
	var begun struct{ Session, URL string }
	err = json.Unmarshal(got.body, &begun)
	return begun.Session, got, err
}

// begun opens sessions for n people and lets all of them pass, each at the vendor's
// page; the vendor has not told yet.
func (f *fleet) begun(t *testing.T, n int) (sessions []string) {
	t.Helper()
	sessions = make([]string, n)
	failed := inParallel(n, func(i int) error {
		var got answer
		var err error
		sessions[i], got, err = f.begin(t.Context(), fmt.Sprintf("person-%d", i))
		if err == nil && sessions[i] == "" {
			err = fmt.Errorf("start answers %d: %s", got.status, got.body)
		}
		return err
	})
	require.NoError(t, failed)
	for _, session := range sessions {
		f.vendor.passes(t, session)
	}
	return sessions
}

// atWork is how many requests are under way at once.
const atWork = 16

// inParallel runs the tasks 0 to n-1, some at a time, and returns their errors.
func inParallel(n int, task func(i int) error) error {
	next, failed := make(chan int), make(chan error, atWork)
	for range atWork {
		go func() {
			var all error
			for i := range next {
				all = errors.Join(all, task(i))
			}
			failed <- all
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	var all error
	for range atWork {
		all = errors.Join(all, <-failed)
	}
	return all
}

// delivered waits until every session is.
func (f *fleet) delivered(t *testing.T, sessions []string) {
	t.Helper()
	open := sessions
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for len(open) > 0 {
			s, err := f.kit.Lookup(t.Context(), open[0])
			require.NoError(c, err)
			require.Equal(c, handlers.StateDelivered, s.State)
			require.Equal(c, handlers.Passed, s.Verdict, "%v", s.Reasons)
			open = open[1:]
		}
	}, patience, 100*time.Millisecond, "not every session is delivered")
}

// tally reads the app's own database.
func (f *fleet) tally(t *testing.T) tally {
	t.Helper()
	found, err := f.ledger.tally(t.Context())
	require.NoError(t, err)
	return found
}

// keyOf is what the hook is called with for a session's first verdict.
func keyOf(session string) string { return session + "-1" }

func keysOf(sessions []string) []string {
	keys := make([]string, len(sessions))
	for i, session := range sessions {
		keys[i] = keyOf(session)
	}
	return keys
}

// sessionsInStore lists the sessions that somebody will look at again.
func (f *fleet) sessionsInStore(t *testing.T) (ids []string) {
	t.Helper()
	keys, err := f.records.Due(t.Context(), time.Now().AddDate(1, 0, 0), mostSessions)
	require.NoError(t, err)
	for _, key := range keys {
		if id, ok := strings.CutPrefix(key, sessionKeys); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
