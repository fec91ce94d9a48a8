package baidu_test

import (
	"context"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// shop is an app that mounts the kit with this vendor, without a network: time in
// it is virtual.
type shop struct {
	t       *testing.T
	fake    *sandbox.Baidu
	kit     *handlers.Kit
	cookies []*http.Cookie
	line    *handlerstest.Transport // to the vendor's API
	subject string
	speaks  string       // the browser's language
	params  baidu.Params // of the next starts
	seen    func(*httptest.ResponseRecorder)

	mu    sync.Mutex
	tried map[string]int // calls of the vendor's API by path, spoilt ones included
	heard []handlers.Result
	at    []time.Duration // since the shop opened
	began time.Time
}

func newShop(t *testing.T, change ...func(*sandbox.BaiduConfig)) *shop {
	config := sandbox.BaiduConfig{AllowAnyHost: true, PlanIDs: []string{"1"}}
	for _, c := range change {
		c(&config)
	}
	return openShop(t, config, func(*handlers.Options) {})
}

func openShop(t *testing.T, config sandbox.BaiduConfig, change func(*handlers.Options)) *shop {
	s := &shop{
		t: t, subject: "someone", began: time.Now(), fake: sandbox.NewBaidu(config), tried: map[string]int{},
		params: baidu.Params{Name: handlers.Hide("测试甲"), IDNumber: handlers.Hide("000000190001010009")},
	}
	s.line = &handlerstest.Transport{Base: handlerstest.InProcess(s.fake)}
	memory := store.NewMemory()
	vendor, err := baidu.New(baidu.Config{
		APIKey: handlers.Hide(sandbox.BaiduAPIKey), SecretKey: handlers.Hide(sandbox.BaiduSecretKey), PlanID: "1",
		Tokens: memory, HTTPClient: &http.Client{Transport: s}, UseGetAll: true, RequireIDCard: true,
	})
	require.NoError(t, err)
	options := handlers.Options{
		Vendor: vendor, Store: memory, PublicURL: "https://shop.example/face", PollInterval: time.Minute,
		Identify: func(*http.Request) (string, error) { return s.subject, nil },
		Prepare: func(*http.Request) (handlers.StartParams, error) {
			return handlers.StartParams{Params: s.params}, nil
		},
		OnResult: func(_ context.Context, r handlers.Result) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.heard, s.at = append(s.heard, r), append(s.at, time.Since(s.began))
			return nil
		},
	}
	change(&options)
	s.kit, err = handlers.New(options)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.kit.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = s.kit.Shutdown(context.Background())
	})
	return s
}

// RoundTrip is one of the kit's calls of the vendor, on its way to the line.
func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.tried[strings.TrimPrefix(r.URL.Path, "/rpc/2.0/brain/solution/faceprint/")]++
	s.mu.Unlock()
	return s.line.RoundTrip(r)
}

// tries is how often an endpoint was called, or tried to be.
func (s *shop) tries(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried[endpoint]
}

// visit sends the browser to one of the kit's endpoints.
func (s *shop) visit(method, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Accept-Language", s.speaks)
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.kit.Handler().ServeHTTP(w, r)
	if s.seen != nil {
		s.seen(w)
	}
	s.cookies = append(s.cookies, w.Result().Cookies()...)
	return w
}

// check starts a check and chooses how it ends, a while later. It returns where
// the vendor sends the browser.
func (s *shop) check(outcome string, after time.Duration) string {
	w := s.visit(http.MethodPost, "https://shop.example/face/start")
	require.Equal(s.t, http.StatusSeeOther, w.Code, w.Body.String())
	time.Sleep(after)
	return s.act(w, outcome)
}

// act goes where a start led and chooses how the check ends.
func (s *shop) act(w *httptest.ResponseRecorder, outcome string) string {
	browser := http.Client{Transport: handlerstest.InProcess(s.fake), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.PostForm(w.Header().Get("Location"), url.Values{"outcome": {outcome}})
	require.NoError(s.t, err)
	return page.Header.Get("Location")
}

// asked is how often the vendor was asked how it ended.
func (s *shop) asked() int { return s.fake.Calls()[sandbox.BaiduDetail] }

// only returns the one result, and when it was heard.
func (s *shop) only() (handlers.Result, time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(s.t, s.heard, 1)
	return s.heard[0], s.at[0]
}

func TestCase86APersonWhoClosesTheTabIsReconciledInMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.check("pass", 2*time.Minute)
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		result, at := s.only()
		assert.Equal(t, handlers.Passed, result.Verdict)
		assert.Equal(t, handlers.CarrierQuery, result.Via)
		assert.Less(t, at, 12*time.Minute)
		assert.Equal(t, 1, s.asked())
	})
}

func TestWhoNeverFinishesCostsAHandfulOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.check("abandon", time.Minute)
		time.Sleep(96 * time.Hour)
		synctest.Wait()
		result, at := s.only()
		assert.Equal(t, handlers.Expired, result.Verdict)
		assert.Equal(t, []handlers.Reason{baidu.ReasonUnused}, result.Reasons)
		assert.Less(t, at, 3*time.Hour)
		assert.LessOrEqual(t, s.asked(), 4)
	})
}

func TestCase141AVendorThatIsDownForHalfADayLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.check("pass", time.Minute)
		s.line.Break(handlerstest.Fault{Kind: handlerstest.Unavailable, Calls: math.MaxInt})
		time.Sleep(12 * time.Hour)
		assert.LessOrEqual(t, s.line.Spoilt(), 24, "a handful of queries, of three tries each")
		s.line.Mend()
		time.Sleep(60 * time.Hour)
		synctest.Wait()
		result, _ := s.only()
		assert.Equal(t, handlers.Passed, result.Verdict)
	})
}

// sessionOf is the session that the vendor's return names.
func sessionOf(t *testing.T, back string) string {
	returned, err := url.Parse(back)
	require.NoError(t, err)
	return returned.Query().Get("session")
}

// finish is where the page behind the vendor's return moves on to.
func finish(t *testing.T, back string) string {
	return "https://shop.example/face/finish?session=" + sessionOf(t, back)
}

func TestCase76ReturnsAndReloadsCostAFewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{PendingQueries: 1000}))
		back := s.check("pass", time.Minute)
		mine := s.cookies
		for range 300 {
			s.cookies = nil // a stranger with the return's address
			s.visit(http.MethodGet, back)
			s.visit(http.MethodGet, strings.Replace(back, "o=s", "o=f&o=s&success=true", 1))
			s.visit(http.MethodGet, finish(t, back))
		}
		assert.Zero(t, s.asked(), "case 75: strangers cost nothing")
		s.cookies = mine
		for range 300 {
			s.visit(http.MethodGet, finish(t, back))
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, s.asked(), 4, "half of the budget is the reconciler's")
	})
}

func TestCase131bChecksUnderARevokedTokenEndInReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		const open = 500
		for i := range open {
			require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{TokenBound: true}))
			s.subject, s.cookies = fmt.Sprint("person ", i), nil
			s.check("pass", time.Second)
		}
		require.Empty(t, s.heard)
		require.Equal(t, 1, s.fake.RevokeAll())

		require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{TokenBound: true}))
		s.subject, s.cookies = "somebody new", nil
		back := s.check("pass", time.Second)
		require.Equal(t, http.StatusSeeOther, s.visit(http.MethodGet, finish(t, back)).Code, "a new start uses the new token at once")
		synctest.Wait()
		fresh, _ := s.only()
		assert.Equal(t, handlers.Passed, fresh.Verdict)

		time.Sleep(3 * time.Hour)
		synctest.Wait()
		require.Len(t, s.heard, open+1)
		for _, result := range s.heard[1:] {
			assert.Equal(t, handlers.Review, result.Verdict)
			assert.Equal(t, []handlers.Reason{baidu.ReasonTokenOrphaned}, result.Reasons)
		}
		assert.Equal(t, 2, s.fake.Calls()[sandbox.BaiduToken], "one refresh for all of them")
	})
}

func TestCase131AResultSurvivesTheRotationOfTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, func(c *sandbox.BaiduConfig) { c.TokenTTL = time.Hour })
		for len(s.heard) < 15 { // one a while, until the first token is over
			require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{TokenBound: true}))
			s.subject += "+1"
			s.check("pass", time.Minute)
			time.Sleep(10*time.Minute + 30*time.Second)
			synctest.Wait()
		}
		assert.GreaterOrEqual(t, s.fake.Calls()[sandbox.BaiduToken], 3)
		for _, result := range s.heard {
			assert.Equal(t, handlers.Passed, result.Verdict)
		}
	})
}

func TestCase87APersonWhoIsBackBeforeTheVendorIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{PendingQueries: 1}))
		back := s.check("pass", 2*time.Minute)
		require.Equal(t, http.StatusOK, s.visit(http.MethodGet, back).Code)
		page := s.visit(http.MethodGet, finish(t, back))
		require.Equal(t, http.StatusOK, page.Code)
		require.Contains(t, page.Body.String(), `id="wait"`)
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		result, at := s.only()
		assert.Equal(t, handlers.Passed, result.Verdict)
		assert.Less(t, at, 12*time.Minute, "it becomes final by itself")
		assert.LessOrEqual(t, s.asked(), 4)
	})
}

// waitAddress is where the waiting page asks, as long as the person waits.
func waitAddress(t *testing.T, page string) string {
	_, rest, found := strings.Cut(page, `data-status="`)
	require.True(t, found, page)
	address, _, _ := strings.Cut(rest, `"`)
	return "https://shop.example" + html.UnescapeString(address)
}

func TestCase87TheWaitingPageTurnsFinalLongBeforeTheSchedule(t *testing.T) {
	for name, pending := range map[string]int{"at the second question": 1, "at the third question": 2} {
		t.Run("case 87: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				require.NoError(t, s.fake.Next(sandbox.BaiduSwitches{PendingQueries: pending}))
				back := s.check("pass", 2*time.Minute)
				page := s.visit(http.MethodGet, finish(t, back))
				require.Equal(t, http.StatusOK, page.Code)
				ask, began := waitAddress(t, page.Body.String()), time.Now()
				for strings.Contains(s.visit(http.MethodGet, ask).Body.String(), `"verdict":"pending"`) {
					require.Less(t, time.Since(began), time.Minute, "the page gives up after a minute")
					time.Sleep(time.Second)
				}
				synctest.Wait()
				result, at := s.only()
				assert.Equal(t, handlers.Passed, result.Verdict)
				assert.Less(t, at, 4*time.Minute, "the schedule's first question comes after ten")
				assert.Equal(t, pending+1, s.asked())
				assert.Equal(t, http.StatusSeeOther, s.visit(http.MethodGet, finish(t, back)).Code)
			})
		})
	}
}

func TestCases73To77TheReturnOfABrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		back := s.check("pass", time.Minute)
		id := sessionOf(t, back)
		for name, query := range map[string]string{
			"two sessions": "session=" + id + "&session=" + id, "an array": "session[]=" + id, "no session": "o=s",
			"4 KB": "session=" + strings.Repeat("A", 4<<10), "a newline": "session=" + id + "%0a&o=s", "a bad escape": "session=%zz",
		} {
			for _, path := range []string{"return", "finish"} {
				refused := s.visit(http.MethodGet, "https://shop.example/face/"+path+"?"+query)
				assert.Equal(t, http.StatusBadRequest, refused.Code, "case 77: %s at %s", name, path)
				assert.NotContains(t, refused.Body.String(), id, "case 77: %s at %s", name, path)
			}
		}
		unknown := strings.Repeat("A", len(id))
		assert.Equal(t, http.StatusOK, s.visit(http.MethodGet, strings.ReplaceAll(back, id, unknown)).Code, "case 74")
		assert.Equal(t, http.StatusOK, s.visit(http.MethodGet, finish(t, strings.ReplaceAll(back, id, unknown))).Code, "case 74")
		assert.Zero(t, s.asked(), "cases 74 and 77: nothing of that costs a call")

		require.Equal(t, http.StatusOK, s.visit(http.MethodGet, back+"&token=x&success=false").Code)
		assert.Equal(t, http.StatusSeeOther, s.visit(http.MethodGet, finish(t, back)).Code, "case 73")
		synctest.Wait()
		result, _ := s.only()
		assert.Equal(t, handlers.Passed, result.Verdict)
		assert.Equal(t, handlers.CarrierQuery, result.Via)
		assert.Equal(t, 1, s.asked(), "case 73: one query")
	})
}

func TestCase16WhatAPersonGotWrongIsSaidInASentenceAndCostsNoCall(t *testing.T) {
	named := func(change func(*baidu.Params)) baidu.Params {
		p := baidu.Params{Name: handlers.Hide("测试甲"), IDNumber: handlers.Hide("000000190001010009")}
		change(&p)
		return p
	}
	tests := map[string]struct {
		params baidu.Params
		zh, en string
	}{
		"a wrong ID number": {named(func(p *baidu.Params) { p.IDNumber = handlers.Hide("000000190001010000") }),
			"证件号码有误，请检查。", "The ID number is not valid. Please check it."},
		"no name": {named(func(p *baidu.Params) { p.Name = handlers.Private{} }),
			"姓名格式有误，请检查。", "The name is not valid. Please check it."},
		"an unknown certificate type": {named(func(p *baidu.Params) { p.CertificateType = 6 }),
			"不支持该证件类型。", "This kind of ID document is not supported."},
		"a wrong image": {named(func(p *baidu.Params) { p.Image = handlers.HideBytes([]byte("GIF89a")) }),
			"照片无法使用，请换一张。", "This photo cannot be used. Please choose another one."},
	}
	for name, tt := range tests {
		t.Run("case 16: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				s.params = tt.params
				for language, sentence := range map[string]string{"zh-CN": tt.zh, "en": tt.en} {
					s.speaks = language
					refused := s.visit(http.MethodPost, "https://shop.example/face/start")
					assert.Equal(t, http.StatusUnprocessableEntity, refused.Code)
					assert.Contains(t, refused.Body.String(), sentence)
				}
				assert.Empty(t, s.fake.Calls(), "no call, not even for a token")
			})
		})
	}
}
