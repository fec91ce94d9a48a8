package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func TestExactlyOneEvent(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("a normal check, by POST and by GET, whoever is first", func(t *testing.T) {
		for _, method := range []string{"post", "get"} {
			c := s.person("normal " + method).begin(method).choose("pass")
			c.finish(c.comeBack())
			assert.Equal(t, "passed", c.once().Verdict)
		}
	})
	t.Run("case 93: 100 duplicates that the vendor sends all at once", func(t *testing.T) {
		s.next(`{"notify":100}`)
		c := s.person("duplicates").begin("post").choose("pass")
		require.Eventually(t, func() bool { return len(s.atVendor(c.session).Notifies) == 100 }, 30*time.Second, 20*time.Millisecond)
		for _, sent := range s.atVendor(c.session).Notifies {
			assert.Equal(t, http.StatusOK, sent.Status)
		}
		assert.Equal(t, "notify", c.once().Via)
	})
	t.Run("case 93: 100 replays of one captured pair, at once and again after delivery", func(t *testing.T) {
		s.next(`{"notify":0}`)
		c := s.person("replays").begin("post").choose("pass")
		for range 2 {
			together(100, func(int) {
				assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), c.pair).status)
			})
			assert.Equal(t, "notify", c.once().Via)
		}
	})
	t.Run("case 83: the return posted five times by reloads and tabs", func(t *testing.T) {
		s.next(`{"notify":0}`)
		c := s.person("reloads").begin("post").choose("pass")
		together(5, func(int) { assert.Equal(t, http.StatusOK, c.comeBack().status) })
		assert.Equal(t, "return", c.once().Via)
	})
	t.Run("the notify is lost, and the person comes back by POST", func(t *testing.T) {
		s.next(`{"notify":0}`)
		c := s.person("no notify").begin("post").choose("pass")
		c.finish(c.comeBack())
		assert.Equal(t, "return", c.once().Via)
		assert.Zero(t, s.atVendor(c.session).GetResult, "nobody had to ask")
	})
	t.Run("case 86: the return is lost, and the notify comes", func(t *testing.T) {
		s.next(`{"notify_when":"manual"}`)
		c := s.person("no return").begin("post").choose("pass")
		assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), c.pair).status)
		assert.Equal(t, "notify", c.once().Via)
	})
	t.Run("case 84: the return has a bad signature, and the notify comes later", func(t *testing.T) {
		s.next(`{"bad_sign":"return","notify_when":"manual"}`)
		c := s.person("spoilt return").begin("post").choose("pass")
		assert.Equal(t, http.StatusUnauthorized, c.comeBack().status)
		c.untouched()
		s.control("/control/notify", fmt.Sprintf(`{"biz_no":%q}`, c.session))
		assert.Equal(t, "notify", c.once().Via)
	})
	t.Run("case 8: the answer to the start is lost on the way, and the notify comes", func(t *testing.T) {
		s.next(`{"token_answer":{"spoil":"drop"}}`)
		p := s.person("lost start")
		begun := p.post(s.app+"/face/start", url.Values{"vendor": {"megvii"}, "return": {"post"}})
		assert.Equal(t, http.StatusBadGateway, begun.status)
		all := s.allAtVendor()
		session := all[len(all)-1].BizNo
		s.control("/control/finish", fmt.Sprintf(`{"biz_no":%q,"outcome":"pass"}`, session))
		heard := s.subject("lost start", 1)
		assert.Equal(t, session, heard[0].Session, "found by our own id")
		assert.Equal(t, "notify", heard[0].Via)
		assert.Equal(t, "passed", heard[0].Verdict)
	})
}

func TestExactlyOneEventThoughNobodyBringsTheResult(t *testing.T) {
	t.Parallel()
	s := start(t, "-query-after", "300ms")
	t.Run("case 86: both are lost, and the kit asks", func(t *testing.T) {
		s.next(`{"notify":0,"return_lost":true}`)
		c := s.person("both lost").begin("post")
		c.chooseAndLose("pass")
		heard := s.subject("both lost", 1)[0]
		c.session = heard.Session
		assert.Equal(t, "query", c.once().Via)
		assert.Equal(t, "passed", heard.Verdict)
	})
	t.Run("case 87: both are lost, and the vendor is not ready when first asked", func(t *testing.T) {
		s.next(`{"notify":0,"return_lost":true,"processing":1}`)
		c := s.person("both late").begin("get")
		c.chooseAndLose("spoof_mask")
		heard := s.subject("both late", 1)[0]
		c.session = heard.Session
		assert.Equal(t, "query", c.once().Via)
		assert.Equal(t, "failed", heard.Verdict)
		assert.Equal(t, 2, s.atVendor(c.session).GetResult)
	})
}

// subject waits until the hook has run n times for somebody.
func (s *started) subject(name string, n int) (found []event) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		found = nil
		for _, e := range s.events() {
			if e.Subject == name {
				found = append(found, e)
			}
		}
		return len(found) >= n
	}, 30*time.Second, 10*time.Millisecond)
	require.Len(s.t, found, n)
	return found
}

// together runs task n times at once and waits.
func together(n int, task func(i int)) {
	var ready, running sync.WaitGroup
	ready.Add(n)
	for i := range n {
		running.Go(func() {
			ready.Done()
			ready.Wait()
			task(i)
		})
	}
	running.Wait()
}

func TestCase92NotifyAndReturnRace1000Times(t *testing.T) {
	t.Parallel()
	const people, rounds = 4, 250
	s := start(t)
	s.next(fmt.Sprintf(`{"sessions":%d,"notify_when":"manual"}`, people*rounds))
	checks := make(chan *check, people*rounds)
	together(people, func(i int) {
		vendor := s.visitor()
		for round := range rounds {
			c := s.person(fmt.Sprintf("racer %d of round %d", i, round)).begin("post").choose("pass")
			together(2, func(carrier int) {
				if carrier == 0 {
					assert.Equal(t, http.StatusOK, vendor.post(s.notifyURL(), c.pair).status)
				} else {
					assert.Equal(t, http.StatusOK, c.comeBack().status)
				}
			})
			checks <- c
		}
	})
	close(checks)
	for c := range checks {
		c.delivered()
	}
	heard := s.events()
	require.Len(t, heard, people*rounds)
	sessions := map[string]bool{}
	for _, e := range heard {
		sessions[e.Session] = true
		assert.Equal(t, "passed", e.Verdict)
		assert.Contains(t, []string{"notify", "return"}, e.Via)
		assert.Equal(t, 1, e.Revision)
		assert.Equal(t, 1, e.Attempt)
	}
	assert.Len(t, sessions, people*rounds)
}

func TestCase103WithHookFail3TheFourthAttemptDelivers(t *testing.T) {
	t.Parallel()
	s := start(t, "-hook-fail", "3")
	c := s.person("alice").begin("post").choose("pass")
	c.finish(c.comeBack())
	c.delivered()
	heard := s.eventsOf(c.session)
	require.Len(t, heard, 4)
	for i, e := range heard {
		assert.Equal(t, i+1, e.Attempt)
		assert.Equal(t, c.session+"-1", e.Key)
		assert.Equal(t, "passed", e.Verdict)
		assert.Equal(t, i == 3, e.OK)
	}
	assert.Contains(t, c.get(s.app+"/").body, `data-verified="true"`)
}

func TestARestartLosesNothingThatWasRecorded(t *testing.T) {
	t.Parallel()
	t.Run("case 107: what the old process could not deliver, the new one does, with the same key", func(t *testing.T) {
		kept, broken := store.NewMemory(), errors.New("the shop's database is down")
		var before atomic.Value
		first := assemble(t, setup{options: func(o *handlers.Options) {
			o.Store = kept
			o.OnResult = func(_ context.Context, r handlers.Result) error {
				before.Store(r)
				return broken
			}
		}})
		first.next(`{"notify_when":"manual"}`)
		c := first.person("alice").begin("post").choose("pass")
		assert.Equal(t, http.StatusOK, c.comeBack().status)
		require.Eventually(t, func() bool { return before.Load() != nil }, 30*time.Second, 5*time.Millisecond)
		first.stop()

		second := assemble(t, setup{options: func(o *handlers.Options) { o.Store = kept }})
		heard := second.subject("alice", 1)[0]
		assert.Equal(t, before.Load().(handlers.Result).Key, heard.Key)
		assert.Equal(t, "passed", heard.Verdict)
		assert.Equal(t, "return", heard.Via)
		assert.Greater(t, heard.Attempt, 1)
	})
	t.Run("case 114: what arrives while the old process stops is recorded, and the new one delivers it", func(t *testing.T) {
		kept := store.NewMemory()
		first := assemble(t, setup{options: func(o *handlers.Options) { o.Store = kept }})
		first.next(`{"notify_when":"manual"}`)
		c := first.person("alice").begin("post").choose("pass")
		first.stop()
		late := httptest.NewServer(first.handler)
		defer late.Close()
		assert.Equal(t, http.StatusOK, first.visitor().post(late.URL+"/face/notify", c.pair).status)
		known, err := first.kit.Lookup(t.Context(), c.session)
		require.NoError(t, err)
		assert.Equal(t, handlers.StateRecorded, known.State, "recorded, and left for the next process")

		second := assemble(t, setup{options: func(o *handlers.Options) { o.Store = kept }})
		heard := second.subject("alice", 1)[0]
		assert.Equal(t, c.session+"-1", heard.Key)
		assert.Equal(t, 1, heard.Attempt)
	})
	t.Run("case 86: a person who never came back is asked about by the new process", func(t *testing.T) {
		kept := store.NewMemory()
		first := assemble(t, setup{options: func(o *handlers.Options) { o.Store = kept }})
		first.next(`{"notify_when":"manual"}`)
		first.person("alice").begin("post").choose("cancel")
		first.stop()

		second := assemble(t, setup{
			options: func(o *handlers.Options) {
				o.Store = kept
				o.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
			},
			vendor: first,
		})
		heard := second.subject("alice", 1)[0]
		assert.Equal(t, "cancelled", heard.Verdict)
		assert.Equal(t, "query", heard.Via)
	})
}
