package baidu

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// sleep waits, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// jittered spreads d over half to one and a half of it.
func jittered(d time.Duration) time.Duration {
	if d <= 0 || d > math.MaxInt64/2 {
		return d
	}
	return d/2 + rand.N(d)
}
