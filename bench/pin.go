package main

import (
	"fmt"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Where processes of a round work. With a core for the server and another for the crowd
// neither takes the other's time: what the server can do does not depend on how loudly
// it is asked. On one core there is nothing to part.
const (
	anyCore    = -1
	serverCore = 0
	crowdCore  = 1
)

// shareCores lets everybody work on all cores, as one machine would with its crowd on it.
var shareCores bool

// whereWorked says it for a line.
func whereWorked() string {
	if shareCores || cpuCount() < 2 {
		return fmt.Sprintf("server and generators share %d cores", cpuCount())
	}
	return "server and generators on one core each"
}

// startOn starts a process on one core. Children have the affinity of the thread that
// starts them, and Go counts the cores that it may use (sched_setaffinity(2)).
func startOn(core int, cmd *exec.Cmd) error {
	if core == anyCore || shareCores || cpuCount() < 2 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	started := cmd.Start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return err
	}
	return started
}
