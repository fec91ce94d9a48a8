package handlers_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// The file is a promise: every later version reads sessions that this one wrote,
// for as long as they may lie in a store.
func TestStoredSessionsStayReadable(t *testing.T) {
	golden, err := os.ReadFile("testdata/session.v1.json")
	require.NoError(t, err)

	t.Run("a session of version 1 loses nothing when it is read and written", func(t *testing.T) {
		again, ok := handlers.Reencode(golden)
		require.True(t, ok)
		assert.JSONEq(t, string(golden), string(again))
	})

	t.Run("a session of an unknown version is refused", func(t *testing.T) {
		for _, version := range []string{"0", "2", "-1", `"1"`, "null"} {
			_, ok := handlers.Reencode([]byte(strings.Replace(string(golden), `"v": 1`, `"v": `+version, 1)))
			assert.False(t, ok, version)
		}
	})
}
