package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// line is a process's way to the store: each call takes a little while, some fail, and
// none goes through any more when the process is dead.
type line struct {
	vault *vault
	onCut func()

	mu     sync.Mutex
	delays *rand.Rand
	calls  int
	hits   int // how many calls failed
	from   int // the first call that fails; 0: none
	to     int // the last one
	how    trouble
	kills  bool // the process dies with the first one
	gone   bool
}

// trouble is how calls of the store fail.
type trouble int

const (
	refusesCall trouble = iota
	losesReply          // what a write was to do is done
	hangsUp             // nothing comes until the caller gives up
)

// slowestCall is how long a call of the store takes at the most.
const slowestCall = 3 * time.Millisecond

func newLine(l *vault, seed uint64, onCut func()) *line {
	return &line{vault: l, onCut: onCut, delays: rand.New(rand.NewPCG(seed, 0))}
}

// fail makes calls fail after some that still work.
func (l *line) fail(after, often int, how trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from, l.to, l.how, l.kills = l.calls+after+1, l.calls+after+often, how, false
}

// kill ends the process at a call after some that still work.
func (l *line) kill(after int, how trouble) {
	l.fail(after, 1, how)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kills = true
}

// heal ends all trouble but death.
func (l *line) heal() { l.fail(0, 0, refusesCall) }

// cut lets nothing through any more.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}

func (l *line) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *line) failures() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hits
}

// call waits for the time that a call takes and says how it fails, if it does. What
// fails with done set is done all the same.
func (l *line) call(ctx context.Context) (done bool, err error) {
	how, failed := l.next()
	if !failed {
		return true, nil
	}
	if t := traceOf(ctx); t != nil {
		t.faults.Add(1)
	}
	if how == hangsUp {
		<-ctx.Done()
		return false, ctx.Err()
	}
	return how == losesReply, errFault
}

// next counts a call.
func (l *line) next() (trouble, bool) {
	time.Sleep(l.delay())
	how, failed, died := l.count()
	if died {
		l.onCut()
		l.vault.model.saw("a death at a store call")
	}
	return how, failed
}

func (l *line) delay() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(l.delays.Int64N(int64(slowestCall)))
}

func (l *line) count() (how trouble, failed, died bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return refusesCall, true, false
	}
	l.calls++
	if l.calls < l.from || l.calls > l.to {
		return 0, false, false
	}
	l.hits++
	l.gone = l.kills
	return l.how, true, l.kills
}

func (l *line) Get(ctx context.Context, key string) (store.Record, error) {
	if _, err := l.call(ctx); err != nil {
		return store.Record{}, err
	}
	if t := traceOf(ctx); t != nil && t.behind && strings.HasPrefix(key, "s:") {
		return store.Record{}, store.ErrNotFound
	}
	return l.vault.Get(ctx, key)
}

func (l *line) Put(ctx context.Context, rec store.Record) (int64, error) {
	done, err := l.call(ctx)
	if err == nil {
		return l.vault.Put(ctx, rec)
	}
	if done {
		_, _ = l.vault.Put(ctx, rec)
		l.vault.model.saw("a write whose answer was lost")
	}
	return 0, err
}

func (l *line) Delete(ctx context.Context, key string, version int64) error {
	done, err := l.call(ctx)
	if err == nil {
		return l.vault.Delete(ctx, key, version)
	}
	if done {
		_ = l.vault.Delete(ctx, key, version)
	}
	return err
}

func (l *line) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if _, err := l.call(ctx); err != nil {
		return nil, err
	}
	return l.vault.Due(ctx, before, limit)
}

// vault is the store beneath all trouble. It shows the model every write.
type vault struct {
	*store.Memory
	sealed *store.Sealed // the same, as the kit reads what is personal
	model  *model

	mu   sync.Mutex // held over a write and its check, so that they come in order
	keys map[string]bool
}

func newVault(key store.Key, m *model) *vault {
	memory := store.NewMemory()
	sealed, err := store.Seal(memory, key)
	if err != nil {
		panic(err)
	}
	return &vault{Memory: memory, sealed: sealed, model: m, keys: map[string]bool{}}
}

func (l *vault) Put(ctx context.Context, rec store.Record) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	version, err := l.Memory.Put(ctx, rec)
	if err != nil {
		return 0, err
	}
	l.keys[rec.Key] = true
	t := traceOf(ctx)
	if t != nil {
		t.writes.Add(1)
	}
	l.model.wrote(rec)
	return version, nil
}

func (l *vault) Delete(ctx context.Context, key string, version int64) error {
	if t := traceOf(ctx); t != nil {
		t.writes.Add(1)
	}
	err := l.Memory.Delete(ctx, key, version)
	if err == nil && strings.HasPrefix(key, "o:") {
		l.model.saw("an orphan adopted")
	}
	return err
}

// stored reads a session as it lies in the store.
func (l *vault) stored(id string) (s storedSession, ok bool) { return readSession(l.Memory, id) }

func readSession(from store.Store, id string) (s storedSession, ok bool) {
	rec, err := from.Get(context.Background(), "s:"+id)
	if err != nil {
		return storedSession{}, false
	}
	return s, json.Unmarshal(rec.Value, &s) == nil
}

// orphaned reads the verdicts of the notices that are kept for a session as orphans.
func (l *vault) orphaned(id string) []handlers.Verdict {
	rec, err := l.sealed.Get(context.Background(), "o:"+id)
	if err != nil {
		return nil
	}
	var kept struct{ Notices []struct{ Body []byte } }
	if json.Unmarshal(rec.Value, &kept) != nil {
		return nil
	}
	var verdicts []handlers.Verdict
	for _, n := range kept.Notices {
		form, _ := url.ParseQuery(string(n.Body))
		verdicts = append(verdicts, handlers.Verdict(form.Get("says")))
	}
	return verdicts
}

// left is every key that is still there.
func (l *vault) left() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []string
	for key := range l.keys {
		if _, err := l.Memory.Get(context.Background(), key); !errors.Is(err, store.ErrNotFound) {
			keys = append(keys, key)
		}
	}
	return keys
}

// trace is what one request costs, wherever in the kit it leads.
type trace struct {
	behind bool // the store does not show it any session
	waits  bool // a person waits for the answer

	writes, calls, faults atomic.Int32 // of the store, of the vendor, of the store again
}

type traceKey struct{}

func withTrace(ctx context.Context, t *trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traceOf returns nil for what no request set off.
func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}
