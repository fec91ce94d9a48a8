package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// TestBaiduOutcomes is the table of what a person's choice becomes on the wire.
func TestBaiduOutcomes(t *testing.T) {
	for outcome, want := range map[string]struct {
		back     string // which return address
		code     any    // of detail and simple; nil is a pass
		attempts string // codes of getall
		verified string // JSON of detail's verify_result, less its log id
		demoted  any
		charges  float64
	}{
		"pass":           {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, false, 1},
		"mismatch":       {"f", 222351.0, `["222351"]`, ``, nil, 1},
		"liveness_fail":  {"f", 223120.0, `["223120"]`, ``, nil, 0},
		"no_face":        {"f", 222202.0, `["222202"]`, ``, nil, 0},
		"occlusion":      {"f", 223121.0, `["223121"]`, ``, nil, 0},
		"spoof":          {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0.987,"risk_level":"3","risk_tag":""}`, false, 1},
		"risk":           {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"1","risk_tag":"fake_camera"}`, false, 1},
		"demoted":        {"s", nil, `["0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, true, 1},
		"fail_then_pass": {"s", nil, `["223120","0"]`, `{"score":93.7835,"liveness_score":0.9672966,"spoofing":0,"risk_level":"3","risk_tag":""}`, false, 1},
	} {
		t.Run(outcome, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			verifyToken := lab.generate()
			lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"测试丙","id_no":"000000190001010027"}`)
			w := lab.press(lab.pageURL(verifyToken), outcome)
			assert.Equal(t, http.StatusFound, w.Code)
			assert.Equal(t, "http://localhost/return?flow=1&o="+want.back, w.Header().Get("Location"), "byte for byte")

			detail, simple := lab.query(sandbox.BaiduDetail, verifyToken), lab.query(sandbox.BaiduSimple, verifyToken)
			all := lab.query(sandbox.BaiduGetAll, verifyToken)["result"].(map[string]any)
			assert.Equal(t, want.code == nil, detail["success"], "detail's success is the verdict")
			assert.Equal(t, want.code, detail["code"])
			assert.Equal(t, want.code, simple["code"])
			assert.Equal(t, want.charges, all["verify_charge_count"])
			assert.Equal(t, want.demoted, detail["is_demote"])

			var codes []any
			for i, attempt := range all["verify_result"].([]any) {
				member := attempt.(map[string]any)
				assert.Equal(t, float64(i+1), member["order"])
				assert.Equal(t, member["code"] == "0", member["is_verify_passed"])
				codes = append(codes, member["code"])
			}
			assert.JSONEq(t, want.attempts, toJSON(t, codes))
			assert.Equal(t, float64(len(codes)), all["verify_count"])
			if want.code != nil {
				assert.Contains(t, detail, "result")
				assert.Nil(t, detail["result"])
				return
			}
			result := detail["result"].(map[string]any)
			verified := result["verify_result"].(map[string]any)
			assert.NotEmpty(t, verified["verify_log_id"])
			delete(verified, "verify_log_id")
			assert.JSONEq(t, want.verified, toJSON(t, verified))
			assert.JSONEq(t, `{"name":"测试丙","idcard_number":"000000190001010027"}`, toJSON(t, result["idcard_confirm"]))
			assert.Contains(t, simple["result"].(map[string]any)["image"], "/image/query?verify_token="+verifyToken)
		})
	}
	t.Run("abandon", func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		verifyToken := lab.generate()
		w := lab.press(lab.pageURL(verifyToken), "abandon")
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Empty(t, w.Header().Get("Location"))
		assert.NotContains(t, w.Body.String(), "localhost", "there is no way back to the app")
		assert.Equal(t, baiduInvalid, lab.query(sandbox.BaiduDetail, verifyToken)["message"])
		assert.Equal(t, http.StatusFound, lab.press(lab.pageURL(verifyToken), "pass").Code, "the person may come back")
	})
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestBaiduPlansDecideWhatAResultHolds(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{
		{ID: "ocr", Identity: sandbox.BaiduIdentityOCR},
		{ID: "submitted", Identity: sandbox.BaiduIdentitySubmitted, Threshold: 90},
		{ID: "photo", Comparison: sandbox.BaiduComparePhoto, Recording: true},
		{ID: "liveness", Comparison: sandbox.BaiduCompareNothing},
	}})
	finish := func(plan string) (verifyToken string, detail, attempt, all map[string]any) {
		verifyToken = lab.generate(plan)
		lab.call(sandbox.BaiduUpload, `{"verify_token":"`+verifyToken+`","image":"/9j/"}`)
		if plan == "submitted" {
			lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"测试丙","id_no":"000000190001010027"}`)
		}
		require.Equal(t, http.StatusFound, lab.press(lab.pageURL(verifyToken), "pass").Code)
		all = lab.query(sandbox.BaiduGetAll, verifyToken)["result"].(map[string]any)
		return verifyToken, lab.query(sandbox.BaiduDetail, verifyToken)["result"].(map[string]any),
			all["verify_result"].([]any)[0].(map[string]any), all
	}

	_, detail, attempt, all := finish("ocr")
	assert.Equal(t, "000000190001010000", detail["idcard_ocr_result"].(map[string]any)["id_card_number"])
	front, err := base64.StdEncoding.DecodeString(detail["idcard_images"].(map[string]any)["front_base64"].(string))
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", http.DetectContentType(front))
	confirm := attempt["idcard_confirm"].(map[string]any)
	assert.Equal(t, "000000190001010000", confirm["idcard_ocr_result"].(map[string]any)["idcard_number"])
	assert.Contains(t, confirm["idcard_images"].(map[string]any)["front_image"], "http://")
	assert.Equal(t, 1.0, all["ocr_charge_count"])

	_, detail, attempt, _ = finish("submitted")
	assert.NotContains(t, detail, "idcard_ocr_result")
	assert.Equal(t, 90.0, attempt["verify_detail"].(map[string]any)["threshold"])

	verifyToken, detail, attempt, all := finish("photo")
	assert.NotContains(t, detail, "idcard_confirm", "nobody named an identity")
	assert.Equal(t, "match", attempt["charge_type"])
	assert.Equal(t, 1.0, all["match_charge_count"])
	media := lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Len(t, media["processVideo"], 1)
	assert.Len(t, media["images"], 4)
	assert.Empty(t, media["video"])
	lab.clock.advance(24 * time.Hour)
	media = lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Empty(t, media["processVideo"], "media live for a day")

	verifyToken, detail, _, _ = finish("liveness")
	assert.Equal(t, 0.0, detail["verify_result"].(map[string]any)["score"])
	assert.NotContains(t, detail, "idcard_confirm")
	media = lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
	assert.Empty(t, media["processVideo"], "recording is off by default")
}
