package megvii

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/check"
)

// Config makes a [Vendor] of one Megvii account. New copies it: changes afterwards
// do nothing.
type Config struct {
	// Name tells this account from the kit's other vendors, in URLs, records and
	// logs. Lower-case letters, digits and dashes. Default "megvii".
	Name string `validate:"account_name"`

	// Region is where the account lives. Default [China]. Ignored if BaseURL is set.
	Region Region

	// BaseURL is the address of an API that no Region names: https, without query. The
	// browser goes there too, so for an outbound proxy set HTTPClient instead. Default:
	// the Region's.
	BaseURL string

	// APIKey is the account's api_key. Required.
	APIKey handlers.Private

	// APISecret is the account's api_secret. It goes along with every call, and it
	// signs callbacks. Required. At least 16 bytes; text that sample configurations
	// print in its place is refused, and so is white space at either end.
	APISecret handlers.Private

	// PreviousAPISecret also verifies callbacks, and the memory of sessions that were
	// begun under it. Set it while a secret is being changed, for as long as a session
	// and its result live (a day), then remove it. Default none.
	PreviousAPISecret handlers.Private `validate:"omitempty,secret"`

	// HTTPClient carries the calls; bring your own for a proxy or tracing. It is
	// copied. Redirects are never followed. Default: a client with the standard
	// transport.
	HTTPClient *http.Client `validate:"-"`

	// Timeout bounds each call as a whole. Default 15 s.
	Timeout time.Duration

	// Defaults are the parameters of every start, save those that only a start can
	// know: ReturnURL, NotifyURL, BizNo, IDCardName, IDCardNumber, UUID and ImageRefs
	// must be empty. ComparisonType is required, and IDCardMode where it needs one.
	// [Params] changes some of them for one start.
	Defaults GetTokenRequest

	// Policy turns a result into a verdict. Default: the zero value, which is safe; see
	// [Policy].
	Policy Policy

	// ReturnImage says which pictures a query fetches. With anything but
	// [ReturnImageNone] the kit spends one query after a verdict of a session that
	// ended OK, keeps the pictures until OnResult has succeeded, and hands them to it.
	// Default [ReturnImageNone]: faces that are not kept cannot leak.
	ReturnImage ReturnImage `validate:"omitempty,oneof=0 1 2 3 4 5 6"`

	// SessionLife is how long a person has, counted from get_token. It must be what
	// the account's scene says in the vendor's console: 5, 10, 15, 30 or 60 minutes.
	// Default 60 min, which is the console's default.
	SessionLife time.Duration `validate:"min=1m,max=24h"`

	// Retention is how long get_result answers, counted from get_token. Default 24 h,
	// by today's vendor pages; older ones said three months.
	Retention time.Duration `validate:"min=1h"`

	// Queries is how many times get_result answers for one session. Default 3, by
	// today's vendor pages. One of them is kept for the reconciler.
	Queries int `validate:"min=1,max=100"`

	// QueryRate is how many results per second all processes together ask for at most;
	// the kit shares it out through its store, and what is above it waits. Starts are not
	// held back. Default 0: no limit of our own. The vendor publishes no number; set one
	// if it answers CONCURRENCY_LIMIT_EXCEEDED after an outage of yours, when thousands
	// of sessions are due at once.
	QueryRate int `validate:"min=0,max=10000"`

	// QueryAfter says when the reconciler asks for a session of which nothing was
	// heard, counted from its start, ascending and within Retention. Default: 5 min,
	// 6 h and 20 h after SessionLife, as far as they fit. The vendor does not say
	// whether it sends a lost notify again, so the first must come soon enough for the
	// person, and the last late enough for an outage of yours.
	QueryAfter []time.Duration

	// AcceptMultipart also reads callbacks sent as multipart/form-data. Default false:
	// the vendor sends urlencoded forms. Set it if your deployment answers 415 to real
	// callbacks.
	AcceptMultipart bool

	// InsecureDevelopment permits plain http, for BaseURL and for the app's own
	// address, and any port for notify. Default false. Never set it in production:
	// everyone on the way could read the secret and forge results.
	InsecureDevelopment bool
}

// withDefaults fills what is zero and copies what is shared.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = "megvii"
	}
	if c.SessionLife == 0 {
		c.SessionLife = time.Hour
	}
	if c.Retention == 0 {
		c.Retention = 24 * time.Hour
	}
	if c.Queries == 0 {
		c.Queries = 3
	}
	c.QueryAfter = slices.Clone(c.QueryAfter)
	if c.QueryAfter == nil {
		for _, after := range []time.Duration{5 * time.Minute, 6 * time.Hour, 20 * time.Hour} {
			if at := c.SessionLife + after; at < c.Retention {
				c.QueryAfter = append(c.QueryAfter, at)
			}
		}
	}
	c.Defaults.IDCardUneditableFields = slices.Clone(c.Defaults.IDCardUneditableFields)
	c.Defaults.Extra = maps.Clone(c.Defaults.Extra)
	c.Policy.Comparisons = slices.Clone(c.Policy.Comparisons)
	c.Policy.Verdicts = maps.Clone(c.Policy.Verdicts)
	return c
}

// clientConfig is the part that a [Client] needs.
func (c Config) clientConfig() ClientConfig {
	return ClientConfig{
		Region:              c.Region,
		BaseURL:             c.BaseURL,
		APIKey:              c.APIKey,
		APISecret:           c.APISecret,
		HTTPClient:          c.HTTPClient,
		Timeout:             c.Timeout,
		InsecureDevelopment: c.InsecureDevelopment,
	}
}

// problems returns every bad field of a config with its defaults filled in.
func (c Config) problems(checker *check.Checker) []check.Problem {
	found := c.clientConfig().problems(checker)
	found = append(found, c.ownProblems(checker)...)
	found = append(found, c.scheduleProblems()...)
	return append(found, c.defaultsProblems(checker)...)
}

// ownProblems applies the tags, save those inside Defaults: the requests' rules
// hold for a whole request only.
func (c Config) ownProblems(checker *check.Checker) []check.Problem {
	c.Defaults = complete(GetTokenRequest{ComparisonType: CompareNothing})
	found := checker.Struct(c)
	if err := c.Policy.Validate(); err != nil {
		found = append(found, check.Problem{Field: "Policy", Rule: "is not valid: " + err.Error()})
	}
	if !c.PreviousAPISecret.IsZero() && c.PreviousAPISecret.Equal(c.APISecret) {
		found = append(found, check.Problem{Field: "PreviousAPISecret", Rule: "must differ from APISecret"})
	}
	return found
}

// scheduleProblems checks the times against each other.
func (c Config) scheduleProblems() (found []check.Problem) {
	if c.Retention < c.SessionLife {
		found = append(found, check.Problem{Field: "Retention", Rule: "must be at least SessionLife"})
	}
	for i, at := range c.QueryAfter {
		if at <= 0 || at >= c.Retention || i > 0 && at <= c.QueryAfter[i-1] {
			return append(found, check.Problem{Field: "QueryAfter", Rule: "must ascend between 0 and Retention"})
		}
	}
	return found
}

// defaultsProblems checks Defaults as a request would be, with what only a start
// knows filled in.
func (c Config) defaultsProblems(checker *check.Checker) (found []check.Problem) {
	d := c.Defaults
	for _, only := range []struct {
		field string
		set   bool
	}{
		{"ReturnURL", d.ReturnURL != ""}, {"NotifyURL", d.NotifyURL != ""}, {"BizNo", d.BizNo != ""},
		{"IDCardName", !d.IDCardName.IsZero()}, {"IDCardNumber", !d.IDCardNumber.IsZero()},
		{"UUID", d.UUID != ""}, {"ImageRefs", len(d.ImageRefs) > 0},
	} {
		if only.set {
			found = append(found, check.Problem{Field: "Defaults." + only.field, Rule: "must be empty: only a start knows it"})
		}
	}
	if d.encrypted() {
		found = append(found, check.Problem{Field: "Defaults.EncryptionType", Rule: "must be off here: encrypt and call the Client yourself"})
	}
	d = complete(d)
	for _, p := range d.problems(checker, c.InsecureDevelopment) {
		p.Field = "Defaults." + p.Field
		found = append(found, p)
	}
	return found
}

// complete fills in what only a start knows, so that the rules speak of the rest.
func complete(d GetTokenRequest) GetTokenRequest {
	d.ReturnURL, d.NotifyURL, d.BizNo, d.UUID = "https://app.invalid/return", "https://app.invalid/notify", "session", "person"
	d.IDCardName, d.IDCardNumber, d.ImageRefs = handlers.Private{}, handlers.Private{}, nil
	switch {
	case d.ComparisonType == CompareWithImageRefs:
		d.ImageRefs = []handlers.PrivateBytes{handlers.HideBytes([]byte("\xff\xd8\xff"))}
	case d.ComparisonType == CompareWithIDCard && d.IDCardMode == IDCardGiven:
		d.IDCardName, d.IDCardNumber = handlers.Hide("某人"), handlers.Hide("00000019900101000X")
	}
	return d
}
