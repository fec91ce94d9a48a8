package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/facegate/facegate/store"
)

const (
	// paceAhead is how far ahead turns are given out. A queue that is longer is no
	// queue any more: who waits in it would hold a worker, or a person.
	paceAhead = time.Second

	// paceShare is how many times a second a process that asks all the time writes to
	// the store for its turns.
	paceShare = 4

	// longestLine bounds how far those are put off who find no turn.
	longestLine = 10 * time.Minute

	// paceLife is how long the record of an account that nobody asks is kept.
	paceLife = time.Hour
)

// errNoTurn says that the account's [Limits.QueryRate] is used up for the moment, and
// errTurnPassed that the store was too slow for the turn that there was.
var (
	errNoTurn     = errors.New("no turn to ask the vendor soon")
	errTurnPassed = fmt.Errorf("%w: it passed while the query was written down", errNoTurn)
)

// paceRecord is how all processes share an account's rate: whoever moves Next has the
// turns in between. The processes' clocks should agree within a second.
type paceRecord struct {
	Format int       `json:"v"`
	Next   time.Time `json:"next"` // the first turn that nobody has
}

func (r *paceRecord) format() int { return r.Format }

// pace holds the turns that this process has taken, by account.
type pace struct {
	mu      sync.Mutex
	turns   map[string]*turns
	crowded time.Time // until then somebody found no turn
}

// turns are the moments at which this process may ask one account.
type turns struct {
	getting chan struct{} // holds one while somebody gets more

	mu   sync.Mutex
	free []time.Time
	lead time.Duration // what a write to the store may take, by the latest ones
	last time.Time     // where the line of those ends that found no turn
}

// of returns an account's turns.
func (p *pace) of(account string) *turns {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turns == nil {
		p.turns = make(map[string]*turns)
	}
	t := p.turns[account]
	if t == nil {
		t = &turns{getting: make(chan struct{}, 1)}
		p.turns[account] = t
	}
	return t
}

// crowd notes that there was no turn, and crowdedAt asks whether that was just now.
func (p *pace) crowd(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.crowded = until
}

func (p *pace) crowdedAt(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.crowded)
}

// give adds turns, and takes back one that was not needed.
func (t *turns) give(moments ...time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free = append(t.free, moments...)
	slices.SortFunc(t.free, time.Time.Compare)
}

// take returns the next turn. Those that will have passed before the query is written
// down are void: used late, they would be a burst.
func (t *turns) take(now time.Time) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.free) > 0 {
		next := t.free[0]
		t.free = t.free[1:]
		if !next.Before(now.Add(t.lead)) {
			return next, true
		}
	}
	return time.Time{}, false
}

// wrote learns from how long a write took, and leaves room for one that takes twice
// as long.
func (t *turns) wrote(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lead = max(2*took, t.lead*3/4)
}

func (t *turns) writing() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lead
}

// lineUp returns when somebody who found no turn may come again: behind the others
// of this process, as fast as the rate allows, so that they do not stand in front of
// other work.
func (t *turns) lineUp(now time.Time, rate int) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = earlier(later(t.last, now.Add(paceAhead)).Add(interval(rate)), now.Add(longestLine))
	return t.last
}

// interval is the time between two turns: rounded up, or a second held one more.
func interval(rate int) time.Duration {
	return (time.Second + time.Duration(rate) - 1) / time.Duration(rate)
}

// inTurn waits for the account's turn, has the intent of a query written down just
// before it, and returns when the query is to be sent; without a rate that is at once.
// It returns errNoTurn where no turn is to be had soon.
func (k *Kit) inTurn(ctx context.Context, v Vendor, who asker, intend func() error) error {
	rate := v.Limits().QueryRate
	if rate == 0 {
		return intend()
	}
	moment, err := k.turn(ctx, v.Name(), rate, who)
	if err != nil {
		return err
	}
	mine := k.pace.of(v.Name())
	if pause(ctx, moment.Sub(k.now())-mine.writing()) != nil {
		mine.give(moment)
		return errNoTurn
	}
	began := k.now()
	if err := intend(); err != nil {
		mine.give(moment)
		return err
	}
	mine.wrote(min(k.now().Sub(began), k.opts.StoreTimeout))
	if k.now().After(moment) {
		return errTurnPassed
	}
	_ = pause(context.WithoutCancel(ctx), moment.Sub(k.now())) // the query is paid for
	return nil
}

// turn returns the moment of a turn that is to be had soon, or errNoTurn. Persons and
// pictures wait a little; the reconciler has other things to do.
func (k *Kit) turn(ctx context.Context, account string, rate int, who asker) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, k.patience(who))
	defer cancel()
	for {
		moment, err := k.reserve(ctx, account, rate)
		if !errors.Is(err, errNoTurn) {
			return moment, err
		}
		if who == forReconciler || pause(ctx, jitter(paceAhead/2)) != nil {
			k.pace.crowd(k.now().Add(paceAhead))
			return time.Time{}, errNoTurn
		}
	}
}

// patience is how long a turn may be waited for, with all that the store takes.
func (k *Kit) patience(who asker) time.Duration {
	switch who {
	case forPerson:
		return 2 * paceAhead
	case forImages:
		return k.opts.VendorTimeout / 2
	default:
		return k.opts.StoreTimeout
	}
}

// reserve takes one of this process's turns, after getting it some more if need be.
func (k *Kit) reserve(ctx context.Context, account string, rate int) (time.Time, error) {
	mine := k.pace.of(account)
	select {
	case mine.getting <- struct{}{}:
		defer func() { <-mine.getting }()
	case <-ctx.Done():
		return time.Time{}, errNoTurn
	}
	if moment, ok := mine.take(k.now()); ok {
		return moment, nil
	}
	asked := k.now()
	moments, err := k.block(ctx, account, rate, mine.writing())
	if err != nil {
		return time.Time{}, err
	}
	mine.wrote(min(k.now().Sub(asked), k.opts.StoreTimeout))
	mine.give(moments[1:]...)
	return moments[0], nil
}

// block takes the account's next turns for this process, or answers errNoTurn. The
// first comes after two writes: this one, and that of the query.
func (k *Kit) block(ctx context.Context, account string, rate int, lead time.Duration) ([]time.Time, error) {
	moments := make([]time.Time, max(1, rate/paceShare))
	length := time.Duration(len(moments)) * interval(rate)
	err := k.move(ctx, k.opts.Store, store.Record{Key: pacePrefix + account, TTL: paceLife}, func(value []byte) ([]byte, error) {
		r := paceRecord{Format: paceFormat}
		if value != nil {
			if err := decodeRecord(value, paceFormat, &r); err != nil {
				k.emit(ctx, Event{Name: EventUnreadable, Vendor: account})
				return nil, err
			}
		}
		now := k.now()
		soon := now.Add(2 * lead)
		first := later(r.Next, soon)
		switch {
		case first.After(now.Add(2*paceAhead + 4*k.opts.StoreTimeout + length)):
			first = soon // written by a clock that is ahead: it must not stop all others
		case first.After(soon.Add(paceAhead)):
			return nil, errNoTurn
		}
		for i := range moments {
			moments[i] = first.Add(time.Duration(i) * interval(rate))
		}
		r.Next = first.Add(length)
		return encodeRecord(&r)
	})
	return moments, err
}
