package check

import (
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// rules are the tags beside the validator's own. Text rules hold for empty text
// only where they say so; combine them with omitempty or required.
//
//	minbytes=N, maxbytes=N  length of text or bytes in bytes, not characters
//	trimmed                 no white space at either end
//	not_placeholder         not what sample configurations print
//	utf8                    valid UTF-8 without NUL, which strictjson refuses in answers
//	printable               valid UTF-8 of visible characters and spaces
//	account_name            1 to 32 lower-case letters, digits and dashes
//	web_url                 an absolute https or http URL with a host and without a user name
//	base_url                a web_url without query and fragment
//	secret                  required,minbytes=16,trimmed,printascii,not_placeholder
func rules() map[string]validator.Func {
	return map[string]validator.Func{
		"minbytes":        func(f validator.FieldLevel) bool { return byteLength(f) >= parameter(f) },
		"maxbytes":        func(f validator.FieldLevel) bool { return byteLength(f) <= parameter(f) },
		"trimmed":         text(func(s string) bool { return strings.TrimSpace(s) == s }),
		"not_placeholder": text(func(s string) bool { return !placeholder(s) }),
		"utf8":            text(func(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }),
		"printable":       text(Printable),
		"account_name":    text(accountName),
		"web_url":         text(webURL),
		"base_url":        text(func(s string) bool { return webURL(s) && !strings.ContainsAny(s, "?#") }),
	}
}

// text makes a rule about text of a rule about fields; other kinds break it.
func text(holds func(string) bool) validator.Func {
	return func(f validator.FieldLevel) bool {
		return f.Field().Kind() == reflect.String && holds(f.Field().String())
	}
}

// byteLength is the length of text or a slice, and beyond every limit for
// anything else.
func byteLength(f validator.FieldLevel) int {
	switch f.Field().Kind() {
	case reflect.String, reflect.Slice:
		return f.Field().Len()
	}
	return -1
}

// parameter is the number behind the tag's equals sign.
func parameter(f validator.FieldLevel) int {
	n, err := strconv.Atoi(f.Param())
	if err != nil {
		return -1
	}
	return n
}

// placeholder reports whether a secret is what sample configurations print in its
// place: a known phrase, an unexpanded template, or hardly any distinct characters.
func placeholder(s string) bool {
	for _, brackets := range []string{"<>", "{}", "[]"} {
		open, end := brackets[:1], brackets[1:]
		if strings.HasSuffix(s, end) && strings.HasPrefix(strings.TrimLeft(s, "$%"), open) {
			return true
		}
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
	if strings.HasPrefix(plain, "your") {
		return true
	}
	for _, phrase := range []string{
		"changeme", "changethis", "replaceme", "replacethis", "placeholder", "yourapi", "yoursecret", "yourkey",
		"insertyour", "fillin", "secrethere", "keyhere", "goeshere",
	} {
		if strings.Contains(plain, phrase) {
			return true
		}
	}
	distinct := map[rune]bool{}
	for _, r := range s {
		distinct[r] = true
	}
	return len(distinct) < 4
}

// Printable reports whether s is valid UTF-8 of visible characters and spaces: no
// control characters, and none that reorder or hide what stands beside them.
func Printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// accountName reports whether s can stand in URLs, records and metric labels.
func accountName(s string) bool {
	if s == "" || len(s) > 32 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// webURL reports whether s is an http or https URL with a host and without a user
// name. White space and control characters break it.
func webURL(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}
