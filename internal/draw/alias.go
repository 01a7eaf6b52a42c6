// Package draw turns a log of entries into an order that nobody could choose and
// everybody can recompute.
//
// The operator commits to a seed before anybody joins and signs heads of the log while
// it grows; at the opening the log is frozen, a public beacon is waited for, and the
// order follows from all three. The published files (docs/draw.md) let anybody repeat
// it without the database: Check does so here, docs/verify/verify_draw.py beside it.
//
// It is arithmetic: it knows no clock, no network and no randomness of its own. Ranks
// is the same for ever; a change to it would change numbers that people were given.
package draw

import (
	"encoding/hex"

	"einlass/internal/fault"
)

// AliasBytes is the length of an alias: 128 random bits.
const AliasBytes = 16

// Alias is all that is published of an entry: a random name that says nothing about
// anybody and opens nothing.
type Alias [AliasBytes]byte

// String returns the alias as it is published: 32 lower-case hexadecimal digits.
func (a Alias) String() string { return hex.EncodeToString(a[:]) }

// AppendLine appends the alias as one line of log.txt, for writers who have the log
// one entry at a time.
func (a Alias) AppendLine(dst []byte) []byte {
	return append(hex.AppendEncode(dst, a[:]), '\n')
}

// ParseAlias reads what String writes, and nothing else. Invalid if it is not that.
func ParseAlias(text string) (a Alias, err error) {
	if err := unhex(a[:], text); err != nil {
		return Alias{}, fault.New(fault.Invalid, "alias: %w", err)
	}
	return a, nil
}

// SeedBytes is the length of a seed.
const SeedBytes = 32

// Seed is the operator's secret part of a draw. Its digest is published when the room
// opens, the seed itself after the draw.
type Seed [SeedBytes]byte

// unhex reads exactly len(dst) bytes of lower-case hexadecimal digits: there is one way
// to write a value, so that two readers cannot read different things.
func unhex[T ~string | ~[]byte](dst []byte, text T) error {
	if len(text) != 2*len(dst) {
		return fault.New(fault.Invalid, "%d characters instead of %d hexadecimal digits", len(text), 2*len(dst))
	}
	for i := range len(text) {
		d := digit(text[i])
		if d > 0xf {
			return fault.New(fault.Invalid, "character %d is no lower-case hexadecimal digit", i+1)
		}
		dst[i/2] = dst[i/2]<<4 | d
	}
	return nil
}

// digit returns the value of a hexadecimal digit, and more than 15 if it is none.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}
