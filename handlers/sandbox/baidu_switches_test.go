package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestBaiduShapes(t *testing.T) {
	// Each shape with what must, and what must not, stand in one answer.
	tests := map[sandbox.BaiduShape]struct {
		outcome, endpoint string
		has, lacks        string
	}{
		sandbox.BaiduStringScores:  {"pass", sandbox.BaiduDetail, `"score":"93.7835","liveness_score":"0.9672966","spoofing":"0"`, `"score":93`},
		sandbox.BaiduNullScores:    {"pass", sandbox.BaiduDetail, `"score":null,"liveness_score":null,"spoofing":null`, `93.7`},
		sandbox.BaiduMissingScores: {"pass", sandbox.BaiduDetail, `"verify_result":{"verify_log_id"`, `score`},
		sandbox.BaiduStringCodes:   {"mismatch", sandbox.BaiduDetail, `"code":"222351"`, `"code":2`},
		sandbox.BaiduNumberCodes:   {"mismatch", sandbox.BaiduGetAll, `"code":222351`, `"code":"`},
		sandbox.BaiduStringCounts:  {"pass", sandbox.BaiduStat, `{"error_code":"0","count":"1"}`, `"count":1`},
		sandbox.BaiduStringSuccess: {"mismatch", sandbox.BaiduDetail, `"success":"false"`, `"success":false`},
		sandbox.BaiduNumberLogID:   {"pass", sandbox.BaiduDetail, `"log_id":15341168648740000`, `"log_id":"`},
		sandbox.BaiduNullResult:    {"pass", sandbox.BaiduDetail, `{"success":true,"result":null,`, `score`},
		sandbox.BaiduOmitResult:    {"mismatch", sandbox.BaiduDetail, `{"success":false,"code":222351`, `"result"`},
		sandbox.BaiduArrayResult:   {"pass", sandbox.BaiduDetail, `"result":[{"verify_result"`, `"result":{`},
		sandbox.BaiduDemoteInside:  {"demoted", sandbox.BaiduDetail, `"is_demote":true},"log_id"`, `}},"is_demote":true`},
		sandbox.BaiduNumberRisk:    {"risk", sandbox.BaiduDetail, `"risk_level":1,`, `"risk_level":"`},
		sandbox.BaiduNoRisk:        {"risk", sandbox.BaiduDetail, `"spoofing":0}`, `risk_level`},
		sandbox.BaiduNullConfirm:   {"pass", sandbox.BaiduDetail, `"idcard_confirm":null`, `测试`},
		sandbox.BaiduOtherPerson:   {"pass", sandbox.BaiduDetail, `"name":"测试乙"`, `测试甲`},
		sandbox.BaiduGetAllTable:   {"pass", sandbox.BaiduGetAll, `"message":"核验成功"`, `"message":""`},
		sandbox.BaiduDisagree:      {"pass", sandbox.BaiduGetAll, `"is_verify_passed":false,"code":"222351"`, `"code":"0"`},
		sandbox.BaiduExtraFields:   {"pass", sandbox.BaiduGetAll, `"live_charge_count":0,"will_verify":null`, `"app":true`},
		sandbox.BaiduNullTimes:     {"no_face", sandbox.BaiduGetAll, `"charge_time":null`, `"charge_time":""`},
		sandbox.BaiduUnpaddedTimes: {"pass", sandbox.BaiduGetAll, `"verify_time":"2026-1-5 09:00:00"`, `2026-01`},
		sandbox.BaiduOldKeys:       {"pass", sandbox.BaiduStat, `"身份证识别":[]`, `"OCR"`},
		sandbox.BaiduBothVideos:    {"pass", sandbox.BaiduMedia, `.mp4"],"video":["http`, `"video":[]`},
		sandbox.BaiduPaddedBody:    {"pass", sandbox.BaiduDetail, "\n \t{\"success\"", "\x00"},
	}
	for shape, test := range tests {
		t.Run(string(shape), func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{{ID: "1", Recording: true}}})
			lab.clock.advance(time.Date(2026, 1, 5, 1, 0, 0, 0, time.UTC).Sub(lab.clock.now()))
			ask := func(verifyToken string) string {
				return lab.raw(test.endpoint, `{"verify_token":"`+verifyToken+`"}`).Body.String()
			}
			plain := ask(lab.finish(test.outcome))
			assert.NotContains(t, plain, test.has, "without the shape")
			require.NoError(t, lab.Next(sandbox.BaiduSwitches{Shapes: []sandbox.BaiduShape{shape}}))
			bent := ask(lab.generateAndPress(test.outcome))
			assert.Contains(t, bent, test.has)
			assert.NotContains(t, bent, test.lacks)
			assert.Equal(t, strings.Contains(plain, test.has), strings.Contains(ask(lab.finish(test.outcome)), test.has), "the next session is plain again")
		})
	}
	var known int
	for line := range strings.SplitSeq(lastKnown(t, sandbox.BaiduSwitches{Shapes: []sandbox.BaiduShape{"?"}}), ", ") {
		assert.Contains(t, tests, sandbox.BaiduShape(line))
		known++
	}
	assert.Len(t, tests, known, "every shape has its row")
}

// generateAndPress is finish for answers of generate that are bent too.
func (l *baiduLab) generateAndPress(outcome string) string {
	l.t.Helper()
	text := l.raw(sandbox.BaiduGenerate, `{"plan_id":1}`).Body.String()
	_, rest, ok := strings.Cut(text, `"verify_token":"`)
	require.True(l.t, ok, text)
	verifyToken, _, _ := strings.Cut(rest, `"`)
	require.Equal(l.t, http.StatusFound, l.press(l.pageURL(verifyToken), outcome).Code)
	return verifyToken
}

// lastKnown is the list of known values in the error of a switch.
func lastKnown(t *testing.T, switches sandbox.BaiduSwitches) string {
	t.Helper()
	err := sandbox.NewBaidu(sandbox.BaiduConfig{}).Next(switches)
	require.Error(t, err)
	_, known, ok := strings.Cut(err.Error(), "known: ")
	require.True(t, ok, err)
	return known
}

func TestBaiduScoreRiskAndImageSwitches(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{{ID: "1", Identity: sandbox.BaiduIdentityOCR}}})
	lab.next(`{"score":79.5,"risk_level":"2","image_bytes":2000000}`)
	result := lab.query(sandbox.BaiduDetail, lab.finish("risk"))["result"].(map[string]any)
	verified := result["verify_result"].(map[string]any)
	assert.Equal(t, 79.5, verified["score"])
	assert.Equal(t, "2", verified["risk_level"])
	assert.Len(t, result["idcard_images"].(map[string]any)["front_base64"], (2000000+2)/3*4)

	lab.next(`{"score":0}`)
	result = lab.query(sandbox.BaiduDetail, lab.finish("pass"))["result"].(map[string]any)
	assert.Equal(t, 0.0, result["verify_result"].(map[string]any)["score"], "a zero score is a score")
}

func TestBaiduAnswersBeforeThereIsAResult(t *testing.T) {
	for name, test := range map[string]struct{ switches, answer string }{
		"by default the text alone": {`{}`, `{"success":false,"result":null,"message":"Token无效或者已过期"}`},
		"with a code":               {`{"token_invalid_code":283437}`, `{"success":false,"result":null,"code":283437,"message":"Token无效或者已过期"}`},
		"a service error":           {`{"unfinished":"service_error"}`, `{"success":false,"result":null,"code":283400,"message":"服务异常,请稍后再试"}`},
		"bare":                      {`{"unfinished":"bare"}`, `{"success":false}`},
		"a null result":             {`{"unfinished":"null_result"}`, `{"success":true,"result":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			lab.next(test.switches)
			verifyToken := lab.generate()
			for _, endpoint := range []string{sandbox.BaiduSimple, sandbox.BaiduDetail, sandbox.BaiduStat, sandbox.BaiduMedia, sandbox.BaiduGetAll} {
				answer := lab.query(endpoint, verifyToken)
				assert.Regexp(t, `^\d{19}$`, answer["log_id"])
				delete(answer, "log_id")
				assert.JSONEq(t, test.answer, toJSON(t, answer), endpoint)
			}
		})
	}
}

func TestBaiduResultsArriveAfterSomeQueries(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	lab.next(`{"pending_queries":3}`)
	verifyToken := lab.generate()
	assert.Equal(t, baiduInvalid, lab.query(sandbox.BaiduDetail, verifyToken)["message"], "before the check: not counted")
	lab.press(lab.pageURL(verifyToken), "pass")
	for _, endpoint := range []string{sandbox.BaiduDetail, sandbox.BaiduGetAll, sandbox.BaiduDetail} {
		assert.Equal(t, baiduInvalid, lab.query(endpoint, verifyToken)["message"])
	}
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"])
}

func TestBaiduResultCanBeGone(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	lab.next(`{"result_gone":true}`)
	verifyToken := lab.finish("pass")
	assert.Equal(t, baiduInvalid, lab.query(sandbox.BaiduDetail, verifyToken)["message"])
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, lab.finish("pass"))["success"])
}

func TestBaiduSwitchesHoldForTheirSessions(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	lab.next(`{"sessions":2,"result_gone":true}`)
	lab.call(sandbox.BaiduGenerate, `{"plan_id":404}`) // makes no session, uses up nothing
	for i, gone := range []bool{true, true, false} {
		assert.Equal(t, !gone, lab.query(sandbox.BaiduDetail, lab.finish("pass"))["success"], i)
	}
	lab.next(`{"result_gone":true}`)
	lab.next(`{}`)
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, lab.finish("pass"))["success"], "the later switches win")
}

func TestBaiduGatewayFaults(t *testing.T) {
	for code, message := range map[int]string{
		2: "Service temporarily unavailable", 4: "Open api request limit reached", 6: "no permission to access data",
		13: "Get service token failed", 14: "IAM Certification failed", 15: "app not exsits or create failed",
		17: "Open api daily request limit reached", 18: "Open api qps request limit reached",
		19: "Open api total request limit reached", 100: "Invalid parameter",
		110: "Access token invalid or no longer valid", 111: "Access token expired", 1: "Unknown error",
	} {
		t.Run(message, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			require.NoError(t, lab.Next(sandbox.BaiduSwitches{Faults: []sandbox.BaiduFault{
				{Endpoint: sandbox.BaiduDetail, ErrorCode: code, Calls: 2},
				{Endpoint: sandbox.BaiduDetail, ErrorCode: code, LogID: true},
			}}))
			verifyToken := lab.finish("pass")
			for range 2 {
				assert.Equal(t, map[string]any{"error_code": float64(code), "error_msg": message}, lab.query(sandbox.BaiduDetail, verifyToken))
			}
			assert.Equal(t, true, lab.query(sandbox.BaiduGetAll, verifyToken)["success"], "other endpoints are well")
			assert.Regexp(t, `^\d{19}$`, lab.query(sandbox.BaiduDetail, verifyToken)["log_id"])
			assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"])
			assert.Equal(t, 4, lab.Calls()[sandbox.BaiduDetail], "spoilt calls count")
		})
	}
}

func TestBaiduFaultsReachTheirEndpointOnly(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	lab.next(`{"faults":[{"endpoint":"*","error_code":18,"calls":2},{"endpoint":"oauth/2.0/token","status":503}]}`)
	w := lab.do(httptest.NewRequest(http.MethodPost, baiduOAuth, nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, http.StatusUnauthorized, lab.do(httptest.NewRequest(http.MethodPost, baiduOAuth, nil)).Code, "no longer spoilt")
	assert.Equal(t, 18.0, lab.call(sandbox.BaiduGenerate, `{"plan_id":1}`)["error_code"])
	assert.Equal(t, 18.0, lab.call(sandbox.BaiduStat, `{}`)["error_code"])
	assert.Nil(t, lab.call(sandbox.BaiduGenerate, `{"plan_id":1}`)["error_code"])
}

func TestBaiduDamage(t *testing.T) {
	for damage, want := range map[sandbox.BaiduDamage]string{
		sandbox.BaiduDamageHTML:      `^<html>`,
		sandbox.BaiduDamageEmpty:     `^$`,
		sandbox.BaiduDamageNull:      `^null$`,
		sandbox.BaiduDamageTruncated: `^\{"success":true,"result":\{"verify_result":[^}]*$`,
		sandbox.BaiduDamageDuplicate: `^\{"success":true,"success":true,.*\}$`,
		sandbox.BaiduDamageTrailing:  `\}\{"success":true\}$`,
	} {
		t.Run(string(damage), func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			verifyToken := lab.finish("pass")
			require.NoError(t, lab.Next(sandbox.BaiduSwitches{Faults: []sandbox.BaiduFault{{Endpoint: sandbox.BaiduDetail, Damage: damage}}}))
			w := lab.raw(sandbox.BaiduDetail, `{"verify_token":"`+verifyToken+`"}`)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Regexp(t, want, w.Body.String())
			assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"], "one call only")
		})
	}
	t.Run("huge", func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		lab.next(`{"faults":[{"endpoint":"result/stat","damage":"huge"}]}`)
		assert.Greater(t, lab.raw(sandbox.BaiduStat, `{}`).Body.Len(), 50<<20)
	})
	t.Run("an answer can be lost after the call had its effect", func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		lab.next(`{"faults":[{"endpoint":"verifyToken/generate","status":500,"damage":"empty"}]}`)
		w := lab.raw(sandbox.BaiduGenerate, `{"plan_id":1}`)
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Empty(t, w.Body.String())
		assert.Equal(t, "READY", lab.session(0)["state"])
	})
	t.Run("a scheme failure of choice", func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		lab.next(`{"faults":[{"endpoint":"verifyToken/generate","code":283512,"message":"服务异常,请稍后再试"}]}`)
		answer := lab.call(sandbox.BaiduGenerate, `{"plan_id":1}`)
		delete(answer, "log_id")
		assert.JSONEq(t, `{"success":false,"result":null,"code":283512,"message":"服务异常,请稍后再试"}`, toJSON(t, answer))
		assert.NotContains(t, lab.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil)).Body.String(), "READY", "it was not served")
	})
}

func TestBaiduBreaksConnections(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	server := httptest.NewServer(lab)
	defer server.Close()
	lab.next(`{"faults":[{"endpoint":"result/stat","damage":"reset"},{"endpoint":"result/stat","damage":"cut"}]}`)
	ask := func() (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+baiduAPI+"result/stat?access_token="+lab.token, strings.NewReader(`{}`))
		require.NoError(t, err)
		return server.Client().Do(r)
	}
	_, err := ask()
	assert.Error(t, err, "reset: no answer at all")
	answer, err := ask()
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.ReadAll(answer.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut: fewer bytes than promised")
}

func TestBaiduSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		lab.next(`{"faults":[
			{"endpoint":"result/stat","delay":"90s"},
			{"endpoint":"result/stat","byte_delay":"1s","damage":"null"},
			{"endpoint":"result/stat","delay":"1h"},{"endpoint":"result/stat","byte_delay":"1h"}]}`)
		took := func(r *http.Request) (time.Duration, string) {
			start := time.Now()
			r.Header.Set("Content-Type", "application/json")
			body := lab.do(r).Body.String()
			return time.Since(start), body
		}
		ask := func() *http.Request {
			return httptest.NewRequest(http.MethodPost, baiduAPI+"result/stat?access_token="+lab.token, strings.NewReader(`{}`))
		}
		slow, _ := took(ask())
		assert.Equal(t, 90*time.Second, slow)
		slow, body := took(ask())
		assert.Equal(t, 4*time.Second, slow, "a second for each byte of null")
		assert.Equal(t, "null", body)
		for range 2 {
			ctx, cancel := contextWithTimeout(t, 5*time.Second)
			slow, body = took(ask().WithContext(ctx))
			assert.Equal(t, 5*time.Second, slow, "a client that hangs up is not waited for")
			assert.Empty(t, body)
			cancel()
		}
	})
}

func TestBaiduRefusesUnknownSwitches(t *testing.T) {
	for name, test := range map[string]struct{ body, known string }{
		"a name":                          {`{"outcome_":"pass"}`, "outcome"},
		"a name in another case":          {`{"Outcome":"pass"}`, "outcome"},
		"a name in a fault":               {`{"faults":[{"endpoint":"*","error":1}]}`, "error_code"},
		"an outcome":                      {`{"outcome":"ok"}`, "fail_then_pass"},
		"a return style":                  {`{"return":"popup"}`, "redirect"},
		"an unfinished answer":            {`{"unfinished":"wait"}`, "token_invalid"},
		"a risk level":                    {`{"risk_level":"3"}`, "2"},
		"a shape":                         {`{"shapes":["round"]}`, "string_scores"},
		"a fault's endpoint":              {`{"faults":[{"endpoint":"result"}]}`, "result/detail"},
		"a fault without an endpoint":     {`{"faults":[{"error_code":18}]}`, "result/detail"},
		"a fault's damage":                {`{"faults":[{"endpoint":"*","damage":"bit"}]}`, "truncated"},
		"a status that is none":           {`{"faults":[{"endpoint":"*","status":99}]}`, ""},
		"a negative delay":                {`{"faults":[{"endpoint":"*","delay":"-1s"}]}`, ""},
		"a negative number of calls":      {`{"faults":[{"endpoint":"*","calls":-1}]}`, ""},
		"too many sessions":               {`{"sessions":10001}`, ""},
		"a negative number of queries":    {`{"pending_queries":-1}`, ""},
		"a picture too big":               {`{"image_bytes":99999999}`, ""},
		"a value of another type":         {`{"outcome":1}`, ""},
		"something that is not an object": {`[]`, ""},
		"something that is not JSON":      {`outcome=pass`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			w := lab.do(httptest.NewRequest(http.MethodPost, "/control/next", strings.NewReader(test.body)))
			assert.Equal(t, http.StatusBadRequest, w.Code)
			answer := decodeBaidu(t, w)
			assert.NotEmpty(t, answer["error"])
			if test.known != "" {
				assert.Contains(t, answer["known"], test.known)
			}
			assert.Equal(t, true, lab.query(sandbox.BaiduDetail, lab.finish("pass"))["success"], "nothing was changed")
		})
	}
}

func TestBaiduTokenBoundSessionAnswersToItsMakerOnly(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	require.NoError(t, lab.Next(sandbox.BaiduSwitches{TokenBound: true}))
	bound, maker := lab.finish("pass"), lab.token
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, bound)["success"])
	lab.token = lab.fetchToken()
	assert.Equal(t, baiduInvalid, lab.query(sandbox.BaiduDetail, bound)["message"], "another token of the same application")
	free := lab.finish("pass")
	lab.token = maker
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, bound)["success"])
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, free)["success"], "the next session is free again")
}

func TestBaiduTakesABoundedNumberOfFaults(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	many := sandbox.BaiduSwitches{Faults: make([]sandbox.BaiduFault, 1000)}
	for i := range many.Faults {
		many.Faults[i] = sandbox.BaiduFault{Endpoint: sandbox.BaiduStat, ErrorCode: 18}
	}
	require.NoError(t, lab.Next(many))
	require.Error(t, lab.Next(sandbox.BaiduSwitches{Outcome: "pass", Faults: many.Faults[:1]}))
	for range 1000 {
		assert.EqualValues(t, 18, lab.query(sandbox.BaiduStat, "x")["error_code"])
	}
	assert.NoError(t, lab.Next(sandbox.BaiduSwitches{Faults: many.Faults[:1]}))
}

func TestControlsAreNotSteeredByOtherSites(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	megvii := sandbox.NewMegvii(sandbox.MegviiConfig{})
	t.Cleanup(megvii.Close)
	for _, control := range []struct {
		fake http.Handler
		path string
	}{
		{lab, "/control/next"}, {lab, "/control/revoke"},
		{megvii, "/control/next"}, {megvii, "/control/finish"}, {megvii, "/control/notify"},
	} {
		for site, refused := range map[string]bool{"cross-site": true, "same-site": true, "same-origin": false, "none": false, "": false} {
			r := httptest.NewRequest(http.MethodPost, control.path, strings.NewReader("{}"))
			r.Header.Set("Sec-Fetch-Site", site)
			w := httptest.NewRecorder()
			control.fake.ServeHTTP(w, r)
			assert.Equal(t, refused, w.Code == http.StatusForbidden, "%T %s from %q", control.fake, control.path, site)
		}
	}
}

func TestBaiduNextCopiesItsSwitches(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	score := 50.0
	switches := sandbox.BaiduSwitches{
		Score: &score, Shapes: []sandbox.BaiduShape{sandbox.BaiduStringScores},
		Faults: []sandbox.BaiduFault{{Endpoint: sandbox.BaiduStat, ErrorCode: 18}},
	}
	require.NoError(t, lab.Next(switches))
	score, switches.Shapes[0], switches.Faults[0].ErrorCode = 60, sandbox.BaiduNullScores, 19
	assert.Equal(t, 18.0, lab.call(sandbox.BaiduStat, `{}`)["error_code"])
	result := lab.query(sandbox.BaiduDetail, lab.finish("pass"))["result"].(map[string]any)
	assert.Equal(t, "50", result["verify_result"].(map[string]any)["score"])
	assert.True(t, errors.Is(lab.Next(sandbox.BaiduSwitches{}), nil))
}
