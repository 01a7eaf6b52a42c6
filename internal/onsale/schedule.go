// Package onsale runs the calendar of a sale: at published times it moves places
// that a channel did not need, and places that were given back, to the public.
//
// It promises that nothing moves before its time, that a restart neither loses a
// time nor adds one, and that doing the same twice moves nothing twice. It counts
// nothing itself: what is free is decided in the transaction.
package onsale

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Move is one pool whose free places are due to go to another pool, and the
// published moment that made them due.
type Move struct {
	From, To inventory.PoolID
	At       time.Time
}

// Due returns the moves of a sale that fell due after one moment and up to now.
// It is pure: the same arguments give the same moves in the same order.
func Due(sale *store.StoredSale, after, now time.Time) []Move {
	var out []Move
	for i := range sale.Allotments {
		if at, due := allotmentDue(sale, &sale.Allotments[i], after, now); due {
			channel := sale.Allotments[i].Channel
			out = append(out, moves(sale, now, at, func(s ident.SlotID) inventory.PoolID { return inventory.Allotment(s, channel) })...)
		}
	}
	if at, due := returnedDue(sale, after, now); due {
		out = append(out, moves(sale, now, at, inventory.Returned)...)
	}
	return out
}

// moves makes one move per slot that has not begun.
func moves(sale *store.StoredSale, now, at time.Time, from func(ident.SlotID) inventory.PoolID) []Move {
	out := make([]Move, 0, len(sale.Slots))
	for i := range sale.Slots {
		if s := &sale.Slots[i]; s.Start.After(now) {
			out = append(out, Move{From: from(s.ID), To: inventory.Allotment(s.ID, catalog.Online), At: at})
		}
	}
	return out
}

// allotmentDue says whether the rest of an allotment is to move on. Carts that a
// desk has open at that moment may still give places back: for as long as such a
// cart can last, what becomes free follows at once, each time as a moment of its
// own. Afterwards the pool is left alone, so that a lever that gives it places
// again is not undone.
func allotmentDue(sale *store.StoredSale, a *catalog.Allotment, after, now time.Time) (time.Time, bool) {
	if a.Channel == catalog.Online || a.Moves.IsZero() || a.Moves.After(now) || now.After(sale.Closes) {
		return time.Time{}, false
	}
	if a.Moves.After(after) {
		return a.Moves, true
	}
	late := sale.Hold.Desk + sale.Hold.Extend + inventory.ExpireGrace
	return now, !now.After(a.Moves.Add(late))
}

// returnedDue finds the last time of day at which returned places go to the
// public. Earlier ones that were missed are covered by it.
func returnedDue(sale *store.StoredSale, after, now time.Time) (time.Time, bool) {
	zone := sale.Event.Location()
	y, m, d := now.In(zone).Date()
	var last time.Time
	for _, tod := range sale.Returned.PublicAt {
		for _, day := range []int{d - 1, d} {
			at := time.Date(y, m, day, int(tod)/60, int(tod)%60, 0, 0, zone)
			if !at.After(now) && at.After(last) {
				last = at
			}
		}
	}
	due := last.After(after) && !last.Before(sale.Opens) && !last.After(sale.Closes)
	return last, due
}
