package waitingroom

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einlass/internal/catalog"
	"einlass/internal/fault"
)

// Levers are what an operator has told a room to do.
type Levers struct {
	Paused bool
	Until  time.Time // when it is meant to go on; only said, never done by itself
	// Message stands on every waiting page.
	Message catalog.Text
	Rate    int  // at most so many numbers a minute; 0 = as many as there are places for
	Closed  bool // for good
}

// Bounds of what an operator may say.
const (
	// MessageMax is the longest message, in characters: three lines on a phone.
	MessageMax = 200
	// RateMax is the most numbers a minute that can be asked for; more is no limit.
	RateMax = 1_000_000
)

// Check says what is wrong with the levers; nil if nothing is.
func (l *Levers) Check() error {
	for lang, text := range l.Message {
		if n := utf8.RuneCountInString(text); n > MessageMax {
			return fault.New(fault.Invalid, "the message in %s has %d characters, at most %d", lang, n, MessageMax)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fault.New(fault.Invalid, "the message in %s has characters that nobody can read", lang)
		}
	}
	if l.Rate < 0 || l.Rate > RateMax {
		return fault.New(fault.Invalid, "a rate of %d numbers a minute; it goes from 0 (no limit) to %d", l.Rate, RateMax)
	}
	return nil
}

// String says in short how they stand, for logs and the audit.
func (l *Levers) String() string {
	s := "calling"
	switch {
	case l.Closed:
		s = "closed"
	case l.Paused:
		s = "paused"
	}
	if l.Rate > 0 {
		s += fmt.Sprintf(", at most %d a minute", l.Rate)
	}
	if len(l.Message) > 0 {
		s += ", with a message"
	}
	return s
}
