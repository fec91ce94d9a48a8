package baidu

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The types below read what the vendor spells in several ways. Everywhere null,
// the empty string and an absent member mean missing, which is never zero.

// text is a string, number or boolean, as its characters. Other kinds are
// missing.
type text string

// UnmarshalJSONFrom reads any scalar.
func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	characters, _, err := scalar(dec)
	*t = text(characters)
	return err
}

// integer is a whole number or a string of one. Nothing else is let through:
// codes decide.
type integer struct {
	value   int64
	present bool
}

// errNotWhole means that a code or count is none.
var errNotWhole = errors.New("baidu: not a whole number")

// UnmarshalJSONFrom reads a number or a numeric string.
func (n *integer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*n = integer{}
	characters, simple, err := scalar(dec)
	if err != nil || (simple && characters == "") {
		return err
	}
	value, err := strconv.ParseInt(strings.TrimSpace(characters), 10, 64)
	if err != nil {
		return errNotWhole
	}
	*n = integer{value: value, present: true}
	return nil
}

// int returns the value, capped to what fits everywhere.
func (n integer) int() int {
	return int(max(math.MinInt32, min(math.MaxInt32, n.value)))
}

// decimal is a number or a string of one. Anything else has no value and is odd:
// something was said that is not understood.
type decimal struct {
	value *float64
	odd   bool
}

// UnmarshalJSONFrom reads a number or a numeric string.
func (d *decimal) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*d = decimal{}
	characters, simple, err := scalar(dec)
	if err != nil {
		return err
	}
	characters = strings.TrimSpace(characters)
	if characters == "" {
		d.odd = !simple
		return nil
	}
	value, err := strconv.ParseFloat(characters, 64)
	// No hexadecimal, no infinity, no NaN.
	if d.odd = err != nil || strings.Trim(characters, "0123456789+-.eE") != ""; !d.odd {
		d.value = &value
	}
	return nil
}

// flag is a boolean, its word or 0 or 1. Anything else is odd as in decimal.
type flag struct {
	value *bool
	odd   bool
}

// UnmarshalJSONFrom reads a boolean in any of its spellings.
func (f *flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*f = flag{}
	characters, simple, err := scalar(dec)
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(characters)) {
	case "true", "1":
		f.value = new(true)
	case "false", "0":
		f.value = new(false)
	case "":
		f.odd = !simple
	default:
		f.odd = true
	}
	return nil
}

// isTrue reports whether the flag is there and set.
func (f flag) isTrue() bool { return f.value != nil && *f.value }

// or is set if either is, and odd if either is.
func (f flag) or(other flag) flag {
	odd := f.odd || other.odd
	if f.value == nil || other.isTrue() {
		f.value = other.value
	}
	return flag{f.value, odd}
}

// scalar reads one value of any kind. simple is false for objects and arrays,
// whose characters are empty.
func scalar(dec *jsontext.Decoder) (characters string, simple bool, err error) {
	switch dec.PeekKind() {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		return "", false, dec.SkipValue()
	}
	token, err := dec.ReadToken()
	if err != nil {
		return "", false, err
	}
	if token.Kind() == jsontext.KindNull {
		return "", true, nil
	}
	return token.String(), true, nil
}

// object is a JSON object, also as the only element of an array, as old pages
// declare some. Everything else is missing: null or a number where an object
// belongs is common in the vendor's answers and must not read as empty values.
type object[T any] struct{ value *T }

// UnmarshalJSONFrom reads the object and skips everything else.
func (o *object[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	o.value = nil
	if dec.PeekKind() != jsontext.KindBeginArray {
		return o.read(dec)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	elements := 0
	for ; dec.PeekKind() != jsontext.KindEndArray; elements++ {
		if err := o.read(dec); err != nil {
			return err
		}
	}
	if elements != 1 {
		o.value = nil
	}
	_, err := dec.ReadToken()
	return err
}

// read reads one value.
func (o *object[T]) read(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginObject {
		return dec.SkipValue()
	}
	value := new(T)
	if err := json.UnmarshalDecode(dec, value); err != nil {
		return err
	}
	o.value = value
	return nil
}

// or returns the first of both that is there.
func (o object[T]) or(other object[T]) object[T] {
	if o.value != nil {
		return o
	}
	return other
}

// list is a JSON array; everything else is an empty one.
type list[T any] []T

// UnmarshalJSONFrom reads an array and skips everything else.
func (l *list[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	if dec.PeekKind() != jsontext.KindBeginArray {
		return dec.SkipValue()
	}
	var values []T
	if err := json.UnmarshalDecode(dec, &values); err != nil {
		return err
	}
	*l = values
	return nil
}

// pointer returns the value, or nil when it is missing.
func (n integer) pointer() *int {
	if !n.present {
		return nil
	}
	return new(n.int())
}
