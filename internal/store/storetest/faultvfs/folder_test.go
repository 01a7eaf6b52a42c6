package faultvfs

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"
)

// TestFolderIsEmptyAfterEachGeneration keeps ten thousand cuts from filling the
// memory with WAL index files, even when no connection was closed in order.
func TestFolderIsEmptyAfterEachGeneration(t *testing.T) {
	d, err := New(1, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d.Register()
	for range 3 {
		db, err := driver.Open(d.DSN("x.db", "_pragma=journal_mode(wal)"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS t (id INTEGER)`); err != nil {
			t.Fatal(err)
		}
		if n := filesIn(t, d.dir); n != 1 {
			t.Fatalf("%d WAL index files in use, want 1", n)
		}
		d.Cut()
		if n := filesIn(t, d.dir); n != 0 {
			t.Errorf("%d files remain of a dead generation", n)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := d.Unregister(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(d.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder remains: %v", err)
	}
}

// filesIn counts the files of a folder.
func filesIn(t *testing.T, dir string) int {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestShmDirFallsBackToTheFolderGiven(t *testing.T) {
	dir := t.TempDir()
	if got := ShmDir(dir); got != dir && got != memoryDir {
		t.Errorf("ShmDir(%q) = %q", dir, got)
	}
}
