// Package ident makes and reads the names of things: 128-bit ids that cannot be
// guessed, booking codes that can be read aloud, and signed tokens.
//
// It owns no randomness: whoever makes a secret passes an io.Reader, which is
// crypto/rand everywhere but in a simulation with a seed.
package ident

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"io"
	"time"

	"einlass/internal/fault"
)

// Sizes of a name. The random part is 128 bits (OWASP ASVS 5.0 11.5.1). The
// moment in front of it is no secret: rows that are written together lie together
// on disk, which halves the CPU of a save (ADR 1, ADR 3).
const (
	idTimeBytes   = 4
	idRandomBytes = 16
	IDBytes       = idTimeBytes + idRandomBytes
)

// idTick is the step of the moment in a name. Four bytes of it wrap around after
// 397 days, which costs order on disk and nothing else.
const idTick = 8 * time.Millisecond

// ID names one thing: the moment at which it was named, then 128 random bits.
// The zero ID names nothing.
type ID [IDBytes]byte

// BookingID names a booking from its first hold to its last cancellation. It is
// the secret in /cart/{id} and /b/{id}: who has it may act on the booking.
type BookingID struct{ ID }

// Key makes a request repeatable: the same key with the same content gets the
// same answer for ever. Its time is that of the cart it belongs to.
type Key struct{ ID }

// SaleID, SlotID and EventID are row numbers given by the store; they are no
// secrets and open nothing.
type (
	SaleID  int64
	SlotID  int64
	EventID int64
)

// DigestBytes is the size of a Digest.
const DigestBytes = 16

// Digest tells contents apart: 128 bits of a SHA-256 or of a MAC.
type Digest [DigestBytes]byte

// DigestOf returns the digest of a list of fields; no two different lists have
// the same bytes under it, because each field is preceded by its length.
func DigestOf(fields ...[]byte) Digest {
	h := sha256.New()
	for _, f := range fields {
		writeField(h, f)
	}
	var sum [sha256.Size]byte
	return Digest(h.Sum(sum[:0])[:DigestBytes])
}

// text is Crockford's alphabet in lower case (no i, l, o, u), so that a name
// survives being typed from paper.
var text = base32.NewEncoding(crockfordLower).WithPadding(base32.NoPadding)

const crockfordLower = "0123456789abcdefghjkmnpqrstvwxyz"

// IDText is the length of an ID as text, in characters.
const IDText = 32

// New draws an ID from r, which must be a cryptographic source.
func New(r io.Reader, now time.Time) (ID, error) {
	id := Moment(now)
	if _, err := io.ReadFull(r, id[idTimeBytes:]); err != nil {
		return ID{}, fault.New(fault.Unavailable, "draw a random name: %w", err)
	}
	return id, nil
}

// Moment is a name with its time and nothing random: it names nothing secret, and
// gives keyed names their place on disk.
func Moment(t time.Time) (id ID) {
	binary.BigEndian.PutUint32(id[:], uint32(t.UnixNano()/int64(idTick)))
	return id
}

// String returns the ID as 32 lower-case characters.
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
