package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/facegate/facegate/store"
)

// demoKey is what instances on a shared store use that are given no key. It stands
// here for everybody to read, so it is for the fake vendors alone.
const demoKey = "facegate demo key: not a secret!"

// keys are what all instances of one shop must have in common.
type keys struct {
	sealing store.Key // seals what is personal in the store
	login   []byte    // signs the login cookie
}

var errBadKey = errors.New("-key must be 32 random bytes in Base64; openssl rand -base64 32 makes them")

// decodeKey reads the flag -key. The error does not quote it.
func decodeKey(text string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(secret) != store.KeySize {
		return nil, errBadKey
	}
	return secret, nil
}

// randomSecret serves a shop whose memory dies with the process.
func randomSecret() []byte {
	secret := make([]byte, store.KeySize)
	_, _ = rand.Read(secret) // never fails: crypto/rand
	return secret
}

// newKeys makes all keys from one secret. The sealing key's id follows from it too,
// so that no id ever stands for two keys.
func newKeys(secret []byte) (keys, error) {
	id, err := hkdf.Key(sha256.New, secret, nil, "id of the sealing key", 4)
	if err != nil {
		return keys{}, fmt.Errorf("-key: %w", err)
	}
	login, err := hkdf.Key(sha256.New, secret, nil, "login cookie", sha256.Size)
	if err != nil {
		return keys{}, fmt.Errorf("-key: %w", err)
	}
	sealing, err := store.NewKey("shop-"+hex.EncodeToString(id), secret)
	if err != nil {
		return keys{}, fmt.Errorf("-key: %w", err)
	}
	return keys{sealing: sealing, login: login}, nil
}
