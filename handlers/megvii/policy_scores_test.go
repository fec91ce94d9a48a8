package megvii_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func TestTheDemandedRate(t *testing.T) {
	tests := map[string]struct {
		rate   string
		score  float64
		reason handlers.Reason // empty: passed
	}{
		"1e-3 met":                         {megvii.Rate3, 64, ""},
		"1e-3 missed":                      {megvii.Rate3, 63.9, megvii.ReasonScoreBelow3},
		"1e-5 met":                         {megvii.Rate5, 74, ""},
		"1e-5 missed, 1e-4 met":            {megvii.Rate5, 73.9, megvii.ReasonScoreBelow5},
		"1e-5 missed, 1e-4 missed":         {megvii.Rate5, 68.9, megvii.ReasonScoreBelow4},
		"1e-6 met":                         {megvii.Rate6, 79.9, ""},
		"1e-6 missed, 1e-5 met":            {megvii.Rate6, 79.8, megvii.ReasonScoreBelow6},
		"1e-6 missed, 1e-3 missed":         {megvii.Rate6, 1, megvii.ReasonScoreBelow3},
		"a rate that does not exist":       {"1e-2", 100, megvii.ReasonThresholdMissing},
		"a rate in another spelling of it": {"0.0001", 100, megvii.ReasonThresholdMissing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := judged(megvii.Policy{Rate: tt.rate}, megvii.Asked{}, func(r *megvii.Result) { *r.Verify.FaceID.Confidence = tt.score })
			if tt.reason == "" {
				assert.Equal(t, handlers.Passed, got.Verdict)
				assert.Empty(t, got.Reasons)
				return
			}
			assert.Equal(t, handlers.Failed, got.Verdict)
			assert.Equal(t, []handlers.Reason{tt.reason}, got.Reasons)
		})
	}
}

func TestTheScoreBucketIsThatOfTheWeakestComparison(t *testing.T) {
	bucket := func(policy megvii.Policy, comparisons ...*megvii.Comparison) string {
		return judged(policy, megvii.Asked{LivenessOnly: true}, func(r *megvii.Result) {
			slots := []**megvii.Comparison{&r.Verify.FaceID, &r.Verify.Ref1, &r.Verify.IDCardPhoto}
			r.Verify.FaceID = nil
			for i, c := range comparisons {
				*slots[i] = c
			}
		}).ScoreBucket
	}
	for score, want := range map[float64]string{
		100: "1e-6", 79.9: "1e-6", 79.8: "1e-5", 74: "1e-5", 73: "1e-4", 69: "1e-4", 68: "1e-3", 64: "1e-3", 63: "below_1e-3", 0: "below_1e-3",
	} {
		assert.Equal(t, want, bucket(megvii.Policy{}, compared(score)), "score %v", score)
	}
	assert.Equal(t, "1e-3", bucket(megvii.Policy{}, compared(90), compared(65), compared(70)))
	assert.Equal(t, "below_1e-3", bucket(megvii.Policy{}, compared(1), compared(65)))
	assert.Equal(t, "1e-6", bucket(megvii.Policy{Comparisons: []string{megvii.CompareFaceID}}, compared(90), compared(1)))
	assert.Empty(t, bucket(megvii.Policy{}), "nothing compared")
	assert.Empty(t, bucket(megvii.Policy{}, compared(90), &megvii.Comparison{}), "a score that cannot be read")
	assert.Empty(t, bucket(megvii.Policy{}, &megvii.Comparison{Confidence: new(90.0)}), "no thresholds")
	assert.Empty(t, bucket(megvii.Policy{}, compared(90), &megvii.Comparison{Confidence: new(90.0)}), "no thresholds beside one")
	assert.Equal(t, "below_1e-4", bucket(megvii.Policy{}, &megvii.Comparison{Confidence: new(60.0), Thresholds: megvii.Thresholds{"1e-4": 69, "1e-5": 74}}))
	disorder := megvii.Thresholds{"1e-3": 64, "1e-4": 95, "1e-6": 1}
	assert.Equal(t, "1e-3", bucket(megvii.Policy{}, &megvii.Comparison{Confidence: new(90.0), Thresholds: disorder}))
}

func TestNamedComparisonsMustBeThereAndOthersAreIgnored(t *testing.T) {
	policy := megvii.Policy{Comparisons: []string{megvii.CompareFaceID, megvii.CompareRef1}}
	require.NoError(t, policy.Validate())
	both := func(faceID, ref1 *megvii.Comparison) handlers.Judgement {
		return judged(policy, megvii.Asked{}, func(r *megvii.Result) {
			r.Verify.FaceID, r.Verify.Ref1, r.Verify.IDCardPhoto = faceID, ref1, compared(1)
		})
	}
	assert.Equal(t, handlers.Passed, both(compared(90), compared(90)).Verdict)
	assert.Equal(t, []handlers.Reason{megvii.ReasonScoreBelow4}, both(compared(90), compared(68)).Reasons)
	assert.Equal(t, []handlers.Reason{megvii.ReasonComparisonMissing}, both(compared(90), nil).Reasons)
	assert.Equal(t, []handlers.Reason{megvii.ReasonComparisonMissing}, both(nil, nil).Reasons)

	named := megvii.Policy{Comparisons: []string{megvii.CompareFaceID}}.Judge(passing(), megvii.Asked{Comparisons: []string{megvii.CompareRef1}})
	assert.Equal(t, handlers.Passed, named.Verdict, "what the policy names takes the place of what was asked for: %v", named.Reasons)
}
