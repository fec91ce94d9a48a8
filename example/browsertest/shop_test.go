package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// running is the example, started with its own ports.
type running struct {
	t        *testing.T
	app      string // its address
	operator string // the address of the operators' pages
	vendor   string // the fake vendors' address
	cmd      *exec.Cmd
	killed   bool
}

// startShop runs the example until the test ends.
func startShop(t *testing.T, flags ...string) *running {
	t.Helper()
	cmd := exec.Command(shopBinary, append([]string{"-addr", "localhost:0", "-vendor-addr", "127.0.0.1:0"}, flags...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	diag := &lockedBuffer{}
	cmd.Stderr = diag
	require.NoError(t, cmd.Start())
	s := &running{t: t, cmd: cmd}
	t.Cleanup(func() {
		if !s.killed {
			assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			assert.NoError(t, cmd.Wait(), "the example ends in peace")
		}
		if t.Failed() {
			t.Logf("the example said:\n%s", diag)
		}
	})
	lines := bufio.NewScanner(out)
	for (s.app == "" || s.operator == "" || s.vendor == "") && lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "app":
			s.app = value
		case "operator":
			s.operator = value
		case "vendor":
			s.vendor = value
		}
	}
	require.NotEmpty(t, s.app, "the example prints its address; it said: %s", diag)
	require.NotEmpty(t, s.operator)
	require.NotEmpty(t, s.vendor)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return s
}

// kill ends it as a crash does.
func (s *running) kill() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Kill())
	_ = s.cmd.Wait() // says that it was killed
	s.killed = true
}

// lockedBuffer takes what a process writes while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// next switches the vendor's next session.
func (s *running) next(path, switches string) {
	s.t.Helper()
	answer, err := http.Post(s.vendor+path, "application/json", strings.NewReader(switches))
	require.NoError(s.t, err)
	defer answer.Body.Close()
	said, _ := io.ReadAll(answer.Body)
	require.Less(s.t, answer.StatusCode, 300, "%s", said)
}

func (s *running) nextMegvii(switches string) { s.t.Helper(); s.next("/control/next", switches) }
func (s *running) nextBaidu(switches string)  { s.t.Helper(); s.next("/control/baidu/next", switches) }

// event is one run of the hook, as GET /events tells.
type event struct {
	Key, Session, Subject, Vendor, Verdict, Via string
	Reasons                                     []string
	Revision, Attempt                           int
	OK                                          bool
}

func (s *running) events() []event {
	s.t.Helper()
	answer, err := http.Get(s.app + "/events")
	require.NoError(s.t, err)
	defer answer.Body.Close()
	var events []event
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&events))
	return events
}

// only is the one event that there is.
func (s *running) only() event {
	s.t.Helper()
	events := s.events()
	require.Len(s.t, events, 1, "the hook ran exactly once")
	return events[0]
}

// patience is how long a browser gets for something that happens at once.
const patience = time.Minute

// eventually waits for something outside the browser.
func (s *running) eventually(what string, done func() bool) {
	s.t.Helper()
	require.Eventually(s.t, done, patience, 100*time.Millisecond, what)
}
