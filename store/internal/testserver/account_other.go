//go:build !unix

package testserver

import (
	"os/exec"
	"testing"
)

// account is the test's own user; no other one can be chosen here.
type account struct{}

func unprivileged(testing.TB, ...string) account { return account{} }

func (account) run(cmd *exec.Cmd) *exec.Cmd { return cmd }

func (account) folder(tb testing.TB) string { return tb.TempDir() }
