package baidu

import (
	"context"
	"errors"
	"fmt"
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
