package onsale

import (
	"context"
	"time"

	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// comesWithin is how long somebody who was called is waited for before their place is
// offered on.
const comesWithin = 2 * time.Minute

// call calls as many numbers as there are places for, beside those who were called a
// moment ago and those who are inside and look around.
func (r *Rooms) call(ctx context.Context, sale *store.StoredSale, one *room, state waitingroom.Room, now time.Time) error {
	free, held := r.opt.Free(sale)
	if full := free == 0 && held == 0; one.soldOut.Swap(full) != full {
		one.roster.Touch()
	}
	budget := free - one.inside.wanted() - expected(one.roster, now.Add(-comesWithin))
	to := state.Called
	for to < state.Entries {
		size := one.roster.Size(to + 1)
		if size > budget {
			break
		}
		budget -= size
		to++
	}
	if to == state.Called {
		return nil
	}
	return r.act(ctx, sale, waitingroom.Call{To: to})
}

// expected is how many units those want who were called since a moment and have not
// come in.
func expected(roster *waitingroom.Roster, since time.Time) (units int) {
	calls := roster.Calls()
	for i := len(calls) - 1; i >= 0 && calls[i].At.After(since); i-- {
		from := uint32(0)
		if i > 0 {
			from = calls[i-1].To
		}
		for number := from + 1; number <= calls[i].To; number++ {
			if no, ok := roster.At(number); ok && roster.Passes(no) == 0 {
				units += roster.Size(number)
			}
		}
	}
	return units
}
