package sqltest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

// word is a vendor whose signed callbacks are the session's id and a verdict.
type word struct{}

func (word) Name() string { return "word" }

func (word) Limits() handlers.Limits {
	return handlers.Limits{SessionLife: time.Hour, Retention: 24 * time.Hour, Queries: 1}
}

func (word) Check(handlers.BeginRequest) ([]byte, error) { return nil, nil }

func (word) Begin(_ context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	return handlers.Begun{Ref: handlers.Hide(req.Session), PageURL: handlers.Hide("https://vendor.example/do")}, nil
}

func (word) Parse(cb handlers.Callback) (handlers.Notice, error) {
	var n handlers.Notice
	var verdict string
	_, err := fmt.Sscan(string(cb.Body), &n.Session, &verdict)
	n.Authentic, n.Detail = true, handlers.Verdict(verdict)
	return n, err
}

func (word) Query(context.Context, handlers.Session) (handlers.Notice, error) {
	return handlers.Notice{Detail: handlers.Pending}, nil
}

func (word) Judge(n handlers.Notice, _ handlers.Session) handlers.Judgement {
	return handlers.Judgement{Verdict: n.Detail.(handlers.Verdict)}
}

func (word) Ready(context.Context) (handlers.Readiness, error) { return handlers.Readiness{}, nil }

func (word) Probe(context.Context) (handlers.Probe, error) { return handlers.Probe{}, nil }

// kitDelivers runs a whole kit on the engine.
func (e *engine) kitDelivers(t *testing.T) {
	t.Run("case 112: a kit's hook and its mark are one transaction, and a hook that fails leaves no row", func(t *testing.T) {
		o := e.open(t)
		o.exec(t, "CREATE TABLE {prefix}verdicts (delivery VARCHAR(64) NOT NULL, attempt INTEGER NOT NULL)")
		key, err := store.RandomKey("test")
		require.NoError(t, err)
		sealed, err := store.Seal(o.Store, key)
		require.NoError(t, err)
		kit, err := handlers.New(handlers.Options{
			Vendor: word{}, Store: sealed, Keys: []store.Key{key}, PublicURL: "https://shop.example/face",
			Identify: func(*http.Request) (string, error) { return "", nil },
			Backoff:  10 * time.Millisecond, PollInterval: 10 * time.Millisecond,
			OnResult: func(ctx context.Context, r handlers.Result) error {
				tx, ok := sqlstore.Tx(ctx)
				if !ok {
					return errors.New("no transaction")
				}
				insert := fmt.Sprintf("INSERT INTO {prefix}verdicts (delivery, attempt) VALUES ('%s', %d)", r.Key, r.Attempt)
				if _, err := tx.ExecContext(ctx, o.text(insert)); err != nil {
					return err
				}
				if r.Attempt < 3 {
					return errors.New("the app's own rule")
				}
				return nil
			},
		})
		require.NoError(t, err)
		started, err := kit.Begin(t.Context(), handlers.BeginParams{Subject: "alice"})
		require.NoError(t, err)
		said := handlers.Callback{Carrier: handlers.CarrierNotify, Method: http.MethodPost, Body: []byte(started.Session + " passed")}
		_, err = kit.Accept(t.Context(), "", said)
		require.NoError(t, err)

		running, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = kit.Run(running)
		}()
		require.Eventually(t, func() bool {
			s, err := kit.Lookup(t.Context(), started.Session)
			return err == nil && s.State == handlers.StateDelivered
		}, time.Minute, 20*time.Millisecond)
		stop()
		<-done
		require.NoError(t, kit.Shutdown(t.Context()))
		require.Equal(t, 1, o.count(t, "SELECT count(*) FROM {prefix}verdicts"))
		require.Equal(t, 3, o.count(t, "SELECT attempt FROM {prefix}verdicts"))
	})
}
