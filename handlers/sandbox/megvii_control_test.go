package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func (m megviiTest) control(path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/control/"+path, strings.NewReader(body)))
	return w
}

func TestMegviiControlNextTakesEverySwitch(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	w := m.control("next", `{
		"sessions": 1, "outcome": "pass", "notify": 2, "notify_when": "early", "notify_delay": "1s", "notify_retries": 1,
		"notify_retry_delay": "10ms", "notify_ports": "call", "notify_http": "call", "bad_sign": "notify",
		"spelling": "python_ascii", "shuffle_keys": true, "return_lost": false, "return_method": "GET", "raw_comma": true,
		"processing": 1, "status": "NEW", "omit": ["verify_result"], "extra_fields": true, "error_suffix": ": x",
		"old_spellings": true, "token_answer": {"status": 201, "delay": "1ms", "gzip": false, "times": 0},
		"result_answer": {"spoil": "error", "error_message": "X", "status": 418}}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	w = m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm())
	assert.Equal(t, http.StatusCreated, w.Code)
	begun := megviiBegun{bizID: megviiDecode(t, w.Body.String())["biz_id"].(string)}
	begun.page = "/faceid/lite/do?token=" + megviiDecode(t, w.Body.String())["token"].(string)
	assert.Equal(t, http.StatusSeeOther, m.do(http.MethodGet, begun.page, nil).Code)
	assert.Len(t, m.app.got(), 2)
	assert.Equal(t, "NEW", megviiDecode(t, m.app.got()[0].Get("data"))["status"])
	assert.Equal(t, http.StatusTeapot, m.pull(begun).Code)
}

func TestMegviiControlNextRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, says string }{
		"unknown switch":        {`{"notfy": 1}`, `"known":["bad_sign","error_suffix"`},
		"other case":            {`{"Notify": 1}`, `"known":[`},
		"unknown nested switch": {`{"token_answer": {"spoiled": "drop"}}`, "/token_answer/spoiled"},
		"unknown outcome":       {`{"outcome": "passed"}`, `"known":["pass",`},
		"wrong type":            {`{"notify": "lots"}`, "/notify"},
		"duration without unit": {`{"notify_delay": 5}`, "/notify_delay"},
		"negative duration":     {`{"notify_delay": "-5s"}`, "/notify_delay"},
		"switch given twice":    {`{"notify": 1, "notify": 0}`, "one JSON object"},
		"no object":             {`[]`, "one JSON object"},
		"null":                  {`null`, "one JSON object"},
		"two objects":           {`{} {}`, "one JSON object"},
		"too long":              {`{"status": "` + strings.Repeat("x", 70_000) + `"}`, "too long"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			w := m.control("next", test.body)
			assert.Equal(t, http.StatusBadRequest, w.Code)
			assert.Contains(t, w.Body.String(), test.says)
			assert.True(t, json.Valid(w.Body.Bytes()))
		})
	}
}

func TestMegviiControlNextWithNothingTakesTheSwitchesBack(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	for _, body := range []string{"", "{}"} {
		m.next(sandbox.MegviiSwitches{TokenAnswer: sandbox.MegviiFault{Spoil: sandbox.MegviiHTML}})
		require.Equal(t, http.StatusOK, m.control("next", body).Code)
		m.begin("biz_no", "after "+body)
	}
}

func TestMegviiControlSessionsFinishAndNotify(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now})
	assert.JSONEq(t, `[]`, m.do(http.MethodGet, "/control/sessions", nil).Body.String())
	begun := m.begin()
	assert.JSONEq(t, `{"ok": true}`, m.control("finish", `{"biz_no": "session-0001", "outcome": "cancel"}`).Body.String())
	m.Wait()
	assert.JSONEq(t, `{"at": "2026-11-22T08:00:00Z", "status": 200}`, m.control("notify", `{"biz_no": "session-0001"}`).Body.String())
	m.pull(begun)
	assert.JSONEq(t, `[{"biz_no": "session-0001", "biz_id": "`+begun.bizID+`", "created": "2026-11-22T08:00:00Z",
		"status": "CANCELLED", "outcome": "cancel", "get_result": 1, "notifies": [
		{"at": "2026-11-22T08:00:00Z", "status": 200}, {"at": "2026-11-22T08:00:00Z", "status": 200}]}]`,
		m.do(http.MethodGet, "/control/sessions", nil).Body.String())

	for path, body := range map[string]string{
		"finish": `{"biz_no": "session-0001", "outcome": "pass"}`,
		"notify": `{"biz_no": "unknown"}`,
	} {
		w := m.control(path, body)
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.JSONEq(t, `{"error": "sandbox: no such session"}`, w.Body.String())
	}
	assert.Equal(t, http.StatusMethodNotAllowed, m.do(http.MethodGet, "/control/next", nil).Code)
}

func BenchmarkMegviiSession(b *testing.B) {
	m := sandbox.NewMegvii(sandbox.MegviiConfig{Now: time.Now})
	defer m.Close()
	one := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := m.Next(sandbox.MegviiSwitches{Notify: &one}); err != nil {
			b.Fatal(err)
		}
		form := megviiForm("biz_no", "session-"+time.Duration(i).String())
		r := httptest.NewRequest(http.MethodPost, "/faceid/lite/get_token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		m.ServeHTTP(httptest.NewRecorder(), r)
		if err := m.Finish(b.Context(), form.Get("biz_no"), "pass"); err != nil {
			b.Fatal(err)
		}
	}
}
