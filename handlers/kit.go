package handlers

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/facegate/facegate/middleware"
	"github.com/facegate/facegate/store"
)

// Kit is facegate in an app: a handler to mount, a loop to run, and the same
// doors without HTTP. It is safe for concurrent use.
type Kit struct {
	opts    Options
	vendors map[string]Vendor
	public  *url.URL
	sealed  store.Store // the same store, for what is personal
	guard   *http.CrossOriginProtection

	waiters waiters
	workers *workers
	aside   aside
	pace    pace
	said    said
	closed  chan struct{}
	closing sync.Once
}

// New checks the options and makes a kit. It fails with an [*OptionError] that
// names every bad field. It calls nobody and starts nothing; see [Kit.Run].
func New(o Options) (*Kit, error) {
	o = o.withDefaults()
	public, err := o.check()
	if err != nil {
		return nil, err
	}
	sealed, err := o.seal()
	if err != nil {
		return nil, err
	}
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, &OptionError{Problems: []OptionProblem{{"PublicURL", "has no origin that a browser would send"}}}
	}
	k := &Kit{
		opts: o, vendors: make(map[string]Vendor), public: public, sealed: sealed, guard: guard,
		closed: make(chan struct{}),
	}
	k.workers = newWorkers(o.Workers, o.HookTimeout+o.VendorTimeout+leaseMargin, k.panicked)
	for _, v := range append([]Vendor{o.Vendor}, o.OtherVendors...) {
		k.vendors[v.Name()] = guarded{v, k.emit}
	}
	return k, nil
}

// seal wraps the store for what is personal.
func (o Options) seal() (store.Store, error) {
	keys := o.Keys
	if len(keys) == 0 {
		key, err := store.RandomKey("process")
		if err != nil {
			return nil, err
		}
		keys = []store.Key{key}
	}
	sealed, err := store.Seal(o.Store, keys...)
	if err != nil {
		return nil, &OptionError{Problems: []OptionProblem{{"Keys", "cannot be used: " + err.Error()}}}
	}
	return sealed, nil
}

// now is the kit's clock.
func (k *Kit) now() time.Time { return k.opts.Now().UTC() }

// vendor finds an account by name; "" is the default one.
func (k *Kit) vendor(name string) (Vendor, error) {
	if name == "" {
		name = k.opts.Vendor.Name()
	}
	if v, ok := k.vendors[name]; ok {
		return v, nil
	}
	return nil, &Error{Code: CodeMalformed, Reason: reasonUnknownVendor}
}

// reasonUnknownVendor says that no account of the options has the name.
const reasonUnknownVendor Reason = "unknown_vendor"

// panicked reports a panic on a goroutine of the kit.
func (k *Kit) panicked(value any) {
	k.emit(context.Background(), Event{Name: EventPanic, Reason: Reason(middleware.Recovered(value).Type)})
}

// The endpoints, by the last segment of their path.
const (
	endpointStart  = "start"
	endpointReturn = "return"
	endpointFinish = "finish"
	endpointNotify = "notify"
	endpointStatus = "status"
)

// address is the public URL of an endpoint, with a query.
func (k *Kit) address(endpoint string, query url.Values) *url.URL {
	u := k.public.JoinPath(endpoint)
	u.RawQuery = query.Encode()
	return u
}

// here is the same as a path of this site, for links on the kit's own pages.
func (k *Kit) here(endpoint string, query url.Values) string {
	return k.address(endpoint, query).RequestURI()
}

// Shutdown stops the kit: Run returns, no delivery begins any more, and those
// under way may finish until ctx ends; then their contexts are cancelled and the
// sessions handed back, to be delivered by another process or the next start.
// Requests are still answered, and notices still recorded: stop the app's server
// first to end them.
func (k *Kit) Shutdown(ctx context.Context) error {
	k.closing.Do(func() { close(k.closed) })
	return k.workers.stop(ctx)
}
