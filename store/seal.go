package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"
)

// sealFormat is the first byte of every sealed value, which tells versions of this
// package what follows. The format:
//
//	1 byte    the format's number, 1
//	1 byte    length n of the key id
//	n bytes   key id
//	12 bytes  nonce, random
//	rest      AES-256-GCM of the value, with its 16 byte tag at the end
//
// The associated data is everything before the nonce, followed by the record's
// key; the length in front keeps the two apart.
const sealFormat = 1

var (
	// ErrUnknownKey says that a record is there but sealed with a key that the
	// store was not given: a key left out of a rotation, or lost. Its id is not
	// in the error, because it was read from the stored value.
	ErrUnknownKey = errors.New("store: record sealed with an unknown key")

	// ErrUnsealable says that a record is there but cannot be opened: cut,
	// changed, copied from another record, sealed with another secret under the
	// same id, or never sealed.
	ErrUnsealable = errors.New("store: record cannot be unsealed")

	// ErrUnknownFormat is the [ErrUnsealable] of a record whose format this version
	// does not know. A later version reads it, if one has written it.
	ErrUnknownFormat = fmt.Errorf("%w: its format is unknown: a later version wrote it, or it was never sealed", ErrUnsealable)
)

// Sealed is a [Store] whose values are encrypted in the engine below. Keys,
// versions, TTLs and due moments stay readable there.
//
// A value opens only under the record key it was put with, so whoever can write
// to the engine cannot move it to another record. They can still put back an
// older value of the same record, or delete it.
//
// A record that does not open is [ErrUnknownKey] or [ErrUnsealable], never
// [ErrNotFound]: it is there, it keeps its version, and no Put replaces it by
// accident. To get rid of one, delete it from the engine below.
type Sealed struct {
	inner  Store
	header []byte // what precedes the nonce in new values
	sealer keyed  // seals new values
	ring   map[string]keyed
}

// keyed returns a cipher with its key in it; a closure for the reason that
// Key's secret is one.
type keyed func() cipher.AEAD

var _ Store = (*Sealed)(nil)

// Seal wraps inner. The first key seals; all of them open. To rotate, put the new
// key in front and keep the old ones until the longest TTL has passed; where
// several processes share the engine, first give the new key to all of them in
// second place. One key is good for 2^32 writes, so a busy fleet rotates at least
// yearly.
//
// It fails if inner is nil, if there is no key, or if a key is zero or repeats an
// id.
func Seal(inner Store, keys ...Key) (*Sealed, error) {
	if inner == nil {
		return nil, errors.New("store: nothing to seal: the inner store is nil")
	}
	if len(keys) == 0 {
		return nil, errors.New("store: sealing needs at least one key")
	}
	s := &Sealed{inner: inner, ring: make(map[string]keyed, len(keys))}
	for _, key := range keys {
		if err := s.hold(key); err != nil {
			return nil, err
		}
	}
	first := keys[0].id
	s.sealer = s.ring[first]
	s.header = append([]byte{sealFormat, byte(len(first))}, first...)
	return s, nil
}

// Unwrap returns the engine below, for what it can do besides [Store], such as
// transactions: a context that carries one is passed on.
func (s *Sealed) Unwrap() Store { return s.inner }

// hold adds key to the ring.
func (s *Sealed) hold(key Key) error {
	if key.secret == nil {
		return errors.New("store: a sealing key is empty; make it with NewKey")
	}
	if s.ring[key.id] != nil {
		return fmt.Errorf("store: two sealing keys have the id %s", key.id)
	}
	block, err := aes.NewCipher(key.secret())
	if err != nil {
		return fmt.Errorf("store: sealing key %s: %w", key.id, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return fmt.Errorf("store: sealing key %s: %w", key.id, err)
	}
	s.ring[key.id] = func() cipher.AEAD { return aead }
	return nil
}

// Get implements [Store]. A record that does not open is [ErrUnknownKey] or
// [ErrUnsealable].
func (s *Sealed) Get(ctx context.Context, key string) (Record, error) {
	rec, err := s.inner.Get(ctx, key)
	if err != nil {
		return Record{}, err
	}
	if rec.Value, err = s.open(key, rec.Value); err != nil {
		return Record{}, err
	}
	return rec, nil
}

// Put implements [Store]. The stored value is longer than rec's by 30 bytes and
// the length of the key's id.
func (s *Sealed) Put(ctx context.Context, rec Record) (int64, error) {
	rec.Value = s.seal(rec.Key, rec.Value)
	return s.inner.Put(ctx, rec)
}

// Delete implements [Store]. It needs no key.
func (s *Sealed) Delete(ctx context.Context, key string, version int64) error {
	return s.inner.Delete(ctx, key, version)
}

// Due implements [Store]. It needs no key and lists records that do not open too.
func (s *Sealed) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.inner.Due(ctx, before, limit)
}

func (s *Sealed) seal(key string, value []byte) []byte {
	sealer := s.sealer()
	sealed := make([]byte, 0, len(s.header)+len(value)+sealer.Overhead())
	sealed = append(sealed, s.header...)
	return sealer.Seal(sealed, nil, value, associated(s.header, key))
}

func (s *Sealed) open(key string, sealed []byte) ([]byte, error) {
	if len(sealed) < 2 {
		return nil, fmt.Errorf("%w: too short", ErrUnsealable)
	}
	if sealed[0] != sealFormat {
		return nil, ErrUnknownFormat
	}
	end := 2 + int(sealed[1])
	if len(sealed) < end {
		return nil, fmt.Errorf("%w: too short", ErrUnsealable)
	}
	header, body := sealed[:end], sealed[end:]
	opener := s.ring[string(header[2:])]
	if opener == nil {
		return nil, ErrUnknownKey
	}
	value, err := opener().Open(nil, nil, body, associated(header, key))
	if err != nil {
		return nil, ErrUnsealable // the cause says no more and must not
	}
	return value, nil
}

// associated returns what is authenticated beside the value.
func associated(header []byte, key string) []byte {
	data := make([]byte, 0, len(header)+len(key))
	return append(append(data, header...), key...)
}
