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
	if err := s.row("BEGIN IMMEDIATE").exec("begin"); err != nil {
		s.writing.Unlock()
		return nil, err
	}
	return &Batch{s: s, open: true}, nil
}

// Commit makes everything saved durable. After nil it survives a power cut.
// After an error for which IsUncertain holds nobody knows; after any other error
// nothing was saved. now is noted as the last moment the installation was alive.
func (b *Batch) Commit(now time.Time) error {
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
	failpoint.Hit(failpoint.StoreAfterCommit)
	return nil
}

// failedCommit tells a commit that surely did not happen from one of unknown
// outcome. SQLite reports a full disk before the commit frame is written; after
// any other failure of disk the frame may have reached it.
func (b *Batch) failedCommit(err error) error {
	if IsFull(err) && !b.s.write.GetAutocommit() {
		return classify("commit", err)
	}
	if fault.KindOf(classify("commit", err)) == fault.Invalid {
		return classify("commit", err)
	}
	return fault.New(fault.Unavailable, "%w", &uncertain{err: err})
}

// checkpointPages is the length of the write-ahead log, in pages, from which on
// it is copied into the database: SQLite's own default.
const checkpointPages = 1000

// Checkpoint copies the write-ahead log into the database when it has become
// long. It is called between batches. After an error nobody knows what is on the
// disk: Linux forgets a failed sync, and a later one would succeed without the
// pages (see IsUncertain).
func (s *Store) Checkpoint() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.walPages < checkpointPages {
		return nil
	}
	if _, _, err := s.write.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE); err != nil && !errors.Is(err, sqlite3.BUSY) {
		return fault.New(fault.Unavailable, "checkpoint: %w", &uncertain{err: err})
	}
	return nil
}

// End rolls back what was not committed and gives the write lock back.
func (b *Batch) End() {
	if b.open && !b.s.write.GetAutocommit() {
		// A failed rollback leaves the transaction to the next BEGIN, which then
		// fails and is reported; there is nothing to answer here.
		_ = b.s.row("ROLLBACK").exec("rollback")
	}
	b.open = false
	b.s.writing.Unlock()
}
