package faultvfs

import (
	"errors"
	"io"
	"os"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// file is an open handle. Its fields are guarded by the mutex of the Disk.
type file struct {
	disk       *Disk
	node       *inode
	generation uint64
	shm        vfs.SharedMemory // nil but for main databases
	level      vfs.LockLevel
	readOnly   bool
	syncDir    bool // the next sync also syncs the directory
	powersafe  bool // not switched off by psow=0
	persistWAL bool
}

// These decide what SQLite does with the file.
var (
	_ vfs.FileSharedMemory       = &file{}
	_ vfs.FileLockState          = &file{}
	_ vfs.FileHasMoved           = &file{}
	_ vfs.FilePersistWAL         = &file{}
	_ vfs.FilePowersafeOverwrite = &file{}
)

// alive says whether the handle may still be used, and counts calls if not.
// The disk's mutex is held.
func (f *file) alive() bool {
	if f.disk.dead || f.generation != f.disk.generation {
		f.disk.stats.RefusedCalls++
		return false
	}
	return true
}

// Close gives up the handle and its locks. It works on dead handles too, so
// that pools can be closed.
func (f *file) Close() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.generation == f.disk.generation {
		f.node.locks.lower(f.level, vfs.LOCK_NONE)
		f.node.handles--
	}
	f.level = vfs.LOCK_NONE
	if f.shm == nil {
		return nil
	}
	// ErrInvalid: SQLite has unmapped and closed the index before.
	if err := f.shm.Close(); err != nil && !errors.Is(err, os.ErrInvalid) {
		return err
	}
	return nil
}

// ReadAt reads what the program has written, synced or not.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if !f.alive() {
		return 0, sqlite3.IOERR_READ
	}
	if !f.node.temp {
		f.disk.stats.Reads++
		if f.disk.strike(OpRead, f.node.name) != NoFault {
			return 0, sqlite3.IOERR_READ
		}
	}
	if off >= int64(len(f.node.live)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.live[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes without making durable. A failing write may leave a part.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	d, n := f.disk, f.node
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !f.alive():
		return 0, sqlite3.IOERR_WRITE
	case f.readOnly:
		return 0, sqlite3.READONLY
	case n.temp:
		n.write(0, p, off)
		return len(p), nil
	}
	d.stats.Writes++
	d.stats.BytesWritten += int64(len(p))
	switch d.strike(OpWrite, n.name) {
	case PowerCut:
		n.write(d.nextSeq(), p, off)
		return 0, sqlite3.IOERR_WRITE
	case IOError:
		n.write(d.nextSeq(), p[:d.wear.IntN(len(p)+1)], off)
		return 0, sqlite3.IOERR_WRITE
	}
	fit := d.fits(n, off, len(p))
	n.write(d.nextSeq(), p[:fit], off)
	if fit < len(p) {
		d.struck++
		d.stats.FullErrors++
		return fit, sqlite3.FULL
	}
	return fit, nil
}

// Truncate sets the length without making it durable.
func (f *file) Truncate(size int64) error {
	d, n := f.disk, f.node
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !f.alive():
		return sqlite3.IOERR_TRUNCATE
	case f.readOnly:
		return sqlite3.READONLY
	case n.temp:
		n.truncate(0, size)
		return nil
	}
	d.stats.Truncates++
	struck := d.strike(OpTruncate, n.name)
	if struck == IOError {
		return sqlite3.IOERR_TRUNCATE
	}
	n.truncate(d.nextSeq(), size)
	if struck == PowerCut {
		return sqlite3.IOERR_TRUNCATE
	}
	return nil
}

// Sync makes the file durable, and with it the directory where that is due.
func (f *file) Sync(vfs.SyncFlag) error {
	d, n := f.disk, f.node
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !f.alive():
		return sqlite3.IOERR_FSYNC
	case n.temp:
		return nil
	}
	d.stats.Syncs++
	switch d.strike(OpSync, n.name) {
	case PowerCut:
		return sqlite3.IOERR_FSYNC
	case IOError:
		d.failSync(n)
		return sqlite3.IOERR_FSYNC
	}
	n.flush()
	if f.syncDir && !d.model.NoDirSync {
		d.syncDir()
		f.syncDir = false
	}
	return nil
}

// failSync leaves a file not durable, or on a forgetful disk decides now what
// will be found after a power cut. d.mu is held.
func (d *Disk) failSync(n *inode) {
	if !d.model.ForgetfulSync || len(n.pending) == 0 {
		return
	}
	m := newMood(len(n.pending), d.wear)
	for rank, c := range n.pending {
		d.settleChange(n, c, m.fate(rank, d.wear), d.wear)
	}
	n.forget()
	n.stale = true
	d.stats.ForgottenSync++
}

// Size returns the length the program sees.
func (f *file) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if !f.alive() {
		return 0, sqlite3.IOERR_FSTAT
	}
	return int64(len(f.node.live)), nil
}

// HasMoved says whether the name no longer leads to this file.
func (f *file) HasMoved() (bool, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if !f.alive() {
		return false, sqlite3.IOERR_FSTAT
	}
	return !f.node.temp && f.disk.names[f.node.name] != f.node, nil
}

// SectorSize is that of the production file system.
func (f *file) SectorSize() int { return deviceSector }

// DeviceCharacteristics promises exactly what the model keeps.
func (f *file) DeviceCharacteristics() vfs.DeviceCharacteristic {
	ret := vfs.IOCAP_SUBPAGE_READ
	if f.PowersafeOverwrite() {
		ret |= vfs.IOCAP_POWERSAFE_OVERWRITE
	}
	return ret
}

// PowersafeOverwrite says whether POWERSAFE_OVERWRITE is reported.
func (f *file) PowersafeOverwrite() bool {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.powersafe && (!f.disk.model.GarbageSectors || f.disk.model.ClaimPowersafe)
}

// SetPowersafeOverwrite obeys psow=0 in the DSN; it cannot promise more than
// the model keeps.
func (f *file) SetPowersafeOverwrite(on bool) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.powersafe = on
}

// PersistWAL says whether the last connection leaves the log behind.
func (f *file) PersistWAL() bool {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.persistWAL
}

// SetPersistWAL lets the last connection leave the log behind.
func (f *file) SetPersistWAL(on bool) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.persistWAL = on
}

// SharedMemory is the WAL index of a main database.
func (f *file) SharedMemory() vfs.SharedMemory { return f.shm }
