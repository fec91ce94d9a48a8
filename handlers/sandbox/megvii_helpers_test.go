package sandbox_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// megviiApp is the app that a sandbox under test calls: it takes the notifies in
// memory and answers them.
type megviiApp struct {
	answer func(n int) int // the status for the n-th notify, counted from 1

	mu       sync.Mutex
	notifies []url.Values
}

func (a *megviiApp) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.notifies = append(a.notifies, form)
	n := len(a.notifies)
	a.mu.Unlock()
	status := http.StatusOK
	if a.answer != nil {
		status = a.answer(n)
	}
	return &http.Response{
		StatusCode: status, Body: http.NoBody, Request: r,
		Header: http.Header{"Location": {"http://127.0.0.1/elsewhere"}},
	}, nil
}

func (a *megviiApp) got() []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]url.Values(nil), a.notifies...)
}

// megviiTest drives a sandbox without a network.
type megviiTest struct {
	*sandbox.Megvii
	t   *testing.T
	app *megviiApp
}

func newMegviiTest(t *testing.T, config sandbox.MegviiConfig) megviiTest {
	app := &megviiApp{}
	config.HTTPClient = &http.Client{Transport: app}
	m := sandbox.NewMegvii(config)
	t.Cleanup(m.Close)
	return megviiTest{m, t, app}
}

func (m megviiTest) do(method, target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w
}

// megviiForm is a get_token form with some parameters set or, by "", taken away.
func megviiForm(set ...string) url.Values {
	form := url.Values{
		"api_key": {sandbox.MegviiAPIKey}, "api_secret": {sandbox.MegviiAPISecret},
		"return_url": {"http://localhost:8080/face/return"}, "notify_url": {"http://127.0.0.1:8080/face/notify"},
		"biz_no": {"session-0001"}, "comparison_type": {"1"}, "idcard_mode": {"3"}, "procedure_type": {"will"},
	}
	for i := 0; i < len(set); i += 2 {
		form.Set(set[i], set[i+1])
		if set[i+1] == "" {
			form.Del(set[i])
		}
	}
	return form
}

// begun is a session and where its page is.
type megviiBegun struct {
	page, bizID string
	answer      map[string]any
}

func (m megviiTest) begin(set ...string) megviiBegun {
	m.t.Helper()
	w := m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm(set...))
	require.Equal(m.t, http.StatusOK, w.Code, w.Body.String())
	answer := megviiDecode(m.t, w.Body.String())
	return megviiBegun{
		page:  "/faceid/lite/do?token=" + answer["token"].(string),
		bizID: answer["biz_id"].(string), answer: answer,
	}
}

func (m megviiTest) choose(begun megviiBegun, outcome string) *httptest.ResponseRecorder {
	return m.do(http.MethodPost, begun.page, url.Values{"outcome": {outcome}})
}

func (m megviiTest) pull(begun megviiBegun, set ...string) *httptest.ResponseRecorder {
	query := url.Values{
		"api_key": {sandbox.MegviiAPIKey}, "api_secret": {sandbox.MegviiAPISecret}, "biz_id": {begun.bizID},
	}
	for i := 0; i < len(set); i += 2 {
		query.Set(set[i], set[i+1])
	}
	return m.do(http.MethodGet, "/faceid/lite/get_result?"+query.Encode(), nil)
}

func (m megviiTest) next(switches sandbox.MegviiSwitches) {
	m.t.Helper()
	require.NoError(m.t, m.Next(switches))
}

var megviiHidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// returned reads data and sign out of the self-submitting form.
func megviiReturned(t *testing.T, w *httptest.ResponseRecorder) url.Values {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code)
	form := url.Values{}
	for _, input := range megviiHidden.FindAllStringSubmatch(w.Body.String(), -1) {
		form.Add(input[1], html.UnescapeString(input[2]))
	}
	require.Len(t, form, 2, "the form has data and sign")
	return form
}

// verified checks a callback's signature by the vendor's formula and reads its data.
func megviiVerified(t *testing.T, form url.Values) map[string]any {
	t.Helper()
	sum := sha1.Sum([]byte(sandbox.MegviiAPISecret + form.Get("data")))
	require.Equal(t, hex.EncodeToString(sum[:]), form.Get("sign"))
	return megviiDecode(t, form.Get("data"))
}

func megviiDecode(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// at returns the value at a path of names joined by dots, nil when there is none.
func megviiAt(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// megviiClock is a clock that stands still.
type megviiClock struct {
	mu  sync.Mutex
	now time.Time
}

func newMegviiClock() *megviiClock {
	return &megviiClock{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
}

func (c *megviiClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *megviiClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
