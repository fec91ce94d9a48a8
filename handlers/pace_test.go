package handlers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
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

// hanging is a store that never answers about some keys.
type hanging struct {
	store.Store
	prefix string
}

func (h hanging) Get(ctx context.Context, key string) (store.Record, error) {
	if strings.HasPrefix(key, h.prefix) {
		<-ctx.Done()
		return store.Record{}, ctx.Err()
	}
	return h.Store.Get(ctx, key)
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

	t.Run("case 166: who waits for a turn does not stand in the way of other work", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			other := newPaper()
			other.name = "other"
			other.answer("passed")
			a := newApp(t, func(o *handlers.Options) {
				o.Vendor.(*paper).limits.QueryRate = 1
				o.OtherVendors = []handlers.Vendor{other}
			})
			a.vendor.answer("passed")
			a.backlog(1000)
			time.Sleep(time.Second)
			began, err := a.kit.Begin(t.Context(), handlers.BeginParams{Subject: "bob", StartParams: handlers.StartParams{Vendor: "other"}})
			require.NoError(t, err)
			time.Sleep(90 * time.Minute)
			defer a.run()()
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(began.Session).State)
			time.Sleep(40 * time.Minute)
			assert.Len(t, a.results(), 1001, "the line moves on")
			assert.Equal(t, 1000, a.vendor.queries())
		})
	})

	t.Run("the rate holds where the store is slow", func(t *testing.T) {
		for _, slow := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond} {
			inBubble(t, func(t *testing.T) {
				var queries asked
				late := &storetest.Faulty{Base: store.NewMemory()}
				a := newApp(t, func(o *handlers.Options) {
					paper := o.Vendor.(*paper)
					paper.limits.QueryRate, paper.query = 20, queries.answer
					o.Store, o.Keys = late, []store.Key{testKey(t)}
				})
				a.backlog(200)
				time.Sleep(90 * time.Minute)
				late.Break(storetest.Fault{Kind: storetest.Late, Method: "Put", Calls: math.MaxInt, For: slow})
				for range 3 {
					a.restart()
					defer a.run()()
				}
				time.Sleep(20 * time.Minute)
				assert.Len(t, queries.moments(), 200, slow)
				assert.LessOrEqual(t, queries.most(time.Second), 20, slow)
			})
		}
	})

	t.Run("a record of turns that hangs keeps nobody waiting for others who wait", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) {
				o.Vendor.(*paper).limits.QueryRate = 5
				o.MaxAttempts = 100
				o.Store, o.Keys = hanging{store.NewMemory(), "p:"}, []store.Key{testKey(t)}
			})
			var waiting sync.WaitGroup
			began := time.Now()
			for i := range 50 {
				person := &app{t: t, kit: a.kit}
				id := person.start(fmt.Sprint(i))
				waiting.Go(func() { person.get("/face/finish?session=" + id) })
			}
			waiting.Wait()
			assert.Less(t, time.Since(began), 10*time.Second)
		})
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
