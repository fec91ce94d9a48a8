package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// settings are the command line.
type settings struct {
	addr, vendorAddr        string
	publicURL               string
	megviiKey, megviiSecret string
	hookFail                int
	queryAfter              time.Duration
	sameSite                http.SameSite
}

// live tells whether the vendor is the real one.
func (s settings) live() bool { return s.megviiKey != "" }

func parseSettings(args []string, diag io.Writer) (settings, error) {
	var s settings
	var sameSite string
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(diag)
	flags.StringVar(&s.addr, "addr", "localhost:8080", "where the shop listens; port 0 picks a free one")
	flags.StringVar(&s.vendorAddr, "vendor-addr", "127.0.0.1:8081", "where the fake vendors listen; use another host name than in -addr")
	flags.IntVar(&s.hookFail, "hook-fail", 0, "let the first `N` runs of the hook fail")
	flags.StringVar(&sameSite, "login-samesite", "lax", "SameSite of the shop's login cookie: lax or strict")
	flags.DurationVar(&s.queryAfter, "query-after", 10*time.Second, "when the fake vendors are asked about a person who never came back")
	flags.StringVar(&s.megviiKey, "megvii-key", "", "api_key of a live Megvii account")
	flags.StringVar(&s.megviiSecret, "megvii-secret", "", "api_secret of a live Megvii account")
	flags.StringVar(&s.publicURL, "public-url", "", "https address of the kit as the world sees it, such as https://shop.example/face; for the live vendor")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	switch sameSite {
	case "lax":
		s.sameSite = http.SameSiteLaxMode
	case "strict":
		s.sameSite = http.SameSiteStrictMode
	default:
		return settings{}, errors.New("-login-samesite must be lax or strict")
	}
	given := 0
	for _, value := range []string{s.megviiKey, s.megviiSecret, s.publicURL} {
		if value != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		return settings{}, errors.New("-megvii-key, -megvii-secret and -public-url go together")
	}
	if s.queryAfter <= 0 || s.queryAfter > longestQueryAfter {
		return settings{}, errors.New("-query-after must be positive, and 1h at most")
	}
	return s, nil
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
