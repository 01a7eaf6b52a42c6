package paper

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	// firstYear and lastYear bound the times a calendar file can hold with the
	// four digits RFC 5545 §3.3.4 gives a year; before 1970 calendars disagree.
	firstYear, lastYear = 1970, 9999
	// maxSequence is the largest INTEGER of RFC 5545 §3.3.8.
	maxSequence = 1<<31 - 1
)

// check says what keeps an appointment from being written.
func check(a Appointment, cancelled bool) error {
	if a.Cancelled != cancelled {
		return fmt.Errorf("%w: booked and cancelled cannot share a file", ErrAppointment)
	}
	if a.Sequence < 0 || a.Sequence > maxSequence {
		return fmt.Errorf("%w: sequence %d is not in 0..%d", ErrAppointment, a.Sequence, maxSequence)
	}
	if err := checkTimes(a); err != nil {
		return err
	}
	if err := checkTexts(a); err != nil {
		return err
	}
	return checkNames(a)
}

// checkTimes wants a start before an end, to the second, in years a file can hold.
func checkTimes(a Appointment) error {
	times := []struct {
		what string
		at   time.Time
	}{{"stamp", a.Stamp}, {"start", a.Start}, {"end", a.End}}
	for _, t := range times {
		if y := t.at.UTC().Year(); y < firstYear || y > lastYear {
			return fmt.Errorf("%w: %s is in the year %d, not in %d..%d", ErrAppointment, t.what, y, firstYear, lastYear)
		}
	}
	if a.Start.Unix() >= a.End.Unix() {
		return fmt.Errorf("%w: the end is not after the start", ErrAppointment)
	}
	return nil
}

// checkTexts wants a summary and no text beyond its limit.
func checkTexts(a Appointment) error {
	if strings.TrimSpace(cleanText(a.Summary)) == "" {
		return fmt.Errorf("%w: the summary is empty", ErrAppointment)
	}
	texts := []struct{ what, text string }{
		{"summary", a.Summary}, {"location", a.Location}, {"description", a.Description},
	}
	for _, t := range texts {
		if len(t.text) > MaxText {
			return fmt.Errorf("%w: the %s has %d octets, at most %d fit", ErrAppointment, t.what, len(t.text), MaxText)
		}
	}
	return nil
}

// checkNames wants names that need no escaping at all: they are compared and
// followed by machines.
func checkNames(a Appointment) error {
	if !isName(a.UID) {
		return fmt.Errorf("%w: UID %q is not 1 to %d printable ASCII signs", ErrAppointment, a.UID, MaxName)
	}
	if len(a.LinkedTo) > MaxAppointments {
		return fmt.Errorf("%w: linked to %d appointments, at most %d", ErrAppointment, len(a.LinkedTo), MaxAppointments)
	}
	for _, uid := range a.LinkedTo {
		if !isName(uid) {
			return fmt.Errorf("%w: linked UID %q is not 1 to %d printable ASCII signs", ErrAppointment, uid, MaxName)
		}
	}
	if a.URL != "" && !isWebAddress(a.URL) {
		return fmt.Errorf("%w: %q is not a web address", ErrAppointment, a.URL)
	}
	if m := a.Organizer.Mail; m != "" && (!isName(m) || !strings.Contains(m, "@") || strings.ContainsAny(m, ":?<>")) {
		return fmt.Errorf("%w: %q is not a bare mail address", ErrAppointment, m)
	}
	if len(a.Organizer.Name) > MaxName {
		return fmt.Errorf("%w: the organizer's name has %d octets, at most %d fit", ErrAppointment, len(a.Organizer.Name), MaxName)
	}
	return nil
}

// isName reports whether s is printable ASCII without space and without the
// signs that mean something in a calendar line.
func isName(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`",;\`, c) >= 0 {
			return false
		}
	}
	return true
}

// isWebAddress reports whether s is an absolute http or https address in the
// signs RFC 3986 allows. A URL stands unescaped in its line (RFC 5545 §3.3.13),
// so a sign outside them could start a line of its own.
func isWebAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	if !ok || rest == "" || len(s) > MaxName {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

// cleanText makes text that the library's escaping covers: UTF-8, line ends as
// LF, no other control characters (RFC 5545 §3.1 forbids them) but the tab.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// cleanParameter makes a name fit for an unquoted parameter value: what would
// end the value becomes a space, and spaces are not repeated.
func cleanParameter(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`",;:'\`, r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
