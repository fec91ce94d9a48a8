package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/facegate/facegate/store"
)

// engine keeps what the shop must not forget: the kit's records and the shop's own
// ledger, side by side. Every engine but memory can be shared by many instances.
type engine struct {
	records store.Store
	ledger  ledger
	close   func() error // when nobody uses the others any more
}

// opener opens an engine. It fails when the engine does not answer.
type opener func(context.Context) (engine, error)

// inMemory names the engine of a single instance.
const inMemory = "memory"

// openWithin bounds how long an engine may take to answer and to be prepared.
const openWithin = 15 * time.Second

var errStoreForm = errors.New("-store must be memory, sqlite:FILE, redis://HOST:PORT/DB, rediss://..., " +
	"redis+cluster://HOST:PORT, postgres://USER:PASSWORD@HOST:PORT/DB or mysql://USER:PASSWORD@HOST:PORT/DB; " +
	"special characters in names and passwords are written as %XX")

// engineAt reads the flag -store. Errors do not quote it, nor what a driver says of
// it, because a password may stand in it.
func engineAt(flag string) (opener, error) {
	scheme, rest, _ := strings.Cut(flag, ":")
	switch {
	case flag == inMemory:
		return openMemory, nil
	case scheme == "sqlite":
		return sqliteAt(rest)
	}
	at, err := serverURL(flag)
	if err != nil {
		return nil, err
	}
	switch at.Scheme {
	case "redis", "rediss":
		return redisAt(at)
	case "redis+cluster", "rediss+cluster":
		return clusterAt(at)
	case "postgres", "postgresql":
		return postgresAt(at)
	case "mysql":
		return mysqlAt(at)
	default:
		return nil, errStoreForm
	}
}

// serverURL reads the URL of a server. Where a password was not escaped, a part of
// it may look like a port, a database or a query: such URLs are refused.
func serverURL(text string) (*url.URL, error) {
	at, err := url.Parse(text)
	if err != nil || at.Hostname() == "" || at.Fragment != "" || strings.Contains(at.EscapedPath()+at.RawQuery, "@") {
		return nil, errStoreForm
	}
	if strings.Count(at.Host, ":") > 1 && !strings.HasPrefix(at.Host, "[") {
		return nil, errStoreForm
	}
	return at, nil
}

func openMemory(context.Context) (engine, error) {
	return engine{records: store.NewMemory(), ledger: newMemoryLedger(), close: func() error { return nil }}, nil
}

// prepared opens an engine within a time, and closes it again when it cannot be
// used.
func prepared(ctx context.Context, e engine, prepare func(context.Context) error) (engine, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	if err := prepare(ctx); err != nil {
		return engine{}, errors.Join(fmt.Errorf("-store cannot be used: %w", err), e.close())
	}
	return e, nil
}
