package baidu

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

// queryTries is how often a query is tried within one call, for the vendor's
// passing troubles. Queries change nothing there and are not billed.
const queryTries = 3

// firstWait is the pause before a second try, with jitter; it doubles.
const firstWait = 200 * time.Millisecond

// Client calls the server APIs, one typed method per endpoint. It fetches, shares
// and renews access tokens by itself. It is safe for concurrent use.
//
// Every method fails with a [*handlers.Error]; where the vendor refused, an
// [*APIError] is in its chain. No error holds a token, a name, a number, a URL or
// a payload.
type Client struct {
	apiKey, secretKey handlers.Private
	planID            string
	base, entry       string
	caller            *vendorhttp.Caller
	tokens            *tokens
	pacer             pacer
}

// NewClient returns a client without the kit. It reads the fields of config that
// concern calls: the keys, PlanID, the URLs, HTTPClient, Timeout, MaxBody, QPS,
// Tokens and, for the age of kept tokens, Retention.
func NewClient(config Config) (*Client, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, err
	}
	return newClient(config), nil
}

// newClient builds a client of a checked config.
func newClient(config Config) *Client {
	c := &Client{
		apiKey: config.APIKey, secretKey: config.SecretKey, planID: config.PlanID,
		base: strings.TrimSuffix(config.BaseURL, "/"), entry: config.EntryURL,
		caller: vendorhttp.New(vendorhttp.Config{Client: config.HTTPClient, MaxBody: config.MaxBody, Timeout: config.Timeout}),
	}
	if config.QPS > 0 {
		c.pacer.interval = time.Second / time.Duration(config.QPS)
	}
	c.tokens = &tokens{
		store: config.Tokens, key: tokenKey(c.base, c.apiKey, c.secretKey),
		fetch: c.fetchToken, keep: config.Retention, lease: 2*config.Timeout + 5*time.Second,
	}
	return c
}

// Ready reports whether an access token is at hand or can be had: nil, or the
// error that every call would get, such as CodeVendorMisconfigured for a wrong
// key pair. It asks OAuth only when there is no token, and not while OAuth is left
// alone after a failure, so a readiness probe may call it.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.tokens.current(ctx)
	return err
}

// call is one request to an endpoint.
type call struct {
	endpoint string
	body     []byte
	tries    int
}

// newCall encodes the body.
func newCall(endpoint string, tries int, body any) (call, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		// The encoder's text may quote what it encodes.
		return call{}, invalid(handlers.CodeInvalidInput, endpoint+": a parameter is not valid UTF-8")
	}
	return call{endpoint, encoded, tries}, nil
}

// send makes the call with the current access token. When the vendor refuses that
// (110, 111), it is replaced and the call made once more: a refused token means
// that nothing was processed. It returns the token that was used last.
func (c *Client) send(ctx context.Context, call call, decode decoder) (access, error) {
	token, err := c.tokens.current(ctx)
	if err != nil {
		return token, err
	}
	err = c.exchange(ctx, call, token, decode)
	if !accessRefused(err) {
		return token, err
	}
	token, err = c.tokens.replace(ctx, token.generation)
	if err != nil {
		return token, err
	}
	return token, c.exchange(ctx, call, token, decode)
}

// sendAs makes a call about a verify_token with the access token that made it, and
// with the current one if the vendor does not serve that. own reports whether the
// maker, where one is named, could still be used.
func (c *Client) sendAs(ctx context.Context, call call, generation string, decode decoder) (own bool, err error) {
	own, answered := generation == "", false
	maker, known := c.tokens.maker(ctx, generation)
	if known && !c.tokens.isCurrent(maker) {
		served, err := c.sendOld(ctx, call, maker, decode)
		if served || (err != nil && !accessRefused(err)) {
			return true, err
		}
		own, answered = err == nil, err == nil
	}
	used, err := c.send(ctx, call, decode)
	if answered {
		err = later(err)
	}
	return own || used.generation == generation, err
}

// sendOld makes the call with an older access token. It is not served when the vendor
// refuses the access token, which is then forgotten, or the verify_token under it.
func (c *Client) sendOld(ctx context.Context, call call, maker access, decode decoder) (served bool, err error) {
	var head envelope
	err = c.exchange(ctx, call, maker, func(body []byte) (envelope, error) {
		var err error
		head, err = decode(body)
		return head, err
	})
	if accessRefused(err) {
		c.tokens.forget(ctx, maker.generation)
	}
	return err == nil && (head.Success.isTrue() || !isTokenInvalid(string(head.Message))), err
}

// accessRefused reports whether the vendor refused the access token itself.
func accessRefused(err error) bool {
	refused := refusedBy(err)
	return refused != nil && (refused.Code == codeTokenInvalid || refused.Code == codeTokenExpired)
}

// exchange makes the call with one access token, and again after trouble that
// passes, if the call may be repeated.
func (c *Client) exchange(ctx context.Context, call call, token access, decode decoder) error {
	wait, reached := firstWait, false
	for try := 1; ; try++ {
		err := c.once(ctx, call, token, decode)
		if reached {
			err = later(err)
		}
		if err == nil || try >= call.tries || !passes(err) {
			return err
		}
		if sleep(ctx, jittered(wait)) != nil {
			return err
		}
		wait *= 2
		reached = handlers.CodeOf(err) != handlers.CodeVendorNotSent
	}
}

// later is an error of a call that followed one of the same question: where that has
// reached the vendor, it can no longer be said that nothing did.
func later(err error) error {
	if failed, ok := errors.AsType[*handlers.Error](err); ok && failed.Code == handlers.CodeVendorNotSent {
		return &handlers.Error{Code: handlers.CodeVendorUnavailable, Reason: failed.Reason, Err: err}
	}
	return err
}

// passes reports whether an error is worth another try at once: the connection or
// the vendor stumbled. A refusal for the rate is not, nor is a broken answer.
func passes(err error) bool {
	if refused := refusedBy(err); refused != nil {
		return refused.Class == ClassTransient && refused.Retryable()
	}
	_, broken := errors.AsType[*vendorhttp.CallError](err)
	return broken && !errors.Is(err, vendorhttp.ErrTooLarge) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// once makes the call one time.
func (c *Client) once(ctx context.Context, call call, token access, decode decoder) error {
	if err := c.pacer.wait(ctx); err != nil {
		return err
	}
	path := apiPath + call.endpoint + "?access_token=" + url.QueryEscape(token.token.Reveal())
	status, body, err := c.post(ctx, call.endpoint, path, call.body)
	if err != nil {
		return err
	}
	head, err := decode(body)
	if refused := head.gateway(call.endpoint); err == nil && refused != nil {
		if refused.Class == ClassRate {
			c.pacer.rest(time.Now())
		}
		return wrap(refused)
	}
	if status != http.StatusOK {
		return wrap(httpRefusal(call.endpoint, status))
	}
	if err != nil {
		return unexpected(call.endpoint, err)
	}
	return nil
}

// post sends one request and returns the answer of whatever status.
func (c *Client) post(ctx context.Context, endpoint, path string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, notCallable()
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.caller.Do(ctx, request)
	if err != nil {
		return 0, nil, callFailed(endpoint, err)
	}
	if response.Status == http.StatusOK && !response.MayBeJSON() {
		return 0, nil, unexpected(endpoint, errors.New("its Content-Type is not that of JSON"))
	}
	return response.Status, response.Body, nil
}

// notCallable stands for an error of net/http, whose text would hold the URL.
func notCallable() error {
	return &handlers.Error{Code: handlers.CodeVendorNotSent, Err: errors.New("baidu: the request's URL is not valid")}
}

// callFailed maps a call without an answer.
func callFailed(endpoint string, err error) error {
	code := handlers.CodeVendorUnavailable
	if broken, ok := errors.AsType[*vendorhttp.CallError](err); ok && !broken.Sent {
		code = handlers.CodeVendorNotSent
	}
	return &handlers.Error{Code: code, Err: &endpointError{endpoint, err}}
}

// endpointError says at which endpoint a call broke.
type endpointError struct {
	endpoint string
	err      error
}

func (e *endpointError) Error() string { return "baidu: " + e.endpoint + ": " + e.err.Error() }
func (e *endpointError) Unwrap() error { return e.err }
