package fleettest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// spec is what a member is told. It is the same for all of a fleet, but for Listen
// and what a test changes on purpose.
type spec struct {
	Listen string // host and port
	Vendor string // base URL of the fake Megvii
	Store  engine
	Ledger engine

	// Plain hides the transactions of an SQL store, as if it had none: then the hook
	// writes by connections of its own.
	Plain bool

	// DiesAt is where the member kills itself. Empty: nowhere.
	DiesAt point

	// Ahead is how far the member's clock is ahead of the others: a lease that it
	// finds has run out, a query that it finds has become due.
	Ahead time.Duration

	// HookTakes is how long the app's hook works, HookTimeout how long it may.
	HookTakes, HookTimeout time.Duration

	// PollInterval is how often the member looks for what is due.
	PollInterval time.Duration
}

// Where a member serves, beside the kit's endpoints under /face/.
const readyPath = "/ready"

// subjectHeader says who is signed in.
const subjectHeader = "X-Subject"

// stopWithin bounds how long requests and hooks may take to end.
const stopWithin = 30 * time.Second

// beMember is the life of a member. It returns the exit code.
func beMember(told string) int {
	var s spec
	err := json.Unmarshal([]byte(told), &s)
	if err == nil {
		err = s.serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// serve answers and delivers until SIGTERM, then ends in order: no new requests,
// then no new deliveries.
func (s spec) serve() error {
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	kit, err := s.kit()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/face/", kit.Handler())
	mux.HandleFunc(readyPath, func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	var running sync.WaitGroup
	running.Go(func() { _ = kit.Run(context.Background()) })
	running.Go(func() { _ = server.Serve(listener) })
	<-asked.Done()

	ending, done := context.WithTimeout(context.Background(), stopWithin)
	defer done()
	err = errors.Join(server.Shutdown(ending), kit.Shutdown(ending))
	running.Wait()
	return err
}

// kit makes the kit as an app does, with the real vendor package.
func (s spec) kit() (*handlers.Kit, error) {
	options, err := s.options()
	if err != nil {
		return nil, err
	}
	account, err := s.account()
	if err != nil {
		return nil, err
	}
	book, err := s.Ledger.ledger()
	if err != nil {
		return nil, err
	}
	options.Vendor = mortalVendor{account, s.DiesAt}
	options.OnResult = func(ctx context.Context, r handlers.Result) error {
		if err := book.ran(ctx, r.Key); err != nil {
			return err
		}
		if err := s.work(ctx); err != nil {
			return err
		}
		s.DiesAt.reached(inHook)
		return book.grant(ctx, r.Key, string(r.Verdict))
	}
	return handlers.New(options)
}

// work is what else the hook does: it calls another system, which takes its time.
func (s spec) work(ctx context.Context) error {
	select {
	case <-time.After(s.HookTakes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// account is the account at the fake Megvii.
func (s spec) account() (*megvii.Vendor, error) {
	return megvii.New(megvii.Config{
		BaseURL: s.Vendor, APIKey: handlers.Hide(sandbox.MegviiAPIKey), APISecret: handlers.Hide(sandbox.MegviiAPISecret),
		Defaults:            megvii.GetTokenRequest{ComparisonType: megvii.CompareWithIDCard, IDCardMode: megvii.IDCardTyped},
		InsecureDevelopment: true,
	})
}

// options are those that do not depend on who runs the kit.
func (s spec) options() (handlers.Options, error) {
	records, err := s.Store.records()
	if err != nil {
		return handlers.Options{}, err
	}
	if s.Plain {
		records = plainStore{records}
	}
	key, err := store.NewKey("fleet", []byte("a made-up key for a fleet's test"))
	return handlers.Options{
		Store: mortalStore{records, s.DiesAt}, Keys: []store.Key{key},
		PublicURL: "http://127.0.0.1:8080/face", InsecureDevelopment: true,
		Identify:     func(r *http.Request) (string, error) { return r.Header.Get(subjectHeader), nil },
		Logger:       slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Now:          func() time.Time { return time.Now().Add(s.Ahead) },
		StoreTimeout: patientStore, HookTimeout: s.HookTimeout,
		PollInterval: s.PollInterval, Backoff: 200 * time.Millisecond,
	}, err
}

// plainStore has no other methods than a [store.Store].
type plainStore struct{ store.Store }
