package waitingroom

import (
	"math"

	"einlass/internal/failpoint"
)

// Chance is what is told to somebody who waits. It is of three words, and none before
// it has been measured who comes.
type Chance uint8

// The chances.
const (
	Unknown     Chance = iota // too little was measured
	Probably                  // a place is left when the number's turn comes
	Undecided                 // open
	ProbablyNot               // the number will not be reached
)

// String returns the chance's name, as status documents have it.
func (c Chance) String() string {
	return [...]string{"unknown", "probably", "open", "probably_not"}[min(c, ProbablyNot)]
}

const (
	// ripePeople is how many must have had three quarters of a minute to come before anything is
	// told: the share who come is then known to ± 10 % at worst (two deviations).
	ripePeople = 100
	// cameLeast is how many of them must have come, or cameShare of them where that is fewer:
	// where nearly nobody comes, it is rather we who cannot be reached.
	cameLeast = 30
	cameShare = 0.05
	// sureYes and sureNo are how many standard deviations a number must be on this side
	// of the last place, or beyond it.
	sureYes = 1.5
	sureNo  = 3.0
)

// belief is a share that is not known exactly.
type belief struct{ mean, sway float64 }

// What is believed of a sale before it is measured: most people who come in find what
// they want, most carts are booked, and of those whose cart ended some come again.
var (
	believeTake  = belief{0.9, 0.1}
	believeKeep  = belief{0.85, 0.12}
	believeAgain = belief{0.2, 0.12}
)

// and weighs two beliefs about the same share by how sure they are.
func (b belief) and(o belief) belief {
	w, v := 1/square(b.sway), 1/square(max(o.sway, 1e-6))
	return belief{(b.mean*w + o.mean*v) / (w + v), math.Sqrt(1 / (w + v))}
}

// times is a number of units of which the share is believed.
func (b belief) times(units float64) belief { return belief{b.mean * units, b.sway * units} }

// Outlook is what can be expected of one group at one moment. It is a small value; how
// it comes about is in docs/waiting-room-calling.md.
type Outlook struct {
	Known  bool
	called uint32
	party  float64
	left   float64 // units that will be left for numbers not called yet, expected
	each   float64 // units that an uncalled unit will book, expected
	// What each share's error moves: the part that does not depend on how many are
	// ahead, and the part of every unit ahead; in units per deviation.
	fixed, ahead [4]float64
	noise        float64    // variance of those who were called already
	open         float64    // numbers that the stock would allow to go by at once
	pace         [3]float64 // numbers a second, over longer and longer times
}

// Outlook looks ahead. Of in, it needs Free, Carts and Late.
func (c *Caller) Outlook(in Input) Outlook {
	come := c.coming.believed()
	take := believeTake.and(c.choosing.believed())
	keep := believeKeep.and(c.keeping.believed())
	again := c.again(in)

	books := keep.mean / (1 - (1-keep.mean)*again.mean) // of a cart and those that follow it
	carts := float64(in.Carts)
	inCarts := believeKeep.and(c.keeping.waiting())
	inside := believeTake.and(c.choosing.waiting()).times(float64(c.choosing.units) * c.own)
	outside := c.coming.waiting().times(float64(c.coming.units) * c.own)
	outside = outside.times(take.mean)
	kept := inCarts.times(carts)
	want := (inside.mean + outside.mean + c.inflow.mean) * books
	left := float64(in.Free) + carts - kept.mean - want
	back := ((carts-kept.mean)*again.mean + float64(in.Late)*take.mean) * books
	o := Outlook{
		Known: c.measured(), called: c.called, party: c.partySize(),
		left: left - max(0, min(back, left*laneShare)), each: come.mean * take.mean * books * c.own,
		pace: [3]float64{c.pace[0].value(), c.pace[1].value(), c.pace[2].value()},
	}
	o.fixed = [4]float64{
		outside.sway * books,
		inside.sway*books + outside.mean*books*take.sway/take.mean,
		kept.sway + want*keep.sway/keep.mean,
		min((carts-kept.mean)*books, max(0, left)) * again.sway,
	}
	o.ahead = [4]float64{
		o.each * come.sway / come.mean, o.each * take.sway / take.mean,
		o.each * keep.sway / keep.mean, o.each * (1 - keep.mean) * again.sway,
	}
	wanted, _ := c.wanted()
	o.open = max(0, float64(in.Free)-wanted) / c.fresh() / c.meanSize() / c.density()
	unsure := c.coming.expect(take.mean * books).variance
	o.noise = o.party * (unsure + (float64(c.choosing.units)+carts)/4) // a share varies by a quarter at most
	return o
}

// measured reports whether it is known of enough people whether they come.
func (c *Caller) measured() bool {
	came := float64(c.came) >= min(cameLeast, cameShare*float64(c.coming.ripe)) || failpoint.Bug(failpoint.BugToldUnseen)
	return c.coming.ripe >= ripePeople && came
}

// density is how many of the numbers gone by were called, not passed by for another group.
func (c *Caller) density() float64 {
	if c.people == 0 {
		return 1
	}
	return float64(c.people) / float64(c.called)
}

// again is the share of those whose cart ended who come again.
func (c *Caller) again(in Input) belief {
	lost := float64(c.keeping.lost)
	if lost == 0 {
		return believeAgain
	}
	p := min(1, float64(c.returned+in.Late)/lost)
	return believeAgain.and(belief{p, math.Sqrt((p*(1-p) + 0.05) / lost)})
}

// margin is how many standard deviations lie between somebody's units, with so many
// units ahead of them that are not called yet, and the last place.
func (o *Outlook) margin(ahead, size int) float64 {
	u := float64(ahead)
	variance := o.noise + o.party*u*o.each*(1-o.each)
	for i := range o.fixed {
		variance += square(o.fixed[i] + o.ahead[i]*u)
	}
	if failpoint.Bug(failpoint.BugForecastSure) {
		variance = 0
	}
	return (o.left - u*o.each - float64(size)) / math.Sqrt(variance+0.25)
}

// Chance is what to tell somebody who is not called yet, with so many uncalled units
// ahead of them.
func (o *Outlook) Chance(ahead, size int) Chance {
	switch m := o.margin(ahead, size); {
	case !o.Known:
		return Unknown
	case m >= sureYes:
		return Probably
	case m <= -sureNo:
		return ProbablyNot
	}
	return Undecided
}

// Through looks through all sizes at once: for the last number of which the chance is Probably
// and the first of which it is ProbablyNot, for a status document that is the same for all.
// It ends where the answer is known. Without an outlook there are none: the last one called,
// and one more than there are.
func (o Outlook) Through(entries uint32, size func(number uint32) int) *Search {
	s := o.Search(entries)
	s.Go(int(entries), func(number uint32) (most, least int) {
		units := size(number)
		return units, units
	})
	return s
}

// Search is a look for the bounds that may take several ticks. Probably and Not are what
// is known so far.
type Search struct {
	Outlook
	Probably, Not uint32
	entries, at   uint32
	most, least   int // units ahead: if all whom this group suits are called by it, and if only those are whom no other suits
	unsure        bool
}

// Next is the chance of whoever draws a number after those that were looked through.
func (s *Search) Next() Chance {
	chance := s.Chance(s.least, 1)
	switch {
	case s.Known && (s.Not <= s.entries || failpoint.Bug(failpoint.BugNewcomersUnlike)):
		return ProbablyNot
	case chance == Probably && (s.unsure || s.cautious(chance, 1) != Probably):
		return Undecided
	}
	return chance
}

// Entries is how many numbers are looked through.
func (s *Search) Entries() uint32 { return s.entries }

// Search begins one.
func (o Outlook) Search(entries uint32) *Search {
	return &Search{Outlook: o, Probably: o.called, Not: entries + 1, entries: entries, at: o.called}
}

// cautious is the chance if all come to this group; what is known for the least holds as
// long as both are the same.
func (s *Search) cautious(least Chance, size int) Chance {
	if s.most == s.least {
		return least
	}
	return s.Chance(s.most, size)
}

// Go looks at so many numbers more; true if the bounds are found. units says how many a
// number may draw from the group at most and at least; 0, 0 if it does not wait for it.
func (s *Search) Go(steps int, units func(number uint32) (most, least int)) bool {
	if !s.Known {
		return true
	}
	for ; steps > 0 && s.at < s.entries; steps-- {
		s.at++
		most, least := units(s.at)
		if most == 0 {
			if !s.unsure {
				s.Probably = s.at
			}
			continue
		}
		chance := s.Chance(s.least, most)
		if s.unsure = s.unsure || s.cautious(chance, most) != Probably; !s.unsure {
			s.Probably = s.at
		}
		if chance == ProbablyNot {
			s.Not = s.at
			return true
		}
		s.most, s.least = s.most+most, s.least+least
	}
	return s.at >= s.entries
}

// pacer is a mean of numbers a second, by exponential smoothing over span seconds. The
// time it has run corrects the beginning.
type pacer struct{ span, sum, time float64 }

func (p *pacer) pass(dt float64) {
	keep := math.Exp(-dt / p.span)
	p.sum *= keep
	p.time = p.time*keep + dt
}

func (p *pacer) value() float64 {
	if p.time == 0 {
		return 0
	}
	return p.sum / p.time
}
