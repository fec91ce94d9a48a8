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
)

// patience is how long a test waits for what must happen soon.
const patience = 20 * time.Second

// connect returns a client of one server with the client library's own settings.
func connect(tb testing.TB, address string) *redis.Client {
	tb.Helper()
	return connectWith(tb, &redis.Options{Addr: address})
}

func connectWith(tb testing.TB, opts *redis.Options) *redis.Client {
	tb.Helper()
	client := redis.NewClient(opts)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// dialer connects a client to an address.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// connectCluster returns a client of all nodes that would read from replicas if
// it were let. A nil dialer is the client's own.
func connectCluster(tb testing.TB, nodes []*testserver.Redis, dial dialer) *redis.ClusterClient {
	tb.Helper()
	opts := &redis.ClusterOptions{ReadOnly: true, Dialer: dial}
	for _, node := range nodes {
		opts.Addrs = append(opts.Addrs, node.Address())
	}
	client := redis.NewClusterClient(opts)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// open returns a store with a prefix that nobody else uses.
func open(tb testing.TB, client redis.UniversalClient) *Store {
	tb.Helper()
	return openWith(tb, client, Options{Prefix: rand.Text()})
}

// openWith returns a store whose calls have time enough for a busy machine.
func openWith(tb testing.TB, client redis.UniversalClient, opts Options) *Store {
	tb.Helper()
	if opts.Timeout == 0 {
		opts.Timeout = patience
	}
	s, err := New(client, opts)
	require.NoError(tb, err)
	return s
}

func put(tb testing.TB, s store.Store, rec store.Record) store.Record {
	tb.Helper()
	version, err := s.Put(tb.Context(), rec)
	require.NoError(tb, err)
	rec.Version = version
	return rec
}

func record(key, value string) store.Record {
	return store.Record{Key: key, Value: []byte(value), TTL: time.Hour}
}

// holds fails the test unless the store has the record as it was put.
func holds(tb testing.TB, s store.Store, want store.Record) {
	tb.Helper()
	got, err := s.Get(tb.Context(), want.Key)
	require.NoError(tb, err)
	require.Equal(tb, string(want.Value), string(got.Value))
	require.Equal(tb, want.Version, got.Version)
}

// due lists keys due at any time.
func due(tb testing.TB, s store.Store, limit int) []string {
	tb.Helper()
	keys, err := s.Due(tb.Context(), time.Unix(1<<40, 0), limit)
	require.NoError(tb, err)
	return keys
}

// returns fails the test unless call returns in time, and passes on its error.
func returns(tb testing.TB, call func() error) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- call() }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		require.FailNow(tb, "the call does not return")
		return nil
	}
}

// answers waits until the client has found a server that was started again. After
// many failed dials it tries only once a second.
func answers(tb testing.TB, s *Store) {
	tb.Helper()
	require.Eventually(tb, func() bool { return s.Check(tb.Context()) == nil }, patience, 20*time.Millisecond)
}
