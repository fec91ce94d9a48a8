package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const (
	// KeySize is the length of a sealing secret in bytes, that of AES-256.
	KeySize = 32

	// maxKeyID is the greatest length of a key's id in bytes.
	maxKeyID = 64
)

// Key is a secret for [Seal] with the id that is stored, readable, in front of
// everything it seals. The secret cannot be read back: in fmt, slog, JSON and
// panics a Key shows its id alone. The zero Key is refused by [Seal].
type Key struct {
	id string

	// secret returns the bytes. It is a closure because nothing that prints by
	// reflection looks into one; fmt, given a verb that does not fit, follows a
	// pointer even behind an unexported field.
	secret func() []byte
}

// NewKey returns the key with the given id and a copy of secret, which must be
// [KeySize] random bytes, not a passphrase; `openssl rand -base64 32` makes them.
// The id is 1 to 64 letters, digits, dots, hyphens and underscores, for instance
// the month when the key came into use. It must never come back with another
// secret.
func NewKey(id string, secret []byte) (Key, error) {
	if !validKeyID(id) {
		return Key{}, fmt.Errorf("store: a sealing key's id is 1 to %d of A-Z a-z 0-9 . _ -", maxKeyID)
	}
	if len(secret) != KeySize {
		return Key{}, fmt.Errorf("store: a sealing key's secret has %d bytes, not %d", KeySize, len(secret))
	}
	if [KeySize]byte(secret) == [KeySize]byte{} {
		return Key{}, errors.New("store: a sealing key's secret is all zeros")
	}
	kept := bytes.Clone(secret)
	return Key{id: id, secret: func() []byte { return kept }}, nil
}

// RandomKey returns a key with a fresh secret. Nothing can read the secret, so
// what it seals is lost with the process: it suits tests, and [Memory], whose
// records do not live longer either.
func RandomKey(id string) (Key, error) {
	var secret [KeySize]byte
	_, _ = rand.Read(secret[:]) // documented never to fail
	return NewKey(id, secret[:])
}

// ID returns the key's id.
func (k Key) ID() string { return k.id }

// String returns the key's id and a mark in place of the secret.
func (k Key) String() string { return "store.Key(" + k.id + " [private])" }

// Format prints what [Key.String] returns for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue logs what [Key.String] returns.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText encodes what [Key.String] returns, in JSON and elsewhere.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func validKeyID(id string) bool {
	if id == "" || len(id) > maxKeyID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
