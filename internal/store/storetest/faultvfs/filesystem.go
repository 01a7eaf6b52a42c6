package faultvfs

import (
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// fileSystem shows a Disk to SQLite. It keeps these methods off the Disk itself.
type fileSystem struct{ disk *Disk }

var _ vfs.VFS = fileSystem{}

// journalFiles are those whose first sync also syncs the directory, as SQLite's
// own file system does for files it may have created.
const journalFiles = vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_SUPER_JOURNAL | vfs.OPEN_WAL

// FullPathname returns the name itself: there is one directory.
func (fileSystem) FullPathname(name string) (string, error) { return name, nil }

// Open opens or creates a file.
func (s fileSystem) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d := s.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		d.stats.RefusedCalls++
		return nil, flags, sqlite3.IOERR
	}
	n, err := d.find(name, flags)
	if err != nil {
		return nil, flags, err
	}
	n.handles++
	f := &file{
		disk:       d,
		node:       n,
		generation: d.generation,
		readOnly:   flags&vfs.OPEN_READONLY != 0,
		syncDir:    flags&vfs.OPEN_CREATE != 0 && flags&journalFiles != 0,
		powersafe:  true,
	}
	if flags&vfs.OPEN_MAIN_DB != 0 {
		f.shm = vfs.NewSharedMemory(d.shmPath(n), flags)
	}
	return f, flags, nil
}

// find returns the inode to open, new where the flags ask for it. d.mu is held.
func (d *Disk) find(name string, flags vfs.OpenFlag) (*inode, error) {
	if name == "" || flags&vfs.OPEN_DELETEONCLOSE != 0 {
		return d.newInode(name, true), nil
	}
	n, exists := d.names[name]
	switch {
	case exists && flags&vfs.OPEN_CREATE != 0 && flags&vfs.OPEN_EXCLUSIVE != 0:
		return nil, sqlite3.CANTOPEN
	case exists:
		return n, nil
	case flags&vfs.OPEN_CREATE == 0:
		return nil, sqlite3.CANTOPEN
	}
	d.stats.Creates++
	struck := d.strike(OpCreate, name)
	if struck == IOError {
		return nil, sqlite3.CANTOPEN
	}
	n = d.newInode(name, false)
	d.names[name] = n
	d.entries = append(d.entries, entry{d.nextSeq(), name, n})
	if struck == PowerCut {
		return nil, sqlite3.CANTOPEN
	}
	return n, nil
}

// newInode adds an empty file without a name in the directory. d.mu is held.
func (d *Disk) newInode(name string, temp bool) *inode {
	n := &inode{id: int(d.nextSeq()), name: name, temp: temp}
	d.nodes = append(d.nodes, n)
	return n
}

// Delete removes a name; open handles keep the file.
func (s fileSystem) Delete(name string, syncDir bool) error {
	d := s.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		d.stats.RefusedCalls++
		return sqlite3.IOERR_DELETE
	}
	if _, exists := d.names[name]; !exists {
		return sqlite3.IOERR_DELETE_NOENT
	}
	d.stats.Deletes++
	struck := d.strike(OpDelete, name)
	if struck == IOError {
		return sqlite3.IOERR_DELETE
	}
	delete(d.names, name)
	d.entries = append(d.entries, entry{d.nextSeq(), name, nil})
	if struck == PowerCut {
		return sqlite3.IOERR_DELETE
	}
	if syncDir {
		d.syncDir()
	}
	return nil
}

// Access says whether a name exists; everything that does may be read and written.
func (s fileSystem) Access(name string, _ vfs.AccessFlag) (bool, error) {
	d := s.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		d.stats.RefusedCalls++
		return false, sqlite3.IOERR_ACCESS
	}
	_, exists := d.names[name]
	return exists, nil
}

// used is what all named files take up, in bytes. d.mu is held.
func (d *Disk) used() (sum int64) {
	for _, n := range d.names {
		sum += int64(len(n.live))
	}
	return sum
}

// fits says how many of size bytes at off may be written under the plan's
// budget. Overwriting always may. d.mu is held.
func (d *Disk) fits(n *inode, off int64, size int) int {
	if d.plan.Fault != DiskFull {
		return size
	}
	limit := int64(len(n.live)) + max(0, d.plan.Budget-d.used())
	return int(min(int64(size), max(0, limit-off)))
}
