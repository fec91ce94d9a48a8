//go:build unix

package testserver

import (
	"syscall"
	"testing"
)

// Pause makes the server hang: it keeps its connections and says nothing. Resume it
// before the test ends.
func (p *Process) Pause(tb testing.TB) {
	tb.Helper()
	p.signal(tb, syscall.SIGSTOP)
}

// Resume lets a paused server go on where it was.
func (p *Process) Resume(tb testing.TB) {
	tb.Helper()
	p.signal(tb, syscall.SIGCONT)
}

func (p *Process) signal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		tb.Fatalf("testserver: %v", err)
	}
}
