package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// started is the whole example, with its own ports, until the test ends.
type started struct {
	t           *testing.T
	app, vendor string
	client      *http.Client // keeps cookies, follows no redirect
}

func start(t *testing.T, flags ...string) *started {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "localhost:0", "-vendor-addr", "127.0.0.1:0"}, flags...), writer, io.Discard)
		writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	s := &started{t: t}
	lines := bufio.NewScanner(reader)
	for (s.app == "" || s.vendor == "") && lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "app":
			s.app = value
		case "vendor":
			s.vendor = value
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	s.client = &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// send posts a form, and returns status, Location and body.
func (s *started) send(to string, form url.Values) (status int, location, body string) {
	s.t.Helper()
	answer, err := s.client.PostForm(to, form)
	require.NoError(s.t, err)
	return s.read(answer)
}

func (s *started) get(from string) (status int, location, body string) {
	s.t.Helper()
	answer, err := s.client.Get(from)
	require.NoError(s.t, err)
	return s.read(answer)
}

func (s *started) read(answer *http.Response) (int, string, string) {
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	return answer.StatusCode, answer.Header.Get("Location"), string(body)
}

func (s *started) signIn(user string) {
	s.t.Helper()
	status, location, _ := s.send(s.app+"/login", url.Values{"user": {user}})
	require.Equal(s.t, http.StatusSeeOther, status)
	require.Equal(s.t, "/", location)
}

func (s *started) events() []map[string]any {
	s.t.Helper()
	_, _, body := s.get(s.app + "/events")
	var events []map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(body), &events))
	return events
}

// hidden finds the value of a hidden input.
func hidden(t *testing.T, page, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	require.Len(t, found, 2, "no input %q", name)
	return strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&amp;", "&", "&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(found[1])
}

// follow takes the page on the way back to where it leads, as a browser would.
func (s *started) follow(page string) {
	s.t.Helper()
	link := regexp.MustCompile(`id="to" href="([^"]*)"`).FindStringSubmatch(page)
	require.Len(s.t, link, 2)
	status, location, _ := s.get(s.app + strings.ReplaceAll(link[1], "&amp;", "&"))
	require.Equal(s.t, http.StatusSeeOther, status)
	require.Equal(s.t, "/", location)
}

func TestExample(t *testing.T) {
	t.Run("a program can drive it: sign in, start, choose, return by POST, land", func(t *testing.T) {
		s := start(t)
		s.signIn("alice")
		status, page, _ := s.send(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"post"}})
		require.Equal(t, http.StatusSeeOther, status)
		require.True(t, strings.HasPrefix(page, s.vendor))

		status, _, body := s.send(page, url.Values{"outcome": {"pass"}})
		require.Equal(t, http.StatusOK, status)
		action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(body)
		require.Len(t, action, 2)
		status, _, body = s.send(strings.ReplaceAll(action[1], "&amp;", "&"),
			url.Values{"data": {hidden(t, body, "data")}, "sign": {hidden(t, body, "sign")}})
		require.Equal(t, http.StatusOK, status)
		s.follow(body)

		_, _, home := s.get(s.app + "/")
		assert.Contains(t, home, "passed")
		assert.Contains(t, home, `data-verified="true"`)
		events := s.events()
		require.Len(t, events, 1)
		assert.Equal(t, "alice", events[0]["subject"])
		assert.Equal(t, "megvii", events[0]["vendor"])
		assert.Equal(t, "passed", events[0]["verdict"])
		assert.Equal(t, []any{}, events[0]["reasons"])
		assert.EqualValues(t, 1, events[0]["revision"])
		assert.EqualValues(t, 1, events[0]["attempt"])
		assert.Contains(t, []any{"return", "notify"}, events[0]["via"])
		for _, name := range []string{"key", "session"} {
			assert.NotEmpty(t, events[0][name])
		}
	})
	t.Run("by GET the vendor's page redirects, and the kit asks", func(t *testing.T) {
		s := start(t)
		s.signIn("bob")
		_, page, _ := s.send(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"get"}})
		status, back, _ := s.send(page, url.Values{"outcome": {"liveness_fail"}})
		require.Equal(t, http.StatusSeeOther, status)
		_, _, body := s.get(back)
		s.follow(body)
		events := s.events()
		require.Len(t, events, 1)
		assert.Equal(t, "failed", events[0]["verdict"])
		assert.Contains(t, events[0]["reasons"], "liveness_failed")
	})
	t.Run("Baidu needs name and number, and is only believed when asked", func(t *testing.T) {
		s := start(t)
		s.signIn("carol")
		status, page, _ := s.send(s.app+"/face/start", url.Values{"vendor": {"baidu"}, "name": {sampleName}, "id_number": {sampleIDNumber}})
		require.Equal(t, http.StatusSeeOther, status)
		_, back, _ := s.send(page, url.Values{"outcome": {"pass"}})
		_, _, body := s.get(back)
		s.follow(body)
		events := s.events()
		require.Len(t, events, 1)
		assert.Equal(t, "passed", events[0]["verdict"])
		assert.Equal(t, "query", events[0]["via"])
	})
	t.Run("case 16: a wrong ID number is refused, and nothing typed comes back", func(t *testing.T) {
		s := start(t)
		s.signIn("carol")
		status, _, body := s.send(s.app+"/face/start", url.Values{"vendor": {"baidu"}, "name": {sampleName}, "id_number": {"000000199001019999"}})
		assert.Equal(t, http.StatusUnprocessableEntity, status)
		assert.NotContains(t, body, "000000199001019999")
		assert.NotContains(t, body, sampleName)
	})
	t.Run("both fake vendors take their switches", func(t *testing.T) {
		s := start(t)
		for path, switches := range map[string]string{"/control/next": `{"notify":0}`, "/control/baidu/next": `{"return":"button"}`} {
			answer, err := http.Post(s.vendor+path, "application/json", strings.NewReader(switches))
			require.NoError(t, err)
			status, _, body := s.read(answer)
			assert.Less(t, status, 300, "%s: %s", path, body)
		}
	})
	t.Run("case 103: with -hook-fail 1 the second run delivers, with the same key", func(t *testing.T) {
		s := start(t, "-hook-fail", "1")
		s.signIn("dave")
		_, page, _ := s.send(s.app+"/face/start", url.Values{"vendor": {"megvii"}})
		_, _, _ = s.send(page, url.Values{"outcome": {"pass"}})
		require.Eventually(t, func() bool { return len(s.events()) == 2 }, 20*time.Second, 50*time.Millisecond)
		events := s.events()
		assert.Equal(t, events[0]["key"], events[1]["key"])
		assert.EqualValues(t, 2, events[1]["attempt"])
		assert.Equal(t, true, events[1]["ok"])
	})
}

func TestLogin(t *testing.T) {
	s := start(t)
	for user, want := range map[string]int{
		"alice": http.StatusSeeOther, "王小明": http.StatusSeeOther, "": http.StatusBadRequest, " alice": http.StatusBadRequest,
		"a\nb": http.StatusBadRequest, strings.Repeat("a", 65): http.StatusBadRequest, "\xff": http.StatusBadRequest,
	} {
		t.Run("the name "+url.QueryEscape(user)+" gets "+http.StatusText(want), func(t *testing.T) {
			status, _, _ := s.send(s.app+"/login", url.Values{"user": {user}})
			assert.Equal(t, want, status)
		})
	}
	t.Run("a cookie of one's own making signs nobody in", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodPost, s.app+"/face/start", strings.NewReader("vendor=megvii"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: loginCookie, Value: "YWxpY2U.YWxpY2U"})
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		assert.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	})
	t.Run("another site cannot sign a browser in", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodPost, s.app+"/login", strings.NewReader("user=mallory"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		assert.Equal(t, http.StatusForbidden, answer.StatusCode)
	})
}

func TestSettings(t *testing.T) {
	for name, args := range map[string][]string{
		"half a live account":          {"-megvii-key", "k"},
		"an unknown SameSite":          {"-login-samesite", "none"},
		"a negative time":              {"-query-after", "-1s"},
		"a time beyond the retention":  {"-query-after", "2h"},
		"a flag that does not exist":   {"-x"},
		"a live account on plain http": {"-addr", "localhost:0", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "http://shop.example/face"},
		"a port that Megvii refuses":   {"-addr", "localhost:0", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "https://shop.example:8443/face"},
	} {
		t.Run(name+" is refused at once", func(t *testing.T) {
			assert.Error(t, run(t.Context(), args, io.Discard, io.Discard))
		})
	}
	t.Run("a live account makes a shop without fakes", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var out strings.Builder
		stop()
		require.NoError(t, run(ctx, []string{
			"-addr", "localhost:0", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001",
			"-public-url", "https://shop.example/face",
		}, &out, io.Discard))
		assert.Contains(t, out.String(), "app http://localhost:")
		assert.Contains(t, out.String(), "vendor https://api.megvii.com\n")
		assert.NotContains(t, out.String(), "secret")
	})
}
