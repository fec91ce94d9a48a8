package megvii_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// passing is a result that meets every rule.
func passing() *megvii.Result {
	return &megvii.Result{
		Status:   megvii.StatusOK,
		BizInfo:  sampleBizInfo(),
		IDCard:   &megvii.IDCardInfo{Name: handlers.Hide("张三"), Number: handlers.Hide("110101199003070003")},
		Liveness: &megvii.LivenessResult{Result: megvii.ResultPass, FaceGenuineness: spoofScores(0.1, 0.2, 0.3)},
		Verify: &megvii.VerifyResult{
			FaceID:       compared(90),
			IDExceptions: &megvii.IDExceptions{IDAttacked: new(0), IDPhotoMonochrome: new(0)},
		},
		Will:          megvii.WillResult{{Result: megvii.ResultPass}},
		MultiFacesTag: "0",
	}
}

// judged is the judgement of a passing result after a change.
func judged(policy megvii.Policy, asked megvii.Asked, change func(*megvii.Result)) handlers.Judgement {
	r := passing()
	change(r)
	return policy.Judge(r, asked)
}

func TestTheZeroPolicy(t *testing.T) {
	const (
		passed = handlers.Passed
		failed = handlers.Failed
		review = handlers.Review
	)
	type reasons = []handlers.Reason
	tests := map[string]struct {
		change  func(*megvii.Result)
		verdict handlers.Verdict
		reasons reasons
	}{
		"every rule met": {func(*megvii.Result) {}, passed, nil},

		"case 57: no liveness_result":          {func(r *megvii.Result) { r.Liveness = nil }, failed, reasons{megvii.ReasonLivenessMissing}},
		"liveness FAIL":                        {func(r *megvii.Result) { r.Liveness.Result = "FAIL" }, failed, reasons{megvii.ReasonLivenessFailed}},
		"liveness TIMEOUT, as old pages print": {func(r *megvii.Result) { r.Liveness.Result = "TIMEOUT" }, failed, reasons{megvii.ReasonLivenessFailed}},
		"liveness pass in lower case":          {func(r *megvii.Result) { r.Liveness.Result = "pass" }, failed, reasons{megvii.ReasonLivenessFailed}},
		"liveness without a result":            {func(r *megvii.Result) { r.Liveness.Result = "" }, failed, reasons{megvii.ReasonLivenessFailed}},

		"case 61: synthetic over its threshold": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness = spoofScores(0.51, 0, 0) }, failed, reasons{megvii.ReasonSpoofSynthetic},
		},
		"case 61: mask over its threshold": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness = spoofScores(0, 0.51, 0) }, failed, reasons{megvii.ReasonSpoofMask},
		},
		"case 61: screen replay over its threshold": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness = spoofScores(0, 0, 0.51) }, failed, reasons{megvii.ReasonSpoofScreenReplay},
		},
		"case 61: equal to the threshold": {func(r *megvii.Result) { r.Liveness.FaceGenuineness = spoofScores(0.5, 0.5, 0.5) }, passed, nil},
		"case 61: each score against its own threshold": {func(r *megvii.Result) {
			r.Liveness.FaceGenuineness.MaskConfidence, r.Liveness.FaceGenuineness.MaskThreshold = new(0.6), new(0.7)
			r.Liveness.FaceGenuineness.ScreenReplayConfidence, r.Liveness.FaceGenuineness.ScreenReplayThreshold = new(0.3), new(0.2)
		}, failed, reasons{megvii.ReasonSpoofScreenReplay}},
		"a spoof threshold missing": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskThreshold = nil }, failed, reasons{megvii.ReasonSpoofThresholdMissing},
		},
		"a spoof threshold that is no number": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskThreshold = new(math.NaN()) }, failed, reasons{megvii.ReasonSpoofThresholdMissing},
		},
		"a spoof threshold off the scale": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskThreshold = new(50.0) }, failed, reasons{megvii.ReasonSpoofThresholdMissing},
		},
		"a spoof score that is no number": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskConfidence = new(math.NaN()) }, failed, reasons{megvii.ReasonSpoofMask},
		},
		"a spoof score below the scale": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskConfidence = new(-1.0) }, failed, reasons{megvii.ReasonSpoofMask},
		},
		"no spoof scores": {func(r *megvii.Result) { r.Liveness.FaceGenuineness = nil }, review, reasons{megvii.ReasonSpoofScoresMissing}},
		"one spoof score missing": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.MaskConfidence = nil }, review, reasons{megvii.ReasonSpoofScoresMissing},
		},
		"two spoof scores missing are one reason": {func(r *megvii.Result) {
			r.Liveness.FaceGenuineness.MaskConfidence, r.Liveness.FaceGenuineness.SyntheticFaceConfidence = nil, nil
		}, review, reasons{megvii.ReasonSpoofScoresMissing}},
		"face_replaced":   {func(r *megvii.Result) { r.Liveness.FaceGenuineness.FaceReplaced = new(1) }, failed, reasons{megvii.ReasonFaceReplaced}},
		"face_replaced 0": {func(r *megvii.Result) { r.Liveness.FaceGenuineness.FaceReplaced = new(0) }, passed, nil},
		"face_replaced that is no number": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.FaceReplaced = new(-1) }, failed, reasons{megvii.ReasonFaceReplaced},
		},
		"selfies of two people": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.SelfieInconsistent = "1" }, review, reasons{megvii.ReasonSelfieInconsistent},
		},
		"selfies of unknown origin": {
			func(r *megvii.Result) { r.Liveness.FaceGenuineness.SelfieMetadataInconsistent = "2" }, review, reasons{megvii.ReasonSelfieInconsistent},
		},

		"no verify_result":           {func(r *megvii.Result) { r.Verify = nil }, failed, reasons{megvii.ReasonComparisonMissing}},
		"verify_result with nothing": {func(r *megvii.Result) { r.Verify = &megvii.VerifyResult{} }, failed, reasons{megvii.ReasonComparisonMissing}},
		"a comparison with nothing": {
			func(r *megvii.Result) { r.Verify.FaceID = &megvii.Comparison{} }, failed, reasons{megvii.ReasonScoreMissing},
		},
		"a score without thresholds": {func(r *megvii.Result) { r.Verify.FaceID.Thresholds = nil }, failed, reasons{megvii.ReasonThresholdMissing}},
		"the demanded threshold missing": {
			func(r *megvii.Result) { delete(r.Verify.FaceID.Thresholds, "1e-4") }, failed, reasons{megvii.ReasonThresholdMissing},
		},
		"the demanded threshold in another spelling": {func(r *megvii.Result) {
			r.Verify.FaceID.Thresholds = megvii.Thresholds{"1e-04": 1, "0.0001": 1}
		}, failed, reasons{megvii.ReasonThresholdMissing}},
		"a threshold of 0":               {func(r *megvii.Result) { r.Verify.FaceID.Thresholds["1e-4"] = 0 }, failed, reasons{megvii.ReasonThresholdMissing}},
		"a threshold over 100":           {func(r *megvii.Result) { r.Verify.FaceID.Thresholds["1e-4"] = 101 }, failed, reasons{megvii.ReasonThresholdMissing}},
		"a threshold of no number":       {func(r *megvii.Result) { r.Verify.FaceID.Thresholds["1e-4"] = math.NaN() }, failed, reasons{megvii.ReasonThresholdMissing}},
		"a score of no number":           {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = math.NaN() }, failed, reasons{megvii.ReasonScoreMissing}},
		"a score over 100":               {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 101 }, failed, reasons{megvii.ReasonScoreMissing}},
		"a score below 0":                {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = -1 }, failed, reasons{megvii.ReasonScoreMissing}},
		"a score equal to the threshold": {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 69 }, passed, nil},
		"a score below 1e-4":             {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 68.9 }, failed, reasons{megvii.ReasonScoreBelow4}},
		"a score below 1e-3":             {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 63.9 }, failed, reasons{megvii.ReasonScoreBelow3}},
		"a score of 0":                   {func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 0 }, failed, reasons{megvii.ReasonScoreBelow3}},
		"thresholds in disorder: a weaker rate counts too": {func(r *megvii.Result) {
			r.Verify.FaceID.Thresholds["1e-3"] = 95
		}, failed, reasons{megvii.ReasonScoreBelow3}},
		"one of several comparisons too low": {func(r *megvii.Result) {
			r.Verify.Ref1, r.Verify.Ref2, r.Verify.Ref3 = compared(90), compared(68), compared(90)
		}, failed, reasons{megvii.ReasonScoreBelow4}},
		"two too low: the lowest is named": {func(r *megvii.Result) {
			r.Verify.IDCardPhoto, r.Verify.IDCardDatasource = compared(68), compared(50)
		}, failed, reasons{megvii.ReasonScoreBelow3}},

		"case 58: NO_SUCH_ID_NUMBER": {withVerifyError("NO_SUCH_ID_NUMBER"), failed, reasons{megvii.ReasonNoSuchIDNumber}},
		"case 58: ID_NUMBER_NAME_NOT_MATCH": {
			withVerifyError("ID_NUMBER_NAME_NOT_MATCH"), failed, reasons{megvii.ReasonIDNumberNameNotMatch},
		},
		"case 58: IMAGE_ERROR_UNSUPPORTED_FORMAT": {
			withVerifyError("IMAGE_ERROR_UNSUPPORTED_FORMAT"), failed, reasons{megvii.ReasonImageUnsupported},
		},
		"case 58: with a detail behind": {
			withVerifyError("IMAGE_ERROR_UNSUPPORTED_FORMAT: data_source"), failed, reasons{megvii.ReasonImageUnsupported},
		},
		"case 58: with a space before the colon": {
			withVerifyError("NO_FACE_FOUND : image_ref1"), failed, reasons{megvii.ReasonNoFaceFound},
		},
		"case 58: NO_FACE_FOUND":                     {withVerifyError("NO_FACE_FOUND"), failed, reasons{megvii.ReasonNoFaceFound}},
		"DATA_SOURCE_ERROR says nothing of a person": {withVerifyError("DATA_SOURCE_ERROR"), review, reasons{megvii.ReasonDataSourceError}},
		"INTERNAL_ERROR says nothing of a person":    {withVerifyError("INTERNAL_ERROR"), review, reasons{megvii.ReasonInternalError}},
		"case 56: an unknown error":                  {withVerifyError("NEW_ERROR"), review, reasons{megvii.ReasonUnknownError}},
		"case 56: an error that cannot be read":      {withVerifyError(megvii.Unreadable), review, reasons{megvii.ReasonUnknownError}},
		"an error that only begins like one":         {withVerifyError("NO_FACE_FOUND_YET"), review, reasons{megvii.ReasonUnknownError}},
		"case 58: an error beside a perfect score": {func(r *megvii.Result) {
			r.Verify.ErrorMessage = new("NO_SUCH_ID_NUMBER")
		}, failed, reasons{megvii.ReasonNoSuchIDNumber}},
		"an empty error is none": {func(r *megvii.Result) { r.Verify.ErrorMessage = new("") }, passed, nil},

		"case 62: id_attacked":                   {func(r *megvii.Result) { r.Verify.IDExceptions.IDAttacked = new(1) }, review, reasons{megvii.ReasonIDAttacked}},
		"case 62: id_attacked that is no number": {func(r *megvii.Result) { r.Verify.IDExceptions.IDAttacked = new(-1) }, review, reasons{megvii.ReasonIDAttacked}},
		"no id_attacked":                         {func(r *megvii.Result) { r.Verify.IDExceptions.IDAttacked = nil }, passed, nil},
		"no id_exceptions":                       {func(r *megvii.Result) { r.Verify.IDExceptions = nil }, passed, nil},
		"a monochrome reference photo is a hint": {func(r *megvii.Result) { r.Verify.IDExceptions.IDPhotoMonochrome = new(1) }, passed, nil},
		"case 68: multifaces_tag 1":              {func(r *megvii.Result) { r.MultiFacesTag = "1" }, review, reasons{megvii.ReasonMultipleFaces}},
		"case 68: multifaces_tag unreadable":     {func(r *megvii.Result) { r.MultiFacesTag = megvii.Unreadable }, review, reasons{megvii.ReasonMultipleFaces}},
		"no multifaces_tag":                      {func(r *megvii.Result) { r.MultiFacesTag = "" }, passed, nil},

		"no spoken answers, none asked for": {func(r *megvii.Result) { r.Will = nil }, passed, nil},
		"a wrong spoken answer":             {withWill("FAIL", "ANSWER_INCONSISTENT"), failed, reasons{megvii.ReasonWillInconsistent}},
		"a silent answer":                   {withWill("FAIL", "NO_AUDIO"), failed, reasons{megvii.ReasonWillNoAudio}},
		"the speech recognition broke down": {withWill("FAIL", "FUNASR_ERR"), review, reasons{megvii.ReasonWillASRError}},
		"an answer failed without a reason": {withWill("FAIL", ""), failed, reasons{megvii.ReasonWillFailed}},
		"an answer failed for a new reason": {withWill("FAIL", "NEW"), failed, reasons{megvii.ReasonWillFailed}},
		"an answer without a result":        {withWill("", ""), failed, reasons{megvii.ReasonWillFailed}},
		"a passed answer with an error":     {withWill("PASS", "NO_AUDIO"), failed, reasons{megvii.ReasonWillNoAudio}},

		"several: failures first, each once": {func(r *megvii.Result) {
			r.MultiFacesTag = "1"
			r.Liveness.FaceGenuineness = spoofScores(0.9, 0.9, 0)
			r.Liveness.Result = "FAIL"
			*r.Verify.FaceID.Confidence = 1
			r.Will = append(r.Will, megvii.WillAnswer{Result: "FAIL", ErrorMessage: "NO_AUDIO"}, megvii.WillAnswer{Result: "FAIL", ErrorMessage: "NO_AUDIO"})
		}, failed, reasons{
			megvii.ReasonLivenessFailed, megvii.ReasonSpoofSynthetic, megvii.ReasonSpoofMask, megvii.ReasonScoreBelow3,
			megvii.ReasonWillNoAudio, megvii.ReasonMultipleFaces,
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := judged(megvii.Policy{}, megvii.Asked{}, tt.change)
			assert.Equal(t, tt.verdict, got.Verdict)
			assert.Equal(t, tt.reasons, got.Reasons)
		})
	}
}

// withVerifyError replaces the comparison by an error.
func withVerifyError(message string) func(*megvii.Result) {
	return func(r *megvii.Result) { r.Verify = &megvii.VerifyResult{ErrorMessage: &message} }
}

// withWill puts an answer behind a passed one.
func withWill(result, message string) func(*megvii.Result) {
	return func(r *megvii.Result) {
		r.Will = append(r.Will, megvii.WillAnswer{Result: result, ErrorMessage: message})
	}
}

func TestWhatWasAskedFor(t *testing.T) {
	yes := func(handlers.Private) bool { return true }
	no := func(handlers.Private) bool { return false }
	is := func(text string) func(handlers.Private) bool {
		return func(came handlers.Private) bool { return came.Equal(handlers.Hide(text)) }
	}
	same := func(*megvii.Result) {}
	tests := map[string]struct {
		asked   megvii.Asked
		change  func(*megvii.Result)
		verdict handlers.Verdict
		reasons []handlers.Reason
	}{
		"liveness only, nothing compared": {
			megvii.Asked{LivenessOnly: true}, func(r *megvii.Result) { r.Verify = nil }, handlers.Passed, nil,
		},
		"liveness only, a low score all the same": {
			megvii.Asked{LivenessOnly: true}, func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 1 },
			handlers.Failed, []handlers.Reason{megvii.ReasonScoreBelow3},
		},
		"liveness only, liveness FAIL": {
			megvii.Asked{LivenessOnly: true}, func(r *megvii.Result) { r.Liveness.Result = "FAIL" },
			handlers.Failed, []handlers.Reason{megvii.ReasonLivenessFailed},
		},
		"the overall score is missing, the card's photo matches": {
			megvii.Asked{Comparisons: []string{megvii.CompareFaceID}}, func(r *megvii.Result) {
				r.Verify.FaceID, r.Verify.IDCardPhoto = nil, compared(90)
			}, handlers.Failed, []handlers.Reason{megvii.ReasonComparisonMissing},
		},
		"one of two photos was not compared": {
			megvii.Asked{Comparisons: []string{megvii.CompareRef1, megvii.CompareRef2}}, func(r *megvii.Result) {
				r.Verify.Ref1, r.Verify.Ref2 = compared(90), nil
			}, handlers.Failed, []handlers.Reason{megvii.ReasonComparisonMissing},
		},
		"what was asked for came, and more": {
			megvii.Asked{Comparisons: []string{megvii.CompareRef1}}, func(r *megvii.Result) {
				r.Verify.Ref1 = compared(90)
			}, handlers.Passed, nil,
		},
		"spoken answers that came": {megvii.Asked{Will: true}, same, handlers.Passed, nil},
		"spoken answers that did not come": {
			megvii.Asked{Will: true}, func(r *megvii.Result) { r.Will = nil }, handlers.Failed, []handlers.Reason{megvii.ReasonWillMissing},
		},
		"no spoken answer in the array": {
			megvii.Asked{Will: true}, func(r *megvii.Result) { r.Will = megvii.WillResult{} }, handlers.Failed, []handlers.Reason{megvii.ReasonWillMissing},
		},
		"case 67: the same person": {megvii.Asked{SameName: is("张三"), SameIDNumber: is("110101199003070003")}, same, handlers.Passed, nil},
		"case 67: another name": {
			megvii.Asked{SameName: is("李四"), SameIDNumber: yes}, same, handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch},
		},
		"case 67: another number": {
			megvii.Asked{SameName: yes, SameIDNumber: is("110101199003070011")}, same, handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch},
		},
		"case 67: another name and number is one reason": {
			megvii.Asked{SameName: no, SameIDNumber: no}, same, handlers.Failed, []handlers.Reason{handlers.ReasonIdentityMismatch},
		},
		"case 67: no name came back": {
			megvii.Asked{SameName: yes}, func(r *megvii.Result) { r.IDCard.Name = handlers.Private{} },
			handlers.Review, []handlers.Reason{megvii.ReasonIdentityMissing},
		},
		"case 67: idcard_mode=0 brings nothing back": {
			megvii.Asked{SameName: no, SameIDNumber: no}, func(r *megvii.Result) { r.IDCard = nil }, handlers.Passed, nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := judged(megvii.Policy{}, tt.asked, tt.change)
			assert.Equal(t, tt.verdict, got.Verdict)
			assert.Equal(t, tt.reasons, got.Reasons)
		})
	}
}

func TestCase63OnlyOKGoesThroughTheRules(t *testing.T) {
	tests := map[string]struct {
		status     megvii.Status
		failReason string
		verdict    handlers.Verdict
		reasons    []handlers.Reason
	}{
		"case 64: NOT_STARTED":           {"NOT_STARTED", "", handlers.Pending, nil},
		"case 64: PROCESSING":            {"PROCESSING", "", handlers.Pending, nil},
		"FAILED":                         {"FAILED", "", handlers.Failed, []handlers.Reason{megvii.ReasonFlowFailed}},
		"CANCELLED":                      {"CANCELLED", "", handlers.Cancelled, []handlers.Reason{megvii.ReasonCancelled}},
		"TIMEOUT":                        {"TIMEOUT", "", handlers.Expired, []handlers.Reason{megvii.ReasonTimeout}},
		"no WebRTC":                      {"WEBRTC_UNSUPPORTED", "", handlers.Unsupported, []handlers.Reason{megvii.ReasonWebRTCUnsupported}},
		"no WebRTC, network":             {"WEBRTC_UNSUPPORTED", "NETWORK_ERROR", handlers.Unsupported, []handlers.Reason{megvii.ReasonWebRTCNetworkError}},
		"no WebRTC, permissions":         {"WEBRTC_UNSUPPORTED", "PERMISSIONS_ERROR", handlers.Unsupported, []handlers.Reason{megvii.ReasonWebRTCPermissionsError}},
		"no WebRTC, support":             {"WEBRTC_UNSUPPORTED", "SUPPORT_ERROR", handlers.Unsupported, []handlers.Reason{megvii.ReasonWebRTCSupportError}},
		"no WebRTC, a new reason":        {"WEBRTC_UNSUPPORTED", "<script>", handlers.Unsupported, []handlers.Reason{megvii.ReasonWebRTCUnsupported}},
		"case 56: an unknown status":     {"COMPLETED", "", handlers.Review, []handlers.Reason{handlers.ReasonUnknownStatus}},
		"case 56: an unreadable status":  {megvii.Unreadable, "", handlers.Review, []handlers.Reason{handlers.ReasonUnknownStatus}},
		"no status":                      {"", "", handlers.Review, []handlers.Reason{handlers.ReasonUnknownStatus}},
		"the old product's own spelling": {"success", "", handlers.Review, []handlers.Reason{handlers.ReasonUnknownStatus}},
	}
	lenient := megvii.Policy{Verdicts: map[handlers.Reason]handlers.Verdict{
		megvii.ReasonFlowFailed: handlers.Passed, megvii.ReasonTimeout: handlers.Passed, megvii.ReasonCancelled: handlers.Passed,
		handlers.ReasonUnknownStatus: handlers.Passed, megvii.ReasonWebRTCUnsupported: handlers.Passed,
	}}
	for name, tt := range tests {
		for policyName, policy := range map[string]megvii.Policy{"zero": {}, "one that would like to": lenient} {
			t.Run(name+", policy "+policyName, func(t *testing.T) {
				got := judged(policy, megvii.Asked{}, func(r *megvii.Result) { r.Status, r.FailReason = tt.status, tt.failReason })
				assert.Equal(t, handlers.Judgement{Verdict: tt.verdict, Reasons: tt.reasons}, got)
			})
		}
	}
	assert.Equal(t, handlers.Review, megvii.Policy{}.Judge(nil, megvii.Asked{}).Verdict)
}

func TestEveryRulesVerdictCanBeChanged(t *testing.T) {
	lowScore := func(r *megvii.Result) { *r.Verify.FaceID.Confidence = 68 }
	with := func(reason handlers.Reason, verdict handlers.Verdict) megvii.Policy {
		policy := megvii.Policy{Verdicts: map[handlers.Reason]handlers.Verdict{reason: verdict}}
		require.NoError(t, policy.Validate())
		return policy
	}
	got := judged(with(megvii.ReasonScoreBelow4, handlers.Review), megvii.Asked{}, lowScore)
	assert.Equal(t, handlers.Judgement{Verdict: handlers.Review, Reasons: []handlers.Reason{megvii.ReasonScoreBelow4}, ScoreBucket: "1e-3"}, got)

	got = judged(with(megvii.ReasonIDAttacked, handlers.Failed), megvii.Asked{}, func(r *megvii.Result) { r.Verify.IDExceptions.IDAttacked = new(1) })
	assert.Equal(t, handlers.Failed, got.Verdict)

	got = judged(with(megvii.ReasonIDPhotoMonochrome, handlers.Review), megvii.Asked{}, func(r *megvii.Result) { r.Verify.IDExceptions.IDPhotoMonochrome = new(1) })
	assert.Equal(t, []handlers.Reason{megvii.ReasonIDPhotoMonochrome}, got.Reasons)

	got = judged(with(megvii.ReasonSpoofScoresMissing, handlers.Passed), megvii.Asked{}, func(r *megvii.Result) { r.Liveness.FaceGenuineness = nil })
	assert.Equal(t, handlers.Judgement{Verdict: handlers.Passed, ScoreBucket: "1e-6"}, got)

	t.Run("an ignored error does not replace the comparison", func(t *testing.T) {
		got := judged(with(megvii.ReasonInternalError, handlers.Passed), megvii.Asked{}, withVerifyError("INTERNAL_ERROR"))
		assert.Equal(t, []handlers.Reason{megvii.ReasonComparisonMissing}, got.Reasons)
	})
	t.Run("a verdict that cannot be is read as failed", func(t *testing.T) {
		policy := megvii.Policy{Verdicts: map[handlers.Reason]handlers.Verdict{megvii.ReasonIDAttacked: "passd"}}
		got := judged(policy, megvii.Asked{}, func(r *megvii.Result) { r.Verify.IDExceptions.IDAttacked = new(1) })
		assert.Equal(t, handlers.Failed, got.Verdict)
	})
}

func TestValidateNamesWhatDoesNotExist(t *testing.T) {
	verdicts := func(reason handlers.Reason, verdict handlers.Verdict) megvii.Policy {
		return megvii.Policy{Verdicts: map[handlers.Reason]handlers.Verdict{reason: verdict}}
	}
	for name, tt := range map[string]struct {
		policy megvii.Policy
		ok     bool
	}{
		"the zero policy":      {megvii.Policy{}, true},
		"every rate":           {megvii.Policy{Rate: megvii.Rate6}, true},
		"the kit's own reason": {verdicts(handlers.ReasonIdentityMismatch, handlers.Review), true},
		"a rate of none":       {megvii.Policy{Rate: "1e-7"}, false},
		"a comparison of none": {megvii.Policy{Comparisons: []string{"result_ref4"}}, false},
		"a comparison twice":   {megvii.Policy{Comparisons: []string{megvii.CompareRef1, megvii.CompareRef1}}, false},
		"a reason of none":     {verdicts("liveness", handlers.Review), false},
		"a status's reason":    {verdicts(megvii.ReasonTimeout, handlers.Passed), false},
		"a verdict of none":    {verdicts(megvii.ReasonIDAttacked, handlers.Pending), false},
	} {
		err := tt.policy.Validate()
		assert.Equal(t, tt.ok, err == nil, "%s: %v", name, err)
	}
}
