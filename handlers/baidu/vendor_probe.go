package baidu

import (
	"context"

	"github.com/facegate/facegate/handlers"
)

// Ready says whether an access token is at hand or can be had, and when it ends.
func (v *Vendor) Ready(ctx context.Context) (handlers.Readiness, error) {
	return handlers.Readiness{}, v.client.Ready(ctx)
}

// Probe makes sure of the access token and reads the vendor's clock.
func (v *Vendor) Probe(ctx context.Context) (handlers.Probe, error) {
	return handlers.Probe{}, v.client.Ready(ctx)
}
