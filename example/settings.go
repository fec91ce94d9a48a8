package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// settings are the command line.
type settings struct {
	addr, vendorAddr        string
	operatorAddr            string
	vendor                  string // fake vendors that another instance serves, or ""
	open                    opener
	secret                  []byte // what the keys are made of
	publicURL               string
	megviiKey, megviiSecret string
	hookFail, hookFailLate  int
	maxDeliveries           int
	queryAfter              time.Duration
	sameSite                http.SameSite
}

// live tells whether the vendor is the real one.
func (s settings) live() bool { return s.megviiKey != "" }

// written are the flags that are read further after they were parsed.
type written struct{ store, key, sameSite string }

func parseSettings(args []string, diag io.Writer) (settings, error) {
	var s settings
	var w written
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(diag)
	flags.StringVar(&s.addr, "addr", "localhost:8080", "where the shop listens; port 0 picks a free one")
	flags.StringVar(&s.vendorAddr, "vendor-addr", "127.0.0.1:8081", "where the fake vendors listen; use another host name than in -addr")
	flags.StringVar(&s.operatorAddr, "operator-addr", "127.0.0.1:0", "where the operators' pages are; an address that the world does not reach")
	flags.StringVar(&s.vendor, "vendor", "", "`URL` of the fake vendors of another instance, such as http://127.0.0.1:8081, instead of own ones")
	flags.StringVar(&w.store, "store", inMemory, "where sessions and the shop's ledger are kept: memory, sqlite:FILE, or the `URL` of a server: redis://..., postgres://... or mysql://...")
	flags.StringVar(&w.key, "key", "", "32 bytes in `Base64`, the same for all instances on a store; fake vendors do without")
	flags.IntVar(&s.hookFail, "hook-fail", 0, "let the first `N` runs of the hook fail")
	flags.IntVar(&s.hookFailLate, "hook-fail-late", 0, "let the first `N` runs of the hook fail after they have written; the ledger shows their result once all the same")
	flags.IntVar(&s.maxDeliveries, "max-deliveries", 0, "park a result as dead after `N` runs of the hook; 0: as many as the kit thinks right")
	flags.StringVar(&w.sameSite, "login-samesite", "lax", "SameSite of the shop's login cookie: lax or strict")
	flags.DurationVar(&s.queryAfter, "query-after", 10*time.Second, "when the fake vendors are asked about a person who never came back")
	flags.StringVar(&s.megviiKey, "megvii-key", "", "api_key of a live Megvii account")
	flags.StringVar(&s.megviiSecret, "megvii-secret", "", "api_secret of a live Megvii account")
	flags.StringVar(&s.publicURL, "public-url", "", "https address of the kit as the world sees it, such as https://shop.example/face; for the live vendor")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, errors.New("there are only flags; see -help")
	}
	if err := s.read(w); err != nil {
		return settings{}, err
	}
	return s, s.check()
}

// read turns texts into what they mean.
func (s *settings) read(w written) (err error) {
	switch w.sameSite {
	case "lax":
		s.sameSite = http.SameSiteLaxMode
	case "strict":
		s.sameSite = http.SameSiteStrictMode
	default:
		return errors.New("-login-samesite must be lax or strict")
	}
	if s.open, err = engineAt(w.store); err != nil {
		return err
	}
	switch {
	case w.key != "":
		s.secret, err = decodeKey(w.key)
	case w.store == inMemory:
		s.secret = randomSecret()
	case s.live():
		err = errors.New("-key is needed for a live account on a shared store; openssl rand -base64 32 makes one")
	default:
		s.secret = []byte(demoKey)
	}
	return err
}

// check refuses what does not go together or is out of bounds.
func (s settings) check() error {
	given := 0
	for _, value := range []string{s.megviiKey, s.megviiSecret, s.publicURL} {
		if value != "" {
			given++
		}
	}
	switch {
	case given != 0 && given != 3:
		return errors.New("-megvii-key, -megvii-secret and -public-url go together")
	case s.live() && string(s.secret) == demoKey:
		return errors.New("-key is the demo key, which everybody can read; openssl rand -base64 32 makes a better one")
	case s.live() && s.vendor != "":
		return errors.New("-vendor is for fake vendors, and does not go with a live account")
	case s.vendor != "" && !plainOrigin(s.vendor):
		return errors.New("-vendor must be what another instance prints behind \"vendor\", such as http://127.0.0.1:8081")
	case s.queryAfter <= 0 || s.queryAfter > longestQueryAfter:
		return errors.New("-query-after must be positive, and 1h at most")
	case s.hookFail < 0 || s.hookFailLate < 0 || s.maxDeliveries < 0:
		return errors.New("-hook-fail, -hook-fail-late and -max-deliveries must not be negative")
	}
	return nil
}

// plainOrigin accepts http://HOST:PORT.
func plainOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && text == "http://"+u.Host
}

// longestQueryAfter leaves room for the later questions within a day, which is how
// long Megvii answers.
const longestQueryAfter = time.Hour

// schedule is when the fake vendors are asked about a person who never came back.
func (s settings) schedule() []time.Duration {
	return []time.Duration{s.queryAfter, 4 * s.queryAfter, 16 * s.queryAfter}
}

// announceApp prints where the shop is, and settles the public URL.
func (s *settings) announceApp(addr net.Addr, out io.Writer) {
	fmt.Fprintln(out, "app", address(s.addr, addr))
	if s.publicURL == "" {
		s.publicURL = address(s.addr, addr) + "/face"
	}
}

// address is a URL with the host that was asked for and the port that was given.
func address(asked string, given net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	if err != nil || host == "" {
		host = "localhost"
	}
	_, port, err := net.SplitHostPort(given.String())
	if err != nil {
		return "http://" + host
	}
	return "http://" + net.JoinHostPort(host, port)
}
