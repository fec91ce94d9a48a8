package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOperator(t *testing.T) {
	t.Parallel()
	t.Run("GET /healthz says ok, and names every account", func(t *testing.T) {
		s := start(t)
		said := s.visitor().get(s.operator + "/healthz")
		assert.Equal(t, http.StatusOK, said.status)
		assert.Contains(t, said.body, `"status":"ok"`)
		for _, name := range []string{nameMegvii, nameBaidu, nameBaiduPhoto} {
			assert.Contains(t, said.body, `"`+name+`"`)
		}
	})
	t.Run("case 34: GET /doctor finds return and notify open, inside the shop's protection", func(t *testing.T) {
		s := start(t)
		said := s.visitor().get(s.operator + "/doctor")
		assert.Equal(t, http.StatusOK, said.status, said.body)
		for _, name := range []string{"notify", "return"} {
			assert.Regexp(t, `"name":"`+name+`"[^}]*"level":"ok"`, said.body)
		}
	})
	t.Run("nothing is dead at first", func(t *testing.T) {
		s := start(t)
		front := s.visitor().get(s.operator + "/")
		require.Equal(t, http.StatusSeeOther, front.status)
		assert.Contains(t, s.visitor().get(s.operator+front.location()).body, english.NoLetters)
		assert.Equal(t, http.StatusOK, s.visitor().get(s.operator+"/shop.css").status)
	})
	t.Run("none of it is where customers come, and no customer's page is there", func(t *testing.T) {
		s := start(t)
		for _, page := range []string{"/healthz", "/doctor", "/dead-letters", "/face/healthz", "/face/doctor"} {
			assert.Equal(t, http.StatusNotFound, s.visitor().get(s.app+page).status, page)
		}
		assert.Equal(t, http.StatusNotFound, s.visitor().post(s.app+"/replay", url.Values{"session": {"A"}}).status)
		assert.Equal(t, http.StatusNotFound, s.visitor().post(s.operator+"/face/start", url.Values{"vendor": {"megvii"}}).status)
	})
}

func TestCase110ADeadLetterIsSeenAndReplayedAtAnotherInstance(t *testing.T) {
	t.Parallel()
	vendor := start(t)
	shared := []string{"-vendor", vendor.vendor, "-store", "sqlite:" + filepath.Join(t.TempDir(), "shop.db"), "-max-deliveries", "2"}
	first := start(t, append(shared, "-hook-fail", "2")...)
	c := first.person("alice").begin("post").choose("pass")
	require.Equal(t, http.StatusOK, c.comeBack().status)
	require.Eventually(t, func() bool { state, _ := c.state(); return state == "dead" }, time.Minute, 20*time.Millisecond)
	first.stop()

	second := start(t, shared...)
	c.person = &person{second, c.client}
	operator := second.visitor()
	var page string
	require.Eventually(t, func() bool {
		page = operator.get(second.operator + "/dead-letters").body
		return strings.Contains(page, c.session)
	}, time.Minute, 50*time.Millisecond)
	assert.Contains(t, operator.get(second.operator+"/healthz").body, `"status":"degraded"`)
	assert.NotContains(t, c.home(second), "<li data-verdict=")

	replayed := operator.post(second.operator+"/replay", url.Values{"session": {hidden(t, page, "session")}})
	require.Equal(t, http.StatusSeeOther, replayed.status)
	c.verifiedAt(second)
	assert.Equal(t, c.session+"-1", second.subject("alice", 1)[0].Key)
	assert.NotContains(t, operator.get(second.operator+replayed.location()).body, c.session)

	t.Run("what was delivered is not delivered again", func(t *testing.T) {
		c.delivered()
		again := operator.post(second.operator+"/replay", url.Values{"session": {c.session}})
		assert.Equal(t, http.StatusConflict, again.status)
		assert.Len(t, second.eventsOf(c.session), 1)
	})
	t.Run("neither is a session that nobody knows, and nothing typed comes back", func(t *testing.T) {
		said := operator.post(second.operator+"/replay", url.Values{"session": {"<script>"}})
		assert.Equal(t, http.StatusConflict, said.status)
		assert.NotContains(t, said.body, "script")
	})
	t.Run("another site cannot replay", func(t *testing.T) {
		req, err := http.NewRequest(http.MethodPost, second.operator+"/replay", strings.NewReader("session="+c.session))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		assert.Equal(t, http.StatusForbidden, operator.do(req).status)
	})
}
