package inventory

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// memory keeps what a store would keep, so that the core can be tested without
// one. It loads exactly what Want names, as the store does.
type memory struct {
	sales    []SaleState
	pools    map[PoolID]Pool
	bookings map[ident.BookingID]Booking
	known    map[ident.Key]Known
	audit    []AuditRow
	outbox   []OutboxRow
	people   []PersonRow
}

var opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

const testSale = ident.SaleID(1)

func newMemory() *memory {
	return &memory{
		sales:    []SaleState{{ID: testSale, Opens: opens, Closes: opens.Add(24 * time.Hour)}},
		pools:    map[PoolID]Pool{},
		bookings: map[ident.BookingID]Booking{},
		known:    map[ident.Key]Known{},
	}
}

func (m *memory) addPool(id PoolID, capacity int, returning bool) {
	m.pools[id] = Pool{ID: id, Wanted: capacity, Capacity: capacity, Returning: returning}
}

// load returns what the commands need.
func (m *memory) load(cmds []Command) *State {
	w := Want(cmds)
	s := &State{Sales: m.sales}
	for _, k := range w.Keys {
		if known, ok := m.known[k]; ok {
			s.Known = append(s.Known, known)
		}
	}
	for _, id := range w.Bookings {
		if b, ok := m.bookings[id]; ok {
			s.Bookings = append(s.Bookings, b.clone())
		}
	}
	for _, id := range Linked(s.Bookings) {
		s.Bookings = append(s.Bookings, m.bookings[id].clone())
	}
	w.AddDraws(s.Bookings)
	for _, id := range w.Pools {
		if p, ok := m.pools[id]; ok {
			s.Pools = append(s.Pools, p)
		}
	}
	return s
}

// run decides a batch, checks that the input was left alone, and saves it.
func (m *memory) run(t fataler, now time.Time, cmds ...Command) []Decision {
	state, again := m.load(cmds), m.load(cmds)
	out, changes := Decide(state, cmds, now)
	if !reflect.DeepEqual(state, again) {
		t.Fatalf("Decide changed the state it was given")
	}
	m.save(t, changes)
	return out
}

func (m *memory) save(t fataler, c *Changes) {
	for _, p := range c.Pools {
		if _, had := m.pools[p.ID]; had == p.New {
			t.Fatalf("pool %s: New is %v but a row is there: %v", p.ID, p.New, had)
		}
		if p.Delete {
			delete(m.pools, p.ID)
			continue
		}
		if err := p.Check(); err != nil {
			t.Fatalf("saved: %v", err)
		}
		m.pools[p.ID] = p.Pool
	}
	for _, b := range c.Bookings {
		if _, had := m.bookings[b.ID]; had == b.New {
			t.Fatalf("booking %s: New is %v but a row is there: %v", b.ID, b.New, had)
		}
		m.bookings[b.ID] = b.Booking
	}
	for _, a := range c.Audit {
		if !a.Key.IsZero() {
			m.known[a.Key] = Known{Key: a.Key, Content: a.Content, Verb: a.Verb, Booking: a.Booking, Units: a.Units, Lines: a.Lines}
		}
	}
	m.audit = append(m.audit, c.Audit...)
	m.outbox = append(m.outbox, c.Outbox...)
	m.people = append(m.people, c.People...)
}

// check recounts everything from the bookings.
func (m *memory) check(t fataler) {
	all := make([]Booking, 0, len(m.bookings))
	for _, b := range m.bookings {
		all = append(all, b)
	}
	sums := Recount(all)
	for id, p := range m.pools {
		if err := p.Check(); err != nil {
			t.Fatalf("%v", err)
		}
		if c := sums[id]; c.Held != p.Held || c.Booked != p.Booked {
			t.Fatalf("pool %s: held %d booked %d, the bookings say %d and %d", id, p.Held, p.Booked, c.Held, c.Booked)
		}
		if id.Lazy() && p.used() == 0 {
			t.Fatalf("pool %s: a lazy pool has a row and nothing in it", id)
		}
	}
	for id, c := range sums {
		if _, ok := m.pools[id]; !ok && c != (Count{}) {
			t.Fatalf("pool %s: the bookings say %+v, there is no row", id, c)
		}
	}
}

type fataler interface {
	Fatalf(format string, args ...any)
}

var _ fataler = (*testing.T)(nil)

// names for tests: the n-th booking, key, person pool, pass pool.
func bookingN(n int) (id ident.BookingID) {
	binary.BigEndian.PutUint64(id.ID[8:], uint64(n)+1)
	return id
}

func keyN(n int) (k ident.Key) {
	binary.BigEndian.PutUint64(k.ID[8:], uint64(n)+1)
	return k
}

func personN(n int) PoolID {
	return LazyPool(ident.Secret{}, KindPerson, "sale", fmt.Sprint(n))
}

func passN(n int) PoolID { return LazyPool(ident.Secret{}, KindPass, "sale", fmt.Sprint(n)) }

func public(key int, arrived time.Time, a Action) Command {
	k := keyN(key)
	return Command{Key: k, Content: ident.DigestOf(k.ID[:]), Sale: testSale, Channel: catalog.Online, Arrived: arrived, Action: a}
}

// holdOf is a Hold of units places of one pool by one person with one pass.
func holdOf(booking int, until time.Time, units int, pools ...PoolID) Hold {
	h := Hold{Booking: bookingN(booking), Until: until}
	for _, p := range pools {
		h.Lines = append(h.Lines, LineRequest{Candidates: []Candidate{{Slot: p.Slot(), Draws: []Draw{{Pool: p, Units: units}}}}})
	}
	return h
}

func withShared(h Hold, draws ...Draw) Hold {
	h.Shared = draws
	return h
}
