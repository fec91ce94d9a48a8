package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/facegate/facegate/handlers"
)

// What goes wrong, and who means harm.

// hooks is how OnResult behaves at its next runs.
type hooks struct {
	how   outcome
	often int
}

// outcome is how one run of OnResult ends.
type outcome int

const (
	succeeds outcome = iota
	failsOnce
	panics
	takesLong
	hangs      // until its context ends
	isDeaf     // works on when its context has ended, and succeeds after its lease
	diesBefore // the process dies before the effect
	diesAfter  // the process dies after the effect, before its mark
)

func drawHooks(t *rapid.T) step {
	return hooks{
		how: rapid.SampledFrom([]outcome{
			failsOnce, failsOnce, diesAfter, diesAfter, diesBefore, isDeaf, hangs, takesLong, takesLong, panics,
		}).Draw(t, "how"),
		often: rapid.SampledFrom([]int{1, 3, 2, 4}).Draw(t, "often"),
	}
}

func (s hooks) String() string {
	how := []string{"succeeds", "fails", "panics", "takes 2 s", "hangs", "overruns its lease and succeeds",
		"kills the process before its effect", "kills the process after its effect"}
	return "OnResult" + times(s.often) + " " + how[s.how]
}

func (s hooks) do(w *world) { w.model.plan(s.how, s.often) }

// answers is how the vendor behaves when it is asked next.
type answers struct {
	how   reply
	often int
}

// reply is what comes of one query.
type reply int

const (
	answersTruly reply = iota
	isDown
	isUnreachable // nothing was sent
	throttles
	hasForgotten // the result is gone
	mistakes     // it answers about another session
	isLate       // it answers after 10 s
	seesDeath    // the process that asked dies meanwhile
)

func drawAnswers(t *rapid.T) step {
	return answers{
		how: rapid.SampledFrom([]reply{
			isDown, seesDeath, seesDeath, hasForgotten, isLate, isUnreachable, throttles, mistakes,
		}).Draw(t, "how"),
		often: rapid.SampledFrom([]int{1, 2, 5}).Draw(t, "often"),
	}
}

func (s answers) String() string {
	how := []string{"answers truly", "is down", "cannot be reached", "throttles", "has forgotten the result",
		"answers about another session", "answers after 10 s", "sees the asking process die"}
	return "the vendor, when asked" + times(s.often) + ", " + how[s.how]
}

func (s answers) do(w *world) { w.model.planReplies(s.how, s.often) }

// fails is a store that does not do its part for one replica.
type fails struct {
	at    replica
	after int // calls that still work
	often int
	how   trouble
}

func drawFails(t *rapid.T) step {
	s := fails{at: drawReplica(t), after: rapid.IntRange(0, 6).Draw(t, "after")}
	s.how = rapid.SampledFrom([]trouble{refusesCall, losesReply, hangsUp}).Draw(t, "how")
	s.often = rapid.IntRange(1, 3).Draw(t, "often")
	return s
}

func (s fails) String() string {
	how := []string{"fails", "does its work but its answer is lost", "does not answer in time"}
	return fmt.Sprintf("after %d calls the store%s %s at %s", s.after, times(s.often), how[s.how], s.at)
}

func (s fails) do(w *world) { w.at(s.at).line.fail(s.after, s.often, s.how) }

// dies is a process that is killed at a call of the store.
type dies struct {
	at    replica
	after int
	done  bool // the call that it died in was done
}

func drawDies(t *rapid.T) step {
	return dies{drawReplica(t), rapid.IntRange(0, 8).Draw(t, "after"), rapid.Bool().Draw(t, "done")}
}

func (s dies) String() string {
	text := fmt.Sprintf("after %d calls of the store %s is killed in the next one", s.after, s.at)
	if s.done {
		text += ", which is done all the same"
	}
	return text
}

func (s dies) do(w *world) {
	how := refusesCall
	if s.done {
		how = losesReply
	}
	w.at(s.at).line.kill(s.after, how)
}

// deploys is a process that is shut down and replaced.
type deploys struct{ at replica }

func drawDeploys(t *rapid.T) step { return deploys{drawReplica(t)} }

func (s deploys) String() string { return fmt.Sprintf("%s is deployed anew", s.at) }

func (s deploys) do(w *world) {
	old := w.at(s.at)
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	_ = old.kit.Shutdown(ctx)
	old.die()
	w.at(s.at)
}

// passes is time.
type passes struct{ d time.Duration }

func drawPasses(t *rapid.T) step {
	return passes{rapid.SampledFrom(moments()).Draw(t, "time")}
}

func (s passes) String() string { return s.d.String() + " pass" }

func (s passes) do(*world) { time.Sleep(s.d) }

// skews is a clock that jumps. One machine's is always right, so that no two are
// further apart than the margin of a lease.
type skews struct{ by time.Duration }

func drawSkews(t *rapid.T) step {
	return skews{rapid.SampledFrom([]time.Duration{-4 * time.Second, 4 * time.Second, 0}).Draw(t, "by")}
}

func (s skews) String() string { return fmt.Sprintf("the clock of B is off by %v", s.by) }

func (s skews) do(w *world) { w.skew.Store(int64(s.by)) }

// pretends is a callback that the vendor did not make.
type pretends struct {
	about nth
	at    replica
	how   forgery
}

// forgery is what is wrong with it.
type forgery int

const (
	unsignedNotify forgery = iota
	unsignedReturn
	otherRef
)

func drawPretends(t *rapid.T) step {
	return pretends{drawSession(t), drawReplica(t),
		rapid.SampledFrom([]forgery{unsignedNotify, unsignedReturn, otherRef}).Draw(t, "how")}
}

func (s pretends) String() string {
	how := []string{"an unsigned notify", "an unsigned return", "a notice with the vendor's id of another session"}
	return fmt.Sprintf("somebody sends %s %s that says: %s has passed", s.at, how[s.how], s.about)
}

func (s pretends) do(w *world) {
	about := w.model.session(s.about)
	if about == nil {
		return
	}
	form, via, status := says(about.id, "passed"), handlers.CarrierNotify, http.StatusUnauthorized
	switch s.how {
	case unsignedReturn:
		via = handlers.CarrierReturn
		form.Set("sign", "forged")
	case unsignedNotify:
		form.Set("sign", "forged")
	case otherRef:
		if !w.model.knowsRef(about) {
			return // then there is nothing that it contradicts
		}
		form.Set("ref", refOf(strings.Repeat("A", 26)))
		status = http.StatusBadRequest
	}
	a := w.send(s.at, post(callbackURL(about.id, via), form))
	if !a.storeFailed() {
		w.model.costsNothing(a, "a forged callback", status)
	}
}

// snoops is a stranger who opens somebody's session, or starts one for nobody.
type snoops struct {
	about nth
	at    replica
	how   intrusion
}

// intrusion is what the stranger tries.
type intrusion int

const (
	withoutCookie intrusion = iota
	withOwnCookie
	withStolenCookie
	pollsWithout
	startsForNobody
	startsFromElsewhere
)

func drawSnoops(t *rapid.T) step {
	return snoops{drawSession(t), drawReplica(t), intrusion(rapid.IntRange(0, int(startsFromElsewhere)).Draw(t, "how"))}
}

func (s snoops) String() string {
	how := []string{"finish without a cookie", "finish in another's browser", "finish in the same browser as somebody else",
		"status without a cookie", "start signed out", "start from another site"}
	return fmt.Sprintf("a stranger opens %s of %s at %s", how[s.how], s.about, s.at)
}

func (s snoops) do(w *world) {
	about := w.model.session(s.about)
	if about == nil {
		return
	}
	stranger := (about.who + 1) % people // another subject
	r, status := httptest.NewRequest(http.MethodGet, "/face/finish?session="+about.id, nil), http.StatusOK
	switch s.how {
	case withOwnCookie:
		r = w.signed(r, (about.who+2)%people) // the subject of the same name at the other tenant
	case withStolenCookie:
		r = w.signed(r, about.who)
		r.Header.Set(subjectHeader, stranger.subject())
	case pollsWithout:
		r, status = httptest.NewRequest(http.MethodGet, "/face/status?wait=5s&session="+about.id, nil), http.StatusNotFound
	case startsForNobody:
		r, status = post("/face/start", url.Values{}), http.StatusUnauthorized
	case startsFromElsewhere:
		r, status = w.signed(post("/face/start", url.Values{}), stranger), http.StatusForbidden
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	a := w.send(s.at, r)
	if a.storeFailed() {
		return
	}
	w.model.costsNothing(a, "a stranger", status)
	w.model.saw("a stranger turned away")
	if body := a.Body.String(); strings.Contains(body, accountPage) || strings.Contains(body, "verdict") {
		w.model.object("I5", "%s: a stranger was told about it", about)
	}
}

// together is two things at once.
type together struct{ one, other step }

func drawTogether(t *rapid.T) step {
	kinds := []func(*rapid.T) step{drawTells, drawTells, drawComesBack, drawAsks, drawReplays, drawSnoops, drawDeploys}
	draw := func(name string) step { return rapid.SampledFrom(kinds).Draw(t, name)(t) }
	return together{draw("one"), draw("other")}
}

func (s together) String() string { return fmt.Sprintf("at once: %s, and %s", s.one, s.other) }

func (s together) do(w *world) {
	var both sync.WaitGroup
	both.Go(func() { s.one.do(w) })
	both.Go(func() { s.other.do(w) })
	both.Wait()
}
