package store

import (
	"container/heap"
	"time"
)

// ticket is an entry's place in one schedule.
type ticket struct {
	at    time.Time // zero: not scheduled
	slot  int       // index in the schedule, kept by Swap
	entry *entry
}

func (t *ticket) before(u *ticket) bool {
	if order := t.at.Compare(u.at); order != 0 {
		return order < 0
	}
	return t.entry.version < u.entry.version
}

// schedule holds tickets as a binary heap, the earliest at index 0. Adding and
// removing cost log n comparisons, wherever the ticket stands.
type schedule []*ticket

// add puts t in its place; a ticket without a moment stays out.
func (s *schedule) add(t *ticket) {
	if !t.at.IsZero() {
		heap.Push(s, t)
	}
}

// remove takes out what add put in.
func (s *schedule) remove(t *ticket) {
	if !t.at.IsZero() {
		heap.Remove(s, t.slot)
	}
}

// first lists up to limit keys with a moment not after until, earliest first. It
// walks down from the top of the heap and looks at no more than two tickets per
// key that it lists.
func (s schedule) first(until time.Time, limit int) []string {
	var keys []string
	var next frontier
	reach := func(slot int) {
		if slot < len(s) && !s[slot].at.After(until) {
			heap.Push(&next, s[slot])
		}
	}
	for reach(0); len(next) > 0 && len(keys) < limit; {
		t := heap.Pop(&next).(*ticket)
		keys = append(keys, t.entry.key)
		reach(2*t.slot + 1)
		reach(2*t.slot + 2)
	}
	return keys
}

// Len, Less, Swap, Push and Pop serve container/heap.
func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].before(s[j]) }

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].slot, s[j].slot = i, j
}

func (s *schedule) Push(x any) {
	t := x.(*ticket)
	t.slot = len(*s)
	*s = append(*s, t)
}

func (s *schedule) Pop() any {
	last := len(*s) - 1
	t := (*s)[last]
	(*s)[last] = nil // so that the entry can be collected
	*s = (*s)[:last]
	return t
}

// frontier is a heap of the tickets that a walk over a schedule has reached but
// not listed. Unlike a schedule it leaves the tickets' slots alone.
type frontier []*ticket

// Len, Less, Swap, Push and Pop serve container/heap.
func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return f[i].before(f[j]) }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)        { *f = append(*f, x.(*ticket)) }

func (f *frontier) Pop() any {
	last := len(*f) - 1
	t := (*f)[last]
	*f = (*f)[:last]
	return t
}
