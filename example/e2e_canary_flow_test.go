package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/store"
)

// It is alone, because it listens to the process's own log.
func TestCases132And151NoCanaryIsEverSeen(t *testing.T) {
	a := newAviary(t)
	alice := a.person(canarySubject)
	a.passes(alice)
	a.mismatches(alice)
	a.fails(alice)
	a.strangers(alice)
	a.values()
	a.stop()

	log.Print("the server's log is heard, too") // the kit lets nothing get there
	for _, name := range []string{earLog, earServer, earAnswers, earEvents, earStore, earRecords, earPrinted, earErrors} {
		require.NotNil(t, a.heard[name], "nothing was heard of %s", name)
	}
	assert.Contains(t, a.heard[earStore].String(), "o:", "an orphan was kept")
	assert.Contains(t, a.heard[earStore].String(), "i:", "pictures were kept")
	learned := map[string]int{}
	for secret, what := range a.secrets {
		learned[what]++
		for name, text := range a.heard {
			if !mayStand(what, name) {
				assertUnseen(t, what, secret, name, text.Bytes())
			}
		}
	}
	for _, what := range []string{"token", "biz_id", "sign", "cookie", "picture", "session"} {
		assert.Positive(t, learned[what], "no %s was seen at work", what)
	}
	for secret, what := range a.secrets {
		if what == "token" || what == "biz_id" {
			assert.Contains(t, a.heard[earRecords].String(), secret, "the ear would have heard a %s", what)
		}
	}
}

// mayStand says what is where it belongs. A session's record has the vendor's id
// of it, and the page's URL for a second click. The session's own id and the
// app's id of the person open nothing by themselves, but are not for logs.
func mayStand(what, where string) bool {
	switch what {
	case "token", "biz_id":
		return where == earRecords
	case "session":
		return where != earLog && where != earServer && where != earErrors
	case "subject":
		return where == earRecords || where == earPrinted || where == earAnswers
	default:
		return false
	}
}

// assertUnseen looks for a secret in every spelling.
func assertUnseen(t *testing.T, what, secret, where string, text []byte) {
	t.Helper()
	for _, spelling := range spellings(secret) {
		if at := bytes.Index(text, []byte(spelling)); at >= 0 {
			t.Errorf("%s is in %s, as %q: …%q…", what, where, spelling, text[max(0, at-200):min(len(text), at+len(spelling)+40)])
			return
		}
	}
}

// spellings are the ways in which a text may hide in another.
func spellings(secret string) []string {
	raw := []byte(secret)
	all := []string{
		secret, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), url.QueryEscape(secret), html.EscapeString(secret),
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(strconv.QuoteToASCII(secret), `"`),
		strings.Trim(fmt.Sprint(raw), "[]"), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}"),
	}
	for before := range 3 { // base64 spells it differently, depending on what stands in front
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), raw...))
		if (before+len(raw))%3 != 0 {
			text = text[:len(text)-1]
		}
		all = append(all, text[(before*8+5)/6:])
	}
	return all
}

// passes walks checks that end well, with a hook that panics and fails at first.
func (a *aviary) passes(p *person) {
	a.start.Store(megvii.Params{
		IDCardMode: megvii.IDCardGiven, Name: handlers.Hide(canaryName), IDNumber: handlers.Hide(canaryNumber),
	})
	a.next(`{"notify_when":"manual"}`)
	a.flaws.Store(2)
	c := a.walk(p, "post", "pass")
	assert.Equal(a.t, http.StatusOK, a.visitor().post(a.notifyURL(), c.pair).status)
	c.finish(c.comeBack())
	c.delivered()
	require.Equal(a.t, "passed", a.eventsOf(c.session)[0].Verdict)

	a.next(`{"notify":0,"result_answer":{"spoil":"drop","times":1}}`)
	c = a.walk(p, "get", "pass")
	c.comeBack()
	c.get(a.app + "/face/finish?session=" + c.session)
	c.delivered()
	c.get(a.app + "/")
}

// mismatches walks a check in which another person comes back than was asked for.
func (a *aviary) mismatches(p *person) {
	a.start.Store(megvii.Params{Name: handlers.Hide(canaryName), IDNumber: handlers.Hide(canaryNumber)})
	a.next(`{"spelling":"python_ascii"}`)
	c := a.walk(p, "post", "pass")
	c.finish(c.comeBack())
	c.delivered()
	assert.Equal(a.t, []string{"identity_mismatch"}, a.eventsOf(c.session)[0].Reasons)
}

// fails lets the vendor, the app and the typist err.
func (a *aviary) fails(p *person) {
	begin := url.Values{"vendor": {"megvii"}, "return": {"post"}}
	for _, flaw := range []string{
		`{"token_answer":{"spoil":"error","status":400,"error_message":"BAD_ARGUMENTS: ` + canaryVendor + `"}}`,
		`{"token_answer":{"spoil":"error","status":403,"error_message":"` + canaryVendor + `"}}`,
		`{"token_answer":{"spoil":"html"}}`, `{"token_answer":{"spoil":"truncated"}}`,
		`{"token_answer":{"spoil":"drop"}}`, `{"token_answer":{"spoil":"empty_token"}}`,
	} {
		a.next(flaw)
		assert.GreaterOrEqual(a.t, p.post(a.app+"/face/start", begin).status, 400)
	}
	a.start.Store(megvii.Params{Name: handlers.Hide(canaryName + "1"), IDNumber: handlers.Hide(canaryNumber + "9")})
	assert.Equal(a.t, http.StatusUnprocessableEntity, p.post(a.app+"/face/start", begin).status)
	a.start.Store(megvii.Params{})
	for _, flaw := range []string{"panic", "error", "prepare"} {
		req, err := http.NewRequest(http.MethodPost, a.app+"/face/start", strings.NewReader(begin.Encode()))
		require.NoError(a.t, err)
		req.Header.Set("Content-Type", form)
		req.Header.Set("X-Flaw", flaw)
		assert.GreaterOrEqual(a.t, p.do(req).status, 400)
	}
	for _, spoil := range []string{"error", "html", "truncated", "empty"} { // nobody comes back, and the vendor stutters
		a.next(`{"notify":0,"result_answer":{"spoil":"` + spoil + `","error_message":"` + canaryVendor + `"}}`)
		c := a.walk(p, "get", "pass")
		require.Eventually(a.t, func() bool { return a.atVendor(c.session).GetResult > 0 }, 30*time.Second, 10*time.Millisecond)
	}
}

// strangers send what they like.
func (a *aviary) strangers(p *person) {
	a.next(`{"notify":0}`)
	c := a.walk(p, "post", "pass")
	pair := c.pair
	for _, form := range []url.Values{
		{"data": pair["data"], "sign": {strings.Repeat("0", 40)}},
		{"data": {pair.Get("data") + canaryTyped}, "sign": {sign(canarySecret, pair.Get("data")+canaryTyped)}},
		{"data": {canaryTyped}, "sign": {sign(canarySecret, canaryTyped)}},
		{"data": pair["data"], "sign": pair["sign"], canaryTyped: {"\x00"}},
		{canaryTyped: {canaryName}},
		extend(a.t, pair, len(canarySecret), canaryTyped),
	} {
		assert.GreaterOrEqual(a.t, a.visitor().post(a.notifyURL(), form).status, 400)
		assert.GreaterOrEqual(a.t, a.visitor().post(c.action, form).status, 400)
	}
	for _, query := range []string{"?biz_id=" + canaryTyped, "?session=" + canaryTyped, "?vendor=" + canaryTyped, "?" + canaryTyped + "=%zz"} {
		for _, endpoint := range []string{"return", "finish", "status", "notify", "start", canaryTyped} {
			a.visitor().get(a.app + "/face/" + endpoint + query)
		}
	}
	mallory := a.person("mallory")
	mallory.get(a.app + "/face/finish?session=" + c.session)
	mallory.get(a.app + "/face/status?session=" + c.session)

	stray := strings.NewReplacer(c.session, "AAAAAAAAAAAAAAAAAAAAAAAAAA").Replace(pair.Get("data"))
	assert.Equal(a.t, http.StatusOK, a.visitor().post(a.notifyURL(), url.Values{"data": {stray}, "sign": {sign(canarySecret, stray)}}).status)
	c.finish(c.comeBack())
}

// idle prints a kit and all that it is made of, as one looks that does nothing else
// meanwhile.
func (a *aviary) idle(key store.Key) {
	account, err := megvii.New(a.config)
	require.NoError(a.t, err)
	o := a.options
	o.Vendor, o.Store = account, store.NewMemory()
	kit, err := handlers.New(o)
	require.NoError(a.t, err)
	a.print(key, a.config, o, kit, account, account.Client())
}

// values prints what an app holds in its hands.
func (a *aviary) values() {
	ctx := a.t.Context()
	key, err := store.NewKey("canary", []byte(canarySeal))
	require.NoError(a.t, err)
	a.idle(key)
	params := megvii.Params{
		IDCardMode: megvii.IDCardGiven, Name: handlers.Hide(canaryName), IDNumber: handlers.Hide(canaryNumber),
		ImageRefs: []handlers.PrivateBytes{handlers.HideBytes([]byte(canaryName))},
	}
	begin := handlers.BeginParams{StartParams: handlers.StartParams{Params: params}, Subject: "somebody"}
	a.next(`{"notify":0}`)
	_, err = a.kit.Begin(ctx, begin)
	a.failed(err) // pictures do not go with a card
	params.ImageRefs = nil
	begin.Params = params
	started, err := a.kit.Begin(ctx, begin)
	require.NoError(a.t, err)
	page, err := url.Parse(started.URL.Reveal())
	require.NoError(a.t, err)
	a.learn("token", page.Query().Get("token"))
	session, err := a.kit.Lookup(ctx, started.Session)
	require.NoError(a.t, err)
	a.learn("biz_id", session.Ref.Reveal())
	a.print(params, begin, started, session)

	_, err = a.kit.Accept(ctx, "", handlers.Callback{
		Carrier: handlers.CarrierNotify, Method: http.MethodPost, ContentType: form, Body: []byte("data=" + canaryTyped + "&sign=" + canaryTyped),
	})
	a.failed(err)

	c := a.walk(a.person("bob"), "post", "pass")
	notice, err := a.account.Parse(handlers.Callback{Method: http.MethodPost, ContentType: form, Body: []byte(c.pair.Encode())})
	require.NoError(a.t, err)
	result := *notice.Detail.(*megvii.Result)
	require.Equal(a.t, fakeName, result.IDCard.Name.Reveal())
	a.print(notice, result)
	ask := megvii.GetResultRequest{BizID: session.Ref, ReturnImage: megvii.ReturnImageAll}
	a.print(ask)
	a.fake.Close()
	closed := assembledClient(a)
	_, err = closed.GetResult(ctx, ask)
	a.failed(err)
	_, err = closed.GetToken(ctx, megvii.GetTokenRequest{IDCardName: handlers.Hide(canaryName), IDCardNumber: handlers.Hide(canaryNumber)})
	a.failed(err)
}

// assembledClient is a client of the account at an address where nobody answers.
func assembledClient(a *aviary) *megvii.Client {
	a.t.Helper()
	config := megvii.ClientConfig{
		BaseURL: "http://127.0.0.1:1", APIKey: handlers.Hide(canaryKey), APISecret: handlers.Hide(canarySecret), InsecureDevelopment: true,
	}
	client, err := megvii.NewClient(config)
	require.NoError(a.t, err)
	a.print(config, client)
	return client
}
