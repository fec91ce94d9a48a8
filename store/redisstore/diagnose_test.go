package redisstore

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/internal/testserver"
)

// found diagnoses the store, and returns the values of the settings that are a risk.
func found(tb testing.TB, s *Store) map[string]string {
	tb.Helper()
	findings, err := s.Diagnose(tb.Context())
	require.NoError(tb, err)
	values := map[string]string{}
	for _, f := range findings {
		require.NotEmpty(tb, f.Risk, f.Setting)
		values[f.Setting] = f.Value
	}
	require.Len(tb, values, len(findings), "a setting was found twice")
	return values
}

// durable are the arguments of a server that loses nothing by itself.
func durable() []string { return []string{"--appendonly", "yes", "--appendfsync", "always"} }

func TestDiagnoseFindsWhatAServerCanLose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		want map[string]string
	}{
		{"a server that writes all to disk at once puts nothing at risk", durable(), map[string]string{}},
		{"one that evicts throws records away", append(durable(), "--maxmemory-policy", "volatile-ttl"),
			map[string]string{"maxmemory-policy": "volatile-ttl"}},
		{"one that writes every second loses a second", []string{"--appendonly", "yes", "--appendfsync", "everysec"},
			map[string]string{"appendfsync": "everysec"}},
		{"one that leaves writing to the system loses more", []string{"--appendonly", "yes", "--appendfsync", "no"},
			map[string]string{"appendfsync": "no"}},
		{"one with snapshots loses what came since", []string{"--save", "3600 1"}, map[string]string{"appendonly": "no"}},
		{"one without a disk starts empty", nil, map[string]string{"appendonly": "no"}},
	} {
		t.Run("case 117: "+tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, connect(t, testserver.StartRedis(t, tt.args...).Address()))
			assert.Equal(t, tt.want, found(t, s))
		})
	}
}

func TestDiagnoseTellsSnapshotsFromNoDiskAtAll(t *testing.T) {
	t.Parallel()
	for save, risk := range map[string]string{"3600 1": "since its last snapshot", "": "starts empty"} {
		setting, says := settings{"appendonly": "no", "save": save}.crash()
		assert.Equal(t, "appendonly", setting)
		assert.Contains(t, says, risk)
	}
	findings := settings{
		"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "always", "aof_last_write_status": "err",
	}.findings()
	require.Len(t, findings, 1)
	assert.Contains(t, findings[0].Risk, "disk")
}

func TestDiagnoseOfAPrimaryThatMayGoOnAlone(t *testing.T) {
	t.Parallel()
	primary := testserver.StartRedis(t, append(durable(), "--repl-diskless-sync-delay", "0")...)
	client := connect(t, primary.Address())
	s := open(t, client)
	assert.Empty(t, found(t, s))
	follow(t, connect(t, testserver.StartRedis(t).Address()), primary.Address())
	assert.Equal(t, map[string]string{"min-replicas-to-write": "0"}, found(t, s))
	require.NoError(t, client.ConfigSet(t.Context(), "min-replicas-to-write", "1").Err())
	assert.Empty(t, found(t, s))
}

func TestWhatAServerDoesNotTellIsUnknownAndNoError(t *testing.T) {
	t.Parallel()
	admin := connect(t, testserver.StartRedis(t, durable()...).Address())
	for _, tt := range []struct {
		name, refused string
		want          map[string]string
	}{
		{"neither INFO nor CONFIG", "-info -config", map[string]string{"maxmemory-policy": "", "appendonly": ""}},
		{"no CONFIG", "-config", map[string]string{"appendfsync": ""}},
		{"no INFO", "-info", map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := "ACL SETUSER asker reset on >secret ~* +@all " + tt.refused
			require.NoError(t, admin.Do(t.Context(), words(rules)...).Err())
			client := connectWith(t, &redis.Options{Addr: admin.Options().Addr, Username: "asker", Password: "secret"})
			assert.Equal(t, tt.want, found(t, open(t, client)))
		})
	}
}

func TestDiagnoseWritesNothingAndFailsWhereTheRecordsAreNotThisStores(t *testing.T) {
	t.Parallel()
	client := connect(t, testserver.StartRedis(t, durable()...).Address())
	ours := openWith(t, client, Options{Prefix: "app", Shards: 2})
	assert.Empty(t, found(t, ours))
	assert.Empty(t, dump(t, client))

	require.NoError(t, ours.Check(t.Context()))
	assert.Empty(t, found(t, ours))
	_, err := openWith(t, client, Options{Prefix: "app", Shards: 3}).Diagnose(t.Context())
	require.ErrorIs(t, err, ErrLayout)
}

// findsOnAnyNode lets one node of a cluster differ.
func findsOnAnyNode(t *testing.T, nodes []*testserver.Redis, client redis.UniversalClient) {
	t.Helper()
	s := open(t, client)
	assert.Equal(t, map[string]string{"appendonly": "no"}, found(t, s))
	last := connect(t, nodes[2].Address())
	require.NoError(t, last.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-random").Err())
	assert.Equal(t, map[string]string{"appendonly": "no", "maxmemory-policy": "allkeys-random"}, found(t, s))
}

// words are a command's.
func words(command string) []any {
	var all []any
	for word := range strings.FieldsSeq(command) {
		all = append(all, word)
	}
	return all
}
