package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// frameBytes is a page in the write-ahead log, with its head; beatPages is what a
// sign of life may write.
const (
	frameBytes = 4096 + 24
	beatPages  = 2
)

// beats are signs of life as an idle server writes them.
func beats(t *testing.T, s *Store, n int, checkpoint bool) (longest int64) {
	t.Helper()
	at := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	for i := range n {
		tx, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		err = tx.Commit(at.Add(time.Duration(i) * time.Second))
		tx.End()
		if err == nil && checkpoint {
			err = s.Checkpoint()
		}
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, logBytes(t, s))
	}
	return longest
}

func logBytes(t *testing.T, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// The log of an idle server stays as long as it may be before a checkpoint, for
// ever. Somebody who reads without end (a backup, a forgotten shell) keeps it from
// being begun again: then it grows by what is written and by nothing else, nobody
// waits and nothing fails; once they have gone it is cut back.
func TestTheLogIsBounded(t *testing.T) {
	const logPages, many, limit = 40, 600, 64 << 10
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: filepath.Join(t.TempDir(), "e.db"), LogPages: logPages})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.write.Exec("PRAGMA journal_size_limit=65536"); err != nil {
		t.Fatal(err)
	}
	const bound = (logPages + beatPages) * frameBytes
	if n := beats(t, s, many, true); n > bound || n < bound/4 {
		t.Errorf("idle: the log grew to %d bytes, want at most %d", n, bound)
	}
	reader, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback() //nolint:errcheck // it only reads, and has ended by then
	var first, last int64
	if err := reader.QueryRow("SELECT at_us FROM alive").Scan(&first); err != nil {
		t.Fatal(err)
	}
	begun := logBytes(t, s)
	stuck := beats(t, s, many, true)
	if most := begun + many*beatPages*frameBytes; stuck > most || stuck <= 2*bound {
		t.Errorf("with a reader that is stuck the log grew from %d to %d bytes, want at most %d", begun, stuck, most)
	}
	if err := reader.QueryRow("SELECT at_us FROM alive").Scan(&last); err != nil || first != last {
		t.Errorf("the reader saw %d, then %d, %v", first, last, err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	beats(t, s, 2, true) // the first checkpoint is whole again, the next write begins the log anew
	if n := logBytes(t, s); n > max(limit, bound) {
		t.Errorf("the reader has gone and the log still has %d bytes", n)
	}
	if n := beats(t, s, many, true); n > max(limit, bound) {
		t.Errorf("idle again: the log grew to %d bytes", n)
	}
	if n := beats(t, s, many, false); n <= 2*bound {
		t.Errorf("without checkpoints the log has %d bytes only: the test proves nothing", n)
	}
}
