//go:build !unix

package testserver

import "testing"

// Pause skips the test: only Unix can stop a process for a while.
func (p *Process) Pause(tb testing.TB) {
	tb.Helper()
	tb.Skip("testserver: this system cannot pause a process")
}

// Resume does nothing.
func (p *Process) Resume(testing.TB) {}
