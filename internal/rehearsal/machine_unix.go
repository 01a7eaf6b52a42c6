//go:build unix

package rehearsal

import (
	"syscall"
	"time"
)

// cpuUsed returns the CPU time this process has used, user and system.
func cpuUsed() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// filesMax returns how many files this process may open; 0 = unknown. The runtime
// has raised the soft limit to the hard one at start.
func filesMax() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur > 1<<30 {
		return 0
	}
	return int(l.Cur)
}
