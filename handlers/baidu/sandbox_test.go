package baidu_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// open begins a check at the sandbox and lets the person choose an outcome.
func open(t *testing.T, vendor *baidu.Vendor, outcome string) handlers.Session {
	t.Helper()
	begun, err := vendor.Begin(t.Context(), handlers.BeginRequest{
		Session: "SESSION", ReturnURL: "http://localhost/face/return?session=SESSION",
		Params: baidu.Params{Name: handlers.Hide("测试甲"), IDNumber: handlers.Hide("000000190001010009")},
	})
	require.NoError(t, err)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back, err := browser.PostForm(begun.PageURL.Reveal(), url.Values{"outcome": {outcome}})
	require.NoError(t, err)
	require.NoError(t, back.Body.Close())
	if location := back.Header.Get("Location"); location != "" {
		returned, err := url.Parse(location)
		require.NoError(t, err)
		hint, err := vendor.Parse(handlers.Callback{Carrier: handlers.CarrierReturn, Method: http.MethodGet, RawQuery: returned.RawQuery})
		require.NoError(t, err)
		assert.False(t, hint.Authentic)
	}
	return handlers.Session{
		ID: "SESSION", Ref: begun.Ref, Memory: begun.Memory, CreatedAt: time.Now(), ExpiresAt: begun.ExpiresAt,
	}
}

func sandboxVendor(t *testing.T, plan sandbox.BaiduPlan, switches sandbox.BaiduSwitches, getAll bool) *baidu.Vendor {
	t.Helper()
	fake := sandbox.NewBaidu(sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{plan}})
	require.NoError(t, fake.Next(switches))
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	c := config(server)
	c.APIKey, c.SecretKey = handlers.Hide(sandbox.BaiduAPIKey), handlers.Hide(sandbox.BaiduSecretKey)
	c.PlanID, c.EntryURL = plan.ID, server.URL+"/face/print/"
	c.UseGetAll, c.RetryableURL, c.RequireIDCard = getAll, plan.URLSurvivesFailure, true
	vendor, err := baidu.New(c)
	require.NoError(t, err)
	return vendor
}

func TestProbeOfTheSandbox(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	fake := sandbox.NewBaidu(sandbox.BaiduConfig{Now: func() time.Time { return noon }, ClockSkew: 10 * time.Minute})
	at := func(secret string) *baidu.Vendor {
		vendor, err := baidu.New(baidu.Config{
			APIKey: handlers.Hide(sandbox.BaiduAPIKey), SecretKey: handlers.Hide(secret), PlanID: "1",
			Tokens: store.NewMemory(), HTTPClient: &http.Client{Transport: handlerstest.InProcess(fake)},
		})
		require.NoError(t, err)
		return vendor
	}
	probe, err := at(sandbox.BaiduSecretKey).Probe(t.Context())
	require.NoError(t, err)
	assert.True(t, probe.CredentialsTaken)
	assert.True(t, noon.Add(10*time.Minute).Equal(probe.Date), "%v", probe.Date)
	assert.Equal(t, map[string]int{sandbox.BaiduToken: 1}, fake.Calls(), "the vendor's endpoints are left alone")

	_, err = at("FAKE-another-secret-0001").Probe(t.Context())
	assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
}

func TestEveryOutcomeOfTheSandbox(t *testing.T) {
	outcomes := map[string]struct {
		verdict handlers.Verdict
		reason  handlers.Reason
	}{
		"pass":           {verdict: handlers.Passed},
		"mismatch":       {handlers.Failed, handlers.ReasonIdentityMismatch},
		"liveness_fail":  {handlers.Failed, baidu.ReasonLiveness},
		"no_face":        {handlers.Failed, baidu.ReasonNoFace},
		"occlusion":      {handlers.Failed, baidu.ReasonFaceOccluded},
		"spoof":          {handlers.Failed, baidu.ReasonSpoofSynthetic},
		"risk":           {handlers.Review, baidu.ReasonRiskFlagged},
		"demoted":        {handlers.Review, baidu.ReasonLivenessDemoted},
		"fail_then_pass": {verdict: handlers.Passed},
		"abandon":        {verdict: handlers.Pending},
	}
	for outcome, want := range outcomes {
		for _, getAll := range []bool{false, true} {
			t.Run(outcome, func(t *testing.T) {
				vendor := sandboxVendor(t, sandbox.BaiduPlan{ID: "16144", Identity: sandbox.BaiduIdentitySubmitted}, sandbox.BaiduSwitches{}, getAll)
				session := open(t, vendor, outcome)
				notice, err := vendor.Query(t.Context(), session)
				require.NoError(t, err)
				judged := vendor.Judge(notice, session)
				assert.Equal(t, want.verdict, judged.Verdict)
				if want.reason != "" {
					assert.Equal(t, want.reason, judged.Reasons[0])
				}
			})
		}
	}
}

func TestEveryUnfinishedAnswerOfTheSandboxIsPending(t *testing.T) {
	for _, unfinished := range []sandbox.BaiduUnfinished{
		sandbox.BaiduUnfinishedTokenInvalid, sandbox.BaiduUnfinishedServiceError, sandbox.BaiduUnfinishedBare, sandbox.BaiduUnfinishedNullResult,
	} {
		t.Run("case 87: "+string(unfinished), func(t *testing.T) {
			switches := sandbox.BaiduSwitches{Unfinished: unfinished, PendingQueries: 1, TokenInvalidCode: 283999}
			vendor := sandboxVendor(t, sandbox.BaiduPlan{ID: "1"}, switches, false)
			session := open(t, vendor, "pass")
			for _, want := range []handlers.Verdict{handlers.Pending, handlers.Passed} {
				notice, err := vendor.Query(t.Context(), session)
				require.NoError(t, err)
				assert.Equal(t, want, vendor.Judge(notice, session).Verdict)
			}
		})
	}
}

func TestEveryShapeOfTheSandboxIsReadAsItIsMeant(t *testing.T) {
	shapes := map[sandbox.BaiduShape]handlers.Verdict{
		sandbox.BaiduStringScores: handlers.Passed, sandbox.BaiduNullScores: handlers.Passed, sandbox.BaiduMissingScores: handlers.Passed,
		sandbox.BaiduStringCodes: handlers.Passed, sandbox.BaiduNumberCodes: handlers.Passed, sandbox.BaiduStringCounts: handlers.Passed,
		sandbox.BaiduStringSuccess: handlers.Passed, sandbox.BaiduNumberLogID: handlers.Passed, sandbox.BaiduOmitResult: handlers.Passed,
		sandbox.BaiduArrayResult: handlers.Passed, sandbox.BaiduDemoteInside: handlers.Passed, sandbox.BaiduNoRisk: handlers.Passed,
		sandbox.BaiduGetAllTable: handlers.Passed, sandbox.BaiduExtraFields: handlers.Passed, sandbox.BaiduNullTimes: handlers.Passed,
		sandbox.BaiduUnpaddedTimes: handlers.Passed, sandbox.BaiduPaddedBody: handlers.Passed,
		sandbox.BaiduNullResult: handlers.Pending, sandbox.BaiduNullConfirm: handlers.Review,
		sandbox.BaiduOtherPerson: handlers.Failed, sandbox.BaiduDisagree: handlers.Review,
	}
	for shape, want := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			plan := sandbox.BaiduPlan{ID: "1", Identity: sandbox.BaiduIdentitySubmitted}
			vendor := sandboxVendor(t, plan, sandbox.BaiduSwitches{Shapes: []sandbox.BaiduShape{shape}}, true)
			session := open(t, vendor, "pass")
			notice, err := vendor.Query(t.Context(), session)
			require.NoError(t, err)
			assert.Equal(t, want, vendor.Judge(notice, session).Verdict)
		})
	}
}
