package megvii

import (
	"errors"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/check"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// The reasons of a CodeMalformed error over data.
const (
	// ReasonTrailingBytes: there is more behind the JSON object. Where the signature
	// was right that is the mark of a length-extension forgery: raise an alarm.
	ReasonTrailingBytes handlers.Reason = "trailing_bytes"
	// ReasonDuplicateNames: an object holds a name twice, or two names that differ
	// only by case or Unicode folding, so that two readers may read two results.
	ReasonDuplicateNames handlers.Reason = "duplicate_names"
	// ReasonBadJSON: data is not one JSON object within the caps, in clean UTF-8.
	ReasonBadJSON handlers.Reason = "bad_json"
	// ReasonStatusMissing: there is no status, so it is no FaceID Lite result.
	// Sibling products of the vendor answer such objects.
	ReasonStatusMissing handlers.Reason = "status_missing"
	// ReasonBadBizID: biz_id is missing, over 128 bytes or has control characters.
	ReasonBadBizID handlers.Reason = "bad_biz_id"
	// ReasonBadBizNo: biz_no is over 128 bytes or has control characters.
	ReasonBadBizNo handlers.Reason = "bad_biz_no"
)

// maxID is how many bytes a biz_id or biz_no may have; the vendor's own limit for
// biz_no.
const maxID = 128

// callbackLimits bound the JSON of a callback, which carries no images. Its longest
// text is biz_extra_data: 4096 bytes, six times that when escaped.
var callbackLimits = strictjson.Limits{String: 64 << 10, Elements: 4096}

// answerLimits bound the JSON of an answer to get_result, which may carry images.
var answerLimits = strictjson.Limits{String: 16 << 20, Elements: 4096}

// DecodeResult reads a result whose bytes are already authentic: data whose
// signature you verified, or get_result's answer over your own TLS connection. The
// text must be one JSON object and nothing more, without duplicate names. It fails
// with CodeMalformed and one of the reasons above, never for a field that the
// vendor added or retyped: see [Unreadable].
//
// For a whole callback use [Parse], which verifies first.
func DecodeResult(data []byte) (*Result, error) {
	result, err := decodeResult(data, answerLimits)
	if err != nil {
		return nil, err // a nil *handlers.Error must not become a non-nil error
	}
	return result, nil
}

func decodeResult(data []byte, limits strictjson.Limits) (*Result, *handlers.Error) {
	result := &Result{SignedBy: -1}
	if err := strictjson.UnmarshalWith(data, result, limits, lenient); err != nil {
		return nil, malformed(jsonReason(err), err)
	}
	switch {
	case result.Status == "":
		return nil, malformed(ReasonStatusMissing, nil)
	case result.BizInfo.BizID.IsZero() || !cleanID(result.BizInfo.BizID.Reveal()):
		return nil, malformed(ReasonBadBizID, nil)
	case !cleanID(result.BizInfo.BizNo):
		return nil, malformed(ReasonBadBizNo, nil)
	}
	return result, nil
}

// malformed is a refusal of the form or of data.
func malformed(reason handlers.Reason, cause error) *handlers.Error {
	return &handlers.Error{Code: handlers.CodeMalformed, Reason: reason, Err: cause}
}

func jsonReason(err error) handlers.Reason {
	switch {
	case errors.Is(err, strictjson.ErrTrailing):
		return ReasonTrailingBytes
	case errors.Is(err, strictjson.ErrDuplicate):
		return ReasonDuplicateNames
	default:
		return ReasonBadJSON
	}
}

// cleanID reports whether id can be stored, compared and logged as a key. What a
// request may send as biz_no is just that.
func cleanID(id string) bool { return len(id) <= maxID && check.Printable(id) }
