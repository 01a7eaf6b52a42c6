package inventory

import (
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// SaleState is what a batch needs to know of a sale: when it is open.
type SaleState struct {
	ID     ident.SaleID
	Opens  time.Time
	Closes time.Time
	Paused bool
}

// Known is a command that was decided and saved before, found by its key.
type Known struct {
	Key     ident.Key
	Content ident.Digest
	Verb    Verb
	Booking ident.BookingID
	Units   int
	Lines   []LineDecision
}

// State is what was loaded for a batch: everything Wants named that exists.
// Decide reads it and never changes it.
type State struct {
	Sales    []SaleState
	Pools    []Pool
	Bookings []Booking
	Known    []Known
}

// Wants are the names a batch needs. Pools are sorted and without repetition:
// that is the order in which they are locked (DESIGN: sale row, pools, nothing
// else).
type Wants struct {
	Sales    []ident.SaleID
	Pools    []PoolID
	Bookings []ident.BookingID
	Keys     []ident.Key
}

// Want returns the names that the commands themselves carry. The pools of the
// bookings they name are not among them: the store reads the bookings first and
// adds those with AddDraws.
func Want(cmds []Command) Wants {
	w := Wants{
		Pools:    make([]PoolID, 0, 4*len(cmds)),
		Bookings: make([]ident.BookingID, 0, len(cmds)),
		Keys:     make([]ident.Key, 0, len(cmds)),
	}
	for i := range cmds {
		w.addCommand(&cmds[i])
	}
	w.Sales = distinct(w.Sales, func(a, b ident.SaleID) int { return int(a - b) })
	w.sortPools()
	w.sortBookings()
	return w
}

// AddKnown adds the bookings of answers that will be repeated.
func (w *Wants) AddKnown(known []Known) {
	if len(known) == 0 {
		return
	}
	for i := range known {
		if !known[i].Booking.IsZero() {
			w.Bookings = append(w.Bookings, known[i].Booking)
		}
	}
	w.sortBookings()
}

func (w *Wants) sortBookings() {
	w.Bookings = distinct(w.Bookings, compareBookings)
}

func (w *Wants) addCommand(c *Command) {
	if n := len(w.Sales); n == 0 || w.Sales[n-1] != c.Sale {
		w.Sales = append(w.Sales, c.Sale)
	}
	if !c.Key.IsZero() {
		w.Keys = append(w.Keys, c.Key)
	}
	switch a := c.Action.(type) {
	case Hold:
		w.addHold(&a)
	case SetCapacity:
		w.Pools = append(w.Pools, a.Pool)
	case Move:
		w.Pools = append(w.Pools, a.From, a.To)
	case Block:
		w.Pools = append(w.Pools, a.Pool)
	case Unblock:
		w.Pools = append(w.Pools, a.Pool)
	case SetReturning:
		w.Pools = append(w.Pools, a.Pool)
	default:
		w.Bookings = append(w.Bookings, bookingOf(c.Action))
	}
}

func (w *Wants) addHold(h *Hold) {
	if h.Add {
		w.Bookings = append(w.Bookings, h.Booking)
	}
	if !h.Replaces.IsZero() {
		w.Bookings = append(w.Bookings, h.Replaces)
	}
	for _, d := range h.Shared {
		w.Pools = append(w.Pools, d.Pool)
	}
	for _, l := range h.Lines {
		for _, c := range l.Candidates {
			for _, d := range c.Draws {
				w.Pools = append(w.Pools, d.Pool)
			}
		}
	}
}

// AddDraws adds the pools of loaded bookings and those their units may return to.
// What is spent stays as it is.
func (w *Wants) AddDraws(bookings []Booking) {
	for i := range bookings {
		bookings[i].eachDraw(func(d *Draw) {
			if !d.Spent || failpoint.Bug(failpoint.BugPassReturns) {
				w.Pools = append(w.Pools, d.Pool)
			}
			if d.Pool.Kind() == KindAllotment {
				w.Pools = append(w.Pools, Returned(d.Pool.Slot()))
			}
		})
	}
	w.sortPools()
}

// Linked returns the bookings that loaded ones point to and that are not loaded:
// the one a hold replaces, and the hold that replaces one.
func Linked(bookings []Booking) []ident.BookingID {
	have := make(map[ident.BookingID]bool, len(bookings))
	for i := range bookings {
		have[bookings[i].ID] = true
	}
	var out []ident.BookingID
	for i := range bookings {
		for _, id := range []ident.BookingID{bookings[i].Replaces, bookings[i].ReplacedBy} {
			if !id.IsZero() && !have[id] {
				have[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

func (w *Wants) sortPools() { w.Pools = distinct(w.Pools, ComparePools) }

// bookingOf returns the booking an action is about; zero for pool actions.
func bookingOf(a Action) ident.BookingID {
	switch a := a.(type) {
	case Hold:
		return a.Booking
	case Extend:
		return a.Booking
	case Release:
		return a.Booking
	case Expire:
		return a.Booking
	case Confirm:
		return a.Booking
	case Cancel:
		return a.Booking
	case CheckIn:
		return a.Booking
	case Notify:
		return a.Booking
	case SetContact:
		return a.Booking
	}
	return ident.BookingID{}
}
