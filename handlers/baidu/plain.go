package baidu

import "net/url"

// The rules below say which text may stand in a URL, an error or a log.

// identifier returns text if it is a short run of harmless characters, else "".
func identifier(text string) string {
	if len(text) > 64 {
		return ""
	}
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_':
		default:
			return ""
		}
	}
	return text
}

// plainToken reports whether text is 1 to longest printable ASCII characters
// without space.
func plainToken(text string, longest int) bool {
	if text == "" || len(text) > longest {
		return false
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// webURL reports whether text is an absolute http or https URL.
func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// plainBase reports whether address can stand before an API's path.
func plainBase(address string, insecure bool) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" &&
		(u.Scheme == "https" || (insecure && u.Scheme == "http"))
}
