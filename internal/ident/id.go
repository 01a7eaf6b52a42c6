// Package ident makes and reads the names of things: 128-bit ids that cannot be
// guessed, booking codes that can be read aloud, and signed tokens.
//
// It owns no randomness: whoever makes a secret passes an io.Reader, which is
// crypto/rand everywhere but in the simulator (DESIGN.md §8 of the founders:
// "secrets and names come from crypto/rand").
package ident

import (
	"encoding/base32"
	"io"

	"einlass/internal/fault"
)

// IDBytes is the size of every public name: 128 bits, OWASP ASVS 5.0 11.5.1.
const IDBytes = 16

// ID is 128 bits that name one thing. The zero ID names nothing.
type ID [IDBytes]byte

// BookingID names a booking from its first hold to its last cancellation. It is
// the secret in /cart/{id} and /b/{id}: who has it may act on the booking.
type BookingID struct{ ID }

// Key makes a request repeatable: the same key with the same content gets the
// same answer for ever.
type Key struct{ ID }

// SaleID, SlotID and EventID are row numbers given by the store; they are no
// secrets and open nothing.
type (
	SaleID  int64
	SlotID  int64
	EventID int64
)

// text is Crockford's alphabet in lower case (no i, l, o, u), so that a name
// survives being typed from paper.
var text = base32.NewEncoding(crockfordLower).WithPadding(base32.NoPadding)

const crockfordLower = "0123456789abcdefghjkmnpqrstvwxyz"

// IDText is the length of an ID as text, in characters.
const IDText = 26

// New draws an ID from r, which must be a cryptographic source.
func New(r io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(r, id[:]); err != nil {
		return ID{}, fault.New(fault.Unavailable, "draw a random name: %w", err)
	}
	return id, nil
}

// String returns the ID as 26 lower-case characters.
func (id ID) String() string { return text.EncodeToString(id[:]) }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads the text form. Anything but the one canonical text of an ID is
// NotFound, so that a wrong name and an unknown one look alike.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != IDText {
		return ID{}, fault.New(fault.NotFound, "a name has %d characters, not %d", IDText, len(s))
	}
	if _, err := text.Decode(id[:], []byte(s)); err != nil || id.String() != s {
		return ID{}, fault.New(fault.NotFound, "not a name")
	}
	return id, nil
}
