package megvii_test

import (
	"math"
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

// passedUnheard is a session that its person has passed without anybody telling us.
func passedUnheard(s *shop, more ...func(*sandbox.MegviiSwitches)) {
	silent := 0
	switches := sandbox.MegviiSwitches{Notify: &silent, ReturnLost: true}
	for _, change := range more {
		change(&switches)
	}
	require.NoError(s.t, s.fake.Next(switches))
	page, _ := s.begin()
	s.act(page, "pass")
}

// only is the one result that the hook heard.
func (s *shop) only() handlers.Result {
	s.t.Helper()
	synctest.Wait()
	require.Len(s.t, s.results(), 1)
	return s.results()[0]
}

func TestCase140AResultThatWasTakenAndLostIsForReview(t *testing.T) {
	for name, tt := range map[string]struct {
		kind handlerstest.Kind
		gone sandbox.MegviiRefusal
	}{
		"the answer is lost":                     {handlerstest.Lost, sandbox.MegviiRefusal{}},
		"the answer breaks off":                  {handlerstest.Cut, sandbox.MegviiRefusal{}},
		"the answer never comes":                 {handlerstest.Hung, sandbox.MegviiRefusal{}},
		"lost, and the refusal is a successor's": {handlerstest.Lost, sandbox.MegviiRefusal{Status: 403, ErrorMessage: "DATA_DESTROYED"}},
	} {
		t.Run("case 140: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(settings *shopSettings) {
					settings.fake.Calls, settings.fake.GoneError = 1, tt.gone // as an older page of the vendor says
				})
				passedUnheard(s)
				s.line.Break(handlerstest.Fault{Kind: tt.kind})
				time.Sleep(30 * time.Hour)
				result := s.only()
				assert.Equal(t, handlers.Review, result.Verdict, "not failed, not pending for ever")
				assert.Equal(t, []handlers.Reason{handlers.ReasonResultGone}, result.Reasons)
				assert.Equal(t, 2, s.session().Queries, "the first was counted before it was sent")
			})
		})
	}
}

func TestCase141AnOutageWithinTheRetentionLosesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		outage  time.Duration
		vendor  time.Duration // how long it keeps a result
		verdict handlers.Verdict
		reasons []handlers.Reason
	}{
		"of 12 hours": {12 * time.Hour, 24 * time.Hour, handlers.Passed, nil},
		"of 20 hours": {20 * time.Hour, 24 * time.Hour, handlers.Passed, nil},
		"of 30 hours": {30 * time.Hour, 24 * time.Hour, handlers.Expired, []handlers.Reason{handlers.ReasonNoStatement}},
		"that a vendor who forgets does not bear": {12 * time.Hour, 6 * time.Hour, handlers.Review, []handlers.Reason{handlers.ReasonResultGone}},
	} {
		t.Run("case 141: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(settings *shopSettings) { settings.fake.Retention = tt.vendor })
				passedUnheard(s)
				s.line.Break(handlerstest.Fault{Kind: handlerstest.Refused, Calls: math.MaxInt})
				time.Sleep(tt.outage)
				s.line.Mend()
				time.Sleep(48*time.Hour - tt.outage)
				result := s.only()
				assert.Equal(t, tt.verdict, result.Verdict)
				assert.Equal(t, tt.reasons, result.Reasons)
				assert.LessOrEqual(t, s.session().Queries, 3)
			})
		})
	}
}

func TestCase142ErrorsOfTheVendorsOwn(t *testing.T) {
	for outcome, reason := range map[string]handlers.Reason{
		"data_source_error": megvii.ReasonDataSourceError, "internal_error": megvii.ReasonInternalError,
	} {
		t.Run("case 142: "+outcome+" of a comparison says nothing about the person, and an operator hears of it", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(*shopSettings) {})
				page, _ := s.begin()
				s.act(page, outcome)
				time.Sleep(time.Hour)
				result := s.only()
				assert.Equal(t, handlers.Review, result.Verdict)
				assert.Equal(t, reason, result.Reasons[0], "before all that follows from it")
				recorded := s.told(handlers.EventRecorded)
				require.Len(t, recorded, 1)
				assert.Equal(t, reason, recorded[0].Reason, "an alarm can be tied to it")

				_, status := s.begin()
				assert.Equal(t, 303, status, "the person may try again")
			})
		})
	}

	for word, reason := range map[string]handlers.Reason{"INTERNAL_ERROR": "internal_error", "DATA_SOURCE_ERROR": "data_source_error"} {
		t.Run("case 142: a query that is answered "+word+" is asked again on schedule, and an operator hears of it", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(*shopSettings) {})
				passedUnheard(s, func(switches *sandbox.MegviiSwitches) {
					switches.ResultAnswer = sandbox.MegviiFault{Spoil: sandbox.MegviiError, ErrorMessage: word, Times: 1}
				})
				time.Sleep(24 * time.Hour)
				assert.Equal(t, handlers.Passed, s.only().Verdict)
				failed := s.told(handlers.EventQueryFailed)
				require.Len(t, failed, 1)
				assert.Equal(t, handlers.CodeVendorUnavailable, failed[0].Code)
				assert.Equal(t, reason, failed[0].Reason)
				assert.Equal(t, 2, s.session().Queries)
			})
		})

		t.Run("case 142: a start that is answered "+word+" fails and is not repeated", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(*shopSettings) {})
				require.NoError(t, s.fake.Next(sandbox.MegviiSwitches{TokenAnswer: sandbox.MegviiFault{Spoil: sandbox.MegviiError, ErrorMessage: word}}))
				_, status := s.begin()
				assert.Equal(t, 502, status)
				assert.Len(t, s.opened, 1)
				failed := s.told(handlers.EventStartFailed)
				require.Len(t, failed, 1)
				assert.Equal(t, reason, failed[0].Reason)
			})
		})
	}
}
