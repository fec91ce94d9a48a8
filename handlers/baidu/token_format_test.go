package baidu

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// putTokens stores a record of access tokens for a client, and returns its version.
func putTokens(t testing.TB, c *Client, value string) int64 {
	t.Helper()
	version, err := c.tokens.store.Put(t.Context(), store.Record{Key: c.tokens.key, Value: []byte(value), TTL: 30 * 24 * time.Hour})
	require.NoError(t, err)
	return version
}

// The file is a promise: every later version reads records that this one wrote, for
// as long as they may lie in a store.
func TestStoredTokensStayReadable(t *testing.T) {
	golden := sample(t, "stored/tokens.v1.json")

	t.Run("a record of version 1 loses nothing when it is read and written", func(t *testing.T) {
		record, err := decodeTokens([]byte(golden), 1)
		require.NoError(t, err)
		again, err := record.encode()
		require.NoError(t, err)
		assert.JSONEq(t, golden, string(again))
	})

	t.Run("its tokens serve, the current one and those that it replaced", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // where it is midnight of 2000-01-01
			d := newDouble()
			c := d.client(t)
			putTokens(t, c, golden)
			current, err := c.tokens.current(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "24.FAKECANARYtoken.current", current.token.Reveal())
			assert.Equal(t, time.Date(2000, 1, 31, 0, 0, 0, 0, time.UTC), current.expiresAt.UTC())
			older, known := c.tokens.maker(t.Context(), "QW7B3M5XGJ2KD6TRAHVLC4YFNE")
			require.True(t, known)
			assert.Equal(t, "24.FAKECANARYtoken.older", older.token.Reveal())
			assert.Zero(t, d.count(endpointOAuth))
		})
	})
}

func TestStoredTokensOfAnUnknownVersionAreRefusedAndKept(t *testing.T) {
	golden := sample(t, "stored/tokens.v1.json")
	newer := func(version string) string { return strings.Replace(golden, `"v": 1`, `"v": `+version, 1) }
	for name, value := range map[string]string{
		"version 2": newer("2"), "version 0": newer("0"), "no version": newer("null"), "a version in words": newer(`"1"`),
		"sealed by another key": "\x01\x02", "empty": "", "null": "null",
	} {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, nil)
			version := putTokens(t, v.client, value)
			_, err := v.client.tokens.current(t.Context())
			assert.ErrorIs(t, err, errTokenRecord)
			_, err = v.Begin(t.Context(), beginRequest(person()))
			kit := &handlers.Error{}
			require.ErrorAs(t, err, &kit)
			assert.Equal(t, handlers.CodeStoreUnavailable, kit.Code, "a start can be tried later, where the record is known")
			assert.Equal(t, ReasonTokenRecord, kit.Reason)
			_, err = v.Ready(t.Context())
			require.ErrorAs(t, err, &kit)
			assert.Equal(t, handlers.CodeVendorNotSent, kit.Code)
			assert.Equal(t, ReasonTokenRecord, kit.Reason)
			assert.Empty(t, d.requests, "no token is fetched that could not be stored")

			stored, err := v.client.tokens.store.Get(t.Context(), v.client.tokens.key)
			require.NoError(t, err)
			assert.Equal(t, value, string(stored.Value))
			assert.Equal(t, version, stored.Version, "it was not even written anew")
		})
	}
}

func TestAReplicaThatIsBehindServesItsTokenAndLeavesTheNewerRecordAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 3600
		d.says(endpointStat, goodStat)
		c := d.client(t)
		_, err := c.ResultStat(t.Context(), asked())
		require.NoError(t, err)
		stored, err := c.tokens.store.Get(t.Context(), c.tokens.key)
		require.NoError(t, err)
		const newer = `{"v":2}`
		stored.Value = []byte(newer)
		_, err = c.tokens.store.Put(t.Context(), stored)
		require.NoError(t, err)

		time.Sleep(55 * time.Minute) // within the time to refresh
		_, err = c.ResultStat(t.Context(), asked())
		require.NoError(t, err, "its own token serves to its end")
		synctest.Wait()
		d.refuse = func(string) bool { return true }
		_, err = c.ResultStat(t.Context(), asked())
		assert.Equal(t, handlers.CodeStoreUnavailable, handlers.CodeOf(err), "and is not replaced by force")
		stored, err = c.tokens.store.Get(t.Context(), c.tokens.key)
		require.NoError(t, err)
		assert.Equal(t, newer, string(stored.Value))
		assert.Equal(t, 1, d.count(endpointOAuth))
	})
}
