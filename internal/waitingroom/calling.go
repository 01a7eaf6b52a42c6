package waitingroom

import (
	"math"
	"time"

	"einlass/internal/failpoint"
)

// Limits are the levers of calling in one group of interchangeable places.
type Limits struct {
	// Rate is how many numbers are called a second, at most: what the machine has proved.
	Rate float64
	// Inside is how many people may be inside at once, at most; also proved.
	Inside int
	// Pass is how long somebody who was called may take to come, and how long somebody
	// inside to choose; Hold is how long a cart lasts. Each up to 24 minutes.
	Pass, Hold time.Duration
}

// Input is what the world looks like at a tick.
type Input struct {
	Free    int    // units that can be held now
	Carts   int    // units in carts: some of them come back
	Inside  int    // people inside, with a cart or without
	Entries uint32 // numbers that there are
	// Late is how many units those want who stand at the door after their time: they
	// were called and did not come, or their cart ended. Parties of more than Free do
	// not count: nobody can be let in for them now.
	Late int
	// Paused calls nobody. Who was called may come, and is learned from.
	Paused bool
	// Lag is how long the house itself keeps people waiting for an answer: whoever has not
	// come, or not chosen, may stand in its line.
	Lag time.Duration
}

// How near to the stock is called, and how the late ones share it.
const (
	// caution is how many standard deviations of what those who were called may still
	// want are kept back: with less, one in a hundred finds nothing; with more, places
	// stand idle.
	caution = 1.0
	// laneShare is the part of each tick's units that late ones get at most, if others
	// wait: 20 %.
	laneShare = 0.2
	// laneMost is how many units of the lane are saved up while nobody is late: a party.
	laneMost = 10.0
	// tickMost is the longest time a tick stands for, and the most that is called at
	// once, in seconds. Longer is an outage, in which nobody could come.
	tickMost = 1.0
	// lagMost is the lag, in seconds, with which nobody grows older any more: it is as long
	// as it takes people to see their call. With less they grow older the more slowly.
	lagMost = 15.0
)

// Before these ages nobody is given up whom nobody was followed through: people need a
// moment to see that they were called, to look around, to fill in a form.
const (
	trustComing   = 30 * time.Second
	trustChoosing = 90 * time.Second
	trustKeeping  = 4 * time.Minute
)

// Caller decides how far to call. It is fed what was committed and asked once a tick; it
// keeps counts by time, never people, so its memory does not grow with the crowd. It is
// arithmetic: the same events lead to the same calls. It is not safe for concurrent use.
type Caller struct {
	budget   *budget   // of the machine; other groups of the room may share it
	last     time.Time // of the last tick
	called   uint32
	passed   uint32   // up to this number nobody waits: they were called, or want another group
	lane     float64  // units that late ones may take before others
	people   int      // ever called
	came     int      // of them, in time
	units    int      // ever called
	squares  float64  // of their sizes
	returned int      // units let in through the lane
	pace     [3]pacer // numbers gone by a second: of late, of the last minutes
	now      pacer    // the same, of the last moments
	coming   stage    // called → inside
	choosing stage    // inside → cart
	keeping  stage    // cart → booked
	// own is the share of those called here who take their places here, where there are
	// other groups; inflow what those called by others will take here.
	own    float64
	next   float64 // the same of those who are called now
	inflow demand
}

// budget is how many numbers the rate allows now, saved up for a second at most.
type budget struct{ tokens float64 }

// pass earns what dt seconds bring.
func (b *budget) pass(rate, dt float64) {
	b.tokens = min(b.tokens+rate*dt, max(1, rate*max(dt, tickMost)))
}

// newCaller returns a caller for a group that nobody has been called for.
func newCaller(l Limits, machine *budget) *Caller {
	return &Caller{
		budget: machine, own: 1, next: 1, pace: [3]pacer{{span: 20}, {span: 60}, {span: 300}}, now: pacer{span: callsSpan},
		coming: newStage(l.Pass, trustComing), choosing: newStage(l.Pass, trustChoosing), keeping: newStage(l.Hold, trustKeeping),
	}
}

// Called is up to which number everybody has been called.
func (c *Caller) Called() uint32 { return c.called }

// raise takes note of a committed call of everybody up to a number, but for those of size 0,
// who are not called by it. A number that was called before changes nothing.
func (c *Caller) raise(to uint32, now time.Time, size func(number uint32) int) {
	if to <= c.called {
		return
	}
	gone, people, units := to-c.called, 0, 0
	for n := c.called + 1; n <= to; n++ {
		s := size(n)
		units += s
		c.squares += float64(s * s)
		people += min(s, 1)
	}
	c.called, c.passed = to, max(c.passed, to)
	c.people += people
	c.units += units
	c.budget.tokens -= float64(people)
	for i := range c.pace {
		c.pace[i].sum += float64(gone)
	}
	c.now.sum += float64(gone)
	if people == 0 {
		return
	}
	c.lane = min(c.lane, laneMost) + float64(units)*c.fresh()*laneShare/(1-laneShare)
	c.coming.forget(people)
	c.coming.add(now, people, units)
}

// atLeastOne makes everybody somebody.
func atLeastOne(size int) int {
	if failpoint.Bug(failpoint.BugUnitsAsPeople) {
		return 1
	}
	return max(1, size)
}

// Arrived takes note of somebody who came in for the first time, and when their number
// was called.
func (c *Caller) Arrived(called time.Time, units int, now time.Time) {
	c.came++
	c.coming.leave(called, units, c.since(now))
	c.choosing.add(now, 1, units)
}

// Returned takes note of a late one who was let in through the lane.
func (c *Caller) Returned(units int, now time.Time) {
	c.lane = max(0, c.lane-float64(units))
	c.returned += units
	c.choosing.add(now, 1, units)
}

// Took takes note of a cart: its owner came in at arrived.
func (c *Caller) Took(arrived time.Time, units int, now time.Time) { c.took(c, arrived, units, now) }

// took takes note of a cart in another group, or in the same.
func (c *Caller) took(in *Caller, arrived time.Time, units int, now time.Time) {
	c.choosing.leave(arrived, units, c.since(now))
	in.keeping.add(now, 1, units)
}

// Left takes note of somebody inside who needs nothing any more.
func (c *Caller) Left(arrived time.Time, units int) { c.choosing.giveUp(arrived, units) }

// Kept takes note of a cart that became a booking.
func (c *Caller) Kept(took time.Time, units int, now time.Time) {
	c.keeping.leave(took, units, c.since(now))
}

// GaveBack takes note of a cart that ended before its time without a booking. One that
// runs out need not be told.
func (c *Caller) GaveBack(took time.Time, units int) { c.keeping.giveUp(took, units) }

// since is how many seconds ago the last tick was.
func (c *Caller) since(now time.Time) float64 {
	if c.last.IsZero() {
		return 0
	}
	dt := now.Sub(c.last).Seconds()
	if failpoint.Bug(failpoint.BugGapBursts) {
		return math.Abs(dt)
	}
	return min(max(dt, 0), tickMost)
}

// advance lets time go by. Nobody chooses while there is nothing to choose.
func (c *Caller) advance(now time.Time, choice bool, lag time.Duration) {
	dt := c.since(now)
	c.last = now
	for i := range c.pace {
		c.pace[i].pass(dt)
	}
	c.now.pass(dt)
	c.keeping.pass(dt)
	if !failpoint.Bug(failpoint.BugLagCounts) { // a cart runs out in any case
		dt *= max(0, 1-lag.Seconds()/lagMost)
	}
	c.coming.pass(dt)
	if choice {
		c.choosing.pass(dt)
	}
	c.coming.settle()
	c.choosing.settle()
	c.keeping.settle()
}

// wanted is what those who were called and those who are inside will still want.
func (c *Caller) wanted() (mean, variance float64) {
	all := c.anywhere()
	mean = all.mean*c.own + c.inflow.mean
	variance = all.variance*c.own*c.own + all.mean*c.own*(1-c.own) + c.inflow.variance
	return mean, variance * c.partySize()
}

// anywhere is what those who were called here and those who are inside will still want, in
// this group or another.
func (c *Caller) anywhere() demand {
	come := c.coming.expect(c.choosing.fresh())
	inside := c.choosing.expect(1)
	return demand{come.mean + inside.mean, come.variance + inside.variance}
}

// fresh is the chance that somebody who is called now will want their places here.
func (c *Caller) fresh() float64 { return c.coming.fresh() * c.choosing.fresh() * c.next }

// partySize is the size of the party that a unit belongs to, on average: people who come
// or stay away as one make sums vary by that much more.
func (c *Caller) partySize() float64 {
	if c.units == 0 {
		return 1
	}
	return c.squares / float64(c.units)
}

// late is how many units the late ones get now.
func (c *Caller) late(in Input, budget float64) int {
	units := min(float64(in.Late), max(0, budget))
	if c.passed < in.Entries {
		units = min(units, c.lane)
	}
	return int(units)
}

// outside is how many people who were called are expected to come in.
func (c *Caller) outside() float64 { return c.coming.expect(1).mean / c.meanSize() }

// walk is one group's way from number to number in one tick, while the stock lasts: less
// what is wanted already. Numbers of size 0 are passed by.
type walk struct {
	c              *Caller
	in             Input
	size           func(number uint32) int
	to             uint32 // the last number that is to be called
	at             uint32 // the last number that was looked at
	late           int    // units of late ones that are let in
	mean, variance float64
	chance         float64
	over           bool // nobody more can be called now
}

// passMost is how many numbers of other groups each group passes by in one tick, half a
// millisecond. Where nobody waits, the next tick goes on from there.
const passMost = 20_000

// begin lets late ones in and stands before the first number that waits.
func (c *Caller) begin(in Input, size func(number uint32) int) *walk {
	w := &walk{c: c, in: in, size: size, to: c.called, at: max(c.called, c.passed), over: true}
	if in.Paused || in.Free <= 0 {
		return w
	}
	w.skip()
	c.passed = w.at
	w.mean, w.variance = c.wanted()
	w.late = c.late(in, float64(in.Free)-w.mean)
	reserved := min(float64(in.Late), c.lane)
	if reserved < 1 {
		reserved = 0
	}
	w.mean += max(float64(w.late), reserved)
	w.chance, w.over = c.fresh(), false
	return w
}

// skip passes those by who do not wait for this group.
func (w *walk) skip() {
	for n := 0; n < passMost && w.at < w.in.Entries && w.size(w.at+1) == 0; n++ {
		w.at++
	}
}

// next calls one number more; false if the stock or the log is at its end.
func (w *walk) next() bool {
	if w.skip(); w.over || w.at >= w.in.Entries {
		return false
	}
	units, free := float64(w.size(w.at+1)), float64(w.in.Free)
	if units == 0 {
		return false // so far for this tick
	}
	if units > free+float64(w.in.Carts) {
		units = free // a party that can no longer fit stops nobody
	}
	mean, variance := w.mean+units*w.chance, w.variance+units*units*w.chance*(1-w.chance)
	// Half a party more or less is no risk: the last place is called for.
	if mean+caution*max(0, math.Sqrt(variance)-units/2) > free+1e-9 {
		w.over = true
		return false
	}
	w.mean, w.variance = mean, variance
	w.at++
	w.to = w.at
	return true
}

func (c *Caller) meanSize() float64 {
	if c.people == 0 {
		return 1
	}
	return float64(c.units) / float64(c.people)
}
