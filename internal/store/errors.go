package store

import (
	"errors"

	"einlass/internal/fault"

	"github.com/ncruces/go-sqlite3"
)

// classify turns what SQLite says into a kind. Invalid means that the data of
// some command was refused: the batch may be halved to find it. Unavailable
// means that disk or connection failed: halving would not help, and after a
// failed commit nobody knows what is on the disk.
func classify(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite3.CONSTRAINT), errors.Is(err, sqlite3.MISMATCH), errors.Is(err, sqlite3.TOOBIG), errors.Is(err, sqlite3.RANGE):
		return fault.New(fault.Invalid, "%s: %w", what, err)
	}
	return fault.New(fault.Unavailable, "%s: %w", what, err)
}

// IsFull reports whether err says that the disk is full.
func IsFull(err error) bool { return errors.Is(err, sqlite3.FULL) }

// IsUncertain reports whether after err nobody knows whether a commit is on the
// disk: the process must end without answering, and recovery decides.
func IsUncertain(err error) bool {
	var u *uncertain
	return errors.As(err, &u)
}

// uncertain marks a commit whose outcome is unknown.
type uncertain struct{ err error }

func (u *uncertain) Error() string { return "outcome of the commit unknown: " + u.err.Error() }
func (u *uncertain) Unwrap() error { return u.err }
