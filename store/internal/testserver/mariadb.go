package testserver

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// MariaDB is a MariaDB server of the test, with the superuser "root", who needs no
// password, and no database of the test's.
type MariaDB struct {
	*Process
	as   account
	dir  string // folder of the data and the socket
	port int
	args []string
}

// StartMariaDB starts a server, with additional arguments, whose data outlive a crash
// of it, but not of the machine.
func StartMariaDB(tb testing.TB, args ...string) *MariaDB {
	tb.Helper()
	installer := Find(tb, "mariadb-install-db")
	m := &MariaDB{as: unprivileged(tb, "mysql", "nobody"), port: FreePort(tb), args: args}
	m.dir = m.as.folder(tb)
	runToEnd(tb, m.as.run(exec.CommandContext(tb.Context(), installer, "--no-defaults", "--datadir="+m.data(),
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")))
	m.Start(tb)
	return m
}

// Start starts the server again after [Process.Stop] or [Process.Kill], with the
// same data, on the same port.
func (m *MariaDB) Start(tb testing.TB) {
	tb.Helper()
	args := append([]string{
		"--no-defaults", "--datadir=" + m.data(),
		"--socket=" + filepath.Join(m.dir, "socket"), "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(m.port),
		"--skip-name-resolve", "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2",
	}, m.args...)
	cmd := exec.Command(Find(tb, "mariadbd", "/usr/sbin"), args...)
	m.Process = Start(tb, m.as.run(cmd))
	m.WaitReady(tb, func(ctx context.Context) error { return greets(ctx, m.Address()) })
}

// Address returns host and port.
func (m *MariaDB) Address() string { return Address(m.port) }

func (m *MariaDB) data() string { return filepath.Join(m.dir, "data") }

// greets reads the server's greeting: a header of four bytes, then the version of
// the protocol, or 255 and an error.
func greets(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	var greeting [5]byte
	if _, err := io.ReadFull(conn, greeting[:]); err != nil {
		return err
	}
	if greeting[4] != 10 {
		return errors.New("the server does not greet")
	}
	return nil
}
