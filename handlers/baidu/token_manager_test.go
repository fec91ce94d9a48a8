package baidu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

const goodStat = `{"success":true,"result":{},"log_id":"1"}`

// fleet is n processes over one store that ask the double.
func fleet(t testing.TB, d *double, n int) []*Client {
	shared := store.NewMemory()
	clients := make([]*Client, n)
	for i := range clients {
		config := d.config()
		config.Tokens = shared
		var err error
		clients[i], err = NewClient(config)
		require.NoError(t, err)
	}
	return clients
}

// together runs work n times at once and returns how often it failed.
func together(n int, work func(i int) error) (failures int) {
	var wg sync.WaitGroup
	var failed atomic.Int64
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			if work(i) != nil {
				failed.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(failed.Load())
}

func TestCase17AThousandColdStartsFetchOneToken(t *testing.T) {
	for _, processes := range []int{1, 3} {
		t.Run(fmt.Sprintf("case 17: in %d processes", processes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDouble()
				d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
				clients := fleet(t, d, processes)
				failures := together(1000, func(i int) error {
					_, err := clients[i%processes].GenerateVerifyToken(t.Context(), GenerateRequest{})
					return err
				})
				assert.Zero(t, failures)
				assert.Equal(t, 1, d.count(endpointOAuth))
				assert.Equal(t, 1000, d.count(endpointGenerate))
			})
		})
	}
}

func TestCase126ARevokedTokenIsReplacedOnce(t *testing.T) {
	for _, processes := range []int{1, 3} {
		t.Run(fmt.Sprintf("case 126: 1000 calls see 110 in %d processes", processes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDouble()
				d.says(endpointStat, goodStat)
				clients := fleet(t, d, processes)
				for _, c := range clients {
					_, err := c.ResultStat(t.Context(), asked())
					require.NoError(t, err)
				}
				require.Equal(t, 1, d.count(endpointOAuth))
				before := d.count(endpointStat)

				// Every call is at the vendor with the old token before the first hears 110.
				var barrier sync.WaitGroup
				barrier.Add(1000)
				d.refuse = func(token string) bool {
					if token != tokenPrefix+"1" {
						return false
					}
					barrier.Done()
					barrier.Wait()
					return true
				}
				failures := together(1000, func(i int) error {
					_, err := clients[i%processes].ResultStat(t.Context(), asked())
					return err
				})
				assert.Zero(t, failures)
				assert.Equal(t, 2, d.count(endpointOAuth), "exactly one refresh")
				assert.Equal(t, 2000, d.count(endpointStat)-before, "each retried once")
				for _, c := range clients {
					token, err := c.tokens.current(t.Context())
					require.NoError(t, err)
					assert.Equal(t, tokenPrefix+"2", token.token.Reveal(), "the new token survives")
				}
			})
		})
	}
}

func TestALateRefusalOfAnOldTokenDoesNotThrowTheNewOneAway(t *testing.T) {
	d := newDouble()
	c := d.client(t)
	first, err := c.tokens.current(t.Context())
	require.NoError(t, err)
	second, err := c.tokens.replace(t.Context(), first.generation)
	require.NoError(t, err)
	again, err := c.tokens.replace(t.Context(), first.generation)
	require.NoError(t, err)
	assert.Equal(t, second.generation, again.generation)
	assert.Equal(t, 2, d.count(endpointOAuth))
}

func TestAVendorThatRefusesEveryFreshTokenIsNotLoopedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.refuse = func(string) bool { return true }
		c := d.client(t)
		for range 50 {
			_, err := c.ResultStat(t.Context(), asked())
			require.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
		}
		assert.LessOrEqual(t, d.count(endpointOAuth), 1+maxRefusals)
		time.Sleep(refusalWindow)
		d.refuse = func(token string) bool { return token == tokenPrefix+"6" }
		d.says(endpointStat, goodStat)
		_, err := c.ResultStat(t.Context(), asked())
		assert.NoError(t, err, "it recovers by itself")
	})
}

func TestTokensAreRefreshedAheadWhileTheOldOneServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		first, err := c.tokens.current(t.Context())
		require.NoError(t, err)

		time.Sleep(30*24*time.Hour - time.Hour) // the last hour of its life
		served, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, first.generation, served.generation, "nobody waits for the refresh")
		synctest.Wait()
		next, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, tokenPrefix+"2", next.token.Reveal())
		assert.Equal(t, 2, d.count(endpointOAuth))

		old, ok := c.tokens.maker(t.Context(), first.generation)
		require.True(t, ok, "the old one is kept for the checks that it opened")
		assert.Equal(t, first.token.Reveal(), old.token.Reveal())
	})
}

func TestRefreshAheadIsJittered(t *testing.T) {
	now := time.Now()
	seen := map[time.Time]bool{}
	for range 50 {
		g := newGeneration(grant{life: 30 * 24 * time.Hour}, now, 72*time.Hour)
		seen[g.refreshAt] = true
		assert.Less(t, g.refreshAt, g.expiresAt.Add(-48*time.Hour+time.Second))
		assert.Greater(t, g.refreshAt, g.expiresAt.Add(-97*time.Hour))
	}
	assert.Greater(t, len(seen), 40)
}

func TestAStaleTokenIsServedWhileTheRefreshFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 3600
		c := d.client(t)
		_, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		d.oauth = func(int) (int, string, bool) { return 503, "<html>busy</html>", true }
		time.Sleep(55 * time.Minute)
		for i := range 100 {
			token, err := c.tokens.current(t.Context())
			require.NoError(t, err)
			require.Equal(t, tokenPrefix+"1", token.token.Reveal())
			if i == 0 {
				time.Sleep(2 * firstWait) // the refresh tries twice and fails
			}
			synctest.Wait()
		}
		assert.Equal(t, 3, d.count(endpointOAuth), "a second try, then the back-off")
		time.Sleep(6 * time.Minute)
		_, err = c.tokens.current(t.Context())
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err), "past its end it is not served")
	})
}

func TestExpiresInIsHonouredAndClamped(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2592000": 30 * 24 * time.Hour, "86400": 24 * time.Hour, `"3600"`: time.Hour, "60": time.Minute,
		"0": 5 * time.Minute, "-5": 5 * time.Minute, "null": 5 * time.Minute, `""`: 5 * time.Minute,
		"9223372036854775807": 30 * 24 * time.Hour,
	} {
		t.Run(text, func(t *testing.T) {
			d := newDouble()
			d.oauth = func(int) (int, string, bool) {
				return 200, `{"access_token":"24.FAKE","expires_in":` + text + `}`, true
			}
			got, err := d.client(t).fetchToken(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, got.life)
		})
	}
}

func TestCase130AWrongKeyPairOpensTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.oauth = func(int) (int, string, bool) { return 401, sample(t, "03-oauth-bad-secret.json"), true }
		c := d.client(t)
		failures := together(1000, func(int) error {
			_, err := c.ResultStat(t.Context(), asked())
			return err
		})
		assert.Equal(t, 1000, failures)
		assert.Equal(t, 1, d.count(endpointOAuth))
		assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(c.Ready(t.Context())), "readiness goes red")
		time.Sleep(2 * time.Minute)
		require.Error(t, c.Ready(t.Context()))
		assert.Equal(t, 2, d.count(endpointOAuth), "one try a minute or so")

		d.oauth = nil
		time.Sleep(5 * time.Minute)
		assert.NoError(t, c.Ready(t.Context()), "mended in the console: it recovers by itself")
	})
}

func TestAnotherSecretOrHostDoesNotFindTheCachedToken(t *testing.T) {
	d := newDouble()
	a, b, host := d.config(), d.config(), d.config()
	b.Tokens, host.Tokens = a.Tokens, a.Tokens
	b.SecretKey = handlers.Hide("FAKEsecret0000CANARYsec2")
	host.BaseURL = "https://proxy.example"
	for _, config := range []Config{a, b, host} {
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Regexp(t, `^baidu/token/[0-9a-f]{32}$`, c.tokens.key)
	}
	assert.Equal(t, 3, d.count(endpointOAuth))
}

// downStore fails its calls while down.
type downStore struct {
	store.Store
	down     atomic.Bool
	writable bool // Put works all the same
}

func (s *downStore) Get(ctx context.Context, key string) (store.Record, error) {
	if s.down.Load() {
		return store.Record{}, errors.New("engine down")
	}
	return s.Store.Get(ctx, key)
}

func (s *downStore) Put(ctx context.Context, r store.Record) (int64, error) {
	if s.down.Load() && !s.writable {
		return 0, errors.New("engine down")
	}
	return s.Store.Put(ctx, r)
}

func TestAStoreThatIsDownIsNotReadAsAnEmptyCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 3600
		config := d.config()
		broken := &downStore{Store: store.NewMemory(), writable: true}
		broken.down.Store(true)
		config.Tokens = broken
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.tokens.current(t.Context())
		assert.Equal(t, handlers.CodeStoreUnavailable, handlers.CodeOf(err))
		assert.Zero(t, d.count(endpointOAuth))

		broken.down.Store(false)
		_, err = c.tokens.current(t.Context())
		require.NoError(t, err)
		broken.down.Store(true)
		time.Sleep(55 * time.Minute) // within the time to refresh
		token, err := c.tokens.current(t.Context())
		require.NoError(t, err, "a good token in memory serves on")
		assert.Equal(t, tokenPrefix+"1", token.token.Reveal())
		synctest.Wait()
		assert.Equal(t, 1, d.count(endpointOAuth))
	})
}

func TestACrashedLeaseholderIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		claimed := (&tokenRecord{}).claimed(time.Now().Add(c.tokens.lease), "")
		require.NoError(t, c.tokens.save(t.Context(), claimed))
		began := time.Now()
		_, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), c.tokens.lease)
		assert.Equal(t, 1, d.count(endpointOAuth))
	})
}

func TestACallerWhoGivesUpDoesNotSpoilTheFetchForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		release := make(chan struct{})
		d.oauth = func(int) (int, string, bool) { <-release; return 0, "", false }
		c := d.client(t)
		hasty, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() { _, err := c.tokens.current(hasty); gaveUp <- err }()
		synctest.Wait()
		patient := make(chan error, 1)
		go func() { _, err := c.tokens.current(t.Context()); patient <- err }()
		synctest.Wait()
		cancel()
		assert.Equal(t, handlers.CodeVendorNotSent, handlers.CodeOf(<-gaveUp))
		close(release)
		assert.NoError(t, <-patient)
		assert.Equal(t, 1, d.count(endpointOAuth))
	})
}

func TestCase131AVerifyTokenIsQueriedWithTheTokenThatMadeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		d.says(endpointDetail, sample(t, "41-detail-ok-no-ocr.constructed.json"))
		clients := fleet(t, d, 2)
		made, err := clients[0].GenerateVerifyToken(t.Context(), GenerateRequest{})
		require.NoError(t, err)
		_, err = clients[0].tokens.share(t.Context(), "") // nothing to do: still fresh
		require.NoError(t, err)
		rotate(t, clients[0])

		q := Query{VerifyToken: made.Token, Generation: made.Generation}
		detail, err := clients[1].ResultDetail(t.Context(), q)
		require.NoError(t, err)
		assert.True(t, detail.OwnToken)
		assert.Equal(t, []string{tokenPrefix + "1"}, d.used[endpointDetail], "case 131: in another process too")

		// The vendor refuses the verify_token under the first token: the current one is tried.
		d.answer[endpointDetail] = func(n int, _ []byte) any {
			if n == 2 {
				return sample(t, "44-token-invalid.constructed.json")
			}
			return sample(t, "41-detail-ok-no-ocr.constructed.json")
		}
		detail, err = clients[1].ResultDetail(t.Context(), q)
		require.NoError(t, err)
		assert.True(t, detail.Passed)
		assert.True(t, detail.OwnToken)
		assert.Equal(t, []string{tokenPrefix + "1", tokenPrefix + "2"}, d.used[endpointDetail][1:])

		// Case 131b: the first token is revoked.
		d.refuse = func(token string) bool { return token == tokenPrefix+"1" }
		d.says(endpointDetail, sample(t, "44-token-invalid.constructed.json"))
		for range 3 {
			detail, err = clients[1].ResultDetail(t.Context(), q)
			require.NoError(t, err)
			assert.False(t, detail.OwnToken, "case 131b")
		}
		assert.Equal(t, []string{tokenPrefix + "1", tokenPrefix + "2", tokenPrefix + "2", tokenPrefix + "2"},
			d.used[endpointDetail][3:], "a refused old token is forgotten, and the new one survives")
		assert.Equal(t, 2, d.count(endpointOAuth))
	})
}

// rotate makes the current token an older one.
func rotate(t testing.TB, c *Client) {
	record, err := c.tokens.load(t.Context())
	require.NoError(t, err)
	got, err := c.fetchToken(t.Context())
	require.NoError(t, err)
	next := record.rotated(newGeneration(got, time.Now(), c.tokens.keep), time.Now(), c.tokens.keep)
	require.NoError(t, c.tokens.save(t.Context(), next))
	c.tokens.adopt(next)
}

func TestOldTokensAreKeptThreeDaysPastTheirRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		first, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		rotate(t, c)
		time.Sleep(71 * time.Hour)
		rotate(t, c)
		_, ok := c.tokens.maker(t.Context(), first.generation)
		assert.True(t, ok)
		time.Sleep(2 * time.Hour)
		rotate(t, c)
		_, ok = c.tokens.maker(t.Context(), first.generation)
		assert.False(t, ok)
	})
}

func TestAStoredRecordThatIsNotOursIsLeftAlone(t *testing.T) {
	for name, value := range map[string]string{
		"another format": `{"v":2,"current":{"id":"x","token":"y"}}`, "no JSON": "sealed", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble()
			c := d.client(t)
			_, err := c.tokens.store.Put(t.Context(), store.Record{Key: c.tokens.key, Value: []byte(value), TTL: time.Hour})
			require.NoError(t, err)
			_, err = c.tokens.current(t.Context())
			assert.Equal(t, handlers.CodeStoreUnavailable, handlers.CodeOf(err))
			assert.ErrorIs(t, err, errTokenRecord)
			stored, err := c.tokens.store.Get(t.Context(), c.tokens.key)
			require.NoError(t, err)
			assert.Equal(t, value, string(stored.Value))
		})
	}
}

func FuzzDecodeTokens(f *testing.F) {
	f.Add([]byte(`{"v":1,"current":{"id":"a","token":"b","refresh_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-02T00:00:00Z"},"lease_until":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"v":1,"older":[{}]}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		record, err := decodeTokens(value, 1)
		if err != nil {
			return
		}
		again, err := record.encode()
		if err != nil {
			return // a year beyond 9999
		}
		if _, err := decodeTokens(again, 1); err != nil && !strings.Contains(err.Error(), "too") {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}
