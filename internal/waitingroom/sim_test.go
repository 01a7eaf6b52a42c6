package waitingroom

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// The simulator: a crowd in virtual time whose habits the caller does not know.

const (
	simTick = 500 * time.Millisecond
	simPass = 15 * time.Minute
	simHold = 10 * time.Minute
	simMost = 3 * time.Hour
)

var simOpening = time.Date(2026, 4, 12, 8, 0, 0, 0, time.UTC)

// habits are drawn per run and hidden.
type habits struct {
	show          float64 // share of entries that ever come
	prompt        float64 // share of those who come who have the sound on
	quick, slow   float64 // medians in seconds of their delays
	spread        float64 // of the slow ones' logarithm
	want          float64 // share of those inside who find what they want
	look          float64 // median seconds until they hold
	keep          float64 // share of carts that are booked
	fill          float64 // median seconds until they book
	again         float64 // share of those whose cart ended who come again
	parties       bool
	places, crowd int
	rate          float64
	inside        int
	pause         [2]time.Duration // after the opening: from, for so long
	outage        [2]time.Duration // the same; the caller is built anew
}

func drawHabits(r *rand.Rand) habits {
	between := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	h := habits{
		show: between(0.05, 0.95), prompt: between(0.2, 1), quick: between(1.5, 6),
		slow: between(12, 45), spread: between(0.5, 0.9),
		want: between(0.8, 1), look: between(10, 45), keep: between(0.65, 0.98), fill: between(45, 150),
		again: between(0, 0.4), parties: r.IntN(2) == 0,
		places: int(math.Exp(between(math.Log(1000), math.Log(8000)))),
		rate:   math.Exp(between(math.Log(20), math.Log(1000))), inside: 20_000,
	}
	if r.IntN(4) == 0 {
		h.pause = [2]time.Duration{time.Duration(r.IntN(600)) * time.Second, time.Duration(60+r.IntN(540)) * time.Second}
	}
	if r.IntN(4) == 0 {
		h.outage = [2]time.Duration{time.Duration(r.IntN(600)) * time.Second, time.Duration(5+r.IntN(115)) * time.Second}
	}
	h.crowd = int(float64(h.places) * math.Exp(between(math.Log(1.5), math.Log(20))))
	return h
}

// person is one entry; what they will do is drawn when it is decided.
type person struct {
	size    int
	comes   bool
	delay   float64
	at      [3]time.Time // called, arrived, took
	wants   bool
	tried   bool
	got     bool
	reached bool
	told    [4]bool // each chance once
	passes  int
}

type simEvent struct {
	at   time.Time
	who  int
	what func(w *simWorld, who int, at time.Time)
}

type simWorld struct {
	habits
	r       *rand.Rand
	c       *Caller
	people  []person
	now     time.Time
	first   time.Time // of the first call
	queue   map[int][]simEvent
	pending int
	free    int
	carts   int // units
	booked  int
	inside  int
	late    []int

	wanted, missed, strict int // of those let in who want a place
	goneAt                 time.Time
	idle, idleTicks        float64
	cohorts                []simCohort
	survive                []float64 // chance not to have come by an age in ticks
	past                   map[int]*Past
	calls                  []Called
	lateUnits              int
	looking                int // units of those inside who will take them
	eachTick               func(w *simWorld)
	yesTo, noFrom          uint32 // who was told
	open, waiting          float64
	ranged, inRange        [2]int // by what held calling back: places, the rate
	looked, inLook         [2]int // the same, of those told at some later look
	rangedTo               uint32 // who was told
	narrow                 int    // ranges of a quarter of an hour or less
	guesses                map[uint32][]simGuess
}

// simGuess is a range of time that somebody was told.
type simGuess struct {
	kind     int
	from, to time.Time
}

// forecast shows everybody what they would see now, every ten seconds.
func (w *simWorld) forecast() {
	if w.first.IsZero() || w.tick(w.now)%20 != 0 || int(w.c.Called()) == w.crowd {
		return
	}
	in := Input{Free: w.free, Carts: w.carts}
	for _, who := range w.late {
		in.Late += w.people[who].size
	}
	o := w.c.Outlook(in)
	called := w.c.Called()
	yes, no := o.Bounds(uint32(w.crowd), w.size)
	for n := max(called, w.yesTo) + 1; n <= yes; n++ {
		w.people[n].told[Probably] = true
	}
	w.yesTo = max(w.yesTo, yes)
	for n := no; n < w.noFrom; n++ {
		w.people[n].told[ProbablyNot] = true
	}
	w.noFrom = min(w.noFrom, no)
	if w.now.Sub(w.first) >= time.Minute {
		w.waiting += float64(uint32(w.crowd) - called)
		w.open += float64(no - 1 - yes)
	}
	w.tellRanges(o, called, yes)
}

// tellRanges shows everybody their range of time, as it stands for the first time, and
// some of them as it stands at every look.
func (w *simWorld) tellRanges(o Outlook, called, yes uint32) {
	speed, ok := o.Speed(yes)
	if !ok {
		return
	}
	kind := 0
	if o.open > stockNear*o.pace[0] {
		kind = 1
	}
	tell := func(n uint32) {
		if r, ok := speed.Range(n - called); ok {
			w.guesses[n] = append(w.guesses[n], simGuess{kind, w.now.Add(time.Duration(r.From) * time.Minute), w.now.Add(time.Duration(r.To) * time.Minute)})
		}
	}
	for n := max(called, w.rangedTo) + 1; n <= speed.To; n++ {
		tell(n)
	}
	w.rangedTo = max(w.rangedTo, speed.To)
	for _, n := range []uint32{called + 30, called + 300, called + 1000} {
		if n <= speed.To && len(w.guesses[n]) > 0 {
			tell(n)
		}
	}
}

// verdict is what came true of what was told.
type verdict struct{ yes, yesWrong, yesNear, yesNearWrong, no, noWrong, noNear, noNearWrong int }

func (w *simWorld) judge() (v verdict) {
	cut := float64(w.c.Called())
	for n := 1; n <= w.crowd; n++ {
		p := &w.people[n]
		near := math.Abs(float64(n)-cut) < 0.2*cut
		if !p.reached {
			w.judgeRanges(w.guesses[uint32(n)], false) // was told a time that never came
		}
		if p.told[Probably] && p.comes && p.delay < simPass.Seconds() && (!p.reached || p.wants) {
			v.yes++
			wrong := !p.reached || !p.got
			if wrong {
				v.yesWrong++
			}
			if near {
				v.yesNear++
				if wrong {
					v.yesNearWrong++
				}
			}
		}
		if p.told[ProbablyNot] {
			v.no++
			if p.reached {
				v.noWrong++
			}
			if near {
				v.noNear++
				if p.reached {
					v.noNearWrong++
				}
			}
		}
	}
	return v
}

type simCohort struct {
	tick  int
	units int // called and not come
}

func newWorld(h habits, seed uint64) *simWorld {
	w := &simWorld{
		habits: h, r: rand.New(rand.NewPCG(seed, 3)), now: simOpening, queue: map[int][]simEvent{}, free: h.places,
		people: make([]person, h.crowd+1), noFrom: uint32(h.crowd) + 1, guesses: map[uint32][]simGuess{}, past: map[int]*Past{},
		c: NewCaller(Limits{Rate: h.rate, Inside: h.inside, Pass: simPass, Hold: simHold}),
	}
	for i := range w.people {
		p := &w.people[i]
		p.size = 1
		if h.parties {
			p.size = []int{1, 1, 1, 2, 2, 2, 3, 4}[w.r.IntN(8)]
		}
		p.comes = w.r.Float64() < h.show
		p.delay = w.lognormal(h.slow, h.spread)
		if w.r.Float64() < h.prompt {
			p.delay = w.lognormal(h.quick, 0.5)
		}
	}
	for age := range int(simPass/simTick) + 2 {
		s := float64(age) * simTick.Seconds()
		come := h.prompt*logCDF(s, h.quick, 0.5) + (1-h.prompt)*logCDF(s, h.slow, h.spread)
		w.survive = append(w.survive, 1-come)
	}
	return w
}

func logCDF(x, median, sigma float64) float64 {
	if x <= 0 {
		return 0
	}
	return 0.5 * math.Erfc(-math.Log(x/median)/sigma/math.Sqrt2)
}

func (w *simWorld) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*w.r.NormFloat64())
}

func (w *simWorld) tick(at time.Time) int { return int(at.Sub(simOpening) / simTick) }

func (w *simWorld) in(seconds float64, who int, from time.Time, what func(*simWorld, int, time.Time)) {
	at := from.Add(time.Duration(seconds * float64(time.Second)))
	n := max(w.tick(at), w.tick(w.now)+1)
	w.queue[n] = append(w.queue[n], simEvent{at, who, what})
	w.pending++
}

func (w *simWorld) size(n uint32) int { return w.people[n].size }

// run plays until everything is booked or nothing moves any more.
func (w *simWorld) run() {
	for w.now.Sub(simOpening) < simMost {
		n := w.tick(w.now)
		events := w.queue[n]
		delete(w.queue, n)
		if w.outage[1] > 0 && w.now.Sub(simOpening) >= w.outage[0] {
			events = append(events, w.restart()...)
		}
		slices.SortStableFunc(events, func(a, b simEvent) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
		for _, e := range events {
			w.pending--
			e.what(w, e.who, e.at)
		}
		since := w.now.Sub(simOpening)
		w.step(Input{Paused: since >= w.pause[0] && since < w.pause[0]+w.pause[1]})
		if w.eachTick != nil {
			w.eachTick(w)
		}
		if w.booked == w.places || w.pending == 0 && (w.free > 0 && int(w.c.Called()) == w.crowd) {
			return
		}
		w.now = w.now.Add(simTick)
	}
}

// restart is an outage: nothing happens for a while, then everybody comes back at once,
// and the caller is built from what was stored.
func (w *simWorld) restart() (events []simEvent) {
	until := w.now.Add(w.outage[1])
	w.outage[1] = 0
	for ; w.now.Before(until); w.now = w.now.Add(simTick) {
		n := w.tick(w.now)
		events = append(events, w.queue[n]...)
		delete(w.queue, n)
	}
	for i := range events {
		events[i].at = w.now
	}
	w.c = w.restored()
	return events
}

func (w *simWorld) restored() *Caller {
	came := make([]Past, 0, len(w.past))
	for _, p := range w.past {
		came = append(came, *p)
	}
	slices.SortFunc(came, func(a, b Past) int { return cmp.Or(a.Arrived.Compare(b.Arrived), a.Called.Compare(b.Called)) })
	c := NewCaller(Limits{Rate: w.rate, Inside: w.habits.inside, Pass: simPass, Hold: simHold})
	c.Restore(w.calls, came, w.size)
	return c
}

// step asks the caller and does what it says.
func (w *simWorld) step(in Input) {
	in.Free, in.Carts, in.Inside, in.Entries, in.Size = w.free, w.carts, w.inside, uint32(w.crowd), w.size
	for _, who := range w.late {
		if s := w.people[who].size; s <= w.free {
			in.Late += s
		}
	}
	turn := w.c.Step(w.now, in)
	left := turn.Late
	w.late = slices.DeleteFunc(w.late, func(who int) bool {
		p := &w.people[who]
		if p.size > left {
			return false
		}
		left -= p.size
		w.lateUnits += p.size
		w.c.Returned(p.size, w.now)
		w.enters(who, w.now, time.Time{})
		return true
	})
	if turn.To > w.c.Called() {
		w.raise(turn.To)
	}
	if !in.Paused {
		w.measure()
	}
	w.forecast()
}

func (w *simWorld) raise(to uint32) {
	if w.first.IsZero() {
		w.first = w.now
	}
	units := 0
	for n := w.c.Called() + 1; n <= to; n++ {
		p := &w.people[n]
		p.reached, p.at[0] = true, w.now
		w.judgeRanges(w.guesses[n], true)
		units += p.size
		if p.comes {
			w.in(p.delay, int(n), w.now, (*simWorld).arrive)
		}
	}
	w.cohorts = append(w.cohorts, simCohort{w.tick(w.now), units})
	w.calls = append(w.calls, Called{To: to, At: w.now})
	w.c.Raise(to, w.now, w.size)
}

// judgeRanges looks whether somebody who is called now, or never is, was told the truth.
func (w *simWorld) judgeRanges(told []simGuess, called bool) {
	for i, g := range told {
		right := 0
		if !w.now.Before(g.from) && !w.now.After(g.to) && called {
			right = 1
		}
		if i == 0 {
			w.ranged[g.kind]++
			w.inRange[g.kind] += right
			if g.to.Sub(g.from) <= 15*time.Minute {
				w.narrow++
			}
		} else {
			w.looked[g.kind]++
			w.inLook[g.kind] += right
		}
	}
}

func (w *simWorld) arrive(who int, at time.Time) {
	p := &w.people[who]
	i, _ := slices.BinarySearchFunc(w.cohorts, w.tick(p.at[0]), func(c simCohort, t int) int { return c.tick - t })
	w.cohorts[i].units -= p.size
	if at.Sub(p.at[0]) > simPass {
		w.late = append(w.late, who)
		return
	}
	w.c.Arrived(p.at[0], p.size, at)
	w.enters(who, at, p.at[0])
}

// visit names the past of somebody's visit that goes on.
func (w *simWorld) visit(who int) *Past {
	key := who*8 + w.people[who].passes
	if w.past[key] == nil {
		w.past[key] = &Past{}
	}
	return w.past[key]
}

func (w *simWorld) enters(who int, at, called time.Time) {
	p := &w.people[who]
	p.at[1] = at
	p.passes++
	*w.visit(who) = Past{Called: called, Arrived: at, Units: p.size}
	w.inside++
	if w.r.Float64() < w.want || p.passes > 1 {
		if p.passes == 1 {
			w.wanted++
			p.wants = true
		}
		w.looking += p.size
		w.in(w.lognormal(w.look, 0.6), who, at, (*simWorld).try)
		return
	}
	w.in(w.lognormal(w.look, 0.6), who, at, (*simWorld).leave)
}

// leave is somebody who wants nothing: every second one closes the window silently.
func (w *simWorld) leave(who int, at time.Time) {
	w.inside--
	if w.r.IntN(2) == 0 {
		w.c.Left(w.people[who].at[1], w.people[who].size)
	}
}

func (w *simWorld) try(who int, at time.Time) {
	p := &w.people[who]
	if w.free < p.size {
		if !p.tried && p.passes == 1 {
			w.strict++
		}
		p.tried = true
		if at.Sub(p.at[1]) > 5*time.Minute {
			w.inside--
			w.looking -= p.size
			if p.passes == 1 {
				w.missed++
			}
			w.c.Left(p.at[1], p.size)
			return
		}
		w.in(15, who, at, (*simWorld).try)
		return
	}
	p.got = true
	p.at[2] = at
	w.looking -= p.size
	w.free -= p.size
	w.carts += p.size
	if w.free == 0 && w.goneAt.IsZero() {
		w.goneAt = w.now
	}
	w.c.Took(p.at[1], p.size, at)
	w.visit(who).Took = at
	switch {
	case w.r.Float64() < w.keep:
		w.in(min(w.lognormal(w.fill, 0.6), simHold.Seconds()), who, at, (*simWorld).book)
	case w.r.IntN(5) < 2:
		w.in(min(w.lognormal(w.fill, 0.6), simHold.Seconds()), who, at, (*simWorld).giveBack)
	default:
		w.in(simHold.Seconds(), who, at, (*simWorld).expire)
	}
}

func (w *simWorld) book(who int, at time.Time) {
	p := &w.people[who]
	w.inside--
	w.carts -= p.size
	w.booked += p.size
	w.c.Kept(p.at[2], p.size, at)
	w.visit(who).Ended, w.visit(who).Kept = at, true
}

func (w *simWorld) giveBack(who int, at time.Time) {
	w.c.GaveBack(w.people[who].at[2], w.people[who].size)
	w.visit(who).Ended = at
	w.expire(who, at)
}

func (w *simWorld) expire(who int, at time.Time) {
	p := &w.people[who]
	w.inside--
	w.carts -= p.size
	w.free += p.size
	if p.passes < PassesMax && w.r.Float64() < w.again {
		w.late = append(w.late, who)
	}
}

// measure adds up what stands free beyond what those who were called and those inside
// will want by their true habits, from the first minute until the stock is gone.
func (w *simWorld) measure() {
	if w.first.IsZero() || w.now.Sub(w.first) < time.Minute || !w.goneAt.IsZero() || int(w.c.Called()) == w.crowd {
		return
	}
	if w.c.tokens < 1 || w.tick(w.now)%4 != 0 {
		return
	}
	now, expected := w.tick(w.now), 0.0
	for _, c := range w.cohorts {
		if age := now - c.tick; age < len(w.survive) {
			s := w.show * w.survive[age]
			expected += float64(c.units) * s / (1 - w.show + s) * w.want
		}
	}
	expected += float64(w.looking)
	w.idle += max(0, float64(w.free)-expected) / float64(w.places)
	w.idleTicks++
}
