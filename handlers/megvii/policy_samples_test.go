package megvii_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func TestTheSamplesAreJudgedAsTheirNamesSay(t *testing.T) {
	below4 := []handlers.Reason{megvii.ReasonScoreBelow4}
	tests := map[string]struct {
		policy megvii.Policy
		asked  megvii.Asked
		want   handlers.Judgement
	}{
		// The vendor's examples print 68.918 beside a 1e-4 threshold of 69.
		"callback.data.cn-will.ok.constructed.json": {
			megvii.Policy{Comparisons: []string{megvii.CompareFaceID}}, megvii.Asked{Will: true},
			handlers.Judgement{Verdict: handlers.Passed, ScoreBucket: "1e-6"},
		},
		"callback.data.cn-will.fail-no-audio.constructed.json": {
			megvii.Policy{}, megvii.Asked{Will: true},
			handlers.Judgement{Verdict: handlers.Failed, Reasons: []handlers.Reason{megvii.ReasonWillNoAudio}, ScoreBucket: "1e-6"},
		},
		"callback.data.cn-seed-example-literal.json": {
			megvii.Policy{}, megvii.Asked{Will: true}, handlers.Judgement{
				Verdict:     handlers.Failed,
				Reasons:     append([]handlers.Reason{megvii.ReasonLivenessFailed, megvii.ReasonSpoofSynthetic}, below4...),
				ScoreBucket: "1e-3",
			},
		},
		"callback.data.intl-still.ok.json": {
			megvii.Policy{Rate: megvii.Rate3}, megvii.Asked{},
			handlers.Judgement{Verdict: handlers.Failed, Reasons: []handlers.Reason{megvii.ReasonSpoofSynthetic}, ScoreBucket: "1e-3"},
		},
		"callback.data.intl-liveness-only.constructed.json": {
			megvii.Policy{}, megvii.Asked{LivenessOnly: true}, handlers.Judgement{Verdict: handlers.Passed},
		},
		"callback.data.cancelled.constructed.json": {
			megvii.Policy{}, megvii.Asked{}, handlers.Judgement{Verdict: handlers.Cancelled, Reasons: []handlers.Reason{megvii.ReasonCancelled}},
		},
		"callback.data.failed.constructed.json": {
			megvii.Policy{}, megvii.Asked{}, handlers.Judgement{Verdict: handlers.Failed, Reasons: []handlers.Reason{megvii.ReasonFlowFailed}},
		},
		"callback.data.timeout.constructed.json": {
			megvii.Policy{}, megvii.Asked{}, handlers.Judgement{Verdict: handlers.Expired, Reasons: []handlers.Reason{megvii.ReasonTimeout}},
		},
		"callback.data.webrtc_unsupported.constructed.json": {
			megvii.Policy{}, megvii.Asked{},
			handlers.Judgement{Verdict: handlers.Unsupported, Reasons: []handlers.Reason{megvii.ReasonWebRTCPermissionsError}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			result, err := parseSigned(string(callbackSample(t, name)))
			require.NoError(t, err)
			assert.Equal(t, tt.want, tt.policy.Judge(result, tt.asked))
		})
	}
	t.Run("the zero policy demands every score of the CN sample", func(t *testing.T) {
		result, err := parseSigned(string(callbackSample(t, "callback.data.cn-will.ok.constructed.json")))
		require.NoError(t, err)
		assert.Equal(t, below4, megvii.Policy{}.Judge(result, megvii.Asked{}).Reasons)
	})
}

func TestCase56NothingUnreadablePasses(t *testing.T) {
	const base = `"liveness_result":{"result":"PASS","face_genuineness":{"synthetic_face_confidence":0,"synthetic_face_threshold":0.5,
		"mask_confidence":0,"mask_threshold":0.5,"screen_replay_confidence":0,"screen_replay_threshold":0.5}},
		"verify_result":{"result_faceid":{"confidence":90,"thresholds":{"1e-4":69}}}`
	require.Equal(t, handlers.Passed, megvii.Policy{}.Judge(resultWith(t, base), megvii.Asked{}).Verdict)

	for _, odd := range []string{`[]`, `{"a":1}`, `true`, `"x"`, `"NaN"`, `"-1"`, `1e999`, `-1`, `[1]`} {
		for _, members := range []string{
			replaceOnce(t, base, `"liveness_result":{`, `"liveness_result":`+odd+`,"was":{`),
			base + `,"multifaces_tag":` + odd,
			base + `,"will_result":` + odd,
			replaceOnce(t, base, `"PASS"`, odd),
			replaceOnce(t, base, `"synthetic_face_confidence":0`, `"synthetic_face_confidence":`+odd),
			replaceOnce(t, base, `"mask_threshold":0.5`, `"mask_threshold":`+odd),
			replaceOnce(t, base, `"mask_confidence":0`, `"face_replaced":`+odd+`,"mask_confidence":0`),
			replaceOnce(t, base, `"mask_confidence":0`, `"selfie_inconsistent":`+odd+`,"mask_confidence":0`),
			replaceOnce(t, base, `"result_faceid"`, `"error_message":`+odd+`,"result_faceid"`),
			replaceOnce(t, base, `"result_faceid"`, `"result_ref1":`+odd+`,"result_faceid"`),
			replaceOnce(t, base, `"result_faceid"`, `"id_exceptions":{"id_attacked":`+odd+`},"result_faceid"`),
			replaceOnce(t, base, `"result_faceid"`, `"id_exceptions":`+odd+`,"result_faceid"`),
			replaceOnce(t, base, `90`, odd),
			replaceOnce(t, base, `69`, odd),
			replaceOnce(t, base, `{"1e-4":69}`, odd),
		} {
			if members == base+`,"will_result":[]` || strings.Contains(members, `"id_exceptions":{"a":1}`) {
				continue // no answers, and no id_attacked: neither was asked for
			}
			assert.NotEqual(t, handlers.Passed, megvii.Policy{}.Judge(resultWith(t, members), megvii.Asked{}).Verdict, members)
		}
	}
}

// replaceOnce replaces a text that stands there exactly once.
func replaceOnce(t *testing.T, text, old, by string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), old)
	return strings.Replace(text, old, by, 1)
}
