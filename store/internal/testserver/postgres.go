package testserver

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Postgres is a PostgreSQL server of the test, empty but for the database
// "postgres" and the superuser of that name, who needs no password.
type Postgres struct {
	*Process
	as   account
	dir  string // folder of the data and the socket
	port int
}

// StartPostgres starts a server whose data outlive a crash of it, but not of the
// machine.
func StartPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	initdb := findPostgres(tb, "initdb")
	p := &Postgres{as: unprivileged(tb, "postgres", "nobody"), port: FreePort(tb)}
	p.dir = p.as.folder(tb)
	runToEnd(tb, p.as.run(exec.CommandContext(tb.Context(), initdb, "--pgdata", p.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")))
	p.Start(tb)
	return p
}

// Start starts the server again after [Process.Stop] or [Process.Kill], with the
// same data, on the same port.
func (p *Postgres) Start(tb testing.TB) {
	tb.Helper()
	port := strconv.Itoa(p.port)
	cmd := exec.Command(findPostgres(tb, "postgres"), "-D", p.data(), "-p", port, "-k", p.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "fsync=off")
	p.Process = Start(tb, p.as.run(cmd))
	process := p.Process
	tb.Cleanup(func() { process.end(tb, fastShutdown) })
	asker := findPostgres(tb, "pg_isready")
	p.WaitReady(tb, func(ctx context.Context) error {
		return exec.CommandContext(ctx, asker, "-q", "-h", "127.0.0.1", "-p", port, "-U", "postgres").Run()
	})
}

// fastShutdown ends a server and its connections; on SIGTERM it would wait for its
// clients to leave.
const fastShutdown = syscall.SIGINT

// Stop ends the server, as an operator does, and waits until it has.
func (p *Postgres) Stop(tb testing.TB) {
	tb.Helper()
	p.end(tb, fastShutdown)
}

// URL returns where a client reaches the database.
func (p *Postgres) URL() string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", Address(p.port))
}

// Address returns host and port.
func (p *Postgres) Address() string { return Address(p.port) }

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// findPostgres finds a program also where Debian keeps those of the server.
func findPostgres(tb testing.TB, program string) string {
	tb.Helper()
	return Find(tb, program, "/usr/lib/postgresql/*/bin")
}

// runToEnd runs a program that prepares a server.
func runToEnd(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	cmd.Dir = "/"
	if printed, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("testserver: %s: %v\n%s", filepath.Base(cmd.Path), err, printed)
	}
}
