package onsale

import (
	"time"

	"einlass/internal/ident"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Pacing is how often those who wait for a sale may ask; never nil.
func (r *Rooms) Pacing(sale ident.SaleID) *waitingroom.Pacing {
	if one := r.room(sale); one != nil {
		if p := one.pacing.Load(); p != nil {
			return p
		}
	}
	p := waitingroom.NewPacing(0, r.opt.Polls, 0)
	return &p
}

// pace follows how many wait, how fast they are called and how fast they are answered.
func (r *Rooms) pace(sale *store.StoredSale, one *room, state waitingroom.Room, now time.Time) {
	answered, waited := 0.0, false
	if r.opt.Answered != nil {
		answered, waited = r.opt.Answered(sale)
	}
	one.polls.Answered(answered, r.Pacing(sale.ID).Polls(), waited, now.Sub(one.pacedAt))
	one.pacedAt = now
	one.mu.Lock()
	calls := one.inside.callers.Pace()
	one.mu.Unlock()
	p := waitingroom.NewPacing(int(state.Entries)-state.People, one.polls.Now(), calls)
	one.pacing.Store(&p)
}

// Jitter is the part of somebody's pace that is theirs, from 0 to 1: the golden section
// spreads neighbours in the log far apart.
func Jitter(no uint32) float64 {
	const golden = 2_654_435_769 // of 2^32
	return float64(no*golden) / (1 << 32)
}

// beforeMost is the longest time that somebody who waits for the opening is told: the
// opening may be moved, and they shall hear of it.
const beforeMost = 10 * time.Minute

// BeforeOpening is when somebody in the draw asks again: soon after the opening, where
// that is near, spread over a while.
func (r *Rooms) BeforeOpening(sale ident.SaleID, no uint32, left time.Duration) time.Duration {
	first := r.Pacing(sale).First(Jitter(no))
	return min(max(left, 0), beforeMost) + max(first, time.Second)
}
