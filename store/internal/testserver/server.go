// Package testserver starts the servers that tests need, each privately: on
// loopback, on a free port, in a folder of the test, and stopped by its process
// id when the test ends.
package testserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// patience is how long a server may take to start or to stop.
	patience = 30 * time.Second

	// pollEvery is how often a starting server is asked whether it is ready.
	pollEvery = 20 * time.Millisecond

	// logTail is how much of a server's output a failed test shows, in bytes.
	logTail = 4 << 10

	// The ports lie below those that systems give to outgoing connections, so
	// that none is taken between FreePort and the start of the server.
	lowestPort, highestPort = 20_000, 32_000
)

// Find returns the path of an installed program, looked up in PATH and then in
// the folders that match the patterns. Where it is missing the test is skipped;
// with CI=true it fails.
func Find(tb testing.TB, program string, patterns ...string) string {
	tb.Helper()
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(pattern, program))
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if os.Getenv("CI") == "true" {
		tb.Fatalf("testserver: %s is not installed; .ci/deps names its package", program)
	}
	tb.Skipf("testserver: %s is not installed; .ci/deps names its package", program)
	return ""
}

// FreePort returns a port on loopback that nobody listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	for range 100 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		listener, err := net.Listen("tcp", Address(port))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			tb.Fatalf("testserver: %v", err)
		}
		return port
	}
	tb.Fatal("testserver: found no free port")
	return 0
}

// Address returns host and port on loopback.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Process is a running server.
type Process struct {
	// StopSignal is what Stop sends. [Start] sets SIGTERM; PostgreSQL, which then
	// waits for its clients, wants SIGINT.
	StopSignal os.Signal

	cmd  *exec.Cmd
	log  output
	done chan struct{} // closed when the process has ended
	err  error         // of Wait, readable after done
}

// Start runs cmd until the end of the test. What it prints is shown if the test
// fails.
func Start(tb testing.TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p := &Process{StopSignal: syscall.SIGTERM, cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	dieWithParent(cmd)
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		tb.Fatalf("testserver: %v", err)
	}
	tb.Cleanup(func() {
		p.Stop(tb)
		if tb.Failed() {
			tb.Logf("testserver: %s printed at the end:\n%s", filepath.Base(cmd.Path), p.log.tail())
		}
	})
	return p
}

// run starts the process and waits for its end, on one thread: Linux ends the
// process with the thread that started it.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
	}
}

// WaitReady polls until ready returns nil. It ends the test if the process ends
// or takes too long.
func (p *Process) WaitReady(tb testing.TB, ready func(ctx context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-p.done:
			tb.Fatalf("testserver: %s ended at its start: %v", filepath.Base(p.cmd.Path), p.err)
		case <-ctx.Done():
			tb.Fatalf("testserver: %s is not ready: %v", filepath.Base(p.cmd.Path), err)
		case <-time.After(pollEvery):
		}
	}
}

// Ended is closed when the process has ended, by whatever cause.
func (p *Process) Ended() <-chan struct{} { return p.done }

// Err waits for the end of the process and tells how it ended: nil for an exit with
// code 0, else the error of [exec.Cmd.Wait].
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the server to end, as an operator does, and waits until it has. A
// server that does not listen is killed.
func (p *Process) Stop(tb testing.TB) {
	tb.Helper()
	p.end(tb, p.StopSignal)
}

// Kill ends the server as a crash does, without its knowledge, and waits until it
// is gone.
func (p *Process) Kill(tb testing.TB) {
	tb.Helper()
	p.end(tb, syscall.SIGKILL)
}

func (p *Process) end(tb testing.TB, signal os.Signal) {
	tb.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Errorf("testserver: %v", err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		tb.Errorf("testserver: %s had to be killed", filepath.Base(p.cmd.Path))
	}
}

// output keeps what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.Bytes()
	if len(text) > logTail {
		return fmt.Sprintf("... %s", text[len(text)-logTail:])
	}
	return string(text)
}
