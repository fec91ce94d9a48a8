package megvii_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
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

// resultWith decodes an OK result with more members.
func resultWith(t *testing.T, members string) *megvii.Result {
	t.Helper()
	result, err := parseSigned(`{"status":"OK","biz_info":{"biz_id":"1,x","biz_no":"n"},` + members + `}`)
	require.NoError(t, err)
	return result
}

func TestDocumentedSpellingsAreTolerated(t *testing.T) {
	t.Run("numbers in quotes", func(t *testing.T) {
		r := resultWith(t, `"time_used":"12","verify_result":{"verify_time":"1462259763",
			"result_ref1":{"confidence":"68.918","thresholds":{"1e-4":"69"}},"id_exceptions":{"id_attacked":"1"}}`)
		assert.Equal(t, new(12), r.TimeUsed)
		assert.Equal(t, new(1462259763), r.Verify.VerifyTime)
		assert.Equal(t, &megvii.Comparison{Confidence: new(68.918), Thresholds: megvii.Thresholds{"1e-4": 69}}, r.Verify.Ref1)
		assert.Equal(t, new(1), r.Verify.IDExceptions.IDAttacked)
	})
	t.Run("texts without quotes", func(t *testing.T) {
		r := resultWith(t, `"multifaces_tag":1,"idcard_info":{"idcard_mode":4,"idcard_mode_user":1,"front_side":{"ocr_result":{"birthday":{"year":1990}}}},
			"liveness_result":{"face_genuineness":{"selfie_inconsistent":2,"selfie_metadata_inconsistent":0}}`)
		assert.Equal(t, "1", r.MultiFacesTag)
		assert.Equal(t, "4", r.IDCard.Mode)
		assert.Equal(t, "1", r.IDCard.ModeUser)
		assert.Equal(t, "1990", r.IDCard.FrontSide.OCR.Birthday.Year.Reveal())
		assert.Equal(t, "2", r.Liveness.FaceGenuineness.SelfieInconsistent)
		assert.Equal(t, "0", r.Liveness.FaceGenuineness.SelfieMetadataInconsistent)
	})
	t.Run("whole numbers with a fraction of zero", func(t *testing.T) {
		assert.Equal(t, new(1462259763), resultWith(t, `"verify_result":{"verify_time":1.462259763e9}`).Verify.VerifyTime)
	})
	t.Run("one will_result instead of an array", func(t *testing.T) {
		r := resultWith(t, `"will_result":{"result":"FAIL","will_error_message":"ANSWER_INCONSISTENT"}`)
		assert.Equal(t, megvii.WillResult{{Result: "FAIL", ErrorMessage: "ANSWER_INCONSISTENT"}}, r.Will)
	})
	t.Run("idcard_uneditable_feild", func(t *testing.T) {
		r := resultWith(t, `"idcard_info":{"idcard_uneditable_feild":"idcard_name"}`)
		assert.Equal(t, "idcard_name", r.IDCard.UneditableField)
		r = resultWith(t, `"idcard_info":{"idcard_uneditable_feild":"old","idcard_uneditable_field":"new"}`)
		assert.Equal(t, "new", r.IDCard.UneditableField)
	})
	t.Run("VIDOE_FORMAT_UNSUPPORTED", func(t *testing.T) {
		r := resultWith(t, `"liveness_result":{"details":{"VIDOE_FORMAT_UNSUPPORTED":3}}`)
		assert.Equal(t, megvii.Counters{"VIDEO_FORMAT_UNSUPPORTED": 3}, r.Liveness.Details)
	})
	t.Run("kinds of picture in each spelling", func(t *testing.T) {
		for _, key := range []string{"Temporary ID Photo", "Temporary ID Photo ", "Temporary_ID_Photo"} {
			r := resultWith(t, `"idcard_info":{"front_side":{"ocr_result":{"legality":{"`+key+`":0.5}}}}`)
			assert.Equal(t, megvii.Legality{"Temporary ID Photo": 0.5}, r.IDCard.FrontSide.OCR.Legality)
		}
	})
	t.Run("shooting_error in quotes", func(t *testing.T) {
		assert.Equal(t, new(true), resultWith(t, `"shooting_error":"true"`).ShootingError)
	})
	t.Run("null for every member", func(t *testing.T) {
		r := resultWith(t, `"fail_reason":null,"idcard_info":null,"liveness_result":null,"verify_result":null,"will_result":null,
			"multifaces_tag":null,"shooting_error":null,"request_id":null,"time_used":null,"images":null`)
		assert.Equal(t, &megvii.Result{Status: "OK", BizInfo: megvii.BizInfo{BizID: handlers.Hide("1,x"), BizNo: "n"}}, r)
	})
	t.Run("null one level down", func(t *testing.T) {
		r := resultWith(t, `"liveness_result":{"result":null,"procedure_type":null,"details":null,"face_genuineness":null},
			"verify_result":{"error_message":null,"result_faceid":null,"id_exceptions":null,"verify_time":null},
			"idcard_info":{"idcard_name":null,"front_side":null,"ocr_front_quality":null}`)
		assert.Equal(t, &megvii.LivenessResult{}, r.Liveness)
		assert.Equal(t, &megvii.VerifyResult{}, r.Verify)
		assert.Equal(t, &megvii.IDCardInfo{}, r.IDCard)
	})
}

func TestDataURIs(t *testing.T) {
	jpeg := megvii.Images{"image_best": handlers.HideBytes([]byte{0xff, 0xd8, 0xff})}
	for name, tt := range map[string]struct {
		uri  string
		want megvii.Images
	}{
		"as documented":          {`"data:image/jpeg;base64,/9j/"`, jpeg},
		"a space behind data:":   {`"data: image/jpeg;base64,/9j/"`, jpeg},
		"null":                   {`null`, megvii.Images{}},
		"empty":                  {`""`, megvii.Images{}},
		"bare base64":            {`"/9j/"`, megvii.Images{}},
		"base64 that is none":    {`"data:image/jpeg;base64,..."`, megvii.Images{}},
		"no base64":              {`"data:image/jpeg,xyz"`, megvii.Images{}},
		"no picture":             {`"data:text/html;base64,/9j/"`, megvii.Images{}},
		"an address":             {`"https://vendor.example/a.jpg,x;base64"`, megvii.Images{}},
		"an object for the text": {`{"uri":"data:image/jpeg;base64,/9j/"}`, megvii.Images{}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, resultWith(t, `"images":{"image_best":`+tt.uri+`}`).Images)
		})
	}
}

// TestCase56AFieldOfAnotherTypeBreaksNothing puts a value of every JSON type in the
// place of every member of the fullest sample, one at a time.
func TestCase56AFieldOfAnotherTypeBreaksNothing(t *testing.T) {
	var sample any
	require.NoError(t, json.Unmarshal(callbackSample(t, "callback.every-field.json"), &sample))
	tried := 0
	mutate(sample, "", func(path string) {
		tried++
		data, err := json.Marshal(sample)
		require.NoError(t, err)
		result, err := megvii.DecodeResult(data)
		if path == "/biz_info" || path == "/biz_info/biz_id" || path == "/biz_info/biz_no" || path == "/status" {
			return // may be refused
		}
		require.NoError(t, err, path)
		require.Equal(t, "1462259748,52b13fb5-8dfb-4537-a62b-a641d5e929f1", result.BizInfo.BizID.Reveal(), path)
		require.Equal(t, megvii.StatusOK, result.Status, path)
	})
	assert.Greater(t, tried, 500)
}

// oddValues has each JSON type and the numbers that fit no Go type.
func oddValues() []any {
	return []any{
		nil, true, false, "canary", "", "NaN", "Infinity", "0x1p-2", "1_0", json.Number("-1"), json.Number("1.5"), json.Number("1e999"),
		json.Number("99999999999999999999"), []any{}, []any{map[string]any{"a": "b"}}, map[string]any{}, map[string]any{"canary": []any{1}},
	}
}

// mutate calls try for every member below v with each odd value in its place.
func mutate(v any, path string, try func(path string)) {
	each := func(here string, get func() any, set func(any)) {
		old := get()
		for _, odd := range oddValues() {
			set(odd)
			try(here)
		}
		set(old)
		mutate(old, here, try)
	}
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			each(path+"/"+name, func() any { return v[name] }, func(odd any) { v[name] = odd })
		}
	case []any:
		for i := range v {
			each(fmt.Sprintf("%s/%d", path, i), func() any { return v[i] }, func(odd any) { v[i] = odd })
		}
	}
}

func TestCase56WhatCannotBeReadIsToldFromWhatIsMissing(t *testing.T) {
	r := resultWith(t, `"multifaces_tag":{},"fail_reason":[],"time_used":"soon","idcard_info":{"idcard_name":{}},"liveness_result":"PASS",
		"verify_result":{"error_message":false,"result_ref1":99,"result_ref2":{"confidence":"high","thresholds":[]},"verify_time":1.5,
		"id_exceptions":{"id_attacked":true}},"will_result":"PASS"`)
	assert.Equal(t, megvii.Unreadable, r.MultiFacesTag)
	assert.Equal(t, megvii.Unreadable, r.FailReason)
	assert.Equal(t, new(-1), r.TimeUsed)
	assert.Equal(t, megvii.Unreadable, r.IDCard.Name.Reveal())
	assert.Equal(t, &megvii.LivenessResult{}, r.Liveness)
	assert.Equal(t, new(megvii.Unreadable), r.Verify.ErrorMessage)
	assert.Equal(t, &megvii.Comparison{}, r.Verify.Ref1)
	assert.True(t, math.IsNaN(*r.Verify.Ref2.Confidence))
	assert.Empty(t, r.Verify.Ref2.Thresholds)
	assert.Equal(t, new(-1), r.Verify.VerifyTime)
	assert.Equal(t, new(-1), r.Verify.IDExceptions.IDAttacked)
	assert.Equal(t, megvii.WillResult{{}}, r.Will)
}

func TestCase90AStatusThatIsNoPlainWordIsCutOff(t *testing.T) {
	for status, want := range map[string]megvii.Status{
		`"SUSPENDED_2"`:                       "SUSPENDED_2",
		`"ok"`:                                megvii.Unreadable,
		`"<script>"`:                          megvii.Unreadable,
		`"OK\u001b[2J"`:                       megvii.Unreadable,
		`""`:                                  megvii.Unreadable,
		`1`:                                   "1",
		`{}`:                                  megvii.Unreadable,
		`"` + strings.Repeat("A", 41) + `"`:   megvii.Unreadable,
		`"` + strings.Repeat("A", 40) + `"`:   megvii.Status(strings.Repeat("A", 40)),
		`"\u004f\u004b"`:                      megvii.StatusOK,
		`"ＯＫ"`:                                megvii.Unreadable,
		`" OK"`:                               megvii.Unreadable,
		`"` + string(megvii.StatusOK) + `\n"`: megvii.Unreadable,
	} {
		result, err := parseSigned(`{"status":` + status + `,"biz_info":{"biz_id":"1,x"}}`)
		require.NoError(t, err, status)
		assert.Equal(t, want, result.Status, status)
	}
}

func TestAResultPrintsNothingPrivate(t *testing.T) {
	result, err := megvii.DecodeResult(callbackSample(t, "callback.every-field.json"))
	require.NoError(t, err)
	encoded, err := json.Marshal(result)
	require.NoError(t, err)
	text := string(encoded) + fmt.Sprintf("%v %+v %#v %+v", result, *result, *result, *result.IDCard)
	for _, private := range []string{"张三", "110101", "海淀", "1990", "2010", "女", "汉", "1462259748", "extra\"", "/9j/"} {
		assert.NotContains(t, text, private)
	}
}
