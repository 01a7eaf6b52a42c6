package faultvfs

import (
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// locks are the advisory locks on one file by all its handles, as in
// sqlite.org/lockingv3.html. A lock that is not free is refused at once;
// waiting is left to SQLite's busy handler.
type locks struct {
	shared   int
	reserved bool
	pending  bool
}

// Lock raises the handle's lock.
func (f *file) Lock(level vfs.LockLevel) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if !f.alive() {
		return sqlite3.IOERR_LOCK
	}
	if f.level >= level {
		return nil
	}
	l := &f.node.locks
	switch level {
	case vfs.LOCK_SHARED:
		if l.pending {
			return sqlite3.BUSY
		}
		l.shared++
	case vfs.LOCK_RESERVED:
		if l.reserved || l.pending {
			return sqlite3.BUSY
		}
		l.reserved = true
	case vfs.LOCK_EXCLUSIVE:
		if err := f.lockExclusive(l); err != nil {
			return err
		}
	}
	f.level = level
	return nil
}

// lockExclusive keeps new readers out and succeeds when the others are gone.
// It leaves RESERVED alone: a connection that rolls back a hot journal comes
// from SHARED, and others must still see the journal as hot. The disk's mutex is held.
func (f *file) lockExclusive(l *locks) error {
	if f.level < vfs.LOCK_PENDING {
		if l.pending || (l.reserved && f.level < vfs.LOCK_RESERVED) {
			return sqlite3.BUSY
		}
		l.pending = true
		f.level = vfs.LOCK_PENDING
	}
	if l.shared > 1 {
		return sqlite3.BUSY
	}
	return nil
}

// Unlock lowers the handle's lock. On a dead handle there is none left.
func (f *file) Unlock(level vfs.LockLevel) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.level <= level {
		return nil
	}
	if f.generation == f.disk.generation {
		f.node.locks.lower(f.level, level)
	}
	f.level = level
	return nil
}

// lower gives back what lies between two levels.
func (l *locks) lower(from, to vfs.LockLevel) {
	if from >= vfs.LOCK_RESERVED && to < vfs.LOCK_RESERVED {
		l.reserved = false
	}
	if from >= vfs.LOCK_PENDING && to < vfs.LOCK_PENDING {
		l.pending = false
	}
	if from >= vfs.LOCK_SHARED && to < vfs.LOCK_SHARED {
		l.shared--
	}
}

// CheckReservedLock says whether any handle is about to write.
func (f *file) CheckReservedLock() (bool, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if !f.alive() {
		return false, sqlite3.IOERR_CHECKRESERVEDLOCK
	}
	return f.node.locks.reserved, nil
}

// LockState returns the handle's lock.
func (f *file) LockState() vfs.LockLevel {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.level
}
