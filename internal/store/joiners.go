package store

import (
	"context"

	"einlass/internal/ident"
)

// Joiners is how many numbers of a sale were counted by network since one start of the
// server, and how many of them the largest network drew.
type Joiners struct {
	Sale             ident.SaleID
	Run              ident.ID // names the start
	Counted, Largest int
}

// PutJoiners stores how the counts stand, in one transaction of its own.
func (s *Store) PutJoiners(all []Joiners) error {
	return s.inBatch(func() error {
		for i := range all {
			j := &all[i]
			err := s.row(`INSERT INTO joiners (sale, run, counted, largest) VALUES (?1, ?2, ?3, ?4)
				ON CONFLICT (sale, run) DO UPDATE SET counted = excluded.counted, largest = excluded.largest`).
				int(int64(j.Sale)).id(j.Run).int(int64(j.Counted)).int(int64(j.Largest)).exec("put joiners")
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AllJoiners adds the counts of all starts up, by sale. The largest network of one start
// may be that of another or not: the sum of the largest is at least what any has drawn.
func (s *Store) AllJoiners(ctx context.Context) ([]Joiners, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sale, sum(counted), sum(largest) FROM joiners GROUP BY sale")
	if err != nil {
		return nil, one("read joiners", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Joiners
	for rows.Next() {
		var j Joiners
		if err := rows.Scan(&j.Sale, &j.Counted, &j.Largest); err != nil {
			return nil, one("read joiners", err)
		}
		out = append(out, j)
	}
	return out, one("read joiners", rows.Err())
}
