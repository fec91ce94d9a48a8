package redisstore

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
)

const (
	// maxPage bounds what Due asks of each shard, so that no caller stops a server
	// with one script.
	maxPage = 10_000

	// dueSweep is how many expired keys of a shard one script takes out of the
	// index before it lets other callers in.
	dueSweep = 256
)

// Due implements [store.Store]. Keys of the same millisecond come in the order of
// their bytes; a limit below one lists nothing, one above 10,000 is read as that.
// It fails as [Store.Get] does.
//
// All shards are asked in one round trip. A shard is asked once more if it may
// have more of the earliest keys than its share, and as long as so much in it
// has expired that one script could not clear it away.
func (s *Store) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if limit < 1 {
		return nil, ctx.Err()
	}
	limit = min(limit, maxPage)
	pages := s.firstPages(limit)
	for asked := pages; len(asked) > 0; asked = unfinished(pages, limit) {
		replies, err := s.ask(ctx, s.dueCalls(asked, before)...)
		if err != nil {
			return nil, err
		}
		// Each time, so that a fleet at work stores the layout anew after a loss.
		if err := s.settle(replies[0]); err != nil {
			return nil, err
		}
		for i, reply := range replies[1:] {
			if err := asked[i].read(reply); err != nil {
				return nil, err
			}
		}
	}
	merged := merge(pages)
	keys := make([]string, min(limit, len(merged)))
	for i := range keys {
		keys[i] = merged[i].key
	}
	return keys, nil
}

// dueKey is one line of a shard's due index.
type dueKey struct {
	key string
	at  float64 // Unix milliseconds, as a sorted set keeps them
}

// compareDue is the order of a sorted set: by moment, then by key.
func compareDue(a, b dueKey) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.key, b.key))
}

// page is the beginning of one shard's due index.
type page struct {
	shard shard
	size  int      // how many keys are asked for
	keys  []dueKey // what the shard listed
	swept bool     // false: expired keys are in the way
}

// firstPages asks each shard for more than its share of the earliest keys. Keys
// are spread evenly, so a shard seldom has more of them than that.
func (s *Store) firstPages(limit int) []*page {
	shards := s.layout.shards
	pages := make([]*page, len(shards))
	for i := range pages {
		pages[i] = &page{shard: shards[i], size: min(limit, 3*limit/len(shards)+8)}
	}
	return pages
}

// unfinished returns the pages that must be asked for again.
func unfinished(pages []*page, limit int) []*page {
	var again []*page
	for _, p := range pages {
		if !p.swept {
			again = append(again, p)
		}
	}
	if len(again) > 0 {
		return again
	}
	merged := merge(pages)
	for _, p := range pages {
		if p.size == limit || len(p.keys) < p.size {
			continue
		}
		// The page is full, so the shard may have more keys behind the last one.
		if len(merged) < limit || compareDue(p.keys[p.size-1], merged[limit-1]) < 0 {
			p.size = limit
			again = append(again, p)
		}
	}
	return again
}

// merge returns what the pages list, the earliest first.
func merge(pages []*page) []dueKey {
	var merged []dueKey
	for _, p := range pages {
		merged = append(merged, p.keys...)
	}
	slices.SortFunc(merged, compareDue)
	return merged
}

// dueCalls are the layout's call and one for each page.
func (s *Store) dueCalls(pages []*page, before time.Time) []call {
	calls := make([]call, 0, len(pages)+1)
	calls = append(calls, s.layoutCall())
	for _, p := range pages {
		calls = append(calls, call{
			script: s.scripts.due,
			keys:   []string{p.shard.due, p.shard.expiry},
			args:   []any{before.UnixMilli(), p.size, dueSweep},
		})
	}
	return calls
}

// read takes in the reply of the due script.
func (p *page) read(reply any) error {
	parts, _ := reply.([]any)
	if p.swept = len(parts) == 2; !p.swept {
		if len(parts) != 1 {
			return ErrUnreadable
		}
		return nil
	}
	lines, ok := parts[1].([]any)
	if !ok || len(lines)%2 != 0 {
		return ErrUnreadable
	}
	p.keys = make([]dueKey, 0, len(lines)/2)
	for line := range slices.Chunk(lines, 2) {
		key, isKey := line[0].(string)
		score, isScore := line[1].(string)
		at, err := strconv.ParseFloat(score, 64)
		if !isKey || !isScore || err != nil {
			return ErrUnreadable
		}
		p.keys = append(p.keys, dueKey{key, at})
	}
	return nil
}
