package handlers

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/facegate/facegate/handlers/internal/check"
	"github.com/facegate/facegate/store"
)

// OptionProblem is one bad field of an options struct.
type OptionProblem struct {
	// Field is the Go name of the field, with its path.
	Field string
	// Rule says what the field must be. It never holds the field's value.
	Rule string
}

// OptionError names every bad field of an options struct at once. The
// constructors of this package and of the vendors' packages return it.
type OptionError struct {
	// Problems holds at least one.
	Problems []OptionProblem
}

// Error lists the fields.
func (e *OptionError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Field + " " + p.Rule
	}
	return "facegate: bad options: " + strings.Join(lines, "; ")
}

// problems collects what is wrong.
type problems []OptionProblem

func (p *problems) add(bad bool, field, rule string) {
	if bad {
		*p = append(*p, OptionProblem{field, rule})
	}
}

// check reports every bad field, and returns the parsed PublicURL. What others may
// be using already, such as the store, is kept from the validator, which would read
// through its pointers.
func (o Options) check() (*url.URL, error) {
	var found problems
	found.add(o.Store == nil, "Store", "is required")
	for _, p := range check.New().Struct(o) {
		found = append(found, OptionProblem(p))
	}
	_, inProcess := o.Store.(*store.Memory)
	found.add(o.Store != nil && !inProcess && len(o.Keys) == 0, "Keys",
		"are required with a Store that outlives the process")
	public := o.checkPublicURL(&found)
	o.checkVendors(&found, public)
	found.add(!o.goodDestination(o.ReturnTo), "ReturnTo", "must be a path on this site, or an https URL, percent-encoded")
	if o.Consent != nil {
		found.add(!o.goodDestination(o.Consent.AlternativeURL), "Consent.AlternativeURL",
			"must be a path on this site, or an https URL, percent-encoded")
	}
	for i, m := range o.Middleware {
		found.add(m == nil, fmt.Sprintf("Middleware[%d]", i), "is nil")
	}
	if len(found) > 0 {
		return nil, &OptionError{Problems: found}
	}
	return public, nil
}

func (o Options) checkPublicURL(found *problems) *url.URL {
	u, err := url.Parse(o.PublicURL)
	bad := err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != ""
	if bad {
		found.add(true, "PublicURL", "must be an absolute URL without user, query and fragment")
		return nil
	}
	secure := u.Scheme == "https" || o.InsecureDevelopment && u.Scheme == "http"
	found.add(!secure, "PublicURL", "must be https")
	return u
}

func (o Options) checkVendors(found *problems, public *url.URL) {
	seen := map[string]bool{}
	for i, v := range append([]Vendor{o.Vendor}, o.OtherVendors...) {
		field := "Vendor"
		if i > 0 {
			field = fmt.Sprintf("OtherVendors[%d]", i-1)
		}
		if v == nil {
			found.add(true, field, "is required")
			continue
		}
		found.add(!goodName(v.Name()), field, "must have a name of lower-case letters, digits and dashes")
		found.add(seen[v.Name()], field, "has the name of another vendor")
		seen[v.Name()] = true
		limits := v.Limits()
		found.add(limits.SessionLife <= 0 || limits.Retention < limits.SessionLife || limits.Queries < 1 || limits.QueryRate < 0,
			field, "has limits that make no sense")
		ports := limits.NotifyPorts
		callable := public == nil || len(ports) == 0 || o.InsecureDevelopment || slices.Contains(ports, port(public))
		found.add(!callable, "PublicURL", fmt.Sprintf("must be on a port that %s calls: %v", v.Name(), ports))
	}
}

// goodDestination reports whether the app may name raw as a page of its own.
func (o Options) goodDestination(raw string) bool {
	if localPath(raw) {
		return true
	}
	u, err := url.Parse(raw)
	if err != nil || !plain(raw) || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || o.InsecureDevelopment && u.Scheme == "http"
}

// goodName reports whether a vendor's name is fit for URLs, records and logs.
func goodName(name string) bool {
	if name == "" || len(name) > 32 {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// port is the port of a URL, also when only its scheme says so.
func port(u *url.URL) int {
	if _, text, err := net.SplitHostPort(u.Host); err == nil {
		n, _ := strconv.Atoi(text)
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}
