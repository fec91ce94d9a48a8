package sandbox

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strconv"
	"strings"
)

// megviiResultOptions are what a reader of a result adds to what get_token asked
// for.
type megviiResultOptions struct {
	processing bool // answer PROCESSING, whatever happened
	verifyTime bool
}

// megviiThresholds are the sets that sessions take in turns: thresholds are not
// constant, only those beside a confidence count.
var megviiThresholds = []map[string]float64{
	{"1e-3": 62.169, "1e-4": 69.315, "1e-5": 74.399, "1e-6": 78.038},
	{"1e-3": 64, "1e-4": 69, "1e-5": 74, "1e-6": 79.9},
	{"1e-3": 65.3, "1e-4": 71.8, "1e-5": 76.5, "1e-6": 79.9},
}

// result tells how a session stands, as callbacks and get_result both do.
func (m *Megvii) result(s *megviiSession, options megviiResultOptions) megviiObject {
	m.mu.Lock()
	status, id, endedAt := s.status(), s.outcome, s.endedAt
	m.mu.Unlock()
	outcome, _ := findMegviiOutcome(id)
	status = cmp.Or(s.switches.Status, status)
	if options.processing {
		status = megviiProcessing
	}
	if status == megviiNotStarted || status == megviiProcessing {
		outcome = megviiOutcome{}
	}
	result := megviiObject{{"status", status}}
	if outcome.failReason != "" && s.params.failReason {
		result = result.with("fail_reason", outcome.failReason)
	}
	result = result.with("biz_info", megviiObject{
		{"biz_extra_data", s.params.extraData}, {"biz_id", s.bizID}, {"biz_no", s.params.bizNo},
	})
	if outcome.status == megviiOK {
		verifyTime := int64(0)
		if options.verifyTime || s.params.verifyTime {
			verifyTime = endedAt.Unix()
		}
		result = append(result, s.findings(outcome, verifyTime)...)
	}
	return s.switches.bend(result)
}

// findings are the members of a check that was not broken off.
func (s *megviiSession) findings(outcome megviiOutcome, verifyTime int64) megviiObject {
	var found megviiObject
	if s.params.comparison == "1" && s.params.cardMode != "0" {
		found = found.with("idcard_info", s.params.idCard())
	}
	found = found.with("liveness_result", s.params.liveness(outcome))
	if verify := s.verify(outcome, verifyTime); verify != nil {
		found = found.with("verify_result", verify)
	}
	if s.params.procedure == "will" || outcome.willError != "" {
		answer := megviiObject{{"will_error_message", outcome.willError}, {"result", megviiVerdict(outcome.willError == "")}}
		found = found.with("will_result", []any{answer})
	}
	if s.params.multifacesTag || outcome.multifaces {
		found = found.with("multifaces_tag", strconv.Itoa(megviiFlag(outcome.multifaces)))
	}
	return found
}

func megviiVerdict(pass bool) string {
	if pass {
		return "PASS"
	}
	return "FAIL"
}

func megviiFlag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// liveness is liveness_result. A spoof does not fail it unless fmp_mode=0 asked
// for that.
func (p megviiParams) liveness(outcome megviiOutcome) megviiObject {
	counters := "FACE_NOT_FOUND SIDE_FACE UPDOWN_FACE EYE_OCCLUSION MOUTH_OCCLUSION AWAY_FROM_CAMERA" +
		" CLOSE_TO_CAMERA FACE_OUT_OF_CAMERA HIGH_BRIGHTNESS LOW_BRIGHTNESS LOW_FACE_QUALITY"
	if p.procedure == "still" || p.procedure == "video" {
		counters = "UPLOAD_TIMES FACE_NOT_FOUND LOW_FACE_QUALITY INVALID_VIDEO_DURATION SR_ERROR" +
			" NOT_SYNCHRONIZED NO_AUDIO VIDEO_FORMAT_UNSUPPORTED VIDEO_FACE_INCONSISTENT"
	}
	var details megviiObject
	for counter := range strings.FieldsSeq(counters) {
		count := counter == "UPLOAD_TIMES" || counter == "AWAY_FROM_CAMERA"
		if counter == "FACE_NOT_FOUND" || counter == "LOW_FACE_QUALITY" {
			count = outcome.livenessFail
		}
		details = details.with(counter, megviiFlag(count))
	}
	var genuineness megviiObject
	for _, kind := range []string{"synthetic_face", "mask", "screen_replay"} {
		confidence := 0.012
		if kind == outcome.spoof {
			confidence = 0.934
		}
		genuineness = genuineness.with(kind+"_confidence", confidence).with(kind+"_threshold", 0.5)
	}
	return megviiObject{
		{"result", megviiVerdict(!outcome.livenessFail && (outcome.spoof == "" || !p.scoresCount))},
		{"procedure_type", p.procedure},
		{"details", details},
		{"face_genuineness", genuineness},
	}
}

// verify is verify_result, nil when nothing was compared.
func (s *megviiSession) verify(outcome megviiOutcome, verifyTime int64) megviiObject {
	about := outcome.below != "" || outcome.verifyError != "" || outcome.attacked
	if s.params.comparison == "-1" && !about {
		return nil
	}
	verify := megviiObject{}
	if verifyTime != 0 {
		verify = verify.with("verify_time", verifyTime)
	}
	if outcome.verifyError != "" {
		return verify.with("error_message", outcome.verifyError)
	}
	for _, name := range s.params.comparisons() {
		verify = verify.with(name, s.score(outcome.below))
	}
	if s.params.comparison == "1" || outcome.attacked {
		verify = verify.with("id_exceptions", megviiObject{
			{"id_attacked", megviiFlag(outcome.attacked)}, {"id_photo_monochrome", 0},
		})
	}
	return verify
}

// comparisons names the results of verify_result that a session asks for.
func (p megviiParams) comparisons() []string {
	var names []string
	if p.comparison == "1" {
		names = append(names, "result_faceid")
	}
	references := p.references
	if p.comparison == "-1" {
		references = 1 // only an outcome about the comparison gets here
	}
	for i := range references {
		names = append(names, fmt.Sprintf("result_ref%d", i+1))
	}
	if p.comparison == "1" && p.cardPhotos() > 0 {
		names = append(names, "result_idcard_photo", "result_idcard_datasource")
	}
	return names
}

// score is a confidence with its thresholds: above all of them, or below one and
// not below the next lower one.
func (s *megviiSession) score(below string) megviiObject {
	t := megviiThresholds[s.number%len(megviiThresholds)]
	confidence := t["1e-6"] + 9.487
	switch below {
	case "1e-3":
		confidence = t["1e-3"] - 8.296
	case "1e-4":
		confidence = (t["1e-3"] + t["1e-4"]) / 2
	case "1e-5":
		confidence = (t["1e-4"] + t["1e-5"]) / 2
	case "1e-6":
		confidence = (t["1e-5"] + t["1e-6"]) / 2
	}
	return megviiObject{
		{"confidence", math.Round(confidence*1000) / 1000},
		{"thresholds", megviiObject{ // in the order live answers were seen to have
			{"1e-3", t["1e-3"]}, {"1e-5", t["1e-5"]}, {"1e-4", t["1e-4"]}, {"1e-6", t["1e-6"]},
		}},
	}
}

// images are what return_image asks for: JPEGs as data URIs, null when there is
// none.
func (m *Megvii) images(p megviiParams, wanted string) megviiObject {
	all := []struct {
		wanted, name string // 4 wants those of 1 to 3
		taken        bool
	}{
		{"1", "image_best", true},
		{"2", "image_idcard_front", p.cardPhotos() > 0},
		{"3", "image_idcard_back", p.cardPhotos() > 1},
		{"5", "image_face_front", p.procedure == "selfie"},
		{"6", "image_face_side", p.procedure == "selfie"},
	}
	images := megviiObject{}
	for _, image := range all {
		if wanted != image.wanted && (wanted != "4" || image.wanted > "3") {
			continue
		}
		var value any
		if image.taken {
			value = m.photo
		}
		images = images.with(image.name, value)
	}
	return images
}

// megviiPhoto draws a small face as a JPEG data URI.
func megviiPhoto() string {
	const side = 48
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := float64(x-side/2), float64(y-side/2)
			shade := uint8(0xd8)
			if dx*dx/200+dy*dy/340 < 1 {
				shade = 0x8c
			}
			picture.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, picture, nil); err != nil {
		return "" // a buffer takes everything
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(encoded.Bytes())
}
