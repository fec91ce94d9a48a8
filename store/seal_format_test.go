package store_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// What the files in testdata were sealed with, beside testSecret('a'), and for which
// record.
const (
	goldenID  = "2026-11"
	goldenKey = "session:golden"
)

// golden is a stored value. That of sealed-1.hex is the text "golden value", sealed with
// another AES-GCM implementation by the description in seal.go; sealed-2.hex is what a
// later version may write.
func golden(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	sealed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	require.NoError(tb, err)
	return sealed
}

func TestGoldenValueOfSealFormat1StillOpensAndIsStillWritten(t *testing.T) {
	t.Parallel()
	inner, sealed := store.NewMemory(), golden(t, "sealed-1.hex")
	s := seal(t, inner, newKey(t, goldenID, 'a'))
	put(t, inner, store.Record{Key: goldenKey, Value: sealed, TTL: time.Hour})
	assert.Equal(t, "golden value", string(stored(t, s, goldenKey)))

	put(t, s, store.Record{Key: "fresh", Value: []byte("golden value"), TTL: time.Hour})
	fresh := stored(t, inner, "fresh")
	header := "\x01\x07" + goldenID
	assert.Len(t, fresh, len(sealed))
	assert.Equal(t, header, string(fresh[:len(header)]))
	assert.Equal(t, header, string(sealed[:len(header)]))
}

func TestCase122AGoldenValueOfALaterFormatIsRefusedByNameAndKept(t *testing.T) {
	t.Parallel()
	inner, later := store.NewMemory(), golden(t, "sealed-2.hex")
	s := seal(t, inner, newKey(t, goldenID, 'a'))
	rec := store.Record{Key: goldenKey, Value: later, TTL: time.Hour, Due: time.Unix(1, 0)}
	rec.Version = put(t, inner, rec)

	_, err := s.Get(t.Context(), goldenKey)
	require.ErrorIs(t, err, store.ErrUnknownFormat)
	require.ErrorIs(t, err, store.ErrUnsealable)
	require.NotErrorIs(t, err, store.ErrNotFound)
	require.ErrorContains(t, err, "a later version wrote it")

	_, err = s.Put(t.Context(), store.Record{Key: goldenKey, Value: []byte("new"), TTL: time.Hour})
	require.ErrorIs(t, err, store.ErrConflict)
	keys, err := s.Due(t.Context(), time.Unix(1, 0), 10)
	require.NoError(t, err)
	assert.Equal(t, []string{goldenKey}, keys, "whoever looks after it hears of it")
	assert.Equal(t, later, stored(t, inner, goldenKey))
}
