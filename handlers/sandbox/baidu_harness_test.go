package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

const (
	baiduAPI     = "/rpc/2.0/brain/solution/faceprint/"
	baiduInvalid = "Token无效或者已过期"
	baiduOAuth   = "/oauth/2.0/token?grant_type=client_credentials"
)

// baiduLab is a fake Baidu with a clock of its own, called without a network.
type baiduLab struct {
	*sandbox.Baidu
	t     *testing.T
	clock *baiduClock
	token string // an access token
}

type baiduClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *baiduClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *baiduClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newBaiduLab(t *testing.T, config sandbox.BaiduConfig) *baiduLab {
	t.Helper()
	clock := &baiduClock{at: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	config.Now = clock.now
	if config.Seed == "" {
		config.Seed = t.Name()
	}
	lab := &baiduLab{Baidu: sandbox.NewBaidu(config), t: t, clock: clock}
	lab.token = lab.fetchToken()
	return lab
}

func (l *baiduLab) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

// fetchToken gets an access token of the application, or of another one.
func (l *baiduLab) fetchToken(app ...sandbox.BaiduApp) string {
	l.t.Helper()
	key, secret := sandbox.BaiduAPIKey, sandbox.BaiduSecretKey
	if len(app) > 0 {
		key, secret = app[0].APIKey, app[0].SecretKey
	}
	w := l.do(httptest.NewRequest(http.MethodPost, baiduOAuth+"&client_id="+key+"&client_secret="+secret, nil))
	require.Equal(l.t, http.StatusOK, w.Code, w.Body)
	return decodeBaidu(l.t, w)["access_token"].(string)
}

// raw calls an endpoint with the lab's token.
func (l *baiduLab) raw(endpoint, body string) *httptest.ResponseRecorder {
	return l.rawAs(l.token, endpoint, body)
}

func (l *baiduLab) rawAs(token, endpoint, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, baiduAPI+endpoint+"?access_token="+url.QueryEscape(token), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return l.do(r)
}

// call calls an endpoint and decodes its answer, which comes with HTTP 200.
func (l *baiduLab) call(endpoint, body string) map[string]any {
	l.t.Helper()
	w := l.raw(endpoint, body)
	require.Equal(l.t, http.StatusOK, w.Code)
	return decodeBaidu(l.t, w)
}

// query asks a result endpoint about a verify_token.
func (l *baiduLab) query(endpoint, verifyToken string) map[string]any {
	l.t.Helper()
	return l.call(endpoint, `{"verify_token":"`+verifyToken+`"}`)
}

// generate makes a session of plan "1", or of another one.
func (l *baiduLab) generate(plan ...string) string {
	l.t.Helper()
	id := "1"
	if len(plan) > 0 {
		id = plan[0]
	}
	answer := l.call(sandbox.BaiduGenerate, `{"plan_id":"`+id+`"}`)
	require.Equal(l.t, true, answer["success"], answer)
	return answer["result"].(map[string]any)["verify_token"].(string)
}

// pageURL is what the app sends the person to.
func (l *baiduLab) pageURL(verifyToken string) string {
	return "/face/print/?" + url.Values{
		"token":      {verifyToken},
		"successUrl": {"http://localhost/return?flow=1&o=s"},
		"failedUrl":  {"http://localhost/return?flow=1&o=f"},
	}.Encode()
}

// open opens the page, in English.
func (l *baiduLab) open(address string) *httptest.ResponseRecorder {
	return l.do(httptest.NewRequest(http.MethodGet, address, nil))
}

// press presses the button of an outcome.
func (l *baiduLab) press(address, outcome string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader("outcome="+outcome))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return l.do(r)
}

// finish takes a new session of plan "1" to an outcome.
func (l *baiduLab) finish(outcome string) string {
	l.t.Helper()
	verifyToken := l.generate()
	w := l.press(l.pageURL(verifyToken), outcome)
	require.Less(l.t, w.Code, 400, w.Body)
	return verifyToken
}

// next sets switches over HTTP.
func (l *baiduLab) next(body string) {
	l.t.Helper()
	w := l.do(httptest.NewRequest(http.MethodPost, "/control/next", strings.NewReader(body)))
	require.Equal(l.t, http.StatusOK, w.Code, w.Body)
}

func decodeBaidu(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var answer map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body.String())
	return answer
}
