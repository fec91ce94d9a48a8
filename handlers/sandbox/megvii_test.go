package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/jpeg"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestMegviiGetTokenAnswersAsTheLiveOneWasSeenTo(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now})
	answer := m.begin().answer
	id := fmt.Sprintf(`^%d,[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, clock.Now().Unix())
	assert.Regexp(t, id, answer["biz_id"])
	assert.Regexp(t, id, answer["request_id"])
	assert.NotEqual(t, answer["biz_id"], answer["request_id"])
	assert.Regexp(t, `^[0-9a-f]{32}$`, answer["token"])
	assert.EqualValues(t, clock.Now().Unix()+3600, answer["expired_time"])
	assert.Equal(t, "session-0001", answer["biz_no"])
	assert.IsType(t, 0.0, answer["time_used"])
}

func TestMegviiStatusGoesFromNotStartedOverProcessingToTheEnd(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	begun := m.begin()
	status := func() any {
		answer := megviiDecode(t, m.pull(begun).Body.String())
		if answer["status"] != "OK" {
			assert.Len(t, answer, 4, "request_id, time_used, status, biz_info")
		}
		return answer["status"]
	}
	assert.Equal(t, "NOT_STARTED", status())
	assert.Equal(t, http.StatusOK, m.do(http.MethodGet, begun.page, nil).Code)
	assert.Equal(t, "PROCESSING", status())
	m.choose(begun, "pass")
	assert.Equal(t, "OK", status())
}

func TestMegviiTokenOpensThePageOnce(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now, TokenTTL: time.Minute})
	open := func(page string) int { return m.do(http.MethodGet, page, nil).Code }

	begun := m.begin()
	assert.Equal(t, http.StatusOK, open(begun.page))
	assert.Equal(t, http.StatusBadRequest, open(begun.page), "used")

	late := m.begin("biz_no", "late")
	clock.Advance(time.Minute)
	assert.Equal(t, http.StatusBadRequest, open(late.page), "expired")

	ended := m.begin("biz_no", "ended")
	m.choose(ended, "pass")
	assert.Equal(t, http.StatusBadRequest, open(ended.page), "finished")
	assert.Equal(t, http.StatusBadRequest, open("/faceid/lite/do?token=unknown"))
	assert.Equal(t, http.StatusBadRequest, open("/faceid/lite/do"))
}

func TestMegviiSecondChoiceChangesNothing(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	begun := m.begin()
	first := megviiReturned(t, m.choose(begun, "cancel"))
	second := megviiReturned(t, m.choose(begun, "pass"))
	m.Wait()
	assert.Equal(t, first, second)
	assert.Len(t, m.app.got(), 1)
}

func TestMegviiBadChoicesAreRefused(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	begun := m.begin()
	assert.Equal(t, http.StatusBadRequest, m.choose(begun, "unheard_of").Code)
	assert.Equal(t, http.StatusBadRequest, m.do(http.MethodPost, begun.page+"&outcome=pass", nil).Code, "not from the query")
	assert.Equal(t, http.StatusBadRequest, m.do(http.MethodPost, "/faceid/lite/do?token=x", url.Values{"outcome": {"pass"}}).Code)
	assert.Equal(t, "NOT_STARTED", m.Sessions()[0].Status)
}

func TestMegviiGetReturnAddsBizIDToTheQuery(t *testing.T) {
	t.Parallel()
	for returnURL, want := range map[string]string{
		"http://localhost:8080/return":               "http://localhost:8080/return?biz_id=%s",
		"http://localhost:8080/return?a=1&b=%20":     "http://localhost:8080/return?a=1&b=%%20&biz_id=%s",
		"http://localhost:8080/return?a=1#/spa/page": "http://localhost:8080/return?a=1&biz_id=%s#/spa/page",
		"http://localhost:8080/#/spa/page":           "http://localhost:8080/?biz_id=%s#/spa/page",
	} {
		t.Run(returnURL, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			begun := m.begin("return_url", returnURL, "action_http_method", "GET")
			w := m.choose(begun, "pass")
			assert.Equal(t, http.StatusSeeOther, w.Code)
			assert.Equal(t, fmt.Sprintf(want, strings.ReplaceAll(begun.bizID, ",", "%2C")), w.Header().Get("Location"))
			assert.Empty(t, w.Body.String(), "neither data nor sign")
		})
	}
}

func TestMegviiPostReturnGoesToReturnURLByItselfOrByButton(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	body := m.choose(m.begin("return_url", "http://localhost:8080/r?a=1&b=2"), "pass").Body.String()
	assert.Contains(t, body, `<form method="post" action="http://localhost:8080/r?a=1&amp;b=2" id="return"`)
	assert.Contains(t, body, `.submit()</script>`)
	assert.Contains(t, body, `<button type="submit"`)
}

func TestMegviiPagesAreEscapedAndSelfContained(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	begun := m.begin("biz_extra_data", `"><script>alert(1)</script>`, "biz_no", `<i>"no`)
	for name, w := range map[string]interface {
		Header() http.Header
	}{
		"outcomes": m.do(http.MethodGet, begun.page, nil),
		"return":   m.choose(begun, "pass"),
		"used":     m.do(http.MethodGet, begun.page, nil),
		"index":    m.do(http.MethodGet, "/", nil),
	} {
		policy := w.Header().Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", name)
		assert.Regexp(t, `script-src 'nonce-[A-Z2-7]{26}'`, policy, name)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"), name)
		assert.Equal(t, "strict-origin", w.Header().Get("Referrer-Policy"), name)
	}
	returned := m.choose(begun, "pass").Body.String()
	assert.NotContains(t, returned, "<script>alert")
	index := m.do(http.MethodGet, "/", nil).Body.String()
	assert.Contains(t, index, "&lt;i&gt;&#34;no")
	assert.NotRegexp(t, regexp.MustCompile(`(src|href)="(http|//)`), returned+index)
}

func TestMegviiPageSpeaksTheLanguageAskedForThenTheBrowsers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ param, header, want string }{
		"nothing said":                    {"", "", "en"},
		"browser wants Chinese":           {"", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		"browser prefers English":         {"", "zh;q=0.3, en-GB;q=0.9", "en"},
		"browser wants neither":           {"", "fr", "en"},
		"browser refuses Chinese":         {"", "zh;q=0", "en"},
		"app asks for Chinese":            {"1", "en", "zh"},
		"app asks for English":            {"0", "zh", "en"},
		"app asks for one we do not have": {"3", "zh", "zh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			w := m.do(http.MethodGet, m.begin("language", test.param).page, nil, "Accept-Language", test.header)
			assert.Contains(t, w.Body.String(), `<html lang="`+test.want+`">`)
		})
	}
}

func TestMegviiPullBudget(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config sandbox.MegviiConfig
		polls  int // pulls before the end
		after  int // pulls after it that are answered
		status int
		gone   string
	}{
		"three calls in all":               {sandbox.MegviiConfig{}, 0, 3, 400, "RESULT_NOT_FOUND"},
		"early polls count":                {sandbox.MegviiConfig{}, 2, 1, 400, "RESULT_NOT_FOUND"},
		"early polls are free when told":   {sandbox.MegviiConfig{FreePolls: true}, 5, 3, 400, "RESULT_NOT_FOUND"},
		"another budget and another error": {sandbox.MegviiConfig{Calls: 1, GoneError: sandbox.MegviiRefusal{Status: 403, ErrorMessage: "DATA_DESTROYED"}}, 0, 1, 403, "DATA_DESTROYED"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, test.config)
			begun := m.begin()
			for range test.polls {
				require.Equal(t, 200, m.pull(begun).Code)
			}
			m.choose(begun, "pass")
			for range test.after {
				require.Equal(t, 200, m.pull(begun).Code)
			}
			for range 2 {
				w := m.pull(begun)
				assert.Equal(t, test.status, w.Code)
				assert.Equal(t, test.gone, megviiDecode(t, w.Body.String())["error_message"])
			}
			assert.Equal(t, test.polls+test.after+2, m.Sessions()[0].GetResult)
		})
	}
}

func TestMegviiResultIsKeptForTheRetention(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now})
	begun := m.begin()
	clock.Advance(30 * time.Minute)
	m.choose(begun, "pass")
	clock.Advance(24 * time.Hour)
	assert.Equal(t, http.StatusOK, m.pull(begun).Code)
	clock.Advance(time.Second)
	assert.Equal(t, http.StatusBadRequest, m.pull(begun).Code)
}

func TestMegviiUnfinishedCheckTimesOutAndIsNotified(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now, FlowTimeout: 5 * time.Minute})
	first := m.begin()
	clock.Advance(time.Minute)
	second := m.begin("biz_no", "second")
	clock.Advance(4 * time.Minute)
	sessions := m.Sessions()
	assert.Equal(t, "TIMEOUT", sessions[0].Status)
	assert.Equal(t, "NOT_STARTED", sessions[1].Status)
	m.Wait()
	require.Len(t, m.app.got(), 1)
	assert.Equal(t, "TIMEOUT", megviiVerified(t, m.app.got()[0])["status"])
	assert.Equal(t, "TIMEOUT", megviiDecode(t, m.pull(first).Body.String())["status"])
	m.choose(second, "pass")
	clock.Advance(time.Hour)
	assert.Equal(t, "OK", m.Sessions()[1].Status, "what has ended does not time out")
}

func TestMegviiPullIsRefusedAsDocumented(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set     []string
		status  int
		message string
	}{
		"no key":          {[]string{"api_key", ""}, 400, "MISSING_ARGUMENTS: api_key"},
		"no secret":       {[]string{"api_secret", ""}, 400, "MISSING_ARGUMENTS: api_secret"},
		"wrong secret":    {[]string{"api_secret", "x"}, 403, "AUTHENTICATION_ERROR"},
		"no biz_id":       {[]string{"biz_id", ""}, 400, "MISSING_ARGUMENTS: biz_id"},
		"unknown biz_id":  {[]string{"biz_id", "1,x"}, 400, "RESULT_NOT_FOUND"},
		"bad image":       {[]string{"return_image", "7"}, 400, "BAD_ARGUMENTS:return_image"},
		"bad verify time": {[]string{"return_verify_time", "2"}, 400, "BAD_ARGUMENTS:return_verify_time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			w := m.pull(m.begin(), test.set...)
			assert.Equal(t, test.status, w.Code)
			answer := megviiDecode(t, w.Body.String())
			assert.Equal(t, test.message, answer["error_message"])
			assert.Len(t, answer, 3, "error_message, request_id, time_used")
			assert.Zero(t, m.Sessions()[0].GetResult, "a refused call is not counted")
		})
	}
}

func TestMegviiPullGivesImagesOnDemand(t *testing.T) {
	t.Parallel()
	const photo = "data:image/jpeg;base64,"
	for wanted, images := range map[string]map[string]bool{ // name to whether there is a picture
		"":  nil,
		"0": nil,
		"1": {"image_best": true},
		"2": {"image_idcard_front": true},
		"3": {"image_idcard_back": false},
		"4": {"image_best": true, "image_idcard_front": true, "image_idcard_back": false},
	} {
		t.Run("return_image "+wanted, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			begun := m.begin("idcard_mode", "1")
			assert.NotContains(t, megviiDecode(t, m.pull(begun, "return_image", wanted).Body.String()), "images", "not before the end")
			m.choose(begun, "pass")
			answer := megviiDecode(t, m.pull(begun, "return_image", wanted).Body.String())
			got, _ := answer["images"].(map[string]any)
			require.Len(t, got, len(images))
			for name, taken := range images {
				uri, _ := got[name].(string)
				require.Equal(t, taken, strings.HasPrefix(uri, photo), name)
				if taken {
					raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, photo))
					require.NoError(t, err)
					_, err = jpeg.Decode(bytes.NewReader(raw))
					assert.NoError(t, err)
				}
			}
		})
	}
}

func TestMegviiPullCanAskForVerifyTime(t *testing.T) {
	t.Parallel()
	clock := newMegviiClock()
	m := newMegviiTest(t, sandbox.MegviiConfig{Now: clock.Now})
	begun := m.begin()
	m.choose(begun, "pass")
	answer := megviiDecode(t, m.pull(begun, "return_verify_time", "1").Body.String())
	assert.EqualValues(t, clock.Now().Unix(), megviiAt(answer, "verify_result.verify_time"))
}

func TestMegviiKeepsABoundedNumberOfSessions(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{MaxSessions: 2})
	first := m.begin("biz_no", "a")
	m.begin("biz_no", "b")
	m.begin("biz_no", "c")
	require.Len(t, m.Sessions(), 2)
	assert.Equal(t, "b", m.Sessions()[0].BizNo)
	assert.Equal(t, http.StatusBadRequest, m.pull(first).Code)
	assert.Equal(t, http.StatusBadRequest, m.choose(first, "pass").Code)
	m.begin("biz_no", "a")
}

func TestMegviiUnknownPathsAndMethodsAreRefused(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	w := m.do(http.MethodGet, "/faceid/lite/nothing", nil)
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, "API_NOT_FOUND", megviiDecode(t, w.Body.String())["error_message"])
	w = m.do(http.MethodGet, "/faceid/lite/get_token", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
	w = m.do(http.MethodPut, "/faceid/lite/do", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.ElementsMatch(t, []string{"GET", "POST"}, w.Header().Values("Allow"))
}

func TestMegviiIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			begun := m.begin("biz_no", fmt.Sprint("session-", i))
			m.do(http.MethodGet, begun.page, nil)
			for range 3 {
				all.Go(func() { m.choose(begun, "pass") })
				all.Go(func() { m.pull(begun) })
			}
			m.Sessions()
		})
	}
	all.Wait()
	m.Wait()
	assert.Len(t, m.app.got(), 20, "one notify per session")
}

func TestMegviiLogsAndSessionsHoldNoSecretTokenNameOrNumber(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	m := newMegviiTest(t, sandbox.MegviiConfig{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
	begun := m.begin("idcard_mode", "0", "idcard_name", "测试姓名", "idcard_number", "110101199003070011", "biz_extra_data", "extra-canary",
		"notify_url", "http://127.0.0.1:8080/notify?url-canary")
	m.choose(begun, "pass")
	m.Wait()
	m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm("return_url", "http://shop.example/return?url-canary"))
	all := logs.String() + m.do(http.MethodGet, "/control/sessions", nil).Body.String() +
		m.do(http.MethodGet, "/", nil).Body.String() + fmt.Sprintf("%+v %#v", m.Megvii, m.Megvii)
	for _, canary := range []string{
		sandbox.MegviiAPISecret, begun.answer["token"].(string), "测试姓名", "110101199003070011", "extra-canary", "url-canary",
	} {
		assert.False(t, strings.Contains(all, canary), canary)
	}
	assert.Contains(t, logs.String(), "AllowAnyHost")
}
