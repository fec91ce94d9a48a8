package megvii

import (
	"bytes"
	"mime"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// The reasons of a CodeMalformed error over the form.
const (
	// ReasonBadForm: a semicolon, a broken percent escape, a NUL, or a multipart
	// body that is cut short.
	ReasonBadForm handlers.Reason = "bad_form"
	// ReasonFieldMissing: there is no data, or no sign.
	ReasonFieldMissing handlers.Reason = "field_missing"
	// ReasonFieldRepeated: data or sign stands there twice, in whatever spelling.
	ReasonFieldRepeated handlers.Reason = "field_repeated"
	// ReasonTooManyFields: more than 64 fields.
	ReasonTooManyFields handlers.Reason = "too_many_fields"
)

// maxFields is how many fields a form may have. The vendor sends two.
const maxFields = 64

// signed is the form of a callback: data as the exact bytes that were signed.
type signed struct {
	data []byte
	sign string

	hasData, hasSign bool
}

// set takes over one field; names that are not known are ignored. A NUL is refused,
// save in data, where it awaits the signature: the padding of a length-extension
// forgery has some, and those are to be told from garbage.
func (s *signed) set(name string, value []byte) *handlers.Error {
	if name != "data" && (strings.IndexByte(name, 0) >= 0 || bytes.IndexByte(value, 0) >= 0) {
		return malformed(ReasonBadForm, nil)
	}
	switch name {
	case "data":
		if s.hasData {
			return malformed(ReasonFieldRepeated, nil)
		}
		s.data, s.hasData = value, true
	case "sign":
		if s.hasSign {
			return malformed(ReasonFieldRepeated, nil)
		}
		s.sign, s.hasSign = string(value), true
	}
	return nil
}

// complete reports a field that never came.
func (s *signed) complete() *handlers.Error {
	if !s.hasData || !s.hasSign {
		return malformed(ReasonFieldMissing, nil)
	}
	return nil
}

// readForm reads an application/x-www-form-urlencoded body in one pass. Unlike
// net/http it hands out nothing of a form that has a fault anywhere, refuses
// repeated fields and never looks at the URL's query.
func readForm(body []byte) (signed, *handlers.Error) {
	if bytes.IndexByte(body, ';') >= 0 {
		return signed{}, malformed(ReasonBadForm, nil)
	}
	var form signed
	for fields := 1; len(body) > 0; fields++ {
		if fields > maxFields {
			return signed{}, malformed(ReasonTooManyFields, nil)
		}
		var pair []byte
		pair, body, _ = bytes.Cut(body, []byte("&"))
		rawName, rawValue, _ := bytes.Cut(pair, []byte("="))
		name, ok := unescape(rawName)
		if !ok {
			return signed{}, malformed(ReasonBadForm, nil)
		}
		value, ok := unescape(rawValue)
		if !ok {
			return signed{}, malformed(ReasonBadForm, nil)
		}
		if err := form.set(string(name), value); err != nil {
			return signed{}, err
		}
	}
	if err := form.complete(); err != nil {
		return signed{}, err
	}
	return form, nil
}

// unescape decodes percent escapes and plus signs. It returns raw itself if there
// is nothing to decode.
func unescape(raw []byte) ([]byte, bool) {
	if bytes.IndexByte(raw, '%') < 0 && bytes.IndexByte(raw, '+') < 0 {
		return raw, true
	}
	text := make([]byte, len(raw))
	n := 0
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(raw) {
				return nil, false
			}
			high, low := hexDigit(raw[i+1]), hexDigit(raw[i+2])
			if high > 15 || low > 15 {
				return nil, false
			}
			c = high<<4 | low
			i += 2
		}
		text[n] = c
		n++
	}
	return text[:n], true
}

// hexDigit returns the value of a hex digit, and 255 for any other byte.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	default:
		return 255
	}
}

const (
	urlencoded = "application/x-www-form-urlencoded"
	multiparts = "multipart/form-data"
)

// isUTF8 also takes the name that Java developers write.
func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// formType recognises a Content-Type header. Only a charset of utf-8 may stand
// beside urlencoded: another one would decode to other bytes than were signed.
// Boundary is set for multipart alone.
func formType(header string) (kind, boundary string, ok bool) {
	if header == urlencoded {
		return urlencoded, "", true
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		return "", "", false
	}
	if charset, named := params["charset"]; named && !isUTF8(charset) {
		return "", "", false
	}
	delete(params, "charset")
	switch {
	case kind == urlencoded && len(params) == 0:
		return urlencoded, "", true
	case kind == multiparts && len(params) == 1 && params["boundary"] != "":
		return multiparts, params["boundary"], true
	default:
		return "", "", false
	}
}
