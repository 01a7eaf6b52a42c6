package rehearsal

import (
	"sort"
	"sync"
)

// Ledger is what people were shown as booked, in the order in which they saw it.
// It is kept outside the server: a booking that stands here and not in the
// database was acknowledged and lost.
type Ledger struct {
	Bookings []Acked `json:"bookings"`
}

// Acked is one booking as its success page showed it.
type Acked struct {
	ID        string  `json:"id"` // last part of its address
	Code      string  `json:"code"`
	Slot      string  `json:"slot"` // value of the slot chosen
	Guests    []Guest `json:"guests"`
	Contact   string  `json:"contact"` // mail, phone, post or none
	Channel   string  `json:"channel"` // online, phone, counter
	AtMS      int64   `json:"at_ms"`
	Named     bool    `json:"named"` // the page showed every guest's name
	Cancelled bool    `json:"cancelled,omitempty"`
}

// DuplicatePeople returns how many guests hold more than limit places that were
// acknowledged and not given back; limit 0 means there is no limit.
func (l *Ledger) DuplicatePeople(limit int) int {
	if limit <= 0 {
		return 0
	}
	have := make(map[Guest]int, len(l.Bookings))
	for _, b := range l.Bookings {
		if b.Cancelled {
			continue
		}
		for _, g := range b.Guests {
			have[Guest{Name: g.Name, Birth: g.Birth}]++
		}
	}
	twice := 0
	for _, n := range have {
		if n > limit {
			twice++
		}
	}
	return twice
}

// Standing returns the bookings that were not given back.
func (l *Ledger) Standing() []Acked {
	out := make([]Acked, 0, len(l.Bookings))
	for _, b := range l.Bookings {
		if !b.Cancelled {
			out = append(out, b)
		}
	}
	return out
}

// Lost returns the standing bookings that stored does not know; stored tells
// whether a booking of that id and code is in the database and confirmed.
func (l *Ledger) Lost(stored func(id, code string) bool) []Acked {
	var lost []Acked
	for _, b := range l.Standing() {
		if !stored(b.ID, b.Code) {
			lost = append(lost, b)
		}
	}
	return lost
}

// book is the ledger while the crowd writes it.
type book struct {
	mu   sync.Mutex // guards byID
	byID map[string]*Acked
}

func newBook() *book { return &book{byID: map[string]*Acked{}} }

// add notes a booking and reports whether it is new: a person may see the same
// success page twice.
func (b *book) add(a Acked) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.byID[a.ID]; known {
		return false
	}
	b.byID[a.ID] = &a
	return true
}

func (b *book) cancel(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.byID[id]; a != nil {
		a.Cancelled = true
	}
}

// ledger returns what was written, by time.
func (b *book) ledger() Ledger {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := Ledger{Bookings: make([]Acked, 0, len(b.byID))}
	for _, a := range b.byID {
		l.Bookings = append(l.Bookings, *a)
	}
	sort.Slice(l.Bookings, func(i, j int) bool {
		if l.Bookings[i].AtMS != l.Bookings[j].AtMS {
			return l.Bookings[i].AtMS < l.Bookings[j].AtMS
		}
		return l.Bookings[i].ID < l.Bookings[j].ID
	})
	return l
}
