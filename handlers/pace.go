package handlers

import (
	"context"
	"errors"
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

	// paceLife is how long the record of an account that nobody asks is kept.
	paceLife = time.Hour
)

// errNoTurn says that the account's [Limits.QueryRate] is used up for the moment.
var errNoTurn = errors.New("no turn to ask the vendor soon")

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

// take returns the next turn. Those that have passed are void: used late, they would
// be a burst.
func (t *turns) take(now time.Time) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.free) > 0 {
		next := t.free[0]
		t.free = t.free[1:]
		if !next.Before(now) {
			return next, true
		}
	}
	return time.Time{}, false
}

// turn returns the moment at which the account may be asked, which is soon, or
// errNoTurn. An account without a rate may be asked at once. Persons and pictures
// wait a little for a turn; the reconciler has other things to do.
func (k *Kit) turn(ctx context.Context, v Vendor, who asker) (time.Time, error) {
	rate := v.Limits().QueryRate
	if rate == 0 {
		return time.Time{}, nil
	}
	patience := k.now().Add(k.patience(who))
	for {
		moment, err := k.reserve(ctx, v.Name(), rate)
		if !errors.Is(err, errNoTurn) {
			return moment, err
		}
		if !k.now().Before(patience) || pause(ctx, jitter(paceAhead/2)) != nil {
			k.pace.crowd(k.now().Add(paceAhead))
			return time.Time{}, err
		}
	}
}

// patience is how long a turn is waited for where none is to be had soon.
func (k *Kit) patience(who asker) time.Duration {
	switch who {
	case forPerson:
		return 2 * paceAhead
	case forImages:
		return k.opts.VendorTimeout / 2
	default:
		return 0
	}
}

// reserve takes one of this process's turns, after getting it some more if need be.
func (k *Kit) reserve(ctx context.Context, account string, rate int) (time.Time, error) {
	mine := k.pace.of(account)
	select {
	case mine.getting <- struct{}{}:
		defer func() { <-mine.getting }()
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	if moment, ok := mine.take(k.now()); ok {
		return moment, nil
	}
	moments, err := k.block(ctx, account, rate)
	if err != nil {
		return time.Time{}, err
	}
	mine.give(moments[1:]...)
	return moments[0], nil
}

// block takes the account's next turns for this process, or answers errNoTurn.
func (k *Kit) block(ctx context.Context, account string, rate int) ([]time.Time, error) {
	interval := (time.Second + time.Duration(rate) - 1) / time.Duration(rate) // rounded up, or a second held one more
	moments := make([]time.Time, max(1, rate/paceShare))
	length := time.Duration(len(moments)) * interval
	err := k.move(ctx, k.opts.Store, store.Record{Key: pacePrefix + account, TTL: paceLife}, func(value []byte) ([]byte, error) {
		r := paceRecord{Format: paceFormat}
		if value != nil {
			if err := decodeRecord(value, paceFormat, &r); err != nil {
				return nil, err
			}
		}
		now := k.now()
		first := later(r.Next, now)
		switch {
		case first.After(now.Add(2*paceAhead + length)):
			first = now // written by a clock that is ahead: it must not stop all others
		case first.After(now.Add(paceAhead)):
			return nil, errNoTurn
		}
		for i := range moments {
			moments[i] = first.Add(time.Duration(i) * interval)
		}
		r.Next = first.Add(length)
		return encodeRecord(&r)
	})
	return moments, err
}
