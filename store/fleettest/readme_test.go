package fleettest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// update writes a table of README.md anew. The two tests must not do so at once:
//
//	go test -run TestCrashMatrix -update .
//	go test -run TestOutage -update .
var update = flag.Bool("update", false, "write what was seen into README.md")

const document = "README.md"

// section is a part of README.md that a test writes, between two marks.
type section string

const (
	matrixSection   section = "the crash matrix"
	promisesSection section = "what an outage costs"
)

// check compares the section with what was seen.
func (s section) check(t *testing.T, seen string) {
	t.Helper()
	begin, end := "<!-- begin: "+string(s)+" -->\n", "<!-- end: "+string(s)+" -->\n"
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	before, rest, begins := strings.Cut(string(text), begin)
	written, after, ends := strings.Cut(rest, end)
	require.True(t, begins && ends, "%s has lost the marks of %s", document, s)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(before+begin+seen+end+after), 0o644))
		return
	}
	assert.Equal(t, seen, written, "%s is out of date; see -update", document)
}
