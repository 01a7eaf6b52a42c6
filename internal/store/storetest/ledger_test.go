package storetest

import (
	"fmt"
	"reflect"
	"sync"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// ledger remembers, outside the program, what the program has acknowledged.
type ledger struct {
	mu       sync.Mutex // guards everything below
	bookings map[ident.BookingID]*expected
	wanted   map[inventory.PoolID]int // of the eager pools
	answers  []answer                 // granted, in the order of their answers
	checked  int                      // of the answers, those replayed after a restart
	open     []unanswered
	touched  map[ident.BookingID]bool // since the last check
	refused  int
}

// answer is a command and what was acknowledged.
type answer struct {
	cmd      inventory.Command
	decision inventory.Decision
}

// unanswered is a command nobody was told the fate of, or of which it was said
// that nothing was saved.
type unanswered struct {
	cmd   inventory.Command
	clean bool // the committer said that nothing was saved
}

// expected is all that may be read of a booking from outside.
type expected struct {
	State      inventory.BookingState
	Code       ident.Code
	Contact    catalog.Contact
	People     []catalog.Participant
	Slots      []ident.SlotID // of its lines
	Person     inventory.PoolID
	ExpiresUS  int64
	Extended   bool
	Replaces   ident.BookingID
	ReplacedBy ident.BookingID
	Messages   [4]int // by what they are about
}

func newLedger() *ledger {
	return &ledger{
		bookings: map[ident.BookingID]*expected{}, wanted: map[inventory.PoolID]int{}, touched: map[ident.BookingID]bool{},
	}
}

// answered records an acknowledgement.
func (l *ledger) answered(cmd inventory.Command, d inventory.Decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !d.OK() {
		l.refused++
		return
	}
	l.answers = append(l.answers, answer{cmd, d})
	l.apply(&cmd, &d)
}

// silent records a command whose fate nobody was told.
func (l *ledger) silent(cmd inventory.Command, clean bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = append(l.open, unanswered{cmd, clean})
	if id := bookingOf(cmd.Action); !id.IsZero() {
		l.touched[id] = true
	}
}

// expect returns a copy of what is expected of a booking; ok is false if it
// must not exist.
func (l *ledger) expect(id ident.BookingID) (e expected, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.bookings[id]; b != nil {
		return *b, true
	}
	return expected{}, false
}

// apply carries a granted command out on the ledger. l.mu is held.
func (l *ledger) apply(cmd *inventory.Command, d *inventory.Decision) {
	switch a := cmd.Action.(type) {
	case inventory.SetCapacity:
		l.wanted[a.Pool] = a.Wanted
		return
	case inventory.Move:
		l.wanted[a.From] -= d.Units
		l.wanted[a.To] += d.Units
		return
	case inventory.Hold:
		l.hold(&a, d)
		return
	}
	id := bookingOf(cmd.Action)
	l.touched[id] = true
	l.finish(cmd.Action, l.bookings[id])
}

func (l *ledger) hold(a *inventory.Hold, d *inventory.Decision) {
	e := &expected{
		State: inventory.Held, People: a.People, ExpiresUS: a.Until.UnixMicro(), Replaces: a.Replaces, Person: a.Shared[0].Pool,
	}
	for i, line := range a.Lines {
		taken := inventory.LineDecision{}
		if d.Lines != nil {
			taken = d.Lines[i]
		}
		if taken.Reason == inventory.Granted {
			e.Slots = append(e.Slots, line.Candidates[taken.Candidate].Slot)
		}
	}
	l.bookings[a.Booking] = e
	l.touched[a.Booking] = true
	if old := l.bookings[a.Replaces]; old != nil {
		old.ReplacedBy = a.Booking
		l.touched[a.Replaces] = true
	}
}

// finish carries out what happens to a booking after its hold.
func (l *ledger) finish(action inventory.Action, e *expected) {
	old := l.bookings[e.Replaces]
	if old != nil {
		l.touched[e.Replaces] = true
	}
	switch a := action.(type) {
	case inventory.Confirm:
		e.State, e.Code, e.Contact = inventory.Confirmed, a.Code, a.Contact
		about := inventory.AboutConfirmed
		if old != nil {
			old.State, about = inventory.Rebooked, inventory.AboutRebooked
		}
		e.Messages[about]++
	case inventory.Extend:
		e.ExpiresUS, e.Extended = e.ExpiresUS+a.By.Microseconds(), true
	case inventory.Cancel:
		e.State = inventory.Cancelled
		e.Messages[inventory.AboutCancelled]++
	case inventory.Release, inventory.Expire:
		e.State = inventory.Released
		if _, late := action.(inventory.Expire); late {
			e.State = inventory.Expired
		}
		if old != nil {
			old.ReplacedBy = ident.BookingID{}
		}
	}
}

// bookingOf returns the booking a command of these tests is about.
func bookingOf(action inventory.Action) ident.BookingID {
	switch a := action.(type) {
	case inventory.Hold:
		return a.Booking
	case inventory.Confirm:
		return a.Booking
	case inventory.Extend:
		return a.Booking
	case inventory.Release:
		return a.Booking
	case inventory.Expire:
		return a.Booking
	case inventory.Cancel:
		return a.Booking
	}
	return ident.BookingID{}
}

// seen is what the store says of a booking, in the words of the ledger.
func seen(r *store.Record) expected {
	e := expected{
		State: r.State, Code: r.Code, Contact: r.Contact, People: r.People, ExpiresUS: r.Expires.UnixMicro(),
		Extended: r.Extended, Replaces: r.Replaces, ReplacedBy: r.ReplacedBy,
	}
	for _, line := range r.Lines {
		e.Slots = append(e.Slots, line.Slot)
	}
	if len(r.Shared) > 0 {
		e.Person = r.Shared[0].Pool
	}
	for _, m := range r.Messages {
		e.Messages[m.About]++
	}
	return e
}

// compare says how what the store has differs from what was acknowledged.
func (l *ledger) compare(id ident.BookingID, r *store.Record) error {
	want, exists := l.expect(id)
	switch {
	case r == nil && exists:
		return fmt.Errorf("booking %s was acknowledged as %s and is lost", id, want.State)
	case r != nil && !exists:
		return fmt.Errorf("booking %s is %s, but its key is not known: half a command", id, r.State)
	case r == nil:
		return nil
	}
	if got := seen(r); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("booking %s:\n is   %+v\n want %+v", id, got, want)
	}
	return nil
}
