package baidu

import (
	"strconv"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// Class says who can do something about a refusal.
type Class string

// The classes.
const (
	// ClassConfig: the app's developer: wrong key, plan, URL or parameter.
	ClassConfig Class = "config"
	// ClassPermission: the operator, in the console: the API is not ticked, or the
	// enterprise certification is missing.
	ClassPermission Class = "permission"
	// ClassQuota: the operator buys, or the day ends.
	ClassQuota Class = "quota"
	// ClassRate: too many calls at once. A code 18 that persists means that a paid
	// backend is not activated: raise an alarm.
	ClassRate Class = "rate"
	// ClassAuth: the access token or the chain behind it. 110 and 111 reach a caller
	// only when a fresh token was refused too.
	ClassAuth Class = "auth"
	// ClassTransient: the vendor's own trouble.
	ClassTransient Class = "transient"
	// ClassUser: the person, in a new attempt.
	ClassUser Class = "user_fixable"
	// ClassReview: a person of yours, who looks at the case.
	ClassReview Class = "manual_review"
	// ClassVerifyToken: nobody: this verify_token is unused, used up, too old or of
	// another application. The vendor does not say which.
	ClassVerifyToken Class = "verify_token"
	// ClassUnknown: the vendor said what no table lists. Not passed.
	ClassUnknown Class = "unknown"
)

// Reasons of this package, beside the kit's. A code without a word of its own
// gives "vendor_code_" and its number. Each says with which verdict it
// comes; no verdict means that it is the reason of an error only. At a start all of
// them are. With Config.RetryableURL the vendor's refusals of a person stay pending
// until the page's time is over.
const (
	// ReasonCredentials: OAuth or the gateway refuses the key pair. No verdict.
	ReasonCredentials handlers.Reason = "credentials_refused"
	// ReasonAccessToken: no access token is to be had that the vendor takes. No
	// verdict.
	ReasonAccessToken handlers.Reason = "access_token_refused"
	// ReasonTokenRecord: the stored access tokens are of a version that this one does
	// not know, or make no sense. They are left alone: upgrade the process, or delete
	// the record if nothing else wrote it. No verdict.
	ReasonTokenRecord handlers.Reason = "token_record_unreadable"
	// ReasonNoPermission: the application may not use this API. No verdict.
	ReasonNoPermission handlers.Reason = "no_permission"
	// ReasonQuota: the daily or total quota is used up. No verdict.
	ReasonQuota handlers.Reason = "quota_used_up"
	// ReasonRate: too many calls at once, by the vendor's limit or by ours. No
	// verdict.
	ReasonRate handlers.Reason = "rate_limited"
	// ReasonVendorBusy: the vendor has trouble of its own. Pending, and review if
	// the last scheduled query still says so.
	ReasonVendorBusy handlers.Reason = "vendor_busy"
	// ReasonPlan: the plan does not exist or is of the wrong kind. Review, if a
	// query is answered so.
	ReasonPlan handlers.Reason = "plan_wrong"
	// ReasonHTTPStatus: a bare HTTP status without an envelope. No verdict.
	ReasonHTTPStatus handlers.Reason = "http_status"
	// ReasonUnexpectedAnswer: the answer, or a value in it, is not of the documented
	// form. Review if it came with a pass, else no verdict.
	ReasonUnexpectedAnswer handlers.Reason = "unexpected_answer"

	// ReasonTokenInvalid: the vendor does not serve this verify_token. Pending, and
	// then [ReasonUnused] or [ReasonTokenOrphaned].
	ReasonTokenInvalid handlers.Reason = "verify_token_invalid"
	// ReasonTokenOrphaned: the access token that made the verify_token was revoked or
	// is not known any more, and the vendor refuses the verify_token under the new one.
	// Review.
	ReasonTokenOrphaned handlers.Reason = "verify_token_orphaned"
	// ReasonUnused: the page's time is over and there is no result. Expired.
	ReasonUnused handlers.Reason = "page_unused"

	// ReasonName: the name is missing or not of the right form. Failed.
	ReasonName handlers.Reason = "name_format"
	// ReasonIDNumber: the ID number is missing or not of the right form. Failed.
	ReasonIDNumber handlers.Reason = "id_number_format"
	// ReasonIDNumberUnknown: the authority does not know the ID number. Review.
	ReasonIDNumberUnknown handlers.Reason = "id_number_unknown"
	// ReasonIdentityRefused: the authority calls the name or ID number invalid.
	// Failed.
	ReasonIdentityRefused handlers.Reason = "identity_refused"
	// ReasonAuthorityPhoto: the authority's photo is missing or too poor to compare
	// with. Review.
	ReasonAuthorityPhoto handlers.Reason = "authority_photo_unusable"
	// ReasonNoFace: there is no face in the picture. Failed.
	ReasonNoFace handlers.Reason = "no_face"
	// ReasonFaceUnreadable: the picture of the face cannot be read. Failed.
	ReasonFaceUnreadable handlers.Reason = "face_unreadable"
	// ReasonFaceOccluded: the face, or a part of it, is covered. Failed.
	ReasonFaceOccluded handlers.Reason = "face_occluded"
	// ReasonFaceBlurred: the face is blurred. Failed.
	ReasonFaceBlurred handlers.Reason = "face_blurred"
	// ReasonFaceLight: the light on the face is not good. Failed.
	ReasonFaceLight handlers.Reason = "face_light"
	// ReasonFaceIncomplete: the face is not wholly in the picture. Failed.
	ReasonFaceIncomplete handlers.Reason = "face_incomplete"
	// ReasonLiveness: the liveness check was not passed. Failed.
	ReasonLiveness handlers.Reason = "liveness_failed"
	// ReasonImage: a picture is empty, or of the wrong format or size. Failed.
	ReasonImage handlers.Reason = "image_unusable"
	// ReasonDigits: the person said the wrong number of digits. Failed.
	ReasonDigits handlers.Reason = "digits_wrong"

	// ReasonResultMissing: the vendor says success and gives no result. Review.
	ReasonResultMissing handlers.Reason = "result_missing"
	// ReasonUnconfirmed: the vendor says success and does not confirm whom it
	// checked, or there is nothing of ours to compare that with. Review.
	ReasonUnconfirmed handlers.Reason = "identity_unconfirmed"
	// ReasonScoreMissing: [Policy.MinScore] wants a score and none came. Review.
	ReasonScoreMissing handlers.Reason = "score_missing"
	// ReasonScoreLow: the score is below [Policy.MinScore]. Failed.
	ReasonScoreLow handlers.Reason = "score_below_threshold"
	// ReasonSpoofSynthetic: the spoofing score is above [Policy.MaxSpoofing]. Failed
	// if detail says so, review if only getall does.
	ReasonSpoofSynthetic handlers.Reason = "spoof_synthetic"
	// ReasonSpoofUnmeasured: [Policy.RequireSpoofing] wants a spoofing score and none
	// came. Review.
	ReasonSpoofUnmeasured handlers.Reason = "spoof_score_missing"
	// ReasonRiskFlagged: risk_level is neither 3, 4 nor empty. Review, unless
	// [Policy.AllowRisk].
	ReasonRiskFlagged handlers.Reason = "risk_flagged"
	// ReasonLivenessDemoted: the check fell back from real-time to recorded video.
	// Review, unless [Policy.AllowDemoted].
	ReasonLivenessDemoted handlers.Reason = "liveness_demoted"
	// ReasonSecretKeyChanged: the SecretKey changed after the start, so the confirmed
	// identity cannot be compared. Review.
	ReasonSecretKeyChanged handlers.Reason = "secret_key_changed"
)

// codeInfo is one row of the table of codes.
type codeInfo struct {
	class  Class
	retry  bool // may the same call succeed later by itself
	reason handlers.Reason
	code   handlers.Code
}

// describe is the one table of the vendor's codes. The gateway's, the scheme's
// and the backends' numbers do not overlap.
func describe(code int) codeInfo {
	switch {
	case code > 0 && code < 1000:
		return describeGateway(code)
	case code >= 283000 && code < 284000:
		return describeScheme(code)
	default:
		return describeBackend(code)
	}
}

// describeGateway knows the codes of error_code.
func describeGateway(code int) codeInfo {
	switch code {
	case 1, 2:
		return codeInfo{ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable}
	case 3, 100:
		return codeInfo{ClassConfig, false, numbered(code), handlers.CodeVendorMisconfigured}
	case 4, 18:
		return codeInfo{ClassRate, true, ReasonRate, handlers.CodeVendorThrottled}
	case 6:
		return codeInfo{ClassPermission, false, ReasonNoPermission, handlers.CodeVendorMisconfigured}
	case 13:
		return codeInfo{ClassAuth, true, numbered(code), handlers.CodeVendorUnavailable}
	case 14, 15:
		return codeInfo{ClassAuth, false, ReasonCredentials, handlers.CodeVendorMisconfigured}
	case 17, 19:
		return codeInfo{ClassQuota, false, ReasonQuota, handlers.CodeVendorThrottled}
	case codeTokenInvalid, codeTokenExpired:
		return codeInfo{ClassAuth, true, ReasonAccessToken, handlers.CodeVendorUnavailable}
	default:
		return unknownCode(code)
	}
}

// Codes that mean: this access token is no longer good, take a fresh one.
const (
	codeTokenInvalid = 110
	codeTokenExpired = 111
)

// describeScheme knows the codes of the H5 scheme itself.
func describeScheme(code int) codeInfo {
	switch code {
	case 283400, 283512: // 283400 is also what a quota looks like that was never claimed
		return codeInfo{ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable}
	case 283435, 283520:
		return codeInfo{ClassConfig, false, ReasonPlan, handlers.CodeVendorMisconfigured}
	case 283513:
		return codeInfo{ClassConfig, false, numbered(code), handlers.CodeVendorMisconfigured}
	default:
		return unknownCode(code)
	}
}

// describeBackend knows the codes of the face, identity, liveness and OCR
// services behind the scheme.
func describeBackend(code int) codeInfo {
	user := func(reason handlers.Reason, code handlers.Code) codeInfo {
		return codeInfo{ClassUser, false, reason, code}
	}
	switch code {
	case 222022:
		return user(ReasonIDNumber, handlers.CodeInvalidIDNumber)
	case 222023, 222352:
		return user(ReasonName, handlers.CodeInvalidName)
	case 222353:
		return user(ReasonIDNumber, handlers.CodeInvalidIDNumber)
	case 222351:
		return user(handlers.ReasonIdentityMismatch, handlers.CodeInvalidInput)
	case 222360:
		return user(ReasonIdentityRefused, handlers.CodeInvalidInput)
	case 222202:
		return user(ReasonNoFace, handlers.CodeInvalidImage)
	case 222203:
		return user(ReasonFaceUnreadable, handlers.CodeInvalidImage)
	case 223113, 223121, 223122, 223123, 223124, 223125, 223126, 223127:
		return user(ReasonFaceOccluded, handlers.CodeInvalidImage)
	case 223114:
		return user(ReasonFaceBlurred, handlers.CodeInvalidImage)
	case 223115:
		return user(ReasonFaceLight, handlers.CodeInvalidImage)
	case 223116:
		return user(ReasonFaceIncomplete, handlers.CodeInvalidImage)
	case 223120:
		return user(ReasonLiveness, handlers.CodeInvalidImage)
	case 216200, 216201, 216202:
		return user(ReasonImage, handlers.CodeInvalidImage)
	case 216500:
		return user(ReasonDigits, handlers.CodeInvalidInput)
	case 222350, 222355:
		return codeInfo{ClassReview, false, ReasonAuthorityPhoto, handlers.CodeVendorRefused}
	case 222354:
		return codeInfo{ClassReview, false, ReasonIDNumberUnknown, handlers.CodeVendorRefused}
	}
	return describeService(code)
}

// describeService knows the backends' codes that are nobody's face or name: their
// own trouble and our parameters.
func describeService(code int) codeInfo {
	switch {
	case code == 222201, code == 222204, code == 222205, code == 222206, code == 222302, code == 216431,
		code == 222361, code >= 222901 && code <= 222916:
		return codeInfo{ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable}
	case code >= 222001 && code <= 222026, code >= 222207 && code <= 222209,
		code == 223112, code == 223118, code == 223119,
		code >= 216100 && code <= 216103, code == 216110, code == 216111:
		return codeInfo{ClassConfig, false, numbered(code), handlers.CodeVendorMisconfigured}
	default:
		return unknownCode(code)
	}
}

// unknownCode is the row of what no table lists: refused, not retried.
func unknownCode(code int) codeInfo {
	if code <= 0 {
		return codeInfo{ClassUnknown, false, handlers.ReasonUnknownStatus, handlers.CodeVendorRefused}
	}
	return codeInfo{ClassUnknown, false, numbered(code), handlers.CodeVendorRefused}
}

// numbered is the reason of a code without a word of its own.
func numbered(code int) handlers.Reason {
	return handlers.Reason("vendor_code_" + strconv.Itoa(code))
}

// TokenInvalidMessage is the vendor's text for a verify_token that it does not
// serve: not yet used, used up, too old, or of another application. Its number is
// not documented.
const TokenInvalidMessage = "Token无效或者已过期"

// isTokenInvalid finds the text whatever stands around it.
func isTokenInvalid(message string) bool { return strings.Contains(message, TokenInvalidMessage) }
