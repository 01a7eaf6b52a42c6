package inventory

import (
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// work is the state of a batch while it is decided: copies of what was loaded,
// and what became of them.
type work struct {
	now      time.Time
	sales    []SaleState
	pools    []poolWork
	poolAt   map[PoolID]int
	bookings []bookingWork
	bookAt   map[ident.BookingID]int
	known    map[ident.Key]Known
	out      Changes
}

type poolWork struct {
	Pool
	stored bool // there is a row
	dirty  bool
}

type bookingWork struct {
	Booking
	stored bool
	dirty  bool
}

func newWork(s *State, commands int, now time.Time) *work {
	w := &work{
		now:      now,
		sales:    s.Sales,
		pools:    make([]poolWork, len(s.Pools), len(s.Pools)+commands),
		poolAt:   make(map[PoolID]int, len(s.Pools)+commands),
		bookings: make([]bookingWork, len(s.Bookings), len(s.Bookings)+commands),
		bookAt:   make(map[ident.BookingID]int, len(s.Bookings)+commands),
		known:    make(map[ident.Key]Known, len(s.Known)+commands),
	}
	for i := range s.Pools {
		w.pools[i] = poolWork{Pool: s.Pools[i], stored: true}
		w.poolAt[s.Pools[i].ID] = i
	}
	for i := range s.Bookings {
		b := s.Bookings[i]
		if !failpoint.Bug(failpoint.BugMutatesState) {
			b = b.clone()
		}
		w.bookings[i] = bookingWork{Booking: b, stored: true}
		w.bookAt[s.Bookings[i].ID] = i
	}
	for i := range s.Known {
		w.known[s.Known[i].Key] = s.Known[i]
	}
	w.out.Audit = make([]AuditRow, 0, commands)
	return w
}

// pool returns the pool named, or nil. A lazy pool without a row comes into
// being with the capacity the rule gives it.
func (w *work) pool(id PoolID, lazy int) *poolWork {
	if i, ok := w.poolAt[id]; ok {
		p := &w.pools[i]
		if lazy > 0 && p.Wanted != lazy && id.Lazy() {
			p.Wanted = lazy // the rule has changed since the row was written
			p.settle()
		}
		return p
	}
	if lazy <= 0 || !id.Lazy() {
		return nil
	}
	w.poolAt[id] = len(w.pools)
	w.pools = append(w.pools, poolWork{Pool: Pool{ID: id, Wanted: lazy, Capacity: lazy}})
	return &w.pools[len(w.pools)-1]
}

// booking returns the booking named, or nil.
func (w *work) booking(id ident.BookingID) *bookingWork {
	if i, ok := w.bookAt[id]; ok && !id.IsZero() {
		return &w.bookings[i]
	}
	return nil
}

func (w *work) addBooking(b Booking) *bookingWork {
	w.bookAt[b.ID] = len(w.bookings)
	w.bookings = append(w.bookings, bookingWork{Booking: b, dirty: true})
	return &w.bookings[len(w.bookings)-1]
}

func (w *work) sale(id ident.SaleID) *SaleState {
	for i := range w.sales {
		if w.sales[i].ID == id {
			return &w.sales[i]
		}
	}
	return nil
}

// draw takes d's fresh units into Held (into Booked if they are spent). It
// returns the pool and why it cannot, and changes nothing then.
func (w *work) draw(d Draw, by ident.BookingID) (*poolWork, Reason) {
	p := w.pool(d.Pool, d.Lazy)
	if p == nil {
		return nil, NoSuchThing
	}
	n, free := d.fresh(), p.Free()
	if failpoint.Bug(failpoint.BugOversell) {
		free++
	}
	if n > free {
		return p, refusal(&p.Pool, n)
	}
	if d.Spent {
		p.Booked += n
	} else {
		p.Held += n
	}
	if d.Pool.Lazy() && n > 0 {
		p.Holder = by
	}
	p.dirty = true
	return p, Granted
}

// undraw takes back a draw of the same command. It is not a release: nothing was
// promised yet, so nothing goes to the returned pool.
func (w *work) undraw(d Draw) {
	p := &w.pools[w.poolAt[d.Pool]]
	if d.Spent {
		p.Booked -= d.fresh()
	} else {
		p.Held -= d.fresh()
	}
	p.settle()
}

// refusal says in the words of the pool's kind why n units cannot be drawn.
func refusal(p *Pool, n int) Reason {
	switch p.ID.Kind() {
	case KindPerson:
		return HasOne
	case KindCode:
		return CodeUsed
	case KindPass:
		return PassSpent
	}
	switch {
	case p.Free() > 0:
		return TooFew
	case p.Capacity-p.Booked-p.Blocked >= n:
		return FullyHeld
	}
	return SoldOut
}

// from says where freed units stand.
type from uint8

const (
	fromHeld from = iota
	fromBooked
)

// free gives n units of a pool back. What the pool has over its wanted capacity
// goes first. What was booked then moves on to the returned pool, if this pool
// says so; what was only in a cart stays where it was and is free again at once
// (ADR 6: otherwise filling carts and letting them go would empty a sale).
func (w *work) free(id PoolID, n int, where from) {
	i, ok := w.poolAt[id]
	if !ok || n == 0 {
		return
	}
	p := &w.pools[i]
	if where == fromHeld {
		p.Held -= n
	} else {
		p.Booked -= n
	}
	p.dirty = true
	over := min(n, p.Over())
	if !failpoint.Bug(failpoint.BugOverResold) {
		p.settle()
	}
	if n -= over; n == 0 || !p.Returning || where == fromHeld {
		return
	}
	if r := w.pool(Returned(p.ID.Slot()), 0); r != nil {
		w.moveCapacity(p, r, n)
	}
}

// moveCapacity moves n free units of capacity. What is moved was wanted there
// and is wanted here.
func (w *work) moveCapacity(from, to *poolWork, n int) {
	if !failpoint.Bug(failpoint.BugMoveMints) {
		from.Wanted -= n
	}
	from.settle()
	to.Wanted += n
	to.settle()
	from.dirty, to.dirty = true, true
}

// promote turns held units into booked ones.
func (w *work) promote(id PoolID, n int) {
	if i, ok := w.poolAt[id]; ok {
		w.pools[i].Held -= n
		w.pools[i].Booked += n
		w.pools[i].dirty = true
	}
}

// changes collects what is to be saved. A lazy pool out of use loses its row.
func (w *work) changes() *Changes {
	w.out.Pools = make([]PoolChange, 0, len(w.pools))
	w.out.Bookings = make([]BookingChange, 0, len(w.bookings))
	for i := range w.pools {
		p := &w.pools[i]
		if !p.dirty {
			continue
		}
		gone := p.ID.Lazy() && p.used() == 0
		if gone && !p.stored {
			continue
		}
		w.out.Pools = append(w.out.Pools, PoolChange{Pool: p.Pool, New: !p.stored, Delete: gone})
	}
	for i := range w.bookings {
		if b := &w.bookings[i]; b.dirty {
			w.out.Bookings = append(w.out.Bookings, BookingChange{Booking: b.Booking, New: !b.stored})
		}
	}
	return &w.out
}
