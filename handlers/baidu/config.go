package baidu

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/check"
	"github.com/facegate/facegate/store"
)

// Config is one application at Baidu AI Cloud with one plan of its H5 real-name
// verification. [New] and [NewClient] check it once, name every bad field and keep
// a copy.
type Config struct {
	// Name tells this account from the kit's others. Lower-case letters, digits and
	// dashes. Default "baidu".
	Name string `validate:"account_name"`

	// APIKey and SecretKey are the application's key pair in the vendor's console.
	// Required. The SecretKey also keys the hashes of what a person was asked to
	// confirm, so sessions that are open when it changes end in review.
	APIKey    handlers.Private `validate:"secret"`
	SecretKey handlers.Private `validate:"secret"`

	// PlanID is the plan's id in the vendor's console. Required. Nobody else's will
	// do: a plan belongs to one application.
	PlanID string `validate:"required,max=64,printascii,trimmed"`

	// EntryURL is the hosted page: one of the Entry constants, or another path on
	// their hosts, without a query. Default [EntryStandard]. The plan's tier decides.
	EntryURL string `validate:"-"`

	// BaseURL is where the server APIs are. Default [DefaultBaseURL]; change it for a
	// proxy of your own or a test double. https.
	BaseURL string `validate:"-"`

	// HTTPClient makes the calls; its transport is yours to trace and limit. It is
	// copied, and redirects are never followed. Default: a plain client.
	HTTPClient *http.Client `validate:"-"`

	// Timeout bounds each call to its last byte. Default 10 s.
	Timeout time.Duration `validate:"min=0"`

	// MaxBody caps an answer in bytes. Default 32 MiB: a detail may carry two
	// pictures of 10 MB.
	MaxBody int64 `validate:"min=0"`

	// QPS is how many calls per second this process makes at most; further ones wait
	// up to 2 s and are then refused with CodeVendorThrottled. Default 0: no limit of
	// our own. The vendor publishes no number; set what was bought, divided by the
	// number of processes.
	QPS int `validate:"min=0,max=10000"`

	// QueryRate is how many results per second all processes together ask for at most;
	// the kit shares it out through its store, and what is above it waits. Default 0: no
	// limit of our own. It differs from QPS, which is of this process alone and covers
	// every call, starts too. To ask for one result takes one call, two with UseGetAll,
	// and more when a call is repeated after trouble that passes.
	QueryRate int `validate:"min=0,max=10000"`

	// Tokens is where access tokens live, shared by the fleet. Required. Use the
	// kit's store, wrapped in [store.Seal], so that the engine sees no token.
	Tokens store.Store `validate:"required"`

	// SessionLife is how long the page works. Default 2 h, the vendor's rule.
	SessionLife time.Duration `validate:"min=0"`

	// Retention is how long results are handed out, and how long an access token is
	// kept past its rotation for the checks that it opened. Default 72 h, the
	// vendor's rule.
	Retention time.Duration `validate:"min=0"`

	// Queries is how many times one session's result is asked for. Default 8. The
	// vendor does not bill or count queries; this keeps them polite.
	Queries int `validate:"min=0,max=1000"`

	// QueryAfter says when the reconciler asks for a session of which nothing was
	// heard, counted from its start, ascending. Default: 10 min, 45 min, 20 min after
	// SessionLife, 24 h and 60 h. The vendor notifies nobody, so this finds the
	// people who close the page after passing.
	QueryAfter []time.Duration `validate:"dive,gt=0"`

	// RetryableURL says that the plan is set to "URL does not expire on failure":
	// the person may try again, so a failed result decides nothing before
	// SessionLife is over. Default false.
	RetryableURL bool

	// UseGetAll asks result/getall beside result/detail, as the vendor recommends
	// for the final say; disagreement is review. It costs a second call. Default
	// false.
	UseGetAll bool

	// RedirectConfig also tells the vendor's server where to send the person. Newer
	// plans only. Default false.
	RedirectConfig bool

	// RequireIDCard refuses a start without Params.Name and Params.IDNumber. Set it
	// for plans with the identity entry "specified user". Default false: on plans
	// that read the card on the page, passed means that the person is who the card
	// names, and not yet that this is your user.
	RequireIDCard bool

	// RequireImage refuses a start without Params.Image. Set it for plans with the
	// comparison source "uploaded photo". Default false.
	RequireImage bool

	// Policy turns results into verdicts. The zero value is strict.
	Policy Policy

	// NotReady says which answers mean "not finished yet". The zero value is
	// tolerant.
	NotReady NotReady

	// InsecureDevelopment permits plain http, and any host for BaseURL and EntryURL.
	// Never set it in production: everyone on the way reads and changes what passes.
	InsecureDevelopment bool
}

// NotReady says which answers of result/detail mean that the person has not
// finished. What the vendor answers then is not documented, so until the session's
// end the text [TokenInvalidMessage], every failure without a known code and a
// success without a result count as not ready; afterwards they are expired or
// review. A code for the vendor's own trouble is no result either: it is asked
// again as scheduled, and after the last scheduled query it is review.
type NotReady struct {
	// Codes are further codes that mean not ready. Default none.
	Codes []int

	// Strict says that only Codes and the text mean not ready; an answer without a
	// known code or without a result is review at once. Default false. Set it once you have seen what
	// your plan answers.
	Strict bool

	// Grace is how long after the session's end an answer still counts as not ready,
	// for people who began late. Default 15 min.
	Grace time.Duration `validate:"min=0"`
}

// withDefaults fills what is zero and copies what is shared.
func (c Config) withDefaults() Config {
	setDefault(&c.Name, "baidu")
	setDefault(&c.EntryURL, EntryStandard)
	setDefault(&c.BaseURL, DefaultBaseURL)
	setDefault(&c.Timeout, 10*time.Second)
	setDefault(&c.MaxBody, 32<<20)
	setDefault(&c.SessionLife, 2*time.Hour)
	setDefault(&c.Retention, 72*time.Hour)
	setDefault(&c.Queries, 8)
	setDefault(&c.NotReady.Grace, 15*time.Minute)
	c.QueryAfter = slices.Clone(c.QueryAfter)
	if c.QueryAfter == nil {
		c.QueryAfter = []time.Duration{10 * time.Minute, 45 * time.Minute, c.SessionLife + 20*time.Minute, 24 * time.Hour, 60 * time.Hour}
		slices.Sort(c.QueryAfter) // a page may work for minutes only
	}
	c.NotReady.Codes = slices.Clone(c.NotReady.Codes)
	c.Policy = c.Policy.withDefaults()
	return c
}

// check returns an error that names every bad field, without its value.
func (c Config) check() error {
	problems := check.New(handlers.Private{}).Struct(c)
	bad := func(field, rule string) { problems = append(problems, check.Problem{Field: field, Rule: rule}) }
	if !plainBase(c.BaseURL, c.InsecureDevelopment) {
		bad("BaseURL", "must be an absolute https URL without query and user name")
	}
	if !knownEntry(c.EntryURL) && !(c.InsecureDevelopment && plainBase(c.EntryURL, true)) {
		bad("EntryURL", "must be one of the Entry constants or another https address on their hosts")
	}
	if !slices.IsSorted(c.QueryAfter) {
		bad("QueryAfter", "must be ascending")
	}
	if c.Retention < c.SessionLife {
		bad("Retention", "must not be shorter than SessionLife")
	}
	if len(problems) > 0 {
		return errors.New("baidu: config: " + check.Text(problems))
	}
	return nil
}

// setDefault gives *field a value if it has none.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
