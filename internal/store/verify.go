package store

import (
	"context"
	"fmt"
	"sort"

	"einlass/internal/inventory"
)

// Verification is what a check of the whole database found.
type Verification struct {
	Pools, Bookings, Messages, Audits int
	Differences                       []string // one sentence each; empty when all is well
}

// differencesMax bounds how many differences are named; the rest is counted.
const differencesMax = 200

func (v *Verification) differ(format string, args ...any) {
	if len(v.Differences) < differencesMax {
		v.Differences = append(v.Differences, fmt.Sprintf(format, args...))
	}
}

// Verify recomputes every pool from the bookings and every message from the
// bookings, in one read transaction, and names each difference.
func (s *Store) Verify(ctx context.Context) (*Verification, error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, one("verify", err)
	}
	defer conn.Close() //nolint:errcheck // gives the connection back
	tx, err := conn.BeginTx(ctx, readOnly)
	if err != nil {
		return nil, one("verify", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	c := check{Verification: &Verification{}, ctx: ctx, tx: tx, sums: map[inventory.PoolID]inventory.Count{}}
	for _, step := range []func() error{c.integrity, c.bookings, c.pools, c.slots, c.outbox, c.audits} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	sort.Strings(c.Differences)
	return c.Verification, nil
}
