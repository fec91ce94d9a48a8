package handlers

import (
	"context"
	"sync"
	"time"
)

// workers run deliveries and queries in the background: few at a time, one at a
// time for a session, and none after the kit has begun to stop.
type workers struct {
	caught   func(value any) // hears of a task's panic
	slots    chan struct{}
	overtime time.Duration // after which a task's slot serves others, though it still runs

	mu      sync.Mutex
	busy    map[string]bool
	stopped bool
	left    sync.WaitGroup
	base    context.Context
	cancel  context.CancelFunc
}

func newWorkers(count int, overtime time.Duration, caught func(value any)) *workers {
	base, cancel := context.WithCancel(context.Background())
	return &workers{
		caught: caught,
		slots:  make(chan struct{}, count), overtime: overtime,
		busy: make(map[string]bool), base: base, cancel: cancel,
	}
}

// try runs task in the background if a slot is free now.
func (w *workers) try(ctx context.Context, id string, task func(context.Context)) {
	select {
	case w.slots <- struct{}{}:
		w.start(ctx, id, task)
	default:
	}
}

// wait runs task in the background as soon as a slot is free, or fails with ctx.
// It reports whether the task was started.
func (w *workers) wait(ctx context.Context, id string, task func(context.Context)) (bool, error) {
	select {
	case w.slots <- struct{}{}:
		return w.start(context.WithoutCancel(ctx), id, task), nil
	case <-w.base.Done():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// start runs task in the slot just taken, unless the session is busy. A task that
// overruns its time keeps its session, but not its slot: hooks that hang must not
// starve the others.
func (w *workers) start(ctx context.Context, id string, task func(context.Context)) bool {
	var once sync.Once
	release := func() { once.Do(func() { <-w.slots }) }
	if !w.enter(id) {
		release()
		return false
	}
	go func() {
		defer w.leave(id)
		defer release()
		defer time.AfterFunc(w.overtime, release).Stop()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(w.base, cancel)()
		defer func() {
			if value := recover(); value != nil {
				w.caught(value)
			}
		}()
		task(ctx)
	}()
	return true
}

// occupied is how many sessions are being worked on.
func (w *workers) occupied() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.busy)
}

// enter takes a session, unless someone has it or the kit is stopping.
func (w *workers) enter(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || w.busy[id] {
		return false
	}
	w.busy[id] = true
	w.left.Add(1)
	return true
}

func (w *workers) leave(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, id)
	w.left.Done()
}

// stopping reports whether stop was called.
func (w *workers) stopping() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

// stop lets running tasks finish until ctx ends; then their contexts are
// cancelled and stop returns without them.
func (w *workers) stop(ctx context.Context) error {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		w.left.Wait()
		close(done)
	}()
	select {
	case <-done:
		w.cancel()
		return nil
	case <-ctx.Done():
	}
	w.cancel()
	grace := time.NewTimer(time.Second)
	defer grace.Stop()
	select {
	case <-done:
		return nil
	case <-grace.C:
		return ctx.Err()
	}
}
