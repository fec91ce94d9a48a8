package main

import (
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeyFlag(t *testing.T) {
	for name, flag := range map[string]string{
		"no Base64":   "canary-key!",
		"too short":   base64.StdEncoding.EncodeToString([]byte("canary-key")),
		"too long":    base64.StdEncoding.EncodeToString([]byte(strings.Repeat("canary-key", 4))),
		"Base64 of a": "YQ==",
	} {
		t.Run(name+" is refused, and not quoted", func(t *testing.T) {
			_, err := parseSettings([]string{"-key", flag}, io.Discard)
			require.ErrorIs(t, err, errBadKey)
			assert.NotContains(t, err.Error(), flag)
		})
	}
	t.Run("zeros are no key", func(t *testing.T) {
		zeros := base64.StdEncoding.EncodeToString(make([]byte, 32))
		assert.ErrorContains(t, run(t.Context(), []string{"-addr", "localhost:0", "-key", zeros}, io.Discard, io.Discard), "zeros")
	})
	shared := []string{"-store", "redis://127.0.0.1"}
	live := []string{"-megvii-key", "a-live-key-000001", "-megvii-secret", "a-live-secret-000001", "-public-url", "https://shop.example/face"}
	secretOf := func(t *testing.T, args ...[]string) []byte {
		s, err := parseSettings(slices.Concat(args...), io.Discard)
		require.NoError(t, err)
		return s.secret
	}
	t.Run("instances with fake vendors share the demo key", func(t *testing.T) {
		assert.Equal(t, []byte(demoKey), secretOf(t, shared))
		assert.Equal(t, []byte(demoKey), secretOf(t, shared, []string{"-vendor", "http://127.0.0.1:8081"}))
	})
	t.Run("a live account on a shared store needs a key of its own", func(t *testing.T) {
		_, err := parseSettings(slices.Concat(live, shared), io.Discard)
		require.ErrorContains(t, err, "-key")
		given := base64.StdEncoding.EncodeToString(randomSecret())
		assert.NotEqual(t, []byte(demoKey), secretOf(t, live, shared, []string{"-key", given}))
	})
	t.Run("a live account refuses the demo key, also when it is given", func(t *testing.T) {
		demo := []string{"-key", base64.StdEncoding.EncodeToString([]byte(demoKey))}
		assert.Equal(t, []byte(demoKey), secretOf(t, shared, demo))
		for _, args := range [][]string{slices.Concat(live, demo), slices.Concat(live, shared, demo)} {
			_, err := parseSettings(args, io.Discard)
			assert.ErrorContains(t, err, "-key is the demo key")
		}
	})
	t.Run("whoever keeps everything in memory gets a key that nobody else has", func(t *testing.T) {
		assert.NotEqual(t, secretOf(t), secretOf(t))
		assert.NotEqual(t, []byte(demoKey), secretOf(t, live))
	})
}

func TestKeys(t *testing.T) {
	t.Run("the same secret makes the same keys", func(t *testing.T) {
		one, err := newKeys([]byte(demoKey))
		require.NoError(t, err)
		other, err := newKeys([]byte(demoKey))
		require.NoError(t, err)
		assert.Equal(t, one.login, other.login)
		assert.Equal(t, one.sealing.ID(), other.sealing.ID())
	})
	t.Run("another secret makes others, under another id", func(t *testing.T) {
		one, err := newKeys([]byte(demoKey))
		require.NoError(t, err)
		other, err := newKeys(randomSecret())
		require.NoError(t, err)
		assert.NotEqual(t, one.login, other.login)
		assert.NotEqual(t, one.sealing.ID(), other.sealing.ID())
	})
	t.Run("the login cookie is not signed with the sealing key", func(t *testing.T) {
		made, err := newKeys([]byte(demoKey))
		require.NoError(t, err)
		assert.NotEqual(t, []byte(demoKey), made.login)
	})
}
