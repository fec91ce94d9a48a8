package baidu

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestAnotherSecretOrHostDoesNotFindTheCachedToken(t *testing.T) {
	d := newDouble()
	a, b, host := d.config(), d.config(), d.config()
	b.Tokens, host.Tokens = a.Tokens, a.Tokens
	b.SecretKey = handlers.Hide("FAKEsecret0000CANARYsec2")
	host.BaseURL = "https://gateway.example"
	for _, config := range []Config{a, b, host} {
		c, err := NewClient(config)
		require.NoError(t, err)
		_, err = c.tokens.current(t.Context())
		require.NoError(t, err)
		assert.Regexp(t, `^baidu/token/[0-9a-f]{32}$`, c.tokens.key)
	}
	assert.Equal(t, 3, d.count(endpointOAuth))
}

func TestCase131AVerifyTokenIsQueriedWithTheTokenThatMadeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
		d.says(endpointDetail, sample(t, "41-detail-ok-no-ocr.constructed.json"))
		clients := fleet(t, d, 2)
		made, err := clients[0].GenerateVerifyToken(t.Context(), GenerateRequest{})
		require.NoError(t, err)
		_, err = clients[0].tokens.share(t.Context(), "") // nothing to do: still fresh
		require.NoError(t, err)
		rotate(t, clients[0])

		q := Query{VerifyToken: made.Token, Generation: made.Generation}
		detail, err := clients[1].ResultDetail(t.Context(), q)
		require.NoError(t, err)
		assert.True(t, detail.OwnToken)
		assert.Equal(t, []string{tokenPrefix + "1"}, d.used[endpointDetail], "case 131: in another process too")

		// The vendor refuses the verify_token under the first token: the current one is tried.
		d.answer[endpointDetail] = func(n int, _ []byte) any {
			if n == 2 {
				return sample(t, "44-token-invalid.constructed.json")
			}
			return sample(t, "41-detail-ok-no-ocr.constructed.json")
		}
		detail, err = clients[1].ResultDetail(t.Context(), q)
		require.NoError(t, err)
		assert.True(t, detail.Passed)
		assert.True(t, detail.OwnToken)
		assert.Equal(t, []string{tokenPrefix + "1", tokenPrefix + "2"}, d.used[endpointDetail][1:])

		// Case 131b: the first token is revoked.
		d.refuse = func(token string) bool { return token == tokenPrefix+"1" }
		d.says(endpointDetail, sample(t, "44-token-invalid.constructed.json"))
		for range 3 {
			detail, err = clients[1].ResultDetail(t.Context(), q)
			require.NoError(t, err)
			assert.False(t, detail.OwnToken, "case 131b")
		}
		assert.Equal(t, []string{tokenPrefix + "1", tokenPrefix + "2", tokenPrefix + "2", tokenPrefix + "2"},
			d.used[endpointDetail][3:], "a refused old token is forgotten, and the new one survives")
		assert.Equal(t, 2, d.count(endpointOAuth))
	})
}

// rotate makes the current token an older one.
func rotate(t testing.TB, c *Client) {
	record, err := c.tokens.load(t.Context())
	require.NoError(t, err)
	got, err := c.fetchToken(t.Context())
	require.NoError(t, err)
	next := record.rotated(newGeneration(got, time.Now(), c.tokens.keep), time.Now(), c.tokens.keep)
	require.NoError(t, c.tokens.save(t.Context(), next))
	c.tokens.adopt(next)
}

func TestOldTokensAreKeptThreeDaysPastTheirRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		c := d.client(t)
		first, err := c.tokens.current(t.Context())
		require.NoError(t, err)
		rotate(t, c)
		time.Sleep(71 * time.Hour)
		rotate(t, c)
		_, ok := c.tokens.maker(t.Context(), first.generation)
		assert.True(t, ok)
		time.Sleep(2 * time.Hour)
		rotate(t, c)
		_, ok = c.tokens.maker(t.Context(), first.generation)
		assert.False(t, ok)
	})
}

func FuzzDecodeTokens(f *testing.F) {
	f.Add([]byte(sample(f, "stored/tokens.v1.json")))
	f.Add([]byte(`{"v":1,"older":[{}]}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		record, err := decodeTokens(value, 1)
		if err != nil {
			return
		}
		again, err := record.encode()
		if err != nil {
			return // a year beyond 9999
		}
		if _, err := decodeTokens(again, 1); err != nil && !strings.Contains(err.Error(), "too") {
			t.Fatalf("what was written is not read: %v", err)
		}
	})
}
