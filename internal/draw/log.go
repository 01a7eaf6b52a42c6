package draw

import (
	"crypto/sha256"
	"hash"
)

// HashBytes is the length of every hash here: SHA-256 (FIPS 180-4).
const HashBytes = sha256.Size

// logPurpose separates the hash of a log from every other hash.
const logPurpose = "einlass log v1\n"

// Log hashes a log as it grows: it gives the head at any moment and keeps the same few
// bytes however long the log is. It is not safe for use by several goroutines.
type Log struct {
	h hash.Hash
	n uint32
}

// NewLog returns an empty log.
func NewLog() *Log {
	l := &Log{h: sha256.New()}
	l.h.Write([]byte(logPurpose)) //nolint:errcheck // hash.Hash never returns an error (package hash)
	return l
}

// Append adds entries in their order.
func (l *Log) Append(aliases ...Alias) {
	for i := range aliases {
		l.h.Write(aliases[i][:]) //nolint:errcheck // as above
	}
	l.n += uint32(len(aliases)) //nolint:gosec // EntriesMax is far below
}

// Head returns how many entries the log has and its hash: SHA-256 of "einlass log v1",
// a line feed, and the 16 bytes of each alias in order.
func (l *Log) Head() (n uint32, sum [HashBytes]byte) {
	l.h.Sum(sum[:0])
	return l.n, sum
}

// HashOf is the hash of a log: of its aliases in their order.
func HashOf(log []Alias) [HashBytes]byte {
	l := NewLog()
	l.Append(log...)
	_, sum := l.Head()
	return sum
}
