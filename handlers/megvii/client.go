package megvii

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/check"
	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

// How much of an answer is read. Only get_result carries pictures.
const (
	maxTokenAnswer  = 64 << 10
	maxResultAnswer = 16 << 20
)

// ClientConfig says whom a [Client] calls, and as whom.
type ClientConfig struct {
	// Region is where the account lives. Default [China]. Ignored if BaseURL is set.
	Region Region `validate:"omitempty,oneof=china indonesia singapore"`

	// BaseURL is the address of an API that no Region names: https, without query. The
	// browser goes there too, so for an outbound proxy set HTTPClient instead. Default:
	// the Region's.
	BaseURL string `validate:"omitempty,base_url"`

	// APIKey is the account's api_key. Required.
	APIKey handlers.Private `validate:"required,trimmed,printascii,max=256"`

	// APISecret is the account's api_secret. Required. At least 16 bytes; text that
	// sample configurations print in its place is refused.
	APISecret handlers.Private `validate:"secret"`

	// HTTPClient carries the calls; bring your own for a proxy or tracing. It is
	// copied. Redirects are never followed: they would resend the secret. Default: a
	// client with the standard transport.
	HTTPClient *http.Client `validate:"-"`

	// Timeout bounds each call as a whole. Default 15 s; clients in the field use 15
	// to 30 s.
	Timeout time.Duration `validate:"min=0"`

	// InsecureDevelopment permits plain http: for BaseURL, and for the URLs in
	// requests, there on any port. Default false. Never set it in production:
	// everyone on the way could read the secret and forge results.
	InsecureDevelopment bool
}

// Client calls Megvii's FaceID Lite API. It retries nothing: get_token may be
// billed, and get_result is answered three times at most. It is safe for
// concurrent use, and holds the secret where fmt does not print it.
type Client struct {
	base     string
	key      handlers.Private
	secret   handlers.Private
	insecure bool
	checker  *check.Checker
	tokens   *vendorhttp.Caller
	results  *vendorhttp.Caller
}

// NewClient returns a Client, or an [*InvalidError] that names every bad field.
func NewClient(config ClientConfig) (*Client, error) {
	checker := newChecker()
	if err := invalid("ClientConfig", config.problems(checker)); err != nil {
		return nil, err
	}
	return config.client(checker), nil
}

// problems returns every bad field of the config.
func (c ClientConfig) problems(checker *check.Checker) []check.Problem {
	found := checker.Struct(c)
	if !c.InsecureDevelopment && strings.HasPrefix(c.BaseURL, "http:") {
		found = append(found, check.Problem{Field: "BaseURL", Rule: "must be https: the secret travels there"})
	}
	return found
}

// client builds the Client of a config without problems.
func (c ClientConfig) client(checker *check.Checker) *Client {
	base := strings.TrimRight(c.BaseURL, "/")
	if base == "" {
		region := c.Region
		if region == "" {
			region = China
		}
		base = region.BaseURL()
	}
	call := vendorhttp.Config{Client: c.HTTPClient, Timeout: c.Timeout}
	tokens, results := call, call
	tokens.MaxBody, results.MaxBody = maxTokenAnswer, maxResultAnswer
	return &Client{
		base:     base,
		key:      c.APIKey,
		secret:   c.APISecret,
		insecure: c.InsecureDevelopment,
		checker:  checker,
		tokens:   vendorhttp.New(tokens),
		results:  vendorhttp.New(results),
	}
}

// origin is the scheme and host of the vendor's pages.
func (c *Client) origin() string {
	base, err := url.Parse(c.base)
	if err != nil {
		return c.base // newClient has parsed it before
	}
	return base.Scheme + "://" + base.Host
}

// PageURL is the vendor's page for a token: send the browser there once, by GET.
// Do not fetch it on the server; its scripts belong to the vendor's origin.
func (c *Client) PageURL(token handlers.Private) handlers.Private {
	return handlers.Hide(c.base + "/faceid/lite/do?token=" + url.QueryEscape(token.Reveal()))
}
