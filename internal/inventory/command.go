package inventory

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// Role is what somebody may do. The numbers are stored in the audit.
type Role uint8

// The roles.
const (
	RolePublic    Role = 0
	RoleSystem    Role = 1 // the program itself: expiry, schedules
	RoleClerk     Role = 2
	RoleOrganizer Role = 3
	// RoleTechnical answers for the machine: sees how far a sale is ready and acknowledges
	// its opening, and books nothing.
	RoleTechnical Role = 4
)

// Rank is the order of commands within a batch: whoever is about to finish goes
// first, whoever wants something new goes last (DESIGN: "Confirm, Extend →
// Cancel, Release → Expire → staff → public").
type Rank uint8

// The ranks, in the order in which they are decided.
const (
	RankFinish Rank = iota // Confirm, Extend, Contact, CheckIn, Notify
	RankGive               // Cancel, Release
	RankExpire
	RankStaff  // everything staff ask for that takes something new
	RankPublic // Hold by the public
	Ranks      // how many ranks there are
)

// Command is one wish with who asks. Every command carries actor, role, channel
// and reason into the audit.
type Command struct {
	Key     ident.Key    // zero only for commands the program repeats by itself (Expire)
	Content ident.Digest // digest of what was asked; the same key with another content is refused
	Sale    ident.SaleID
	Actor   string // staff account id; empty for the public
	Role    Role
	Channel catalog.Channel
	Reason  string // why, where a rule wants to know; at most ReasonMax bytes
	// Arrived is when the request reached the server: a hold that was still
	// shown as valid then is not lost because we were slow.
	Arrived time.Time
	Action  Action
}

// ReasonMax is the longest reason the audit keeps, in bytes.
const ReasonMax = 400

// NamesakeMark stands in the audit before why somebody was given a place although one of
// the same name and birth date has theirs.
const NamesakeMark = "namesake: "

// Rank returns when within its batch the command is decided.
func (c *Command) Rank() Rank {
	switch c.Action.(type) {
	case Confirm, Extend, SetContact, CheckIn, Notify:
		return RankFinish
	case Cancel, Release:
		return RankGive
	case Expire:
		return RankExpire
	}
	if c.Role == RolePublic {
		return RankPublic
	}
	return RankStaff
}

// Verb returns what is wanted, without what it is wanted for: safe for logs.
func (c *Command) Verb() Verb { return c.Action.verb() }

// Action is what is wanted. The set is closed: only this package has actions.
type Action interface{ verb() Verb }

// Verb names an action in the audit. The numbers are stored.
type Verb uint8

// The verbs.
const (
	VerbHold        Verb = 1
	VerbExtend      Verb = 2
	VerbRelease     Verb = 3
	VerbExpire      Verb = 4
	VerbConfirm     Verb = 5
	VerbCancel      Verb = 6
	VerbSetCapacity Verb = 7
	VerbMove        Verb = 8
	VerbBlock       Verb = 9
	VerbUnblock     Verb = 10
	VerbCheckIn     Verb = 11
	VerbNotify      Verb = 12
	VerbContact     Verb = 13
	VerbReturning   Verb = 14
	// What staff do with a message for people; no command of a batch.
	VerbTold   Verb = 15 // called, or printed and posted
	VerbUntold Verb = 16 // that was a mistake
	VerbPutOff Verb = 17 // nobody was reached; later again
	// What an operator does with a waiting room; no command of a batch.
	VerbRoom Verb = 18
	// A clerk draws a number for somebody; no command of a batch either.
	VerbNumber Verb = 19
	// An organizer's word that a sale may open; no command of a batch.
	VerbAcknowledge Verb = 20
)

var verbNames = [...]string{"", "hold", "extend", "release", "expire", "confirm", "cancel", "set-capacity", "move", "block", "unblock", "check-in", "notify", "contact", "returning", "told", "untold", "put-off", "room", "number", "acknowledge"}

// String returns the verb's name.
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return "unknown"
}

// LineRequest asks for one line. Candidates are sets of draws in the order of
// preference; the first that fits whole is taken. Lines with the same Link ≠ 0
// are granted all or none; others one by one.
type LineRequest struct {
	Link       int
	Candidates []Candidate
}

// Candidate is one way to fill a line.
type Candidate struct {
	Slot  ident.SlotID // where the line begins; for reports and tickets
	Draws []Draw
}

// Hold draws every pool the lines need and keeps them until Until. It opens the
// cart Booking, a name drawn for it, or with Add gives an open cart more lines.
// Replaces swaps an existing booking: pools
// both share are netted, and the old one stays until Confirm.
type Hold struct {
	Booking  ident.BookingID
	Add      bool
	Until    time.Time
	Shared   []Draw // once per cart, before any line: pass, person, code
	Lines    []LineRequest
	People   []catalog.Participant
	Replaces ident.BookingID
}

// Extend adds time to a hold, once; staff may do so again.
type Extend struct {
	Booking ident.BookingID
	By      time.Duration
}

// Release gives a hold back before it is confirmed.
type Release struct{ Booking ident.BookingID }

// Expire ends a hold whose time is over. Nothing happens if it was extended or
// ended meanwhile.
type Expire struct{ Booking ident.BookingID }

// Confirm makes a hold a booking. It draws nothing and can fail only because the
// hold has ended.
type Confirm struct {
	Booking ident.BookingID
	Code    ident.Code
	Contact catalog.Contact
}

// Cancel gives back a confirmed booking, or only the lines named.
type Cancel struct {
	Booking ident.BookingID
	Lines   []int // empty: all
}

// SetCapacity says how many units staff want a pool to have.
type SetCapacity struct {
	Pool   PoolID
	Wanted int
}

// Move takes free capacity from one pool to another: at most Units, or all that
// is free with Units 0.
type Move struct {
	From, To PoolID
	Units    int
}

// Block keeps free units back until they are unblocked. Lazy is the capacity the
// rule gives a lazy pool (a seat) that has no row yet.
type Block struct {
	Pool  PoolID
	Units int
	Lazy  int
}

// Unblock gives blocked units back to the pool.
type Unblock struct {
	Pool  PoolID
	Units int
}

// SetReturning says whether units freed in an allotment go to the slot's
// returned pool from now on, or stay and are sold at once.
type SetReturning struct {
	Pool PoolID
	On   bool
}

// CheckIn marks participant No (1..) as arrived.
type CheckIn struct {
	Booking ident.BookingID
	No      int
}

// Notify sends the booker something again, or tells them something.
type Notify struct {
	Booking ident.BookingID
	About   About
}

// SetContact changes how the booker is reached and sends the confirmation there.
type SetContact struct {
	Booking ident.BookingID
	Contact catalog.Contact
}

func (Hold) verb() Verb         { return VerbHold }
func (Extend) verb() Verb       { return VerbExtend }
func (Release) verb() Verb      { return VerbRelease }
func (Expire) verb() Verb       { return VerbExpire }
func (Confirm) verb() Verb      { return VerbConfirm }
func (Cancel) verb() Verb       { return VerbCancel }
func (SetCapacity) verb() Verb  { return VerbSetCapacity }
func (Move) verb() Verb         { return VerbMove }
func (Block) verb() Verb        { return VerbBlock }
func (Unblock) verb() Verb      { return VerbUnblock }
func (SetReturning) verb() Verb { return VerbReturning }
func (CheckIn) verb() Verb      { return VerbCheckIn }
func (Notify) verb() Verb       { return VerbNotify }
func (SetContact) verb() Verb   { return VerbContact }
