// Command example is a small shop that sends its customers to a face check: facegate
// mounted in an app, with fake vendors to try it against.
//
//	go run ./example
//
// then open the address behind "app". The app and the vendor listen under two
// different host names on purpose: only so does the browser treat the way back as
// cross-site, as it will in production. GET /events lists every run of the hook,
// and POST /control/next on the vendor's address takes a JSON object of switches
// that make its next session misbehave; see package sandbox. The switches of the
// fake Baidu are at /control/baidu/next.
//
// With -megvii-key, -megvii-secret and -public-url the shop talks to the live
// vendor instead. It still speaks plain HTTP then, and expects a proxy that ends
// TLS under the public URL.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It prints the addresses to out and logs to diag.
func run(ctx context.Context, args []string, out, diag io.Writer) error {
	s, err := parseSettings(args, diag)
	if err != nil {
		return err
	}
	appListener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	defer appListener.Close()
	var said bytes.Buffer // until all is well
	s.announceApp(appListener.Addr(), &said)

	kept := store.NewMemory()
	servers := []server{{listener: appListener, stop: func() {}}}
	var found accounts
	if s.live() {
		found, err = liveAccounts(s, &said)
	} else {
		var vendor server
		vendor, found, err = sandboxAccounts(s, kept, &said)
		servers = append(servers, vendor)
	}
	if err != nil {
		return err
	}
	shop := newShop(s, found)
	kit, err := handlers.New(shop.options(s, kept, slog.New(slog.NewTextHandler(diag, nil))))
	if err != nil {
		return err
	}
	servers[0].handler = shop.handler(kit.Handler())
	if _, err := said.WriteTo(out); err != nil {
		return err
	}
	return serve(ctx, kit, servers)
}

// options put the kit into the shop. With [handlers.New] this is all that an app
// does.
func (s *shop) options(given settings, kept store.Store, logger *slog.Logger) handlers.Options {
	o := handlers.Options{
		Vendor:       s.accounts.vendors[0],
		OtherVendors: s.accounts.vendors[1:],
		Store:        kept,
		PublicURL:    given.publicURL,
		Identify:     s.login.identify,
		Prepare:      prepare,
		OnResult:     s.calls.onResult(s.ledger.record),
		MaxStartBody: maxStart,
		Logger:       logger,
	}
	if !given.live() {
		o.InsecureDevelopment = true
		// Whoever plays with the fake vendors tries all that they offer, and does not
		// like to wait.
		o.MaxAttempts = 10_000
		o.Backoff, o.PollInterval = 250*time.Millisecond, 250*time.Millisecond
	}
	return o
}

// server is one address with what answers there.
type server struct {
	listener net.Listener
	handler  http.Handler
	stop     func() // ends what the handler runs in the background
}

// stopWithin bounds how long requests and hooks may take to end. It is more than
// the 5 s that a server gives to a browser which has connected in advance and asked
// for nothing yet.
const stopWithin = 10 * time.Second

// serve runs the servers and the kit's loop until asked ends, then stops them in
// order: no new requests, then no new deliveries.
func serve(asked context.Context, kit *handlers.Kit, servers []server) error {
	ctx, cancel := context.WithCancelCause(asked)
	defer cancel(nil)
	var running sync.WaitGroup
	running.Go(func() { cancel(kit.Run(ctx)) })
	var all []*http.Server
	for _, s := range servers {
		srv := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
		all = append(all, srv)
		running.Go(func() { cancel(srv.Serve(s.listener)) })
	}
	<-ctx.Done()

	ending, done := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer done()
	var failed error
	for _, srv := range all {
		failed = errors.Join(failed, srv.Shutdown(ending))
	}
	failed = errors.Join(failed, kit.Shutdown(ending))
	for _, s := range servers {
		s.stop()
	}
	running.Wait()
	if asked.Err() == nil {
		failed = errors.Join(failed, context.Cause(ctx)) // something stopped by itself
	}
	return failed
}
