package redisstore

import (
	"context"
	"crypto/rand"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/storetest"
)

// life is the TTL of records that a check outlives, on a machine that may be busy.
const life = 500 * time.Millisecond

// contract is a harness over whatever dial connects to, each store by a client of its
// own, as another process has it.
func contract(dial func(tb testing.TB) redis.UniversalClient) storetest.Harness {
	var prefix string // of the store that New returned last
	another := func(tb testing.TB) store.Store { return openWith(tb, dial(tb), Options{Prefix: prefix}) }
	return storetest.Harness{
		New: func(tb testing.TB) store.Store {
			prefix = rand.Text()
			return another(tb)
		},
		Another:  another,
		OwnClock: true,
		Life:     life,
	}
}

// losing loses the next answer that goes through any of the proxies.
func losing(proxies ...*testserver.Proxy) func(testing.TB) func() {
	lose := func(n int) {
		for _, proxy := range proxies {
			proxy.LoseAnswers(n)
		}
	}
	return func(testing.TB) func() {
		lose(1)
		return func() { lose(0) }
	}
}

func TestASingleServerKeepsTheContract(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	proxy := testserver.StartProxy(t, server.Address())
	h := contract(func(tb testing.TB) redis.UniversalClient { return connect(tb, proxy.Address()) })
	h.LoseAnswer = losing(proxy)
	h.Outage = func(testing.TB) func() {
		server.Kill(t)
		return func() { server.Start(t) } // until the end of the whole test
	}
	storetest.Run(t, h)
}

func TestASealedStoreInRedisByAClientThatRepeatsNothingKeepsTheContract(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t)
	proxy := testserver.StartProxy(t, server.Address())
	key, err := store.RandomKey("test")
	require.NoError(t, err)
	h := contract(func(tb testing.TB) redis.UniversalClient {
		return connectWith(tb, &redis.Options{Addr: proxy.Address(), MaxRetries: -1})
	})
	sealed := func(open func(testing.TB) store.Store) func(testing.TB) store.Store {
		return func(tb testing.TB) store.Store {
			s, err := store.Seal(open(tb), key)
			require.NoError(tb, err)
			return s
		}
	}
	h.New, h.Another, h.LoseAnswer = sealed(h.New), sealed(h.Another), losing(proxy)
	h.Outage = func(testing.TB) func() {
		server.Pause(t)
		return func() { server.Resume(t) }
	}
	storetest.Run(t, h)
}

// keepsTheContract reaches every node through a proxy.
func keepsTheContract(t *testing.T, nodes []*testserver.Redis) {
	t.Helper()
	var proxies []*testserver.Proxy
	through := map[string]string{}
	for _, node := range nodes {
		proxy := testserver.StartProxy(t, node.Address())
		proxies = append(proxies, proxy)
		through[node.Address()] = proxy.Address()
	}
	h := contract(func(tb testing.TB) redis.UniversalClient {
		return connectCluster(tb, nodes, func(ctx context.Context, network, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, through[address])
		})
	})
	h.LoseAnswer = losing(proxies...)
	h.Outage = func(testing.TB) func() {
		for _, node := range nodes {
			node.Pause(t)
		}
		return func() {
			for _, node := range nodes {
				node.Resume(t)
			}
		}
	}
	storetest.Run(t, h)
}
