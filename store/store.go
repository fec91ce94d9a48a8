// Package store keeps facegate's records: small opaque values that live for a
// while, move only by compare-and-set and can ask to be looked at again at a
// given moment.
//
// [Memory] serves one process. A fleet brings its own engine behind [Store]
// and proves it with the suite in package storetest. [Seal] encrypts the values
// of any of them.
package store

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrNotFound says that no live record has the key: never put, deleted or
	// expired. A store never returns it for a fault; an engine that does not
	// answer is an error of its own, so that an outage is not read as absence.
	ErrNotFound = errors.New("store: record not found")

	// ErrConflict says that the record's version is not the expected one: someone
	// else moved it. Read it again and decide anew.
	ErrConflict = errors.New("store: version conflict")
)

// Record is one stored value with what the store needs to know about it.
type Record struct {
	// Key names the record. Keys are ASCII without white space, at most 256
	// bytes; they hold no personal data, so engines may log them.
	Key string

	// Value is opaque to the store and copied both ways: the caller may change
	// its slice after Put, and the store's copy after Get.
	Value []byte

	// Version counts the record's life. On Put it is what the caller last saw: 0
	// means that the key must not exist. A version is never used twice for a key,
	// not even after a delete or an expiry.
	Version int64

	// TTL is, on Put, how long the record lives from now by the store's own
	// clock; it must be positive. On Get it is what is left of it.
	TTL time.Duration

	// Due is the moment from which [Store.Due] lists the key. Zero: never.
	Due time.Time
}

// Store is what facegate asks of an engine. Implementations are safe for
// concurrent use by many goroutines and, unless they say otherwise, by many
// processes. Every method returns promptly when ctx ends. No error contains a
// key or a value.
type Store interface {
	// Get returns the live record, or [ErrNotFound].
	Get(ctx context.Context, key string) (Record, error)

	// Put writes rec if its Version is the stored one (0: no live record) and
	// returns the new version, or [ErrConflict] and changes nothing.
	// When it fails in another way the write may or may not have happened.
	Put(ctx context.Context, rec Record) (version int64, err error)

	// Delete removes the record if its version is the stored one, else
	// [ErrConflict]. An absent record is fine.
	Delete(ctx context.Context, key string, version int64) error

	// Due lists up to limit keys of live records whose Due is not zero and not
	// after before, earliest first. Listing changes nothing: the caller moves a
	// record's Due by putting it.
	Due(ctx context.Context, before time.Time, limit int) (keys []string, err error)
}
