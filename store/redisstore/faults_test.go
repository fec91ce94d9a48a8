package redisstore

import (
	"context"
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

// methods calls every method of s under ctx.
func methods(s *Store) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Get": func(ctx context.Context) error { _, err := s.Get(ctx, "canary-key"); return err },
		"Put": func(ctx context.Context) error {
			_, err := s.Put(ctx, record("canary-key", "canary-value"))
			return err
		},
		"Delete": func(ctx context.Context) error { return s.Delete(ctx, "canary-key", 1) },
		"Due":    func(ctx context.Context) error { _, err := s.Due(ctx, time.Now(), 10); return err },
		"Check":  s.Check,
		"Diagnose": func(ctx context.Context) error {
			_, err := s.Diagnose(ctx)
			return err
		},
	}
}

// showsNothing fails the test if an error, or one that it wraps, shows a key or a
// value.
func showsNothing(tb testing.TB, err error) {
	tb.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			require.NotContains(tb, fmt.Sprintf(verb, err), "canary")
		}
	}
}

func TestCase119EveryCallOfAServerThatHangsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	proxy := testserver.StartProxy(t, testserver.StartRedis(t).Address())
	// A client that would wait for ever.
	client := connectWith(t, &redis.Options{Addr: proxy.Address(), ReadTimeout: -1, PoolSize: 100})
	s := openWith(t, client, Options{Prefix: "app"})
	impatient := openWith(t, client, Options{Prefix: "app", Timeout: 20 * time.Millisecond})
	kept := put(t, s, record("kept", "value"))
	proxy.Hold()
	for name, call := range methods(s) {
		t.Run("case 119: "+name+" by its deadline", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			err := returns(t, func() error { return call(ctx) })
			require.ErrorIs(t, err, context.DeadlineExceeded)
			showsNothing(t, err)
		})
		t.Run("case 119: "+name+" by its cancellation", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			err := returns(t, func() error { return call(ctx) })
			require.ErrorIs(t, err, context.Canceled)
		})
		t.Run("case 119: "+name+" by the store's own timeout", func(t *testing.T) {
			err := returns(t, func() error { return methods(impatient)[name](t.Context()) })
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	proxy.Release()
	holds(t, s, kept)
}

func TestTheCallersSliceIsFreeOnceAGivenUpPutReturns(t *testing.T) {
	t.Parallel()
	proxy := testserver.StartProxy(t, testserver.StartRedis(t).Address())
	s := open(t, connect(t, proxy.Address()))
	require.NoError(t, s.Check(t.Context()))
	proxy.Hold()
	rec := record("a", strings.Repeat("x", 8<<20)) // more than sockets buffer

	// Long enough for the client to be at work.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := s.Put(ctx, rec)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	copy(rec.Value, "mine again") // -race is the judge
}

func TestAPutWhoseAnswerIsLostAndThatTheClientRepeatsIsNoConflict(t *testing.T) {
	t.Parallel()
	proxy := testserver.StartProxy(t, testserver.StartRedis(t).Address())
	s := open(t, connect(t, proxy.Address())) // repeats up to three times
	rec := put(t, s, record("a", "first"))
	for round := range 3 {
		proxy.LoseAnswers(1)
		rec.Value = fmt.Appendf(nil, "round %d", round)
		rec = put(t, s, rec)
		holds(t, s, rec)
	}
	proxy.LoseAnswers(1)
	holds(t, s, put(t, s, record("new", "value")))
	proxy.LoseAnswers(1)
	require.NoError(t, s.Delete(t.Context(), "a", rec.Version))
	_, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestAPutWhoseAnswerIsLostForGoodIsNeitherConflictNorAbsence(t *testing.T) {
	t.Parallel()
	proxy := testserver.StartProxy(t, testserver.StartRedis(t).Address())
	s := open(t, connectWith(t, &redis.Options{Addr: proxy.Address(), MaxRetries: -1}))
	rec := put(t, s, record("canary-key", "canary-value"))
	next := rec
	next.Value = []byte("canary-value 2")

	proxy.LoseAnswers(1)
	_, err := s.Put(t.Context(), next)
	require.Error(t, err)
	require.NotErrorIs(t, err, store.ErrConflict)
	require.NotErrorIs(t, err, store.ErrNotFound)
	showsNothing(t, err)

	got, err := s.Get(t.Context(), "canary-key")
	require.NoError(t, err)
	assert.Equal(t, "canary-value 2", string(got.Value), "it happened")
	assert.NotEqual(t, rec.Version, got.Version)
	_, err = s.Put(t.Context(), next)
	require.ErrorIs(t, err, store.ErrConflict, "the caller's own repetition is a new call")
}

func TestAnAnswerOfAnotherCallIsNeverTaken(t *testing.T) {
	t.Parallel()
	proxy := testserver.StartProxy(t, testserver.StartRedis(t).Address())
	s := open(t, connectWith(t, &redis.Options{Addr: proxy.Address(), PoolSize: 1}))
	put(t, s, record("a", "value of a"))
	b := put(t, s, record("b", "value of b"))
	proxy.Hold()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Get(ctx, "a")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	proxy.Release()
	holds(t, s, b)
}

func TestCase115AServerThatIsDownIsAnOutageAndItsReturnNeedsNoRestart(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t, "--appendonly", "yes")
	s := open(t, connectWith(t, &redis.Options{Addr: server.Address(), PoolSize: 1, DialerRetries: 1}))
	kept := put(t, s, record("kept", "value"))
	server.Stop(t)
	for name, call := range methods(s) {
		err := returns(t, func() error { return call(t.Context()) })
		require.Error(t, err, name)
		require.NotErrorIs(t, err, store.ErrNotFound, name)
		require.NotErrorIs(t, err, store.ErrConflict, name)
		showsNothing(t, err)
	}
	server.Start(t)
	answers(t, s)
	holds(t, s, kept)
}

func TestAStoreMayBeOpenedWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	server := testserver.StartRedis(t)
	server.Stop(t)
	s := open(t, connect(t, server.Address()))
	require.Error(t, s.Check(t.Context()))
	server.Start(t)
	answers(t, s)
	holds(t, s, put(t, s, record("a", "value")))
}

func TestAFullServerRefusesPutWithoutATraceAndStillDeletes(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t, "--maxmemory-policy", "noeviction").Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	rec := record("canary-key", "canary-value")
	rec.Due = time.Unix(1, 0)
	rec = put(t, s, rec)
	before := dump(t, client)

	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	_, err := s.Put(t.Context(), rec)
	require.ErrorContains(t, err, "OOM")
	showsNothing(t, err)
	_, err = s.Put(t.Context(), record("canary-new", "canary-value"))
	require.ErrorContains(t, err, "OOM")
	assert.Equal(t, before, dump(t, client))
	holds(t, s, rec)
	assert.Equal(t, []string{"canary-key"}, due(t, s, 10))
	require.NoError(t, s.Delete(t.Context(), rec.Key, rec.Version))
	assert.Empty(t, due(t, s, 10))

	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	holds(t, s, put(t, s, record("canary-key", "again")))
}

// dump returns all that a server with a few keys has.
func dump(tb testing.TB, client *redis.Client) map[string]string {
	tb.Helper()
	names, err := client.Keys(tb.Context(), "*").Result()
	require.NoError(tb, err)
	all := map[string]string{}
	for _, name := range names {
		all[name], err = client.Dump(tb.Context(), name).Result()
		require.NoError(tb, err)
	}
	return all
}

func TestCase122WhatIsNotARecordIsReportedAndKept(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t).Address())
	s := openWith(t, client, Options{Prefix: "app", Shards: 1})
	for name, stored := range map[string]string{
		"text":                   "canary-value",
		"no value":               "1 5 - ABC",
		"a newer format":         "2 5 - ABC\ncanary-value",
		"a version that is none": "1 x - ABC\ncanary-value",
		"a head too short":       "1 5 ABC\ncanary-value",
	} {
		t.Run("case 122: "+name, func(t *testing.T) {
			key := "canary-" + strings.ReplaceAll(name, " ", "-")
			require.NoError(t, client.Set(t.Context(), "{app:00}:record:"+key, stored, time.Hour).Err())
			_, err := s.Get(t.Context(), key)
			require.ErrorIs(t, err, ErrUnreadable)
			for _, version := range []int64{0, 5} {
				rec := record(key, "new")
				rec.Version = version
				_, err = s.Put(t.Context(), rec)
				require.ErrorIs(t, err, ErrUnreadable)
				require.ErrorIs(t, s.Delete(t.Context(), key, version), ErrUnreadable)
			}
			kept, err := client.Get(t.Context(), "{app:00}:record:"+key).Result()
			require.NoError(t, err)
			assert.Equal(t, stored, kept)
		})
	}
	t.Run("case 122: a due moment that is none", func(t *testing.T) {
		require.NoError(t, client.Set(t.Context(), "{app:00}:record:due", "1 5 soon ABC\nvalue", time.Hour).Err())
		_, err := s.Get(t.Context(), "due")
		require.ErrorIs(t, err, ErrUnreadable)
	})
	t.Run("case 122: a record whose TTL was taken away", func(t *testing.T) {
		put(t, s, record("a", "value"))
		require.NoError(t, client.Persist(t.Context(), "{app:00}:record:a").Err())
		_, err := s.Get(t.Context(), "a")
		require.ErrorIs(t, err, ErrUnreadable)
	})
	t.Run("case 122: another type", func(t *testing.T) {
		require.NoError(t, client.HSet(t.Context(), "{app:00}:record:canary-hash", "canary", "x").Err())
		_, err := s.Get(t.Context(), "canary-hash")
		require.ErrorContains(t, err, "WRONGTYPE")
		showsNothing(t, err)
		_, err = s.Put(t.Context(), record("canary-hash", "canary"))
		require.ErrorContains(t, err, "WRONGTYPE")
		showsNothing(t, err)
	})
}

func TestAUserNeedsWhatTheDocumentationNames(t *testing.T) {
	t.Parallel()
	admin := connect(t, testserver.StartRedis(t).Address())
	allow := func(name string, rules ...any) *Store {
		args := append([]any{"ACL", "SETUSER", name, "reset", "on", ">secret"}, rules...)
		require.NoError(t, admin.Do(t.Context(), args...).Err())
		client := connectWith(t, &redis.Options{Addr: admin.Options().Addr, Username: name, Password: "secret"})
		return openWith(t, client, Options{Prefix: "app", Shards: 2})
	}
	var commands []any
	for command := range strings.FieldsSeq("eval evalsha time get set getrange exists del pttl pexpireat zadd zrem zrangebyscore info config|get") {
		commands = append(commands, "+"+command)
	}
	s := allow("documented", append(commands, "~{app:*", "~{app}*")...)
	rec := record("canary-key", "canary-value")
	rec.Due = time.Unix(1, 0)
	rec = put(t, s, rec)
	holds(t, s, rec)
	assert.Equal(t, []string{"canary-key"}, due(t, s, 1))
	assert.Equal(t, map[string]string{"appendonly": "no"}, found(t, s), "all is told")
	require.NoError(t, s.Delete(t.Context(), rec.Key, rec.Version))

	for name, rules := range map[string][]any{
		"no-keys":     append(commands, "~other"),
		"no-commands": {"+ping", "~*"},
		"no-inner":    {"+eval", "+evalsha", "~*"},
	} {
		for method, call := range methods(allow(name, rules...)) {
			err := call(t.Context())
			require.Error(t, err, "%s: %s", name, method)
			require.NotErrorIs(t, err, store.ErrNotFound)
			showsNothing(t, err)
		}
	}
}

// refusal is a server's error of any text.
type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) RedisError() {}

func TestFailuresOfAnyKindShowNoKeyAndNoValue(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"an error of the client":       errors.New("redis: can't parse canary-value"),
		"a wrapped one":                fmt.Errorf("canary: %w", redis.ErrClosed),
		"a refusal with a code":        redis.ErrCrossSlot,
		"a refusal that quotes":        refusal("ERR no such key canary-key"),
		"a network error in a message": fmt.Errorf("canary: %w", context.DeadlineExceeded),
	} {
		got := failure(t.Context(), err)
		require.Error(t, got, name)
		showsNothing(t, got)
	}
	assert.Equal(t, "OOM", code("OOM command not allowed"))
	assert.Equal(t, "an error", code("canary-key is wrong"))
	assert.Equal(t, "an error", code("user_script:3: canary"))
	assert.Equal(t, "an error", code(""))
}
