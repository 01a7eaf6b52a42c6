package waitingroom

import (
	"slices"
	"time"
)

// Past is what is stored of one visit: how far somebody went, and when. Steps that they
// did not take are zero; so is Called if they came in through the lane for late ones.
type Past struct {
	Called, Arrived, Took, Ended time.Time
	Units                        int
	Kept                         bool // Ended with a booking
	// Group is the one whose budget they came in by, TookIn the one of their cart.
	Group, TookIn int
}

// A replayed quiet longer than this was an outage, not a crowd that did not come.
const quietMost = 30 * time.Second

// replayTick is the tick of a replay: the controller sees no finer.
const replayTick = time.Duration(cohortSpan * float64(time.Second))

// Restore brings new callers to where those were that had seen all of it: the calls in
// their order, and all visits, in any order. What follows now is the first
// tick; the outage counts as one tick.
func (cs *Callers) Restore(calls []Called, came []Past, look Look) {
	type moment struct {
		at time.Time
		do func()
	}
	moments := make([]moment, 0, len(calls)+2*len(came))
	put := func(at time.Time, do func()) {
		if !at.IsZero() {
			moments = append(moments, moment{at, do})
		}
	}
	for _, call := range calls {
		put(call.At, func() { cs.Raise(call, look) })
	}
	for _, p := range came {
		put(p.Arrived, func() { cs.Of(p.Group).visited(p) })
		put(p.Took, func() { cs.Took(p.Group, p.TookIn, p.Arrived, p.Units, p.Took) })
		put(p.Ended, func() {
			if c := cs.Of(p.TookIn); p.Kept {
				c.Kept(p.Took, p.Units, p.Ended)
			} else {
				c.GaveBack(p.Took, p.Units)
			}
		})
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range moments {
		for _, c := range cs.each {
			c.replay(m.at)
		}
		m.do()
	}
	for _, c := range cs.each {
		c.budget.tokens, c.lane = 0, 0 // a restart is no reason to hurry
	}
}

func (c *Caller) visited(p Past) {
	if p.Called.IsZero() {
		c.Returned(p.Units, p.Arrived)
	} else {
		c.Arrived(p.Called, p.Units, p.Arrived)
	}
}

// replay ticks up to a moment.
func (c *Caller) replay(to time.Time) {
	if c.last.IsZero() || to.Sub(c.last) > quietMost {
		c.last = to
	}
	for to.Sub(c.last) >= replayTick {
		c.advance(c.last.Add(replayTick), true, 0)
	}
}
