package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCase2ForeignPagesAndStrangersBeginNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person("alice")
	for name, header := range map[string][2]string{
		"case 2: a page of another site": {"Sec-Fetch-Site", "cross-site"},
		"case 2: another origin":         {"Origin", "https://evil.example"},
		"case 1: a prefetch":             {"Sec-Purpose", "prefetch"},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodPost, s.app+"/face/start", strings.NewReader("vendor=megvii"))
			require.NoError(t, err)
			req.Header.Set("Content-Type", form)
			req.Header.Set(header[0], header[1])
			status := p.do(req).status
			assert.True(t, status == http.StatusForbidden || status == http.StatusMethodNotAllowed, "%d", status)
		})
	}
	t.Run("case 3: nobody is signed in", func(t *testing.T) {
		assert.Equal(t, http.StatusUnauthorized, s.visitor().post(s.app+"/face/start", url.Values{"vendor": {"megvii"}}).status)
	})
	assert.Empty(t, s.allAtVendor())
}

func TestCase6ADoubleClickBeginsOneSession(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person("alice")
	p.get(s.app + "/")
	var pages [2]string
	together(2, func(i int) { pages[i] = p.begin("post").page })
	assert.Equal(t, pages[0], pages[1])
	assert.Len(t, s.allAtVendor(), 1)

	c := (&check{person: p, page: pages[0]}).choose("pass")
	c.finish(c.comeBack())
	c.once()
	again := p.begin("post")
	assert.NotEqual(t, pages[0], again.page, "what has ended is not begun again")
}

func TestCase11AVendorThatOpensNoPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person("alice")
	for _, spoil := range []string{"error", "html", "truncated", "empty", "empty_token", "drop"} {
		t.Run(spoil, func(t *testing.T) {
			s.next(`{"token_answer":{"spoil":"` + spoil + `"}}`)
			said := p.post(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"post"}})
			assert.Equal(t, http.StatusBadGateway, said.status)
			assert.Empty(t, said.location())
			assert.Contains(t, said.header.Get("Content-Type"), "text/html")
			assert.Contains(t, s.log.String(), "facegate: start_failed")
		})
	}
	c := p.begin("post").choose("pass")
	c.finish(c.comeBack())
	assert.Equal(t, "passed", c.once().Verdict, "the next try works")
}

func TestCase13OnlyAPageOfThisSiteIsReturnedTo(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person("alice")
	for named, want := range map[string]string{
		"/account?tab=face": "/account?tab=face", "": "/",
		"//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/", "https:evil.example": "/", "https://evil.example/": "/",
		"/\t/evil.example": "/", "/%09/evil.example": "/", "javascript:alert(1)": "/", "data:text/html,x": "/",
		"https://localhost@evil.example/": "/", "/" + strings.Repeat("a", 8<<10): "/",
	} {
		t.Run(url.QueryEscape(named[:min(len(named), 40)]), func(t *testing.T) {
			begun := p.post(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"get"}, "return_to": {named}})
			require.Equal(t, http.StatusSeeOther, begun.status)
			c := (&check{person: p, page: begun.location()}).choose("pass")
			landed := c.get(c.app + find(t, c.comeBack().body, `id="to" href="([^"]*)"`))
			assert.Equal(t, http.StatusSeeOther, landed.status)
			assert.Equal(t, want, landed.location())
		})
	}
}
