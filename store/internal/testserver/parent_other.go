//go:build !linux

package testserver

import "os/exec"

// dieWithParent does nothing: only Linux can bind one process to another.
func dieWithParent(*exec.Cmd) {}
