package mail

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/paper"
)

// Letter is everything one message is written from.
type Letter struct {
	// Seq is the number of the outbox row: with the booking it makes the
	// Message-ID.
	Seq     int64
	About   inventory.About
	Booking inventory.Booking
	// Origin is the booking that this one goes back to by rebooking; the booking
	// itself where there was none. An appointment keeps its name in calendars.
	Origin ident.BookingID
	// Generation is how many rebookings lie between Origin and Booking.
	Generation int
	To         string // bare mail address
	Lang       locale.Lang
	Sale       *catalog.Sale
	Slots      []catalog.Slot // at least those of the booking's lines
	At         time.Time      // when the message was promised: Date and DTSTAMP
}

// Composer writes letters for one installation.
type Composer struct {
	baseURL string // without a slash at the end
	sender  string
	domain  string // of sender: the right side of every Message-ID
}

// NewComposer returns a composer. baseURL is the public address of the
// installation (http or https, no path needed), sender the mail address in every
// From. Invalid if one of them is not what it must be.
func NewComposer(baseURL, sender string) (*Composer, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(fault.Invalid, "base address %q: want http(s)://host", baseURL)
	}
	from, err := address(sender)
	if err != nil {
		return nil, fault.New(fault.Invalid, "sender address %q: %w", sender, err)
	}
	return &Composer{baseURL: strings.TrimRight(u.String(), "/"), sender: from, domain: from[strings.LastIndexByte(from, '@')+1:]}, nil
}

// link is the address of the booking's page: the only link in a mail.
func (c *Composer) link(id ident.BookingID) string { return c.baseURL + "/b/" + id.String() }

// messageID is the same whenever the same outbox row is sent again (RFC 5322
// §3.6.4). The booking's name opens the booking, so only a digest of it is shown.
func (c *Composer) messageID(l *Letter) string {
	return c.messageName(l.Seq, l.Booking.ID)
}

// messageName is the Message-ID of an outbox row about something with that name.
func (c *Composer) messageName(seq int64, about ident.BookingID) string {
	return fmt.Sprintf("%d.%s@%s", seq, paper.Digest("message", about, uint64(seq)), c.domain) //nolint:gosec // a row number
}

// pictureID is the Content-ID of the code's picture (RFC 2392).
func (c *Composer) pictureID(l *Letter) string { return "code." + c.messageID(l) }

// stale reports that the message speaks of a booking that has changed since it
// was promised: it was late, and must not send anybody to a place they lost.
func (l *Letter) stale() bool {
	if l.About == inventory.AboutCancelled {
		return false
	}
	return l.Booking.State == inventory.Cancelled || l.Booking.State == inventory.Rebooked
}

// whole reports that all of the booking is cancelled, not some lines of it.
func (l *Letter) whole() bool { return l.Booking.State == inventory.Cancelled }

// check says what keeps a letter from being written.
func (l *Letter) check() error {
	switch {
	case l.Sale == nil:
		return fault.New(fault.Internal, "letter %d: no sale", l.Seq)
	case l.About < inventory.AboutConfirmed || l.About > inventory.AboutHasOne:
		return fault.New(fault.Internal, "letter %d: no message is about %d", l.Seq, l.About)
	}
	all := l.appointments()
	if len(all) == 0 || l.About != inventory.AboutCancelled && !slices.ContainsFunc(all, stands) {
		return fault.New(fault.Internal, "letter %d: the booking has no slot that is known", l.Seq)
	}
	return nil
}

// appointment is one slot of the booking with what became of it.
type appointment struct {
	uid  string
	slot catalog.Slot
	gone bool
}

// appointments groups the lines by slot, in line order: two seats of one show
// are one appointment. It is gone when all its lines are.
func (l *Letter) appointments() []appointment {
	var out []appointment
	at := make(map[ident.SlotID]int)
	for _, line := range l.Booking.Lines {
		gone := line.Gone || l.About == inventory.AboutCancelled && l.whole()
		if i, seen := at[line.Slot]; seen {
			out[i].gone = out[i].gone && gone
			continue
		}
		if slot, ok := l.slot(line.Slot); ok {
			at[line.Slot] = len(out)
			out = append(out, appointment{uid: paper.UID(l.Origin, line.No), slot: slot, gone: gone})
		}
	}
	return out
}

func isGone(a appointment) bool { return a.gone }
func stands(a appointment) bool { return !a.gone }

func (l *Letter) slot(id ident.SlotID) (catalog.Slot, bool) {
	for i := range l.Slots {
		if l.Slots[i].ID == id {
			return l.Slots[i], true
		}
	}
	return catalog.Slot{}, false
}
