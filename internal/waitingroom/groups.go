package waitingroom

import (
	"math"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
)

// Look says how many come on a number and which groups suit them; size 0 if nobody has it.
type Look func(number uint32) (size int, wants catalog.GroupSet)

// Callers call in all groups of one room: each has a caller of its own, which knows its
// places, and all share the machine. A number is called by the first of its groups that
// comes to it, and belongs to that group's budget from then on. Like a Caller they are
// arithmetic, and not safe for concurrent use.
type Callers struct {
	limits Limits
	each   []*Caller
	budget budget
	first  int // the group whose turn is first
	// went counts the units that those called by a group took in each, may those that would
	// be if whoever is content with several took each as often: both by group, of late.
	went, may [catalog.GroupsMax][catalog.GroupsMax]float64
}

// How it is learned where people take their places whom several groups suit.
const (
	// rememberUnits is of how many units it is remembered: what is left of the groups
	// changes where people go.
	rememberUnits = 300.0
	// priorUnits is how many the belief counts like that they take each as often, before any
	// were seen.
	priorUnits = 20.0
)

// NewCallers returns callers for so many groups, of which nobody has been called.
func NewCallers(l Limits, groups int) *Callers {
	cs := &Callers{limits: l}
	for range max(1, groups) {
		cs.each = append(cs.each, newCaller(l, &cs.budget))
	}
	return cs
}

// SetLimits moves the levers; the next tick obeys. Pass and Hold stay as they were.
func (cs *Callers) SetLimits(rate float64, inside int) {
	cs.limits.Rate, cs.limits.Inside = rate, inside
}

// Groups is how many groups there are.
func (cs *Callers) Groups() int { return len(cs.each) }

// Of is the caller of a group; that of the first one where the group is not known.
func (cs *Callers) Of(group int) *Caller {
	if group < 0 || group >= len(cs.each) {
		group = 0
	}
	return cs.each[group]
}

// Pace is how many numbers went by a second in the last moments: of the groups that called,
// the slowest, so that nobody is told a moment too soon again and again.
func (cs *Callers) Pace() (slowest float64) {
	for _, c := range cs.each {
		if p := c.now.value(); p > 0 && (slowest == 0 || p < slowest) {
			slowest = p
		}
	}
	return slowest
}

// theirs is the size of a number as far as it waits for a group: 0 if the group does not
// suit, or another one has come to it. reach is how far each group has come.
func (cs *Callers) theirs(group int, look Look, reach func(group int) uint32) func(number uint32) int {
	return func(number uint32) int {
		size, wants := look(number)
		return cs.their(group, number, size, wants, reach)
	}
}

func (cs *Callers) their(group int, number uint32, size int, wants catalog.GroupSet, reach func(group int) uint32) int {
	if !wants.Has(group) {
		return 0
	}
	for g := range cs.each {
		if g != group && wants.Has(g) && reach(g) >= number && !failpoint.Bug(failpoint.BugGroupsTwice) {
			return 0
		}
	}
	return atLeastOne(size)
}

func (cs *Callers) called(group int) uint32 { return cs.each[group].called }

// Raise takes note of a committed call, in the order in which calls were committed.
func (cs *Callers) Raise(call Called, look Look) {
	c, theirs := cs.Of(call.Group), cs.theirs(call.Group, look, cs.called)
	for n := c.called + 1; n <= call.To && len(cs.each) > 1; n++ {
		if size := theirs(n); size > 0 {
			_, wants := look(n)
			cs.mayGo(call.Group, wants, size)
		}
	}
	c.raise(call.To, call.At, theirs)
}

// mayGo takes note of whom a group has called.
func (cs *Callers) mayGo(by int, wants catalog.GroupSet, units int) {
	of := wants.Of(len(cs.each))
	keep := math.Exp(-float64(units) / rememberUnits)
	for g := range cs.each {
		cs.may[by][g] *= keep
	}
	for _, g := range of {
		cs.may[by][g] += float64(units) / float64(len(of))
	}
}

// Units are what a number may still draw from a group: if every one whom it suits comes to
// it, and if only those do whom nothing else suits. For Search.
func (cs *Callers) Units(group int, look Look) func(number uint32) (most, least int) {
	return func(number uint32) (most, least int) {
		size, wants := look(number)
		most = cs.their(group, number, size, wants, cs.called)
		if len(cs.each) == 1 || wants == 1<<group {
			least = most
		}
		return most, least
	}
}

// Took takes note of a cart in a group, whose owner came in at arrived by the budget of
// another one or of the same.
func (cs *Callers) Took(by, in int, arrived time.Time, units int, now time.Time) {
	cs.Of(by).took(cs.Of(in), arrived, units, now)
	if by < 0 || in < 0 || max(by, in) >= len(cs.each) {
		return
	}
	for g := range cs.each {
		cs.went[by][g] *= math.Exp(-float64(units) / rememberUnits)
	}
	cs.went[by][in] += float64(units)
}

// goes is the share of those called by a group who take their places in another.
func (cs *Callers) goes(by, in int) float64 {
	all, may := 0.0, 0.0
	for g := range cs.each {
		all, may = all+cs.went[by][g], may+cs.may[by][g]
	}
	belief := 0.0
	if by == in {
		belief = 1
	}
	if may > 0 {
		belief = cs.may[by][in] / may
	}
	return (cs.went[by][in] + priorUnits*belief) / (all + priorUnits)
}

// flow settles what each group must expect of those called by the others, and how much of
// its own goes there. Whoever finds nothing left in another group comes back; and where
// what is left is wanted already, whoever is called now will.
func (cs *Callers) flow(in []Input) {
	n := len(cs.each)
	all, wanted := make([]demand, n), make([]float64, n)
	for g, c := range cs.each {
		all[g], c.inflow = c.anywhere(), demand{}
	}
	for by := range cs.each {
		for g := range cs.each {
			wanted[g] += all[by].mean * cs.goes(by, g)
		}
	}
	for by, c := range cs.each {
		c.own, c.next = cs.goes(by, by), cs.goes(by, by)
		for g, other := range cs.each {
			if g == by {
				continue
			}
			share, free := cs.goes(by, g), float64(in[g].Free)
			found := min(1, free/max(wanted[g], 1e-9))
			c.own += share * (1 - found)
			c.next += share * min(1, wanted[g]/max(free, 1e-9))
			other.inflow.mean += all[by].mean * share
			other.inflow.variance += all[by].variance*share*share + all[by].mean*share*(1-share)
		}
	}
}

// Plan is what to do at a tick in a room of several groups.
type Plan struct {
	// Calls are to be committed in this order: a number belongs to the first group that
	// comes to it. A group may come twice.
	Calls []Call
	Late  []int // units of late ones to let in, by group
}

// Step lets the time since the last tick go by and says how far to call in each group. The
// plan is a proposal: what was committed of it comes back by Raise and Returned. in has one
// input for each group; Inside, Entries, Paused and Lag of the first hold for all. Groups take
// turns: each may call its share of what the machine allows, and what one leaves goes on to
// the others.
func (cs *Callers) Step(now time.Time, in []Input, look Look) Plan {
	cs.budget.pass(cs.limits.Rate, cs.each[0].since(now))
	walks := make([]*walk, len(cs.each))
	room := float64(cs.limits.Inside - in[0].Inside)
	reach := func(g int) uint32 {
		if walks[g] == nil {
			return cs.called(g)
		}
		return max(cs.called(g), walks[g].to)
	}
	for g, c := range cs.each {
		c.advance(now, in[g].Free > 0, in[0].Lag)
		room -= c.outside()
	}
	cs.flow(in)
	begun := make([]*walk, len(cs.each))
	plan := Plan{Late: make([]int, len(cs.each))}
	for g, c := range cs.each {
		one := in[g]
		one.Inside, one.Entries, one.Paused = in[0].Inside, in[0].Entries, in[0].Paused
		begun[g] = c.begin(one, cs.theirs(g, look, reach))
		plan.Late[g] = begun[g].late
	}
	copy(walks, begun) // from here on what one group proposes is taken for the others
	plan.Calls = cs.turns(walks, room)
	return plan
}

// turns lets the groups call in turn, each its share of what is left, until nothing is
// left to share or nobody can call any more. Who comes after the last one that called is
// the first next time, so that a slow rate goes round as well.
func (cs *Callers) turns(walks []*walk, room float64) (calls []Call) {
	tokens := cs.budget.tokens
	alive := make([]int, 0, len(walks))
	for i := range walks {
		alive = append(alive, (cs.first+i)%len(walks))
	}
	for share := max(1, math.Floor(tokens/float64(len(alive)))); share >= 1 && len(alive) > 0; share = math.Floor(tokens / float64(len(alive))) {
		var still []int
		for _, g := range alive {
			w, n := walks[g], 0.0
			for ; n < share && tokens >= 1 && room > 0 && w.next(); n++ {
				tokens--
				room -= w.c.coming.fresh()
			}
			if n > 0 {
				calls = append(calls, Call{Group: g, To: w.to, People: int(n)})
				cs.first = (g + 1) % len(walks)
			}
			if n == share {
				still = append(still, g)
			}
		}
		if alive = still; len(alive) == 0 || failpoint.Bug(failpoint.BugGroupsShare) {
			break
		}
	}
	return calls
}
