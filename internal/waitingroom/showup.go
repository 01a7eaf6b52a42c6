package waitingroom

import (
	"math"
	"slices"
	"sort"
	"time"

	"einlass/internal/failpoint"
)

// Three times the same question is asked: of those who were called, of those who are
// inside and of those who have a cart, how many will still go on to the next step? A
// stage answers it from counts alone; docs/waiting-room-calling.md derives it.

// ages is how many classes of age a stage has. Class 0 is the first half second, each
// further one is √2 times as far: 24 reach beyond twenty minutes.
const ages = 24

// firstAge is where class 0 ends, in seconds: the controller sees no finer.
const firstAge = 0.5

// edges are where the classes begin, in seconds, and where the last one ends.
var edges = func() (e [ages + 1]float64) {
	for i := 1; i <= ages; i++ {
		e[i] = firstAge * math.Pow(2, float64(i-1)/2)
	}
	return e
}()

// The prior: what is believed of a class of age that nobody has been followed through.
// It counts like priorPeople who were. It goes on from the class before it: until
// risesUntil the rate by logarithm of age may still rise by the power risesBy (people
// who look at their phone now and then have not moved yet), afterwards it stays: a rate
// that falls as 1/age, as that of people who put things off does. At first nearly
// everybody is believed to come, so that the first calls are never too many.
const (
	priorPeople = 5.0
	priorFirst  = 0.02 // steps by e-fold of age in class 0
	priorMost   = 2.0  // the same, at most
	risesUntil  = 45.0 // seconds
	risesBy     = 1.5
)

// cohort is those who began to wait at about the same time.
type cohort struct {
	since  time.Time
	age    float64 // seconds in which they could have gone on
	class  int     // of the age
	began  int     // people at first, until they are ripe
	people int     // who have not gone on: what is learned from
	units  int     // that they may still want: what is expected from
}

// cohortsMax bounds the memory of a stage: beyond it the older half is joined two by
// two. It is 33 kB.
const cohortsMax = 512

// cohortSpan is how long a cohort takes in people, so that a fast tick costs no more
// than a slow one.
const cohortSpan = 0.5 // seconds

// stage follows people from one step to the next.
type stage struct {
	limit   float64 // seconds after which nobody goes on any more
	trust   float64 // seconds before which nobody is given up unmeasured
	cohorts []cohort
	gone    [ages]float64 // people who went on at this age
	risk    [ages]float64 // people · seconds that were waited at this age
	hazard  [ages + 1]float64
	guess   [ages + 1]float64 // the part of hazard that is belief
	units   int
	ripe    int // people who had ripeAge to go on
	lost    int // units of those who will not any more
}

// ripeAge is when it is known of most people whether they go on, in seconds.
const ripeAge = 45.0

func newStage(limit, trust time.Duration) stage {
	s := stage{limit: min(limit.Seconds(), edges[ages]), trust: trust.Seconds()}
	s.settle()
	return s
}

// add takes in people at the age of nothing.
func (s *stage) add(now time.Time, people, units int) {
	if n := len(s.cohorts); n > 0 && s.cohorts[n-1].age < cohortSpan-0.01 {
		s.cohorts[n-1].began += people
		s.cohorts[n-1].people += people
		s.cohorts[n-1].units += units
	} else {
		if n > 0 && now.Before(s.cohorts[n-1].since) {
			now = s.cohorts[n-1].since // a clock was set back
		}
		s.cohorts = append(s.cohorts, cohort{since: now, began: people, people: people, units: units})
	}
	s.units += units
	if len(s.cohorts) > cohortsMax {
		s.compact()
	}
}

// rememberPeople is how many people's habits are remembered: those who joined the evening
// before may be of another kind than those who came after the opening.
const rememberPeople = 5000.0

// forget makes room in memory for so many people.
func (s *stage) forget(people int) {
	keep := math.Exp(-float64(people) / rememberPeople)
	for k := range ages {
		s.gone[k] *= keep
		s.risk[k] *= keep
	}
}

// compact joins the older half two by two. Old ones differ little: the classes of age
// are wide there.
func (s *stage) compact() {
	half, to := len(s.cohorts)/2&^1, 0
	for i := 0; i < half; i += 2 {
		a, b := s.cohorts[i], s.cohorts[i+1]
		if n := a.people + b.people; n > 0 {
			a.age = (a.age*float64(a.people) + b.age*float64(b.people)) / float64(n)
		}
		a.class = classOf(a.age)
		a.began, a.people, a.units = a.began+b.began, a.people+b.people, a.units+b.units
		s.cohorts[to] = a
		to++
	}
	s.cohorts = slices.Delete(s.cohorts, to, half)
}

func classOf(age float64) int {
	return min(ages-1, sort.SearchFloat64s(edges[1:], math.Nextafter(age, math.Inf(1))))
}

// find returns the cohort of those who began at a moment or, if nobody of it is left
// (a clock was set, cohorts were joined), the next one that has somebody, else the last
// one before; nil if nobody waits.
func (s *stage) find(since time.Time) *cohort {
	own := sort.Search(len(s.cohorts), func(i int) bool { return s.cohorts[i].since.After(since) }) - 1
	for i := max(0, own); i < len(s.cohorts); i++ {
		if s.cohorts[i].people > 0 {
			return &s.cohorts[i]
		}
	}
	for i := own - 1; i >= 0; i-- {
		if s.cohorts[i].people > 0 {
			return &s.cohorts[i]
		}
	}
	return nil
}

// leave takes one person out who went on, dt seconds after the last tick. False if
// they are of no cohort any more: nothing was expected of them.
func (s *stage) leave(since time.Time, units int, dt float64) bool {
	c := s.find(since)
	if c == nil {
		return false
	}
	class := classOf(c.age + dt)
	s.gone[class]++
	s.risk[class] += dt
	c.people--
	s.drop(c, units)
	return true
}

// giveUp takes units out of what is expected; the person stays among those who could
// have gone on and did not, which is what they have become.
func (s *stage) giveUp(since time.Time, units int) {
	if c := s.find(since); c != nil {
		s.lost += min(units, c.units)
		s.drop(c, units)
	}
}

func (s *stage) drop(c *cohort, units int) {
	units = min(units, c.units)
	c.units -= units
	s.units -= units
}

// pass lets dt seconds go by for all who wait.
func (s *stage) pass(dt float64) {
	if failpoint.Bug(failpoint.BugCohortsStayYoung) {
		return
	}
	for i := range s.cohorts {
		c := &s.cohorts[i]
		until := c.age + dt
		for people := float64(c.people); c.age < until; {
			end := min(until, edges[c.class+1])
			s.risk[c.class] += people * (end - c.age)
			if c.age = end; end == edges[c.class+1] {
				if c.class == ages-1 {
					break
				}
				c.class++
			}
		}
	}
	s.retire()
}

// retire forgets who waited too long, and cohorts that have nobody left.
func (s *stage) retire() {
	kept, last := s.cohorts[:0], len(s.cohorts)-1
	for i, c := range s.cohorts {
		over := c.age >= s.limit || c.people == 0 && i < last
		if over || c.age >= ripeAge {
			s.ripe += c.began
			c.began = 0
		}
		if !over {
			kept = append(kept, c)
			continue
		}
		s.units -= c.units
		s.lost += c.units
	}
	s.cohorts = kept
}

// settle computes, from what was counted, the expected steps from each class's
// beginning to the limit, and how much of them is belief.
func (s *stage) settle() {
	var rate, prior [ages]float64
	byLog := priorFirst
	for k := range ages {
		width := edges[k+1] - edges[k]
		mid := (edges[k+1] + edges[k]) / 2
		if edges[k] < s.trust {
			byLog = priorMost
		}
		weight := priorPeople * width
		prior[k] = weight * (byLog / mid) / (s.risk[k] + weight)
		rate[k] = prior[k] + s.gone[k]/(s.risk[k]+weight)
		byLog = rate[k] * mid
		if edges[k+1] < risesUntil {
			byLog *= math.Pow(edges[k+1]/max(edges[k], firstAge/2), risesBy)
		}
		byLog = min(byLog, priorMost)
	}
	for k := ages - 1; k >= 0; k-- {
		width := max(0, min(edges[k+1], s.limit)-edges[k])
		s.hazard[k] = s.hazard[k+1] + rate[k]*width
		s.guess[k] = s.guess[k+1] + prior[k]*width
	}
}

// still is the chance that somebody of an age goes on before the limit.
func (s *stage) still(class int, age float64) float64 {
	return share(between(s.hazard[class], s.hazard[class+1], class, age))
}

// between goes from a to b as an age goes through its class.
func between(a, b float64, class int, age float64) float64 {
	return a + (b-a)*(age-edges[class])/(edges[class+1]-edges[class])
}

// share is who goes on, of many, at so many expected steps each.
func share(steps float64) float64 {
	if failpoint.Bug(failpoint.BugShowUpIgnored) {
		return 1
	}
	return 1 - math.Exp(-steps)
}

// fresh is the chance of somebody who begins now.
func (s *stage) fresh() float64 { return share(s.hazard[0]) }

// believed is the share of those who begin now who go on, for looking far ahead. What
// is belief in fresh may come true or not: half of it is counted, and all of it is the
// doubt. Beside it stands the doubt of counting: each class of age is a Poisson count.
func (s *stage) believed() belief {
	least, most := 1-math.Exp(s.guess[0]-s.hazard[0]), s.fresh()
	return belief{(least + most) / 2, math.Hypot(s.counted(), (most-least)/2)}
}

// counted is the standard deviation of fresh that comes from counting few.
func (s *stage) counted() float64 {
	variance := 0.0
	for k := range ages {
		width := max(0, min(edges[k+1], s.limit)-edges[k])
		weight := priorPeople * (edges[k+1] - edges[k])
		variance += s.gone[k] * square(width/(s.risk[k]+weight))
	}
	return math.Exp(-s.hazard[0]) * math.Sqrt(variance)
}

// waiting is the share of the units of those who wait now that will go on.
func (s *stage) waiting() belief {
	var least, most float64
	for i := range s.cohorts {
		c := &s.cohorts[i]
		most += float64(c.units) * s.still(c.class, c.age)
		measured := between(s.hazard[c.class]-s.guess[c.class], s.hazard[c.class+1]-s.guess[c.class+1], c.class, c.age)
		least += float64(c.units) * share(measured)
	}
	units := max(1, float64(s.units))
	return belief{(least + most) / 2 / units, math.Hypot(s.counted(), (most-least)/2/units)}
}

// demand is an expected number of units and its variance, if every unit decided alone.
type demand struct{ mean, variance float64 }

// expect sums what those who wait will still want, if then chance of those who go on
// want it.
func (s *stage) expect(chance float64) (d demand) {
	for i := range s.cohorts {
		c := &s.cohorts[i]
		p := s.still(c.class, c.age) * chance
		d.mean += float64(c.units) * p
		d.variance += float64(c.units) * p * (1 - p)
	}
	return d
}

func square(x float64) float64 { return x * x }
