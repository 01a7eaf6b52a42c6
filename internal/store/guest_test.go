package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"
)

// A command that comes while a server runs, and while somebody reads for a long
// time (a backup), is let in at once and does not keep the server from writing.
func TestAGuestMakesNobodyWait(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "einlass.db")
	server, err := Open(ctx, Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	write := func(s *Store) {
		t.Helper()
		tx, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.End()
		if err := tx.Commit(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	write(server)
	reader, err := server.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback() //nolint:errcheck // it only reads
	var at int64
	if err := reader.QueryRow("SELECT at_us FROM alive").Scan(&at); err != nil {
		t.Fatal(err)
	}
	write(server) // what the reader does not see: a checkpoint cannot be whole
	begun := time.Now()
	guest, err := Open(ctx, Options{Path: path, Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close()
	write(guest)
	write(server)
	if took := time.Since(begun); took > busyTimeout/4 {
		t.Errorf("it took %s", took)
	}
	if err := guest.Checkpoint(); err != nil {
		t.Errorf("a checkpoint that finds a reader in its way: %v", err)
	}
}
