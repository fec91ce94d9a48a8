package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// BaiduShape is one way the answers of a session differ from the vendor's
// documented ones, each seen in an old or contradicting document, in a client's
// model, or to be feared.
type BaiduShape string

// The shapes. Their text is what a control request writes in "shapes".
const (
	BaiduStringScores  BaiduShape = "string_scores"  // all scores of detail and getall are strings
	BaiduNullScores    BaiduShape = "null_scores"    // all scores are null
	BaiduMissingScores BaiduShape = "missing_scores" // all scores are absent
	BaiduStringCodes   BaiduShape = "string_codes"   // the envelope's code is a string
	BaiduNumberCodes   BaiduShape = "number_codes"   // getall's code is a number
	BaiduStringCounts  BaiduShape = "string_counts"  // error_code and count of stat are strings
	BaiduStringSuccess BaiduShape = "string_success" // success is "true" or "false"
	BaiduNumberLogID   BaiduShape = "number_log_id"  // log_id is a number of 19 digits
	BaiduNullResult    BaiduShape = "null_result"    // success is true and result null
	BaiduOmitResult    BaiduShape = "omit_result"    // a failure has no result member, not a null one
	BaiduArrayResult   BaiduShape = "array_result"   // result is an array around the object, as old pages declare it
	BaiduDemoteInside  BaiduShape = "demote_inside"  // detail has is_demote inside result, not beside it
	BaiduNumberRisk    BaiduShape = "number_risk"    // risk_level is a number
	BaiduNoRisk        BaiduShape = "no_risk"        // detail has no verify_log_id, risk_level and risk_tag: only getall tells
	BaiduNullConfirm   BaiduShape = "null_confirm"   // idcard_confirm is null
	BaiduOtherPerson   BaiduShape = "other_person"   // idcard_confirm names another person than the one submitted
	BaiduGetAllTable   BaiduShape = "getall_table"   // getall as the field table has it: OCR data beside idcard_confirm, a success text
	BaiduDisagree      BaiduShape = "disagree"       // getall calls a passed last attempt failed
	BaiduExtraFields   BaiduShape = "extra_fields"   // getall has the members only client models know
	BaiduNullTimes     BaiduShape = "null_times"     // charge times that do not apply are null, not ""
	BaiduUnpaddedTimes BaiduShape = "unpadded_times" // times of getall as 2023-6-20 8:05:09
	BaiduOldKeys       BaiduShape = "old_keys"       // stat has the Chinese keys of an older page
	BaiduBothVideos    BaiduShape = "both_videos"    // video repeats processVideo, as in the vendor's example
	BaiduPaddedBody    BaiduShape = "padded_body"    // white space before and behind the JSON
)

// baiduShapeNames lists them.
func baiduShapeNames() []string {
	shapes := baiduShapes{
		BaiduStringScores, BaiduNullScores, BaiduMissingScores, BaiduStringCodes, BaiduNumberCodes,
		BaiduStringCounts, BaiduStringSuccess, BaiduNumberLogID, BaiduNullResult, BaiduOmitResult,
		BaiduArrayResult, BaiduDemoteInside, BaiduNumberRisk, BaiduNoRisk, BaiduNullConfirm, BaiduOtherPerson,
		BaiduGetAllTable, BaiduDisagree, BaiduExtraFields, BaiduNullTimes, BaiduUnpaddedTimes,
		BaiduOldKeys, BaiduBothVideos, BaiduPaddedBody,
	}
	names := make([]string, len(shapes))
	for i, shape := range shapes {
		names[i] = string(shape)
	}
	return names
}

type baiduShapes []BaiduShape

func (s baiduShapes) has(shape BaiduShape) bool { return slices.Contains(s, shape) }

// only keeps the shapes that make sense for an answer.
func (s baiduShapes) only(keep ...BaiduShape) baiduShapes {
	return slices.DeleteFunc(slices.Clone(s), func(shape BaiduShape) bool { return !slices.Contains(keep, shape) })
}

func (s baiduShapes) success(ok bool) any {
	if s.has(BaiduStringSuccess) {
		return strconv.FormatBool(ok)
	}
	return ok
}

// score writes a score that exists.
func (s baiduShapes) score(value float64) any {
	switch {
	case s.has(BaiduMissingScores):
		return baiduAbsent{}
	case s.has(BaiduNullScores):
		return nil
	case s.has(BaiduStringScores):
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return value
}

// attemptCode writes a code of getall, where codes are strings.
func (s baiduShapes) attemptCode(code int) any {
	if s.has(BaiduNumberCodes) {
		return code
	}
	return strconv.Itoa(code)
}

// count writes a number of stat.
func (s baiduShapes) count(n int) any {
	if s.has(BaiduStringCounts) {
		return strconv.Itoa(n)
	}
	return n
}

// statKey writes the name of a backend.
func (s baiduShapes) statKey(name string) string {
	if !s.has(BaiduOldKeys) {
		return name
	}
	switch name {
	case "OCR":
		return "身份证识别"
	case "VideoLiveness":
		return "h5活体视频分析"
	}
	return strings.ToLower(name)
}
