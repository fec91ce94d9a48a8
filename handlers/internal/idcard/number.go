// Package idcard knows the number and the name on a Chinese resident identity
// card as people type them: it normalises and checks them, so that no paid vendor
// call is spent on a slip of the keyboard.
package idcard

import (
	"strings"
	"time"
	"unicode"
)

// length is the number of characters of an ID number.
const length = 18

// earliestBirth is the first birth year that a number can carry. Cards exist since
// 1984, and nobody alive then was born before.
const earliestBirth = 1850

// Normalize returns number as the vendors want it: full-width characters as ASCII,
// spaces and zero-width characters removed, a final x as X. What it does not
// understand it keeps, for [Valid] to refuse.
func Normalize(number string) string {
	return strings.Map(func(r rune) rune {
		r = halfWidth(r)
		switch {
		case unicode.IsSpace(r) || zeroWidth(r):
			return -1
		case r == 'x':
			return 'X'
		}
		return r
	}, number)
}

// Valid reports whether number is an ID number by GB 11643: 17 digits with a real
// birth date and the right check character, X in upper case. It does not check
// the region, whose list changes, nor whether the date has come yet.
func Valid(number string) bool {
	if len(number) != length {
		return false
	}
	for i := range length - 1 {
		if number[i] < '0' || number[i] > '9' {
			return false
		}
	}
	return number[length-1] == checkCharacter(number) && realBirth(number[6:14])
}

// checkCharacter computes the last character from the 17 digits before it (ISO
// 7064, MOD 11-2).
func checkCharacter(number string) byte {
	remainder := 0
	for i := range length - 1 {
		remainder = (remainder + int(number[i]-'0')) * 2 % 11
	}
	return "10X98765432"[remainder]
}

// realBirth reports whether yyyymmdd is a day of the calendar.
func realBirth(yyyymmdd string) bool {
	day, err := time.Parse("20060102", yyyymmdd)
	return err == nil && day.Year() >= earliestBirth
}

// halfWidth maps the full-width forms of ASCII to ASCII.
func halfWidth(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// zeroWidth reports whether r is an invisible character that comes along when text
// is copied from web pages and chats.
func zeroWidth(r rune) bool {
	switch r {
	case '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\u2060', '\uFEFF':
		return true
	}
	return false
}
