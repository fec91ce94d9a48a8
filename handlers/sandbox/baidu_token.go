package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// baiduToken is one access token. Tokens are independent: a new one leaves the
// earlier ones valid.
type baiduToken struct {
	text    string
	app     string // API key
	appID   string
	expires time.Time
	revoked bool
}

func (t *baiduToken) state(now time.Time) string {
	switch {
	case t.revoked:
		return "revoked"
	case !now.Before(t.expires):
		return "expired"
	}
	return "valid"
}

// oauth gives out access tokens. The parameters come in the query, as
// documented, or in a form; the body may also be anything else, then unread.
func (b *Baidu) oauth(r *http.Request) baiduAnswer {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return baiduText(http.StatusMethodNotAllowed, "use POST or GET")
	}
	params := r.URL.Query()
	if params.Get("grant_type") == "" && params.Get("client_id") == "" {
		r.Body = http.MaxBytesReader(nil, r.Body, 1<<16)
		if err := r.ParseForm(); err != nil {
			return baiduOAuthError(http.StatusBadRequest, "invalid_request", "malformed form")
		}
		params = r.PostForm
	}
	return b.grant(params)
}

func (b *Baidu) grant(params url.Values) baiduAnswer {
	if params.Get("grant_type") != "client_credentials" {
		return baiduOAuthError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported")
	}
	for _, app := range b.apps {
		if params.Get("client_id") != app.APIKey {
			continue
		}
		if params.Get("client_secret") != app.SecretKey {
			return baiduOAuthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		}
		return b.issue(app)
	}
	return baiduOAuthError(http.StatusUnauthorized, "invalid_client", "unknown client id")
}

// baiduOAuthError is the OAuth endpoint's own envelope. Unlike the API's errors
// it comes with HTTP 401; the order of members and the line feed are as seen on
// the wire.
func baiduOAuthError(status int, code, description string) baiduAnswer {
	answer := baiduJSON(status, baiduObject{{"error_description", description}, {"error", code}})
	answer.body = append(answer.body, '\n')
	return answer
}

func (b *Baidu) issue(app BaiduApp) baiduAnswer {
	const hex = "0123456789abcdef"
	seconds := max(int64(b.config.TokenTTL/time.Second), 1)
	now := b.config.Now()

	b.mu.Lock()
	defer b.mu.Unlock()
	token := &baiduToken{app: app.APIKey, appID: app.AppID, expires: now.Add(time.Duration(seconds) * time.Second)}
	token.text = fmt.Sprintf("24.%s.%d.%d.282335-%s", b.text(hex, 32), seconds, token.expires.Unix(), app.AppID)
	b.forgetTokens(now)
	b.tokens[token.text] = token
	b.issued = append(b.issued, token)

	const tenYears = 315360000
	answer := baiduJSON(http.StatusOK, baiduObject{
		{"refresh_token", fmt.Sprintf("25.%s.%d.%d.282335-%s", b.text(hex, 32), tenYears, now.Unix()+tenYears, app.AppID)},
		{"expires_in", seconds},
		{"scope", "public brain_all_scope solution_face wise_adapt"},
		{"session_key", "FAKE_SESSION_KEY"},
		{"access_token", token.text},
		{"session_secret", b.text(hex, 32)},
	})
	// The real endpoint sets this cookie for a domain it may not set it for.
	answer.header = map[string]string{"Set-Cookie": "BAIDUID=FAKE:FG=1; path=/; domain=baidu.com; version=1"}
	return answer
}

// forgetTokens drops tokens a day after their end, until when they are answered as
// expired and not as unknown, and the oldest when there are too many. The caller
// holds the lock.
func (b *Baidu) forgetTokens(now time.Time) {
	const most = 100_000
	for len(b.issued) >= most || len(b.issued) > 0 && now.Sub(b.issued[0].expires) > 24*time.Hour {
		delete(b.tokens, b.issued[0].text)
		b.issued = b.issued[1:]
	}
}

// authorize returns the token an API call came with, or the gateway's code
// against it.
func (b *Baidu) authorize(r *http.Request) (*baiduToken, int) {
	text := r.URL.Query().Get("access_token")
	// Baidu's own Node SDK appends a second "?aipSdk=node" behind the token.
	text, _, _ = strings.Cut(text, "?")
	if text == "" {
		return nil, 100
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	token := b.tokens[text]
	switch {
	case token == nil || token.revoked: // a refresh_token is not among them
		return nil, 110
	case !b.config.Now().Before(token.expires):
		return nil, 111
	}
	return token, 0
}

// RevokeAll makes every access token given out so far invalid and returns how
// many were valid. Later tokens are not touched.
func (b *Baidu) RevokeAll() int { return b.revoke(func(*baiduToken) bool { return true }) }

// Revoke makes one access token invalid, named by the hash GET
// /control/sessions lists, and reports whether it was valid.
func (b *Baidu) Revoke(hash string) bool {
	return b.revoke(func(t *baiduToken) bool { return baiduHash(t.text) == hash }) > 0
}

func (b *Baidu) revoke(which func(*baiduToken) bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, n := b.config.Now(), 0
	for _, token := range b.issued {
		if token.state(now) == "valid" && which(token) {
			token.revoked = true
			n++
		}
	}
	return n
}
