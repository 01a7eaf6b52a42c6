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
	left := r.opt.Free(sale)
	one.noteGone(left)
	levers := r.Levers(sale.ID)
	one.mu.Lock()
	callers := one.inside.callers
	callers.SetLimits(r.rate(levers), r.opt.Inside)
	in := make([]waitingroom.Input, callers.Groups())
	for g := range in {
		in[g] = waitingroom.Input{
			Free: leftOf(left, g).Free, Carts: leftOf(left, g).Held, Inside: one.inside.people(now), Entries: state.Entries,
			Late: one.door.units(leftOf(left, g).Free, g), Paused: levers.Paused && !failpoint.Bug(failpoint.BugPauseCalls),
			Lag: r.lag,
		}
	}
	plan := callers.Step(now, in, one.roster.Look)
	for g, units := range plan.Late {
		one.door.admit(units, g, now.Add(PassLasts))
	}
	var alone waitingroom.Outlook
	if len(in) == 1 {
		alone = callers.Of(0).Outlook(in[0])
	} else {
		one.look(callers, in, state.Entries)
	}
	one.mu.Unlock()
	if len(in) == 1 { // a million numbers take ten milliseconds: not while the committer waits for the room
		one.lookAlone(alone, state.Entries)
		r.told.note(state, one.forecasts[0].Load(), now)
	}
	for _, call := range plan.Calls { // one after the other: whom two groups suit, belongs to the first
		if err := r.act(ctx, sale, call); err != nil {
			return err
		}
	}
	return nil
}

// leftOf is what is left of a group; nothing where the hint does not know it.
func leftOf(left []catalog.Left, group int) catalog.Left {
	if group >= len(left) {
		return catalog.Left{}
	}
	return left[group]
}

// noteGone notes of which groups nothing is free and nothing in a cart.
func (one *room) noteGone(left []catalog.Left) {
	gone := uint32(0)
	for g, l := range left {
		if l.Free == 0 && l.Held == 0 {
			gone |= 1 << g
		}
	}
	if one.gone.Swap(gone) != gone {
		one.roster.Touch()
	}
}

// lookMost is how many numbers a tick looks at for the forecasts of a room with several
// groups, about a millisecond: with a million numbers a look may take seconds, and what
// is told is as old as that. One group is looked through at every tick; where its
// stock ends the look does too.
const lookMost = 30_000

// lookAlone keeps the outlook of a room with one group for the pages.
func (one *room) lookAlone(o waitingroom.Outlook, entries uint32) {
	one.publish(0, newForecast(o.Through(entries, one.roster.Size)))
}

// look keeps the outlooks of several groups for the pages, one after the other. The caller
// holds mu: who was called by which group is part of it.
func (one *room) look(callers *waitingroom.Callers, in []waitingroom.Input, entries uint32) {
	for steps := lookMost; steps > 0; steps /= 2 {
		g := one.looking
		if one.search == nil {
			one.search = callers.Of(g).Outlook(in[g]).Search(entries)
		}
		if !one.search.Go(steps, callers.Units(g, one.roster.Look)) {
			return
		}
		one.publish(g, newForecast(one.search))
		one.search, one.looking = nil, (g+1)%callers.Groups()
		if one.looking == 0 {
			return
		}
	}
}

// publish shows a group's forecast. Where it parts the numbers is looked up again
// when it has moved.
func (one *room) publish(group int, f *Forecast) {
	f.Speed, _ = f.Outlook.Speed(f.Probably)
	if old := one.forecasts[group].Swap(f); old == nil || old.Known != f.Known || old.Probably != f.Probably || old.Not != f.Not {
		one.roster.Touch()
	}
}

// Forecast is what can be told those who wait.
type Forecast struct {
	waitingroom.Outlook
	Probably uint32             // the last number that will probably find a place
	Not      uint32             // the first that will probably not; 0 if there was none
	looked   uint32             // so many numbers there were
	next     waitingroom.Chance // of whoever has drawn one since
	// Speed is how fast is called; the zero one as long as it cannot be told.
	Speed waitingroom.Speed
}

// newForecast is what a look has found.
func newForecast(s *waitingroom.Search) *Forecast {
	f := &Forecast{Outlook: s.Outlook, Probably: s.Probably, Not: s.Not, looked: s.Entries(), next: s.Next()}
	if f.Not > f.looked {
		f.Not = 0
	}
	return f
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
	case number > f.looked:
		return f.next
	case number <= f.Probably:
		return waitingroom.Probably
	case f.Not > 0 && number >= f.Not:
		return waitingroom.ProbablyNot
	}
	return waitingroom.Undecided
}
