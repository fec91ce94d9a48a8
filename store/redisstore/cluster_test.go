package redisstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
)

// TestACluster shares one cluster, because it takes seconds to make one.
func TestACluster(t *testing.T) {
	t.Parallel()
	nodes := testserver.StartRedisCluster(t, 3)
	client := connectCluster(t, nodes, nil)
	t.Run("keeps the contract", func(t *testing.T) { keepsTheContract(t, nodes) })
	t.Run("spreads the shards of one prefix over its nodes", func(t *testing.T) { spreadsShards(t, nodes, client) })
	t.Run("has all that a script touches in one slot", func(t *testing.T) { sharesSlots(t, client) })
	t.Run("loses nothing while a slot moves to another node", func(t *testing.T) {
		servesWhileASlotMoves(t, nodes, client)
	})
	t.Run("is diagnosed by all of its nodes", func(t *testing.T) { findsOnAnyNode(t, nodes, client) })
}

func spreadsShards(t *testing.T, nodes []*testserver.Redis, client redis.UniversalClient) {
	t.Helper()
	s := openWith(t, client, Options{Prefix: "spread"})
	for i := range 500 {
		put(t, s, record(fmt.Sprintf("session:%d", i), "value"))
	}
	for _, node := range nodes {
		names, err := connect(t, node.Address()).Keys(t.Context(), "{spread:*:version").Result()
		require.NoError(t, err)
		assert.Greater(t, len(names), DefaultShards/10)
	}
}

// sharesSlots asks the cluster for the slots of all names.
func sharesSlots(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	l := newLayout("app", DefaultShards)
	slots := map[int64]bool{}
	for _, key := range append(hostileKeys(), "plain") {
		at := l.of(key)
		slot, err := client.ClusterKeySlot(t.Context(), at.version).Result()
		require.NoError(t, err)
		slots[slot] = true
		for _, name := range []string{at.due, at.expiry, at.records + key} {
			same, err := client.ClusterKeySlot(t.Context(), name).Result()
			require.NoError(t, err)
			assert.Equal(t, slot, same, name)
		}
	}
	assert.Greater(t, len(slots), 5, "records are spread over slots")
}

// servesWhileASlotMoves puts without a pause and allows only failures that are
// neither answers nor losses.
func servesWhileASlotMoves(t *testing.T, nodes []*testserver.Redis, client redis.UniversalClient) {
	t.Helper()
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	var kept []store.Record
	for i := range 100 {
		rec := record(fmt.Sprintf("key-%03d", i), "value")
		rec.Due = time.Unix(int64(i), 0)
		kept = append(kept, put(t, s, rec))
	}
	moved := make(chan error, 1)
	go func() { moved <- moveSlot(t, nodes, "{app:00}:due") }()
	for i := 0; ; i = (i + 1) % len(kept) {
		if version, err := s.Put(t.Context(), kept[i]); err == nil {
			kept[i].Version = version
		} else {
			require.NotErrorIs(t, err, store.ErrNotFound)
			require.NotErrorIs(t, err, store.ErrConflict)
			showsNothing(t, err)
		}
		select {
		case err := <-moved:
			require.NoError(t, err)
			for _, rec := range kept {
				holds(t, s, rec)
			}
			assert.Len(t, due(t, s, 1000), len(kept))
			return
		default:
		}
	}
}

// moveSlot moves the slot of a key to another node, one key after the other, as
// redis-cli does when it reshards.
func moveSlot(t *testing.T, nodes []*testserver.Redis, key string) error {
	ctx := t.Context()
	clients, ids := make([]*redis.Client, len(nodes)), make([]string, len(nodes))
	from := -1
	for i, node := range nodes {
		clients[i] = connect(t, node.Address())
		id, err := clients[i].Do(ctx, "CLUSTER", "MYID").Text()
		if err != nil {
			return err
		}
		ids[i] = id
		if clients[i].Exists(ctx, key).Err() == nil {
			from = i // the others say MOVED
		}
	}
	to := (from + 1) % len(nodes)
	slot := clients[0].ClusterKeySlot(ctx, key).Val()
	set := func(node int, args ...any) error {
		return clients[node].Do(ctx, append([]any{"CLUSTER", "SETSLOT", slot}, args...)...).Err()
	}
	if err := errors.Join(set(to, "IMPORTING", ids[from]), set(from, "MIGRATING", ids[to])); err != nil {
		return err
	}
	host, port, _ := strings.Cut(nodes[to].Address(), ":")
	for {
		keys, err := clients[from].ClusterGetKeysInSlot(ctx, int(slot), 1).Result()
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		migrate := []any{"MIGRATE", host, port, "", 0, 5000, "KEYS"}
		for _, key := range keys {
			migrate = append(migrate, key)
		}
		if err := clients[from].Do(ctx, migrate...).Err(); err != nil {
			return err
		}
	}
	return errors.Join(set(to, "NODE", ids[to]), set(from, "NODE", ids[to]), set((from+2)%3, "NODE", ids[to]))
}
