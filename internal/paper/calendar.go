package paper

import (
	"bytes"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

const (
	// MaxAppointments is how many appointments one file may hold: the largest
	// order of a season (8 shows, 5 of them per order) with room to spare.
	MaxAppointments = 50
	// MaxText is the longest summary, location or description, in octets.
	MaxText = 8 << 10
	// MaxName is the longest UID, URL, mail address or name, in octets.
	MaxName = 1 << 10

	// lineOctets is the longest line without its line end (RFC 5545 §3.1).
	lineOctets = 75
	// lineEnd is the only line end RFC 5545 knows; the library writes a bare LF
	// on every system but Windows unless it is told.
	lineEnd = "\r\n"
	// productID names the writer of the file (RFC 5545 §3.7.3).
	productID = "-//Einlass//Booking//DE"
)

// Organizer is who publishes an appointment. RFC 5546 §3.2.1 asks for one in
// every published file; with an empty Mail the property is left out.
type Organizer struct {
	// Name is shown by calendars; may be empty.
	Name string
	// Mail is a bare address: name@host.
	Mail string
}

// Appointment is one booked slot as a calendar shows it.
type Appointment struct {
	// UID names the appointment for ever: the same booking and slot must always
	// bring the same UID, or a calendar shows it twice. Printable ASCII.
	UID string
	// Sequence counts the changes of this appointment from 0. A calendar takes a
	// file over what it has only when the number has grown.
	Sequence int
	// Stamp is when this file was made (DTSTAMP).
	Stamp time.Time
	// Start and End are instants; they are written in UTC, so that no calendar
	// has to know the venue's zone and the double hour of autumn stays one hour.
	Start, End time.Time
	// Cancelled makes the file take the appointment out of the calendar.
	Cancelled bool
	// Summary is the one line a calendar shows.
	Summary string
	// Location and Description may hold several lines; both may be empty.
	Location, Description string
	// URL is the booking's own page (http or https), or empty.
	URL string
	// Organizer is who publishes it.
	Organizer Organizer
	// LinkedTo holds the UIDs of appointments given together with this one, such
	// as first and second dose (RELATED-TO with RELTYPE=SIBLING).
	LinkedTo []string
}

// Calendar writes appointments as one iCalendar file (RFC 5545, RFC 5546): CRLF
// line ends, lines of at most 75 octets, times in UTC. All appointments of a
// file are either booked (METHOD:PUBLISH) or cancelled (METHOD:CANCEL), for the
// method belongs to the file. Every error wraps ErrAppointment.
func Calendar(appointments ...Appointment) ([]byte, error) {
	if n := len(appointments); n == 0 || n > MaxAppointments {
		return nil, fmt.Errorf("%w: %d appointments, 1 to %d fit in a file", ErrAppointment, n, MaxAppointments)
	}
	file := &ics.Calendar{}
	file.SetVersion("2.0")
	file.SetProductId(productID)
	file.SetCalscale("GREGORIAN")
	file.SetMethod(method(appointments[0].Cancelled))

	seen := make(map[string]bool, len(appointments))
	for i, a := range appointments {
		if err := check(a, appointments[0].Cancelled); err != nil {
			return nil, fmt.Errorf("appointment %d: %w", i+1, err)
		}
		if seen[a.UID] {
			return nil, fmt.Errorf("appointment %d: %w: UID %q comes twice", i+1, ErrAppointment, a.UID)
		}
		seen[a.UID] = true
		file.AddVEvent(component(a))
	}
	var out bytes.Buffer
	if err := file.SerializeTo(&out, ics.WithNewLine(lineEnd), ics.WithLineLength(lineOctets)); err != nil {
		return nil, fmt.Errorf("write calendar file: %w", err)
	}
	return out.Bytes(), nil
}

// method is the file's method (RFC 5546 §1.4).
func method(cancelled bool) ics.Method {
	if cancelled {
		return ics.MethodCancel
	}
	return ics.MethodPublish
}

// component writes one checked appointment as a VEVENT.
func component(a Appointment) *ics.VEvent {
	e := ics.NewEvent(a.UID)
	e.SetDtStampTime(a.Stamp)
	e.SetStartAt(a.Start)
	e.SetEndAt(a.End)
	e.SetSequence(a.Sequence)
	e.SetStatus(status(a.Cancelled))
	e.SetSummary(cleanText(a.Summary))
	if a.Location != "" {
		e.SetLocation(cleanText(a.Location))
	}
	if a.Description != "" {
		e.SetDescription(cleanText(a.Description))
	}
	if a.URL != "" {
		e.SetURL(a.URL)
	}
	if a.Organizer.Mail != "" {
		setOrganizer(e, a.Organizer)
	}
	for _, uid := range a.LinkedTo {
		e.AddProperty(ics.ComponentPropertyRelatedTo, uid, &ics.KeyValues{Key: "RELTYPE", Value: []string{"SIBLING"}})
	}
	return e
}

// status is the appointment's own word for the file's method.
func status(cancelled bool) ics.ObjectStatus {
	if cancelled {
		return ics.ObjectStatusCancelled
	}
	return ics.ObjectStatusConfirmed
}

// setOrganizer writes the ORGANIZER with its name. A parameter value knows no
// escapes (RFC 5545 §3.2), yet the library writes them; so the signs that would
// need one are taken out before.
func setOrganizer(e *ics.VEvent, o Organizer) {
	name := cleanParameter(o.Name)
	if name == "" {
		e.SetOrganizer(o.Mail)
		return
	}
	e.SetOrganizer(o.Mail, ics.WithCN(name))
}
