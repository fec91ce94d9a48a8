package fleettest

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// memberVariable holds what a member is told, as JSON. The test binary runs itself
// with it to become one.
const memberVariable = "FACEGATE_FLEET_MEMBER"

// atOnce is how many of these tests run side by side. They start their own servers
// and mostly wait for them.
const atOnce = "6"

// patience is how long a test waits for what must happen soon.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	if told := os.Getenv(memberVariable); told != "" {
		os.Exit(beMember(told))
	}
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", atOnce)
	}
	os.Exit(m.Run())
}

// withoutRaceDetector builds the test binary anew, for members that are sent more
// than they could answer in reasonable time with it: they take a fifth of the
// processor's time without. The other tests' members keep it.
func withoutRaceDetector(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "member")
	said, err := exec.CommandContext(t.Context(), "go", "test", "-race=false", "-c", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", said)
	return binary
}

// given reports whether the command line sets a flag.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
