//go:build unix

package store

import (
	"os"
	"syscall"
)

// tryLock takes the lock of an open file or folder, if nobody has it. The kernel
// gives it back when the file is closed or the process ends. SQLite's own locks
// lie on the database and are of another kind.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
