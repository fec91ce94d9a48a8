package redisstore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
)

// hostileKeys are keys that try to be more than the end of a name.
func hostileKeys() []string {
	return []string{
		"{other:00}:due", "}:due", "{}", "{", "}", "{app:01}:record:a", ":due", "due", "version", "layout",
		"*", "?", "[a-z]", "a:record:b", `\r\nFLUSHALL\r\n`, `"];redis.call('FLUSHALL')--`, "KEYS[1]", "$6", "-inf", "(1", "nil",
	}
}

func TestAKeyOnlyEverEndsTheNameOfItsRecord(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 2})
	bystander := openWith(t, client, Options{Prefix: "other", Shards: 2})
	kept := put(t, bystander, record("a", "of another app"))

	var want []string
	for i, key := range hostileKeys() {
		rec := record(key, "value of "+key)
		rec.Due = time.Unix(int64(i), 0)
		put(t, s, rec)
		want = append(want, s.layout.of(key).records+key)
	}
	for _, key := range hostileKeys() {
		rec, err := s.Get(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, "value of "+key, string(rec.Value))
	}
	assert.Equal(t, hostileKeys(), due(t, s, 100))
	holds(t, bystander, kept)

	names, err := client.Keys(t.Context(), "{app*").Result()
	require.NoError(t, err)
	want = append(want, "{app}:layout")
	for _, tag := range []string{"{app:00}", "{app:01}"} {
		want = append(want, tag+":due", tag+":expiry", tag+":version")
	}
	assert.ElementsMatch(t, want, names)
}

func TestCase155NothingOutlivesItsRecordButTheCounters(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	for i := range 10 {
		rec := record(fmt.Sprint("key-", i), "value")
		rec.Due = time.Unix(1, 0)
		rec = put(t, s, rec)
		require.NoError(t, s.Delete(t.Context(), rec.Key, rec.Version))
	}
	dueNoMore := record("due-no-more", "value")
	dueNoMore.Due = time.Unix(1, 0)
	dueNoMore = put(t, s, dueNoMore)
	dueNoMore.Due = time.Time{}
	put(t, s, dueNoMore)
	names, err := client.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"{app}:layout", "{app:00}:version", "{app:00}:record:due-no-more"}, names)
}

func TestCase163PrefixesKeepAppsApart(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	one := openWith(t, client, Options{Prefix: "app", Shards: 1})
	rec := record("a", "value")
	rec.Due = time.Unix(1, 0)
	put(t, one, rec)
	for _, prefix := range []string{"app2", "ap", "App", "app.00", "app-00", "a"} {
		other := openWith(t, client, Options{Prefix: prefix, Shards: 1})
		_, err := other.Get(t.Context(), "a")
		require.ErrorIs(t, err, store.ErrNotFound, prefix)
		assert.Empty(t, due(t, other, 10), prefix)
	}
}

func TestTheShardOfAKeyIsPartOfTheFormat(t *testing.T) {
	t.Parallel()
	l := newLayout("app", DefaultShards)
	assert.Equal(t, "1:64", l.String())
	for key, records := range map[string]string{
		"session:1": "{app:56}:record:",
		"session:2": "{app:02}:record:",
		"a":         "{app:03}:record:",
	} {
		assert.Equal(t, records, l.of(key).records, key)
	}
	assert.Equal(t, "{app:1023}:due", newLayout("app", 1024).shards[1023].due)
}

func TestShardsShareTheLoad(t *testing.T) {
	t.Parallel()
	const keys = 64_000
	l := newLayout("app", DefaultShards)
	load := map[string]int{}
	for i := range keys {
		load[l.of(fmt.Sprintf("session:%d", i)).records]++
	}
	require.Len(t, load, DefaultShards)
	for _, n := range load {
		assert.InDelta(t, keys/DefaultShards, n, keys/DefaultShards/5)
	}
}

func TestAStoredRecordReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	rec := record("a", "two\nlines")
	rec.Due = time.UnixMilli(1_700_000_000_123)
	rec = put(t, s, rec)
	stored, err := client.Get(t.Context(), "{app:00}:record:a").Result()
	require.NoError(t, err)
	assert.Regexp(t, fmt.Sprintf(`^1 %d 1700000000123 [A-Z2-7]{26}\ntwo\nlines$`, rec.Version), stored)

	golden := "1 1795305600123456 - ABCDEFGHIJKLMNOPQRSTUVWXYZ\nvalue"
	require.NoError(t, client.Set(t.Context(), "{app:00}:record:golden", golden, time.Hour).Err())
	got, err := s.Get(t.Context(), "golden")
	require.NoError(t, err)
	assert.Equal(t, "value", string(got.Value))
	assert.EqualValues(t, 1795305600123456, got.Version)
	got.Value = []byte("next")
	put(t, s, got)
}

func TestAnotherNumberOfShardsIsRefused(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	first := openWith(t, client, Options{Prefix: "app", Shards: 8})
	kept := put(t, first, record("a", "value"))

	other := openWith(t, client, Options{Prefix: "app", Shards: 16})
	require.ErrorIs(t, other.Check(t.Context()), ErrLayout)
	_, err := other.Get(t.Context(), "a")
	require.ErrorIs(t, err, ErrLayout, "not absence")
	_, err = other.Put(t.Context(), record("b", "value"))
	require.ErrorIs(t, err, ErrLayout)
	require.ErrorIs(t, other.Delete(t.Context(), "a", kept.Version), ErrLayout)
	_, err = other.Due(t.Context(), time.Now(), 10)
	require.ErrorIs(t, err, ErrLayout)

	require.NoError(t, first.Check(t.Context()))
	holds(t, openWith(t, client, Options{Prefix: "app", Shards: 8}), kept)
}

func TestAFleetAtWorkStoresTheLayoutAnewAfterALoss(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 8})
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, client.FlushAll(t.Context()).Err())
	require.Empty(t, due(t, s, 10))
	newcomer := openWith(t, client, Options{Prefix: "app", Shards: 16})
	require.ErrorIs(t, newcomer.Check(t.Context()), ErrLayout)
	t.Run("and stops if somebody else was faster", func(t *testing.T) {
		require.NoError(t, client.Set(t.Context(), "{app}:layout", "1:16", 0).Err())
		_, err := s.Due(t.Context(), time.Now(), 10)
		require.ErrorIs(t, err, ErrLayout)
		_, err = s.Get(t.Context(), "a")
		require.ErrorIs(t, err, ErrLayout)
	})
}

func TestScriptsNameKeysTheWayHostedClustersDemand(t *testing.T) {
	t.Parallel()
	// Their proxies look for a literal KEYS[n] behind the command's name.
	keyless := []string{"'TIME'"}
	for name, source := range map[string]string{
		"get": getLua, "put": shardLua + putLua, "delete": shardLua + deleteLua, "due": shardLua + dueLua, "layout": layoutLua,
	} {
		calls := strings.Split(source, "redis.call(")[1:]
		require.NotEmpty(t, calls, name)
		for _, call := range calls {
			command, rest, _ := strings.Cut(call, ", ")
			if slices.ContainsFunc(keyless, func(c string) bool { return strings.HasPrefix(call, c) }) {
				continue
			}
			assert.True(t, strings.HasPrefix(rest, "KEYS["), "%s: %s", name, command)
		}
	}
}
