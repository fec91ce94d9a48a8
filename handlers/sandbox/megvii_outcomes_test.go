package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// megviiOutcomeTable says for each outcome what its callback holds, path by path;
// nil means that there is no such member.
var megviiOutcomeTable = map[string]map[string]any{
	"pass":                     {"status": "OK", "liveness_result.result": "PASS", "verify_result.error_message": nil, "multifaces_tag": nil},
	"liveness_fail":            {"status": "OK", "liveness_result.result": "FAIL"},
	"spoof_synthetic":          {"status": "OK", "liveness_result.result": "PASS"},
	"spoof_mask":               {"status": "OK", "liveness_result.result": "PASS"},
	"spoof_screen_replay":      {"status": "OK", "liveness_result.result": "PASS"},
	"below_1e-3":               {"status": "OK", "liveness_result.result": "PASS"},
	"below_1e-4":               {"status": "OK", "liveness_result.result": "PASS"},
	"below_1e-5":               {"status": "OK", "liveness_result.result": "PASS"},
	"below_1e-6":               {"status": "OK", "liveness_result.result": "PASS"},
	"no_such_id_number":        {"status": "OK", "verify_result.error_message": "NO_SUCH_ID_NUMBER", "verify_result.result_faceid": nil},
	"id_number_name_not_match": {"status": "OK", "verify_result.error_message": "ID_NUMBER_NAME_NOT_MATCH", "verify_result.result_faceid": nil},
	"image_unsupported":        {"status": "OK", "verify_result.error_message": "IMAGE_ERROR_UNSUPPORTED_FORMAT", "verify_result.result_faceid": nil},
	"no_face_found":            {"status": "OK", "verify_result.error_message": "NO_FACE_FOUND", "verify_result.result_faceid": nil},
	"data_source_error":        {"status": "OK", "verify_result.error_message": "DATA_SOURCE_ERROR", "verify_result.result_faceid": nil},
	"internal_error":           {"status": "OK", "verify_result.error_message": "INTERNAL_ERROR", "verify_result.result_faceid": nil},
	"will_inconsistent":        {"status": "OK"},
	"will_no_audio":            {"status": "OK"},
	"id_attacked":              {"status": "OK", "verify_result.id_exceptions.id_attacked": 1.0},
	"multifaces":               {"status": "OK", "multifaces_tag": "1"},
	"cancel":                   {"status": "CANCELLED", "fail_reason": nil},
	"timeout":                  {"status": "TIMEOUT"},
	"webrtc_network":           {"status": "WEBRTC_UNSUPPORTED", "fail_reason": "NETWORK_ERROR"},
	"webrtc_permissions":       {"status": "WEBRTC_UNSUPPORTED", "fail_reason": "PERMISSIONS_ERROR"},
	"webrtc_support":           {"status": "WEBRTC_UNSUPPORTED", "fail_reason": "SUPPORT_ERROR"},
	"failed":                   {"status": "FAILED"},
}

func TestMegviiOutcomeIsToldByNotifyReturnAndPullAlike(t *testing.T) {
	t.Parallel()
	for id, want := range megviiOutcomeTable {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			begun := m.begin("get_fail_reason", "1", "biz_extra_data", "a=1&b=<\"张三\">")
			returned := megviiReturned(t, m.choose(begun, id))
			m.Wait()
			require.Len(t, m.app.got(), 1)
			assert.Equal(t, returned, m.app.got()[0], "both callbacks carry the same bytes")

			data := megviiVerified(t, returned)
			pulled := megviiDecode(t, m.pull(begun).Body.String())
			for path, value := range want {
				assert.Equal(t, value, megviiAt(data, path), path)
			}
			for name, value := range data {
				assert.Equal(t, value, pulled[name], "get_result says the same")
			}
			assert.Equal(t, map[string]any{
				"biz_no": "session-0001", "biz_id": begun.bizID, "biz_extra_data": "a=1&b=<\"张三\">",
			}, data["biz_info"])
			assert.Equal(t, data["status"] == "OK", data["liveness_result"] != nil, "a broken-off check has no results")
			assert.Equal(t, data["status"] == "OK", data["verify_result"] != nil)
			megviiCheckSpoof(t, data, id)
			megviiCheckScore(t, data, id)
			megviiCheckWill(t, data, id)
		})
	}
}

func megviiCheckSpoof(t *testing.T, data map[string]any, id string) {
	t.Helper()
	genuineness, _ := megviiAt(data, "liveness_result.face_genuineness").(map[string]any)
	kinds := map[string]string{"synthetic_face": "spoof_synthetic", "mask": "spoof_mask", "screen_replay": "spoof_screen_replay"}
	for kind, outcome := range kinds {
		if genuineness == nil {
			continue
		}
		above := genuineness[kind+"_confidence"].(float64) > genuineness[kind+"_threshold"].(float64)
		assert.Equal(t, outcome == id, above, kind)
	}
}

func megviiCheckScore(t *testing.T, data map[string]any, id string) {
	t.Helper()
	score, _ := megviiAt(data, "verify_result.result_faceid").(map[string]any)
	if score == nil {
		return
	}
	reached := 0 // how many thresholds the confidence reaches
	for _, threshold := range score["thresholds"].(map[string]any) {
		if score["confidence"].(float64) >= threshold.(float64) {
			reached++
		}
	}
	want := 4
	if i := slices.Index([]string{"below_1e-3", "below_1e-4", "below_1e-5", "below_1e-6"}, id); i >= 0 {
		want = i
	}
	assert.Equal(t, want, reached)
}

func megviiCheckWill(t *testing.T, data map[string]any, id string) {
	t.Helper()
	if data["status"] != "OK" {
		assert.NotContains(t, data, "will_result")
		return
	}
	want := map[string]any{"result": "PASS", "will_error_message": ""}
	switch id {
	case "will_inconsistent":
		want = map[string]any{"result": "FAIL", "will_error_message": "ANSWER_INCONSISTENT"}
	case "will_no_audio":
		want = map[string]any{"result": "FAIL", "will_error_message": "NO_AUDIO"}
	}
	assert.Equal(t, []any{want}, data["will_result"])
}

func TestMegviiResultHasTheMembersThatGetTokenAskedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set     []string
		outcome string
		has     []string
		not     []string
	}{
		"a typed card has name and number only": {
			set: []string{"idcard_mode", "3"}, outcome: "pass",
			has: []string{"idcard_info.idcard_name", "idcard_info.idcard_number", "verify_result.result_faceid", "verify_result.id_exceptions"},
			not: []string{"idcard_info.front_side", "idcard_info.idcard_mode_user", "verify_result.result_idcard_photo", "verify_result.result_ref1", "verify_result.verify_time"},
		},
		"idcard_mode 0 has no idcard_info": {
			set: []string{"idcard_mode", "0", "idcard_name", "张三", "idcard_number", "11010119900307000x"}, outcome: "pass",
			has: []string{"verify_result.result_faceid"}, not: []string{"idcard_info"},
		},
		"one photographed side": {
			set: []string{"idcard_mode", "1"}, outcome: "pass",
			has: []string{"idcard_info.front_side.ocr_result.legality", "idcard_info.ocr_front_quality", "verify_result.result_idcard_photo", "verify_result.result_idcard_datasource"},
			not: []string{"idcard_info.back_side", "idcard_info.idcard_valid_date"},
		},
		"both sides": {
			set: []string{"idcard_mode", "2"}, outcome: "pass",
			has: []string{"idcard_info.back_side.ocr_result.valid_date", "idcard_info.idcard_valid_date", "idcard_info.idcard_issued_by", "idcard_info.ocr_back_quality"},
		},
		"the person's choice is told in mode 4": {
			set: []string{"idcard_mode", "4"}, outcome: "pass", has: []string{"idcard_info.idcard_mode_user"},
		},
		"liveness only compares nothing": {
			set: []string{"comparison_type", "-1", "procedure_type", "still"}, outcome: "pass",
			has: []string{"liveness_result.details.UPLOAD_TIMES"}, not: []string{"verify_result", "will_result", "idcard_info", "multifaces_tag"},
		},
		"liveness only still shows an outcome about the comparison": {
			set: []string{"comparison_type", "-1", "procedure_type", "flash"}, outcome: "below_1e-4",
			has: []string{"verify_result.result_ref1", "liveness_result.details.SIDE_FACE"},
		},
		"will outcomes show without procedure_type will": {
			set: []string{"procedure_type", "still"}, outcome: "will_no_audio", has: []string{"will_result"},
		},
		"multifaces_tag when asked for": {
			set: []string{"return_multifaces_tag", "1"}, outcome: "pass", has: []string{"multifaces_tag"},
		},
		"verify_time when asked for": {
			set: []string{"return_verify_time", "1"}, outcome: "pass", has: []string{"verify_result.verify_time"},
		},
		"fail_reason only when asked for": {
			outcome: "webrtc_support", not: []string{"fail_reason"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			data := megviiVerified(t, megviiReturned(t, m.choose(m.begin(test.set...), test.outcome)))
			for _, path := range test.has {
				assert.NotNil(t, megviiAt(data, path), path)
			}
			for _, path := range test.not {
				assert.Nil(t, megviiAt(data, path), path)
			}
		})
	}
}

func TestMegviiSpoofFailsLivenessOnlyWithFMPMode0(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	data := megviiVerified(t, megviiReturned(t, m.choose(m.begin("fmp_mode", "0"), "spoof_mask")))
	assert.Equal(t, "FAIL", megviiAt(data, "liveness_result.result"))
}

func TestMegviiThresholdsDifferFromSessionToSession(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	seen := map[any]bool{}
	for i := range 3 {
		begun := m.begin("biz_no", fmt.Sprintf("session-%d", i))
		data := megviiVerified(t, megviiReturned(t, m.choose(begun, "pass")))
		seen[megviiAt(data, "verify_result.result_faceid.thresholds.1e-4")] = true
	}
	assert.Len(t, seen, 3)
}

func TestMegviiPageHasOneFormPerOutcome(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	w := m.do("GET", m.begin("web_title", "<b>&'title").page, nil)
	var ids []string
	for form := range strings.SplitSeq(w.Body.String(), `<form method="post">`) {
		body, _, whole := strings.Cut(form, "</form>")
		inputs := megviiHidden.FindAllStringSubmatch(body, -1)
		if !whole || len(inputs) == 0 {
			continue
		}
		require.Len(t, inputs, 1)
		assert.Equal(t, "outcome", inputs[0][1])
		assert.Equal(t, 1, strings.Count(body, `type="submit"`))
		ids = append(ids, inputs[0][2])
	}
	var want []string
	for id := range megviiOutcomeTable {
		want = append(want, id)
	}
	assert.ElementsMatch(t, want, ids)
	assert.NotContains(t, w.Body.String(), "<b>")
	assert.Contains(t, w.Body.String(), "&lt;b&gt;&amp;&#39;title")
}
