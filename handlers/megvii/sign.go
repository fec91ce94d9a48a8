package megvii

import (
	"crypto/sha1" //nolint:gosec // the vendor's formula
	"crypto/subtle"
	"encoding/hex"

	"github.com/facegate/facegate/handlers"
)

// signLen is the length of a signature: the lower-case hex digits of a SHA-1.
const signLen = 2 * sha1.Size

// Sign returns what Megvii puts beside data: the lower-case hex digits of
// sha1(API_SECRET + data). Data is the form field's decoded bytes, never a
// re-encoded object. Apps need Sign only in tests.
func Sign(secret handlers.Private, data []byte) string {
	hexed := signature(secret.Reveal(), data)
	return string(hexed[:])
}

// Verify reports whether sign is the signature of data under one of the secrets,
// and under which: an index into secrets, -1 if none. Give both API_SECRETs during
// a rotation. A signature has exactly 40 lower-case hex digits, as the vendor says;
// capitals, spaces and prefixes are refused. An empty secret, or none at all,
// verifies nothing. The comparison takes constant time, and a malformed signature
// costs as much as a wrong one.
//
// The formula is no HMAC: whoever holds one signed pair can sign data with padding
// and bytes of his own behind it. [Parse] therefore refuses everything behind the
// JSON object; use it, or be as strict. Nor does a signature ever expire: tie
// biz_id and biz_no to a check that you began.
func Verify(data []byte, sign string, secrets ...handlers.Private) (matched int, ok bool) {
	matched = -1
	for i, secret := range secrets {
		want := signature(secret.Reveal(), data)
		same := subtle.ConstantTimeCompare([]byte(sign), want[:]) == 1
		if same && !secret.IsZero() && matched < 0 {
			matched = i
		}
	}
	return matched, matched >= 0
}

// signature computes sha1(secret + data) without joining them.
func signature(secret string, data []byte) (hexed [signLen]byte) {
	h := sha1.New()    //nolint:gosec // the vendor's formula
	var block [64]byte // keeps a long secret off the heap
	for len(secret) > 0 {
		n := copy(block[:], secret)
		h.Write(block[:n])
		secret = secret[n:]
	}
	h.Write(data)
	var sum [sha1.Size]byte
	hex.Encode(hexed[:], h.Sum(sum[:0]))
	return hexed
}
