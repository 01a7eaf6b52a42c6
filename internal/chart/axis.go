package chart

import (
	"math"
	"time"
)

const (
	// wantedTicks is about how many lines an axis of values gets.
	wantedTicks = 5
	// mostTimeTicks is how many times stand below a drawing at most.
	mostTimeTicks = 7
	// smallestRange is the least extent of an axis: below it, all values are one.
	smallestRange = 1e-9
)

// axis is a range of values with its round steps.
type axis struct {
	low, high, step float64
}

// newAxis spans lowest to highest and zero with steps of 1, 2 or 5 times a power
// of ten. Zero is always shown: an axis that begins elsewhere exaggerates.
func newAxis(lowest, highest float64) axis {
	lowest, highest = math.Min(lowest, 0), math.Max(highest, 0)
	if highest-lowest < smallestRange {
		highest = lowest + 1
	}
	step := niceStep((highest - lowest) / wantedTicks)
	return axis{low: math.Floor(lowest/step) * step, high: math.Ceil(highest/step) * step, step: step}
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(rough float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5} {
		if rough <= m*power*(1+1e-9) { // a hair of room for rounding
			return m * power
		}
	}
	return 10 * power
}

// ticks are the values of the axis' lines, lowest first.
func (a axis) ticks() []float64 {
	n := int(math.Round((a.high - a.low) / a.step))
	values := make([]float64, 0, n+1)
	for i := range n + 1 {
		values = append(values, roundTo(a.low+float64(i)*a.step, a.step))
	}
	return values
}

// roundTo takes the noise of binary fractions from a multiple of step, so that
// 0.3 is not written as 0.30000000000000004.
func roundTo(v, step float64) float64 {
	if step >= 1 {
		return math.Round(v) + 0
	}
	scale := math.Pow(10, math.Ceil(-math.Log10(step)))
	return math.Round(v*scale)/scale + 0
}

// at is the share of the axis below a value: 0 at its low end, 1 at its high end.
func (a axis) at(v float64) float64 { return (v - a.low) / (a.high - a.low) }

// day is a tick's day; across a clock change days are counted, not added.
const day = 24 * time.Hour

// timeSteps are the round steps of clocks and calendars.
var timeSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day, 5 * 365 * day, 20 * 365 * day, 80 * 365 * day,
}

// timeStep is the smallest round step that cuts span into at most n parts.
func timeStep(span time.Duration, n int) time.Duration {
	for _, step := range timeSteps {
		if span/step < time.Duration(n) {
			return step
		}
	}
	return timeSteps[len(timeSteps)-1]
}

// floorTime is the last round time of a step at or before t, by the clock of t's
// zone: ticks of six hours fall on midnight there, not in Greenwich.
func floorTime(t time.Time, step time.Duration) time.Time {
	if step >= day {
		return atHour(t, 0)
	}
	if step > time.Hour {
		hours := int(step / time.Hour)
		return atHour(t, t.Hour()/hours*hours)
	}
	_, offset := t.Zone()
	shift := time.Duration(offset) * time.Second
	return t.Add(shift).Truncate(step).Add(-shift)
}

// atHour is an hour of t's day as clocks there show it.
func atHour(t time.Time, hour int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, t.Location())
}

// nextTime is the round time after the round time t. Steps of more than an hour
// are counted on the clock, so that they stay round where it changes.
func nextTime(t time.Time, step time.Duration) time.Time {
	if step >= day {
		return t.AddDate(0, 0, int(step/day))
	}
	next := t.Add(step)
	if step > time.Hour {
		next = floorTime(atHour(t, t.Hour()+int(step/time.Hour)), step)
	}
	if !next.After(t) { // an hour that the clock leaves out
		return t.Add(step)
	}
	return next
}

// timeTicks are the round times from first to last.
func timeTicks(first, last time.Time, step time.Duration) []time.Time {
	var ticks []time.Time
	for t := floorTime(first, step); !t.After(last) && len(ticks) <= 2*mostTimeTicks; t = nextTime(t, step) {
		if !t.Before(first) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}
