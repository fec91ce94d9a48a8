package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestBaiduStateMachine(t *testing.T) {
	// A step is a clock step, or an outcome that the person chooses.
	for name, test := range map[string]struct {
		plan     sandbox.BaiduPlan
		steps    []any
		state    string
		queryOK  bool // getall has an answer
		pageCode int  // of opening the page now
	}{
		"a new session is ready":                           {sandbox.BaiduPlan{}, nil, "READY", false, 200},
		"a plan that needs an identity waits for it":       {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, nil, "CREATED", false, 409},
		"a plan that needs a photo waits for it":           {sandbox.BaiduPlan{Comparison: sandbox.BaiduComparePhoto}, nil, "CREATED", false, 409},
		"identity sent: ready":                             {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, []any{sandbox.BaiduSubmit}, "READY", false, 200},
		"photo sent: ready":                                {sandbox.BaiduPlan{Comparison: sandbox.BaiduComparePhoto}, []any{sandbox.BaiduUpload}, "READY", false, 200},
		"a pass ends it":                                   {sandbox.BaiduPlan{}, []any{"pass"}, "PASSED", true, 410},
		"a failure ends it":                                {sandbox.BaiduPlan{}, []any{"mismatch"}, "FAILED", true, 410},
		"a failure leaves it ready where the URL survives": {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch"}, "READY", true, 200},
		"fail, fail, pass where the URL survives":          {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", "no_face", "pass"}, "PASSED", true, 410},
		"fail then pass in one go ends it":                 {sandbox.BaiduPlan{}, []any{"fail_then_pass"}, "PASSED", true, 410},
		"leaving changes nothing":                          {sandbox.BaiduPlan{}, []any{"abandon"}, "READY", false, 200},
		"usable to the last second of two hours":           {sandbox.BaiduPlan{}, []any{2*time.Hour - time.Second}, "READY", false, 200},
		"expired after two hours":                          {sandbox.BaiduPlan{}, []any{2 * time.Hour}, "EXPIRED", false, 410},
		"a session that still waits expires too":           {sandbox.BaiduPlan{Identity: sandbox.BaiduIdentitySubmitted}, []any{2 * time.Hour}, "EXPIRED", false, 410},
		"failed attempts count when two hours end":         {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", 2 * time.Hour}, "FAILED", true, 410},
		"results stay for three days":                      {sandbox.BaiduPlan{}, []any{time.Hour, "pass", 72*time.Hour - time.Second}, "PASSED", true, 410},
		"and not longer":                                   {sandbox.BaiduPlan{}, []any{time.Hour, "pass", 72 * time.Hour}, "GONE", false, 410},
		"three days from the end of the two hours":         {sandbox.BaiduPlan{URLSurvivesFailure: true}, []any{"mismatch", 74 * time.Hour}, "GONE", false, 410},
	} {
		t.Run(name, func(t *testing.T) {
			test.plan.ID = "1"
			lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{test.plan}})
			verifyToken := lab.generate()
			for _, step := range test.steps {
				switch step := step.(type) {
				case time.Duration:
					lab.clock.advance(step)
				case string:
					lab.step(verifyToken, step)
				}
			}
			assert.Equal(t, test.state, lab.session(0)["state"])
			answer := lab.query(sandbox.BaiduGetAll, verifyToken)
			assert.Equal(t, test.queryOK, answer["success"])
			if !test.queryOK {
				assert.Equal(t, baiduInvalid, answer["message"])
			}
			assert.Equal(t, test.pageCode, lab.open(lab.pageURL(verifyToken)).Code)
		})
	}
}

// step is a call or a choice in a session's life.
func (l *baiduLab) step(verifyToken, step string) {
	l.t.Helper()
	switch step {
	case sandbox.BaiduSubmit:
		l.call(step, `{"verify_token":"`+verifyToken+`","id_name":"测试甲","id_no":"X"}`)
	case sandbox.BaiduUpload:
		l.call(step, `{"verify_token":"`+verifyToken+`","image":"/9j/"}`)
	default:
		w := l.press(l.pageURL(verifyToken), step)
		require.Less(l.t, w.Code, 400, w.Body)
	}
}

// session reads the n-th session from the control surface.
func (l *baiduLab) session(n int) map[string]any {
	w := l.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil))
	return decodeBaidu(l.t, w)["sessions"].([]any)[n].(map[string]any)
}

func TestBaiduVerifyTokenBelongsToItsApplication(t *testing.T) {
	other := sandbox.BaiduApp{APIKey: "OtherFakeApiKey", SecretKey: "OtherFakeSecretKey", AppID: "00000002"}
	lab := newBaiduLab(t, sandbox.BaiduConfig{OtherApps: []sandbox.BaiduApp{other}})
	foreign := lab.fetchToken(other)
	verifyToken := lab.finish("pass")
	for _, endpoint := range []string{
		sandbox.BaiduSubmit, sandbox.BaiduUpload, sandbox.BaiduSimple, sandbox.BaiduDetail, sandbox.BaiduStat,
		sandbox.BaiduMedia, sandbox.BaiduGetAll,
	} {
		body := `{"verify_token":"` + verifyToken + `","id_name":"测试甲","id_no":"X","image":"/9j/"}`
		answer := decodeBaidu(t, lab.rawAs(foreign, endpoint, body))
		assert.Equal(t, false, answer["success"], endpoint)
		assert.Equal(t, baiduInvalid, answer["message"], endpoint)
		assert.NotContains(t, answer, "code", endpoint)
	}
	lab.token = lab.fetchToken()
	assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"], "any token of the same application will do")
}

func TestBaiduSessionsShowNoPersonAndNoToken(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	verifyToken := lab.generate()
	lab.call(sandbox.BaiduSubmit, `{"verify_token":"`+verifyToken+`","id_name":"机密姓名","id_no":"000000190001010999"}`)
	lab.press(lab.pageURL(verifyToken), "pass")
	shown := lab.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil)).Body.String() + fmt.Sprintf("%#v %+v", lab.Calls(), lab.session(0))
	shown += fmt.Sprintf("%v %+v %#v %s", lab.Baidu, lab.Baidu, struct{ B any }{lab.Baidu}, lab.Baidu)
	for _, secret := range []string{"机密姓名", "000000190001010999", verifyToken, lab.token, sandbox.BaiduSecretKey} {
		assert.NotContains(t, shown, secret)
	}
	assert.Contains(t, shown, `"submitted":true`)
	assert.Contains(t, shown, `"outcomes":["pass"]`)
	assert.Contains(t, shown, `"idcard/submit":1`)
}

func TestBaiduSeedMakesTokensRepeatable(t *testing.T) {
	first, second := newBaiduLab(t, sandbox.BaiduConfig{Seed: "a"}), newBaiduLab(t, sandbox.BaiduConfig{Seed: "a"})
	assert.Equal(t, first.token, second.token)
	assert.Equal(t, first.generate(), second.generate())
	assert.NotEqual(t, first.token, newBaiduLab(t, sandbox.BaiduConfig{Seed: "b"}).token)
	unseeded := func() string {
		w := httptest.NewRecorder()
		sandbox.NewBaidu(sandbox.BaiduConfig{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost,
			baiduOAuth+"&client_id="+sandbox.BaiduAPIKey+"&client_secret="+sandbox.BaiduSecretKey, nil))
		return w.Body.String()
	}
	assert.NotEqual(t, unseeded(), unseeded())
}

func TestBaiduServesManyPeopleAtOnce(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	var people sync.WaitGroup
	for range 50 {
		people.Go(func() {
			answer := lab.raw(sandbox.BaiduGenerate, `{"plan_id":1}`)
			var made struct {
				Result struct {
					VerifyToken string `json:"verify_token"`
				}
			}
			if !assert.NoError(t, json.Unmarshal(answer.Body.Bytes(), &made)) {
				return
			}
			lab.press(lab.pageURL(made.Result.VerifyToken), "pass")
			detail := lab.raw(sandbox.BaiduDetail, `{"verify_token":"`+made.Result.VerifyToken+`"}`)
			assert.Contains(t, detail.Body.String(), `{"success":true`)
		})
	}
	people.Wait()
	assert.Equal(t, map[string]int{
		sandbox.BaiduToken: 1, sandbox.BaiduGenerate: 50, sandbox.BaiduPage: 50, sandbox.BaiduDetail: 50,
	}, lab.Calls())
}
