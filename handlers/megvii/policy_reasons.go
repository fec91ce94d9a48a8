package megvii

import "github.com/facegate/facegate/handlers"

// The reasons that a status gives by itself. A Policy cannot change these.
const (
	// ReasonFlowFailed, failed: FAILED, the flow broke off or went wrong.
	ReasonFlowFailed handlers.Reason = "flow_failed"
	// ReasonCancelled, cancelled: CANCELLED, the person gave up on the page.
	ReasonCancelled handlers.Reason = "cancelled_by_person"
	// ReasonTimeout, expired: TIMEOUT, the person did not finish in time.
	ReasonTimeout handlers.Reason = "timeout"
	// ReasonWebRTCUnsupported, unsupported: WEBRTC_UNSUPPORTED without a fail_reason
	// that we know. Ask for one with get_fail_reason=1.
	ReasonWebRTCUnsupported handlers.Reason = "webrtc_unsupported"
	// ReasonWebRTCNetworkError, unsupported: NETWORK_ERROR, no connection.
	ReasonWebRTCNetworkError handlers.Reason = "webrtc_network_error"
	// ReasonWebRTCPermissionsError, unsupported: PERMISSIONS_ERROR, the camera was
	// refused or the app around the page cannot open it.
	ReasonWebRTCPermissionsError handlers.Reason = "webrtc_permissions_error"
	// ReasonWebRTCSupportError, unsupported: SUPPORT_ERROR, no WebRTC there.
	ReasonWebRTCSupportError handlers.Reason = "webrtc_support_error"
)

// The reasons that the rules of a Policy give, each with its default verdict.
// [handlers.ReasonIdentityMismatch] (failed) is one more. Policy.Verdicts changes
// the verdict of any.
const (
	// ReasonLivenessMissing, failed: OK without a liveness_result.
	ReasonLivenessMissing handlers.Reason = "liveness_missing"
	// ReasonLivenessFailed, failed: liveness_result.result is anything but PASS.
	ReasonLivenessFailed handlers.Reason = "liveness_failed"

	// ReasonSpoofSynthetic, failed: a face made by software; its confidence is over
	// its own threshold.
	ReasonSpoofSynthetic handlers.Reason = "spoof_synthetic"
	// ReasonSpoofMask, failed: a mask; as above.
	ReasonSpoofMask handlers.Reason = "spoof_mask"
	// ReasonSpoofScreenReplay, failed: a face on a screen; as above.
	ReasonSpoofScreenReplay handlers.Reason = "spoof_screen_replay"
	// ReasonFaceReplaced, failed: face_replaced is anything but 0.
	ReasonFaceReplaced handlers.Reason = "spoof_face_replaced"
	// ReasonSpoofThresholdMissing, failed: a spoof confidence came without a
	// readable threshold.
	ReasonSpoofThresholdMissing handlers.Reason = "spoof_threshold_missing"
	// ReasonSpoofScoresMissing, review: one of the three spoof scores did not come.
	// With the vendor's default fmp_mode=1 a PASS says nothing about spoofs, so
	// nothing is known about that kind.
	ReasonSpoofScoresMissing handlers.Reason = "spoof_scores_missing"
	// ReasonSelfieInconsistent, review: the front and side selfie, or their
	// metadata, may belong to different people or devices.
	ReasonSelfieInconsistent handlers.Reason = "selfie_inconsistent"

	// ReasonNoSuchIDNumber, failed: NO_SUCH_ID_NUMBER, the number is on no record.
	ReasonNoSuchIDNumber handlers.Reason = "no_such_id_number"
	// ReasonIDNumberNameNotMatch, failed: ID_NUMBER_NAME_NOT_MATCH.
	ReasonIDNumberNameNotMatch handlers.Reason = "id_number_name_not_match"
	// ReasonImageUnsupported, failed: IMAGE_ERROR_UNSUPPORTED_FORMAT, name and number
	// are right but there is no usable reference photo.
	ReasonImageUnsupported handlers.Reason = "image_unsupported"
	// ReasonNoFaceFound, failed: NO_FACE_FOUND, an image shows no face.
	ReasonNoFaceFound handlers.Reason = "no_face_found"
	// ReasonDataSourceError, review: DATA_SOURCE_ERROR says nothing about the person.
	// The vendor asks to stop the business and to call its support.
	ReasonDataSourceError handlers.Reason = "data_source_error"
	// ReasonInternalError, review: INTERNAL_ERROR says nothing about the person. The
	// vendor asks to try again.
	ReasonInternalError handlers.Reason = "internal_error"
	// ReasonUnknownError, review: an error_message that this version does not know.
	ReasonUnknownError handlers.Reason = "unknown_verify_error"

	// ReasonComparisonMissing, failed: a comparison that was asked for, or that
	// Policy.Comparisons names, is not there, and no error_message says why.
	ReasonComparisonMissing handlers.Reason = "comparison_missing"
	// ReasonScoreMissing, failed: a comparison without a readable confidence.
	ReasonScoreMissing handlers.Reason = "score_missing"
	// ReasonThresholdMissing, failed: the threshold of the demanded rate did not
	// come. A threshold of an earlier call is never a substitute.
	ReasonThresholdMissing handlers.Reason = "threshold_missing"
	// ReasonScoreBelow3, failed: below the threshold of 1e-3, not the same person.
	// Of the rates up to the demanded one, the weakest that is not met is named.
	ReasonScoreBelow3 handlers.Reason = "score_below_1e-3"
	// ReasonScoreBelow4, failed: below that of 1e-4, the default demand.
	ReasonScoreBelow4 handlers.Reason = "score_below_1e-4"
	// ReasonScoreBelow5, failed: below that of 1e-5.
	ReasonScoreBelow5 handlers.Reason = "score_below_1e-5"
	// ReasonScoreBelow6, failed: below that of 1e-6.
	ReasonScoreBelow6 handlers.Reason = "score_below_1e-6"

	// ReasonWillMissing, failed: spoken answers were asked for and did not come.
	ReasonWillMissing handlers.Reason = "will_missing"
	// ReasonWillInconsistent, failed: ANSWER_INCONSISTENT, not the expected answer.
	ReasonWillInconsistent handlers.Reason = "will_inconsistent"
	// ReasonWillNoAudio, failed: NO_AUDIO, nothing was heard.
	ReasonWillNoAudio handlers.Reason = "will_no_audio"
	// ReasonWillFailed, failed: an answer did not pass, for another reason.
	ReasonWillFailed handlers.Reason = "will_failed"
	// ReasonWillASRError, review: FUNASR_ERR, the vendor's speech recognition broke
	// down; that says nothing about the person.
	ReasonWillASRError handlers.Reason = "will_asr_error"

	// ReasonIDAttacked, review: id_attacked is anything but 0. The number was used in
	// an attack before, perhaps without its owner knowing.
	ReasonIDAttacked handlers.Reason = "id_attacked"
	// ReasonMultipleFaces, review: multifaces_tag is anything but "0".
	ReasonMultipleFaces handlers.Reason = "multiple_faces"
	// ReasonIDPhotoMonochrome, passed: the reference photo is black and white. The
	// vendor calls it a hint about quality.
	ReasonIDPhotoMonochrome handlers.Reason = "id_photo_monochrome"
	// ReasonIdentityMissing, review: the name or number that came back should be
	// compared with what was asked for, but an idcard_info came without it.
	ReasonIdentityMissing handlers.Reason = "identity_missing"
)

// defaultVerdict returns what a broken rule leads to by default, and whether
// reason belongs to a rule at all.
func defaultVerdict(reason handlers.Reason) (verdict handlers.Verdict, isRule bool) {
	switch reason {
	case ReasonIDPhotoMonochrome:
		return handlers.Passed, true
	case ReasonSpoofScoresMissing, ReasonSelfieInconsistent, ReasonDataSourceError, ReasonInternalError,
		ReasonUnknownError, ReasonWillASRError, ReasonIDAttacked, ReasonMultipleFaces, ReasonIdentityMissing:
		return handlers.Review, true
	case ReasonLivenessMissing, ReasonLivenessFailed,
		ReasonSpoofSynthetic, ReasonSpoofMask, ReasonSpoofScreenReplay, ReasonFaceReplaced, ReasonSpoofThresholdMissing,
		ReasonNoSuchIDNumber, ReasonIDNumberNameNotMatch, ReasonImageUnsupported, ReasonNoFaceFound,
		ReasonComparisonMissing, ReasonScoreMissing, ReasonThresholdMissing,
		ReasonScoreBelow3, ReasonScoreBelow4, ReasonScoreBelow5, ReasonScoreBelow6,
		ReasonWillMissing, ReasonWillInconsistent, ReasonWillNoAudio, ReasonWillFailed,
		handlers.ReasonIdentityMismatch:
		return handlers.Failed, true
	default:
		return handlers.Failed, false
	}
}
