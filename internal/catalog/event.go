// Package catalog is the vocabulary of the house: what is announced, when, where
// and under which rules. It holds types and their validation and decides
// nothing; it never reads a clock, a file or a database.
package catalog

import (
	"time"

	"einlass/internal/ident"
)

// Organizer announces events: a town, a county, a theatre. Its ID is the first
// part of every address.
type Organizer struct {
	ID     string `json:"id"` // [a-z0-9-], 1..SlugMax characters
	Name   string `json:"name"`
	Accent string `json:"accent"` // #rrggbb; pages correct it for contrast
	Mail   string `json:"mail"`
	Phone  string `json:"phone"`
}

// Venue is where people go.
type Venue struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Event is what is announced. Its slug is unique within the organizer.
type Event struct {
	ID    ident.EventID `json:"-"`
	Slug  string        `json:"slug"`
	Title Text          `json:"title"`
	Lead  Text          `json:"lead,omitempty"`  // one sentence under the title
	Bring Text          `json:"bring,omitempty"` // "please bring", shown on the booking
	Zone  string        `json:"zone"`            // IANA name; all local times are in it
}

// Location loads the event's time zone; Validate has checked that it exists.
func (e Event) Location() *time.Location {
	loc, err := time.LoadLocation(e.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Slot is a dated unit with a capacity: a performance, or eight o'clock twelve
// at the vaccination centre. Key is stable across edits of the sale file.
type Slot struct {
	ID     ident.SlotID
	Group  int // place in the sale's groups; 0 where it has none
	Start  time.Time
	End    time.Time
	Places int // the capacity over all channels, 1..PlacesMax
	// Allotments of this slot by channel; together they are Places.
	Allotments map[Channel]int
}

// Offer is what is sold in a slot.
type Offer struct {
	ID    string `json:"id"`
	Name  Text   `json:"name"`
	Price Money  `json:"price"`
}

// Limits of what a sale file may describe. They keep one event's pages, loads
// and start-up within what LIMITS measured; raise them with a measurement.
const (
	SlugMax      = 40        // characters
	TitleMax     = 200       // characters
	TextMax      = 4000      // characters of one longer text
	SlotsMax     = 20_000    // slots of one event
	PlacesMax    = 1_000_000 // places of one slot
	OffersMax    = 50        // offers of one sale
	GroundsMax   = 50        // eligibility grounds of one sale
	CodesMax     = 500_000   // access codes of one list
	PostcodesMax = 5_000     // postcode prefixes of one ground
	PartyMax     = 10        // people in one party
	ExpectsMax   = 200_000   // people a sale may expect: the largest crowd that can be rehearsed
)
