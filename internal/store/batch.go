package store

import (
	"errors"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"

	"github.com/ncruces/go-sqlite3"
)

// Batch is one write transaction. It is begun, loaded once, saved once and
// committed by the committer's goroutine alone. End must always be called.
type Batch struct {
	s    *Store
	open bool
	buf  []byte
}

// Begin takes the write lock and begins a transaction.
func (s *Store) Begin() (*Batch, error) {
	s.writing.Lock()
	if s.closed {
		s.writing.Unlock()
		return nil, fault.New(fault.Unavailable, "begin: %s is closed", s.path)
	}
	if err := s.row("BEGIN IMMEDIATE").exec("begin"); err != nil {
		s.writing.Unlock()
		return nil, err
	}
	if s.tape != nil {
		s.tape.cut(false) // BEGIN itself is no row
	}
	return &Batch{s: s, open: true}, nil
}

// Commit makes everything saved durable. After nil it survives a power cut.
// After an error for which IsUncertain holds nobody knows; after any other error
// nothing was saved. now is noted as the last moment the installation was alive;
// the zero time notes none.
func (b *Batch) Commit(now time.Time) error {
	if now.IsZero() {
		return b.finish()
	}
	if err := b.s.row("INSERT INTO alive (one, at_us) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET at_us = ?1").time(now).exec("alive"); err != nil {
		return err
	}
	return b.finish()
}

// finish commits.
func (b *Batch) finish() error {
	failpoint.Hit(failpoint.StoreBeforeCommit)
	st, err := b.s.stmt("COMMIT")
	if err != nil {
		return err
	}
	if err := st.Exec(); err != nil {
		return b.failedCommit(err)
	}
	b.open = false
	if b.s.tape != nil {
		b.s.tape.cut(true)
	}
	failpoint.Hit(failpoint.StoreAfterCommit)
	return nil
}

// failedCommit tells a commit that surely did not happen from one of unknown
// outcome. A transaction that still stands was refused, not written. A full disk
// is reported by a write, never by a sync, and the commit frame is the last
// write: it is not whole, and SQLite has rolled back by itself. After any other
// failure the frame may have reached the disk: a failed sync follows the frame,
// and so does a failure to enlarge the log's index.
func (b *Batch) failedCommit(err error) error {
	if IsFull(err) || !b.s.write.GetAutocommit() {
		return classify("commit", err)
	}
	return fault.New(fault.Unavailable, "%w", &uncertain{err: err})
}

// checkpointPages is the length of the write-ahead log, in pages, from which on
// it is copied into the database. 16 MiB: a page that many batches change is
// copied once, and recovery still reads the log in a moment.
const checkpointPages = 4000

// Checkpoint copies the write-ahead log into the database when it has become
// long. It is called between batches. A full disk puts it off: the log still has
// everything, and the next one copies it again. After any other error nobody
// knows what is on the disk: Linux forgets a failed sync, and a later one would
// succeed without the pages (see IsUncertain).
func (s *Store) Checkpoint() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed || s.walPages < s.logPages {
		return nil
	}
	_, _, err := s.write.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE)
	switch {
	case err == nil || errors.Is(err, sqlite3.BUSY):
		return nil
	case IsFull(err):
		return classify("checkpoint", err)
	}
	return fault.New(fault.Unavailable, "checkpoint: %w", &uncertain{err: err})
}

// End rolls back what was not committed and gives the write lock back.
func (b *Batch) End() {
	if b.open && !b.s.write.GetAutocommit() {
		// A failed rollback leaves the transaction to the next BEGIN, which then
		// fails and is reported; there is nothing to answer here.
		_ = b.s.row("ROLLBACK").exec("rollback")
	}
	if b.s.tape != nil {
		b.s.tape.cut(false)
	}
	b.open = false
	b.s.writing.Unlock()
}
