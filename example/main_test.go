package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExample(t *testing.T) {
	t.Run("it prints one line for the app, one for operators and one for the vendor", func(t *testing.T) {
		s := start(t)
		require.Len(t, s.lines, 3)
		assert.Regexp(t, `^app http://localhost:\d+$`, s.lines[0])
		assert.Regexp(t, `^operator http://127\.0\.0\.1:\d+$`, s.lines[1])
		assert.Regexp(t, `^vendor http://127\.0\.0\.1:\d+$`, s.lines[2])
	})
	t.Run("Baidu needs name and number, and is only believed when asked", func(t *testing.T) {
		s := start(t)
		p := s.person("carol")
		begun := p.post(s.app+"/face/start", url.Values{"vendor": {"baidu"}, "name": {sampleName}, "id_number": {sampleIDNumber}})
		require.Equal(t, http.StatusSeeOther, begun.status)
		chosen := p.post(begun.location(), url.Values{"outcome": {"pass"}})
		c := &check{person: p}
		c.finish(p.get(chosen.location()))
		events := s.events()
		require.Len(t, events, 1)
		assert.Equal(t, "passed", events[0].Verdict)
		assert.Equal(t, "query", events[0].Via)
	})
	t.Run("case 16: a wrong ID number is refused, and nothing typed comes back", func(t *testing.T) {
		s := start(t)
		said := s.person("carol").post(s.app+"/face/start",
			url.Values{"vendor": {"baidu"}, "name": {sampleName}, "id_number": {"000000199001019999"}})
		assert.Equal(t, http.StatusUnprocessableEntity, said.status)
		assert.NotContains(t, said.body, "000000199001019999")
		assert.NotContains(t, said.body, sampleName)
	})
	t.Run("a way back that does not exist is refused before the vendor is called", func(t *testing.T) {
		s := start(t)
		said := s.person("carol").post(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"put"}})
		assert.Equal(t, http.StatusUnprocessableEntity, said.status)
	})
	t.Run("both fake vendors take their switches", func(t *testing.T) {
		s := start(t)
		for path, switches := range map[string]string{"/control/next": `{"notify":0}`, "/control/baidu/next": `{"return":"button"}`} {
			answer, err := http.Post(s.vendor+path, "application/json", strings.NewReader(switches))
			require.NoError(t, err)
			answer.Body.Close()
			assert.Less(t, answer.StatusCode, 300, path)
		}
	})
}

func TestLogin(t *testing.T) {
	s := start(t)
	for user, want := range map[string]int{
		"alice": http.StatusSeeOther, "王小明": http.StatusSeeOther, "": http.StatusBadRequest, " alice": http.StatusBadRequest,
		"a\nb": http.StatusBadRequest, strings.Repeat("a", 65): http.StatusBadRequest, "\xff": http.StatusBadRequest,
	} {
		t.Run("the name "+url.QueryEscape(user)+" gets "+http.StatusText(want), func(t *testing.T) {
			assert.Equal(t, want, s.visitor().post(s.app+"/login", url.Values{"user": {user}}).status)
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
		"half a live account":         {"-megvii-key", "k"},
		"an unknown SameSite":         {"-login-samesite", "none"},
		"a negative time":             {"-query-after", "-1s"},
		"a time beyond the retention": {"-query-after", "2h"},
		"fewer than no failures":      {"-hook-fail", "-1"},
		"fewer than no late failures": {"-hook-fail-late", "-1"},
		"fewer than no deliveries":    {"-max-deliveries", "-1"},
		"vendors that are no address": {"-vendor", "127.0.0.1:8081"},
		"vendors of a live account": {
			"-vendor", "http://127.0.0.1:8081", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "https://shop.example/face",
		},
		"an address of operators that is none": {"-addr", "localhost:0", "-operator-addr", "nowhere"},
		"a flag that does not exist":           {"-x"},
		"a live account on plain http":         {"-addr", "localhost:0", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "http://shop.example/face"},
		"a port that Megvii refuses":           {"-addr", "localhost:0", "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "https://shop.example:8443/face"},
	} {
		t.Run(name+" is refused at once", func(t *testing.T) {
			assert.Error(t, run(t.Context(), args, io.Discard, io.Discard))
		})
	}
	t.Run("a live account makes a shop whose cookie is for https, and that has no fakes", func(t *testing.T) {
		s := start(t, "-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "https://shop.example/face")
		assert.Equal(t, "https://api.megvii.com", s.vendor)
		p := s.visitor()
		signedIn := p.post(s.app+"/login", url.Values{"user": {"alice"}})
		assert.Contains(t, signedIn.header.Get("Set-Cookie"), "; Secure")
		req, err := http.NewRequest(http.MethodGet, s.app+"/", nil)
		require.NoError(t, err)
		cookie, _, _ := strings.Cut(signedIn.header.Get("Set-Cookie"), ";")
		req.Header.Set("Cookie", cookie)
		home := p.do(req)
		assert.Contains(t, home.body, `id="megvii-post"`)
		assert.NotContains(t, home.body, `id="baidu"`)
	})
	t.Run("a live account prints where the vendor is, and no secret", func(t *testing.T) {
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
