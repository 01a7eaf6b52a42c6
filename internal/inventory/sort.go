package inventory

import (
	"bytes"
	"slices"

	"einlass/internal/ident"
)

// ComparePools is the lock order of pools: by the bytes of their ids.
func ComparePools(a, b PoolID) int { return bytes.Compare(a[:], b[:]) }

func compareBookings(a, b ident.BookingID) int { return bytes.Compare(a.ID[:], b.ID[:]) }

// distinct sorts s and removes repetitions, in place.
func distinct[T comparable](s []T, cmp func(a, b T) int) []T {
	slices.SortFunc(s, cmp)
	return slices.Compact(s)
}
