package booking

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/store"
)

// Sale is a sale as it is sold: its rules, its slots in the order of time, and
// what follows from them.
type Sale struct {
	store.StoredSale
	Zone *time.Location
	// Rehearsal says that this is a rehearsal's copy: nothing in it counts.
	Rehearsal bool

	days []time.Time // the days that have slots, midnight in Zone
	at   map[ident.SlotID]int
	// by are the slots of each group, in the order of time.
	by [][]catalog.Slot
	// before and after are the places in Slots of the neighbours in a slot's group; -1 if
	// there is none.
	before, after []int
}

// Slot returns a slot of the sale.
func (s *Sale) Slot(id ident.SlotID) (catalog.Slot, bool) {
	i, ok := s.at[id]
	if !ok {
		return catalog.Slot{}, false
	}
	return s.Slots[i], true
}

// SlotsOf returns the slots of a group in the order of time.
func (s *Sale) SlotsOf(group int) []catalog.Slot {
	if group >= len(s.by) {
		return nil
	}
	return s.by[group]
}

// part parts the slots by group.
func (s *Sale) part() {
	n := len(s.Slots)
	s.by, s.before, s.after = make([][]catalog.Slot, s.GroupCount()), make([]int, n), make([]int, n)
	last := make([]int, s.GroupCount())
	for g := range last {
		last[g] = -1
	}
	for i, slot := range s.Slots {
		if slot.Group >= len(last) { // of a group that the rules do not have
			s.before[i], s.after[i] = -1, -1
			continue
		}
		s.by[slot.Group] = append(s.by[slot.Group], slot)
		s.before[i], s.after[i] = last[slot.Group], -1
		if last[slot.Group] >= 0 {
			s.after[last[slot.Group]] = i
		}
		last[slot.Group] = i
	}
}

// Days returns the days that have slots, at midnight in the sale's zone.
func (s *Sale) Days() []time.Time { return s.days }

// Day returns the day of a time in the sale's zone, at midnight.
func (s *Sale) Day(t time.Time) time.Time {
	y, m, d := t.In(s.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, s.Zone)
}

// Needs returns what must be asked of every participant before a hold.
func (s *Sale) Needs() []eligibility.Field { return eligibility.Needs(&s.Sale) }

func newSale(stored store.StoredSale) *Sale {
	s := &Sale{StoredSale: stored, Zone: stored.Event.Location(), at: make(map[ident.SlotID]int, len(stored.Slots))}
	s.part()
	for i, slot := range stored.Slots {
		s.at[slot.ID] = i
		if day := s.Day(slot.Start); len(s.days) == 0 || !s.days[len(s.days)-1].Equal(day) {
			s.days = append(s.days, day)
		}
	}
	return s
}

// Sales is every sale of the installation. It is replaced as a whole when a sale
// is applied, so a request sees one state from beginning to end.
type Sales struct{ all atomic.Pointer[salesIndex] }

type salesIndex struct {
	version int64
	byPath  map[string]*Sale
	byID    map[ident.SaleID]*Sale
}

// ByPath finds a sale by organizer and event; NotFound if there is none.
func (s *Sales) ByPath(organizer, event string) (*Sale, error) {
	if sale := s.all.Load().byPath["/"+organizer+"/"+event]; sale != nil {
		return sale, nil
	}
	return nil, fault.New(fault.NotFound, "no sale %s/%s", organizer, event)
}

// ByID finds a sale by its number; NotFound if there is none.
func (s *Sales) ByID(id ident.SaleID) (*Sale, error) {
	if sale := s.all.Load().byID[id]; sale != nil {
		return sale, nil
	}
	return nil, fault.New(fault.NotFound, "no sale %d", id)
}

// All returns every sale in the order of their numbers.
func (s *Sales) All() []*Sale {
	index := s.all.Load()
	out := make([]*Sale, 0, len(index.byID))
	for _, id := range slices.Sorted(maps.Keys(index.byID)) {
		out = append(out, index.byID[id])
	}
	return out
}

// Refresh reads the sales again if any was changed since, and then all counters.
func (b *Service) Refresh(ctx context.Context) error {
	version, err := b.store.SalesVersion(ctx)
	if err != nil {
		return err
	}
	if index := b.Sales.all.Load(); index != nil && index.version == version {
		return nil
	}
	stored, err := b.store.Sales(ctx)
	if err != nil {
		return err
	}
	index := &salesIndex{version: version, byPath: make(map[string]*Sale), byID: make(map[ident.SaleID]*Sale)}
	for _, one := range stored {
		sale := newSale(one)
		sale.Rehearsal = b.rehearsal
		index.byPath[sale.Path()], index.byID[sale.ID] = sale, sale
		b.Available.Track(sale.ID, sale.Slots)
	}
	err = b.store.Still(func() error {
		pools, err := b.store.EagerPools(ctx)
		if err == nil {
			b.Available.Set(pools)
		}
		return err
	})
	if err == nil {
		b.Sales.all.Store(index) // last: what failed is tried again at the next look
	}
	return err
}
