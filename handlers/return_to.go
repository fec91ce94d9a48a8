package handlers

import (
	"net/url"
	"strings"
)

// maxReturnTo is the longest page that a start may name.
const maxReturnTo = 2048

// localPath reports whether raw is a path on this site, whatever a browser makes
// of it: it starts with one slash and is written plainly. A path that only looks
// local (//evil, /\evil, /%09/evil) is none.
func localPath(raw string) bool {
	if !plain(raw) || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") {
		return false
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

// webURL reports whether raw is an absolute http or https URL.
func webURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// plain reports whether everyone reads raw alike: it holds no backslash, control or
// white-space character, which browsers drop or turn into slashes, and nothing
// that a URL writes percent-encoded.
func plain(raw string) bool {
	if len(raw) > maxReturnTo {
		return false
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\\\"<>`", c) >= 0 {
			return false
		}
	}
	return true
}

// destination is where a start's person goes in the end: the page that the start
// named, if it is on this site.
func (k *Kit) destination(named string) string {
	if localPath(named) {
		return named
	}
	return k.opts.ReturnTo
}
