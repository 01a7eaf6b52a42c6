package onsale

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// How a room is called where nobody says otherwise, on the machine's own clock.
const (
	// RateDefault is how many numbers a second are called at most: half of what two
	// cores sell with all their pages (measured: 950 µs a booking).
	RateDefault = 300.0
	// InsideDefault is how many people may be inside at once: each asks for a page every
	// ten seconds or so, which is a third of what two cores answer.
	InsideDefault = 10_000
)

// limits are a sale's levers for its caller.
func (r *Rooms) limits(sale *store.StoredSale) waitingroom.Limits {
	return waitingroom.Limits{Rate: r.rate(waitingroom.Levers{}), Inside: r.opt.Inside, Pass: PassLasts, Hold: sale.Hold.Online}
}

// rate is how many numbers a second may be called on the sale's clock.
func (r *Rooms) rate(l waitingroom.Levers) float64 {
	if byHand := float64(l.Rate) / time.Minute.Seconds(); l.Rate > 0 && byHand < r.opt.Rate {
		return byHand
	}
	return r.opt.Rate
}

// call calls as many numbers as there are places and room for, and lets late ones in.
func (r *Rooms) call(ctx context.Context, sale *store.StoredSale, one *room, state waitingroom.Room, now time.Time) error {
	all := catalog.Sum(r.opt.Free(sale))
	free, held := all.Free, all.Held
	if full := free == 0 && held == 0; one.soldOut.Swap(full) != full {
		one.roster.Touch()
	}
	levers := r.Levers(sale.ID)
	one.mu.Lock()
	one.inside.caller.SetLimits(r.rate(levers), r.opt.Inside)
	in := waitingroom.Input{
		Free: free, Carts: held, Inside: one.inside.people(now), Entries: state.Entries, Size: one.roster.Size,
		Late: one.door.units(free), Paused: levers.Paused && !failpoint.Bug(failpoint.BugPauseCalls),
	}
	turn := one.inside.caller.Step(now, in)
	one.door.admit(turn.Late, now.Add(PassLasts))
	outlook := one.inside.caller.Outlook(in)
	one.mu.Unlock()
	one.look(outlook)
	r.told.note(state, one.forecast.Load(), now)
	if turn.To <= state.Called {
		return nil
	}
	return r.act(ctx, sale, waitingroom.Call{To: turn.To})
}

// look keeps the outlook for the pages. Where it parts the numbers is looked up again
// when it has moved.
func (one *room) look(o waitingroom.Outlook) {
	probably, not := o.Bounds(one.roster.Room().Entries, one.roster.Size)
	f := &Forecast{Outlook: o, Probably: probably, Not: not}
	f.Speed, _ = o.Speed(probably)
	if old := one.forecast.Swap(f); old == nil || old.Known != o.Known || old.Probably != probably || old.Not != not {
		one.roster.Touch()
	}
}

// Forecast is what can be told those who wait.
type Forecast struct {
	waitingroom.Outlook
	Probably uint32 // the last number that will probably find a place
	Not      uint32 // the first that will probably not
	// Speed is how fast is called; the zero one as long as it cannot be told.
	Speed waitingroom.Speed
}

// Range is the range of time until a number is called, if numbers up to called were
// called already; the zero one if it cannot be told.
func (f *Forecast) Range(number, called uint32) waitingroom.Range {
	if f == nil || number <= called || number > f.Speed.To {
		return waitingroom.Range{}
	}
	r, _ := f.Speed.Range(number - called)
	return r
}

// Chance is what is told to a number.
func (f *Forecast) Chance(number uint32) waitingroom.Chance {
	switch {
	case f == nil || !f.Known:
		return waitingroom.Unknown
	case number <= f.Probably:
		return waitingroom.Probably
	case number >= f.Not:
		return waitingroom.ProbablyNot
	}
	return waitingroom.Undecided
}
