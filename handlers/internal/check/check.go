// Package check applies the rules that stand in struct tags and reports every
// broken one at once, each as a sentence for developers that never holds the
// offending value, which may be a secret or personal data.
package check

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// Problem is one broken rule.
type Problem struct {
	// Field is the Go path of the field below the checked struct, such as
	// "Defaults.WebTitle".
	Field string
	// Rule says what the field must be, such as "must be at most 128 bytes".
	Rule string
}

// String returns field and rule as a sentence without full stop.
func (p Problem) String() string { return strings.TrimSpace(p.Field + " " + p.Rule) }

// Text joins problems to one line.
func Text(problems []Problem) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

// Checker checks structs by the rules in their `validate` tags. It is safe for
// concurrent use.
type Checker struct{ validate *validator.Validate }

// New returns a Checker. The types of hidden, which have a method Reveal() string
// or Reveal() []byte, are checked by what they reveal.
func New(hidden ...any) *Checker {
	v := validator.New(validator.WithRequiredStructEnabled())
	for tag, rule := range rules() {
		// A bad tag name is the only possible failure, and the tests use every tag.
		_ = v.RegisterValidation(tag, rule)
	}
	v.RegisterAlias("secret", "required,minbytes=16,trimmed,printascii,not_placeholder")
	if len(hidden) > 0 {
		v.RegisterCustomTypeFunc(reveal, hidden...)
	}
	return &Checker{validate: v}
}

// Struct returns every broken rule of v, a struct or a pointer to one, in the
// order of its fields; nil when all hold. A tag that is no rule panics: that is a
// mistake in the source, not in the input.
func (c *Checker) Struct(v any) []Problem {
	err := c.validate.Struct(v)
	if err == nil {
		return nil
	}
	broken, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return []Problem{{Rule: "is required"}} // nil or no struct
	}
	top := typeName(v) + "."
	problems := make([]Problem, len(broken))
	for i, b := range broken {
		problems[i] = Problem{Field: strings.TrimPrefix(b.StructNamespace(), top), Rule: sentence(b)}
	}
	return problems
}

// typeName is what the validator puts in front of every path: the name of the
// checked struct's type, empty for an unnamed one.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// reveal hands the validator what a hiding type hides.
func reveal(field reflect.Value) any {
	switch hidden := field.Interface().(type) {
	case interface{ Reveal() string }:
		return hidden.Reveal()
	case interface{ Reveal() []byte }:
		return hidden.Reveal()
	}
	return nil
}
