package testserver

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the process when the test's own process ends in a way that
// runs no clean-up, such as a timeout.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
