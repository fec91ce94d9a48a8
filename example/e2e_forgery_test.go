package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// sign is the vendor's formula, written once more.
func sign(secret, data string) string {
	sum := sha1.Sum([]byte(secret + data))
	return hex.EncodeToString(sum[:])
}

// signed is a callback with a right signature of the fake account.
func signed(data string) url.Values {
	return url.Values{"data": {data}, "sign": {sign(sandbox.MegviiAPISecret, data)}}
}

// extend makes a second pair with a right signature out of one, knowing only how
// long the secret is.
func extend(t *testing.T, pair url.Values, secretLen int, suffix string) url.Values {
	t.Helper()
	data := pair.Get("data")
	length := secretLen + len(data)
	padding := append([]byte{0x80}, make([]byte, (119-length%64)%64)...)
	padding = binary.BigEndian.AppendUint64(padding, uint64(length)*8)

	sum, err := hex.DecodeString(pair.Get("sign"))
	require.NoError(t, err)
	state := append([]byte("sha\x01"), sum...)
	state = append(state, make([]byte, sha1.BlockSize)...)
	state = binary.BigEndian.AppendUint64(state, uint64(length+len(padding)))
	h := sha1.New()
	require.NoError(t, h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state))
	h.Write([]byte(suffix))
	return url.Values{"data": {data + string(padding) + suffix}, "sign": {hex.EncodeToString(h.Sum(nil))}}
}

// suffixes are what a forger would append.
func suffixes() []string {
	return []string{"", " ", "}", "\n", `,"status":"OK"}`, `{"status":"OK"}`, `{"status":"OK","liveness_result":{"result":"PASS"}}`}
}

// heard collects the kit's events.
type heard struct {
	mu  sync.Mutex
	all []handlers.Event
}

func (h *heard) add(_ context.Context, e handlers.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
}

func (h *heard) count(name handlers.EventName) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.all {
		if e.Name == name {
			n++
		}
	}
	return n
}

func TestCase41ALengthExtensionChangesNothing(t *testing.T) {
	t.Parallel()
	for length := 8; length <= 64; length++ {
		secret := strings.Repeat("0123456789abcdef", 4)[:length]
		t.Run(fmt.Sprintf("Parse refuses it for a secret of %d bytes", length), func(t *testing.T) {
			data := `{"status":"CANCELLED","biz_info":{"biz_id":"1","biz_no":"A"}}`
			genuine := url.Values{"data": {data}, "sign": {sign(secret, data)}}
			parse := func(pair url.Values) error {
				_, err := megvii.Parse([]byte(pair.Encode()), "application/x-www-form-urlencoded",
					[]handlers.Private{handlers.Hide(secret)}, megvii.ParseOptions{})
				return err
			}
			require.NoError(t, parse(genuine))
			for _, suffix := range suffixes() {
				forged := extend(t, genuine, length, suffix)
				require.Equal(t, sign(secret, forged.Get("data")), forged.Get("sign"), "the forgery is a real one")
				assert.Equal(t, handlers.CodeMalformed, handlers.CodeOf(parse(forged)))
			}
		})
		if length < 16 {
			continue // no kit takes such a secret
		}
		t.Run(fmt.Sprintf("and the app for one of %d bytes", length), func(t *testing.T) { extended(t, secret) })
	}
}

// extended attacks a whole app, before and after the true result.
func extended(t *testing.T, secret string) {
	var alarms heard
	a := assemble(t, setup{
		fake:    sandbox.MegviiConfig{APISecret: secret},
		account: func(c *megvii.Config) { c.APISecret = handlers.Hide(secret) },
		options: func(o *handlers.Options) { o.OnEvent = alarms.add },
	})
	a.next(`{"notify":0}`)
	c := a.person("alice").begin("post").choose("cancel")
	attack := func() {
		for _, suffix := range suffixes() {
			forged := extend(t, c.pair, len(secret), suffix)
			assert.Equal(t, http.StatusBadRequest, a.visitor().post(a.notifyURL(), forged).status)
			assert.Equal(t, http.StatusBadRequest, c.post(c.action, forged).status)
			tooShort := extend(t, c.pair, len(secret)-1, suffix)
			status := a.visitor().post(a.notifyURL(), tooShort).status
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, status)
		}
	}
	attack()
	c.untouched()
	assert.Equal(t, 2*len(suffixes()), alarms.count(handlers.EventTampered), "each is an alarm")
	assert.Contains(t, a.log.String(), `level=ERROR msg="facegate: tampered"`)

	c.finish(c.comeBack())
	attack()
	once := c.once()
	assert.Equal(t, "cancelled", once.Verdict)
}

// replace changes a member of the signed data, and signs anew: an account's owner
// could do so, and the vendor by mistake.
func replace(t *testing.T, pair url.Values, change func(data, bizInfo map[string]any)) url.Values {
	t.Helper()
	var data map[string]any
	require.NoError(t, json.Unmarshal([]byte(pair.Get("data")), &data))
	change(data, data["biz_info"].(map[string]any))
	changed, err := json.Marshal(data)
	require.NoError(t, err)
	return signed(string(changed))
}

func TestAuthenticButNotOfThisSession(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.next(`{"sessions":100,"notify":0}`)
	pairs := 0
	two := func(t *testing.T) (a, b *check) {
		s := &started{t: t, app: s.app, vendor: s.vendor}
		pairs++
		return s.person(fmt.Sprintf("alice %d", pairs)).begin("post").choose("pass"),
			s.person(fmt.Sprintf("bob %d", pairs)).begin("post").choose("cancel")
	}
	t.Run("case 55: biz_id of one session with biz_no of another", func(t *testing.T) {
		a, b := two(t)
		crossed := replace(t, a.pair, func(_, info map[string]any) { info["biz_no"] = b.session })
		assert.Equal(t, http.StatusBadRequest, s.visitor().post(s.notifyURL(), crossed).status)
		assert.Equal(t, http.StatusBadRequest, b.post(b.action, crossed).status)
		a.untouched()
		b.untouched()
		assert.Contains(t, s.log.String(), `level=ERROR msg="facegate: mismatch"`)
	})
	t.Run("case 99: a pass of another session does nothing for this one", func(t *testing.T) {
		a, b := two(t)
		a.finish(a.comeBack())
		assert.Equal(t, "passed", a.once().Verdict)
		back := b.post(b.action, a.pair)
		assert.NotContains(t, back.body, b.session, "the page leads to the session that the result is of")
		assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), a.pair).status)
		a.once()
		b.untouched()
		b.finish(b.comeBack())
		assert.Equal(t, "cancelled", b.once().Verdict)
	})
	t.Run("case 79: whoever finishes another's check becomes nobody", func(t *testing.T) {
		a, b := two(t)
		back := b.post(a.action, a.pair) // bob was lured to the end of alice's check
		landed := b.get(s.app + find(t, back.body, `id="to" href="([^"]*)"`))
		assert.Equal(t, http.StatusOK, landed.status, "a page that says nothing, no landing")
		assert.Empty(t, landed.location())
		assert.Regexp(t, "^alice", a.once().Subject)
		b.untouched()
		assert.Contains(t, b.get(s.app+"/").body, `data-verified="false"`)
	})
	t.Run("case 96: a session that nobody knows is taken, reported and without effect", func(t *testing.T) {
		a, b := two(t)
		for _, unknown := range []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", "somebody-else's"} {
			stray := replace(t, a.pair, func(_, info map[string]any) { info["biz_no"], info["biz_id"] = unknown, "1,stray" })
			assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), stray).status)
			assert.Equal(t, http.StatusOK, b.post(b.action, stray).status)
		}
		a.untouched()
		b.untouched()
		assert.Contains(t, s.log.String(), `level=ERROR msg="facegate: orphan"`)
	})
	t.Run("a later, different and authentic statement is a revision for review", func(t *testing.T) {
		a, _ := two(t)
		a.finish(a.comeBack())
		a.delivered()
		otherwise := replace(t, a.pair, func(data, _ map[string]any) { data["status"] = "FAILED" })
		assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), otherwise).status)
		require.Eventually(t, func() bool { return len(s.eventsOf(a.session)) == 2 }, 30*time.Second, 5*time.Millisecond)
		second := s.eventsOf(a.session)[1]
		assert.Equal(t, "review", second.Verdict)
		assert.Equal(t, []string{"conflicting_statements"}, second.Reasons)
		assert.Equal(t, 2, second.Revision)
		assert.Contains(t, a.get(s.app+"/").body, `data-verified="false"`, "the pass is taken back")
	})
	t.Run("case 64: PROCESSING decides nothing, neither before nor after", func(t *testing.T) {
		a, _ := two(t)
		early := replace(t, a.pair, func(data, _ map[string]any) { data["status"] = "PROCESSING" })
		assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), early).status)
		state, verdict := a.state()
		assert.Equal(t, "pending", state)
		assert.Equal(t, "pending", verdict)
		a.finish(a.comeBack())
		assert.Equal(t, http.StatusOK, s.visitor().post(s.notifyURL(), early).status)
		assert.Equal(t, "passed", a.once().Verdict)
	})
}

func TestCase99YesterdaysPassIsNoPassToday(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	a := assemble(t, setup{options: func(o *handlers.Options) { o.Now, o.Store = now, store.NewMemoryWithClock(now) }})
	a.next(`{"sessions":2,"notify":0}`)
	yesterday := a.person("alice").begin("post").choose("pass")
	yesterday.finish(yesterday.comeBack())
	yesterday.once()

	later.Store(int64(26 * time.Hour))
	require.Eventually(t, func() bool {
		known, err := a.kit.Lookup(t.Context(), yesterday.session)
		return err == nil && known.State == handlers.StateScrubbed
	}, 30*time.Second, 5*time.Millisecond)
	today := a.person("alice").begin("post").choose("cancel")
	assert.Equal(t, http.StatusOK, today.post(today.action, yesterday.pair).status)
	assert.Equal(t, http.StatusOK, a.visitor().post(a.notifyURL(), yesterday.pair).status)
	today.untouched()
	assert.Len(t, a.events(), 1)

	later.Store(int64(60 * 24 * time.Hour)) // even its record is gone
	assert.Equal(t, http.StatusOK, a.visitor().post(a.notifyURL(), yesterday.pair).status)
	assert.Contains(t, a.log.String(), `msg="facegate: orphan"`)
	for _, e := range a.events() {
		assert.NotEqual(t, today.session, e.Session)
	}
}

// wrongSigns are signatures that the vendor never made, by what is wrong.
func wrongSigns(pair url.Values) map[string]string {
	data, right := pair.Get("data"), pair.Get("sign")
	mac := hmac.New(sha1.New, []byte(sandbox.MegviiAPISecret))
	mac.Write([]byte(data))
	return map[string]string{
		"one digit off":      right[:39] + string("123456789abcdef0"[strings.IndexByte("0123456789abcdef", right[39])]),
		"empty":              "",
		"39 digits":          right[:39],
		"41 digits":          right + "0",
		"no hex":             strings.Repeat("z", 40),
		"capitals":           strings.ToUpper(right),
		"spaces around":      " " + right,
		"0x":                 "0x" + right[:38],
		"SHA-1 of data only": sign("", data),
		"secret behind":      sign(data, sandbox.MegviiAPISecret),
		"HMAC":               hex.EncodeToString(mac.Sum(nil)),
		"another secret":     sign("FAKE-megvii-api-secret-0002", data),
	}
}

func TestCase36EverySignatureThatTheVendorNeverMadeIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.next(`{"notify":0}`)
	c := s.person("alice").begin("post").choose("pass")
	for name, wrong := range wrongSigns(c.pair) {
		t.Run(name, func(t *testing.T) {
			forged := url.Values{"data": c.pair["data"], "sign": {wrong}}
			assert.Equal(t, http.StatusUnauthorized, s.visitor().post(s.notifyURL(), forged).status)
			back := c.post(c.action, forged)
			assert.Equal(t, http.StatusUnauthorized, back.status)
			assert.Contains(t, back.header.Get("Content-Type"), "text/html")
			assert.NotContains(t, back.body, c.session, "whoever forges learns nothing")
		})
	}
	c.untouched()
	c.finish(c.comeBack())
	assert.Equal(t, "passed", c.once().Verdict)
}
