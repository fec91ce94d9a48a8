package megvii

import "github.com/facegate/facegate/handlers"

// Unreadable stands where the vendor sent a type that this version does not know,
// such as an object for a text. Numbers have NaN (float64) and -1 (int) there. So
// a field of a new type never breaks a whole result and never meets a rule. Only
// what no rule reads is left out instead: counters, pictures, ShootingError.
const Unreadable = "?"

// Result is the object that Megvii signs into data, and that get_result answers.
// One struct covers the Chinese premium edition ("CN"), the international one
// ("Int.") and the older basic one; the comments say where a field occurs. A nil
// pointer, slice or map means that the vendor sent nothing, or null: that differs
// from zero. Whatever this struct does not name is ignored.
//
// A Result is no verdict: [Policy] makes one of it. Texts are the vendor's and may
// hold anything; escape them before a page shows them.
type Result struct {
	// Status is where the session stands. Always. OK does not mean passed.
	Status Status `json:"status"`

	// FailReason says why Status is WEBRTC_UNSUPPORTED: one of the FailReason
	// constants. Only if get_token asked with get_fail_reason=1.
	FailReason string `json:"fail_reason,omitzero"`

	// BizInfo names the session. Always.
	BizInfo BizInfo `json:"biz_info"`

	// IDCard is what was read off the ID card, or typed. CN and basic; absent with
	// idcard_mode=0 and when the person broke off.
	IDCard *IDCardInfo `json:"idcard_info,omitzero"`

	// Liveness is the vendor's view of whether a living person sat there. Absent
	// when the person broke off.
	Liveness *LivenessResult `json:"liveness_result,omitzero"`

	// Verify is the face comparison. Absent when the person broke off, and with
	// comparison_type=-1 (Int.).
	Verify *VerifyResult `json:"verify_result,omitzero"`

	// Will holds the spoken questions and answers, one entry each. CN, only with
	// procedure_type=will and a licence for it.
	Will WillResult `json:"will_result,omitzero"`

	// MultiFacesTag is "1" when several faces were in the picture, else "0". Int.,
	// only if get_token asked with return_multifaces_tag=1.
	MultiFacesTag string `json:"multifaces_tag,omitzero"`

	// ShootingError is true when no video could be taken. Basic edition, only if
	// get_token asked with get_shooting_error=1.
	ShootingError *bool `json:"shooting_error,omitzero"`

	// RequestID is the vendor's id of the call. In get_result's answers; it may
	// stand in callbacks of older editions.
	RequestID string `json:"request_id,omitzero"`

	// TimeUsed is how long the vendor worked on the call, in milliseconds. Where
	// RequestID is.
	TimeUsed *int `json:"time_used,omitzero"`

	// Images are the pictures by the vendor's name, such as "image_best". Only in
	// get_result's answers, if asked for with return_image and Status is OK.
	Images Images `json:"images,omitzero"`

	// SignedBy is the index of the API_SECRET under which the signature was right,
	// in the list that was given; -1 if nobody checked a signature here.
	SignedBy int `json:"-"`
}

// Status is Megvii's word for where a session stands. It is not a verdict: OK says
// only that the page ended normally.
type Status string

// The statuses of the vendor's table. Treat any other as unknown: it passes nobody.
const (
	StatusNotStarted        Status = "NOT_STARTED"        // get_token was called, the page never opened
	StatusProcessing        Status = "PROCESSING"         // the person is on the page
	StatusWebRTCUnsupported Status = "WEBRTC_UNSUPPORTED" // the browser cannot do it; see Result.FailReason
	StatusOK                Status = "OK"                 // the page ended normally, which is not "passed"
	StatusFailed            Status = "FAILED"             // the flow broke off or went wrong
	StatusCancelled         Status = "CANCELLED"          // the person gave up
	StatusTimeout           Status = "TIMEOUT"            // the person did not finish in time
)

// cleanStatus returns word if it looks like a status, and [Unreadable] for text
// that must not travel on into logs and pages.
func cleanStatus(word Status) Status {
	if word == "" || len(word) > 40 {
		return Unreadable
	}
	for _, c := range []byte(word) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return Unreadable
		}
	}
	return word
}

// BizInfo names a session.
type BizInfo struct {
	// BizID is the vendor's id, which get_result takes: "<unix seconds>,<uuid>", at
	// most 128 bytes and without control characters. Never empty.
	BizID handlers.Private `json:"biz_id"`
	// BizNo is the id that get_token was given, echoed: at most 128 bytes, without
	// control characters.
	BizNo string `json:"biz_no"`
	// ExtraData is get_token's biz_extra_data, echoed.
	ExtraData handlers.Private `json:"biz_extra_data,omitzero"`
}

// The values of [Result.FailReason].
const (
	FailReasonNetwork     = "NETWORK_ERROR"     // no connection
	FailReasonPermissions = "PERMISSIONS_ERROR" // the camera was refused, or the app cannot open it
	FailReasonSupport     = "SUPPORT_ERROR"     // the browser has no WebRTC
)

// WillResult holds the spoken questions in order. The vendor's text describes one
// object and its example an array: both are read.
type WillResult []WillAnswer

// WillAnswer is one spoken question.
type WillAnswer struct {
	// Result is ResultPass or ResultFail.
	Result string `json:"result"`
	// ErrorMessage says what was wrong: one of the Will constants. Empty on PASS.
	ErrorMessage string `json:"will_error_message"`
}

// The values of [LivenessResult.Result] and [WillAnswer.Result].
const (
	ResultPass = "PASS"
	ResultFail = "FAIL"
)

// The values of [WillAnswer.ErrorMessage].
const (
	WillAnswerInconsistent = "ANSWER_INCONSISTENT" // not the expected answer
	WillNoAudio            = "NO_AUDIO"            // nothing was heard
	WillSpeechError        = "FUNASR_ERR"          // the vendor's speech recognition broke down
)
