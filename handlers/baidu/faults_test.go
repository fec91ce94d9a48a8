package baidu_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/sandbox"
)

// flow is a way through kit and vendor during which calls go wrong, until the fault
// is mended or for good. The person has passed a check when it returns; its id is
// what it returns.
type flow func(s *shop, heard *ear, fault handlerstest.Fault) string

func flows() map[string]flow {
	return map[string]flow{
		"a start": startAnyhow,
		"a person who comes back": func(s *shop, _ *ear, fault handlerstest.Fault) string {
			back := s.check("pass", time.Minute)
			s.line.Break(fault)
			assert.Equal(s.t, http.StatusOK, s.visit(http.MethodGet, back).Code)
			came := s.visit(http.MethodGet, finish(s.t, back))
			assert.Contains(s.t, []int{http.StatusOK, http.StatusSeeOther}, came.Code, "a page that waits, or the way on")
			return sessionOf(s.t, back)
		},
		"a person who comes back before the vendor is done": func(s *shop, _ *ear, fault handlerstest.Fault) string {
			require.NoError(s.t, s.fake.Next(sandbox.BaiduSwitches{PendingQueries: 1}))
			back := s.check("pass", time.Minute)
			s.line.Break(fault)
			s.visit(http.MethodGet, finish(s.t, back))
			return sessionOf(s.t, back)
		},
		"a person who never comes back": func(s *shop, _ *ear, fault handlerstest.Fault) string {
			back := s.check("pass", time.Minute)
			s.line.Break(fault)
			return sessionOf(s.t, back)
		},
		"a tool that asks after the access token was revoked": func(s *shop, heard *ear, fault handlerstest.Fault) string {
			back := s.check("pass", time.Minute)
			s.fake.RevokeAll()
			s.line.Break(fault)
			_, err := s.kit.Reconcile(s.t.Context(), sessionOf(s.t, back))
			heard.fails(err)
			return sessionOf(s.t, back)
		},
	}
}

// startAnyhow clicks start until there is a page, and passes.
func startAnyhow(s *shop, heard *ear, fault handlerstest.Fault) string {
	s.line.Break(fault)
	w := s.visit(http.MethodPost, "https://shop.example/face/start")
	s.line.Mend()
	assert.LessOrEqual(s.t, s.tries(sandbox.BaiduGenerate), 1, "no verify_token is made twice for one session")
	assert.LessOrEqual(s.t, s.tries(sandbox.BaiduUpload), 1)
	assert.LessOrEqual(s.t, s.tries(sandbox.BaiduSubmit), 1)
	if w.Code != http.StatusSeeOther {
		assert.Equal(s.t, http.StatusBadGateway, w.Code)
		assert.NotEqual(s.t, handlerstest.Late, fault.Kind, "whoever waits gets there")
		failed := heard.told(handlers.EventStartFailed)
		require.Len(s.t, failed, 1)
		assert.Contains(s.t, []handlers.Code{handlers.CodeVendorNotSent, handlers.CodeVendorUnavailable}, failed[0].Code)
		if fault.Kind != handlerstest.Refused {
			assert.Equal(s.t, handlers.CodeVendorUnavailable, failed[0].Code)
		}
		left, err := s.kit.Lookup(s.t.Context(), failed[0].Session)
		require.NoError(s.t, err)
		assert.Equal(s.t, handlers.StateStartFailed, left.State, "nobody is sent to a page that is half prepared")
		time.Sleep(2 * time.Minute) // OAuth is left alone for a while
		w = s.visit(http.MethodPost, "https://shop.example/face/start")
		require.Equal(s.t, http.StatusSeeOther, w.Code, "the next click finds all in order")
	}
	return sessionOf(s.t, s.act(w, "pass"))
}

// photo is a picture to compare with.
func photo(t *testing.T) handlers.PrivateBytes {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 40)), nil))
	return handlers.HideBytes(b.Bytes())
}

func TestCallsThatGoWrong(t *testing.T) {
	for name, run := range flows() {
		for _, kind := range handlerstest.Kinds() {
			for many, all := range map[int]bool{1: false, 2: false, math.MaxInt: true} {
				t.Run(fmt.Sprintf("cases 15, 135, 136, 137: %s: %s, %d in a row, whichever is the first", name, kind, many), func(t *testing.T) {
					for n, reached := 1, true; reached; n++ {
						require.Less(t, n, 20, "a flow has an end")
						synctest.Test(t, func(t *testing.T) {
							reached = goWrong(t, run, handlerstest.Fault{Kind: kind, Nth: n, Calls: many}, all && name != "a start")
						})
						require.True(t, reached || n > 1, "a flow makes a call")
					}
				})
			}
		}
	}
}

// goWrong lets one flow run to its end, looks at what is left, and reports whether
// there was a call to spoil. For good says that nothing mends the fault.
func goWrong(t *testing.T, run flow, fault handlerstest.Fault, forGood bool) (reached bool) {
	heard := newEar()
	s := openShop(t, sandbox.BaiduConfig{AllowAnyHost: true, Plans: []sandbox.BaiduPlan{
		{ID: "1", Identity: sandbox.BaiduIdentitySubmitted, Comparison: sandbox.BaiduComparePhoto},
	}}, func(o *handlers.Options) {
		heard.options(o)
		o.PollInterval = 10 * time.Minute
	})
	s.seen, s.params.Image = heard.sees, photo(t)
	id := run(s, heard, fault)
	time.Sleep(time.Hour)
	if found, err := s.kit.Lookup(t.Context(), id); err == nil && found.Verdict == handlers.Pending {
		time.Sleep(80 * time.Hour) // the reconciler's schedule, and the vendor's retention
	}
	synctest.Wait()
	reached = s.line.Spoilt() > 0

	result, _ := s.only()
	assert.Equal(t, id+"-1", result.Key, "the one session that could be passed is heard of, once")
	late := fault.Kind == handlerstest.Late // slow, but nothing is missing
	if forGood && reached && !late {
		assert.Equal(t, handlers.Expired, result.Verdict)
		assert.Equal(t, []handlers.Reason{handlers.ReasonNoStatement}, result.Reasons)
	} else {
		assert.Equal(t, handlers.Passed, result.Verdict)
		assert.Equal(t, handlers.CarrierQuery, result.Via)
	}
	ended, err := s.kit.Lookup(t.Context(), id)
	require.NoError(t, err)
	assert.LessOrEqual(t, ended.Queries, 8, "the budget is not overdrawn")
	const tries, revoked = 3, 1 // a question that is refused for its access token was not taken in
	assert.LessOrEqual(t, s.asked(), tries*ended.Queries+revoked, "nor does the vendor see more than was counted")
	heard.nothingPrivate(t)
	return reached
}
