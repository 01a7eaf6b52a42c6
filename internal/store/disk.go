package store

import (
	"errors"
	"sync"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// diskVFS is the name under which SQLite knows disk.
const diskVFS = "einlass"

// registerDisk makes disk known to SQLite, once per process.
var registerDisk = sync.OnceFunc(func() { vfs.Register(diskVFS, disk{vfs.Find("")}) })

// disk is the operating system's own file system, except that a full disk is
// called full. The driver (0.33.0 to 0.36.0) compares the error of a write with
// the bare ENOSPC, but os.File wraps it: SQLite hears of an I/O error, after which
// nobody knows what was saved, and a full disk would end the process.
type disk struct{ vfs.VFS }

// Open opens a file without a name.
func (d disk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpen(d.VFS, name, flags)
	return tellFull(f), flags, err
}

// OpenFilename opens a file by name.
func (d disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(d.VFS, name, flags)
	return tellFull(f), flags, err
}

// systemFile is all that SQLite may ask of a file of the operating system.
type systemFile interface {
	vfs.File
	vfs.FileLockState
	vfs.FileHasMoved
	vfs.FileSizeHint
	vfs.FilePersistWAL
	vfs.FilePowersafeOverwrite
	vfs.FileSharedMemory
}

// diskFile is a file that says when the disk is full.
type diskFile struct{ systemFile }

func tellFull(f vfs.File) vfs.File {
	if s, ok := f.(systemFile); ok {
		return diskFile{s}
	}
	return f
}

// WriteAt writes. A write that found no room, or no quota, is SQLITE_FULL.
func (f diskFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.systemFile.WriteAt(p, off)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return n, vfs.SystemError(err, sqlite3.FULL)
	}
	return n, err
}

// DeviceCharacteristics leaves atomic batches out: only the rollback journal
// could use them, and the calls for them are not passed on.
func (f diskFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return f.systemFile.DeviceCharacteristics() &^ vfs.IOCAP_BATCH_ATOMIC
}
