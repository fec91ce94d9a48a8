package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func result(session string, revision int, verdict handlers.Verdict) handlers.Result {
	return handlers.Result{
		Key: session + "-" + string(rune('0'+revision)), Session: session, Subject: "alice", Vendor: nameMegvii,
		Verdict: verdict, Revision: revision, Attempt: 1, Via: handlers.CarrierNotify, RecordedAt: time.Unix(1_800_000_000, 0),
	}
}

func TestLedger(t *testing.T) {
	t.Run("case 108: a hook that runs again with the same key has its effect once", func(t *testing.T) {
		l := newLedger()
		l.record(result("A", 1, handlers.Passed))
		l.record(result("A", 1, handlers.Passed))
		entries, verified := l.history("alice")
		assert.Len(t, entries, 1)
		assert.True(t, verified)
	})
	t.Run("a later revision takes a pass back, in whatever order they arrive", func(t *testing.T) {
		for _, order := range [][]int{{1, 2}, {2, 1}} {
			l := newLedger()
			for _, revision := range order {
				l.record(result("A", revision, map[int]handlers.Verdict{1: handlers.Passed, 2: handlers.Review}[revision]))
			}
			_, verified := l.history("alice")
			assert.False(t, verified)
		}
	})
	t.Run("a later check that fails leaves an earlier pass alone", func(t *testing.T) {
		l := newLedger()
		l.record(result("A", 1, handlers.Passed))
		l.record(result("B", 1, handlers.Failed))
		entries, verified := l.history("alice")
		assert.True(t, verified)
		require.Len(t, entries, 2)
		assert.Equal(t, "B", entries[0].Session, "the newest comes first")
	})
	t.Run("nothing is known of a stranger", func(t *testing.T) {
		entries, verified := newLedger().history("bob")
		assert.Empty(t, entries)
		assert.False(t, verified)
	})
}

func TestCalls(t *testing.T) {
	t.Run("the first runs fail as often as asked, and every run is listed", func(t *testing.T) {
		passed := 0
		c := &calls{fail: 2}
		hook := c.onResult(func(handlers.Result) { passed++ })
		r := result("A", 1, handlers.Passed)
		require.ErrorIs(t, hook(context.Background(), r), errOnPurpose)
		require.ErrorIs(t, hook(context.Background(), r), errOnPurpose)
		require.NoError(t, hook(context.Background(), r))
		assert.Equal(t, 1, passed)
		assert.Len(t, c.all(), 3)
	})
}
