package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func TestDelivery(t *testing.T) {
	t.Run("case 103: a hook that fails is tried again with back-off, with the same key, until it succeeds", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			var at []time.Time
			a.hook = func(_ context.Context, r handlers.Result) error {
				at = append(at, time.Now())
				if r.Attempt < 4 {
					return errors.New("database is down")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			results := a.results()
			require.Len(t, results, 4)
			for i, r := range results {
				assert.Equal(t, id+"-1", r.Key)
				assert.Equal(t, i+1, r.Attempt)
			}
			for i := 2; i < len(at); i++ {
				assert.Greater(t, at[i].Sub(at[i-1]), at[i-1].Sub(at[i-2])*2/3, "pauses grow")
			}
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 104: a hook that panics is tried again, and its value is logged nowhere", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var log bytes.Buffer
			a := newApp(t, func(o *handlers.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Attempt == 1 {
					panic("110101199003070003")
				}
				return nil
			}
			stop := a.run()
			id, other := a.start("one"), a.start("two")
			a.notify(says(id, "passed"))
			a.notify(says(other, "failed"))
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, handlers.StateDelivered, a.state(other).State)
			stop()
			assert.Contains(t, log.String(), "panic")
			assert.NotContains(t, log.String(), "110101199003070003")
			assert.NotContains(t, log.String(), id, "logs name a session by its fingerprint")
		})
	})

	t.Run("case 105: a hook that hangs is cancelled by its deadline and tried again, and others are not starved", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Workers = 1 })
			a.hook = func(ctx context.Context, r handlers.Result) error {
				if r.Attempt == 1 && r.Verdict == handlers.Passed {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}
			defer a.run()()
			id, other := a.start("one"), a.start("two")
			a.notify(says(id, "passed"))
			a.notify(says(other, "failed"))
			time.Sleep(2 * time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, handlers.StateDelivered, a.state(other).State)
		})
	})

	t.Run("case 105: a hook that ignores its deadline loses its worker, not the others' turn", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Workers = 1 })
			release := make(chan struct{})
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Verdict == handlers.Passed {
					<-release
				}
				return nil
			}
			defer a.run()()
			id, other := a.start("one"), a.start("two")
			a.notify(says(id, "passed"))
			synctest.Wait()
			a.notify(says(other, "failed"))
			time.Sleep(3 * time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(other).State)
			assert.Equal(t, 2, len(a.results()), "one hook at a time for a session")
			close(release)
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 107: a worker that dies with the claim is followed by another after the lease", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			dead := make(chan struct{})
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Attempt == 1 {
					<-dead // the first process never comes back
				}
				return nil
			}
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			a.restart()
			defer a.run()()
			time.Sleep(30 * time.Second)
			assert.Equal(t, 1, len(a.results()), "the lease still holds")
			time.Sleep(10 * time.Second)
			require.Len(t, a.results(), 2)
			assert.Equal(t, a.results()[0].Key, a.results()[1].Key)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			close(dead)
		})
	})

	t.Run("case 109: a worker that outlived its lease is fenced: the second one's outcome counts", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Backoff = time.Hour })
			resume := make(chan struct{})
			a.hook = func(_ context.Context, r handlers.Result) error {
				if r.Attempt == 1 {
					<-resume
					return nil
				}
				return errors.New("not yet")
			}
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			a.restart()
			stop := a.run()
			time.Sleep(40 * time.Second)
			stop()
			require.Len(t, a.results(), 2)
			close(resume)
			synctest.Wait()
			assert.Equal(t, 1, a.saw(handlers.EventFenced))
			assert.Equal(t, handlers.StateRecorded, a.state(id).State, "the stale success does not count")
		})
	})

	t.Run("case 110: after the last try the session is dead, visible and can be replayed by its id", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxDeliveries = 3 })
			broken := true
			a.hook = func(context.Context, handlers.Result) error {
				if broken {
					return errors.New("no")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Hour)
			assert.Equal(t, 3, len(a.results()))
			assert.Equal(t, handlers.StateDead, a.state(id).State)
			assert.Equal(t, handlers.Passed, a.state(id).Verdict)
			assert.Equal(t, 1, a.saw(handlers.EventDead))
			broken = false
			_, err := a.kit.Replay(t.Context(), id)
			require.NoError(t, err)
			synctest.Wait()
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, 1, a.results()[3].Attempt)
			_, err = a.kit.Replay(t.Context(), id)
			assert.Equal(t, handlers.CodeMismatch, handlers.CodeOf(err), "delivered once is delivered")
		})
	})

	t.Run("a store that fails after the hook's success is written as soon as it is back", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			broken := &faulty{Store: store.NewMemory()}
			a := newApp(t, func(o *handlers.Options) { o.Store, o.Keys = broken, []store.Key{testKey(t)} })
			a.hook = func(context.Context, handlers.Result) error {
				broken.set(true)
				time.AfterFunc(time.Second, func() { broken.set(false) })
				return nil
			}
			id := a.start()
			a.notify(says(id, "passed"))
			time.Sleep(time.Minute)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
			assert.Equal(t, 1, len(a.results()))
		})
	})

	t.Run("more notices than workers are all delivered", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.Workers = 2; o.MaxAttempts = 1000; o.ReuseWindow = -1 })
			a.hook = func(context.Context, handlers.Result) error { time.Sleep(time.Second); return nil }
			defer a.run()()
			for range 300 {
				a.notify(says(a.start(), "passed"))
			}
			time.Sleep(10 * time.Minute)
			assert.Equal(t, 300, len(a.results()))
			assert.Equal(t, 300, a.saw(handlers.EventDelivered))
		})
	})
}

func TestShutdown(t *testing.T) {
	t.Run("case 114: a shutdown lets a hook finish", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.hook = func(context.Context, handlers.Result) error { time.Sleep(5 * time.Second); return nil }
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			require.NoError(t, a.kit.Shutdown(ctx))
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("case 114: a bounded shutdown hands a hook's session back without counting the try", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			a.hook = func(ctx context.Context, r handlers.Result) error {
				<-ctx.Done()
				return ctx.Err()
			}
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			assert.NoError(t, a.kit.Shutdown(ctx))
			a.hook = nil
			a.restart()
			defer a.run()()
			time.Sleep(3 * time.Second)
			require.Len(t, a.results(), 2)
			assert.Equal(t, 1, a.results()[1].Attempt)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("Run returns, and what comes in afterwards is recorded for the next process", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			done := make(chan error)
			go func() { done <- a.kit.Run(t.Context()) }()
			synctest.Wait()
			require.NoError(t, a.kit.Shutdown(t.Context()))
			require.NoError(t, <-done)
			id := a.start()
			a.notify(says(id, "passed"))
			synctest.Wait()
			assert.Empty(t, a.results())
			a.restart()
			defer a.run()()
			time.Sleep(3 * time.Second)
			assert.Equal(t, 1, len(a.results()))
		})
	})
}

func TestImages(t *testing.T) {
	withImages := func(o *handlers.Options) { o.Vendor.(*paper).limits.Images = true }
	picture := handlers.Image{Name: "image_best", Data: handlers.HideBytes([]byte("canary-jpeg"))}

	t.Run("one query after the verdict brings the pictures to the hook, and they are gone when it has succeeded", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, withImages)
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Detail: "passed", Images: []handlers.Image{picture}}, nil
			}
			a.hook = func(_ context.Context, r handlers.Result) error {
				rec, err := a.store.Get(t.Context(), "i:"+r.Session)
				require.NoError(t, err)
				assert.NotContains(t, string(rec.Value), "canary", "sealed")
				if r.Attempt == 1 {
					return errors.New("again")
				}
				return nil
			}
			defer a.run()()
			id := a.start()
			form := says(id, "passed")
			form.Set("images", "yes")
			a.notify(form)
			time.Sleep(10 * time.Second)
			results := a.results()
			require.Len(t, results, 2)
			for _, r := range results {
				require.Len(t, r.Images, 1)
				assert.Equal(t, "canary-jpeg", string(r.Images[0].Data.Reveal()))
				assert.False(t, r.ImagesMissing)
			}
			assert.Equal(t, 1, a.vendor.queries(), "a hook that fails does not query again")
			_, err := a.store.Get(t.Context(), "i:"+id)
			assert.ErrorIs(t, err, store.ErrNotFound)
		})
	})

	t.Run("a verdict does not wait for pictures that cannot be had", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, withImages)
			a.vendor.refuse(handlers.CodeResultGone)
			id := a.start()
			form := says(id, "passed")
			form.Set("images", "yes")
			a.notify(form)
			synctest.Wait()
			require.Len(t, a.results(), 1)
			assert.Equal(t, handlers.Passed, a.results()[0].Verdict)
			assert.True(t, a.results()[0].ImagesMissing)
			assert.Equal(t, handlers.StateDelivered, a.state(id).State)
		})
	})

	t.Run("pictures that came with the deciding query need no second one", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, withImages)
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Detail: "passed", Images: []handlers.Image{picture}}, nil
			}
			a.get("/face/finish?session=" + a.start())
			require.Len(t, a.results(), 1)
			assert.Len(t, a.results()[0].Images, 1)
			assert.Equal(t, 1, a.vendor.queries())
		})
	})
}
