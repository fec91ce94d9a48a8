package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

// testSecret is 32 bytes that are easy to find in a dump.
func testSecret(first byte) []byte {
	secret := []byte("?CANARY-SECRET-CANARY-SECRET-00!")
	secret[0] = first
	return secret
}

func newKey(tb testing.TB, id string, first byte) store.Key {
	tb.Helper()
	key, err := store.NewKey(id, testSecret(first))
	require.NoError(tb, err)
	return key
}

func seal(tb testing.TB, inner store.Store, keys ...store.Key) *store.Sealed {
	tb.Helper()
	sealed, err := store.Seal(inner, keys...)
	require.NoError(tb, err)
	return sealed
}

func openSealed(tb testing.TB) store.Store {
	key, err := store.RandomKey("test")
	require.NoError(tb, err)
	return seal(tb, store.NewMemory(), key)
}

// stored is the value that s holds, unopened.
func stored(tb testing.TB, s store.Store, key string) []byte {
	tb.Helper()
	rec, err := s.Get(tb.Context(), key)
	require.NoError(tb, err)
	return rec.Value
}

func TestSealedMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	var inner store.Store
	key := newKey(t, "k1", 'a')
	storetest.Run(t, storetest.Harness{
		New: func(tb testing.TB) store.Store {
			inner = store.NewMemory()
			return seal(tb, inner, key)
		},
		Another: func(tb testing.TB) store.Store { return seal(tb, inner, key) },
		Around:  synctest.Test,
	})
}

func TestSealedValuesAreNotReadableBelowAndDifferEachTime(t *testing.T) {
	t.Parallel()
	inner := store.NewMemory()
	s := seal(t, inner, newKey(t, "k1", 'a'))
	value := []byte("canary value")
	version := put(t, s, store.Record{Key: "a", Value: value, TTL: time.Hour})
	first := stored(t, inner, "a")
	put(t, s, store.Record{Key: "a", Value: value, Version: version, TTL: time.Hour})
	assert.NotContains(t, string(first), "canary")
	assert.NotEqual(t, first, stored(t, inner, "a"))
	assert.Len(t, first, len(value)+30+len("k1"))
	assert.Equal(t, "canary value", string(value), "the caller's value was touched")
}

func TestCases122And153ARecordThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(sealed []byte) []byte
		want  error
	}{
		{"case 122: sealed with a key that is lost", swapID, store.ErrUnknownKey},
		{"case 122: cut short by a byte", func(v []byte) []byte { return v[:len(v)-1] }, store.ErrUnsealable},
		{"case 122: cut inside the nonce", func(v []byte) []byte { return v[:8] }, store.ErrUnsealable},
		{"case 122: cut after the key id", func(v []byte) []byte { return v[:4] }, store.ErrUnsealable},
		{"case 122: cut inside the key id", func(v []byte) []byte { return v[:3] }, store.ErrUnsealable},
		{"case 122: cut to the format's number", func(v []byte) []byte { return v[:1] }, store.ErrUnsealable},
		{"case 122: empty", func([]byte) []byte { return nil }, store.ErrUnsealable},
		{"case 122: longer by a byte", func(v []byte) []byte { return append(v, 0) }, store.ErrUnsealable},
		{"case 122: changed in its tag", flip(-1), store.ErrUnsealable},
		{"case 122: changed in its value", flip(20), store.ErrUnsealable},
		{"case 122: changed in its nonce", flip(6), store.ErrUnsealable},
		{"case 122: with a length of the key id that reaches past the end", flip(1), store.ErrUnsealable},
		{"case 122: of a format that is not known", flip(0), store.ErrUnknownFormat},
		{"case 122: never sealed", func([]byte) []byte { return []byte(`{"plain":"json"}`) }, store.ErrUnknownFormat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inner := store.NewMemory()
			s := seal(t, inner, newKey(t, "k1", 'a'))
			version := put(t, s, store.Record{Key: "a", Value: []byte("canary value"), TTL: time.Hour})
			version = put(t, inner, store.Record{
				Key: "a", Value: tt.spoil(stored(t, inner, "a")), Version: version, TTL: time.Hour,
			})
			requireClosed(t, s, tt.want)
			requireKept(t, s, inner, version)
		})
	}
}

func swapID(v []byte) []byte { v[3] = '9'; return v }

// flip changes one byte; a negative index counts from the end.
func flip(i int) func([]byte) []byte {
	return func(v []byte) []byte {
		v[(i+len(v))%len(v)] ^= 0xff
		return v
	}
}

// requireClosed ends the test unless Get of "a" fails with want, which nobody can
// mistake for an absent record.
func requireClosed(t *testing.T, s store.Store, want error) {
	t.Helper()
	rec, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, want)
	require.NotErrorIs(t, err, store.ErrNotFound)
	require.Zero(t, rec)
	require.NotContains(t, err.Error(), "canary")
}

// requireKept ends the test unless the record of "a" cannot be replaced by
// somebody who takes it for absent.
func requireKept(t *testing.T, s, inner store.Store, version int64) {
	t.Helper()
	before := stored(t, inner, "a")
	_, err := s.Put(t.Context(), store.Record{Key: "a", Value: []byte("new"), TTL: time.Hour})
	require.ErrorIs(t, err, store.ErrConflict)
	require.Equal(t, before, stored(t, inner, "a"))
	require.NoError(t, s.Delete(t.Context(), "a", version), "an operator can still delete it")
}

func TestCase122AnotherSecretUnderTheSameIDDoesNotOpen(t *testing.T) {
	t.Parallel()
	inner := store.NewMemory()
	version := put(t, seal(t, inner, newKey(t, "k1", 'a')), store.Record{Key: "a", Value: []byte("value"), TTL: time.Hour})
	other := seal(t, inner, newKey(t, "k1", 'b'))
	requireClosed(t, other, store.ErrUnsealable)
	requireKept(t, other, inner, version)
}

func TestCase153AValueMovedToAnotherRecordDoesNotOpen(t *testing.T) {
	t.Parallel()
	inner := store.NewMemory()
	s := seal(t, inner, newKey(t, "k1", 'a'))
	put(t, s, store.Record{Key: "tenant-1:b", Value: []byte("canary value"), TTL: time.Hour})
	put(t, inner, store.Record{Key: "a", Value: stored(t, inner, "tenant-1:b"), TTL: time.Hour})
	requireClosed(t, s, store.ErrUnsealable)
}

// TestCase153TheKeyIDIsAuthenticated moves the border between the header and the
// record's key, which the associated data joins.
func TestCase153TheKeyIDIsAuthenticated(t *testing.T) {
	t.Parallel()
	inner := store.NewMemory()
	put(t, seal(t, inner, newKey(t, "k", 'a')), store.Record{Key: "1a", Value: []byte("canary value"), TTL: time.Hour})
	sealed := stored(t, inner, "1a")
	moved := append([]byte{sealed[0], 2, 'k', '1'}, sealed[3:]...)
	put(t, inner, store.Record{Key: "a", Value: moved, TTL: time.Hour})
	requireClosed(t, seal(t, inner, newKey(t, "k1", 'a')), store.ErrUnsealable)
}

func TestCase154RotationReadsOldValuesAndWritesWithTheNewKey(t *testing.T) {
	t.Parallel()
	inner := store.NewMemory()
	oldKey, freshKey := newKey(t, "old", 'a'), newKey(t, "new", 'b')
	version := put(t, seal(t, inner, oldKey), store.Record{Key: "a", Value: []byte("canary value"), TTL: time.Hour})

	rotated := seal(t, inner, freshKey, oldKey)
	assert.Equal(t, "canary value", string(stored(t, rotated, "a")))
	requireClosed(t, seal(t, inner, freshKey), store.ErrUnknownKey)

	put(t, rotated, store.Record{Key: "a", Value: []byte("canary again"), Version: version, TTL: time.Hour})
	assert.Equal(t, "canary again", string(stored(t, seal(t, inner, freshKey), "a")))
	requireClosed(t, seal(t, inner, oldKey), store.ErrUnknownKey)
}

func TestSealRefusesWhatCannotSeal(t *testing.T) {
	t.Parallel()
	key, inner := newKey(t, "k1", 'a'), store.NewMemory()
	for name, try := range map[string]func() error{
		"no inner store":      func() error { _, err := store.Seal(nil, key); return err },
		"no key":              func() error { _, err := store.Seal(inner); return err },
		"an empty key":        func() error { _, err := store.Seal(inner, key, store.Key{}); return err },
		"two keys of one id":  func() error { _, err := store.Seal(inner, key, newKey(t, "k1", 'b')); return err },
		"the same key twice":  func() error { _, err := store.Seal(inner, key, key); return err },
		"a short secret":      func() error { _, err := store.NewKey("k1", testSecret('a')[1:]); return err },
		"a long secret":       func() error { _, err := store.NewKey("k1", append(testSecret('a'), 'x')); return err },
		"no secret":           func() error { _, err := store.NewKey("k1", nil); return err },
		"a secret of zeros":   func() error { _, err := store.NewKey("k1", make([]byte, store.KeySize)); return err },
		"no id":               func() error { _, err := store.NewKey("", testSecret('a')); return err },
		"an id with a space":  func() error { _, err := store.NewKey("k 1", testSecret('a')); return err },
		"an id that is long":  func() error { _, err := store.NewKey(strings.Repeat("k", 65), testSecret('a')); return err },
		"a random key's id":   func() error { _, err := store.RandomKey("k\n"); return err },
		"an id outside ASCII": func() error { _, err := store.NewKey("é", testSecret('a')); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := try()
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "CANARY")
		})
	}
	longest := newKey(t, strings.Repeat("k", 64), 'a')
	s := seal(t, inner, longest)
	put(t, s, store.Record{Key: "a", Value: []byte("value"), TTL: time.Hour})
	assert.Equal(t, "value", string(stored(t, s, "a")))
}

func TestNewKeyCopiesTheSecret(t *testing.T) {
	t.Parallel()
	inner, secret := store.NewMemory(), testSecret('a')
	key, err := store.NewKey("k1", secret)
	require.NoError(t, err)
	clear(secret)
	put(t, seal(t, inner, key), store.Record{Key: "a", Value: []byte("value"), TTL: time.Hour})
	assert.Equal(t, "value", string(stored(t, seal(t, inner, newKey(t, "k1", 'a')), "a")))
}

func TestSecretsPrintRedactedEverywhere(t *testing.T) {
	t.Parallel()
	key := newKey(t, "k1", 'a')
	sealed := seal(t, store.NewMemory(), key)
	type holder struct {
		Exported store.Key
		hidden   store.Key
		list     []store.Key
		inner    store.Store
	}
	h := holder{key, key, []store.Key{key}, sealed}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%b", "%o", "%t"} {
		for _, v := range []any{key, &key, h, &h, []any{key}, map[string]any{"k": key}, sealed, *sealed} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("keys", "key", key, "pointer", &key, "holder", h, "store", sealed)
	}
	for _, v := range []any{key, &key, h, sealed} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(text)
	}
	fmt.Fprint(&out, key.String())

	part := testSecret('a')[4:12]
	for name, shown := range map[string]string{
		"text":                  string(part),
		"hexadecimal":           fmt.Sprintf("%x", part),
		"upper hexadecimal":     fmt.Sprintf("%X", part),
		"numbers":               strings.Trim(fmt.Sprint(part), "[]"),
		"Go syntax":             strings.TrimPrefix(strings.Trim(fmt.Sprintf("%#v", part), "{}"), "[]byte{"),
		"base64":                base64.StdEncoding.EncodeToString(testSecret('a'))[8:16],
		"the cipher's words":    fmt.Sprint(binary.LittleEndian.Uint32(part)),
		"the words, big-endian": fmt.Sprint(binary.BigEndian.Uint32(part)),
	} {
		require.False(t, strings.Contains(out.String(), shown), "the secret shows as %s", name)
	}
	require.Contains(t, out.String(), "store.Key(k1 [private])")
	require.Equal(t, "k1", key.ID())
}

// failing is an engine that does not answer.
type failing struct{ store.Store }

var errDown = errors.New("engine down")

func (failing) Get(context.Context, string) (store.Record, error) { return store.Record{}, errDown }

func (failing) Put(context.Context, store.Record) (int64, error) { return 0, errDown }

func TestSealedPassesTheEnginesErrorsOn(t *testing.T) {
	t.Parallel()
	s := seal(t, failing{}, newKey(t, "k1", 'a'))
	_, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, errDown)
	_, err = s.Put(t.Context(), store.Record{Key: "a", TTL: time.Hour})
	require.ErrorIs(t, err, errDown)
}

// FuzzOpenSealed stores arbitrary bytes where a sealed value should be. Only what
// was sealed for this very record may open.
func FuzzOpenSealed(f *testing.F) {
	genuine := golden(f, "sealed-1.hex")
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	f.Add(append(bytes.Clone(genuine), 0))
	f.Add(swapID(bytes.Clone(genuine)))
	f.Add([]byte{1, 255, 'k'})
	f.Add([]byte("\x01\x022k"))
	f.Add([]byte{1, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		inner := store.NewMemory()
		s := seal(t, inner, newKey(t, goldenID, 'a'), newKey(t, "2k", 'b'))
		put(t, inner, store.Record{Key: goldenKey, Value: value, TTL: time.Hour})
		rec, err := s.Get(t.Context(), goldenKey)
		if bytes.Equal(value, genuine) {
			require.NoError(t, err)
			require.Equal(t, "golden value", string(rec.Value))
			return
		}
		require.Error(t, err, "a forged value opened")
		require.NotEqual(t, errors.Is(err, store.ErrUnknownKey), errors.Is(err, store.ErrUnsealable))
	})
}

func ExampleSeal() {
	// In an app the secrets come from its secret manager.
	november, err := store.NewKey("2026-11", []byte("32 random bytes, November 2026. "))
	if err != nil {
		fmt.Println(err)
		return
	}
	october, err := store.NewKey("2026-10", []byte("32 random bytes, October 2026 .."))
	if err != nil {
		fmt.Println(err)
		return
	}
	inner := store.NewMemory()
	sealed, err := store.Seal(inner, november, october) // November seals, both open
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	_, err = sealed.Put(ctx, store.Record{Key: "session:1", Value: []byte("pending"), TTL: time.Hour})
	fmt.Println("put:", err)
	rec, err := sealed.Get(ctx, "session:1")
	fmt.Println("through the seal:", string(rec.Value), err)
	raw, err := inner.Get(ctx, "session:1")
	fmt.Println("below it:", bytes.Contains(raw.Value, []byte("pending")), err)
	fmt.Println(november)
	// Output:
	// put: <nil>
	// through the seal: pending <nil>
	// below it: false <nil>
	// store.Key(2026-11 [private])
}
