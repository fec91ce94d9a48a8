package sandbox

import "cmp"

// BaiduIdentity is how a plan learns whose identity to verify.
type BaiduIdentity string

// The identity entries of a plan.
const (
	// BaiduIdentityAny takes what idcard/submit brought, and without it what the
	// person types on the page. It is the default.
	BaiduIdentityAny BaiduIdentity = ""
	// BaiduIdentitySubmitted needs idcard/submit before the page.
	BaiduIdentitySubmitted BaiduIdentity = "submitted"
	// BaiduIdentityOCR photographs the ID card: results carry its text and images.
	BaiduIdentityOCR BaiduIdentity = "ocr"
)

// BaiduComparison is what a plan compares the face with.
type BaiduComparison string

// The comparisons of a plan.
const (
	// BaiduCompareAuthority compares with the authority's photo. It is the
	// default.
	BaiduCompareAuthority BaiduComparison = ""
	// BaiduComparePhoto needs uploadMatchImage before the page; results have no
	// confirmed identity unless one was submitted.
	BaiduComparePhoto BaiduComparison = "photo"
	// BaiduCompareNothing is liveness only: score 0, no confirmed identity.
	BaiduCompareNothing BaiduComparison = "liveness"
)

// BaiduPlan is a plan (方案) as set up in the vendor's console. The zero value
// but for the id is the ordinary plan.
type BaiduPlan struct {
	// ID is the plan_id, accepted as a JSON string and, if all digits, as a
	// number.
	ID string
	// Identity is where name and number come from.
	Identity BaiduIdentity
	// Comparison is what the face is compared with.
	Comparison BaiduComparison
	// URLSurvivesFailure is the console's "URL does not expire on failure": a
	// failed person may try again until two hours after generate. Default: the
	// first failure ends the session.
	URLSurvivesFailure bool
	// Threshold is the plan's similarity threshold, 0 to 100. Default: 80.
	Threshold float64
	// Recording turns result/media/query on, which Baidu does on request only.
	Recording bool
}

// baiduPlans indexes the configured plans.
func baiduPlans(config BaiduConfig) map[string]BaiduPlan {
	plans := map[string]BaiduPlan{}
	for _, id := range config.PlanIDs {
		plans[id] = BaiduPlan{ID: id}
	}
	for _, plan := range config.Plans {
		plans[plan.ID] = plan
	}
	if len(plans) == 0 {
		plans["1"] = BaiduPlan{ID: "1"}
	}
	for id, plan := range plans {
		plan.Threshold = cmp.Or(plan.Threshold, 80)
		plans[id] = plan
	}
	return plans
}
