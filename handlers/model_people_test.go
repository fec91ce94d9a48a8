package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"

	"pgregory.net/rapid"

	"github.com/facegate/facegate/handlers"
)

// What people and the vendor do.

// starts is a person who begins a session.
type starts struct {
	who    person
	at     replica
	twice  bool // a double click, which both replicas hear
	vendor beginning
}

// beginning is what the vendor makes of it.
type beginning int

const (
	opens beginning = iota
	refuses
	losesAnswer // it opened a page, and nobody heard of it
	tellsFirst  // its notice is faster than its answer
)

func drawStart(t *rapid.T) step {
	return starts{
		who: person(rapid.IntRange(0, people-1).Draw(t, "who")), at: drawReplica(t), twice: rapid.Bool().Draw(t, "twice"),
		vendor: rapid.SampledFrom([]beginning{opens, opens, opens, opens, tellsFirst, losesAnswer, refuses}).Draw(t, "vendor"),
	}
}

func (s starts) String() string {
	clicks := "starts"
	if s.twice {
		clicks = "double-clicks on start"
	}
	answer := []string{"opens a page", "refuses", "opens a page, but its answer is lost", "tells \"passed\" before it answers"}
	return fmt.Sprintf("%s %s at %s; the vendor %s", s.who, clicks, s.at, answer[s.vendor])
}

func (s starts) do(w *world) {
	click := w.model.begins(s.who, s.vendor)
	clicked := func(at replica) *answer {
		r := post("/face/start", url.Values{"return_to": {accountPage}, "click": {strconv.Itoa(click)}})
		return w.send(at, w.signed(r, s.who))
	}
	if !s.twice {
		w.hasStarted(s, clicked(s.at))
		return
	}
	answers := make([]*answer, 2)
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = clicked((s.at + replica(i)) % 2) })
	}
	both.Wait()
	for _, a := range answers {
		// What one of them ran into is told to the other too.
		a.trace.faults.Store(max(answers[0].trace.faults.Load(), answers[1].trace.faults.Load()))
		w.hasStarted(s, a)
	}
	if answers[0].sessionID() != "" && answers[0].sessionID() == answers[1].sessionID() {
		w.model.saw("a double click with one session")
	}
}

// hasStarted judges the answer to a start.
func (w *world) hasStarted(s starts, a *answer) {
	switch {
	case a.Code == http.StatusSeeOther:
		for _, c := range a.Result().Cookies() {
			w.browsers.set(s.who, c)
		}
		w.model.sent(a.sessionID(), w.browsers.of(s.who))
	case a.Code == http.StatusBadGateway && (s.vendor == refuses || s.vendor == losesAnswer):
	case a.storeFailed():
	default:
		w.model.object("I9", "a start was answered %d", a.Code)
	}
}

// tells is the vendor's signed statement.
type tells struct {
	about   nth
	verdict handlers.Verdict
	at      replica
	via     handlers.Carrier
	often   int  // at once, at both replicas in turn
	behind  bool // the replica's store does not know the session yet
}

func drawTells(t *rapid.T) step {
	return tells{
		about: drawSession(t), verdict: drawVerdict(t), at: drawReplica(t),
		via:    rapid.SampledFrom([]handlers.Carrier{handlers.CarrierNotify, handlers.CarrierReturn}).Draw(t, "via"),
		often:  rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "often"),
		behind: rapid.IntRange(0, 5).Draw(t, "behind") == 5,
	}
}

func (s tells) String() string {
	text := fmt.Sprintf("the vendor tells %s%s by %s: %s has %s", s.at, times(s.often), s.via, s.about, s.verdict)
	if s.behind {
		text += ", which the store there does not know yet"
	}
	return text
}

func (s tells) do(w *world) {
	told := w.model.session(s.about)
	if told == nil {
		return
	}
	w.model.says(told, s.verdict)
	var all sync.WaitGroup
	for i := range s.often {
		all.Go(func() { w.tell(told, s, (s.at+replica(i))%2) })
	}
	all.Wait()
}

// tell sends one statement and judges the answer.
func (w *world) tell(about *account, s tells, at replica) {
	r := w.statement(about.id, s.verdict, s.via)
	a := w.send(at, r.WithContext(withTrace(r.Context(), &trace{behind: s.behind})))
	switch {
	case a.Code == http.StatusOK:
		w.model.acknowledged(about, s.verdict)
	case a.storeFailed():
		w.model.saw("a store fault at notify")
	default:
		w.model.object("I9", "%s: the vendor's statement was answered %d", about, a.Code)
	}
}

// statement is the vendor's signed callback. It carries a name, as the real ones may.
func (w *world) statement(id string, verdict handlers.Verdict, via handlers.Carrier) *http.Request {
	form := says(id, string(verdict))
	form.Set("name", "canary-name")
	if w.program.pictures {
		form.Set("images", "yes")
	}
	return post(callbackURL(id, via), form)
}

func callbackURL(id string, via handlers.Carrier) string {
	if via == handlers.CarrierNotify {
		return "/face/notify?vendor=paper"
	}
	return "/face/return?vendor=paper&session=" + id
}

// ends is a check that has ended at the vendor, which tells it only to who asks.
type ends struct {
	about   nth
	verdict handlers.Verdict
}

func drawEnds(t *rapid.T) step { return ends{drawSession(t), drawVerdict(t)} }

func (s ends) String() string { return fmt.Sprintf("at the vendor %s is %s now", s.about, s.verdict) }

func (s ends) do(w *world) {
	if a := w.model.session(s.about); a != nil {
		w.model.ended(a, s.verdict)
	}
}

// comesBack is a person who returns from the vendor's page, or waits on the app's.
type comesBack struct {
	about nth
	at    replica
	polls bool
}

func drawComesBack(t *rapid.T) step {
	return comesBack{drawSession(t), drawReplica(t), rapid.Bool().Draw(t, "polls")}
}

func (s comesBack) String() string {
	if s.polls {
		return fmt.Sprintf("the person of %s polls at %s", s.about, s.at)
	}
	return fmt.Sprintf("the person of %s comes back to %s", s.about, s.at)
}

func (s comesBack) do(w *world) {
	about := w.model.session(s.about)
	if about == nil {
		return
	}
	target := "/face/status?wait=5s&session=" + about.id
	if !s.polls {
		target = "/face/finish?session=" + about.id
		// The vendor's page sends the browser from another site, without cookies.
		a := w.send(s.at, httptest.NewRequest(http.MethodGet, callbackURL(about.id, handlers.CarrierReturn), nil))
		w.model.costsNothing(a, "a return without a signature", http.StatusOK)
	}
	r := w.signed(httptest.NewRequest(http.MethodGet, target, nil), about.who)
	a := w.send(s.at, r.WithContext(withTrace(r.Context(), &trace{waits: true})))
	switch {
	case a.Code == http.StatusSeeOther:
		w.model.decided(about, "a person was sent on")
		if to := a.Header().Get("Location"); to != accountPage {
			w.model.object("I5", "%s: the person was sent to %q", about, to)
		}
	case a.Code == http.StatusOK:
	case a.Code == http.StatusNotFound && s.polls && !w.model.bound(about, w.browsers.of(about.who)):
		// It is scrubbed, or her browser has another cookie by now.
	case a.storeFailed():
	default:
		w.model.object("I9", "%s: the person who came back was answered %d", about, a.Code)
	}
}

// asks is the app that wants to know now.
type asks struct {
	about nth
	at    replica
}

func drawAsks(t *rapid.T) step { return asks{drawSession(t), drawReplica(t)} }

func (s asks) String() string { return fmt.Sprintf("the app at %s has %s reconciled", s.at, s.about) }

func (s asks) do(w *world) {
	about := w.model.session(s.about)
	if about == nil {
		return
	}
	session, err := w.at(s.at).kit.Reconcile(w.ctx, about.id)
	if err == nil && session.Verdict != handlers.Pending {
		w.model.decided(about, "Reconcile returned a verdict")
	}
	w.model.failed("Reconcile", err)
}

// replays is an operator who has a dead session delivered again.
type replays struct {
	about nth
	at    replica
}

func drawReplays(t *rapid.T) step { return replays{drawSession(t), drawReplica(t)} }

func (s replays) String() string { return fmt.Sprintf("an operator at %s replays %s", s.at, s.about) }

func (s replays) do(w *world) {
	about := w.model.session(s.about)
	if about == nil {
		return
	}
	w.model.mayReplay(about)
	_, err := w.at(s.at).kit.Replay(w.ctx, about.id)
	w.model.failed("Replay", err)
}
