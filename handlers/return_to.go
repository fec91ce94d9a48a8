package handlers

import (
	"net/url"
	"strings"
)

// maxReturnTo is the longest page that a start may name.
const maxReturnTo = 2048

// localPath reports whether raw is a path on this site, whatever a browser makes
// of it: it starts with one slash, and holds no backslash, control or white-space
// character, which browsers drop or turn into slashes. A path that only looks
// local (//evil, /\evil, /%09/evil) is none.
func localPath(raw string) bool {
	if len(raw) > maxReturnTo || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") {
		return false
	}
	for _, c := range raw {
		if c <= ' ' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return false
	}
	// What stands decoded in the path must be harmless too: proxies decode.
	return !strings.HasPrefix(u.Path, "//") && !strings.ContainsFunc(u.Path, func(c rune) bool {
		return c < ' ' || c == '\\' || c == 0x7f
	})
}

// destination is where a start's person goes in the end: the page that the start
// named, if it is on this site.
func (k *Kit) destination(named string) string {
	if localPath(named) {
		return named
	}
	return k.opts.ReturnTo
}
