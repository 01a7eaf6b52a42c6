//go:build unix

package app

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"einlass/internal/fault"
)

// raiseFiles raises the soft limit of open files to the hard one and returns it;
// 0 if the system does not tell.
func raiseFiles() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	if l.Cur < l.Max {
		raised := l
		raised.Cur = raised.Max
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			l = raised
		}
	}
	return int(min(l.Cur, 1<<30))
}

// diskFree returns how many bytes a folder's disk has for us.
func diskFree(folder string) (int64, bool) {
	var f syscall.Statfs_t
	if syscall.Statfs(folder, &f) != nil {
		return 0, false
	}
	return int64(f.Bavail) * int64(f.Bsize), true
}

// spent returns the processor time this process has used and the most memory it
// has had, in bytes; its children do not count.
func spent() (cpu time.Duration, rss int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	rss = u.Maxrss
	if runtime.GOOS != "darwin" { // which counts in bytes; the others in KiB
		rss <<= 10
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), rss
}

// lockMode of the file beside the database.
const lockMode = 0o600

// lock makes sure that one server runs on a database: two would each believe
// their own counters. The kernel gives the lock back when the process ends,
// however it ends. The file stays, and holds our process id for whoever asks.
func lock(db string) (*os.File, error) {
	name := db + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, lockMode)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "lock %s: %w", name, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // nothing was written
		return nil, fault.New(fault.Unavailable, "another server runs on %s (its process id is in %s)", db, name)
	}
	if err := f.Truncate(0); err == nil {
		fmt.Fprintln(f, os.Getpid()) //nolint:errcheck // a courtesy for whoever looks
	}
	return f, nil
}
