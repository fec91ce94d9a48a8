package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/facegate/facegate/store"
)

// naive is a store in the plainest way: a map and full scans. Without a flaw it
// keeps the contract; each flaw breaks it in one way that real engines do.
type naive struct {
	flaw string

	mu      sync.Mutex
	records map[string]naiveRecord
	version int64
	calls   int
	givenUp atomic.Bool
}

type naiveRecord struct {
	store.Record
	expires time.Time
}

func (n *naive) has(flaw string) bool { return n.flaw == flaw }

// enter begins a call.
func (n *naive) enter(ctx context.Context) (leave func(), err error) {
	if n.stalls(ctx) {
		time.Sleep(time.Hour) // in a bubble, where it takes no time
	}
	n.mu.Lock()
	n.calls++
	if ctx.Err() == nil || n.has("ignores the context") {
		return n.mu.Unlock, nil
	}
	n.mu.Unlock()
	if n.has("hides the cause of a given up call") {
		return nil, store.ErrNotFound
	}
	return nil, ctx.Err()
}

// stalls reports whether a flaw makes the call hang.
func (n *naive) stalls(ctx context.Context) bool {
	ended := ctx.Err() != nil
	switch n.flaw {
	case "hangs when the context has ended":
		return ended
	case "hangs after a call was given up":
		return n.givenUp.Swap(n.givenUp.Load() || ended)
	}
	return false
}

func (n *naive) Get(ctx context.Context, key string) (store.Record, error) {
	leave, err := n.enter(ctx)
	if err != nil {
		return store.Record{}, err
	}
	defer leave()
	rec, ok := n.find(n.fold(key))
	if !ok {
		switch n.flaw {
		case "returns an empty record for an absent key":
			return store.Record{}, nil
		case "names the key in not found":
			return store.Record{}, fmt.Errorf("%w: %s", store.ErrNotFound, key)
		}
		return store.Record{}, store.ErrNotFound
	}
	return n.present(rec), nil
}

// present makes what Get returns of rec.
func (n *naive) present(rec naiveRecord) store.Record {
	out := rec.Record
	if !n.has("returns its own slice") && !n.has("stores the caller's slice") {
		out.Value = slices.Clone(out.Value)
	}
	if !n.has("reports the TTL that was put") {
		out.TTL = time.Until(rec.expires)
	}
	switch n.flaw {
	case "keeps values as text":
		out.Value = []byte(string([]rune(string(out.Value))))
	case "forgets to return the due moment":
		out.Due = time.Time{}
	case "returns the Unix epoch for no due moment":
		out.Due = time.Unix(max(0, out.Due.Unix()), int64(out.Due.Nanosecond()))
	}
	return out
}

func (n *naive) Put(ctx context.Context, rec store.Record) (int64, error) {
	leave, err := n.enter(ctx)
	if err != nil {
		return 0, err
	}
	if err := n.refuse(rec); err != nil {
		leave()
		return 0, err
	}
	rec.Key = n.fold(rec.Key)
	old, ok := n.find(rec.Key)
	if n.has("compares and sets in two steps") {
		leave()
		time.Sleep(time.Millisecond) // every racer of a bubble reads before one writes
		if leave, err = n.enter(ctx); err != nil {
			return 0, err
		}
	}
	defer leave()
	if err := n.compare(rec, old, ok); err != nil {
		return 0, err
	}
	return n.write(rec, old, ok), nil
}

func (n *naive) refuse(rec store.Record) error {
	err := store.CheckRecord(rec)
	switch {
	case err == nil:
		return nil
	case n.has("takes any key") && rec.TTL > 0, n.has("takes any TTL"):
		return nil
	case n.has("names the key in invalid"):
		return fmt.Errorf("%w: %q", err, rec.Key)
	}
	return err
}

// compare decides whether rec may replace old.
func (n *naive) compare(rec store.Record, old naiveRecord, ok bool) error {
	want := old.Version
	switch {
	case n.has("compares always true"),
		n.has("creates over a live record") && rec.Version == 0,
		n.has("creates with any version") && !ok,
		n.has("replaces with any greater version") && rec.Version > want,
		rec.Version == want:
		return nil
	}
	switch n.flaw {
	case "says not found for a conflict":
		return store.ErrNotFound
	case "shows the value in a conflict":
		return fmt.Errorf("%w: have %s", store.ErrConflict, old.Value)
	case "moves the due moment of a refused put":
		if ok {
			old.Due = rec.Due
			n.records[rec.Key] = old
		}
	}
	return store.ErrConflict
}

// write stores rec and returns its version.
func (n *naive) write(rec store.Record, old naiveRecord, ok bool) int64 {
	expires := time.Now().Add(rec.TTL)
	if n.has("keeps the first TTL") && ok {
		expires = old.expires
	}
	if n.has("counts a TTL in 32 bit milliseconds") {
		expires = time.Now().Add(time.Duration(int32(rec.TTL.Milliseconds())&(1<<31-1)) * time.Millisecond)
	}
	if n.has("keeps the first due moment") && ok {
		rec.Due = old.Due
	}
	if n.has("keeps due moments in seconds") {
		rec.Due = rec.Due.Truncate(time.Second)
	}
	if n.has("keeps due moments without their zone") && !rec.Due.IsZero() {
		y, mo, d := rec.Due.Date()
		h, mi, s := rec.Due.Clock()
		rec.Due = time.Date(y, mo, d, h, mi, s, rec.Due.Nanosecond(), time.UTC)
	}
	if n.has("cuts values at 64 KiB") && len(rec.Value) > 1<<16 {
		rec.Value = rec.Value[:1<<16]
	}
	if !n.has("stores the caller's slice") {
		rec.Value = slices.Clone(rec.Value)
	}
	rec.Version = n.nextVersion(old)
	n.records[rec.Key] = naiveRecord{Record: rec, expires: expires}
	return rec.Version
}

func (n *naive) nextVersion(old naiveRecord) int64 {
	n.version++
	switch n.flaw {
	case "starts versions anew in each life":
		return old.Version + 1
	case "alternates between two versions":
		return n.version%2 + 1
	case "gives negative versions":
		return -n.version
	}
	return n.version
}

func (n *naive) Delete(ctx context.Context, key string, version int64) error {
	leave, err := n.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	key = n.fold(key)
	old, ok := n.find(key)
	switch {
	case !ok && n.has("says not found for a delete of nothing"):
		return store.ErrNotFound
	case !ok:
		return nil
	case n.has("does not delete"):
		return nil
	case n.has("deletes and forbids the key"):
		n.records[key] = naiveRecord{Record: store.Record{Version: -1 << 60}}
		return nil
	case old.Version != version && !n.has("deletes any version"):
		return store.ErrConflict
	}
	delete(n.records, key)
	return nil
}

func (n *naive) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	leave, err := n.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if n.has("decides by its own clock what is due") {
		before = time.Now()
	}
	var due []naiveRecord
	for key, rec := range n.records {
		_, live := n.find(key)
		live = live || n.has("lists expired records")
		timed := !rec.Due.IsZero() || n.has("lists records without a due moment")
		reached := !rec.Due.After(before)
		if n.has("lists only what is due before the moment") {
			reached = rec.Due.Before(before)
		}
		if live && timed && reached && !n.missed(rec) {
			due = append(due, rec)
		}
	}
	n.sort(due)
	return n.page(due, limit), nil
}

// missed reports whether a flaw hides a due record.
func (n *naive) missed(rec naiveRecord) bool {
	switch n.flaw {
	case "keeps one record per due moment":
		for _, other := range n.records {
			if other.Due.Equal(rec.Due) && other.Key < rec.Key {
				return true
			}
		}
	case "misses records while others write":
		return n.calls%5 == 0 && n.calls > racers*rounds
	}
	return false
}

func (n *naive) sort(due []naiveRecord) {
	slices.SortFunc(due, func(a, b naiveRecord) int {
		switch n.flaw {
		case "lists due records by key":
			return cmp.Compare(a.Key, b.Key)
		case "lists the latest first":
			return b.Due.Compare(a.Due)
		}
		return a.Due.Compare(b.Due)
	})
}

func (n *naive) page(due []naiveRecord, limit int) []string {
	switch {
	case n.has("ignores the limit"), n.has("reads a negative limit as all") && limit < 0:
		limit = len(due)
	case n.has("cuts the page before it drops expired records"):
		due = n.withExpired(due)
	}
	var keys []string
	for _, rec := range due[:min(max(0, limit), len(due))] {
		if _, live := n.find(rec.Key); !live && !n.has("lists expired records") {
			continue
		}
		keys = append(keys, rec.Key)
		if n.has("takes due moments off when it lists them") {
			rec.Due = time.Time{}
			n.records[rec.Key] = rec
		}
	}
	return keys
}

// withExpired adds the expired records in front.
func (n *naive) withExpired(due []naiveRecord) []naiveRecord {
	for key, rec := range n.records {
		if _, live := n.find(key); !live {
			due = slices.Insert(due, 0, rec)
		}
	}
	return due
}

// find returns the live record.
func (n *naive) find(key string) (naiveRecord, bool) {
	rec, ok := n.records[key]
	if !ok {
		return naiveRecord{}, false
	}
	live := rec.expires.After(time.Now())
	switch {
	case n.has("ignores the TTL"), rec.Version == -1<<60:
		live = true
	case n.has("expires at half the TTL"):
		live = rec.expires.Add(-rec.TTL / 2).After(time.Now())
	}
	if !live {
		return naiveRecord{}, false
	}
	return rec, true
}

// fold is how the engine reads keys.
func (n *naive) fold(key string) string {
	switch {
	case n.has("folds the case of keys"):
		return string(foldASCII(key))
	case n.has("cuts keys at 255 bytes"):
		return key[:min(255, len(key))]
	}
	return key
}

func foldASCII(key string) []byte {
	folded := []byte(key)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return folded
}
