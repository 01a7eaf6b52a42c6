// Package fault is the closed set of error kinds of the house.
//
// Every room returns errors of one of these kinds; only room web turns a kind
// into a status code and words for people. The text of an Internal or
// Unavailable error is for the operator's log and never reaches a page.
// A refusal that the product foresees ("sold out", "too early") is not an error
// but a decision: see room inventory.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong in a way that decides what the caller can do.
type Kind uint8

// The kinds. The zero value is Internal on purpose: an error that nobody
// classified is ours to explain, not the person's.
const (
	Internal    Kind = iota // a mistake of ours or a broken invariant
	Invalid                 // the input is wrong; the person can mend it
	NotFound                // there is no such thing, or it is not theirs
	Conflict                // the thing changed meanwhile, or the key was used for something else
	Forbidden               // who asks may not do this
	Busy                    // full for the moment; ask again after RetryAfter
	Unavailable             // something we need is away: disk, database, relay
)

var kindNames = [...]string{"internal", "invalid", "not found", "conflict", "forbidden", "busy", "unavailable"}

// String returns the kind in lower-case English, for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is an error with a kind. Code is a stable message id such as
// "sale.too_early" under which room locale keeps the sentence for people; Field
// names the input field it belongs to; both may be empty.
type Error struct {
	Kind       Kind
	Code       string
	Field      string
	RetryAfter time.Duration // only with Busy: when asking again makes sense
	Err        error         // what happened, for the log; no personal data
}

// Error returns what happened, for the log.
func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Code != "":
		return e.Code
	}
	return e.Kind.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of kind k with a formatted text; %w wraps a cause, which
// stays reachable for errors.Is and errors.As.
func New(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Err: fmt.Errorf(format, args...)}
}

// Field returns an Invalid error for one input field with a message code.
func Field(field, code string) error {
	return &Error{Kind: Invalid, Field: field, Code: code}
}

// BusyFor returns a Busy error that tells when to ask again.
func BusyFor(d time.Duration, text string) error {
	return &Error{Kind: Busy, RetryAfter: d, Err: errors.New(text)}
}

// KindOf returns the kind of the outermost *Error in err's chain, and Internal
// for an error that nobody classified.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// As returns the outermost *Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
