package waitingroom

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/ident"
)

// Phase is how far a sale's room is. The numbers are stored.
type Phase uint8

// The phases, in the order in which a room goes through them; it never goes back.
const (
	Joining Phase = 1 // before the opening: whoever joins is in the draw
	Drawing Phase = 2 // frozen: the draw waits for its beacon, who joins queues behind
	Calling Phase = 3 // numbers are known and called
	Over    Phase = 4 // the sale has closed
)

// String returns the phase's name, as pages and status documents have it.
func (p Phase) String() string {
	switch p {
	case Joining:
		return "joining"
	case Drawing:
		return "drawing"
	case Calling:
		return "calling"
	case Over:
		return "over"
	}
	return "closed"
}

// Room is the stored state of one sale's room.
type Room struct {
	Sale    ident.SaleID
	Phase   Phase
	Version int // of the sale's rules, frozen when the room opened
	Opened  time.Time
	Seed    draw.Seed
	// Entries is how many are in the log; the next one gets this place.
	Entries uint32
	// Frozen is how many of them were there at the opening and are drawn.
	Frozen   uint32
	FrozenAt time.Time
	// Beacon is the public randomness that went into the draw; none if it was to be
	// drawn without.
	Beacon  Beacon
	DrawnAt time.Time
	// Called is up to which number calling has come in the group that is furthest, and By
	// in each of them; they never fall. Calls is how many calls there were, People how
	// many numbers were called.
	Called uint32
	By     [catalog.GroupsMax]uint32
	Calls  int
	People int
	// Terms are what was promised for the draw; the last ones hold.
	Terms []draw.Terms
	Heads int // how many heads of the log were signed
}

// Reached is up to which number calling has come in the furthest of some groups.
func (r *Room) Reached(of catalog.GroupSet) (to uint32) {
	for g, called := range r.By {
		if of.Has(g) {
			to = max(to, called)
		}
	}
	return to
}

// Beacon is a value that nobody could know before the opening, and where it is from.
type Beacon struct {
	Source string
	Value  []byte
}

// Entry is one place in the log: a person or a party that comes together.
type Entry struct {
	No      uint32 // place in the log, from 0
	Alias   draw.Alias
	Owner   ident.Digest     // of the secret that opens it
	Size    uint8            // how many come, from 1
	Wants   catalog.GroupSet // what suits them; never another than at the beginning
	Channel catalog.Channel
	At      time.Time
	Passes  uint8     // how many passes it was given
	Arrived time.Time // when the first of them
	Until   time.Time // of the last pass
	Group   int       // whose budget that is of
}

// Act is one wish that changes a room. Repeating it changes nothing more.
type Act struct {
	Sale ident.SaleID
	Do   Doing
}

// Doing is what is wanted. The set is closed: only this package has acts.
type Doing interface{ doing() }

// The acts. Join and Enter are people's, the others the controller's.
type (
	// Open opens the room; Seed is secret until the draw. Terms hold from then on.
	Open struct {
		Version int
		Seed    draw.Seed
		Terms   draw.Terms
	}
	// Postpone promises a later opening.
	Postpone struct{ Terms draw.Terms }
	// Join asks for a place in the log. Owner is the digest of the secret that will
	// open it: joining again with the same one leads to the same place. Claims are
	// digests of what the people say about themselves: they only count.
	Join struct {
		Owner   ident.Digest
		Alias   draw.Alias
		Size    uint8
		Wants   catalog.GroupSet
		Claims  []ident.Digest
		Channel catalog.Channel
		By      Hand
	}
	// Freeze ends the draw window, at the promised opening or later.
	Freeze struct{}
	// Bring hands in the promised beacon.
	Bring struct{ Beacon draw.Beacon }
	// Draw makes the order known, as soon as the beacon is there or was waited for.
	Draw struct{}
	// Sign publishes a head of the log: the No-th, from 0.
	Sign struct {
		No   int
		Head draw.Head
	}
	// Call calls everybody up to a number whom a group suits and who was not called by
	// another one. People is how many that are; 0 where every number is one.
	Call struct {
		Group  int
		To     uint32
		People int
	}
	// Enter lets somebody in who was called. After is how many of their passes are
	// over: if they have had no more, they get the next one, else the last one is
	// renewed until Until.
	Enter struct {
		No    uint32
		After uint8
		Until time.Time
		Group int // whose budget they are of, with a new pass
	}
	// Close ends the room.
	Close struct{}
)

func (Open) doing()     {}
func (Postpone) doing() {}
func (Join) doing()     {}
func (Freeze) doing()   {}
func (Bring) doing()    {}
func (Draw) doing()     {}
func (Sign) doing()     {}
func (Call) doing()     {}
func (Enter) doing()    {}
func (Close) doing()    {}

// Reason is why an act was refused.
type Reason string

// The reasons. Granted is none.
const (
	Granted Reason = ""
	// NotOpen: there is no room yet, or it is over.
	NotOpen Reason = "not_open"
	// Claimed: somebody with the same name and birth date has a number. Who, is not
	// said.
	Claimed Reason = "claimed"
	// NoSuchEntry: that place in the log is nobody's.
	NoSuchEntry Reason = "no_such_entry"
	// NoMorePasses: the entry has had as many as there are.
	NoMorePasses Reason = "no_more_passes"
	// Done: the room is in that phase already or past it.
	Done Reason = "done"
	// NotYet: it was promised for later.
	NotYet Reason = "not_yet"
	// Sooner: an opening can be put off, not brought forward.
	Sooner Reason = "sooner"
	// NotPromised: another beacon was promised, or none.
	NotPromised Reason = "not_promised"
	// TooMany: more terms or heads than the published files can have.
	TooMany Reason = "too_many"
)

// PassesMax is how many passes one entry gets: the first, and after a cart that ended
// without a booking two more. It bounds how long one number can keep places from
// others.
const PassesMax = 3

// Outcome is the answer to an act. Entry is what the asker has, if anything.
type Outcome struct {
	Reason Reason
	Entry  Entry
	Known  bool // the entry was there before whoever joins asked for it
	// Holders are, with Claimed, the places in the log that the asker's claims count
	// for; none if two of one party say the same about themselves. For the staff alone:
	// whoever asks for themselves is not told.
	Holders []uint32
}

// Hand is who of the staff draws a number for somebody who calls or stands before them.
type Hand struct {
	Actor string // the account; empty: people draw for themselves
	Role  uint8  // as room inventory numbers them
	// Second is why somebody is granted a number although one was drawn for the same
	// name and birth date; empty: they are not.
	Second string
}
