package handlers

import (
	"context"
	"errors"
	"hash/crc32"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/facegate/facegate/store"
)

const (
	// deadParts is the number of records that the list is spread over, so that an
	// outage which kills thousands does not make all processes fight for one.
	deadParts = 8

	// maxDead bounds one part; beyond it the oldest letters leave the list, and are
	// still dead and can be replayed by their ids.
	maxDead = 2_000
)

// DeadLetter is a session whose verdict OnResult has failed to take too often.
type DeadLetter struct {
	// Session is the session as it stands.
	Session Session
	// Since is when it was parked.
	Since time.Time
}

// deadRecord is one part of the list of dead letters. It only points at sessions:
// what a session's own record says counts.
type deadRecord struct {
	Format  int          `json:"v"`
	Letters []deadLetter `json:"letters,omitzero"` // oldest first
}

// deadLetter is one line of it.
type deadLetter struct {
	Session string    `json:"session"`
	At      time.Time `json:"at"`
}

func (r *deadRecord) format() int { return r.Format }

// drop takes a session's letters out that are not later than a moment.
func (r *deadRecord) drop(id string, until time.Time) {
	r.Letters = slices.DeleteFunc(r.Letters, func(l deadLetter) bool { return l.Session == id && !l.At.After(until) })
}

// without takes letters out. A session that died again since has another one.
func (r *deadRecord) without(stale []deadLetter) {
	r.Letters = slices.DeleteFunc(r.Letters, func(l deadLetter) bool {
		return slices.ContainsFunc(stale, func(s deadLetter) bool { return s.Session == l.Session && s.At.Equal(l.At) })
	})
}

// deadPart is the part of the list that a session belongs to.
func deadPart(id string) int { return int(crc32.ChecksumIEEE([]byte(id)) % deadParts) }

// park puts a session that is dead on the list. It was written with a due moment, so
// that Run puts it there if this process does not get so far; listed, it is due no
// more.
func (k *Kit) park(ctx context.Context, id string) {
	err := k.changeDead(ctx, deadPart(id), func(r *deadRecord) {
		now := k.now()
		r.drop(id, now)
		r.Letters = append(r.Letters, deadLetter{Session: id, At: now})
	})
	if err == nil {
		_, err = k.change(ctx, id, func(s *session) error {
			if s.State != StateDead || s.Delivery.Next.IsZero() {
				return errUnchanged
			}
			s.Delivery.Next = time.Time{}
			return nil
		})
	}
	if err != nil && !errors.Is(err, errUnchanged) {
		k.putAside(ctx, id, err)
	}
}

// unpark takes a session off the list that has come back to life after that moment:
// it may have died again since. If that fails, DeadLetters does.
func (k *Kit) unpark(ctx context.Context, id string, after time.Time) {
	_ = k.changeDead(ctx, deadPart(id), func(r *deadRecord) { r.drop(id, after) })
}

// changeDead moves one part of the list.
func (k *Kit) changeDead(ctx context.Context, part int, fn func(*deadRecord)) error {
	life := k.longestLife()
	return k.move(ctx, k.opts.Store, store.Record{Key: deadKey(part), TTL: life}, func(value []byte) ([]byte, error) {
		r, err := decodeDead(value)
		if err != nil {
			return nil, err
		}
		gone := k.now().Add(-life)
		r.Letters = slices.DeleteFunc(r.Letters, func(l deadLetter) bool { return l.At.Before(gone) })
		fn(&r)
		r.Letters = r.Letters[max(0, len(r.Letters)-maxDead):]
		return encodeRecord(&r)
	})
}

// decodeDead reads one part; there may be none.
func decodeDead(value []byte) (deadRecord, error) {
	r := deadRecord{Format: deadFormat}
	if value == nil {
		return r, nil
	}
	err := decodeRecord(value, deadFormat, &r)
	return r, err
}

func deadKey(part int) string { return deadPrefix + strconv.Itoa(part) }

// longestLife is more than any session's record has left to live.
func (k *Kit) longestLife() time.Duration {
	var retention time.Duration
	for _, v := range k.vendors {
		retention = max(retention, v.Limits().Retention)
	}
	return retention + k.opts.KeepFor
}

// listed returns the list of dead letters, oldest first. Some may have been replayed
// since.
func (k *Kit) listed(ctx context.Context) ([]deadLetter, error) {
	var records [deadParts]deadRecord
	var failures [deadParts]error
	var reading sync.WaitGroup
	for part := range deadParts {
		reading.Go(func() {
			rec, err := k.peek(ctx, k.opts.Store, deadKey(part))
			if err == nil {
				records[part], err = decodeDead(rec.Value)
			}
			failures[part] = err
		})
	}
	reading.Wait()
	if err := errors.Join(failures[:]...); err != nil {
		return nil, err
	}
	var all []deadLetter
	for _, r := range records {
		all = append(all, r.Letters...)
	}
	slices.SortStableFunc(all, func(a, b deadLetter) int { return a.At.Compare(b.At) })
	return all, nil
}

// DeadLetters lists the sessions that are parked as dead, oldest first, limit of
// them at the most; of more than some thousands the list forgets the oldest, which
// stay dead. Mend what OnResult failed on, then [Kit.Replay] each. It fails
// with CodeStoreUnavailable, or with CodeInternal if a newer version of this package
// wrote the list.
func (k *Kit) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	all, err := k.listed(ctx)
	if err != nil {
		return nil, err
	}
	var found []DeadLetter
	stale := make([][]deadLetter, deadParts)
	for _, l := range all {
		if len(found) >= limit {
			break
		}
		s, err := k.load(ctx, l.Session)
		switch CodeOf(err) {
		case "":
			if s.State == StateDead {
				found = append(found, DeadLetter{Session: s.view(), Since: l.At})
				continue
			}
		case CodeStoreUnavailable:
			return nil, err
		case CodeInternal:
			continue // unreadable here: it was reported, and stays listed
		}
		part := deadPart(l.Session)
		stale[part] = append(stale[part], l)
	}
	for part, letters := range stale {
		if len(letters) > 0 {
			// What stays on the list is taken off next time.
			_ = k.changeDead(ctx, part, func(r *deadRecord) { r.without(letters) })
		}
	}
	return found, nil
}
