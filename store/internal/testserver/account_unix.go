//go:build unix

package testserver

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// account is who a server runs as that refuses to run as root. The zero account
// is the test's own user.
type account struct{ uid, gid uint32 }

// unprivileged returns the first of the named accounts that exists when the test
// runs as root, and else the test's own user.
func unprivileged(tb testing.TB, names ...string) account {
	tb.Helper()
	if os.Geteuid() != 0 {
		return account{}
	}
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return account{uint32(uid), uint32(gid)}
		}
	}
	tb.Fatalf("testserver: running as root, and none of the accounts %v exists", names)
	return account{}
}

// run makes cmd run as the account.
func (a account) run(cmd *exec.Cmd) *exec.Cmd {
	if a != (account{}) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
	return cmd
}

// folder returns a folder that belongs to the account and is removed at the end of
// the test. It is not below tb.TempDir, which other accounts may not enter; the
// short name leaves room for a socket's.
func (a account) folder(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "fg")
	if err != nil {
		tb.Fatalf("testserver: %v", err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("testserver: %v", err)
		}
	})
	if a != (account{}) {
		if err := os.Chown(dir, int(a.uid), int(a.gid)); err != nil {
			tb.Fatalf("testserver: %v", err)
		}
	}
	return dir
}
