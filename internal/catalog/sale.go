package catalog

import (
	"time"

	"einlass/internal/ident"
)

// Allocation is how a sale gives its places out.
type Allocation string

// The ways of giving out places.
const (
	AllocateOpen Allocation = "open" // first come, first served, no room
	AllocateRoom Allocation = "room" // waiting room with numbers
	AllocateDraw Allocation = "draw" // apply, then a draw
)

// Sale is one sales window of an event with its rules. Rules are data: they are
// stored as one document and published as a version.
type Sale struct {
	ID        ident.SaleID `json:"-"`
	Organizer Organizer    `json:"organizer"`
	Venue     Venue        `json:"venue"`
	Event     Event        `json:"event"`

	Opens          time.Time  `json:"opens"`
	Closes         time.Time  `json:"closes"`
	Allocation     Allocation `json:"allocation"`
	DrawWindowFrom time.Time  `json:"draw_window_from,omitzero"`
	// Expects is how many people are expected to want a place, 0 where nobody has said:
	// what a rehearsal is measured by.
	Expects int    `json:"expects,omitempty"`
	Beacon  Beacon `json:"beacon,omitzero"`

	Hold     HoldTimes  `json:"hold"`
	Party    Party      `json:"party"`
	Limit    Limit      `json:"limit"`
	Eligible []Ground   `json:"eligible,omitempty"` // any one is enough; none = everybody
	Ask      []Question `json:"ask"`
	Returned Returned   `json:"returned"`
	Offers   []Offer    `json:"offers"`
	// Groups parts the places; none = all are as good as each other. Slots know theirs by
	// its place in the list, so one that was stored keeps it.
	Groups     []Group     `json:"groups,omitempty"`
	Allotments []Allotment `json:"allotments,omitempty"`
	// EraseAfter is how long after the last slot personal data is kept.
	EraseAfter time.Duration `json:"erase_after"`
}

// HoldTimes say how long a place is kept while somebody fills in the form.
type HoldTimes struct {
	Online time.Duration `json:"online"`
	Extend time.Duration `json:"extend"` // what one extension adds, once
	Desk   time.Duration `json:"desk"`
}

// Bounds and defaults of hold times. WCAG 2.2.1 wants time that can be extended;
// PROMISES wants no place kept out of sale for long.
const (
	HoldMin           = 30 * time.Second
	HoldMax           = 24 * time.Hour
	HoldOnlineDefault = 15 * time.Minute
	HoldExtendDefault = 15 * time.Minute
	HoldDeskDefault   = 30 * time.Minute
	EraseDefault      = 30 * 24 * time.Hour
)

// Party says how many people may come on one booking.
type Party struct {
	Max int `json:"max"` // 1..PartyMax
}

// LimitScope is within what a person may have PerPerson bookings.
type LimitScope string

// The scopes.
const (
	LimitSale      LimitScope = "sale"
	LimitEvent     LimitScope = "event"
	LimitOrganizer LimitScope = "organizer"
)

// Limit is how many places one person may have. PerPerson 0 means no limit.
type Limit struct {
	PerPerson int        `json:"per_person"`
	Scope     LimitScope `json:"scope"`
	// Person lists what identifies a person: "name", "birth_date".
	Person []PersonField `json:"person"`
}

// PersonField is a part of what identifies a person.
type PersonField string

// The person fields.
const (
	PersonName      PersonField = "name"
	PersonBirthDate PersonField = "birth_date"
)

// Ground is one reason for which somebody may book: all its conditions hold.
type Ground struct {
	Age   *AgeRule   `json:"age,omitempty"`
	Place *PlaceRule `json:"place,omitempty"`
	// Code names a list of access codes; each is good for CodeUses places.
	Code     string `json:"code,omitempty"`
	CodeUses int    `json:"code_uses,omitempty"`
	// Who names these people in plain words, in the plural: "Beschäftigte in
	// Kitas". Without it a sentence is made from the conditions.
	Who Text `json:"who,omitempty"`
}

// AgeRule is an age in completed years on a day.
type AgeRule struct {
	From int       `json:"from"` // inclusive, years
	To   int       `json:"to"`   // inclusive, years; 0 = no upper end
	At   time.Time `json:"at,omitzero"`
	// AtSlot judges the age on the day of the slot instead of At.
	AtSlot bool `json:"at_slot,omitempty"`
}

// PlaceRule is where somebody lives, by postcode. A full postcode or the
// beginning of one.
type PlaceRule struct {
	// Name says where in plain words, with its preposition, as it follows
	// "people": "aus dem Ennepe-Ruhr-Kreis". Without it the postcodes are said.
	Name      Text     `json:"name,omitempty"`
	Postcodes []string `json:"postcodes"`
	// Places narrows a postcode that lies in several towns: whoever lives there
	// is asked for the town, and may book if it is one of Allowed.
	Ambiguous []SharedPostcode `json:"ambiguous,omitempty"`
}

// SharedPostcode is a postcode that several towns share, of which only some may
// book.
type SharedPostcode struct {
	Postcode string   `json:"postcode"`
	Places   []string `json:"places"`  // all towns with this postcode
	Allowed  []string `json:"allowed"` // those that may book
}

// Question is something asked before confirming.
type Question string

// AskContact asks for mail, phone, post or none.
const AskContact Question = "contact"

// ReturnStep is where a freed place goes.
type ReturnStep string

// The steps.
const (
	ReturnNextNumber ReturnStep = "next-number"
	ReturnWaitlist   ReturnStep = "waitlist"
	ReturnPublic     ReturnStep = "public"
)

// Returned says what happens to freed places: first To, then Then, then the
// public at the times of day in PublicAt; with no times, at once.
type Returned struct {
	To       ReturnStep  `json:"to,omitempty"`
	Then     ReturnStep  `json:"then,omitempty"`
	PublicAt []TimeOfDay `json:"public_at,omitempty"`
}

// TimeOfDay is a local time in minutes after midnight, 0..1439.
type TimeOfDay int

// Allotment is the part of every slot that belongs to a channel. Exactly one of
// Share (percent, 1..100) and Places is set. At Moves the rest moves on to Online.
type Allotment struct {
	Channel Channel   `json:"channel"`
	Share   int       `json:"share,omitempty"`
	Places  int       `json:"places,omitempty"`
	Moves   time.Time `json:"moves,omitzero"`
}

// Path is the address of the sale's pages.
func (s *Sale) Path() string { return "/" + s.Organizer.ID + "/" + s.Event.Slug }

// Asks reports whether the sale needs to know who comes before it holds a place.
func (s *Sale) Asks() bool { return len(s.Eligible) > 0 || s.Limit.PerPerson > 0 }

// windowDefault is how long before the opening numbers can be drawn where the sale does
// not say.
const windowDefault = time.Hour

// WindowFrom is from when on numbers can be drawn.
func (s *Sale) WindowFrom() time.Time {
	if s.DrawWindowFrom.IsZero() {
		return s.Opens.Add(-windowDefault)
	}
	return s.DrawWindowFrom
}
