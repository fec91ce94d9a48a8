package baidu

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestTokensAreRefreshedAheadWhileTheOldOneServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		first, err := c.tokens.current(t.Context())
		require.NoError(t, err)

		time.Sleep(30*24*time.Hour - time.Hour) // the last hour of its life
		served, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, first.generation, served.generation, "nobody waits for the refresh")
		synctest.Wait()
		next, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, tokenPrefix+"2", next.token.Reveal())
		assert.Equal(t, 2, d.count(endpointOAuth))

		old, ok := c.tokens.maker(t.Context(), first.generation)
		require.True(t, ok, "the old one is kept for the checks that it opened")
		assert.Equal(t, first.token.Reveal(), old.token.Reveal())
	})
}

func TestRefreshAheadIsJittered(t *testing.T) {
	now := time.Now()
	seen := map[time.Time]bool{}
	for range 50 {
		g := newGeneration(grant{life: 30 * 24 * time.Hour}, now, 72*time.Hour)
		seen[g.refreshAt] = true
		assert.Less(t, g.refreshAt, g.expiresAt.Add(-48*time.Hour+time.Second))
		assert.Greater(t, g.refreshAt, g.expiresAt.Add(-97*time.Hour))
	}
	assert.Greater(t, len(seen), 40)
}

func TestAStaleTokenIsServedWhileTheRefreshFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.life = 3600
		c := d.client(t)
		_, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		d.oauth = func(int) (int, string, bool) { return 503, "<html>busy</html>", true }
		time.Sleep(55 * time.Minute)
		for i := range 100 {
			token, err := c.tokens.current(t.Context())
			require.NoError(t, err)
			require.Equal(t, tokenPrefix+"1", token.token.Reveal())
			if i == 0 {
				time.Sleep(2 * firstWait) // the refresh tries twice and fails
			}
			synctest.Wait()
		}
		assert.Equal(t, 3, d.count(endpointOAuth), "a second try, then the back-off")
		time.Sleep(6 * time.Minute)
		_, err = c.tokens.current(t.Context())
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(err), "past its end it is not served")
	})
}

func TestExpiresInIsHonouredAndClamped(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2592000": 30 * 24 * time.Hour, "86400": 24 * time.Hour, `"3600"`: time.Hour, "60": time.Minute,
		"0": 5 * time.Minute, "-5": 5 * time.Minute, "null": 5 * time.Minute, `""`: 5 * time.Minute,
		"9223372036854775807": 30 * 24 * time.Hour,
	} {
		t.Run(text, func(t *testing.T) {
			d := newDouble()
			d.oauth = func(int) (int, string, bool) {
				return 200, `{"access_token":"24.FAKE","expires_in":` + text + `}`, true
			}
			got, err := d.client(t).fetchToken(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, got.life)
		})
	}
}
