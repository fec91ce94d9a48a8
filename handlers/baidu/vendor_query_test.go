package baidu

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
)

func TestCase87WhatIsNotFinishedStaysPendingUntilItsTimeIsOver(t *testing.T) {
	invalid := sample(t, "44-token-invalid.constructed.json")
	tests := map[string]struct {
		answer  string
		after   time.Duration
		change  func(*Config)
		verdict handlers.Verdict
		reason  handlers.Reason
	}{
		"case 87: at once":                      {answer: invalid, after: time.Second, verdict: handlers.Pending},
		"just inside the grace":                 {answer: invalid, after: 2*time.Hour + 14*time.Minute, verdict: handlers.Pending},
		"abandoned":                             {answer: invalid, after: 2*time.Hour + 20*time.Minute, verdict: handlers.Expired, reason: ReasonUnused},
		"no code, later":                        {answer: failed(0), after: 3 * time.Hour, verdict: handlers.Review, reason: handlers.ReasonUnknownStatus},
		"an unknown code, later":                {answer: failed(223128), after: 3 * time.Hour, verdict: handlers.Review, reason: "vendor_code_223128"},
		"an unknown code for the strict":        {answer: failed(223128), after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Review, reason: "vendor_code_223128"},
		"the text for the strict":               {answer: invalid, after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Pending},
		"a known code made to mean not ready":   {answer: failed(216100), after: time.Second, change: func(c *Config) { c.NotReady.Codes = []int{216100} }, verdict: handlers.Pending},
		"the vendor's trouble, later":           {answer: failed(222361), after: 24 * time.Hour, verdict: handlers.Pending},
		"case 142: and at the last query":       {answer: failed(222361), after: 60 * time.Hour, verdict: handlers.Review, reason: ReasonVendorBusy},
		"the same without a schedule":           {answer: failed(222361), after: 3 * time.Hour, change: func(c *Config) { c.QueryAfter = []time.Duration{} }, verdict: handlers.Review, reason: ReasonVendorBusy},
		"success without a result, later":       {answer: `{"success":true,"result":null}`, after: 3 * time.Hour, verdict: handlers.Review},
		"success without a result, strict":      {answer: `{"success":true,"result":[]}`, after: time.Second, change: func(c *Config) { c.NotReady.Strict = true }, verdict: handlers.Review},
		"fail_then_pass: failed, may try again": {answer: failed(223120), after: time.Minute, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Pending},
		"fail_then_pass: time is over":          {answer: failed(223120), after: 3 * time.Hour, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Failed, reason: ReasonLiveness},
		"fail_then_pass: passed":                {answer: passed(goodScores), after: time.Minute, change: func(c *Config) { c.RetryableURL = true }, verdict: handlers.Passed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				v := d.vendor(t, tt.change)
				s := session(begin(t, v, person()))
				d.says(endpointDetail, tt.answer)
				time.Sleep(tt.after)
				got := ask(t, v, s)
				assert.Equal(t, tt.verdict, got.Verdict)
				if tt.reason != "" {
					assert.Equal(t, []handlers.Reason{tt.reason}, got.Reasons)
				}
			})
		})
	}
}

func TestCase131bResultsUnderARevokedTokenEndInReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := ready(t)
		v := d.vendor(t, nil)
		s := session(begin(t, v, person()))
		d.refuse = func(token string) bool { return token == tokenPrefix+"1" }
		d.says(endpointDetail, sample(t, "44-token-invalid.constructed.json"))
		assert.Equal(t, handlers.Pending, ask(t, v, s).Verdict, "young: it may just not be finished")
		time.Sleep(3 * time.Hour)
		assert.Equal(t, judgement(handlers.Review, ReasonTokenOrphaned), ask(t, v, s), "case 131b: not failed, not pending for ever")
		d.says(endpointDetail, passed(goodScores))
		assert.Equal(t, handlers.Passed, ask(t, v, s).Verdict, "and nothing is lost if the new token matches")
	})
}

func TestErrorsOfAQuery(t *testing.T) {
	tests := map[string]struct {
		answer any
		after  time.Duration
		code   handlers.Code
	}{
		"case 141: older than the vendor keeps it": {sample(t, "44-token-invalid.constructed.json"), 73 * time.Hour, handlers.CodeResultGone},
		"the vendor's trouble at the gateway":      {`{"error_code":2}`, 0, handlers.CodeVendorUnavailable},
		"rate, in the gateway's envelope":          {sample(t, "06-gateway-18.json"), 0, handlers.CodeVendorThrottled},
		"rate, in the scheme's envelope":           {failed(18), 0, handlers.CodeVendorThrottled},
		"permission, in the scheme's envelope":     {failed(6), 0, handlers.CodeVendorMisconfigured},
		"permission":                               {`{"error_code":6}`, 0, handlers.CodeVendorMisconfigured},
		"nonsense":                                 {"<html>", 0, handlers.CodeVendorUnavailable},
		"HTTP 503":                                 {httpAnswer{503, ""}, 0, handlers.CodeVendorUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				v := d.vendor(t, nil)
				s := session(begin(t, v, person()))
				d.answer[endpointDetail] = func(int, []byte) any { return tt.answer }
				time.Sleep(tt.after)
				_, err := v.Query(t.Context(), s)
				assert.Equal(t, tt.code, handlers.CodeOf(err))
			})
		})
	}
	t.Run("a session without ref", func(t *testing.T) {
		_, err := newDouble().vendor(t, nil).Query(t.Context(), handlers.Session{ID: "SESSION"})
		assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
	})
}

func TestAQueryOfWhichAnythingReachedTheVendorWasSent(t *testing.T) {
	refused := func(path string, nth int) handlerstest.Fault {
		return handlerstest.Fault{Kind: handlerstest.Refused, Path: path, Nth: nth, Calls: math.MaxInt}
	}
	tests := map[string]struct {
		rotated bool // the access token, since the start
		lost    handlerstest.Fault
		refused handlerstest.Fault
		code    handlers.Code
	}{
		"nothing did": {refused: refused("", 1), code: handlers.CodeVendorNotSent},
		"the first try did, whose answer was lost":                {lost: handlerstest.Fault{Kind: handlerstest.Lost}, refused: refused("", 2), code: handlers.CodeVendorUnavailable},
		"detail did, getall did not":                              {refused: refused(endpointAll, 1), code: handlers.CodeVendorUnavailable},
		"under the older token it did, not under the current one": {rotated: true, refused: refused("", 2), code: handlers.CodeVendorUnavailable},
	}
	for name, tt := range tests {
		t.Run("case 140: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				near := &handlerstest.Transport{Base: d}
				line := &handlerstest.Transport{Base: near}
				v := d.vendor(t, func(c *Config) { c.UseGetAll, c.HTTPClient = true, &http.Client{Transport: line} })
				s := session(begin(t, v, person()))
				d.says(endpointDetail, passed(goodScores))
				if tt.rotated {
					rotate(t, v.client)
					d.says(endpointDetail, sample(t, "44-token-invalid.constructed.json"))
				}
				near.Break(tt.lost)
				line.Break(tt.refused)
				_, err := v.Query(t.Context(), s)
				assert.Equal(t, tt.code, handlers.CodeOf(err))
				assert.Equal(t, tt.code == handlers.CodeVendorNotSent, d.count(endpointDetail) == 0)
			})
		})
	}
}
