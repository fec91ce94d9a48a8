// Package strictjson decodes what a vendor sent: one JSON object and nothing
// after it, read the same way by every reader, or an error.
//
// Vendors sign bytes, so two readers that disagree about the same bytes are a
// hole. Megvii's sha1(secret+data) can besides be extended by anyone who holds
// one signed pair; the forged text is the old object with bytes behind it, which
// a lenient reader takes for the old object. Errors name the rule that was
// broken and never hold input.
package strictjson

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
)

// The rules. Every error of this package is one of these, or wraps one.
var (
	// ErrTrailing: there is more behind the object. Behind a valid signature it is
	// the mark of a length-extension forgery.
	ErrTrailing = errors.New("strictjson: bytes after the object")
	// ErrNotObject: the text is empty or begins with something other than an object.
	ErrNotObject = errors.New("strictjson: not an object")
	// ErrEncoding: invalid UTF-8, a byte order mark, U+0000 or a lone surrogate.
	ErrEncoding = errors.New("strictjson: forbidden text encoding")
	// ErrDuplicate: an object holds a name twice, or two names that differ only by
	// case or Unicode folding.
	ErrDuplicate = errors.New("strictjson: duplicate names")
	// ErrTooDeep: nested deeper than Limits.Depth.
	ErrTooDeep = errors.New("strictjson: nested too deep")
	// ErrTooLong: a string longer than Limits.String.
	ErrTooLong = errors.New("strictjson: string too long")
	// ErrTooMany: more members and elements than Limits.Elements.
	ErrTooMany = errors.New("strictjson: too many elements")
	// ErrSyntax: not JSON, or cut short.
	ErrSyntax = errors.New("strictjson: not valid JSON")
	// ErrMismatch: valid JSON that does not fit the Go type.
	ErrMismatch = errors.New("strictjson: value of an unexpected type")
)

// Limits bound what a document may hold. A zero field means its default.
type Limits struct {
	// Depth is how many objects and arrays may be open at once. Default 32.
	Depth int
	// String is the longest string or name, in bytes between its quotes as written.
	// Default 1 MiB; raise it for answers that carry images.
	String int
	// Elements is how many object members and array elements there may be in the
	// whole document. Default 10,000.
	Elements int
}

// withDefaults fills the fields that are not positive.
func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = 32
	}
	if l.String <= 0 {
		l.String = 1 << 20
	}
	if l.Elements <= 0 {
		l.Elements = 10_000
	}
	return l
}

// Unmarshal decodes the one JSON object that data is into v, within the default
// limits. Names match case-sensitively; unknown ones are ignored.
func Unmarshal(data []byte, v any) error { return UnmarshalWith(data, v, Limits{}) }

// UnmarshalWith is Unmarshal with limits and with options for the decoder, such
// as json.WithUnmarshalers. Options that make the decoder more lenient do not
// lift the rules above.
func UnmarshalWith(data []byte, v any, limits Limits, opts ...json.Options) error {
	if err := check(data, limits.withDefaults()); err != nil {
		return err
	}
	err := json.Unmarshal(data, v, opts...)
	if err == nil {
		return nil
	}
	// The decoder's own message quotes names and values: it goes no further.
	if mismatch, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("%w: Go type %v", ErrMismatch, mismatch.GoType)
	}
	return ErrSyntax
}
