package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestBaiduOAuth(t *testing.T) {
	good := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {sandbox.BaiduAPIKey}, "client_secret": {sandbox.BaiduSecretKey},
	}
	with := func(name, value string) url.Values {
		values := url.Values{"grant_type": good["grant_type"], "client_id": good["client_id"], "client_secret": good["client_secret"]}
		values.Set(name, value)
		return values
	}
	for name, test := range map[string]struct {
		method string
		query  url.Values
		form   url.Values
		status int
		body   string // of a failure, byte for byte
	}{
		"POST with the parameters in the query": {http.MethodPost, good, nil, 200, ""},
		"GET with the parameters in the query":  {http.MethodGet, good, nil, 200, ""},
		"POST with the parameters in a form":    {http.MethodPost, nil, good, 200, ""},
		"a wrong API key":                       {http.MethodPost, with("client_id", "other"), nil, 401, `{"error_description":"unknown client id","error":"invalid_client"}` + "\n"},
		"a wrong secret key":                    {http.MethodPost, with("client_secret", "other"), nil, 401, `{"error_description":"Client authentication failed","error":"invalid_client"}` + "\n"},
		"a wrong secret key in a form":          {http.MethodPost, nil, with("client_secret", "other"), 401, `{"error_description":"Client authentication failed","error":"invalid_client"}` + "\n"},
		"another grant":                         {http.MethodPost, with("grant_type", "password"), nil, 400, `{"error_description":"The authorization grant type is not supported","error":"unsupported_grant_type"}` + "\n"},
		"no parameters at all":                  {http.MethodPost, nil, nil, 400, `{"error_description":"The authorization grant type is not supported","error":"unsupported_grant_type"}` + "\n"},
		"a method that is neither POST nor GET": {http.MethodPut, good, nil, 405, "use POST or GET\n"},
	} {
		t.Run(name, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			r := httptest.NewRequest(test.method, "/oauth/2.0/token?"+test.query.Encode(), strings.NewReader(test.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := lab.do(r)
			assert.Equal(t, test.status, w.Code)
			if test.status != http.StatusOK {
				assert.Equal(t, test.body, w.Body.String())
				return
			}
			answer := decodeBaidu(t, w)
			assert.Regexp(t, `^24\.[0-9a-f]{32}\.2592000\.\d+\.282335-00000001$`, answer["access_token"])
			assert.Regexp(t, `^25\.`, answer["refresh_token"])
			assert.Equal(t, 2592000.0, answer["expires_in"])
			assert.Equal(t, 2, lab.Calls()[sandbox.BaiduToken])
		})
	}
}

func TestBaiduOAuthRefusesAMalformedForm(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	r := httptest.NewRequest(http.MethodPost, "/oauth/2.0/token", strings.NewReader("grant_type=client_credentials&client_id=%z"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := lab.do(r)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Contains(t, w.Body.String(), "invalid_request")
}

func TestBaiduAccessTokens(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{TokenTTL: 24 * time.Hour})
	gateway := func(token string) any {
		return decodeBaidu(t, lab.rawAs(token, sandbox.BaiduGenerate, `{"plan_id":1}`))["error_code"]
	}
	first := lab.token
	second := lab.fetchToken()

	assert.NotEqual(t, first, second)
	assert.Nil(t, gateway(first), "a new token leaves the earlier one valid")
	assert.Nil(t, gateway(second))
	assert.Nil(t, gateway(second+"?aipSdk=node"), "Baidu's own SDK sends this")
	assert.Equal(t, 100.0, gateway(""))
	assert.Equal(t, 110.0, gateway("24.unknown"))
	assert.Equal(t, 110.0, gateway("25."+second[3:]), "a refresh_token is no access token")

	require.True(t, lab.Revoke(lab.tokenHash(1)))
	assert.False(t, lab.Revoke(lab.tokenHash(1)), "it is revoked already")
	assert.Nil(t, gateway(first))
	assert.Equal(t, 110.0, gateway(second))

	assert.Equal(t, 1, lab.RevokeAll())
	assert.Equal(t, 110.0, gateway(first))
	third := lab.fetchToken()
	assert.Nil(t, gateway(third), "a token fetched after the revocation works")

	lab.clock.advance(24*time.Hour - time.Second)
	assert.Nil(t, gateway(third))
	lab.clock.advance(time.Second)
	assert.Equal(t, 111.0, gateway(third), "expired is not the same as invalid")
	assert.Equal(t, 3, lab.Calls()[sandbox.BaiduToken])
}

// tokenHash reads the hash of the n-th token from the control surface.
func (l *baiduLab) tokenHash(n int) string {
	w := l.do(httptest.NewRequest(http.MethodGet, "/control/sessions", nil))
	return decodeBaidu(l.t, w)["tokens"].([]any)[n].(map[string]any)["hash"].(string)
}

func TestBaiduRevokeOverHTTP(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	revoke := func(body string) *httptest.ResponseRecorder {
		return lab.do(httptest.NewRequest(http.MethodPost, "/control/revoke", strings.NewReader(body)))
	}
	for _, body := range []string{"", `{}`, `{"all":false}`, `{"all":true,"hash":"x"}`, `{"every":true}`, `[]`} {
		assert.Equal(t, http.StatusBadRequest, revoke(body).Code, body)
	}
	assert.JSONEq(t, `{"revoked":0}`, revoke(`{"hash":"0000000000000000"}`).Body.String())
	assert.JSONEq(t, `{"revoked":1}`, revoke(`{"hash":"`+lab.tokenHash(0)+`"}`).Body.String())
	lab.token = lab.fetchToken()
	assert.JSONEq(t, `{"revoked":1}`, revoke(`{"all":true}`).Body.String())
}
