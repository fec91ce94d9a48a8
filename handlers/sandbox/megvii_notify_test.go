package sandbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestMegviiSendsAsManyNotifiesAsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		notify *int
		want   int
	}{"by default one": {nil, 1}, "lost": {new(0), 0}, "once": {new(1), 1}, "a hundred": {new(100), 100}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(sandbox.MegviiSwitches{Notify: test.notify})
			m.choose(m.begin(), "pass")
			m.Wait()
			assert.Len(t, m.app.got(), test.want)
			assert.Len(t, m.Sessions()[0].Notifies, test.want)
			for _, form := range m.app.got() {
				assert.Len(t, form, 2, "data and sign")
				megviiVerified(t, form)
			}
		})
	}
}

func TestMegviiNotifyMoments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		switches sandbox.MegviiSwitches
		answered int           // notifies that were answered when the browser is
		after    time.Duration // when the notify is sent, counted from the choice
		later    int           // notifies in the end
	}{
		"at once":             {sandbox.MegviiSwitches{}, 0, 0, 1},
		"at once, delayed":    {sandbox.MegviiSwitches{NotifyDelay: time.Minute}, 0, time.Minute, 1},
		"early":               {sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiEarly}, 1, 0, 1},
		"early and twice":     {sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiEarly, Notify: new(2)}, 2, 0, 2},
		"late":                {sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiLate}, 0, 2 * time.Second, 1},
		"late by its own way": {sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiLate, NotifyDelay: time.Hour}, 0, time.Hour, 1},
		"manual":              {sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiManual}, 0, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMegviiTest(t, sandbox.MegviiConfig{})
				m.next(test.switches)
				begun := m.begin()
				start := time.Now()
				m.choose(begun, "pass")
				if test.answered > 0 || test.after > 0 {
					assert.Len(t, m.app.got(), test.answered)
				}
				m.Wait()
				assert.Equal(t, test.after, time.Since(start))
				assert.Len(t, m.app.got(), test.later)
			})
		})
	}
}

func TestMegviiRepeatsANotifyOnlyWhenTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		retries  int
		answer   func(n int) int
		statuses []int
		took     time.Duration
	}{
		"by default not":        {0, func(int) int { return 503 }, []int{503}, 0},
		"until it is taken":     {5, func(n int) int { return map[int]int{1: 500, 2: 401}[n] + 200*(n/3) }, []int{500, 401, 200}, 2 * time.Second},
		"no more often":         {2, func(int) int { return 500 }, []int{500, 500, 500}, 2 * time.Second},
		"redirect is not taken": {1, func(int) int { return 307 }, []int{307, 307}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMegviiTest(t, sandbox.MegviiConfig{})
				m.app.answer = test.answer
				m.next(sandbox.MegviiSwitches{NotifyRetries: test.retries})
				start := time.Now()
				m.choose(m.begin(), "pass")
				m.Wait()
				assert.Equal(t, test.took, time.Since(start))
				var statuses []int
				for _, sent := range m.Sessions()[0].Notifies {
					statuses = append(statuses, sent.Status)
				}
				assert.Equal(t, test.statuses, statuses)
			})
		})
	}
}

func TestMegviiNotifyAddressesThatTheVendorDoesNotCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url      string
		switches sandbox.MegviiSwitches
		refused  bool
		called   int
	}{
		"any port by default":       {"http://127.0.0.1:8080/n", sandbox.MegviiSwitches{}, false, 1},
		"call all the same":         {"http://127.0.0.1:8080/n", sandbox.MegviiSwitches{NotifyPorts: "call", NotifyHTTP: "call"}, false, 1},
		"port is skipped":           {"https://127.0.0.1:8443/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiSkip}, false, 0},
		"port is refused":           {"https://127.0.0.1:8443/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiRefuse}, true, 0},
		"port 80 by its absence":    {"http://127.0.0.1/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiSkip}, false, 0},
		"port 443 by its absence":   {"https://127.0.0.1/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiRefuse, NotifyHTTP: sandbox.MegviiRefuse}, false, 1},
		"a port of the list":        {"http://127.0.0.1:16003/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiRefuse}, false, 1},
		"http is skipped":           {"http://127.0.0.1:5000/n", sandbox.MegviiSwitches{NotifyHTTP: sandbox.MegviiSkip}, false, 0},
		"http is refused":           {"http://127.0.0.1:5000/n", sandbox.MegviiSwitches{NotifyHTTP: sandbox.MegviiRefuse}, true, 0},
		"the stricter of two rules": {"http://127.0.0.1:1/n", sandbox.MegviiSwitches{NotifyPorts: sandbox.MegviiRefuse, NotifyHTTP: sandbox.MegviiSkip}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMegviiTest(t, sandbox.MegviiConfig{})
			m.next(test.switches)
			w := m.do(http.MethodPost, "/faceid/lite/get_token", megviiForm("notify_url", test.url))
			if test.refused {
				assert.Equal(t, "BAD_ARGUMENTS:notify_url", megviiDecode(t, w.Body.String())["error_message"])
				assert.Empty(t, m.Sessions())
				return
			}
			require.NoError(t, m.Finish(t.Context(), "session-0001", "pass"))
			m.Wait()
			assert.Len(t, m.app.got(), test.called)
			assert.Equal(t, test.called == 0, m.Sessions()[0].Notifies[0].Error == "not_called")
		})
	}
}

func TestMegviiSendNotifyRepeatsWhatStands(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.next(sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiManual})
	begun := m.begin()
	send := func() map[string]any {
		sent, err := m.SendNotify(t.Context(), "session-0001")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, sent.Status)
		got := m.app.got()
		return megviiVerified(t, got[len(got)-1])
	}
	assert.Equal(t, "NOT_STARTED", send()["status"])
	m.do(http.MethodGet, begun.page, nil)
	assert.Equal(t, "PROCESSING", send()["status"])
	m.choose(begun, "pass")
	assert.Equal(t, send(), send())
	assert.Len(t, m.Sessions()[0].Notifies, 4)

	_, err := m.SendNotify(t.Context(), "unknown")
	assert.ErrorIs(t, err, sandbox.ErrMegviiSession)
	_, _, err = m.Callback("unknown")
	assert.ErrorIs(t, err, sandbox.ErrMegviiSession)
}

func TestMegviiFinishEndsASessionOnce(t *testing.T) {
	t.Parallel()
	m := newMegviiTest(t, sandbox.MegviiConfig{})
	m.begin()
	assert.ErrorIs(t, m.Finish(t.Context(), "unknown", "pass"), sandbox.ErrMegviiSession)
	assert.ErrorContains(t, m.Finish(t.Context(), "session-0001", "unheard_of"), "liveness_fail")
	assert.Error(t, m.Finish(t.Context(), "session-0001", ""))
	require.NoError(t, m.Finish(t.Context(), "session-0001", "pass"))
	assert.ErrorIs(t, m.Finish(t.Context(), "session-0001", "cancel"), sandbox.ErrMegviiSession)
	assert.Equal(t, "pass", m.Sessions()[0].Outcome)
}

// megviiSilent is an app that never answers.
type megviiSilent struct{}

func (megviiSilent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func TestMegviiGivesUpOnASilentApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := megviiTest{sandbox.NewMegvii(sandbox.MegviiConfig{HTTPClient: &http.Client{Transport: megviiSilent{}}}), t, nil}
		start := time.Now()
		m.choose(m.begin(), "pass")
		m.Wait()
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.Equal(t, "timeout", m.Sessions()[0].Notifies[0].Error)
		m.Close()
	})
}

func TestMegviiCloseBreaksOffNotifiesAndLeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // fails when a goroutine is left
		m := megviiTest{sandbox.NewMegvii(sandbox.MegviiConfig{HTTPClient: &http.Client{Transport: megviiSilent{}}}), t, nil}
		m.next(sandbox.MegviiSwitches{Notify: new(1000)})
		m.choose(m.begin("biz_no", "in flight"), "pass")
		m.next(sandbox.MegviiSwitches{NotifyWhen: sandbox.MegviiLate, NotifyDelay: time.Hour})
		m.choose(m.begin("biz_no", "waiting"), "pass")
		start := time.Now()
		synctest.Wait()
		m.Close()
		assert.Zero(t, time.Since(start))
		m.choose(m.begin("biz_no", "after"), "pass")
		m.Wait()
		sessions := m.Sessions()
		assert.Len(t, sessions[0].Notifies, 1000)
		assert.Equal(t, "broken_off", sessions[0].Notifies[0].Error)
		assert.Empty(t, sessions[1].Notifies)
		assert.Empty(t, sessions[2].Notifies)
		m.Close()
	})
}

func TestMegviiNotifyOverTheNetworkFollowsNoRedirectAndStaysHome(t *testing.T) {
	t.Parallel()
	hits := make(chan url.Values, 10)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
		hits <- r.PostForm
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer app.Close()
	m := megviiTest{sandbox.NewMegvii(sandbox.MegviiConfig{}), t, nil}
	defer m.Close()
	m.choose(m.begin("notify_url", app.URL), "pass")
	m.Wait()
	assert.Equal(t, http.StatusTemporaryRedirect, m.Sessions()[0].Notifies[0].Status)
	require.Len(t, hits, 1)
	megviiVerified(t, <-hits)

	app.Close()
	sent, err := m.SendNotify(t.Context(), "session-0001")
	require.NoError(t, err)
	assert.Equal(t, "no_answer", sent.Error)
}
