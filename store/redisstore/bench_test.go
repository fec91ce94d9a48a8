package redisstore

import (
	"fmt"
	"testing"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/storetest"
)

// BenchmarkRedis compares shards and numbers of sessions on one server.
func BenchmarkRedis(b *testing.B) {
	client := connect(b, testserver.StartRedis(b).Address())
	for _, c := range []struct{ shards, sessions int }{{1, 1e3}, {64, 1e3}, {64, 2e4}} {
		b.Run(fmt.Sprintf("shards=%d/sessions=%d", c.shards, c.sessions), func(b *testing.B) {
			opts := Options{Prefix: fmt.Sprintf("bench-%d-%d", c.shards, c.sessions), Shards: c.shards}
			storetest.Bench(b, c.sessions, func(tb testing.TB) store.Store {
				client.FlushAll(tb.Context())
				return openWith(tb, client, opts)
			})
		})
	}
}

func BenchmarkCluster(b *testing.B) {
	client := connectCluster(b, testserver.StartRedisCluster(b, 3), nil)
	storetest.Bench(b, 1e3, func(tb testing.TB) store.Store { return open(tb, client) })
}
