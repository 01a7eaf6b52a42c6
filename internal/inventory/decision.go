package inventory

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// Reason says why a wish was refused. "Sold out" is a decision, not an error.
// The texts are used in addresses, reports and message ids.
type Reason string

// The reasons.
const (
	Granted         Reason = ""
	SoldOut         Reason = "sold_out"
	FullyHeld       Reason = "fully_held" // all in carts: places may come back
	TooFew          Reason = "too_few"    // some are free, but not enough for this party
	HasOne          Reason = "has_one"    // the person limit is used up
	CodeUsed        Reason = "code_used"
	PassSpent       Reason = "pass_spent" // Holder is the cart it was spent on
	TooEarly        Reason = "too_early"
	TooLate         Reason = "too_late"
	Paused          Reason = "paused"
	HoldEnded       Reason = "hold_ended"
	NoSuchThing     Reason = "not_found" // no such booking, pool or participant
	NotHeld         Reason = "not_held"  // the booking is in another state than the wish needs
	AlreadyDone     Reason = "already_done"
	AlreadyExtended Reason = "already_extended"
	BeingRebooked   Reason = "being_rebooked"
	NothingFree     Reason = "nothing_free" // Move or Block found no free units
	KeyReused       Reason = "key_reused"   // the same key was used for something else
)

// Decision answers one command.
type Decision struct {
	Reason  Reason
	Booking ident.BookingID
	// State and Expires are the booking's after the command.
	State   BookingState
	Expires time.Time
	// Pool is what refused; Holder the booking that has it, for a lazy pool.
	Pool   PoolID
	Holder ident.BookingID
	// Lines answer a Hold line by line, in the order asked; nil when all were
	// granted by their first candidate.
	Lines []LineDecision
	// Units is how many units Move, Block or Unblock moved.
	Units int
	// Repeated says that this is the stored answer to an earlier command.
	Repeated bool
}

// OK reports whether the wish was granted.
func (d Decision) OK() bool { return d.Reason == Granted }

// LineDecision answers one line of a Hold.
type LineDecision struct {
	Reason    Reason `json:"r,omitempty"`
	Candidate int    `json:"c,omitempty"` // index of the one taken
}

// About is what a message is about. The numbers are stored.
type About uint8

// The messages.
const (
	AboutConfirmed About = 1
	AboutCancelled About = 2
	AboutRebooked  About = 3
	AboutHasOne    About = 4 // somebody tried again with this person's data
	// AboutNear: a number of the waiting room is nearly called. It belongs to a reminder,
	// not to a booking.
	AboutNear About = 5
)

var aboutNames = [...]string{"", "confirmed", "cancelled", "rebooked", "has_one", "near"}

// String returns the name used in message ids.
func (a About) String() string {
	if int(a) < len(aboutNames) {
		return aboutNames[a]
	}
	return "unknown"
}

// Changes is all that a batch changed, to be saved in one transaction.
type Changes struct {
	Pools    []PoolChange
	Bookings []BookingChange
	People   []PersonRow
	Contacts []ContactRow
	Outbox   []OutboxRow
	Audit    []AuditRow
}

// Empty reports whether there is nothing to save.
func (c *Changes) Empty() bool { return len(c.Audit) == 0 }

// PoolChange is a pool as it shall be stored. A lazy pool that is no longer in
// use is deleted.
type PoolChange struct {
	Pool
	New    bool // there was no row
	Delete bool // there shall be none
}

// BookingChange is a booking as it shall be stored.
type BookingChange struct {
	Booking
	New bool
}

// PersonRow is a participant of a booking. Personal data lies in one table that
// can be erased.
type PersonRow struct {
	Booking ident.BookingID
	Sale    ident.SaleID
	No      int // 1..
	catalog.Participant
}

// ContactRow is how to reach a booker.
type ContactRow struct {
	Booking ident.BookingID
	Sale    ident.SaleID
	Replace bool // there may be one already
	catalog.Contact
}

// OutboxRow is a message that was promised. It is committed with the booking.
type OutboxRow struct {
	Booking ident.BookingID
	Sale    ident.SaleID
	Kind    catalog.ContactKind // mail, phone (to call), post (to print), none (nothing to send)
	About   About
	Due     time.Time
}

// AuditRow says who changed what, when and why, with the key under which the
// answer is repeated. It holds ids and reasons, never names.
type AuditRow struct {
	At      time.Time
	Key     ident.Key
	Content ident.Digest
	Sale    ident.SaleID
	Verb    Verb
	Booking ident.BookingID
	Pool    PoolID
	Units   int
	Actor   string
	Role    Role
	Channel catalog.Channel
	Reason  string
	Lines   []LineDecision // what a Hold answered when not simply granted
}
