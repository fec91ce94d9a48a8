package megvii_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// callbackSample returns one of the sample payloads.
func callbackSample(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return data
}

// sampleBizInfo is in every sample.
func sampleBizInfo() megvii.BizInfo {
	return megvii.BizInfo{
		BizID:     handlers.Hide("1462259748,52b13fb5-8dfb-4537-a62b-a641d5e929f1"),
		BizNo:     "cc47190f-5502-44a2-ab74-ea4f0f649f61",
		ExtraData: handlers.Hide("..."),
	}
}

// sampleIDCard is what both samples with a card say, but for three fields.
func sampleIDCard(mode, issuedBy string) *megvii.IDCardInfo {
	legality := megvii.Legality{"ID Photo": 0.855, "Temporary ID Photo": 0, "Photocopy": 0.049, "Screen": 0.096, "Edited": 0}
	read := func(quality float64, text string) megvii.FieldQuality {
		return megvii.FieldQuality{Quality: new(quality), Logic: new(0), Result: handlers.Hide(text)}
	}
	return &megvii.IDCardInfo{
		Mode:            mode,
		UneditableField: "idcard_number,idcard_valid_date",
		Number:          handlers.Hide("110101199003070003"),
		Name:            handlers.Hide("张三"),
		ValidDate:       handlers.Hide("2010.11.13-2020.11.13"),
		IssuedBy:        handlers.Hide(issuedBy),
		FrontSide: &megvii.FrontSide{
			OCR: &megvii.FrontOCR{
				Address:      handlers.Hide("北京市海淀区XXXX"),
				Birthday:     &megvii.Birthday{Year: handlers.Hide("1990"), Month: handlers.Hide("3"), Day: handlers.Hide("7")},
				Gender:       handlers.Hide("女"),
				IDCardNumber: handlers.Hide("110101199003070003"),
				Name:         handlers.Hide("张三"),
				Race:         handlers.Hide("汉"),
				Legality:     legality,
			},
			UploadTimes: new(1),
		},
		BackSide: &megvii.BackSide{
			OCR: &megvii.BackOCR{
				IssuedBy:  handlers.Hide("北京市公安局海淀分局"),
				ValidDate: handlers.Hide("2010.11.13-2020.11.13"),
				Legality:  legality,
			},
			UploadTimes: new(2),
		},
		FrontQuality: map[string]megvii.FieldQuality{
			"gender": read(0.925, "女"), "address": read(0.958, "北京市海淀区XXXX"), "idcard_number": read(0.995, "110101199003070003"),
			"name": read(0.996, "张三"), "birth_year": read(0.942, "1990"), "birth_month": read(0.971, "3"), "birth_day": read(0.975, "7"),
			"nationality": read(0.959, "汉"),
		},
		BackQuality: map[string]megvii.FieldQuality{
			"issued_by": read(0.994, "北京市公安局海淀分局"), "valid_date_start": read(0.995, "20101113"), "valid_date_end": read(0.995, "20201113"),
		},
	}
}

// compared is a comparison with the seeds' thresholds.
func compared(confidence float64) *megvii.Comparison {
	return &megvii.Comparison{
		Confidence: new(confidence),
		Thresholds: megvii.Thresholds{"1e-3": 64, "1e-4": 69, "1e-5": 74, "1e-6": 79.9},
	}
}

// comparedLive is a comparison with the thresholds that live siblings answered.
func comparedLive(confidence float64) *megvii.Comparison {
	return &megvii.Comparison{
		Confidence: new(confidence),
		Thresholds: megvii.Thresholds{"1e-3": 62.169, "1e-4": 69.315, "1e-5": 74.399, "1e-6": 78.038},
	}
}

// spoofScores has every threshold at 0.5.
func spoofScores(synthetic, mask, screenReplay float64) *megvii.FaceGenuineness {
	return &megvii.FaceGenuineness{
		SyntheticFaceConfidence: new(synthetic), SyntheticFaceThreshold: new(0.5),
		MaskConfidence: new(mask), MaskThreshold: new(0.5),
		ScreenReplayConfidence: new(screenReplay), ScreenReplayThreshold: new(0.5),
	}
}

func videoCounters() megvii.Counters {
	return megvii.Counters{
		"UPLOAD_TIMES": 5, "FACE_NOT_FOUND": 0, "LOW_FACE_QUALITY": 0, "INVALID_VIDEO_DURATION": 1, "SR_ERROR": 2,
		"NOT_SYNCHRONIZED": 1, "VIDEO_FORMAT_UNSUPPORTED": 0, "NO_AUDIO": 0,
	}
}

func liveCounters() megvii.Counters {
	return megvii.Counters{
		"FACE_NOT_FOUND": 0, "SIDE_FACE": 0, "UPDOWN_FACE": 0, "EYE_OCCLUSION": 0, "MOUTH_OCCLUSION": 0, "AWAY_FROM_CAMERA": 1,
		"CLOSE_TO_CAMERA": 0, "FACE_OUT_OF_CAMERA": 0, "HIGH_BRIGHTNESS": 0, "LOW_BRIGHTNESS": 0, "LOW_FACE_QUALITY": 0,
	}
}

func TestEverySampleDecodesFieldByField(t *testing.T) {
	noFlags := &megvii.IDExceptions{IDAttacked: new(0), IDPhotoMonochrome: new(0)}
	ended := func(status megvii.Status) megvii.Result {
		return megvii.Result{Status: status, BizInfo: sampleBizInfo()}
	}
	want := map[string]megvii.Result{
		"callback.data.cancelled.constructed.json": ended(megvii.StatusCancelled),
		"callback.data.failed.constructed.json":    ended(megvii.StatusFailed),
		"callback.data.timeout.constructed.json":   ended(megvii.StatusTimeout),
		"callback.data.webrtc_unsupported.constructed.json": {
			Status: megvii.StatusWebRTCUnsupported, FailReason: megvii.FailReasonPermissions, BizInfo: sampleBizInfo(),
		},
		"callback.data.cn-seed-example-literal.json": {
			Status: megvii.StatusOK, BizInfo: sampleBizInfo(), IDCard: sampleIDCard("1", "北京市公安局"),
			Liveness: &megvii.LivenessResult{
				Result: "PASS/FAIL", ProcedureType: "will", Details: videoCounters(), FaceGenuineness: spoofScores(0.88, 0.32, 0),
			},
			Verify: &megvii.VerifyResult{
				FaceID: compared(68.918), Ref1: compared(68.918), IDCardPhoto: compared(68.918), IDCardDatasource: compared(68.918),
				IDExceptions: noFlags, VerifyTime: new(1462259763),
			},
			Will: megvii.WillResult{{Result: "PASS"}},
		},
		"callback.data.cn-will.ok.constructed.json": {
			Status: megvii.StatusOK, BizInfo: sampleBizInfo(), IDCard: sampleIDCard("2", "北京市公安局海淀分局"),
			Liveness: &megvii.LivenessResult{
				Result: "PASS", ProcedureType: "will", Details: liveCounters(), FaceGenuineness: spoofScores(0, 0, 0),
			},
			Verify: &megvii.VerifyResult{
				FaceID: comparedLive(92.111), Ref1: compared(68.918), IDCardPhoto: compared(68.918), IDCardDatasource: compared(68.918),
				IDExceptions: noFlags, VerifyTime: new(1462259763),
			},
			Will: megvii.WillResult{{Result: "PASS"}},
		},
		"callback.data.cn-will.fail-no-audio.constructed.json": {
			Status: megvii.StatusOK, BizInfo: sampleBizInfo(),
			Liveness: &megvii.LivenessResult{
				Result: "PASS", ProcedureType: "will", Details: liveCounters(), FaceGenuineness: spoofScores(0, 0, 0),
			},
			Verify: &megvii.VerifyResult{FaceID: comparedLive(90.475), IDExceptions: noFlags},
			Will:   megvii.WillResult{{Result: "FAIL", ErrorMessage: megvii.WillNoAudio}},
		},
		"callback.data.intl-liveness-only.constructed.json": {
			Status: megvii.StatusOK, BizInfo: sampleBizInfo(),
			Liveness: &megvii.LivenessResult{
				Result: "PASS", ProcedureType: "distance", Details: liveCounters(), FaceGenuineness: spoofScores(0, 0, 0),
			},
		},
		"callback.data.intl-still.ok.json": {
			Status: megvii.StatusOK,
			BizInfo: megvii.BizInfo{
				BizID: sampleBizInfo().BizID, BizNo: "cc47190f-502-44a2-ab74-ea4f0f649f61", ExtraData: handlers.Hide("..."),
			},
			Liveness: &megvii.LivenessResult{
				Result: "PASS", ProcedureType: "still", Details: videoCounters(), FaceGenuineness: spoofScores(0.88, 0.32, 0),
			},
			Verify:        &megvii.VerifyResult{Ref1: compared(68.918), VerifyTime: new(1462259763)},
			MultiFacesTag: "0",
		},
	}
	files, err := filepath.Glob("testdata/callback.data.*.json")
	require.NoError(t, err)
	require.Len(t, files, len(want))
	for name, result := range want {
		t.Run(name, func(t *testing.T) {
			got, err := parseSigned(string(callbackSample(t, name)))
			require.NoError(t, err)
			assert.Equal(t, result, *got)

			result.SignedBy = -1
			got, err = megvii.DecodeResult(callbackSample(t, name))
			require.NoError(t, err)
			assert.Equal(t, result, *got)
		})
	}
}

func TestAnswersOfSiblingProductsAreNoResults(t *testing.T) {
	for _, name := range []string{"callback.sibling.raw_verify.doc.ok.json", "callback.sibling.verify_v2.live.err-name-mismatch.json"} {
		_, err := parseSigned(string(callbackSample(t, name)))
		refusedFor(t, err, handlers.CodeMalformed, megvii.ReasonStatusMissing)
	}
}

func TestEveryFieldIsRead(t *testing.T) {
	got, err := megvii.DecodeResult(callbackSample(t, "callback.every-field.json"))
	require.NoError(t, err)
	requireNothingMissing(t, reflect.ValueOf(*got), "Result")
	assert.Equal(t, &megvii.Result{
		Status:     megvii.StatusOK,
		FailReason: megvii.FailReasonNetwork,
		BizInfo:    megvii.BizInfo{BizID: sampleBizInfo().BizID, BizNo: "order-0001", ExtraData: handlers.Hide("extra")},
		IDCard: &megvii.IDCardInfo{
			Mode: "4", UneditableField: "idcard_number", ModeUser: "0",
			Number: handlers.Hide("110101199003070003"), Name: handlers.Hide("张三"),
			ValidDate: handlers.Hide("2010.11.13-2020.11.13"), IssuedBy: handlers.Hide("北京市公安局"),
			FrontSide: &megvii.FrontSide{
				OCR: &megvii.FrontOCR{
					Address:  handlers.Hide("北京市海淀区XXXX"),
					Birthday: &megvii.Birthday{Year: handlers.Hide("1990"), Month: handlers.Hide("3"), Day: handlers.Hide("7")},
					Gender:   handlers.Hide("女"), IDCardNumber: handlers.Hide("110101199003070003"), Name: handlers.Hide("张三"),
					Race: handlers.Hide("汉"), Legality: megvii.Legality{"ID Photo": 0.855},
				},
				UploadTimes: new(1),
			},
			BackSide: &megvii.BackSide{
				OCR: &megvii.BackOCR{
					IssuedBy: handlers.Hide("北京市公安局海淀分局"), ValidDate: handlers.Hide("2010.11.13-2020.11.13"),
					Legality: megvii.Legality{"Screen": 0.096},
				},
				UploadTimes: new(2),
			},
			FrontQuality: map[string]megvii.FieldQuality{"name": {Quality: new(0.996), Logic: new(1), Result: handlers.Hide("张三")}},
			BackQuality:  map[string]megvii.FieldQuality{"valid_date_end": {Quality: new(0.995), Logic: new(2), Result: handlers.Hide("20201113")}},
		},
		Liveness: &megvii.LivenessResult{
			Result: "PASS", ProcedureType: "selfie",
			Details: megvii.Counters{
				"UPLOAD_TIMES": 5, "face_front.FACE_BLURRED": 1, "face_front.FACE_NOT_FRONT": 2, "face_side.FACE_NOT_SIDE": 3,
			},
			FaceGenuineness: &megvii.FaceGenuineness{
				SyntheticFaceConfidence: new(0.01), SyntheticFaceThreshold: new(0.5),
				MaskConfidence: new(0.02), MaskThreshold: new(0.6),
				ScreenReplayConfidence: new(0.03), ScreenReplayThreshold: new(0.7),
				FaceReplaced: new(0), SelfieInconsistent: "0", SelfieMetadataInconsistent: "0",
			},
		},
		Verify: &megvii.VerifyResult{
			ErrorMessage: new("NO_FACE_FOUND"),
			FaceID:       compared(80), Ref1: compared(81), Ref2: compared(82), Ref3: compared(83), IDCardPhoto: compared(84),
			IDCardDatasource: compared(85),
			IDExceptions:     &megvii.IDExceptions{IDAttacked: new(0), IDPhotoMonochrome: new(1)},
			VerifyTime:       new(1462259763),
		},
		Will:          megvii.WillResult{{Result: "FAIL", ErrorMessage: "NO_AUDIO"}, {Result: "PASS"}},
		MultiFacesTag: "0",
		ShootingError: new(false),
		RequestID:     "1462259763,e2d2f8d6-204b-4c43-92ea-1d62b071f83c",
		TimeUsed:      new(12),
		Images:        megvii.Images{"image_best": handlers.HideBytes([]byte{0xff, 0xd8, 0xff, 0xe0})},
		SignedBy:      -1,
	}, got)
}

// requireNothingMissing fails for a field that was left at its zero value.
func requireNothingMissing(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[handlers.Private]() {
		return
	}
	for field, value := range v.Fields() {
		require.False(t, value.IsZero(), "%s.%s is not in the sample", path, field.Name)
		requireNothingMissing(t, value, path+"."+field.Name)
	}
}

func TestAResultPrintsNothingPrivate(t *testing.T) {
	result, err := megvii.DecodeResult(callbackSample(t, "callback.every-field.json"))
	require.NoError(t, err)
	encoded, err := json.Marshal(result)
	require.NoError(t, err)
	text := string(encoded) + fmt.Sprintf("%v %+v %#v %+v", result, *result, *result, *result.IDCard)
	text = regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(text, "") // an address may spell a year
	for _, private := range []string{"张三", "110101", "海淀", "1990", "2010", "女", "汉", "1462259748", "extra\"", "/9j/"} {
		assert.NotContains(t, text, private)
	}
}
