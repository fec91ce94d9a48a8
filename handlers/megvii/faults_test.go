package megvii_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
)

// flow is a way through kit and vendor during which calls go wrong. It has begun a
// session when it returns, and the person has passed.
type flow struct {
	pictures bool
	once     bool // the budget is too small for more than one fault
	switches sandbox.MegviiSwitches
	run      func(s *shop, fault handlerstest.Fault)

	// ended is how that session must end if a call went wrong, if all did from then on.
	ended func(all bool) (handlers.Verdict, handlers.Carrier)
}

func flows() map[string]flow {
	silent := 0
	asked := func(all bool) (handlers.Verdict, handlers.Carrier) {
		if all {
			return handlers.Expired, handlers.CarrierNone
		}
		return handlers.Passed, handlers.CarrierQuery
	}
	told := func(bool) (handlers.Verdict, handlers.Carrier) { return handlers.Passed, handlers.CarrierNotify }
	leave := func(s *shop, fault handlerstest.Fault) {
		page, _ := s.begin()
		s.act(page, "pass")
		s.line.Break(fault)
	}
	comeBack := func(s *shop, fault handlerstest.Fault) {
		page, _ := s.begin()
		back := s.act(page, "pass")
		s.line.Break(fault)
		assert.Equal(s.t, http.StatusOK, s.visit(http.MethodGet, back).Code)
		came := s.visit(http.MethodGet, "https://shop.example/face/finish?session="+s.session().ID)
		assert.Contains(s.t, []int{http.StatusOK, http.StatusSeeOther}, came.Code, "a page that waits, or the way on")
	}
	return map[string]flow{
		"a start":                 {run: startAnyhow, ended: told},
		"a person who comes back": {switches: sandbox.MegviiSwitches{Notify: &silent, ReturnMethod: http.MethodGet}, ended: asked, run: comeBack},
		"a person who comes back before the vendor is done": {
			once: true, switches: sandbox.MegviiSwitches{Notify: &silent, ReturnMethod: http.MethodGet, Processing: 1}, ended: asked, run: comeBack,
		},
		"a tool that asks at once": {
			switches: sandbox.MegviiSwitches{Notify: &silent, ReturnLost: true}, ended: asked,
			run: func(s *shop, fault handlerstest.Fault) {
				leave(s, fault)
				_, err := s.kit.Reconcile(s.t.Context(), s.session().ID)
				assert.Equal(s.t, s.line.Spoilt() > 0 && fault.Kind != handlerstest.Late, err != nil)
				s.noteError(err)
			},
		},
		"a person who never comes back":                 {switches: sandbox.MegviiSwitches{Notify: &silent, ReturnLost: true}, ended: asked, run: leave},
		"a person who never comes back, with a picture": {pictures: true, switches: sandbox.MegviiSwitches{Notify: &silent, ReturnLost: true}, ended: asked, run: leave},
		"a picture after the notify": {
			pictures: true, ended: told,
			run: func(s *shop, fault handlerstest.Fault) {
				page, _ := s.begin()
				s.line.Break(fault)
				s.act(page, "pass")
			},
		},
	}
}

// startAnyhow clicks start until there is a page, and passes. A start that failed
// leaves a session behind, which hears from the vendor if that knows it.
func startAnyhow(s *shop, fault handlerstest.Fault) {
	s.line.Break(fault)
	page, status := s.begin()
	if s.line.Spoilt() > 0 && fault.Kind != handlerstest.Late {
		s.line.Mend()
		assert.Equal(s.t, http.StatusBadGateway, status)
		assert.Equal(s.t, handlers.StateStartFailed, s.session().State)
		failed := s.told(handlers.EventStartFailed)
		require.Len(s.t, failed, 1)
		want := handlers.CodeVendorUnavailable
		if fault.Kind == handlerstest.Refused {
			want = handlers.CodeVendorNotSent
		}
		assert.Equal(s.t, want, failed[0].Code)
		time.Sleep(time.Minute)
		page, _ = s.begin()
	}
	s.act(page, "pass")
}

func TestCallsThatGoWrong(t *testing.T) {
	for name, f := range flows() {
		for _, kind := range handlerstest.Kinds() {
			for many, all := range map[int]bool{1: false, 2: false, math.MaxInt: true} {
				if f.once && many > 1 {
					continue
				}
				t.Run(fmt.Sprintf("cases 8, 11, 135, 136, 137, 140: %s: %s, %d in a row, whichever is the first", name, kind, many), func(t *testing.T) {
					for n, reached := 1, true; reached; n++ {
						require.Less(t, n, 10, "a flow has an end")
						synctest.Test(t, func(t *testing.T) {
							reached = goWrong(t, f, handlerstest.Fault{Kind: kind, Nth: n, Calls: many}, all)
						})
						require.True(t, reached || n > 1, "a flow makes a call")
					}
				})
			}
		}
	}
}

// goWrong lets one flow run to its end, looks at what is left, and reports whether
// there was a call to spoil.
func goWrong(t *testing.T, f flow, fault handlerstest.Fault, all bool) (reached bool) {
	s := openShop(t, func(settings *shopSettings) {
		if f.pictures {
			settings.vendor.ReturnImage = megvii.ReturnImageBest
		}
	})
	require.NoError(t, s.fake.Next(f.switches))
	f.run(s, fault)
	time.Sleep(2 * time.Hour)
	_ = s.fake.Sessions() // the vendor notices whose time is over
	if s.session().Verdict == handlers.Pending {
		time.Sleep(28 * time.Hour) // the reconciler's schedule, and the vendor's retention
	}
	synctest.Wait()
	reached = s.line.Spoilt() > 0

	late := fault.Kind == handlerstest.Late // slow, but nothing is missing
	verdict, via := f.ended(all && reached && !late)
	passed := s.session()
	assert.Equal(t, verdict, passed.Verdict)
	assert.Contains(t, []handlers.State{handlers.StateDelivered, handlers.StateScrubbed}, passed.State)
	effects := map[string]int{}
	for _, r := range s.results() {
		effects[r.Key]++
		if r.Session != passed.ID {
			continue
		}
		assert.Equal(t, via, r.Via)
		assert.Equal(t, f.pictures && r.Verdict == handlers.Passed, len(r.Images) == 1 || r.ImagesMissing, "pictures, or a word that they are missing")
	}
	wanted := map[string]int{passed.ID + "-1": 1}
	for _, known := range s.fake.Sessions() {
		ours, err := s.kit.Lookup(t.Context(), known.BizNo)
		require.NoError(t, err, "the vendor knows no session that we do not")
		assert.LessOrEqual(t, ours.Queries, 3, "the budget is not overdrawn")
		assert.LessOrEqual(t, known.GetResult, ours.Queries, "nor does the vendor see more than was counted")
		if known.BizNo != passed.ID {
			// Nobody could go to its page: it ran out, and the vendor told.
			assert.Equal(t, handlers.Expired, ours.Verdict)
			wanted[known.BizNo+"-1"] = 1
		}
	}
	assert.Equal(t, wanted, effects, "each end is heard once")
	tried := map[string]int{}
	for _, id := range s.opened {
		tried[id]++
		assert.Equal(t, 1, tried[id], "no session is opened twice")
	}
	s.nothingLeaked()
	return reached
}
