package baidu

import (
	"context"
	"net/http"
	"time"

	"github.com/facegate/facegate/handlers"
)

// Ready says whether an access token is at hand or can be had, and when it ends.
// With a token in memory it costs nothing, and while OAuth is left alone after a
// failure it answers at once with what failed.
func (v *Vendor) Ready(ctx context.Context) (handlers.Readiness, error) {
	token, err := v.client.tokens.current(ctx)
	if err != nil {
		return handlers.Readiness{}, forQuery(err)
	}
	return handlers.Readiness{TokenExpires: token.expiresAt}, nil
}

// Probe makes sure of the access token, which the vendor gives for the key pair
// alone, and reads the vendor's clock. A token at hand will do: it was given for this
// pair. It does not tell whether the application may use the plan: no call that would
// is known to be free.
func (v *Vendor) Probe(ctx context.Context) (handlers.Probe, error) {
	if _, err := v.Ready(ctx); err != nil {
		return handlers.Probe{}, err
	}
	date, err := v.client.clock(ctx)
	if err != nil {
		return handlers.Probe{}, err
	}
	return handlers.Probe{Date: date, CredentialsTaken: true}, nil
}

// clock asks for the base URL itself and reads when the answer was made, whatever
// else it says. Neither key nor token goes along.
func (c *Client) clock(ctx context.Context) (time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/", nil)
	if err != nil {
		return time.Time{}, notCallable()
	}
	answer, err := c.caller.Do(ctx, request)
	if err != nil {
		return time.Time{}, callFailed("/", err)
	}
	return answer.Date(), nil
}
