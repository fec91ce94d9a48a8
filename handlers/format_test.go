package handlers_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// The files are a promise: every later version reads the records that this one wrote,
// for as long as they may lie in a store.
func TestStoredRecordsStayReadable(t *testing.T) {
	for kind, reencode := range handlers.Reencode {
		golden, err := os.ReadFile("testdata/" + kind + ".v1.json")
		require.NoError(t, err)

		t.Run("a record of version 1 loses nothing when it is read and written: "+kind, func(t *testing.T) {
			again, err := reencode(golden)
			require.NoError(t, err)
			assert.JSONEq(t, string(golden), string(again))
		})

		t.Run("a record of an unknown version is refused, and the refusal names both versions: "+kind, func(t *testing.T) {
			for _, version := range []string{"0", "2", "-1"} {
				_, err := reencode(reversion(golden, version))
				assert.ErrorContains(t, errors.Unwrap(err), "unreadable: it has format "+version+", and this version knows 1")
			}
		})

		t.Run("a record without a version that makes sense is refused: "+kind, func(t *testing.T) {
			for _, version := range []string{`"1"`, "null", "1.5", "[]"} {
				_, err := reencode(reversion(golden, version))
				assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err), version)
			}
		})
	}
}

// reversion gives a golden record another version.
func reversion(golden []byte, version string) []byte {
	return []byte(strings.Replace(string(golden), `"v": 1`, `"v": `+version, 1))
}
