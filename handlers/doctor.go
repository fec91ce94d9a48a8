package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/facegate/facegate/store"
)

// Level is how bad a [Check] is.
type Level string

// The levels, from good to bad.
const (
	// LevelOK: looked at, and fine.
	LevelOK Level = "ok"
	// LevelUnknown: could not be looked at from here.
	LevelUnknown Level = "unknown"
	// LevelWarning: works, with a risk that is named.
	LevelWarning Level = "warning"
	// LevelError: will not work, or is not safe.
	LevelError Level = "error"
)

// Check is one thing that [Kit.Doctor] looked at.
type Check struct {
	// Name is what was looked at: "public_url", "vendor_port", "keys", "store",
	// "store_setting", "credentials", "clock", "notify", "return", "listener".
	Name string
	// Vendor is the account, for checks of one.
	Vendor string
	// Level is how bad it is.
	Level Level
	// Says is a sentence for operators. It holds no secret and nothing personal.
	Says string
}

// Diagnosis is what [Kit.Doctor] found.
type Diagnosis struct {
	// Checks are all that was looked at, also what is fine.
	Checks []Check
}

// Worst is the worst level of all checks.
func (d Diagnosis) Worst() Level {
	order := []Level{LevelOK, LevelUnknown, LevelWarning, LevelError}
	worst := 0
	for _, c := range d.Checks {
		worst = max(worst, slices.Index(order, c.Level))
	}
	return order[worst]
}

// Err is an error that names every check at LevelError, or nil: a process that must
// not start half broken returns it from main.
func (d Diagnosis) Err() error {
	var bad []string
	for _, c := range d.Checks {
		if c.Level == LevelError {
			bad = append(bad, c.String())
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errors.New("facegate: doctor: " + strings.Join(bad, "; "))
}

// String is one line for logs.
func (c Check) String() string {
	about := c.Name
	if c.Vendor != "" {
		about += " of " + c.Vendor
	}
	return fmt.Sprintf("%s: %s: %s", about, c.Level, c.Says)
}

// add notes what a check found.
func (d *Diagnosis) add(level Level, name, vendor, says string, args ...any) {
	d.Checks = append(d.Checks, Check{Name: name, Vendor: vendor, Level: level, Says: fmt.Sprintf(says, args...)})
}

// Doctor looks at what New cannot: whether the world can reach the kit, whether the
// vendors take the credentials and agree about the time, and what the store's
// settings put at risk. It calls each vendor once, and this process's own PublicURL,
// return and notify, with forms that nobody signed; the kit refuses them, with the
// events of that. Run it at start-up once the app's server listens, and when
// something is odd. It never fails: what does not answer is a check of its own.
func (k *Kit) Doctor(ctx context.Context) Diagnosis {
	var d Diagnosis
	k.examinePublicURL(&d)
	k.examineKeys(&d)
	k.examineListeners(&d)
	k.examineStore(ctx, &d)
	for _, name := range k.accounts() {
		k.examineVendor(ctx, &d, name)
	}
	k.examineDoors(ctx, &d)
	return d
}

// examinePublicURL judges what can be told from the address alone.
func (k *Kit) examinePublicURL(d *Diagnosis) {
	const name = "public_url"
	level, says := LevelOK, "is https"
	switch {
	case k.opts.InsecureDevelopment:
		level, says = LevelWarning, "InsecureDevelopment is set: everyone on the way reads and changes what passes; never in production"
	case !publicHost(k.public):
		level, says = LevelError, "has a host that only this machine or network reaches: a vendor and a person's phone do not"
	}
	d.add(level, name, "", "%s", says)
	for _, account := range k.accounts() {
		ports := k.vendors[account].Limits().NotifyPorts
		if len(ports) == 0 {
			continue
		}
		if slices.Contains(ports, port(k.public)) && k.public.Scheme == "https" {
			d.add(LevelOK, "vendor_port", account, "the vendor calls port %d", port(k.public))
			continue
		}
		d.add(LevelWarning, "vendor_port", account,
			"the vendor calls https on %v only, so notify will not come at %s port %d; results come by return and query", ports, k.public.Scheme, port(k.public))
	}
}

// publicHost reports whether a host may be reached from elsewhere, as far as its name
// tells.
func publicHost(u *url.URL) bool {
	host := u.Hostname()
	if host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// examineKeys judges what seals personal data.
func (k *Kit) examineKeys(d *Diagnosis) {
	if _, inProcess := k.opts.Store.(*store.Memory); inProcess {
		d.add(LevelWarning, "keys", "", "the store is in memory: every open session and undelivered result ends with the process")
		return
	}
	ids := make([]string, len(k.opts.Keys))
	for i, key := range k.opts.Keys {
		ids[i] = key.ID()
	}
	d.add(LevelOK, "keys", "", "new values are sealed with key %s; known are %v", ids[0], ids)
}

// examineListeners asks whether anybody would hear of a dead letter.
func (k *Kit) examineListeners(d *Diagnosis) {
	if k.opts.OnEvent == nil && !k.opts.Logger.Enabled(context.Background(), slog.LevelError) {
		d.add(LevelWarning, "listener", "", "neither OnEvent nor Logger is set: nobody hears of forgeries, orphans and dead letters")
		return
	}
	d.add(LevelOK, "listener", "", "events are heard")
}

// examineStore writes and reads, and asks the engine for its settings.
func (k *Kit) examineStore(ctx context.Context, d *Diagnosis) {
	if err := k.storeHealth(ctx).Err; err != nil {
		d.add(LevelError, "store", "", "does not write, read and delete: %v", cause(err))
		return
	}
	d.add(LevelOK, "store", "", "writes, reads and deletes")
	engine, ok := engineOf[store.Diagnoser](k.opts.Store)
	if !ok {
		d.add(LevelUnknown, "store_setting", "", "this store does not tell its settings")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, k.opts.StoreTimeout)
	defer cancel()
	findings, err := engine.Diagnose(ctx)
	if err != nil {
		d.add(LevelError, "store_setting", "", "the engine's settings do not fit: %v", cause(err))
		return
	}
	for _, f := range findings {
		if f.Value == "" {
			d.add(LevelUnknown, "store_setting", "", "the engine does not tell its %s: %s", f.Setting, f.Risk)
			continue
		}
		d.add(LevelWarning, "store_setting", "", "%s is %s: %s", f.Setting, f.Value, f.Risk)
	}
	if len(findings) == 0 {
		d.add(LevelOK, "store_setting", "", "puts nothing at risk")
	}
}

// How far our clock and a vendor's may be apart, which tells its own to the second.
const (
	oddClock   = 30 * time.Second
	wrongClock = 5 * time.Minute
)

// examineVendor asks an account about its credentials and its clock.
func (k *Kit) examineVendor(ctx context.Context, d *Diagnosis, account string) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.VendorTimeout)
	defer cancel()
	asked := k.now()
	probe, err := k.vendors[account].Probe(ctx)
	answered := k.now()
	switch code := CodeOf(err); {
	case code == CodeVendorMisconfigured:
		d.add(LevelError, "credentials", account, "the vendor refuses them: %v", cause(err))
	case err != nil:
		d.add(LevelWarning, "credentials", account, "the vendor does not answer: %v", cause(err))
	case probe.CredentialsTaken:
		d.add(LevelOK, "credentials", account, "the vendor takes them")
	default:
		d.add(LevelUnknown, "credentials", account, "the vendor was not asked to look at them")
	}
	if probe.Date.IsZero() {
		d.add(LevelUnknown, "clock", account, "the vendor did not tell its time")
		return
	}
	skew := max(asked.Sub(probe.Date.Add(time.Second)), probe.Date.Sub(answered), 0).Round(time.Second)
	level, says := LevelOK, "ours agrees with the vendor's"
	switch {
	case skew > wrongClock:
		level, says = LevelError, fmt.Sprintf("ours is %v away from the vendor's: sessions end at the wrong time", skew)
	case skew > oddClock:
		level, says = LevelWarning, fmt.Sprintf("ours is %v away from the vendor's", skew)
	}
	d.add(level, "clock", account, "%s", says)
}

// cause is what an operator needs to know of an error: its code, then what is
// beneath, which the contract of [Error] keeps free of secrets.
func cause(err error) string {
	text := err.Error()
	if e := asError(err, CodeInternal); e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}
