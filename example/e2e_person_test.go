package main

import (
	"encoding/json"
	"html"
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

// person is someone with a browser: it keeps cookies and follows no redirect.
type person struct {
	*started
	client *http.Client
}

// visitor is somebody who is not signed in.
func (s *started) visitor() *person {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &person{s, &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// person signs somebody in.
func (s *started) person(user string) *person {
	s.t.Helper()
	p := s.visitor()
	signedIn := p.post(s.app+"/login", url.Values{"user": {user}})
	require.Equal(s.t, http.StatusSeeOther, signedIn.status)
	require.Equal(s.t, "/", signedIn.location())
	return p
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

func (p *person) post(to string, form url.Values) answer {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(req)
}

func (p *person) get(from string) answer {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, from, nil)
	require.NoError(p.t, err)
	return p.do(req)
}

func (p *person) do(req *http.Request) answer {
	p.t.Helper()
	said, err := p.client.Do(req)
	require.NoError(p.t, err)
	defer said.Body.Close()
	body, err := io.ReadAll(said.Body)
	require.NoError(p.t, err)
	return answer{said.StatusCode, said.Header, string(body)}
}

// check is one session that a person began.
type check struct {
	*person
	page    string // the vendor's, with a token
	session string // known after choose
	action  string // where the browser goes back to: the return URL, with biz_id if by GET
	pair    url.Values
}

// begin sends the start form; method is post or get.
func (p *person) begin(method string) *check {
	p.t.Helper()
	begun := p.post(p.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {method}})
	require.Equal(p.t, http.StatusSeeOther, begun.status)
	require.True(p.t, strings.HasPrefix(begun.location(), p.vendor+"/"), "the person is sent to the vendor")
	return &check{person: p, page: begun.location()}
}

// choose clicks a button of the vendor's page. It returns the check for chaining.
func (c *check) choose(outcome string) *check {
	c.t.Helper()
	said := c.post(c.page, url.Values{"outcome": {outcome}})
	if said.status == http.StatusSeeOther {
		c.action = said.location()
	} else {
		require.Equal(c.t, http.StatusOK, said.status)
		c.action = find(c.t, said.body, `<form method="post" action="([^"]*)"`)
		c.pair = url.Values{"data": {hidden(c.t, said.body, "data")}, "sign": {hidden(c.t, said.body, "sign")}}
	}
	to, err := url.Parse(c.action)
	require.NoError(c.t, err)
	c.session = to.Query().Get("session")
	require.NotEmpty(c.t, c.session)
	return c
}

// chooseAndLose is choose where the vendor's page does not lead back.
func (c *check) chooseAndLose(outcome string) {
	c.t.Helper()
	said := c.post(c.page, url.Values{"outcome": {outcome}})
	require.Equal(c.t, http.StatusOK, said.status)
	require.NotContains(c.t, said.body, `name="sign"`)
}

// comeBack goes where the vendor's page leads.
func (c *check) comeBack() answer {
	c.t.Helper()
	if c.pair == nil {
		return c.get(c.action)
	}
	return c.post(c.action, c.pair)
}

// finish follows the page that answers the return, as a browser does, and lands.
func (c *check) finish(back answer) {
	c.t.Helper()
	require.Equal(c.t, http.StatusOK, back.status)
	landed := c.get(c.app + find(c.t, back.body, `id="to" href="([^"]*)"`))
	require.Equal(c.t, http.StatusSeeOther, landed.status)
	require.Equal(c.t, "/", landed.location())
}

// notifyURL is where the vendor's server calls.
func (s *started) notifyURL() string { return s.app + "/face/notify?vendor=megvii" }

// state is what GET status says of the check to the person.
func (c *check) state() (state, verdict string) {
	c.t.Helper()
	said := c.get(c.app + "/face/status?session=" + c.session)
	require.Equal(c.t, http.StatusOK, said.status)
	var status struct{ State, Verdict string }
	require.NoError(c.t, json.Unmarshal([]byte(said.body), &status))
	return status.State, status.Verdict
}

// delivered waits until the hook has succeeded. After that nothing runs it again.
func (c *check) delivered() {
	c.t.Helper()
	done := func() bool {
		state, _ := c.state()
		return state == "delivered"
	}
	if !done() {
		require.Eventually(c.t, done, 30*time.Second, 5*time.Millisecond)
	}
}

// once waits for the delivery and returns the one run of the hook.
func (c *check) once() event {
	c.t.Helper()
	c.delivered()
	found := c.eventsOf(c.session)
	require.Len(c.t, found, 1)
	assert.True(c.t, found[0].OK)
	assert.Equal(c.t, 1, found[0].Attempt)
	assert.Equal(c.t, 1, found[0].Revision)
	return found[0]
}

// untouched asserts that nothing was recorded.
func (c *check) untouched() {
	c.t.Helper()
	state, verdict := c.state()
	assert.Equal(c.t, "started", state)
	assert.Equal(c.t, "pending", verdict)
	assert.Empty(c.t, c.eventsOf(c.session))
}

// find returns the first group of pattern in a page, as a browser reads it.
func find(t *testing.T, page, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	require.Len(t, found, 2, "no %s", pattern)
	return html.UnescapeString(found[1])
}

// hidden finds the value of a hidden input.
func hidden(t *testing.T, page, name string) string {
	t.Helper()
	return find(t, page, `name="`+name+`" value="([^"]*)"`)
}
