package sandbox

import (
	"fmt"
	"io"
	"log/slog"
)

// private is text that must not be seen by accident: a secret, a token, a name,
// an ID number. It prints as "[private]" in fmt, slog and JSON, and behind an
// unexported field as an address. The zero value is empty text.
type private struct{ text *string }

func hide(text string) private { return private{&text} }

func (p private) reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

func (private) String() string               { return "[private]" }
func (p private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }
func (p private) LogValue() slog.Value       { return slog.StringValue(p.String()) }
func (p private) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}
