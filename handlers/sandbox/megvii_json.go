package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A megviiObject is a JSON object whose members keep their order. Values are
// string, int, int64, float64, bool, nil, megviiObject and []any.
type megviiObject []megviiMember

type megviiMember struct {
	name  string
	value any
}

// with returns o with one more member.
func (o megviiObject) with(name string, value any) megviiObject {
	return append(o, megviiMember{name, value})
}

// get returns the member of that name, nil if there is none.
func (o megviiObject) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// without returns o less the member at a path of names joined by dots.
func (o megviiObject) without(path string) megviiObject {
	name, rest, nested := strings.Cut(path, ".")
	var out megviiObject
	for _, m := range o {
		if m.name != name {
			out = append(out, m)
			continue
		}
		if child, ok := m.value.(megviiObject); ok && nested {
			out = out.with(name, child.without(rest))
		} else if nested {
			out = append(out, m)
		}
	}
	return out
}

// changed returns o with every member of that name, at any depth, put through
// change.
func (o megviiObject) changed(name string, change func(megviiMember) megviiMember) megviiObject {
	out := slices.Clone(o)
	for i, m := range out {
		if child, ok := m.value.(megviiObject); ok {
			out[i].value = child.changed(name, change)
		}
		if m.name == name {
			out[i] = change(out[i])
		}
	}
	return out
}

// shuffled returns o with its members in a random order, at every depth.
func (o megviiObject) shuffled() megviiObject {
	out := slices.Clone(o)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	for i, m := range out {
		if child, ok := m.value.(megviiObject); ok {
			out[i].value = child.shuffled()
		}
	}
	return out
}

// write spells v as JSON in one of the MegviiSpelling ways.
func (s MegviiSpelling) write(v any) []byte { return s.append(nil, v) }

func (s MegviiSpelling) append(b []byte, v any) []byte {
	switch v := v.(type) {
	case megviiObject:
		b = append(b, '{')
		for i, m := range v {
			b = s.separate(b, i)
			b = s.appendString(b, m.name)
			b = append(b, ':')
			if s.spaced() {
				b = append(b, ' ')
			}
			b = s.append(b, m.value)
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, element := range v {
			b = s.append(s.separate(b, i), element)
		}
		return append(b, ']')
	case string:
		return s.appendString(b, v)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case nil:
		return append(b, "null"...)
	default: // bool, int, int64: Go and JSON spell them alike
		return fmt.Append(b, v)
	}
}

func (s MegviiSpelling) spaced() bool { return s == MegviiPython || s == MegviiPythonASCII }

func (s MegviiSpelling) separate(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	if s.spaced() {
		return append(b, ", "...)
	}
	return append(b, ',')
}

// megviiShortEscapes maps characters to the letter behind their backslash.
var megviiShortEscapes = map[rune]byte{
	'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't',
}

func (s MegviiSpelling) appendString(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		letter, short := megviiShortEscapes[r]
		switch {
		case short:
			b = append(b, '\\', letter)
		case r < 0x20, s == MegviiPythonASCII && r == 0x7f:
			b = fmt.Appendf(b, `\u%04x`, r)
		case s == MegviiPythonASCII && r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		case s == MegviiPythonASCII && r > 0x7f:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
