package store

import (
	"context"
	"time"

	"einlass/internal/fault"
)

// SessionRow is one login as it is stored. The token is a digest: who reads the
// database can open no session with it. Room staff knows what Data says.
type SessionRow struct {
	Token   string
	Data    []byte
	Expires time.Time
}

// PutSession stores a session, or what has become of it, and forgets those that
// ended before now.
func (s *Store) PutSession(row SessionRow, now time.Time) error {
	return s.inBatch(func() error {
		if err := s.row("DELETE FROM session WHERE expires_us < ?1").time(now).exec("forget sessions"); err != nil {
			return err
		}
		return s.row(`INSERT INTO session (token, data, expires_us) VALUES (?1, ?2, ?3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_us = excluded.expires_us`).
			must(row.Token).blob(row.Data).time(row.Expires).exec("store session")
	})
}

// DeleteSession ends a session; one that is not there is ended already.
func (s *Store) DeleteSession(token string) error {
	return s.inBatch(func() error {
		return s.row("DELETE FROM session WHERE token = ?1").must(token).exec("end session")
	})
}

// inBatch makes one small change in a transaction of its own.
func (s *Store) inBatch(change func() error) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	if err := change(); err != nil {
		return err
	}
	return tx.finish()
}

// Session reads one session; NotFound if there is none of that token.
func (s *Store) Session(ctx context.Context, token string) (SessionRow, error) {
	row := SessionRow{Token: token}
	var expires int64
	err := s.read.QueryRowContext(ctx, "SELECT data, expires_us FROM session WHERE token = $1", token).Scan(&row.Data, &expires)
	row.Expires = fromUS(expires)
	return row, one("read session", err)
}

// SetStaffDisabled closes or reopens an account; NotFound if there is none of
// that id.
func (s *Store) SetStaffDisabled(id string, disabled bool) error {
	return s.inBatch(func() error {
		if err := s.row("UPDATE staff SET disabled = ?1 WHERE id = ?2").bool(disabled).must(id).exec("close staff account"); err != nil {
			return err
		}
		if s.write.Changes() == 0 {
			return fault.New(fault.NotFound, "no staff account %q", id)
		}
		return nil
	})
}
