package baidu

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// endpointOAuth names the OAuth endpoint in errors.
const endpointOAuth = "oauth/2.0/token"

// Lifetimes of an access token, when the vendor's own number makes no sense.
const (
	unknownTokenLife = 5 * time.Minute     // expires_in missing, zero or negative
	longestTokenLife = 30 * 24 * time.Hour // what the vendor documents
)

// grant is a fresh access token.
type grant struct {
	token handlers.Private
	life  time.Duration
}

// oauthAnswer is the answer of the OAuth endpoint. The refresh_token, scope and
// session fields beside it are of no use: a refresh_token sent as access_token is
// refused with 110.
type oauthAnswer struct {
	AccessToken      text    `json:"access_token"`
	ExpiresIn        integer `json:"expires_in"`
	Error            text    `json:"error"`
	ErrorDescription text    `json:"error_description"`
}

// fetchToken asks for an access token, and once more after trouble that passes.
// Earlier tokens stay valid, so asking twice harms nobody.
func (c *Client) fetchToken(ctx context.Context) (grant, error) {
	got, err := c.askToken(ctx)
	if err == nil || !passes(err) || sleep(ctx, jittered(firstWait)) != nil {
		return got, err
	}
	return c.askToken(ctx)
}

// askToken asks once.
func (c *Client) askToken(ctx context.Context) (grant, error) {
	query := url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {c.apiKey.Reveal()},
		"client_secret": {c.secretKey.Reveal()},
	}
	status, body, err := c.post(ctx, endpointOAuth, "/"+endpointOAuth+"?"+query.Encode(), nil)
	if err != nil {
		return grant{}, err
	}
	var answer oauthAnswer
	err = strictjson.Unmarshal(body, &answer)
	switch {
	case err == nil && answer.Error != "":
		return grant{}, wrap(oauthRefusal(status, string(answer.Error), string(answer.ErrorDescription)))
	case status != http.StatusOK:
		return grant{}, wrap(httpRefusal(endpointOAuth, status))
	case err != nil:
		return grant{}, unexpected(endpointOAuth, err)
	case !plainToken(string(answer.AccessToken), 1024):
		return grant{}, unexpected(endpointOAuth, errors.New("no access_token"))
	}
	return grant{token: handlers.Hide(string(answer.AccessToken)), life: tokenLife(answer.ExpiresIn)}, nil
}

// tokenLife honours expires_in, which is 30 days as a rule and one day at some of
// the vendor's products, and clamps nonsense.
func tokenLife(expiresIn integer) time.Duration {
	switch seconds := expiresIn.value; {
	case seconds <= 0:
		return unknownTokenLife
	case seconds >= int64(longestTokenLife/time.Second):
		return longestTokenLife
	default:
		return time.Duration(seconds) * time.Second
	}
}

// plainToken reports whether text is 1 to longest printable ASCII characters
// without space.
func plainToken(text string, longest int) bool {
	if text == "" || len(text) > longest {
		return false
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
