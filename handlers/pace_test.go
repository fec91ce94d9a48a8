package handlers_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// asked notes when a vendor is asked, and says passed.
type asked struct {
	mu sync.Mutex
	at []time.Time
}

func (q *asked) answer(handlers.Session) (handlers.Notice, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.at = append(q.at, time.Now())
	return handlers.Notice{Detail: "passed"}, nil
}

// moments are when the vendor was asked.
func (q *asked) moments() []time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.at)
}

// most is the greatest number of queries within any span of that length.
func (q *asked) most(span time.Duration) int {
	all, most := q.moments(), 0
	for i, first := range all {
		within := 0
		for _, at := range all[i:] {
			if at.Sub(first) < span {
				within++
			}
		}
		most = max(most, within)
	}
	return most
}

// backlog begins sessions that are overdue once an hour and a half has passed.
func (a *app) backlog(n int) []string {
	a.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		started, err := a.kit.Begin(a.t.Context(), handlers.BeginParams{Subject: fmt.Sprintf("customer-%04d", i)})
		require.NoError(a.t, err)
		ids[i] = started.Session
	}
	return ids
}

func TestQueryRate(t *testing.T) {
	t.Run("case 166: the vendor's rate holds for all processes together, and nothing waits longer than it must", func(t *testing.T) {
		for _, rate := range []int{1, 3, 20} {
			inBubble(t, func(t *testing.T) {
				var queries asked
				a := newApp(t, func(o *handlers.Options) {
					paper := o.Vendor.(*paper)
					paper.limits.QueryRate, paper.query = rate, queries.answer
				})
				ids := a.backlog(30 * rate)
				time.Sleep(90 * time.Minute)
				began := time.Now()
				for range 3 {
					a.restart() // a replica, on the same store
					defer a.run()()
				}
				time.Sleep(2 * time.Minute)
				all := queries.moments()
				require.Len(t, all, len(ids), "each asked once")
				assert.LessOrEqual(t, queries.most(time.Second), rate)
				assert.Less(t, all[len(ids)-1].Sub(began), time.Minute, "at least half of the turns were used")
				assert.Len(t, a.results(), len(ids))
			})
		}
	})

	t.Run("a person who waits is asked for as well, and only as fast", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var queries asked
			a := newApp(t, func(o *handlers.Options) {
				paper := o.Vendor.(*paper)
				paper.limits.QueryRate, paper.query = 2, queries.answer
			})
			var waiting sync.WaitGroup
			for i := range 10 {
				person := &app{t: t, kit: a.kit} // each with a browser of her own
				id := person.start(fmt.Sprint(i))
				waiting.Go(func() { person.get("/face/finish?session=" + id) })
			}
			waiting.Wait()
			assert.LessOrEqual(t, queries.most(time.Second), 2)
			assert.NotEmpty(t, queries.moments())
		})
	})

	t.Run("a clock that is far ahead in one process does not stop the others", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var queries asked
			a := newApp(t, func(o *handlers.Options) {
				paper := o.Vendor.(*paper)
				paper.limits.QueryRate, paper.query = 5, queries.answer
			})
			_, err := a.store.Put(t.Context(), store.Record{
				Key: "p:paper", Value: []byte(`{"v":1,"next":"` + time.Now().Add(48*time.Hour).Format(time.RFC3339) + `"}`), TTL: 72 * time.Hour,
			})
			require.NoError(t, err)
			id := a.start()
			s, err := a.kit.Reconcile(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, handlers.Passed, s.Verdict)
		})
	})

	t.Run("where no turn is to be had the session comes back as it is, and no query is spent", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Vendor.(*paper).limits.QueryRate = 1 })
			ids := a.backlog(10)
			var spent atomic.Int32
			var asking sync.WaitGroup
			for _, id := range ids {
				asking.Go(func() {
					s, err := a.kit.Reconcile(t.Context(), id)
					assert.NoError(t, err)
					assert.Equal(t, handlers.Pending, s.Verdict)
					spent.Add(int32(s.Queries))
				})
			}
			asking.Wait()
			assert.EqualValues(t, a.vendor.queries(), spent.Load())
			assert.LessOrEqual(t, a.vendor.queries(), 3)
		})
	})

	t.Run("a rate below zero makes no sense", func(t *testing.T) {
		bad := newPaper()
		bad.limits.QueryRate = -1
		_, err := handlers.New(handlers.Options{Vendor: bad})
		assert.ErrorContains(t, err, "Vendor has limits that make no sense")
	})
}
