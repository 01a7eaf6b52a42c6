package booking

import (
	"sync"
	"sync/atomic"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Availability is what is free, in memory, for pages and for early refusals. It
// is a hint: it may refuse, it never grants. It follows every commit before the
// commit is answered.
type Availability struct {
	mu    sync.RWMutex // guards the maps, not the counters
	slots map[ident.SlotID]*slotCount
	sales map[ident.SaleID]*saleCount
	carts *carts
}

type saleCount struct{ changes atomic.Int64 }

// slotCount has one counter per channel; index 0 is what was returned.
type slotCount struct {
	sale               *saleCount
	free, held, places [channelsMax]atomic.Int32
}

const channelsMax = int(catalog.BoxOffice) + 1

// NewAvailability knows no slots yet.
func NewAvailability() *Availability {
	return &Availability{slots: make(map[ident.SlotID]*slotCount), sales: make(map[ident.SaleID]*saleCount), carts: newCarts()}
}

// Track makes the slots of a sale known.
func (a *Availability) Track(sale ident.SaleID, slots []catalog.Slot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sales[sale]
	if s == nil {
		s = &saleCount{}
		a.sales[sale] = s
	}
	for _, slot := range slots {
		if a.slots[slot.ID] == nil {
			a.slots[slot.ID] = &slotCount{sale: s}
		}
	}
	s.changes.Add(1)
}

// Set takes over pools as they are stored.
func (a *Availability) Set(pools []inventory.Pool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for i := range pools {
		a.set(&pools[i])
	}
}

// Follow takes over what a batch changed.
func (a *Availability) Follow(c *inventory.Changes) {
	a.carts.follow(c)
	a.mu.RLock()
	defer a.mu.RUnlock()
	for i := range c.Pools {
		a.set(&c.Pools[i].Pool)
	}
}

func (a *Availability) set(p *inventory.Pool) {
	s, at := a.count(p.ID)
	if s == nil {
		return
	}
	s.free[at].Store(int32(p.Free()))
	s.held[at].Store(int32(p.Held))
	s.places[at].Store(int32(p.Wanted))
	s.sale.changes.Add(1)
}

// count finds the counters of a pool and its place in them, nil for a pool that
// is not counted. The caller holds mu.
func (a *Availability) count(id inventory.PoolID) (s *slotCount, at int) {
	switch id.Kind() {
	case inventory.KindAllotment:
		at = int(id.Channel())
	case inventory.KindReturned:
	default:
		return nil, 0
	}
	if at >= channelsMax {
		return nil, 0
	}
	return a.slots[id.Slot()], at
}

// Free returns how much of an allotment, or of what was returned in a slot, could
// be drawn now; 0 for any other pool.
func (a *Availability) Free(id inventory.PoolID) int {
	a.mu.RLock()
	s, at := a.count(id)
	a.mu.RUnlock()
	if s == nil {
		return 0
	}
	return int(s.free[at].Load())
}

// Public is how many places of each group of a sale the public could draw now, and how
// many lie in its carts.
func (a *Availability) Public(sale *store.StoredSale) []catalog.Left {
	out := make([]catalog.Left, sale.GroupCount())
	for i := range sale.Slots {
		slot := &sale.Slots[i]
		free, held := a.Slot(slot.ID, catalog.Online)
		if slot.Group < len(out) {
			out[slot.Group].Free, out[slot.Group].Held = out[slot.Group].Free+free, out[slot.Group].Held+held
		}
	}
	return out
}

// Slot returns how many places of a slot a channel could draw now, and how many
// it has in carts.
func (a *Availability) Slot(slot ident.SlotID, channel catalog.Channel) (free, held int) {
	a.mu.RLock()
	s := a.slots[slot]
	a.mu.RUnlock()
	if s == nil || int(channel) >= channelsMax {
		return 0, 0
	}
	return int(s.free[channel].Load()), int(s.held[channel].Load())
}

// Changes grows with every change of a sale's counters; a page rendered at n is
// up to date as long as Changes returns n.
func (a *Availability) Changes(sale ident.SaleID) int64 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if s := a.sales[sale]; s != nil {
		return s.changes.Load()
	}
	return 0
}

// Places returns how many places a slot has over all channels, free or not.
func (a *Availability) Places(slot ident.SlotID) int {
	a.mu.RLock()
	s := a.slots[slot]
	a.mu.RUnlock()
	if s == nil {
		return 0
	}
	n := 0
	for i := range s.places {
		n += int(s.places[i].Load())
	}
	return n
}
