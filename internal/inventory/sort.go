package inventory

import (
	"bytes"
	"slices"
)

// compare16 orders 16-byte names by their bytes.
func compare16[T ~[16]byte](a, b T) int { return bytes.Compare(a[:], b[:]) }

// distinct sorts s and removes repetitions, in place.
func distinct[T comparable](s []T, cmp func(a, b T) int) []T {
	slices.SortFunc(s, cmp)
	return slices.Compact(s)
}
