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

// Lifetimes of an access token, when the vendor's own number makes no sense.
const (
	unknownTokenLife = 5 * time.Minute     // expires_in missing, no number, zero or negative
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
	ExpiresIn        decimal `json:"expires_in"`
	Error            text    `json:"error"`
	ErrorDescription text    `json:"error_description"`
}

// fetchToken asks for an access token once.
func (c *Client) fetchToken(ctx context.Context) (grant, error) {
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
// the vendor's products, and clamps nonsense: a token that came is good for a while.
func tokenLife(expiresIn decimal) time.Duration {
	switch seconds := expiresIn.value; {
	case seconds == nil || *seconds < 1:
		return unknownTokenLife
	case *seconds >= longestTokenLife.Seconds():
		return longestTokenLife
	default:
		return time.Duration(*seconds) * time.Second
	}
}
