package handlers

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every private value prints as, whatever the verb, logger or
// encoder.
const redacted = "[private]"

// Private is text that must not be seen by accident: a secret, a token, a
// person's name or ID number. It prints as "[private]" in fmt, slog, JSON and
// panics, also inside other structs and behind unexported fields; only
// [Private.Reveal] gives the text. The zero value is empty text.
type Private struct {
	_    [0]func() // not comparable with ==, which would compare pointers
	text *string   // a pointer, so that printing by reflection shows an address
}

// Hide wraps text.
func Hide(text string) Private {
	if text == "" {
		return Private{}
	}
	return Private{text: &text}
}

// Reveal returns the text. Call it where the text is used, as late as possible.
func (p Private) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// IsZero reports whether the text is empty.
func (p Private) IsZero() bool { return p.text == nil }

// Equal reports whether both texts are the same, in time that depends on their
// lengths alone.
func (p Private) Equal(q Private) bool {
	return subtle.ConstantTimeCompare([]byte(p.Reveal()), []byte(q.Reveal())) == 1
}

// String returns "[private]".
func (p Private) String() string { return redacted }

// GoString returns "[private]".
func (p Private) GoString() string { return redacted }

// Format prints "[private]" for every verb.
func (p Private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue logs "[private]".
func (p Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText encodes "[private]", in JSON and elsewhere. Code that must keep the
// text encodes what [Private.Reveal] returns.
func (p Private) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes text off the wire.
func (p *Private) UnmarshalText(text []byte) error {
	*p = Hide(string(text))
	return nil
}

// PrivateBytes is [Private] for bytes: an image, a raw payload. The zero value
// is empty.
type PrivateBytes struct {
	_    [0]func()
	data **[]byte // fmt follows one pointer to a slice when the verb is wrong, never two
}

// HideBytes wraps data without copying it; the caller gives it up.
func HideBytes(data []byte) PrivateBytes {
	if len(data) == 0 {
		return PrivateBytes{}
	}
	inner := &data
	return PrivateBytes{data: &inner}
}

// Reveal returns the bytes, not a copy.
func (p PrivateBytes) Reveal() []byte {
	if p.data == nil {
		return nil
	}
	return **p.data
}

// IsZero reports whether there are no bytes.
func (p PrivateBytes) IsZero() bool { return p.data == nil }

// Len returns the number of bytes.
func (p PrivateBytes) Len() int { return len(p.Reveal()) }

// String returns "[private]".
func (p PrivateBytes) String() string { return redacted }

// GoString returns "[private]".
func (p PrivateBytes) GoString() string { return redacted }

// Format prints "[private]" for every verb.
func (p PrivateBytes) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue logs "[private]".
func (p PrivateBytes) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText encodes "[private]".
func (p PrivateBytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }
