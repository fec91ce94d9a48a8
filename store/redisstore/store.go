package redisstore

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/facegate/facegate/store"
)

// writeSweep is how many expired keys a write takes out of its shard's due index
// at most. A write adds one, so anything above one lets the index shrink.
const writeSweep = 4

// Store is a [store.Store] in Redis. Make it with [New].
type Store struct {
	client  redis.UniversalClient
	scripts scripts
	timeout time.Duration
	layout  layout

	// settled says that the stored layout was found to be ours.
	settled atomic.Bool
}

var _ store.Store = (*Store)(nil)

// Get implements [store.Store]. It asks a primary, also where the client would
// read from replicas. Besides [store.ErrNotFound] it fails with
// [store.ErrInvalid] for a bad key, [ErrUnreadable], [ErrLayout], the context's
// error, and what the network or the server reports.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if err := ctx.Err(); err != nil {
		return store.Record{}, err
	}
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	at := s.layout.of(key)
	reply, err := s.run(ctx, call{script: s.scripts.get, keys: []string{at.records + key}})
	if err != nil {
		return store.Record{}, err
	}
	return readRecord(key, reply)
}

// Put implements [store.Store]. It fails as [Store.Get] does, and with
// [store.ErrConflict].
//
// A client that repeats a Put by itself because the answer was lost gets the
// answer of the first one, not a conflict with it. Where the error is neither a
// conflict nor [store.ErrInvalid] the write may have happened, or may still
// happen while the client's own timeouts last.
func (s *Store) Put(ctx context.Context, rec store.Record) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := store.CheckRecord(rec); err != nil {
		return 0, err
	}
	at := s.layout.of(rec.Key)
	return s.decide(ctx, call{
		script: s.scripts.put,
		keys:   []string{at.due, at.expiry, at.records + rec.Key, at.version},
		args: []any{
			rec.Key, rec.Version, rand.Text(), max(rec.TTL.Milliseconds(), 1), dueText(rec.Due),
			// A copy, because the client may still send it after ctx has ended.
			string(rec.Value), writeSweep,
		},
	})
}

// Delete implements [store.Store]. It fails as [Store.Put] does.
func (s *Store) Delete(ctx context.Context, key string, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := store.CheckKey(key); err != nil {
		return err
	}
	at := s.layout.of(key)
	_, err := s.decide(ctx, call{
		script: s.scripts.delete,
		keys:   []string{at.due, at.expiry, at.records + key},
		args:   []any{key, version, writeSweep},
	})
	return err
}

// decide runs a call that compares and sets. It returns the script's positive
// answer, or the error that another one stands for.
func (s *Store) decide(ctx context.Context, c call) (int64, error) {
	reply, err := s.run(ctx, c)
	if err != nil {
		return 0, err
	}
	switch answer, ok := reply.(int64); {
	case !ok || answer < 0:
		return 0, ErrUnreadable
	case answer == 0:
		return 0, store.ErrConflict
	default:
		return answer, nil
	}
}

// Check asks the server for the layout of the prefix, and stores it if there is
// none. A nil error says that the server answers and that the records are where
// this store looks for them; [ErrLayout] says that they are not.
func (s *Store) Check(ctx context.Context) error {
	replies, err := s.ask(ctx, s.layoutCall())
	if err != nil {
		return err
	}
	return s.settle(replies[0])
}

func (s *Store) layoutCall() call {
	return call{script: s.scripts.layout, keys: []string{s.layout.key()}, args: []any{s.layout.String()}}
}

// settle notes whether the stored layout is ours.
func (s *Store) settle(stored any) error {
	ours := stored == any(s.layout.String())
	s.settled.Store(ours)
	if !ours {
		return ErrLayout
	}
	return nil
}

// run makes one call, once the layout is known to be ours.
func (s *Store) run(ctx context.Context, c call) (any, error) {
	if !s.settled.Load() {
		if err := s.Check(ctx); err != nil {
			return nil, err
		}
	}
	replies, err := s.ask(ctx, c)
	if err != nil {
		return nil, err
	}
	return replies[0], nil
}

// ask makes calls in one round trip.
func (s *Store) ask(ctx context.Context, calls ...call) ([]any, error) {
	return s.within(ctx, func(ctx context.Context) ([]any, error) { return send(ctx, s.client, calls) })
}

// within lets the client work and returns when that is done, ctx ends or the
// timeout has passed. The work goes on beside it, because clients watch a
// context only between their reads and writes; what they still do then is
// bounded by timeouts of their own.
func (s *Store) within(ctx context.Context, work func(context.Context) ([]any, error)) ([]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	type answer struct {
		replies []any
		err     error
	}
	answered := make(chan answer, 1)
	go func() {
		replies, err := work(ctx)
		answered <- answer{replies, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return nil, failure(ctx, a.err)
		}
		return a.replies, nil
	case <-ctx.Done():
		return nil, failure(ctx, ctx.Err())
	}
}
