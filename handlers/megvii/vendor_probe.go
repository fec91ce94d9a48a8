package megvii

import (
	"context"

	"github.com/facegate/facegate/handlers"
)

// Ready is always nil: the account has no access token, its key and secret go along
// with every call.
func (v *Vendor) Ready(context.Context) (handlers.Readiness, error) {
	return handlers.Readiness{}, nil
}

// Probe asks for the result of a session that does not exist.
func (v *Vendor) Probe(ctx context.Context) (handlers.Probe, error) {
	return handlers.Probe{}, nil
}
