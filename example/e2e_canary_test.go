package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// What must never be seen. Made up, and found nowhere else.
const (
	canaryName     = "金丝雀无名氏"
	canaryNumber   = "000000197707074778"
	canaryKey      = "CANARY-api-key-000001"
	canarySecret   = "CANARY-api-secret-000001"
	canaryPrevious = "CANARY-api-secret-000000"
	canarySeal     = "CANARY-sealing-key-of-32-bytes-!"
	canaryExtra    = "CANARY-extra-<script>alert(1)</script>\x1b[31m"
	canaryTyped    = "CANARY-typed-by-a-stranger"
	canaryFailure  = "CANARY-in-an-error-of-the-app"
	canaryVendor   = "CANARY_SAID_BY_THE_VENDOR"
	canarySubject  = "CANARY-subject"

	fakeName   = "张三" // whom the fake Megvii's cards show
	fakeNumber = "110101199003070003"
)

// aviary is an app in which every secret and every personal datum is a canary,
// with an ear at everything that leaves it.
type aviary struct {
	*assembled
	config megvii.Config
	flaws  atomic.Int64 // how many more runs of the hook go wrong
	start  atomic.Value // megvii.Params of the next start

	mu      sync.Mutex
	secrets map[string]string // the canaries, and what each is
	heard   map[string]*bytes.Buffer
}

// The ears.
const (
	earLog     = "the kit's log"
	earServer  = "the server's log"
	earAnswers = "answers of the app"
	earEvents  = "events"
	earStore   = "the store"
	earRecords = "the sessions' records" // of the store, where the vendor's own ids may stand
	earPrinted = "printed values"
	earErrors  = "errors"
)

func (a *aviary) hear(ear, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.heard[ear] == nil {
		a.heard[ear] = &bytes.Buffer{}
	}
	fmt.Fprintf(a.heard[ear], format+"\n", args...)
}

// ear is a writer that hears.
type ear struct {
	a    *aviary
	name string
}

func (e ear) Write(p []byte) (int, error) {
	e.a.hear(e.name, "%s", p)
	return len(p), nil
}

// learn adds a canary that came up on the way.
func (a *aviary) learn(what, secret string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.secrets[secret] = what
}

func newAviary(t *testing.T) *aviary {
	a := &aviary{secrets: map[string]string{
		canaryName: "name", canaryNumber: "ID number", canaryKey: "api_key", canarySecret: "api_secret",
		canaryPrevious: "previous secret", canarySeal: "sealing key", canaryExtra: "biz_extra_data",
		canaryTyped: "a stranger's text", canaryFailure: "the app's error", canaryVendor: "the vendor's message",
		canarySubject: "subject", fakeName: "the name that came back", fakeNumber: "the number that came back",
	}, heard: map[string]*bytes.Buffer{}}
	a.start.Store(megvii.Params{})
	usual := log.Writer()
	log.SetOutput(ear{a, earServer})
	t.Cleanup(func() { log.SetOutput(usual) })

	key, err := store.NewKey("canary", []byte(canarySeal))
	require.NoError(t, err)
	everything := &slog.HandlerOptions{Level: slog.LevelDebug - 100, AddSource: true}
	a.assembled = assemble(t, setup{
		fake: sandbox.MegviiConfig{APIKey: canaryKey, APISecret: canarySecret},
		account: func(c *megvii.Config) {
			c.APIKey, c.APISecret = handlers.Hide(canaryKey), handlers.Hide(canarySecret)
			c.PreviousAPISecret = handlers.Hide(canaryPrevious)
			c.ReturnImage = megvii.ReturnImageAll
			c.QueryAfter = []time.Duration{200 * time.Millisecond, time.Second}
			a.config = *c
		},
		options: func(o *handlers.Options) { a.wire(o, key, everything) },
		around:  a.overhear,
	})
	return a
}

// wire puts the ears into the options, and the flaws into the hooks.
func (a *aviary) wire(o *handlers.Options, key store.Key, level *slog.HandlerOptions) {
	o.Store, o.Keys = recording{o.Store, a.hear}, []store.Key{key}
	o.Logger = slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(ear{a, earLog}, level), slog.NewJSONHandler(ear{a, earLog}, level)))
	o.OnEvent = func(_ context.Context, e handlers.Event) { a.hear(earEvents, "%+v %#v", e, e) }
	identify, onResult := o.Identify, o.OnResult
	o.Identify = func(r *http.Request) (string, error) {
		switch r.Header.Get("X-Flaw") {
		case "panic":
			panic(canaryFailure + canaryName)
		case "error":
			return "", errors.New(canaryFailure)
		}
		return identify(r)
	}
	o.Prepare = func(r *http.Request) (handlers.StartParams, error) {
		if r.Header.Get("X-Flaw") == "prepare" {
			return handlers.StartParams{}, errors.New(canaryFailure)
		}
		p, err := prepare(r)
		given := a.start.Load().(megvii.Params)
		given.ReturnMethod = p.Params.(megvii.Params).ReturnMethod
		p.Params = given
		a.print(p)
		given.BizExtraData = canaryExtra // the app's own text, which it may print
		p.Params = given
		return p, err
	}
	o.OnResult = func(ctx context.Context, r handlers.Result) error {
		a.keep(r)
		switch a.flaws.Add(-1) {
		case 1:
			panic(fmt.Sprint(canaryFailure, canaryName, canaryNumber, r.Images))
		case 0:
			return errors.New(canaryFailure + canaryName)
		}
		return onResult(ctx, r)
	}
}

// keep prints a result, and takes its pictures as canaries.
func (a *aviary) keep(r handlers.Result) {
	a.print(r)
	for _, picture := range r.Images {
		raw := picture.Data.Reveal()
		a.learn("picture", string(raw[len(raw)/2:len(raw)/2+24]))
	}
}

// recording hears every write to a store.
type recording struct {
	store.Store
	hear func(ear, format string, args ...any)
}

func (r recording) Put(ctx context.Context, rec store.Record) (int64, error) {
	name := earStore
	if strings.HasPrefix(rec.Key, "s:") {
		name = earRecords
	}
	r.hear(name, "%s %s", rec.Key, rec.Value)
	return r.Store.Put(ctx, rec)
}

// overhear hears every answer, save for what the app must tell: the redirect to
// the vendor's page, the cookies, and the shop's own pages for its own customer.
func (a *aviary) overhear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := &loud{ResponseWriter: w}
		next.ServeHTTP(said, r)
		header := w.Header().Clone()
		if strings.HasSuffix(r.URL.Path, "/start") {
			header.Del("Location")
		}
		header.Del("Set-Cookie")
		a.hear(earAnswers, "%d %v %s", said.status, header, said.body.Bytes())
	})
}

// loud is a ResponseWriter that keeps what passes.
type loud struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (l *loud) Unwrap() http.ResponseWriter { return l.ResponseWriter }

func (l *loud) WriteHeader(status int) {
	l.status = status
	l.ResponseWriter.WriteHeader(status)
}

func (l *loud) Write(p []byte) (int, error) {
	l.body.Write(p)
	return l.ResponseWriter.Write(p)
}

// print writes values in every way that a program might by mistake.
func (a *aviary) print(values ...any) {
	for _, v := range values {
		hidden := struct{ inner any }{v} // fmt cannot call the methods of what is in there
		for _, shape := range []any{v, &v, hidden, &hidden, []any{v}, map[string]any{"k": v}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				a.hear(earPrinted, verb, shape)
			}
			encoded, err := json.Marshal(shape)
			a.hear(earPrinted, "%s %v", encoded, err)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(ear{a, earPrinted}, nil), slog.NewJSONHandler(ear{a, earPrinted}, nil)} {
			slog.New(h).Info("value", "v", v, slog.Group("g", "v", v))
		}
	}
}

// failed writes an error and all that it wraps.
func (a *aviary) failed(err error) {
	a.t.Helper()
	require.Error(a.t, err)
	for ; err != nil; err = errors.Unwrap(err) {
		a.hear(earErrors, "%v %+v %#v %s %q", err, err, err, err, err)
	}
}

// walk begins a check, chooses an outcome and learns what must stay secret of it.
func (a *aviary) walk(p *person, method, outcome string) *check {
	a.t.Helper()
	c := p.begin(method)
	page, err := url.Parse(c.page)
	require.NoError(a.t, err)
	a.learn("token", page.Query().Get("token"))
	c.choose(outcome)
	a.learn("session", c.session)
	a.learn("biz_id", a.atVendor(c.session).BizID)
	if c.pair != nil {
		a.learn("sign", c.pair.Get("sign"))
	}
	app, err := url.Parse(a.app)
	require.NoError(a.t, err)
	for _, cookie := range p.client.Jar.Cookies(app) {
		a.learn("cookie", cookie.Value)
	}
	return c
}
