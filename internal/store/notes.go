package store

import (
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Refused is how often somebody heard why they get nothing, by sale and reason.
type Refused struct {
	Sale   ident.SaleID
	Reason inventory.Reason
	Times  int
}

// Told is the forecast of a room from a moment on.
type Told struct {
	Sale     ident.SaleID
	At       time.Time
	Probably uint32 // the last number that was told so
	Not      uint32 // the first that was told "probably not"; 0: none of those there were
}

// AddNotes adds what was counted since the last time, in one transaction of its own.
func (s *Store) AddNotes(refused []Refused, told []Told) error {
	return s.inBatch(func() error {
		for i := range refused {
			if err := s.addRefused(&refused[i]); err != nil {
				return err
			}
		}
		for i := range told {
			if err := s.addTold(&told[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) addRefused(n *Refused) error {
	return s.row(`INSERT INTO refusal (sale, reason, times) VALUES (?1, ?2, ?3)
		ON CONFLICT (sale, reason) DO UPDATE SET times = times + excluded.times`).
		int(int64(n.Sale)).must(string(n.Reason)).int(int64(n.Times)).exec("add refusals")
}

// addTold overwrites a row of the same moment: the clock was set back.
func (s *Store) addTold(n *Told) error {
	row := s.row(`INSERT INTO told (sale, at_us, probably, not_from) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (sale, at_us) DO UPDATE SET probably = excluded.probably, not_from = excluded.not_from`).
		int(int64(n.Sale)).time(n.At).int(int64(n.Probably))
	if n.Not == 0 {
		return row.null().exec("add forecast")
	}
	return row.int(int64(n.Not)).exec("add forecast")
}
