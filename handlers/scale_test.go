package handlers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// thrice is a vendor that may be asked three times, so many a second, within a day and
// half an hour.
func thrice(rate int) handlers.Limits {
	return handlers.Limits{
		SessionLife: time.Hour, Retention: 24*time.Hour + 30*time.Minute, Queries: 3, ReservedQueries: 1, QueryRate: rate,
		QueryAfter: []time.Duration{65 * time.Minute, 6 * time.Hour, 20 * time.Hour},
	}
}

func TestScale(t *testing.T) {
	t.Run("case 166: five replicas ask about 10,000 overdue sessions once each, at the vendor's rate, though one is replaced and one killed",
		func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				sessions := 10_000
				if testing.Short() {
					sessions = 1_000
				}
				f := newFleet(t, thrice(500))
				all := f.begin(sessions)
				f.stop()
				time.Sleep(2 * time.Hour)
				f.start()
				f.awaitAsked(sessions/3, 1)
				f.replace(1)
				f.awaitAsked(sessions/2, 2)
				unmarked := f.kill(2)
				time.Sleep(5 * time.Second)
				f.boot(2)
				time.Sleep(10 * time.Minute)
				f.stop()

				assert.NotEmpty(t, unmarked, "the process was killed at its work")
				assert.LessOrEqual(t, len(unmarked), 16, "as many as it has workers")
				for _, c := range all {
					once := 1
					if slices.Contains(unmarked, c) {
						once = 2 // what was asked, or taken, died with the process
					}
					require.LessOrEqual(t, c.asked, once)
					require.LessOrEqual(t, len(c.taken), once)
					f.isDelivered(c, handlers.Passed)
				}
				f.keptRate()
				for i, asked := range f.shares {
					assert.Greater(t, asked, sessions/20, "server %d did its part", i)
				}
			})
		})

	t.Run("cases 141, 167: after an outage of 24 hours what the vendor still has is recovered, and the rest ends as expired, unasked",
		func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t, thrice(100), func(o *handlers.Options) { o.PollInterval = 10 * time.Second })
				before := f.begin(300)
				time.Sleep(time.Hour)
				tooLate := f.begin(300)
				time.Sleep(25 * time.Minute)
				inTime := f.begin(300)
				time.Sleep(15 * time.Minute)
				for i := range f.servers {
					f.kill(i)
				}
				time.Sleep(24 * time.Hour)
				f.start()
				time.Sleep(10 * time.Minute)
				f.stop()

				for _, c := range slices.Concat(before, inTime) {
					require.Equal(t, 1, c.asked)
					f.isDelivered(c, handlers.Passed)
				}
				for _, c := range tooLate {
					require.Zero(t, c.asked)
					f.isDelivered(c, handlers.Expired, handlers.ReasonNoStatement)
				}
				f.keptRate()
			})
		})

	t.Run("case 141: a vendor that is down for ten hours is asked as often as it allows, and the last query finds the result",
		func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t, thrice(100), func(o *handlers.Options) { o.PollInterval = time.Minute })
				f.outage(true)
				all := f.begin(300)
				time.Sleep(4 * time.Hour)
				f.replace(0)
				f.kill(1)
				f.boot(1)
				time.Sleep(6 * time.Hour)
				f.outage(false)
				time.Sleep(12 * time.Hour)
				f.stop()

				for _, c := range all {
					require.Equal(t, 3, c.asked)
					f.isDelivered(c, handlers.Passed)
				}
				f.keptRate()
			})
		})
}
