package waitingroom

import (
	"math"
	"slices"
	"time"

	"einlass/internal/failpoint"
)

// How far the pace of calling is trusted: the range reaches from the time at the fastest
// pace, divided by the first, to the time at the slowest, times the second.
const (
	rateSooner, rateLater   = 1.25, 2.0 // while there are places, and only the rate holds back
	stockSooner, stockLater = 2.0, 4.0  // when calling waits for places: by bursts, ever slower
	steadyMost              = 2.5       // the paces of late and of long ago differ by no more
)

// stockNear is how many seconds before the stock is used up its end shows in the pace;
// stockSure the part of the stock of which it is sure that the rate will last.
const (
	stockNear = 5.0
	stockSure = 0.6
)

// Speed is how fast numbers are called, at the fastest and at the slowest that must be
// reckoned with. It is the same for everybody: what somebody's own wait is follows from
// it and from the numbers ahead of them.
type Speed struct {
	// Fast and Slow are numbers a minute, to one decimal: what a page and a script say
	// is the same. Both are above zero.
	Fast, Slow float64
	To         uint32 // the last number of which it can be told
}

// Speed tells how fast is called; false as long as the pace was not measured, or is not
// steady enough to say. Probably is the last number that will probably find a place:
// others may never be called.
func (o Outlook) Speed(probably uint32) (Speed, bool) {
	least, most := slices.Min(o.pace[:]), slices.Max(o.pace[:])
	if !o.Known || probably <= o.called || least <= 0 || most > least*steadyMost {
		return Speed{}, false
	}
	sooner, later, to := stockSooner, stockLater, probably
	if o.open > most*stockNear {
		sooner, later = rateSooner, rateLater
		to = min(to, o.called+uint32(min(o.open*stockSure, math.MaxInt32)))
	}
	if failpoint.Bug(failpoint.BugRangeNarrow) {
		sooner, later = 1, 1
	}
	s := Speed{Fast: tenths(math.Ceil, most*sooner), Slow: tenths(math.Floor, least/later), To: to}
	return s, s.Slow > 0 && s.To > o.called
}

// tenths makes numbers a minute of numbers a second, rounded to one decimal.
func tenths(round func(float64) float64, perSecond float64) float64 {
	return round(perSecond*time.Minute.Seconds()*10) / 10
}

// Range is a range of time in whole minutes, as it is told. From 0 it is "less than To".
type Range struct{ From, To int }

// RangeSteps are the minutes that a range may begin and end with: nobody needs to hear
// of 13 minutes, and a figure that jumps with every look is not believed. The last is a
// day; a longer wait is not told.
var RangeSteps = []int{0, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 600, 720, 1440}

// Range is how long it takes until somebody is called who is the nth from now, 1
// the next; rounded to the steps, and never to less than was reckoned. False if it
// takes longer than a day.
func (s Speed) Range(nth uint32) (Range, bool) {
	from, to := float64(nth)/s.Fast, float64(nth)/s.Slow
	last := slices.IndexFunc(RangeSteps, func(step int) bool { return float64(step) >= to })
	if last < 0 {
		return Range{}, false
	}
	r := Range{To: RangeSteps[max(last, 1)]}
	for _, step := range RangeSteps {
		if float64(step) <= from {
			r.From = step
		}
	}
	return r, true
}

// Within is the last number that may be called within a time, at the fastest; called is
// how far was called.
func (s Speed) Within(called uint32, d time.Duration) uint32 {
	return min(s.To, called+uint32(min(s.Fast*d.Minutes(), math.MaxInt32)))
}
