package page

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// errURL never leaves this file: the URL at fault may come from a stranger.
var errURL = errors.New("unfit URL")

// longest is the most characters of a URL in a page.
const longest = 4096

// local accepts a relative URL that stays on the site whatever the browser makes
// of it.
func local(field, raw string) error {
	if raw == "" {
		return fmt.Errorf("page: %s is empty", field)
	}
	if u, err := parse(raw); err != nil || u.Scheme != "" {
		return fmt.Errorf("page: %s is not a relative URL of this site", field)
	}
	return nil
}

// link accepts nothing at all, a relative URL of the site, or an absolute http or
// https one.
func link(field, raw string) error {
	if raw == "" {
		return nil
	}
	if _, err := parse(raw); err != nil {
		return fmt.Errorf("page: %s is neither a relative nor an http or https URL", field)
	}
	return nil
}

// origin accepts a scheme and a host, or every https host, as a content security
// policy wants them.
func origin(field, raw string) error {
	if raw == "https:" {
		return nil
	}
	u, err := parse(raw)
	if err != nil || u.Scheme == "" || u.Scheme+"://"+u.Host != raw || strings.ContainsAny(raw, ";,*'") {
		return fmt.Errorf("page: %s holds something that is not an origin", field)
	}
	return nil
}

// parse refuses what browsers and package net/url read differently: white space,
// control and non-ASCII characters, backslashes, a leading double slash, user
// names; and a colon that could be taken for the end of a scheme, which
// html/template takes for one. Its error is not for reading.
func parse(raw string) (*url.URL, error) {
	if len(raw) > longest || strings.HasPrefix(raw, "//") {
		return nil, errURL
	}
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\\\"<>`", c) >= 0 {
			return nil, errURL
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errURL
	}
	start, _, colon := strings.Cut(raw, ":")
	if u.Scheme == "" && colon && !strings.Contains(start, "/") {
		return nil, errURL
	}
	web := (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
	if relative := u.Scheme == "" && u.Host == ""; !relative && !web {
		return nil, errURL
	}
	return u, nil
}
