package megvii_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

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

func oddValues() []any {
	return []any{
		nil, true, false, "canary", "", "NaN", "Infinity", "0x1p-2", "1_0", json.Number("-1"), json.Number("1.5"), json.Number("1e999"),
		json.Number("99999999999999999999"), []any{}, []any{map[string]any{"a": "b"}}, map[string]any{}, map[string]any{"canary": []any{1}},
	}
}

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
