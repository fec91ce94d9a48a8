package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/facegate/facegate/store"
)

// naive is a store in the plainest way, as one process sees it: a map and full
// scans. Without a flaw it keeps the contract; each flaw breaks it in one way that
// real engines do.
type naive struct {
	*naiveEngine // shared with other processes
	flaw         string

	lock    chan struct{}          // holds one: the lock of this process, waited for in bubbles too
	own     map[string]naiveRecord // what this process has put and, where it has a cache, got
	given   int64                  // the last version that this process gave
	cutOff  bool                   // it has given the engine up
	givenUp atomic.Bool            // a call of it was given up
}

type naiveRecord struct {
	store.Record
	expires time.Time
}

func (n *naive) has(flaw string) bool { return n.flaw == flaw }

// enter begins a call. It takes a moment, in which others come in between.
func (n *naive) enter(ctx context.Context, key string) (leave func(), err error) {
	<-time.After(time.Microsecond)
	if n.stalls(ctx) {
		time.Sleep(time.Hour) // in a bubble, where it takes no time
	}
	n.mu.Lock()
	n.calls++
	if err := n.unreachable(ctx, key); err != nil {
		n.mu.Unlock()
		return nil, err
	}
	return n.mu.Unlock, nil
}

// unreachable returns why a call gets no answer.
func (n *naive) unreachable(ctx context.Context, key string) error {
	switch {
	case ctx.Err() != nil && n.has("hides the cause of a given up call"):
		return store.ErrNotFound
	case ctx.Err() != nil && !n.has("ignores the context"):
		return ctx.Err()
	case !n.down && !n.cutOff:
		return nil
	}
	switch n.flaw {
	case "does not come back after an outage":
		n.cutOff = true
	case "says not found in an outage":
		return store.ErrNotFound
	case "names the key in an outage":
		return fmt.Errorf("%w: %s", errDown, key)
	}
	return errDown
}

// stalls reports whether a flaw makes the call hang.
func (n *naive) stalls(ctx context.Context) bool {
	ended := ctx.Err() != nil
	switch n.flaw {
	case "hangs when the context has ended":
		return ended
	case "hangs after a call was given up":
		return n.givenUp.Swap(n.givenUp.Load() || ended)
	case "hangs in an outage":
		return n.isDown()
	}
	return false
}

func (n *naive) Get(ctx context.Context, key string) (store.Record, error) {
	rec, err := n.get(ctx, key)
	if n.answerLost() {
		if n.has("says not found when an answer was lost") {
			return store.Record{}, store.ErrNotFound
		}
		return store.Record{}, errLost
	}
	return rec, err
}

func (n *naive) get(ctx context.Context, key string) (store.Record, error) {
	leave, err := n.enter(ctx, key)
	if err != nil {
		return store.Record{}, err
	}
	defer leave()
	rec, ok := n.read(n.fold(key))
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
		out.TTL = rec.expires.Sub(n.now())
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

// read returns the record of a key as this process knows it.
func (n *naive) read(key string) (naiveRecord, bool) {
	if known, ok := n.own[key]; ok && (n.has("reads by a cache of its own") || n.has("remembers what it put")) {
		return known, true
	}
	rec, ok := n.find(key)
	if ok && !n.has("remembers what it put") {
		n.own[key] = rec
	}
	return rec, ok
}

func (n *naive) Put(ctx context.Context, rec store.Record) (int64, error) {
	version, err := n.put(ctx, rec)
	if !n.answerLost() {
		return version, err
	}
	switch n.flaw {
	case "repeats a write whose answer was lost":
		return n.put(ctx, rec)
	case "takes a lost answer for success":
		return rec.Version, nil
	case "takes a lost answer for a conflict":
		return 0, store.ErrConflict
	}
	n.spoil(rec.Key)
	return 0, errLost
}

func (n *naive) put(ctx context.Context, rec store.Record) (int64, error) {
	if !n.has("compares and sets in two steps") {
		n.lock <- struct{}{}
		defer func() { <-n.lock }()
	}
	leave, err := n.enter(ctx, rec.Key)
	if err != nil {
		return 0, err
	}
	if err := n.refuse(rec); err != nil {
		leave()
		return 0, err
	}
	rec.Key = n.fold(rec.Key)
	old, ok := n.find(rec.Key)
	if n.letsGo(rec) {
		leave()
		time.Sleep(time.Millisecond) // every racer of a bubble reads before one writes
		if leave, err = n.enter(ctx, rec.Key); err != nil {
			return 0, err
		}
	}
	defer leave()
	if known, cached := n.own[rec.Key]; cached && n.has("compares with a cache of its own") {
		old, ok = known, true
	}
	if err := n.compare(rec, old, ok); err != nil {
		return 0, err
	}
	return n.write(rec, old, ok), nil
}

// letsGo reports whether a flaw lets others in between reading and writing.
func (n *naive) letsGo(rec store.Record) bool {
	switch n.flaw {
	case "compares and sets in two steps", "locks within its process":
		return true
	case "asks first whether a key is there":
		return rec.Version == 0
	}
	return false
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
	expires := n.now().Add(rec.TTL)
	if n.has("begins lives by the clock of the process") {
		expires = time.Now().Add(rec.TTL)
	}
	if n.has("keeps the first TTL") && ok {
		expires = old.expires
	}
	if n.has("counts a TTL in 32 bit milliseconds") {
		expires = n.now().Add(time.Duration(int32(rec.TTL.Milliseconds())&(1<<31-1)) * time.Millisecond)
	}
	rec.Due = n.keptDue(rec.Due, old, ok)
	if n.has("cuts values at 64 KiB") && len(rec.Value) > 1<<16 {
		rec.Value = rec.Value[:1<<16]
	}
	if !n.has("stores the caller's slice") {
		rec.Value = slices.Clone(rec.Value)
	}
	rec.Version = n.nextVersion(old)
	n.store(naiveRecord{Record: rec, expires: expires})
	n.own[rec.Key] = n.records[rec.Key]
	return rec.Version
}

// keptDue is the due moment that is stored for one that is put.
func (n *naive) keptDue(due time.Time, old naiveRecord, ok bool) time.Time {
	switch {
	case n.has("keeps the first due moment") && ok:
		return old.Due
	case n.has("keeps due moments in seconds"):
		return due.Truncate(time.Second)
	case n.has("keeps due moments without their zone") && !due.IsZero():
		y, mo, d := due.Date()
		h, mi, s := due.Clock()
		return time.Date(y, mo, d, h, mi, s, due.Nanosecond(), time.UTC)
	case n.has("keeps due moments as delays from now") && !due.IsZero():
		return n.now().Add(time.Until(due))
	}
	return due
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
	case "gives versions by a counter of its own":
		n.given++
		return n.given
	}
	return n.version
}

func (n *naive) Delete(ctx context.Context, key string, version int64) error {
	err := n.remove(ctx, key, version)
	if n.answerLost() {
		if n.has("says conflict for a delete that it has repeated") {
			return store.ErrConflict
		}
		return errLost
	}
	return err
}

func (n *naive) remove(ctx context.Context, key string, version int64) error {
	leave, err := n.enter(ctx, key)
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
	delete(n.own, key)
	return nil
}

// find returns the live record.
func (n *naive) find(key string) (naiveRecord, bool) {
	rec, ok := n.records[key]
	if !ok || n.expired(rec) {
		return naiveRecord{}, false
	}
	return rec, true
}

func (n *naive) expired(rec naiveRecord) bool {
	switch {
	case n.has("ignores the TTL"), rec.Version == -1<<60:
		return false
	case n.has("expires at half the TTL"):
		return !rec.expires.Add(-rec.TTL / 2).After(n.now())
	case n.has("ends lives by the clock of the process"):
		return !rec.expires.After(time.Now())
	}
	return !rec.expires.After(n.now())
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
