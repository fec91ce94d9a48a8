package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/facegate/facegate/handlers"
)

// model is what must be true, kept beside the kit: who said what to whom. It objects
// when an invariant is broken.
type model struct {
	vault *vault

	mu       sync.Mutex
	seen     tally
	accounts []*account // of sessions, in the order of their first record
	objected []string

	who     person // who starts just now
	opening beginning
	clicks  int

	outcomes []outcome // of the next runs of the hook
	replies  []reply   // to the next queries
	mended   time.Time // from when on nothing goes wrong; zero: not yet
}

// account is what the model knows of a session.
type account struct {
	name  string
	id    string
	who   person
	began time.Time

	said    map[handlers.Verdict]bool      // each authentic statement
	acked   map[handlers.Verdict]time.Time // when those were acknowledged that were
	truth   handlers.Verdict               // what the vendor would answer
	gone    bool                           // the vendor once said that the result is gone
	asked   int                            // queries that the vendor counts
	sent    bool                           // the person has the page
	cookies map[string]bool                // of the browsers that went there
	replays bool                           // a dead delivery may begin anew

	runs  []*run
	takes map[int]*take // by revision

	last storedSession
}

// run is one run of the hook.
type run struct {
	about    *account
	by       *process
	revision int
	began    time.Time
	deaf     bool
}

// take is the first success of the hook for a revision.
type take struct {
	by       *process
	failures int  // of the store for that process, until then
	overran  bool // a run outlived its lease, so that another one was right
}

func (a *account) String() string { return a.name }

// object notes that an invariant is broken.
func (m *model) object(invariant, format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objectLocked(invariant, format, args...)
}

func (m *model) objectLocked(invariant, format string, args ...any) {
	text := invariant + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(m.objected, text) {
		m.objected = append(m.objected, text)
	}
}

func (m *model) objections() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.objected)
}

// saw counts what the program reached.
func (m *model) saw(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[what]++
}

// happened counts what the kit says of itself.
func (m *model) happened(e handlers.Event) {
	switch e.Name {
	case handlers.EventFenced:
		m.saw("a fenced worker")
	case handlers.EventPanic:
		if e.Endpoint != "" || e.Session == "" {
			m.object("I9", "the kit panicked")
		}
	case handlers.EventUnreadable:
		m.object("I9", "a record is unreadable")
	}
}

// session counts from the latest one back; nil if there are not so many.
func (m *model) session(n nth) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	if int(n) >= len(m.accounts) {
		return nil
	}
	return m.accounts[len(m.accounts)-1-int(n)]
}

func (m *model) find(id string) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.findLocked(id)
}

func (m *model) findLocked(id string) *account {
	for _, a := range m.accounts {
		if a.id == id {
			return a
		}
	}
	return nil
}

// begins notes who starts and what the vendor will do, and numbers the click.
func (m *model) begins(who person, opening beginning) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.who, m.opening = who, opening
	m.clicks++
	return m.clicks
}

// asksForPage is the vendor that is asked to open a page.
func (m *model) asksForPage(req handlers.BeginRequest) beginning {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.findLocked(req.Session) == nil {
		m.objectLocked("I2", "the vendor was asked for a page before the session was stored")
	}
	return m.opening
}

// sent notes that a person was sent to the vendor, in the browser with that cookie.
func (m *model) sent(id string, cookie *http.Cookie) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.findLocked(id)
	if a == nil {
		m.objectLocked("I9", "a person was sent to the vendor for a session that is not stored")
		return
	}
	a.sent = true
	if cookie != nil {
		a.cookies[cookie.Value] = true
	}
	if s, ok := m.vault.stored(id); !ok || s.Ref == "" && s.State != handlers.StateScrubbed {
		m.objectLocked("I9", "%s: a person was sent to the vendor, and its id was not stored", a)
	}
}

// says notes an authentic statement, before it is sent.
func (m *model) says(a *account, v handlers.Verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.said[v] = true
	if v != handlers.Pending {
		a.truth = v
	}
}

// ended notes what the vendor would answer.
func (m *model) ended(a *account, v handlers.Verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.truth = v
}

// acknowledged defends I2: what was acknowledged is stored.
func (m *model) acknowledged(a *account, v handlers.Verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, before := a.acked[v]; !before {
		a.acked[v] = time.Now()
	}
	m.keepsAckedLocked(a)
}

// keepsAckedLocked looks for what was acknowledged in the store.
func (m *model) keepsAckedLocked(a *account) {
	if len(a.acked) == 0 {
		return
	}
	s, ok := m.vault.stored(a.id)
	if !ok {
		m.objectLocked("I2", "%s: its record is not there", a)
	}
	for v, acked := range a.acked {
		switch {
		case slices.Contains(s.Heard, v), v == handlers.Pending && s.rank() >= rankOf(handlers.StatePending):
		case s.State == handlers.StateScrubbed: // it hears nothing more
		case slices.Contains(m.vault.orphaned(a.id), v):
		case m.lapsedLocked(acked):
		default:
			m.objectLocked("I2", "%s: %q was acknowledged, and is not stored", a, v)
		}
	}
}

// orphansLive is how long an authentic notice without a session is kept, and
// orphanLook the longest time between two looks of Run for its session.
const (
	orphansLive = 24 * time.Hour
	orphanLook  = 90 * time.Minute
)

// lapsedLocked reports whether an orphan's time is over, and that is nobody's fault:
// no process may have lived to look for its session, until all was mended.
func (m *model) lapsedLocked(acked time.Time) bool {
	seenAfterMend := !m.mended.IsZero() && m.mended.Sub(acked) < orphansLive-orphanLook
	return time.Since(acked) >= orphansLive && !seenAfterMend
}

// decided checks a verdict that somebody was shown against the store.
func (m *model) decided(a *account, what string) {
	if s, ok := m.vault.stored(a.id); !ok || len(s.Verdicts) == 0 {
		m.object("I1", "%s: %s, and none is stored", a, what)
	}
}

// bound reports whether a browser with that cookie is still tied to the session.
func (m *model) bound(a *account, cookie *http.Cookie) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.vault.stored(a.id)
	return ok && s.State != handlers.StateScrubbed && cookie != nil && a.cookies[cookie.Value]
}

// knowsRef reports whether the kit knows the vendor's id of the session.
func (m *model) knowsRef(a *account) bool {
	s, ok := m.vault.stored(a.id)
	return ok && s.Ref != ""
}

// mayReplay notes that a dead delivery of the session may begin anew.
func (m *model) mayReplay(a *account) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.replays = true
}

// plan sets what the next runs of the hook do, and planReplies what the next queries
// meet.
func (m *model) plan(how outcome, often int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes = slices.Repeat([]outcome{how}, often)
}

func (m *model) planReplies(how reply, often int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replies = slices.Repeat([]reply{how}, often)
}

// mend makes the hook and the vendor do what they should from now on.
func (m *model) mend() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes, m.replies, m.mended = nil, nil, time.Now()
	for _, a := range m.accounts {
		a.replays = true
	}
}

// next takes the first plan, if there is one.
func next[P any](plans *[]P) (first P) {
	if len(*plans) > 0 {
		first, *plans = (*plans)[0], (*plans)[1:]
	}
	return first
}

// check looks at every session: what was acknowledged is still there.
func (m *model) check() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		if time.Since(a.began) <= sessionsLive {
			m.keepsAckedLocked(a)
		}
	}
}

// sessionsLive is how long a session's record is kept: the vendor's retention and 30
// days.
const sessionsLive = 31 * 24 * time.Hour

// listed checks that the dead letters are all of the dead sessions.
func (m *model) listed(letters []handlers.DeadLetter) {
	var names []string
	for _, l := range letters {
		names = append(names, l.Session.ID)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		s, ok := m.vault.stored(a.id)
		if ok && s.State == handlers.StateDead && !slices.Contains(names, a.id) {
			m.objectLocked("I3", "%s is dead and on no list", a)
		}
	}
}

// cameToRest defends I3: in the end, all that was begun has ended, and every verdict
// was taken.
func (m *model) cameToRest() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		if time.Since(a.began) > sessionsLive {
			continue
		}
		s, _ := m.vault.stored(a.id)
		switch s.State {
		case handlers.StateStartFailed:
			if a.sent {
				m.objectLocked("I3", "%s: the person was sent on, and it counts as never begun", a)
			}
			for v, acked := range a.acked {
				if !m.lapsedLocked(acked) {
					m.objectLocked("I3", "%s: %q was acknowledged, and it counts as never begun", a, v)
				}
			}
		case handlers.StateDelivered, handlers.StateScrubbed:
			if a.takes[len(s.Verdicts)] == nil {
				m.objectLocked("I3", "%s: OnResult never took revision %d", a, len(s.Verdicts))
			}
		default:
			m.objectLocked("I3", "%s never ended: it is still %s", a, s.State)
		}
	}
}

// private is what must not lie in the store unsealed.
func private(value []byte) bool {
	return strings.Contains(string(value), "canary-name") || strings.Contains(string(value), "canary-face")
}
