package redisstore

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
)

func TestWithAppendOnlyEveryAcknowledgedWriteSurvivesAKill(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s := open(t, connect(t, server.Address()))
	var kept []store.Record
	for i := range 50 {
		rec := record(fmt.Sprintf("key-%02d", i), "value")
		rec.Due = time.Unix(int64(i), 0)
		kept = append(kept, put(t, s, put(t, s, rec)))
	}
	deleted := put(t, s, record("deleted", "value"))
	require.NoError(t, s.Delete(t.Context(), "deleted", deleted.Version))
	server.Kill(t)
	server.Start(t)
	answers(t, s)

	var keys []string
	for _, rec := range kept {
		holds(t, s, rec)
		keys = append(keys, rec.Key)
	}
	assert.Equal(t, keys, due(t, s, 100))
	_, err := s.Get(t.Context(), "deleted")
	require.ErrorIs(t, err, store.ErrNotFound)
	again := put(t, s, record("deleted", "value"))
	assert.Greater(t, again.Version, deleted.Version)
}

func TestAServerThatComesBackEmptyGivesNoVersionTwice(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t) // nothing on disk
	s := open(t, connect(t, server.Address()))
	former := put(t, s, record("a", "before"))
	for range 20 {
		former = put(t, s, former)
	}
	server.Kill(t)
	server.Start(t)
	answers(t, s)

	_, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Put(t.Context(), former)
	require.ErrorIs(t, err, store.ErrConflict, "what was lost does not come back by a late write")
	now := put(t, s, record("a", "after"))
	assert.Greater(t, now.Version, former.Version)
	_, err = s.Put(t.Context(), former)
	require.ErrorIs(t, err, store.ErrConflict)
	require.ErrorIs(t, s.Delete(t.Context(), "a", former.Version), store.ErrConflict)
	holds(t, s, now)
}

func TestCase117AReplicaThatMissedWritesGivesNoneOfTheirVersions(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t, "--repl-diskless-sync-delay", "0")
	replica := testserver.StartRedis(t)
	onPrimary, onReplica := connect(t, primary.Address()), connect(t, replica.Address())
	follow(t, onReplica, primary.Address())
	before, after := openWith(t, onPrimary, Options{Prefix: "app"}), openWith(t, onReplica, Options{Prefix: "app"})

	rec := put(t, before, record("a", "replicated"))
	replicated(t, before, rec, onReplica)
	t.Run("case 120: a replica gives a stale record at worst and takes no write", func(t *testing.T) {
		holds(t, after, rec)
		_, err := after.Put(t.Context(), rec)
		require.ErrorContains(t, err, "READONLY")
		require.ErrorContains(t, after.Delete(t.Context(), "a", rec.Version), "READONLY")
	})
	require.NoError(t, onReplica.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err())
	lost := map[int64]bool{}
	late := rec
	for range 50 {
		late = put(t, before, late)
		lost[late.Version] = true
	}
	for range 50 {
		rec = put(t, after, rec)
		assert.False(t, lost[rec.Version], "a lost version came back")
	}
	_, err := after.Put(t.Context(), late)
	require.ErrorIs(t, err, store.ErrConflict, "who saw the lost write must read again")
}

// follow makes the client's server a replica and waits until it is one.
func follow(tb testing.TB, client *redis.Client, primary string) {
	tb.Helper()
	host, port, _ := strings.Cut(primary, ":")
	require.NoError(tb, client.Do(tb.Context(), "REPLICAOF", host, port).Err())
	require.Eventually(tb, func() bool {
		info, err := client.Info(tb.Context(), "replication").Result()
		return err == nil && strings.Contains(info, "master_link_status:up")
	}, patience, 10*time.Millisecond)
}

// replicated waits until the replica has a new record and so all that was written
// before.
func replicated(tb testing.TB, s *Store, rec store.Record, replica *redis.Client) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		return replica.Exists(tb.Context(), s.layout.of(rec.Key).records+rec.Key).Val() == 1
	}, patience, 10*time.Millisecond)
}

func TestBehindSentinelAFailoverNeedsNoRestart(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t, "--repl-diskless-sync-delay", "0")
	replica := testserver.StartRedis(t)
	onReplica := connect(t, replica.Address())
	follow(t, onReplica, primary.Address())
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		MasterName: "primary", Addrs: []string{testserver.StartRedisSentinel(t, primary)},
	})
	t.Cleanup(func() { _ = client.Close() })
	s := open(t, client)
	kept := put(t, s, record("kept", "value"))
	replicated(t, s, kept, onReplica)

	primary.Kill(t)
	var next store.Record
	require.Eventually(t, func() bool {
		version, err := s.Put(t.Context(), kept)
		if err != nil {
			require.NotErrorIs(t, err, store.ErrConflict)
			require.NotErrorIs(t, err, store.ErrNotFound)
			return false
		}
		next, next.Version = kept, version
		return true
	}, patience, 50*time.Millisecond)
	assert.Greater(t, next.Version, kept.Version)
	holds(t, s, next)
}

func TestVersionsGoOnWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	ahead := time.Now().Add(48 * time.Hour).UnixMicro() // given before the clock was set right
	require.NoError(t, client.Set(t.Context(), "{app:00}:version", strconv.FormatInt(ahead, 10), 0).Err())
	rec := put(t, s, record("a", "value"))
	assert.Equal(t, ahead+1, rec.Version)
	assert.Equal(t, ahead+2, put(t, s, rec).Version)
}

func TestVersionsFollowTheServersClock(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := open(t, client)
	before, err := client.Time(t.Context()).Result()
	require.NoError(t, err)
	rec := put(t, s, record("a", "value"))
	after, err := client.Time(t.Context()).Result()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, rec.Version, before.UnixMicro())
	assert.LessOrEqual(t, rec.Version, after.UnixMicro())
}
