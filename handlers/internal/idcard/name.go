package idcard

import (
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name in characters that the vendors take.
const maxName = 32

// middleDot joins the parts of names of many peoples of China, such as
// 买买提·艾力, in the form that cards print.
const middleDot = '·'

// NormalizeName returns name as a card prints it: no surrounding space, no space
// inside a Chinese name and single ones elsewhere, every look-alike of the middle
// dot as U+00B7, full-width letters as ASCII, zero-width characters removed. Rare
// characters outside the basic plane stay. It reports false for what is no name:
// empty, more than 32 characters, broken UTF-8, digits, control or other
// characters that no name has.
func NormalizeName(name string) (string, bool) {
	if !utf8.ValidString(name) || len(name) > 16*maxName {
		return "", false
	}
	runes := joinParts(squeeze([]rune(name)))
	if len(runes) == 0 || len(runes) > maxName {
		return "", false
	}
	letters := 0
	for _, r := range runes {
		if !inName(r) {
			return "", false
		}
		if isLetter(r) {
			letters++
		}
	}
	return string(runes), letters > 0
}

// squeeze drops zero-width characters and needless space and maps full-width
// letters to ASCII. Control characters stay, for inName to refuse.
func squeeze(name []rune) []rune {
	han := false
	for _, r := range name {
		han = han || unicode.Is(unicode.Han, r)
	}
	kept := name[:0]
	pending := false
	for _, r := range name {
		r = halfWidth(r)
		switch {
		case zeroWidth(r):
		case unicode.IsSpace(r) && !unicode.IsControl(r):
			pending = len(kept) > 0 && !han
		default:
			if pending {
				kept = append(kept, ' ')
				pending = false
			}
			kept = append(kept, r)
		}
	}
	return kept
}

// joinParts writes every look-alike of the middle dot as the middle dot. A full
// stop counts as one only between Chinese characters: it also ends an initial.
func joinParts(name []rune) []rune {
	for i, r := range name {
		switch r {
		case '•', '‧', '∙', '⋅', '・', '･', '᛫', '●':
			name[i] = middleDot
		case '.':
			if i > 0 && i < len(name)-1 && unicode.Is(unicode.Han, name[i-1]) && unicode.Is(unicode.Han, name[i+1]) {
				name[i] = middleDot
			}
		}
	}
	return name
}

// inName reports whether a name can hold r.
func inName(r rune) bool {
	switch r {
	case middleDot, ' ', '-', '.', '\'', '’':
		return true
	}
	return isLetter(r) || unicode.IsMark(r)
}

// isLetter counts private-use characters in: registers print rare characters that
// Unicode has not yet taken up as such.
func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Co, r) }
