package inventory

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// BookingState is where a booking stands. The numbers are stored.
// docs/states.md draws the transitions.
type BookingState uint8

// The states.
const (
	Held      BookingState = 1
	Confirmed BookingState = 2
	Redeemed  BookingState = 3 // everybody has arrived
	Released  BookingState = 4 // given back before confirming
	Expired   BookingState = 5
	Cancelled BookingState = 6
	Rebooked  BookingState = 7 // replaced by another booking
)

var stateNames = [...]string{"", "held", "confirmed", "redeemed", "released", "expired", "cancelled", "rebooked"}

// String returns the state's name.
func (s BookingState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Keeps reports whether a booking in this state has places.
func (s BookingState) Keeps() bool { return s == Held || s == Confirmed || s == Redeemed }

// Draw is a number of units from one pool.
type Draw struct {
	Pool  PoolID
	Units int
	// Lazy is the capacity the rule gives a lazy pool that has no row yet.
	Lazy int
	// Spent marks units that never come back: a pass opens one cart, once.
	Spent bool
	// Carried are units the replaced booking already has of this pool: they were
	// not drawn, and pass over when the replacement is confirmed.
	Carried int
}

// fresh is what was really taken from the pool.
func (d Draw) fresh() int { return d.Units - d.Carried }

// Line is a part of a cart that is granted whole or not at all.
type Line struct {
	No    int // 1.. within the booking
	Slot  ident.SlotID
	Draws []Draw
	Gone  bool // cancelled by itself while the rest of the booking stands
}

// Booking is a cart while it is held, and the promise once it is confirmed.
type Booking struct {
	ID         ident.BookingID
	Sale       ident.SaleID
	State      BookingState
	Channel    catalog.Channel
	Contact    catalog.ContactKind
	Code       ident.Code // set when confirmed
	Expires    time.Time  // of the hold
	Extended   bool
	Replaces   ident.BookingID // what this hold will replace, or has replaced
	ReplacedBy ident.BookingID
	People     int    // participants, 0..PeopleMax
	Arrived    uint64 // bit n-1: participant n has been checked in
	// Shared are draws that belong to the booking as a whole: pass, person, code.
	Shared []Draw
	Lines  []Line
}

// PeopleMax bounds the participants of one booking by the bits of Arrived.
const PeopleMax = 64

// eachDraw calls f for every draw that the booking still has.
func (b *Booking) eachDraw(f func(*Draw)) {
	for i := range b.Shared {
		f(&b.Shared[i])
	}
	for i := range b.Lines {
		if b.Lines[i].Gone {
			continue
		}
		for j := range b.Lines[i].Draws {
			f(&b.Lines[i].Draws[j])
		}
	}
}

// EachDraw calls f for every draw that the booking still has.
func (b *Booking) EachDraw(f func(Draw)) { b.eachDraw(func(d *Draw) { f(*d) }) }

// Slots returns the slots of the lines that stand, in line order, without
// repetition.
func (b *Booking) Slots() []ident.SlotID {
	var out []ident.SlotID
	for _, l := range b.Lines {
		if !l.Gone && (len(out) == 0 || out[len(out)-1] != l.Slot) {
			out = append(out, l.Slot)
		}
	}
	return out
}

// clone copies the booking so that a batch can change it without touching what
// was loaded.
func (b Booking) clone() Booking {
	b.Shared = append([]Draw(nil), b.Shared...)
	lines := make([]Line, len(b.Lines))
	for i, l := range b.Lines {
		l.Draws = append([]Draw(nil), l.Draws...)
		lines[i] = l
	}
	b.Lines = lines
	return b
}
