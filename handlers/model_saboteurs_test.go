package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// What breaks a kit: stores first, then vendors, hooks and handlers.

// lying overwrites what somebody else wrote meanwhile.
func lying(inner store.Store) store.Store { return liar{inner} }

type liar struct{ store.Store }

func (l liar) Put(ctx context.Context, rec store.Record) (int64, error) {
	was, _ := l.Store.Get(ctx, rec.Key)
	rec.Version = was.Version
	return l.Store.Put(ctx, rec)
}

// forgetful loses each third write.
func forgetful(inner store.Store) store.Store { return &forgetter{Store: inner} }

type forgetter struct {
	store.Store
	mu     sync.Mutex
	writes int
}

func (f *forgetter) Put(ctx context.Context, rec store.Record) (int64, error) {
	f.mu.Lock()
	f.writes++
	lost := f.writes%3 == 0
	f.mu.Unlock()
	if lost {
		return rec.Version + 1, nil
	}
	return f.Store.Put(ctx, rec)
}

// reverting writes a session's first state again at times.
func reverting(inner store.Store) store.Store {
	return &reverter{Store: inner, first: map[string][]byte{}, writes: map[string]int{}}
}

type reverter struct {
	store.Store
	mu     sync.Mutex
	first  map[string][]byte
	writes map[string]int
}

func (r *reverter) Put(ctx context.Context, rec store.Record) (int64, error) {
	r.mu.Lock()
	r.writes[rec.Key]++
	if r.writes[rec.Key] == 1 {
		r.first[rec.Key] = rec.Value
	}
	if r.writes[rec.Key]%4 == 0 {
		rec.Value = r.first[rec.Key]
	}
	r.mu.Unlock()
	return r.Store.Put(ctx, rec)
}

// silent lists nothing.
func silent(inner store.Store) store.Store { return mute{inner} }

type mute struct{ store.Store }

func (mute) Due(context.Context, time.Time, int) ([]string, error) { return nil, nil }

// undated drops the moment at which a record is due, and hoarding the one at which it
// goes.
func undated(inner store.Store) store.Store {
	return altering{inner, func(rec *store.Record) { rec.Due = time.Time{} }}
}

func hoarding(inner store.Store) store.Store {
	return altering{inner, func(rec *store.Record) { rec.TTL = 100 * 365 * 24 * time.Hour }}
}

// altering changes what is written.
type altering struct {
	store.Store
	alter func(*store.Record)
}

func (a altering) Put(ctx context.Context, rec store.Record) (int64, error) {
	a.alter(&rec)
	return a.Store.Put(ctx, rec)
}

// trusting takes a signature for granted.
func trusting(inner handlers.Vendor) handlers.Vendor { return truster{inner} }

type truster struct{ handlers.Vendor }

func (t truster) Parse(cb handlers.Callback) (handlers.Notice, error) {
	cb.Body = bytes.ReplaceAll(cb.Body, []byte("sign=forged"), []byte("sign=true"))
	return t.Vendor.Parse(cb)
}

// hasty judges before the check is over.
func hasty(inner handlers.Vendor) handlers.Vendor { return hurry{inner} }

type hurry struct{ handlers.Vendor }

func (h hurry) Judge(n handlers.Notice, s handlers.Session) handlers.Judgement {
	j := h.Vendor.Judge(n, s)
	if j.Verdict == handlers.Pending {
		j.Verdict = handlers.Passed
	}
	return j
}

// unlimited forgets how often the vendor may be asked.
func unlimited(inner handlers.Vendor) handlers.Vendor { return spender{inner} }

type spender struct{ handlers.Vendor }

func (s spender) Limits() handlers.Limits {
	limits := s.Vendor.Limits()
	limits.Queries = 1000
	return limits
}

// panicky does not stand what it reads.
func panicky(inner handlers.Vendor) handlers.Vendor { return panicker{inner} }

type panicker struct{ handlers.Vendor }

func (panicker) Parse(handlers.Callback) (handlers.Notice, error) { panic("canary-name") }

// twice does again what has just been done.
func twice(run hook) hook {
	return func(ctx context.Context, r handlers.Result) error {
		if err := run(ctx, r); err != nil {
			return err
		}
		return run(ctx, r)
	}
}

// swallowed hides a failure.
func swallowed(run hook) hook {
	return func(ctx context.Context, r handlers.Result) error {
		_ = run(ctx, r)
		return nil
	}
}

// misdirected gives the result to somebody else.
func misdirected(run hook) hook {
	return func(ctx context.Context, r handlers.Result) error {
		r.Subject = "mallory"
		return run(ctx, r)
	}
}

// indiscreet puts a name into an event.
func indiscreet(e handlers.Event) handlers.Event {
	e.Reason = "canary-name"
	return e
}

// hurried answers the vendor first.
func hurried(_ *handlers.Kit, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/notify") {
			next.ServeHTTP(w, r)
			return
		}
		go next.ServeHTTP(httptest.NewRecorder(), r)
	})
}

// talkative tells anyone the verdict, and generous asks the vendor for anyone.
func talkative(k *handlers.Kit, next http.Handler) http.Handler {
	return beforeFinish(next, func(w http.ResponseWriter, r *http.Request, id string) {
		if s, err := k.Lookup(r.Context(), id); err == nil {
			_, _ = fmt.Fprintf(w, "The verdict is %s.", s.Verdict)
		}
	})
}

func generous(k *handlers.Kit, next http.Handler) http.Handler {
	return beforeFinish(next, func(_ http.ResponseWriter, r *http.Request, id string) {
		_, _ = k.Reconcile(r.Context(), id)
	})
}

// beforeFinish does something when finish is called.
func beforeFinish(next http.Handler, do func(w http.ResponseWriter, r *http.Request, id string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/finish") {
			do(w, r, r.URL.Query().Get("session"))
		}
		next.ServeHTTP(w, r)
	})
}

// echoing sends back what came.
func echoing(_ *handlers.Kit, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("X-Came", string(body))
		next.ServeHTTP(w, r)
	})
}

// blaming tells the caller that a fault of the store is the caller's own.
func blaming(_ *handlers.Kit, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if answer.Code == http.StatusServiceUnavailable {
			answer.Code = http.StatusBadRequest
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}
