package app

import (
	"sync/atomic"
	"time"
)

// Clock is the one clock of an installation. The zero Clock is the machine's. A
// demo's clock begins at a moment of its scenario and runs Pace times faster;
// network time-outs never follow it.
type Clock struct {
	Wall  time.Time // when, on the machine's clock, the time was Begin
	Begin time.Time
	Pace  float64
	// calmed, if set, is the clock that goes on from here: see Calm.
	calmed *atomic.Pointer[Clock]
	// stands says that it shows Begin all the time.
	stands bool
}

// StartClock returns a clock that shows begin now and runs pace times faster than
// the machine's.
func StartClock(begin time.Time, pace float64) Clock {
	return Clock{Wall: time.Now(), Begin: begin, Pace: pace, calmed: &atomic.Pointer[Clock]{}}
}

// StandingClock returns a clock that stands at begin until Go is called.
func StandingClock(begin time.Time, pace float64) Clock {
	c := Clock{Wall: time.Now(), Begin: begin, Pace: pace, calmed: &atomic.Pointer[Clock]{}}
	c.calmed.Store(&Clock{Begin: begin, Pace: pace, stands: true})
	return c
}

// Go lets a standing clock go on from where it stands, for everybody who has it.
func (c Clock) Go() { c.calmed.Store(&Clock{Wall: time.Now(), Begin: c.Begin, Pace: c.Pace}) }

// Calm lets a demo's clock go on at the pace of real life, for everybody who has
// it: once the crowd has gone, people click, and a minute must be a minute.
func (c Clock) Calm() { c.calmed.Store(&Clock{Wall: time.Now(), Begin: c.Now(), Pace: 1}) }

// current is the clock in force.
func (c Clock) current() Clock {
	if c.calmed != nil {
		if calm := c.calmed.Load(); calm != nil {
			return *calm
		}
	}
	return c
}

// Real reports whether this is the machine's own clock.
func (c Clock) Real() bool { return c.Pace == 0 }

// speed is how many times faster this clock runs than the machine's.
func (c Clock) speed() float64 {
	if c.Real() {
		return 1
	}
	return c.current().Pace
}

// Now returns the time on this clock.
func (c Clock) Now() time.Time {
	if c.Real() {
		return time.Now()
	}
	if c = c.current(); c.stands {
		return c.Begin
	}
	return c.Begin.Add(time.Duration(float64(time.Since(c.Wall)) * c.Pace))
}

// wallMin keeps a fast clock from asking for ticks the machine cannot give: each
// tick of a part is a look into the database.
const wallMin = 50 * time.Millisecond

// wall is how long d on this clock lasts on the machine's.
func (c Clock) wall(d time.Duration) time.Duration {
	if c.Real() {
		return d
	}
	c = c.current()
	return max(time.Duration(float64(d)/c.Pace), wallMin)
}

// shown is how much this clock goes on while d passes on the machine's.
func (c Clock) shown(d time.Duration) time.Duration { return time.Duration(float64(d) * c.speed()) }

// After is time.After on this clock.
func (c Clock) After(d time.Duration) <-chan time.Time { return time.After(c.wall(d)) }
