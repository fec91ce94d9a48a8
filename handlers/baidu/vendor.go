package baidu

import (
	"time"

	"github.com/facegate/facegate/handlers"
)

// Vendor is one plan at Baidu for the kit. Baidu signs nothing and notifies
// nobody: the browser's return is a hint, and only an answer to our own query
// decides.
type Vendor struct {
	config Config
	client *Client
}

var _ handlers.Vendor = (*Vendor)(nil)

// New returns a vendor for the kit, or an error that names every bad field of
// config.
func New(config Config) (*Vendor, error) {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return nil, err
	}
	return &Vendor{config: config, client: newClient(config)}, nil
}

// Client returns the client under the vendor, for the endpoints that the kit does
// not need.
func (v *Vendor) Client() *Client { return v.client }

// Name is [Config.Name].
func (v *Vendor) Name() string { return v.config.Name }

// Limits are the vendor's rules of time and budget. Half of the queries are kept
// for the reconciler.
func (v *Vendor) Limits() handlers.Limits {
	return handlers.Limits{
		SessionLife: v.config.SessionLife, Retention: v.config.Retention,
		Queries: v.config.Queries, ReservedQueries: v.config.Queries / 2, QueryRate: v.config.QueryRate,
		QueryAfter: append([]time.Duration(nil), v.config.QueryAfter...), PageOrigins: v.config.pageOrigins(),
	}
}
