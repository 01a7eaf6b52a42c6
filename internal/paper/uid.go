package paper

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"einlass/internal/ident"
)

// uidBytes and uidText are how much of a digest a name in calendars shows: 100
// bits, written as 20 characters.
const uidBytes, uidText = 13, 20

// UID names an appointment in calendars for ever: the booking it goes back to and
// the number of its first line. The file from the page and the file from the mail
// are then one appointment. Calendars are shared, so the booking's name cannot be
// read from it.
func UID(origin ident.BookingID, line int) string {
	return Digest("appointment", origin, uint64(line)) + "@einlass"
}

// Digest is a name made of a booking's that does not tell it: for a purpose and a
// number, 20 characters.
func Digest(purpose string, id ident.BookingID, n uint64) string {
	text := append([]byte("einlass "+purpose+" "), id.ID[:]...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(text, n))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:uidBytes]))[:uidText]
}
