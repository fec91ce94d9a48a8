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
// Behind "operator" is what the world must not reach: GET /healthz, GET /doctor and
// GET /dead-letters, which -hook-fail 2 -max-deliveries 2 gives something to show.
//
// With -store everything is kept in Redis, PostgreSQL, MySQL, MariaDB or an SQLite
// file, and any number of instances share it:
//
//	go run ./example -store sqlite:/tmp/shop.db
//	go run ./example -store sqlite:/tmp/shop.db -addr localhost:8090 -vendor http://127.0.0.1:8081
//
// The second one uses the fake vendors of the first. Whoever is signed in at one is so
// at the other, and both show the same history. Stop the second while a person who
// started there is on the vendor's page: the first asks the vendor after -query-after.
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
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	kept, err := s.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(runOn(ctx, listener, kept, s, out, diag), kept.close())
}

// runOn builds the shop on what was opened for it, and serves.
func runOn(ctx context.Context, listener net.Listener, kept engine, s settings, out, diag io.Writer) error {
	var said bytes.Buffer // until all is well
	s.announceApp(listener.Addr(), &said)
	inside, err := net.Listen("tcp", s.operatorAddr)
	if err != nil {
		return err
	}
	defer inside.Close()
	fmt.Fprintln(&said, "operator", address(s.operatorAddr, inside.Addr()))
	common, err := newKeys(s.secret)
	if err != nil {
		return err
	}
	sealed, err := store.Seal(kept.records, common.sealing)
	if err != nil {
		return err
	}
	fakes, found, err := openAccounts(s, sealed, &said)
	if err != nil {
		return err
	}
	shop := newShop(s, common, kept.ledger, found)
	kit, err := handlers.New(shop.options(s, kept.records, common.sealing, slog.New(slog.NewTextHandler(diag, nil))))
	if err != nil {
		return err
	}
	if _, err := said.WriteTo(out); err != nil {
		return err
	}
	own := []server{
		{listener: listener, handler: shop.handler(kit), stop: func() {}},
		{listener: inside, handler: shop.operatorHandler(kit), stop: func() {}},
	}
	return serve(ctx, kit, append(own, fakes...))
}

// options put the kit into the shop. With [handlers.New] this is all that an app
// does.
func (s *shop) options(given settings, records store.Store, key store.Key, logger *slog.Logger) handlers.Options {
	o := handlers.Options{
		Vendor:        s.accounts.vendors[0],
		OtherVendors:  s.accounts.vendors[1:],
		Store:         records,
		Keys:          []store.Key{key},
		PublicURL:     given.publicURL,
		Identify:      s.login.identify,
		Prepare:       prepare,
		OnResult:      s.calls.onResult(s.ledger.write),
		MaxStartBody:  maxStart,
		MaxDeliveries: given.maxDeliveries,
		Logger:        logger,
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
