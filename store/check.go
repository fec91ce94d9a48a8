package store

import (
	"errors"
	"fmt"
)

// MaxKeyLen is the greatest length of a key in bytes. It fits the index of every
// common engine.
const MaxKeyLen = 256

// ErrInvalid says that a call can never succeed as it stands, on any engine: the
// key is not one, or the TTL is not positive. It is the caller's mistake;
// repeating the call does not help.
var ErrInvalid = errors.New("store: invalid call")

// CheckKey returns [ErrInvalid] for a key that the contract rules out: empty,
// longer than [MaxKeyLen], or with a byte outside printable ASCII. Engines call
// it first in every method, because some of them would cut, pad or fold such a
// key and so mix up two records.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: the key is empty", ErrInvalid)
	}
	if len(key) > MaxKeyLen {
		return fmt.Errorf("%w: the key is longer than %d bytes", ErrInvalid, MaxKeyLen)
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return fmt.Errorf("%w: the key is not printable ASCII without white space", ErrInvalid)
		}
	}
	return nil
}

// CheckRecord returns [ErrInvalid] for a record that Put must refuse: its key
// fails [CheckKey] or its TTL is not positive. Engines call it first in Put.
func CheckRecord(rec Record) error {
	if err := CheckKey(rec.Key); err != nil {
		return err
	}
	if rec.TTL <= 0 {
		return fmt.Errorf("%w: the TTL is not positive", ErrInvalid)
	}
	return nil
}
