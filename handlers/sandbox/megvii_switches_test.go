package sandbox_test

import (
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestMegviiSwitchesHoldForTheNextSessionOnly(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{Outcome: "failed"})
	m.next(sandbox.MegviiSwitches{Outcome: "cancel", Sessions: 2})
	m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm("biz_no", ""))
	for i, want := range []string{"CANCELLED", "CANCELLED", "PROCESSING"} {
		begun := m.begin("biz_no", fmt.Sprint(i))
		m.do(http.MethodGet, begun.page, nil)
		assert.Equal(t, want, m.Sessions()[i].Status)
	}
}

func TestMegviiOutcomeSwitchEndsTheCheckWhenThePageOpens(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{Outcome: "spoof_mask"})
	begun := m.begin()
	data := megviiVerified(t, megviiReturned(t, m.do(http.MethodGet, begun.page, nil)))
	assert.Equal(t, "OK", data["status"])
	assert.Equal(t, "spoof_mask", m.Sessions()[0].Outcome)
}

func TestMegviiBadSignIsNotTheSignature(t *testing.T) {
	t.Parallel()
	for carrier, bad := range map[sandbox.MegviiCarrier][2]bool{ // notify, return
		"": {false, false}, sandbox.MegviiNotifyCarrier: {true, false},
		sandbox.MegviiReturnCarrier: {false, true}, sandbox.MegviiBothCarriers: {true, true},
	} {
		t.Run("bad_sign "+string(carrier), func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(sandbox.MegviiSwitches{BadSign: carrier})
			returned := megviiReturned(t, m.choose(m.begin(), "pass"))
			m.Wait()
			signed := func(data, sign string) bool {
				sum := sha1.Sum([]byte(sandbox.MegviiAPISecret + data))
				assert.Regexp(t, `^[0-9a-f]{40}$`, sign)
				return hex.EncodeToString(sum[:]) == sign
			}
			notify := m.app.got()[0]
			assert.Equal(t, bad[0], !signed(notify.Get("data"), notify.Get("sign")))
			assert.Equal(t, bad[1], !signed(returned.Get("data"), returned.Get("sign")))
			data, sign, err := m.Callback("session-0001")
			require.NoError(t, err)
			assert.True(t, signed(data, sign), "Callback is for those who want a good one")
		})
	}
}

func TestMegviiSpellings(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[sandbox.MegviiSpelling]string{
		"":                        `{"status":"OK","biz_info":{"biz_extra_data":"张\"\\\n𠮷` + "\x7f" + `\u0001","biz_id":"`,
		sandbox.MegviiCompact:     `{"status":"OK","biz_info":{"biz_extra_data":"张\"\\\n𠮷` + "\x7f" + `\u0001","biz_id":"`,
		sandbox.MegviiPython:      `{"status": "OK", "biz_info": {"biz_extra_data": "张\"\\\n𠮷` + "\x7f" + `\u0001", "biz_id": "`,
		sandbox.MegviiPythonASCII: `{"status": "OK", "biz_info": {"biz_extra_data": "\u5f20\"\\\n\ud842\udfb7\u007f\u0001", "biz_id": "`,
	} {
		t.Run("spelling "+string(spelling), func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(sandbox.MegviiSwitches{Spelling: spelling})
			extra := "张\"\\\n𠮷\x7f\x01"
			begun := m.begin("biz_extra_data", extra)
			form := megviiReturned(t, m.choose(begun, "pass"))
			assert.True(t, strings.HasPrefix(form.Get("data"), want), form.Get("data"))
			assert.Equal(t, extra, megviiAt(megviiVerified(t, form), "biz_info.biz_extra_data"))
			assert.Contains(t, m.pull(begun).Body.String(), want[len(`{"status":"OK",`)+8:], "get_result is spelt alike")
		})
	}
}

func TestMegviiShuffledKeysSayTheSameInAnotherOrder(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{ShuffleKeys: true, Notify: new(20)})
	returned := megviiReturned(t, m.choose(m.begin(), "pass"))
	m.Wait()
	want := megviiVerified(t, returned)
	spellings := map[string]bool{}
	for _, form := range m.app.got() {
		assert.Equal(t, want, megviiVerified(t, form))
		spellings[form.Get("data")] = true
	}
	assert.Greater(t, len(spellings), 1)
}

func TestMegviiReturnSwitches(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{ReturnLost: true})
	w := m.choose(m.begin("biz_no", "lost"), "pass")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), "You can close this page")
	assert.NotContains(t, w.Body.String(), "<form")
	assert.NotContains(t, w.Body.String(), "localhost:8080")

	m.next(sandbox.MegviiSwitches{ReturnMethod: "GET", RawComma: true})
	begun := m.begin("biz_no", "get")
	assert.Equal(t, "http://localhost:8080/face/return?biz_id="+begun.bizID, m.choose(begun, "pass").Header().Get("Location"))

	m.next(sandbox.MegviiSwitches{ReturnMethod: "POST"})
	megviiReturned(t, m.choose(m.begin("biz_no", "post", "action_http_method", "GET"), "pass"))
}

func TestMegviiProcessingSwitchHoldsTheResultBack(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{Processing: 2})
	begun := m.begin()
	data := megviiVerified(t, megviiReturned(t, m.choose(begun, "pass")))
	assert.Equal(t, "OK", data["status"], "callbacks are not held back")
	for _, want := range []string{"PROCESSING", "PROCESSING", "OK"} {
		answer := megviiDecode(t, m.pull(begun).Body.String())
		assert.Equal(t, want, answer["status"])
		assert.Equal(t, want == "OK", answer["liveness_result"] != nil)
	}
	assert.Equal(t, http.StatusBadRequest, m.pull(begun).Code, "they used up the budget")
}

func TestMegviiMemberSwitches(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		switches sandbox.MegviiSwitches
		outcome  string
		want     map[string]any
	}{
		"an unknown status keeps the results": {
			sandbox.MegviiSwitches{Status: "BRAND_NEW"}, "pass",
			map[string]any{"status": "BRAND_NEW", "liveness_result.result": "PASS"},
		},
		"PROCESSING has no results": {
			sandbox.MegviiSwitches{Status: "PROCESSING"}, "pass",
			map[string]any{"status": "PROCESSING", "liveness_result": nil, "verify_result": nil, "idcard_info": nil},
		},
		"omitted members": {
			sandbox.MegviiSwitches{Omit: []string{"liveness_result.face_genuineness", "verify_result", "no.such", "status.x"}}, "pass",
			map[string]any{"liveness_result.face_genuineness": nil, "liveness_result.result": "PASS", "verify_result": nil, "status": "OK"},
		},
		"error suffix": {
			sandbox.MegviiSwitches{ErrorSuffix: ": data_source"}, "image_unsupported",
			map[string]any{"verify_result.error_message": "IMAGE_ERROR_UNSUPPORTED_FORMAT: data_source"},
		},
		"error suffix without an error": {
			sandbox.MegviiSwitches{ErrorSuffix: ": data_source", ExtraFields: true}, "pass",
			map[string]any{"verify_result.error_message": nil, "status": "OK"},
		},
		"extra fields": {
			sandbox.MegviiSwitches{ExtraFields: true}, "pass",
			map[string]any{"biz_info.channel": "h5", "liveness_result.face_genuineness.face_replaced": 0.0, "time_used": 12.0},
		},
		"old spellings": {
			sandbox.MegviiSwitches{OldSpellings: true}, "pass",
			map[string]any{
				"idcard_info.idcard_uneditable_field": nil, "idcard_info.idcard_uneditable_feild": "",
				"liveness_result.details.VIDOE_FORMAT_UNSUPPORTED": 0.0, "liveness_result.details.VIDEO_FORMAT_UNSUPPORTED": nil,
			},
		},
		"old will_result": {
			sandbox.MegviiSwitches{OldSpellings: true}, "will_no_audio",
			map[string]any{"will_result.result": "FAIL", "will_result.will_error_message": "NO_AUDIO"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(test.switches)
			begun := m.begin("procedure_type", "video")
			data := megviiVerified(t, megviiReturned(t, m.choose(begun, test.outcome)))
			pulled := megviiDecode(t, m.pull(begun).Body.String())
			for path, value := range test.want {
				assert.Equal(t, value, megviiAt(data, path), path)
				assert.Equal(t, value, megviiAt(pulled, path), path)
			}
		})
	}
}

func TestMegviiExtraFieldsRepeatNoName(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{ExtraFields: true})
	begun := m.begin()
	form := megviiReturned(t, m.choose(begun, "no_face_found"))
	for _, text := range []string{form.Get("data"), m.pull(begun).Body.String()} {
		for _, name := range []string{`"request_id"`, `"time_used"`, `"error_message"`, `"new_member"`} {
			assert.Equal(t, 1, strings.Count(text, name), name)
		}
	}
}

func TestMegviiOldSpellingsPutASpaceIntoDataURIs(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{OldSpellings: true})
	begun := m.begin()
	m.choose(begun, "pass")
	answer := megviiDecode(t, m.pull(begun, "return_image", "4").Body.String())
	assert.Contains(t, megviiAt(answer, "images.image_best"), "data: image/jpeg;base64,")
	assert.Nil(t, megviiAt(answer, "images.image_idcard_front"))
}

func TestMegviiSpoiltTokenAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  sandbox.MegviiFault
		status int
		made   int // sessions
		check  func(t *testing.T, body string)
	}{
		"error": {sandbox.MegviiFault{Spoil: sandbox.MegviiError}, 500, 0, func(t *testing.T, body string) {
			assert.Equal(t, "INTERNAL_ERROR", megviiDecode(t, body)["error_message"])
		}},
		"chosen error": {sandbox.MegviiFault{Spoil: sandbox.MegviiError, Status: 403, ErrorMessage: "CONCURRENCY_LIMIT_EXCEEDED"}, 403, 0, func(t *testing.T, body string) {
			assert.Equal(t, "CONCURRENCY_LIMIT_EXCEEDED", megviiDecode(t, body)["error_message"])
		}},
		"200 with an error_message": {sandbox.MegviiFault{Spoil: sandbox.MegviiError, Status: 200}, 200, 0, func(t *testing.T, body string) {
			assert.Equal(t, "INTERNAL_ERROR", megviiDecode(t, body)["error_message"])
		}},
		"html": {sandbox.MegviiFault{Spoil: sandbox.MegviiHTML}, 502, 0, func(t *testing.T, body string) {
			assert.Contains(t, body, "502 Bad Gateway")
		}},
		"truncated": {sandbox.MegviiFault{Spoil: sandbox.MegviiTruncated}, 200, 1, func(t *testing.T, body string) {
			assert.True(t, strings.HasPrefix(body, `{"biz_no"`))
			assert.False(t, strings.HasSuffix(body, `}`))
		}},
		"empty": {sandbox.MegviiFault{Spoil: sandbox.MegviiEmpty}, 200, 1, func(t *testing.T, body string) {
			assert.Empty(t, body)
		}},
		"empty token": {sandbox.MegviiFault{Spoil: sandbox.MegviiEmptyToken}, 200, 1, func(t *testing.T, body string) {
			assert.Equal(t, "", megviiDecode(t, body)["token"])
		}},
		"only another status": {sandbox.MegviiFault{Status: 503}, 503, 1, func(t *testing.T, body string) {
			assert.NotEmpty(t, megviiDecode(t, body)["token"])
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(sandbox.MegviiSwitches{TokenAnswer: test.fault})
			w := m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm())
			assert.Equal(t, test.status, w.Code)
			test.check(t, w.Body.String())
			assert.Len(t, m.Sessions(), test.made)
		})
	}
}

func TestMegviiDroppedTokenAnswerLeavesASessionThatCanEnd(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{TokenAnswer: sandbox.MegviiFault{Spoil: sandbox.MegviiDrop}})
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm()) })
	require.NoError(t, m.Finish(t.Context(), "session-0001", "pass"))
	m.Wait()
	require.Len(t, m.app.got(), 1)
	assert.Equal(t, "OK", megviiVerified(t, m.app.got()[0])["status"])
}

func TestMegviiSpoiltResultAnswersEndAfterTimes(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{ResultAnswer: sandbox.MegviiFault{Spoil: sandbox.MegviiTruncated, Status: 206, Times: 2}})
	begun := m.begin()
	m.choose(begun, "pass")
	for _, status := range []int{206, 206, 200} {
		assert.Equal(t, status, m.pull(begun).Code)
	}
	assert.Equal(t, http.StatusBadRequest, m.pull(begun).Code, "spoilt answers count")
}

func TestMegviiGzipAnswers(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{ResultAnswer: sandbox.MegviiFault{Gzip: true}})
	begun := m.begin()
	w := m.pull(begun)
	assert.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	unpacked, err := gzip.NewReader(w.Body)
	require.NoError(t, err)
	body, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	assert.Equal(t, "NOT_STARTED", megviiDecode(t, string(body))["status"])
}

func TestMegviiSlowAnswersTakeTheirDelay(t *testing.T) {
	t.Parallel()
	for _, spoil := range []sandbox.MegviiSpoil{"", sandbox.MegviiSlowBody, sandbox.MegviiHTML} {
		t.Run("spoil "+string(spoil), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMegviiTest(t, sandbox.MegviiConfig{})
				m.next(sandbox.MegviiSwitches{ResultAnswer: sandbox.MegviiFault{Spoil: spoil, Delay: 7 * time.Second}})
				begun := m.begin()
				start := time.Now()
				w := m.pull(begun)
				assert.Equal(t, 7*time.Second, time.Since(start))
				assert.Equal(t, spoil == sandbox.MegviiSlowBody, w.Flushed)
				assert.NotEmpty(t, w.Body.String())
			})
		})
	}
}

func TestMegviiImpossibleSwitchesAreRefused(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]sandbox.MegviiSwitches{
		"outcome":             {Outcome: "x"},
		"notify_when":         {NotifyWhen: "x"},
		"notify_ports":        {NotifyPorts: "x"},
		"notify_http":         {NotifyHTTP: "x"},
		"bad_sign":            {BadSign: "x"},
		"spelling":            {Spelling: "x"},
		"return_method":       {ReturnMethod: "PUT"},
		"token_answer.spoil":  {TokenAnswer: sandbox.MegviiFault{Spoil: "x"}},
		"result_answer.spoil": {ResultAnswer: sandbox.MegviiFault{Spoil: sandbox.MegviiEmptyToken}},
		"status":              {ResultAnswer: sandbox.MegviiFault{Status: 99}},
		"sessions":            {Sessions: -1},
		"notify":              {Notify: new(1001)},
		"notify_retries":      {NotifyRetries: 101},
		"processing":          {Processing: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			assert.ErrorContains(t, m.Next(switches), name)
		})
	}
}
