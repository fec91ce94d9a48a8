package strictjson

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// check enforces what the decoder does not, in one pass and without allocating
// for ordinary documents. It trusts the decoder for the grammar: whatever is not
// JSON may pass here and is refused there.
func check(data []byte, limits Limits) error {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return ErrEncoding
	}
	start := skipSpace(data, 0)
	if start == len(data) || data[start] != '{' {
		return ErrNotObject
	}
	var frames [32]frame
	var names [64]uint64
	s := scanner{data: data, pos: start, limits: limits, frames: frames[:0], names: names[:0]}
	if err := s.object(); err != nil {
		return err
	}
	// Before the text is looked at: what a forger appends is rarely UTF-8.
	if skipSpace(data, s.pos) != len(data) {
		return ErrTrailing
	}
	if !utf8.Valid(data) {
		return ErrEncoding
	}
	return nil
}

// skipSpace returns the position of the first byte from pos on that is not JSON
// white space.
func skipSpace(data []byte, pos int) int {
	for pos < len(data) {
		switch data[pos] {
		case ' ', '\t', '\r', '\n':
			pos++
		default:
			return pos
		}
	}
	return pos
}

// frame is an open object or array.
type frame struct {
	object bool
	names  int // where its names begin in scanner.names
}

// scanner walks over the top-level object.
type scanner struct {
	data   []byte
	pos    int
	limits Limits

	frames   []frame
	names    []uint64 // hashes of the folded names of all open objects
	nameNext bool     // the next string is a member's name
	elements int
}

// object scans until the top-level object is closed.
func (s *scanner) object() error {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		s.pos++
		var err error
		switch c {
		case '{', '[':
			err = s.open(c == '{')
		case '}', ']':
			if err = s.close(c == '}'); err == nil && len(s.frames) == 0 {
				return nil
			}
		case ',':
			s.nameNext = s.frames[len(s.frames)-1].object
			err = s.count()
		case ':':
			s.nameNext = false
		case '"':
			err = s.str()
		}
		if err != nil {
			return err
		}
	}
	return ErrSyntax
}

// open begins an object or array.
func (s *scanner) open(object bool) error {
	if len(s.frames) == s.limits.Depth {
		return ErrTooDeep
	}
	s.frames = append(s.frames, frame{object: object, names: len(s.names)})
	s.nameNext = object
	return s.count()
}

// close ends the innermost object or array; an object's names must all differ.
func (s *scanner) close(object bool) error {
	top := s.frames[len(s.frames)-1]
	if top.object != object {
		return ErrSyntax
	}
	if own := s.names[top.names:]; hasTwin(own) {
		return ErrDuplicate
	}
	s.names = s.names[:top.names]
	s.frames = s.frames[:len(s.frames)-1]
	s.nameNext = false
	return nil
}

// count counts a first or further member or element.
func (s *scanner) count() error {
	if s.elements++; s.elements > s.limits.Elements {
		return ErrTooMany
	}
	return nil
}

// str scans a string whose opening quote has been read.
func (s *scanner) str() error {
	start, escaped := s.pos, false
	for ; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case 0:
			return ErrEncoding
		case '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return err
			}
		case '"':
			if s.pos-start > s.limits.String {
				return ErrTooLong
			}
			if s.nameNext {
				s.nameNext = false
				s.names = append(s.names, foldHash(s.data[start:s.pos], escaped))
			}
			s.pos++
			return nil
		}
	}
	return ErrSyntax
}

// escape checks the escape at pos and leaves pos on its last byte.
func (s *scanner) escape() error {
	first, ok := hexRune(s.data[s.pos:])
	if !ok {
		s.pos++ // a short escape, or one that the decoder refuses
		return nil
	}
	s.pos += 5
	if first == 0 || (first >= 0xdc00 && first <= 0xdfff) {
		return ErrEncoding
	}
	if first < 0xd800 || first > 0xdbff {
		return nil
	}
	second, ok := hexRune(s.data[s.pos+1:])
	if !ok || second < 0xdc00 || second > 0xdfff {
		return ErrEncoding
	}
	s.pos += 6
	return nil
}

// hexRune reads the \uXXXX that b begins with.
func hexRune(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// hasTwin reports whether two hashes are equal. It reorders them.
func hasTwin(hashes []uint64) bool {
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			return true
		}
	}
	return false
}

// foldHash is the FNV-1a hash of a name as case folding sees it: names that
// differ only by case, or by a letter such as U+017F (long s), hash alike. Two
// other names that hash alike would be refused, which is safe.
func foldHash(name []byte, escaped bool) uint64 {
	if escaped {
		quoted := append(append([]byte{'"'}, name...), '"')
		if plain, err := jsontext.AppendUnquote(nil, quoted); err == nil {
			name = plain
		}
	}
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			h = (h ^ uint64(c)) * prime
			i++
			continue
		}
		r, size := utf8.DecodeRune(name[i:])
		h = (h ^ uint64(folded(r))) * prime
		i += size
	}
	return h
}

// folded returns the smallest of the characters that folding takes for r; for
// letters with an ASCII form that is the capital.
func folded(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}
