package store

import (
	"errors"
	"os"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// The device that is always full stands in for a full disk: reading it gives an
// empty database, and the first write finds no room.
func TestAFullDiskIsCalledFull(t *testing.T) {
	const device = "/dev/full"
	if _, err := os.Stat(device); err != nil {
		t.Skip("no device that is always full here")
	}
	registerDisk()
	c, err := sqlite3.Open(dsn(Options{Path: device}, "rw", "journal_mode(memory)"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // nothing was written
	err = c.Exec("CREATE TABLE t (x INTEGER) STRICT")
	if !IsFull(err) || errors.Is(err, sqlite3.IOERR) {
		t.Errorf("%v, want SQLITE_FULL", err)
	}
}
