package baidu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// faultyStore fails its nth call, before it has an effect or after.
type faultyStore struct {
	store.Store
	calls, nth atomic.Int64
	late       bool
}

var errEngine = errors.New("engine down")

func (s *faultyStore) now() bool { return s.calls.Add(1) == s.nth.Load() }

func (s *faultyStore) Get(ctx context.Context, key string) (store.Record, error) {
	if s.now() {
		return store.Record{}, errEngine
	}
	return s.Store.Get(ctx, key)
}

func (s *faultyStore) Put(ctx context.Context, r store.Record) (int64, error) {
	fault := s.now()
	if fault && !s.late {
		return 0, errEngine
	}
	version, err := s.Store.Put(ctx, r)
	if fault {
		return 0, errEngine
	}
	return version, err
}

// fleetOver is n processes over that store.
func fleetOver(t testing.TB, d *double, tokens store.Store, n int) []*Client {
	clients := make([]*Client, n)
	for i := range clients {
		config := d.config()
		config.Tokens = tokens
		var err error
		clients[i], err = NewClient(config)
		require.NoError(t, err)
	}
	return clients
}

func TestAStoreThatFailsOnceNeitherStormsTheVendorNorStopsTheFleet(t *testing.T) {
	for _, late := range []bool{false, true} {
		for nth := range int64(14) {
			t.Run(fmt.Sprintf("call %d, after its effect: %t", nth+1, late), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDouble()
					d.says(endpointStat, goodStat)
					faulty := &faultyStore{Store: store.NewMemory(), late: late}
					clients := fleetOver(t, d, faulty, 3)
					storm := func() (failures int) {
						return together(90, func(i int) error {
							_, err := clients[i%3].ResultStat(t.Context(), asked())
							return err
						})
					}
					faulty.nth.Store(nth + 1)
					cold := storm()
					assert.LessOrEqual(t, d.count(endpointOAuth), 2, "cold start")
					assert.LessOrEqual(t, cold, 30, "one process may hear of the fault")
					assert.Zero(t, storm(), "the fault is over")

					d.refuse = func(token string) bool { return token != fmt.Sprintf("%s%d", tokenPrefix, d.count(endpointOAuth)) }
					before := d.count(endpointOAuth)
					faulty.nth.Store(faulty.calls.Load() + nth + 1)
					storm()
					assert.LessOrEqual(t, d.count(endpointOAuth)-before, 2, "revoked")
					d.refuse = func(string) bool { return false }
					assert.Zero(t, storm(), "and everybody works again")
				})
			})
		}
	}
}

func TestOAuthThatFailsForAnHourIsCalledOnceAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.says(endpointStat, goodStat)
		d.oauth = func(int) (int, string, bool) { return 503, "<html>busy</html>", true }
		c := d.client(t)
		last, longest := 0, 0
		for range 3600 {
			_, err := c.ResultStat(t.Context(), asked())
			require.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
			longest, last = max(longest, d.count(endpointOAuth)-last), d.count(endpointOAuth)
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, longest, 2, "a second try at the first failure only")
		assert.LessOrEqual(t, d.count(endpointOAuth), 110)
		assert.GreaterOrEqual(t, d.count(endpointOAuth), 40, "and it never gives up")

		d.oauth = nil
		time.Sleep(2 * longestPause)
		_, err := c.ResultStat(t.Context(), asked())
		assert.NoError(t, err, "it recovers by itself")
	})
}

func TestTokensOfASecondsLifeDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 1
		d.says(endpointStat, goodStat)
		c := d.client(t)
		for range 500 {
			_, err := c.ResultStat(t.Context(), asked())
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		stored, err := c.tokens.store.Get(t.Context(), c.tokens.key)
		require.NoError(t, err)
		assert.Less(t, len(stored.Value), 2<<10)
	})
}

func TestARefreshAheadIsNeverTheLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 3600
		counted := &faultyStore{Store: store.NewMemory()}
		clients := fleetOver(t, d, counted, 2)
		for _, c := range clients {
			_, err := c.tokens.current(t.Context())
			require.NoError(t, err)
		}
		time.Sleep(55 * time.Minute) // within the time to refresh
		release := make(chan struct{})
		d.oauthSays(func(int) (int, string, bool) { <-release; return 503, "", true })
		before := counted.calls.Load()
		for range 1000 { // one process fetches; the other one's callers look at the store meanwhile
			for _, c := range clients {
				_, err := c.tokens.current(t.Context())
				require.NoError(t, err)
			}
			synctest.Wait()
		}
		assert.LessOrEqual(t, counted.calls.Load()-before, int64(4), "callers do not hammer the store while another process fetches")
		close(release)
		synctest.Wait()
		d.oauthSays(nil)
		time.Sleep(2 * time.Second)
		for _, c := range clients {
			_, err := c.tokens.current(t.Context())
			require.NoError(t, err)
			synctest.Wait()
			time.Sleep(2 * time.Second)
		}
		token, err := clients[0].tokens.current(t.Context())
		require.NoError(t, err)
		assert.NotEqual(t, tokenPrefix+"1", token.token.Reveal(), "the next refresh ahead came")
	})
}

func TestForgettingAnOldTokenDoesNotLoseTheOneThatIsBeingFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		clients := fleet(t, d, 2)
		first, err := clients[0].tokens.current(t.Context())
		require.NoError(t, err)
		rotate(t, clients[0])
		second, err := clients[0].tokens.current(t.Context())
		require.NoError(t, err)

		release := make(chan struct{})
		d.oauth = func(int) (int, string, bool) { <-release; return 0, "", false }
		fetched := make(chan error, 1)
		go func() { _, err := clients[0].tokens.replace(t.Context(), second.generation); fetched <- err }()
		synctest.Wait()
		clients[1].tokens.forget(t.Context(), first.generation)
		began := time.Now()
		close(release)
		require.NoError(t, <-fetched)
		assert.Zero(t, time.Since(began), "nobody waits for a lease to run out")
		assert.Equal(t, 3, d.count(endpointOAuth))

		clients[1].tokens.forget(t.Context(), first.generation)
		_, known := clients[0].tokens.maker(t.Context(), second.generation)
		assert.False(t, known, "a refused token is not kept")
	})
}

func TestALeaseFromAClockThatIsAheadBindsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		claimed := (&tokenRecord{}).claimed(time.Now().Add(24*time.Hour), "")
		require.NoError(t, c.tokens.save(t.Context(), claimed))
		began := time.Now()
		_, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Zero(t, time.Since(began))
	})
}

func TestA110ForATokenThatSomebodyElseReplacedCostsNoFetch(t *testing.T) {
	for _, nearItsEnd := range []bool{false, true} {
		t.Run(fmt.Sprintf("the other token nears its end: %t", nearItsEnd), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDouble()
				d.life = 3600
				d.says(endpointStat, goodStat)
				clients := fleet(t, d, 2)
				for _, c := range clients {
					_, err := c.tokens.current(t.Context())
					require.NoError(t, err)
				}
				time.Sleep(time.Minute)
				rotate(t, clients[1])
				d.refuse = func(token string) bool { return token == tokenPrefix+"1" }
				if nearItsEnd {
					seen := clients[0].tokens.seen.Load()
					seen.current.refreshAt = time.Now().Add(2 * time.Hour) // this process looks nowhere by itself
					seen.current.expiresAt = time.Now().Add(3 * time.Hour)
					time.Sleep(55 * time.Minute)
				}
				_, err := clients[0].ResultStat(t.Context(), asked())
				require.NoError(t, err)
				assert.Equal(t, []string{tokenPrefix + "1", tokenPrefix + "2"}, d.used[endpointStat])
				assert.Equal(t, 2, d.count(endpointOAuth))
			})
		})
	}
}

func TestAnOldTokensTroubleIsNoReasonToAskTwice(t *testing.T) {
	d := newDouble()
	c := d.client(t)
	first, err := c.tokens.current(t.Context())
	require.NoError(t, err)
	rotate(t, c)
	d.says(endpointStat, sample(t, "06-gateway-18.json"))
	_, err = c.ResultStat(t.Context(), Query{VerifyToken: handlers.Hide(fakeVerify), Generation: first.generation})
	assert.Equal(t, handlers.CodeVendorThrottled, handlers.CodeOf(err))
	assert.Equal(t, []string{tokenPrefix + "1"}, d.used[endpointStat])
}

func TestARefusedTokenIsNotUsedAgainWhileOAuthIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		_, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		d.refuse = func(string) bool { return true }
		d.oauthSays(func(int) (int, string, bool) { return 503, "", true })
		for range 5 {
			_, err := c.ResultStat(t.Context(), asked())
			assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err))
		}
		assert.Equal(t, 1, d.count(endpointStat))
	})
}

func TestExpiresInOfAnySpellingGivesAToken(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1": time.Second, "0": unknownTokenLife, "-1": unknownTokenLife, "0.5": unknownTokenLife, `"abc"`: unknownTokenLife,
		"true": unknownTokenLife, "{}": unknownTokenLife, "2592000.0": longestTokenLife, "3.6e3": time.Hour, "1e300": longestTokenLife,
		"99999999999999999999999": longestTokenLife, "1e999": unknownTokenLife, `" 3600 "`: time.Hour,
	} {
		d := newDouble()
		d.oauth = func(int) (int, string, bool) {
			return 200, strings.Replace(`{"access_token":"24.FAKE","expires_in":?}`, "?", text, 1), true
		}
		got, err := d.client(t).fetchToken(t.Context())
		require.NoError(t, err, text)
		assert.Equal(t, want, got.life, text)
	}
}
