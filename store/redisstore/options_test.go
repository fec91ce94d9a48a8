package redisstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unreachable is a client that is never used.
func unreachable(tb testing.TB) *redis.Client { return connect(tb, "127.0.0.1:1") }

func TestNewNamesEveryBadOption(t *testing.T) {
	t.Parallel()
	_, err := New(nil, Options{Prefix: "a b", Shards: 1025, Timeout: -1})
	require.Error(t, err)
	for _, name := range []string{"client", "Options.Prefix", "Options.Shards", "Options.Timeout"} {
		assert.ErrorContains(t, err, name)
	}
}

func TestNewRefusesOptionsOutOfRange(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	for name, c := range map[string]struct {
		opts Options
		bad  string // the option named; "" when all are fine
	}{
		"no prefix":                {Options{}, "Prefix"},
		"a brace opens in prefix":  {Options{Prefix: "a{b"}, "Prefix"},
		"a brace closes in prefix": {Options{Prefix: "a}"}, "Prefix"},
		"a colon in prefix":        {Options{Prefix: "a:00"}, "Prefix"},
		"a line break in prefix":   {Options{Prefix: "a\n"}, "Prefix"},
		"a pattern in prefix":      {Options{Prefix: "a*"}, "Prefix"},
		"a prefix outside ASCII":   {Options{Prefix: "é"}, "Prefix"},
		"a prefix of 65 bytes":     {Options{Prefix: strings.Repeat("p", 65)}, "Prefix"},
		"negative shards":          {Options{Prefix: "a", Shards: -1}, "Shards"},
		"too many shards":          {Options{Prefix: "a", Shards: 1025}, "Shards"},
		"a negative timeout":       {Options{Prefix: "a", Timeout: -time.Second}, "Timeout"},
		"a prefix of 64 bytes":     {Options{Prefix: strings.Repeat("p", 64)}, ""},
		"every kind of character":  {Options{Prefix: "Az09._-"}, ""},
		"the greatest number":      {Options{Prefix: "a", Shards: 1024, Timeout: time.Nanosecond}, ""},
		"the smallest number":      {Options{Prefix: "a", Shards: 1}, ""},
		"what is left out":         {Options{Prefix: "a"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(client, c.opts)
			if c.bad == "" {
				require.NoError(t, err)
				return
			}
			assert.Nil(t, s)
			assert.ErrorContains(t, err, "Options."+c.bad)
		})
	}
}

func TestNewFillsInTheDefaults(t *testing.T) {
	t.Parallel()
	s, err := New(unreachable(t), Options{Prefix: "a"})
	require.NoError(t, err)
	assert.Len(t, s.layout.shards, 64)
	assert.Equal(t, 2*time.Second, s.timeout)
}

func TestNewRefusesARing(t *testing.T) {
	t.Parallel()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": "127.0.0.1:1"}})
	t.Cleanup(func() { _ = ring.Close() })
	_, err := New(ring, Options{Prefix: "a"})
	assert.ErrorContains(t, err, "Ring")
}

func ExampleNew() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"127.0.0.1:6379"}, // several: the nodes of a Cluster
		ContextTimeoutEnabled: true,
	})
	defer client.Close()

	_, err := New(client, Options{Prefix: "shop"})
	fmt.Println(err)
	_, err = New(client, Options{Prefix: "the shop", Shards: 5000})
	fmt.Println(err)
	// Output:
	// <nil>
	// redisstore: Options.Prefix is not 1 to 64 of A-Z a-z 0-9 . _ -
	// redisstore: Options.Shards is not 1 to 1024
}
