package handlers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// storedSession is what the model reads of a stored session.
type storedSession struct {
	Tenant, Subject string
	State           handlers.State
	Ref             string
	Heard           []handlers.Verdict
	Verdicts        []struct {
		Verdict handlers.Verdict
		Reasons []handlers.Reason
		Via     handlers.Carrier
	}
	Delivery struct{ Done, Attempt int }
	Query    struct{ Spent int }
}

// rankOf orders the states. None goes back without a new revision.
func rankOf(s handlers.State) int {
	return slices.Index([]handlers.State{
		handlers.StateCreated, handlers.StateStartFailed, handlers.StateStarted, handlers.StatePending,
		handlers.StateRecorded, handlers.StateDead, handlers.StateDelivered, handlers.StateScrubbed,
	}, s)
}

func (s storedSession) rank() int { return rankOf(s.State) }

// verdicts are the revisions' verdicts.
func (s storedSession) verdicts() []handlers.Verdict {
	var all []handlers.Verdict
	for _, r := range s.Verdicts {
		all = append(all, r.Verdict)
	}
	return all
}

// closing is the verdict that the kit gave by itself, if it did: only the first can be.
func (s storedSession) closing() []handlers.Verdict {
	if len(s.Verdicts) > 0 && s.Verdicts[0].Via == handlers.CarrierNone {
		return s.verdicts()[:1]
	}
	return nil
}

// revisions is what a session's verdicts must be: what the kit closed it with, if it
// did, then the vendor's first statement, then a review when another contradicts it.
func revisions(closing, heard []handlers.Verdict) []handlers.Verdict {
	verdicts := slices.Clone(closing)
	for i, v := range heard {
		if i > 0 {
			v = handlers.Review
		}
		if len(verdicts) == 0 || verdicts[len(verdicts)-1] != v {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// wrote judges a write that has just been done.
func (m *model) wrote(rec store.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rec.TTL <= 0 || rec.TTL > sessionsLive+time.Minute {
		m.objectLocked("I10", "%s… was stored for %v", rec.Key[:2], rec.TTL)
	}
	if private(rec.Value) {
		m.objectLocked("I7", "%s… holds what is private", rec.Key[:2])
	}
	id := rec.Key[2:]
	switch rec.Key[:2] {
	case "s:":
		m.movedLocked(id, rec)
	case "o:":
		m.seen["an orphan kept"]++
		fallthrough
	case "i:":
		if json.Valid(rec.Value) {
			m.objectLocked("I7", "%s… is not sealed", rec.Key[:2])
		}
	}
}

// movedLocked judges how a session moved.
func (m *model) movedLocked(id string, rec store.Record) {
	var s storedSession
	if err := json.Unmarshal(rec.Value, &s); err != nil {
		m.objectLocked("I9", "an unreadable session was stored")
		return
	}
	a := m.findLocked(id)
	if a == nil {
		a = m.openLocked(id, s)
	}
	m.keepsOwnerLocked(a, s)
	m.goesForwardLocked(a, s)
	m.hasAuthorityLocked(a, s)
	m.isNotForgottenLocked(a, s, rec.Due)
	m.countLocked(a, s)
	a.last = s
}

// openLocked begins the account of a session that was stored for the first time.
func (m *model) openLocked(id string, s storedSession) *account {
	a := &account{
		name: fmt.Sprintf("session %d", len(m.accounts)+1), id: id, who: m.who, began: time.Now(),
		said: map[handlers.Verdict]bool{}, acked: map[handlers.Verdict]time.Time{}, cookies: map[string]bool{},
		truth: handlers.Pending, takes: map[int]*take{}, last: s,
	}
	m.accounts = append(m.accounts, a)
	return a
}

// keepsOwnerLocked defends I8 where it is stored.
func (m *model) keepsOwnerLocked(a *account, s storedSession) {
	if s.Tenant != a.who.tenant() || s.Subject != a.who.subject() {
		m.objectLocked("I8", "%s belongs to somebody else than who started it", a)
	}
}

// goesForwardLocked defends I4.
func (m *model) goesForwardLocked(a *account, s storedSession) {
	was := a.last
	begins := func(longer, shorter []handlers.Verdict) bool {
		return len(longer) >= len(shorter) && slices.Equal(longer[:len(shorter)], shorter)
	}
	if !begins(s.verdicts(), was.verdicts()) || !begins(s.Heard, was.Heard) {
		m.objectLocked("I4", "%s: what was recorded has changed: %v to %v", a, was.verdicts(), s.verdicts())
	}
	again := len(s.Verdicts) > len(was.Verdicts) || was.State == handlers.StateDead && a.replays
	if s.rank() < was.rank() && !again {
		m.objectLocked("I4", "%s went back from %s to %s", a, was.State, s.State)
	}
	if s.Delivery.Done < was.Delivery.Done {
		m.objectLocked("I4", "%s: a delivery was taken back", a)
	}
}

// hasAuthorityLocked defends I1, I3 and the budget: nothing is written that nobody said.
func (m *model) hasAuthorityLocked(a *account, s storedSession) {
	for _, v := range s.Heard {
		if !a.said[v] {
			m.objectLocked("I1", "%s has heard %q, and the vendor never said so", a, v)
		}
	}
	if want := revisions(s.closing(), s.Heard); !slices.Equal(s.verdicts(), want) {
		m.objectLocked("I1", "%s has the verdicts %v, and should have %v", a, s.verdicts(), want)
	}
	if len(s.closing()) > 0 {
		m.mayCloseLocked(a, s)
	}
	for revision := a.last.Delivery.Done + 1; revision <= s.Delivery.Done; revision++ {
		if revision == s.Delivery.Done && a.takes[revision] == nil {
			m.objectLocked("I3", "%s: revision %d counts as delivered, and OnResult never took it", a, revision)
		}
	}
	if s.State == handlers.StateDelivered && s.Delivery.Done != len(s.Verdicts) {
		m.objectLocked("I3", "%s counts as delivered without its last revision", a)
	}
	if s.Query.Spent < 0 || s.Query.Spent > queryBudget {
		m.objectLocked("I6", "%s has spent %d queries", a, s.Query.Spent)
	}
}

// queryBudget is how often the vendor of the model may be asked about a session,
// reservedQueries how many of these no person spends, and retention for how long.
const (
	queryBudget     = 3
	reservedQueries = 1
	retention       = 24 * time.Hour
)

// mostDeliveries is how often OnResult is tried for a revision.
const mostDeliveries = 3

// clockError is how far the clock of a replica may be off.
const clockError = 5 * time.Second

// mayCloseLocked checks a verdict that no statement of the vendor gave.
func (m *model) mayCloseLocked(a *account, s storedSession) {
	first := s.Verdicts[0]
	over := time.Since(a.began) >= retention-clockError
	switch {
	case len(first.Reasons) != 1:
	case first.Reasons[0] == handlers.ReasonNoStatement && first.Verdict == handlers.Expired && over:
		return
	case first.Reasons[0] == handlers.ReasonResultGone && a.gone && first.Verdict == handlers.Review:
		return
	case first.Reasons[0] == handlers.ReasonResultGone && a.gone && first.Verdict == handlers.Expired && over:
		return
	}
	m.objectLocked("I1", "%s was closed with %s %v, and nothing says so", a, first.Verdict, first.Reasons)
}

// countLocked notes what was reached.
func (m *model) countLocked(a *account, s storedSession) {
	was := a.last
	if s.State != was.State || len(was.State) == 0 {
		m.seen[string(s.State)]++
	}
	if s.State == handlers.StateCreated {
		m.seen[string(s.State)]++
	}
	if len(s.Verdicts) > len(was.Verdicts) {
		latest := s.Verdicts[len(s.Verdicts)-1]
		switch {
		case len(s.Verdicts) > 1:
			m.seen["a revision"]++
			if slices.Contains(latest.Reasons, handlers.ReasonConflict) {
				m.seen["a conflict"]++
			}
		case slices.Contains(latest.Reasons, handlers.ReasonNoStatement):
			m.seen["an expiry"]++
		case slices.Contains(latest.Reasons, handlers.ReasonResultGone):
			m.seen["a result that is gone"]++
		}
	} else if was.State == handlers.StateDead && s.State == handlers.StateRecorded {
		m.seen["a replay"]++
	} else if s.State == handlers.StateRecorded && s.Delivery.Attempt < was.Delivery.Attempt {
		m.seen["a delivery handed back"]++
	}
}

// isNotForgottenLocked defends I3: somebody will look at what has not come to its end.
func (m *model) isNotForgottenLocked(a *account, s storedSession, due time.Time) {
	switch s.State {
	case handlers.StateStartFailed, handlers.StateScrubbed, handlers.StateDead:
	default:
		if due.IsZero() {
			m.objectLocked("I3", "%s is %s, and nobody will look at it again", a, s.State)
		}
	}
}

// hookBegins judges that OnResult is called, and says how it is to end.
func (m *model) hookBegins(p *process, r handlers.Result) (*run, outcome) {
	if p.dead() {
		return &run{about: &account{}}, failsOnce
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.findLocked(r.Session)
	if a == nil {
		m.objectLocked("I8", "OnResult heard of a session that nobody started")
		return &run{about: &account{}}, failsOnce
	}
	m.hearsOwnLocked(a, r)
	m.runsOnceLocked(a, r)
	this := &run{about: a, by: p, revision: r.Revision, began: time.Now()}
	a.runs = append(a.runs, this)
	how := next(&m.outcomes)
	this.deaf = how == isDeaf
	if how == diesBefore || how == diesAfter {
		m.seen["a death in the hook"]++
	}
	if len(r.Images) > 0 {
		m.seen["pictures delivered"]++
	}
	return this, how
}

// hearsOwnLocked defends I8 and I2: a result is its own person's, and stored.
func (m *model) hearsOwnLocked(a *account, r handlers.Result) {
	if r.Tenant != a.who.tenant() || r.Subject != a.who.subject() || r.Key != fmt.Sprintf("%s-%d", a.id, r.Revision) {
		m.objectLocked("I8", "%s: OnResult heard of somebody else", a)
	}
	s, _ := m.vault.stored(a.id)
	if r.Revision < 1 || r.Revision > len(s.Verdicts) || s.Verdicts[r.Revision-1].Verdict != r.Verdict {
		m.objectLocked("I2", "%s: OnResult heard %q as revision %d, and the store knows better", a, r.Verdict, r.Revision)
	}
}

// runsOnceLocked defends I3: one hook at a time, and none after a success, unless the
// process died before it could note it.
func (m *model) runsOnceLocked(a *account, r handlers.Result) {
	for _, other := range a.runs {
		overran := other.deaf && time.Since(other.began) >= leaseOfHook-2*clockError
		if !other.by.dead() && !overran {
			m.objectLocked("I3", "%s: two hooks at a time", a)
		}
	}
	for revision, t := range a.takes {
		switch excused := t.by.dead() || t.overran || t.by.line.failures()-t.failures >= manyFailures; {
		case revision > r.Revision:
			m.objectLocked("I3", "%s: OnResult heard revision %d after %d", a, r.Revision, revision)
		case revision < r.Revision:
		case !excused:
			m.objectLocked("I3", "%s: OnResult is called again after its success for revision %d", a, revision)
		case t.by.dead():
			m.seen["a second run after a death"]++
		}
	}
}

const (
	// leaseOfHook is how long a run of the hook is protected.
	leaseOfHook = 35 * time.Second

	// manyFailures of the store in a row may keep a process from noting a success for
	// as long as its lease lasts. A step alone cannot make so many.
	manyFailures = 10
)

// took notes that the hook had its effect.
func (m *model) took(r *run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.about.takes[r.revision] == nil {
		r.about.takes[r.revision] = &take{by: r.by, failures: r.by.line.failures(), overran: r.deaf}
	}
}

// hookEnds notes that a run of the hook is over.
func (m *model) hookEnds(r *run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.about.runs = slices.DeleteFunc(r.about.runs, func(other *run) bool { return other == r })
}

// isAsked judges a query, and says how it is to be answered. Some are for a person
// who waits.
func (m *model) isAsked(p *process, s handlers.Session, person bool) (reply, handlers.Verdict) {
	if p.dead() {
		return isUnreachable, ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.findLocked(s.ID)
	if a == nil || !s.Ref.Equal(handlers.Hide(refOf(s.ID))) {
		m.objectLocked("I8", "the vendor was asked about a session of somebody else")
		return isUnreachable, ""
	}
	if person {
		m.seen["a query for a person"]++
		if a.asked >= queryBudget-reservedQueries {
			m.objectLocked("I6", "%s: a person spent what is kept for the reconciler", a)
		}
	}
	how := next(&m.replies)
	switch how {
	case isUnreachable, throttles:
		return how, "" // these are not counted
	case hasForgotten:
		a.gone = true
	case seesDeath:
		m.seen["a death during a query"]++
	case answersTruly, isLate:
		a.said[a.truth] = true
	}
	if a.asked++; a.asked > queryBudget {
		m.objectLocked("I6", "%s: the vendor was asked %d times", a, a.asked)
	}
	if time.Since(a.began) > retention+clockError+time.Minute {
		m.objectLocked("I6", "%s: the vendor was asked after its retention", a)
	}
	return how, a.truth
}
