package sqltest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func (e *engine) sweeps(t *testing.T) {
	t.Run("case 155: due removes expired rows in batches and leaves live ones", func(t *testing.T) {
		s := e.open(t)
		s.fill(t, 1000, "expired", longAgo, "1")
		s.fill(t, 100, "long expired", longAgo, "1")
		s.fill(t, 10, "live", farOff, "NULL")
		for _, left := range []int{610, 110, 10, 10} {
			keys, err := s.Due(t.Context(), time.Now(), 10)
			require.NoError(t, err)
			require.Empty(t, keys)
			require.Equal(t, left, s.count(t, "SELECT count(*) FROM {prefix}records"))
		}
	})
	t.Run("sweep says how much it removed", func(t *testing.T) {
		s := e.open(t)
		s.fill(t, 1000, "expired", longAgo, "1")
		s.fill(t, 1, "one more", longAgo, "1")
		for _, want := range []int{500, 500, 1, 0} {
			removed, err := s.Sweep(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, removed)
		}
	})
	t.Run("a record that comes back to life while it is swept stays", func(t *testing.T) {
		s := e.open(t)
		s.fill(t, 1, "key", longAgo, "1")
		swept := make(chan struct{})
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			_, err := s.Put(ctx, store.Record{Key: "key0", TTL: time.Hour})
			go func() {
				defer close(swept)
				_, _ = s.Sweep(t.Context()) // waits, or leaves the row alone
			}()
			select {
			case <-swept:
			case <-time.After(100 * time.Millisecond):
			}
			return err
		}))
		<-swept
		_, err := s.Get(t.Context(), "key0")
		require.NoError(t, err)
	})
	t.Run("records that come back to life among sweepers stay", func(t *testing.T) {
		const rows = 100
		s := e.open(t)
		s.fill(t, rows, "key", longAgo, "1")
		done := make(chan struct{})
		var sweepers, creators sync.WaitGroup
		for range 2 {
			sweepers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						_, _ = s.Sweep(t.Context()) // may lose against a creator
					}
				}
			})
		}
		for half := range 2 {
			creators.Go(func() {
				for n := half; n < rows; n += 2 {
					_, err := s.Put(t.Context(), store.Record{Key: fmt.Sprint("key", n), TTL: time.Hour})
					assert.NoError(t, err)
				}
			})
		}
		creators.Wait()
		close(done)
		sweepers.Wait()
		for n := range rows {
			_, err := s.Get(t.Context(), fmt.Sprint("key", n))
			require.NoError(t, err)
		}
	})
}
