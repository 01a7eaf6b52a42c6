//go:build !unix

package app

import (
	"os"
	"time"

	"einlass/internal/fault"
)

// raiseFiles returns 0: the system does not tell.
func raiseFiles() int { return 0 }

// diskFree knows nothing here.
func diskFree(string) (int64, bool) { return 0, false }

// spent knows nothing here.
func spent() (time.Duration, int64) { return 0, 0 }

// lock keeps the file open: on these systems nobody else can then replace it.
func lock(db string) (*os.File, error) {
	f, err := os.OpenFile(db+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "lock %s: %w", db, err)
	}
	return f, nil
}
