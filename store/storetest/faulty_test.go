package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// methods calls every method of a store once, and looks below whether it was carried
// out; a read always leaves things as they were.
func methods() map[string]func(ctx context.Context, s store.Store, base *naive) (done bool, err error) {
	return map[string]func(context.Context, store.Store, *naive) (bool, error){
		"Get": func(ctx context.Context, s store.Store, base *naive) (bool, error) {
			before := base.counted()
			rec, err := s.Get(ctx, "kept")
			if err != nil && rec.Key != "" {
				err = errors.New("a call that fails returns a record")
			}
			return base.counted() > before, err
		},
		"Put": func(ctx context.Context, s store.Store, base *naive) (bool, error) {
			version, err := s.Put(ctx, record("new", "value"))
			if err != nil && version != 0 {
				err = errors.New("a call that fails returns a version")
			}
			_, there := base.find("new")
			return there, err
		},
		"Delete": func(ctx context.Context, s store.Store, base *naive) (bool, error) {
			rec, _ := base.find("kept")
			err := s.Delete(ctx, "kept", rec.Version)
			_, there := base.find("kept")
			return !there, err
		},
		"Due": func(ctx context.Context, s store.Store, base *naive) (bool, error) {
			before := base.counted()
			keys, err := s.Due(ctx, moment(0), 10)
			if err != nil && keys != nil {
				err = errors.New("a call that fails returns keys")
			}
			return base.counted() > before, err
		},
	}
}

// counted is how many calls have reached the store.
func (n *naive) counted() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls
}

func TestFaultyDoesToACallWhatItsKindSays(t *testing.T) {
	own := errors.New("the app's own")
	for _, tt := range []struct {
		name  string
		fault Fault
		err   error
		done  bool
		takes time.Duration
	}{
		{"no kind spoils nothing", Fault{}, nil, true, 0},
		{"a refused call does not reach the engine", Fault{Kind: Refused}, ErrFault, false, 0},
		{"a refused call fails with the error that is asked for", Fault{Kind: Refused, Err: own}, own, false, 0},
		{"a lost call was carried out", Fault{Kind: Lost}, ErrFault, true, 0},
		{"a lost call fails with the error that is asked for", Fault{Kind: Lost, Err: own}, own, true, 0},
		{"a stuck call reaches the engine after a while", Fault{Kind: Stuck, For: time.Second}, nil, true, time.Second},
		{"a call stuck for too long never does", Fault{Kind: Stuck, For: time.Hour}, context.DeadlineExceeded, false, time.Minute},
		{"a call stuck for ever never does", Fault{Kind: Stuck}, context.DeadlineExceeded, false, time.Minute},
		{"a late answer comes after a while", Fault{Kind: Late, For: time.Second}, nil, true, time.Second},
		{"an answer that is too late is that of a call carried out", Fault{Kind: Late, For: time.Hour}, context.DeadlineExceeded, true, time.Minute},
		{"an answer may never come", Fault{Kind: Late}, context.DeadlineExceeded, true, time.Minute},
	} {
		for method, call := range methods() {
			t.Run(tt.name+": "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					base := newNaive("", time.Now)
					s := &Faulty{Base: base}
					due := record("kept", "value")
					due.Due = moment(0)
					_, err := s.Put(t.Context(), due)
					require.NoError(t, err)
					s.Break(tt.fault)
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					began := time.Now()
					done, err := call(ctx, s, base)
					require.ErrorIs(t, err, tt.err)
					assert.Equal(t, tt.done, done, "carried out")
					assert.Equal(t, tt.takes, time.Since(began).Truncate(time.Millisecond))
				})
			})
		}
	}
}

func TestFaultySpoilsTheCallsThatItIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Faulty{Base: newNaive("", time.Now)}
		// spoilt makes ten calls, Get and Due in turn, and tells which failed.
		spoilt := func() (failed []int) {
			for n := 1; n <= 10; n++ {
				var err error
				if n%2 == 1 {
					_, err = s.Get(t.Context(), "absent")
				} else {
					_, err = s.Due(t.Context(), moment(0), 1)
				}
				if errors.Is(err, ErrFault) {
					failed = append(failed, n)
				}
			}
			return failed
		}
		for _, tt := range []struct {
			fault Fault
			want  []int
		}{
			{Fault{}, nil},
			{Fault{Kind: Refused}, []int{1}},
			{Fault{Kind: Refused, Nth: 10}, []int{10}},
			{Fault{Kind: Refused, Nth: 11}, nil},
			{Fault{Kind: Lost, Nth: 3, Calls: 4}, []int{3, 4, 5, 6}},
			{Fault{Kind: Refused, Nth: 7, Calls: math.MaxInt}, []int{7, 8, 9, 10}},
			{Fault{Kind: Refused, Nth: 2, Calls: 2, Method: "Get"}, []int{3, 5}},
			{Fault{Kind: Lost, Nth: 5, Method: "Due"}, []int{10}},
			{Fault{Kind: Refused, Method: "Put"}, nil},
		} {
			s.Break(tt.fault)
			assert.Equal(t, tt.want, spoilt(), fmt.Sprintf("%+v", tt.fault))
			assert.Equal(t, len(tt.want), s.Spoilt())
		}
		assert.Equal(t, 90, s.Calls())
		s.Break(Fault{Kind: Refused, Calls: math.MaxInt})
		_, err := s.Get(t.Context(), "absent")
		require.ErrorIs(t, err, ErrFault)
		s.Mend()
		assert.Nil(t, spoilt())
		assert.Equal(t, 1, s.Spoilt(), "mending forgets nothing")
	})
}

func TestFaultyWithoutAFaultKeepsTheContract(t *testing.T) {
	Run(t, Harness{
		New:    func(testing.TB) store.Store { return &Faulty{Base: newNaive("", time.Now)} },
		Around: synctest.Test,
	})
}

func TestFaultyIsADisturbanceOfTheSuite(t *testing.T) {
	var faulty *Faulty
	spoil := func(fault Fault) func(testing.TB) func() {
		return func(testing.TB) func() {
			faulty.Break(fault)
			return faulty.Mend
		}
	}
	for _, kind := range Kinds() {
		t.Run(fmt.Sprintf("an outage in which calls are %s", kind), func(t *testing.T) {
			Run(t, Harness{
				New: func(testing.TB) store.Store {
					faulty = &Faulty{Base: newNaive("", time.Now)}
					return faulty
				},
				Around:     synctest.Test,
				Outage:     spoil(Fault{Kind: kind, Calls: math.MaxInt}),
				LoseAnswer: spoil(Fault{Kind: Lost}),
			})
		})
	}
}

func TestFaultyUnwrapsToTheStoreBelow(t *testing.T) {
	base := newNaive("", time.Now)
	assert.Same(t, base, (&Faulty{Base: base}).Unwrap())
}
