package handlers_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/facegate/facegate/handlers"
)

// program is what happens in one run of the model, drawn beforehand as a whole.
type program struct {
	pictures bool   // the vendor's account hands out pictures
	delays   uint64 // the seed of how long each call of the store takes
	steps    []step
}

// step is one thing that happens. String says it in words.
type step interface {
	fmt.Stringer
	do(w *world)
}

// GoString is how rapid prints a program.
func (p program) GoString() string {
	var b strings.Builder
	fmt.Fprintf(&b, "with the store's delays from seed %d", p.delays)
	if p.pictures {
		b.WriteString(", with pictures")
	}
	for i, s := range p.steps {
		fmt.Fprintf(&b, "\n\t%2d. %s", i+1, s)
	}
	return b.String()
}

// programs draws programs. They begin with a start: nothing happens without one.
func programs() *rapid.Generator[program] {
	return rapid.Custom(func(t *rapid.T) program {
		p := program{
			pictures: rapid.Bool().Draw(t, "pictures"),
			delays:   uint64(rapid.IntRange(0, 99).Draw(t, "delays")),
		}
		p.steps = []step{drawStart(t)}
		// Many short scenes: rapid draws short slices, and can take out a scene as a whole.
		for _, scene := range rapid.SliceOf(scenes()).Draw(t, "scenes") {
			p.steps = append(p.steps, scene...)
		}
		return p
	})
}

// scenes draws what happens one after the other. Some lead on purpose to where chance
// alone comes too seldom.
func scenes() *rapid.Generator[[]step] {
	anything := func(t *rapid.T) []step { return rapid.SliceOf(steps()).Draw(t, "steps") }
	kinds := []func(*rapid.T) []step{
		anything, anything, anything, anything, anything, anything,
		drawDeadLetter, drawOverrun, drawHandover, drawImpatience, drawOblivion, drawLostAnswer, drawRelapse, drawDoubt,
	}
	return rapid.Custom(func(t *rapid.T) []step {
		return rapid.SampledFrom(kinds).Draw(t, "kind")(t)
	})
}

// steps draws one step. What stands here several times is drawn more often; what
// stands first is what rapid simplifies to.
func steps() *rapid.Generator[step] {
	kinds := []func(*rapid.T) step{
		drawTells, drawTells, drawTells, drawTells, drawTells,
		drawStart, drawStart, drawStart,
		drawPasses, drawPasses, drawPasses,
		drawComesBack, drawComesBack,
		drawHooks, drawHooks, drawHooks,
		drawEnds, drawAnswers, drawAnswers,
		drawFails, drawFails, drawDies, drawDies,
		drawPretends, drawSnoops, drawAsks, drawReplays, drawDeploys, drawSkews,
		drawTogether, drawTogether,
	}
	return rapid.Custom(func(t *rapid.T) step {
		return rapid.SampledFrom(kinds).Draw(t, "kind")(t)
	})
}

// drawDeadLetter has OnResult fail until the session is parked, and then replays it.
func drawDeadLetter(t *rapid.T) []step {
	how := rapid.SampledFrom([]outcome{failsOnce, panics, diesBefore}).Draw(t, "how")
	return []step{drawStart(t), hooks{how, mostDeliveries}, drawNews(t), passes{70 * time.Minute}, replays{at: drawReplica(t)}}
}

// drawOverrun has OnResult outlive its lease, while the other process takes over.
func drawOverrun(t *rapid.T) []step {
	news := drawNews(t)
	again := news
	again.at = 1 - news.at
	return []step{drawStart(t), hooks{isDeaf, 1}, news, passes{time.Minute}, again}
}

// drawHandover replaces a process while OnResult runs there.
func drawHandover(t *rapid.T) []step {
	news := drawNews(t)
	return []step{drawStart(t), hooks{hangs, 1}, news, deploys{news.at}}
}

// drawImpatience has a person come back, several times, before anything was told.
func drawImpatience(t *rapid.T) []step {
	back := comesBack{at: drawReplica(t), polls: rapid.Bool().Draw(t, "polls")}
	return []step{drawStart(t), back, passes{40 * time.Second}, back, passes{40 * time.Second}, back}
}

// drawOblivion asks a vendor that has forgotten the result.
func drawOblivion(t *rapid.T) []step {
	return []step{drawStart(t), answers{hasForgotten, 1}, asks{at: drawReplica(t)}}
}

// drawLostAnswer kills the process that asks, while it does.
func drawLostAnswer(t *rapid.T) []step {
	return []step{drawStart(t), answers{seesDeath, 1}, asks{at: drawReplica(t)}}
}

// drawRelapse kills the process when OnResult has had its effect.
func drawRelapse(t *rapid.T) []step {
	return []step{drawStart(t), hooks{diesAfter, 1}, drawNews(t), passes{70 * time.Minute}}
}

// drawDoubt loses the store's answer while a statement is recorded.
func drawDoubt(t *rapid.T) []step {
	news := drawNews(t)
	return []step{drawStart(t), fails{news.at, rapid.IntRange(0, 4).Draw(t, "after"), 1, losesReply}, news}
}

// drawNews is a first statement about the latest session.
func drawNews(t *rapid.T) tells {
	return tells{verdict: drawVerdict(t), at: drawReplica(t), via: handlers.CarrierNotify, often: 1}
}

// The parts that steps are made of.

func drawReplica(t *rapid.T) replica { return replica(rapid.IntRange(0, 1).Draw(t, "replica")) }

// drawSession counts from the latest session back: that is what most steps are about.
func drawSession(t *rapid.T) nth { return nth(rapid.IntRange(0, 3).Draw(t, "session")) }

func drawVerdict(t *rapid.T) handlers.Verdict {
	return rapid.SampledFrom([]handlers.Verdict{
		handlers.Passed, handlers.Failed, handlers.Passed, handlers.Pending, handlers.Cancelled, handlers.Expired, handlers.Review,
	}).Draw(t, "verdict")
}

// replica is one of the two machines that serve the app.
type replica int

func (r replica) String() string { return string(rune('A' + int(r))) }

// nth is a session: 0 the latest, 1 the one before.
type nth int

func (n nth) String() string {
	return []string{"the latest session", "the last but one session", "the last but two session", "the last but three session"}[n]
}

// person is somebody at one of the app's customers.
type person int

const people = 4

// tenant and subject: the same subjects exist at both tenants.
func (p person) tenant() string  { return []string{"shop-a", "shop-b"}[p/2] }
func (p person) subject() string { return []string{"alice", "bob"}[p%2] }
func (p person) String() string  { return p.subject() + " of " + p.tenant() }

// times says how often, in words.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" %d times", n)
}

// moments are the steps of the clock: within a lease, a back-off, a vendor's page, its
// schedule and its retention.
func moments() []time.Duration {
	return []time.Duration{time.Second, 40 * time.Second, 12 * time.Minute, 70 * time.Minute, 7 * time.Hour, 25 * time.Hour}
}
