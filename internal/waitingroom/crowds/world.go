package crowds

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/waitingroom"
)

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

type event struct {
	at   time.Time
	who  int
	what func(w *World, who int, at time.Time)
}

// Insight is what only the room's own tests can see of the controller. Without it places
// that stand idle are not measured.
type Insight struct {
	RateHolds func(*waitingroom.Caller) bool // the rate holds calling back, not the stock
	ByRate    func(waitingroom.Outlook) bool // the same, as a range of time is told
}

// World is one run.
type World struct {
	Habits
	Insight
	Caller   *waitingroom.Caller // the one of callers
	callers  *waitingroom.Callers
	Now      time.Time
	First    time.Time // of the first call
	GoneAt   time.Time // when the last place was in a cart for the first time
	Free     int       // units
	Booked   int       // units
	Inside   int       // people
	EachTick func(w *World)

	// Of those let in who want a place: all, who found none in five minutes, and who found
	// none at the first try.
	Wanted, Missed, Strict int
	// Idle adds up the share of places that stand free beyond the true demand, over
	// IdleTicks looks.
	Idle, IdleTicks float64
	// Open adds up those who were told "open" after the first minute, Waiting all who
	// waited then.
	Open, Waiting float64
	// Ranged are people who were told a range of time, InRange those of whom the first one
	// was right: while places held calling back, and while the rate did. Looked and InLook
	// are the same of ranges that were told at some later look. Those who are never called
	// are counted by Judge.
	Ranged, InRange, Looked, InLook [2]int
	// Narrow are first ranges of a quarter of an hour or less.
	Narrow int

	r             *rand.Rand
	people        []person
	queue         map[int][]event
	pending       int
	carts         int // units
	late          []int
	cohorts       []cohort
	survive       []float64 // chance not to have come by an age in ticks
	past          map[int]*waitingroom.Past
	calls         []waitingroom.Called
	lateUnits     int
	looking       int    // units of those inside who will take them
	yesTo, noFrom uint32 // who was told
	rangedTo      uint32 // who was told a range of time
	guesses       map[uint32][]guess
}

type cohort struct {
	tick  int
	units int // called and not come
}

// New returns the world of one crowd.
func New(h Habits, seed uint64, see Insight) *World {
	w := &World{
		Habits: h, Insight: see, r: rand.New(rand.NewPCG(seed, 3)), Now: Opening, queue: map[int][]event{}, Free: h.Places,
		people: make([]person, h.Crowd+1), noFrom: uint32(h.Crowd) + 1, guesses: map[uint32][]guess{}, past: map[int]*waitingroom.Past{},
	}
	w.callers = w.newCallers()
	w.Caller = w.callers.Of(0)
	for i := range w.people {
		p := &w.people[i]
		p.size = 1
		if h.Parties {
			p.size = []int{1, 1, 1, 2, 2, 2, 3, 4}[w.r.IntN(8)]
		}
		p.comes = w.r.Float64() < h.Show
		p.delay = w.lognormal(h.Slow, h.Spread)
		if w.r.Float64() < h.Prompt {
			p.delay = w.lognormal(h.Quick, 0.5)
		}
	}
	for age := range int(Pass/Tick) + 2 {
		s := float64(age) * Tick.Seconds()
		come := h.Prompt*logCDF(s, h.Quick, 0.5) + (1-h.Prompt)*logCDF(s, h.Slow, h.Spread)
		w.survive = append(w.survive, 1-come)
	}
	return w
}

// MoreCome lets so large a share of those from a number on come who would not have come.
func (w *World) MoreCome(from int, share float64) {
	for n := from; n < len(w.people); n++ {
		w.people[n].comes = w.people[n].comes || w.r.Float64() < share
	}
}

func logCDF(x, median, sigma float64) float64 {
	if x <= 0 {
		return 0
	}
	return 0.5 * math.Erfc(-math.Log(x/median)/sigma/math.Sqrt2)
}

func (w *World) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*w.r.NormFloat64())
}

func (w *World) tick(at time.Time) int { return int(at.Sub(Opening) / Tick) }

func (w *World) in(seconds float64, who int, from time.Time, what func(*World, int, time.Time)) {
	at := from.Add(time.Duration(seconds * float64(time.Second)))
	n := max(w.tick(at), w.tick(w.Now)+1)
	w.queue[n] = append(w.queue[n], event{at, who, what})
	w.pending++
}

func (w *World) size(n uint32) int { return w.people[n].size }

// Sizes is how many come on a number; everything suits them.
func (w *World) Sizes(n uint32) (int, catalog.GroupSet) { return w.size(n), catalog.AnyGroup }

// newCallers are those of a room with one group.
func (w *World) newCallers() *waitingroom.Callers {
	return waitingroom.NewCallers(waitingroom.Limits{Rate: w.Rate, Inside: w.InsideMost, Pass: Pass, Hold: Hold}, 1)
}

// Run plays until everything is booked or nothing moves any more.
func (w *World) Run() {
	for w.Now.Sub(Opening) < Most {
		n := w.tick(w.Now)
		events := w.queue[n]
		delete(w.queue, n)
		if w.Outage[1] > 0 && w.Now.Sub(Opening) >= w.Outage[0] {
			events = append(events, w.restart()...)
		}
		slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
		for _, e := range events {
			w.pending--
			e.what(w, e.who, e.at)
		}
		since := w.Now.Sub(Opening)
		w.step(waitingroom.Input{Paused: since >= w.Pause[0] && since < w.Pause[0]+w.Pause[1]})
		if w.EachTick != nil {
			w.EachTick(w)
		}
		if w.Booked == w.Places || w.pending == 0 && (w.Free > 0 && int(w.Caller.Called()) == w.Crowd) {
			return
		}
		w.Now = w.Now.Add(Tick)
	}
}

// restart is an outage: nothing happens for a while, then everybody comes back at once,
// and the caller is built from what was stored.
func (w *World) restart() (events []event) {
	until := w.Now.Add(w.Outage[1])
	w.Outage[1] = 0
	for ; w.Now.Before(until); w.Now = w.Now.Add(Tick) {
		n := w.tick(w.Now)
		events = append(events, w.queue[n]...)
		delete(w.queue, n)
	}
	for i := range events {
		events[i].at = w.Now
	}
	w.callers = w.Restored()
	w.Caller = w.callers.Of(0)
	return events
}

// Restored are callers that are built from what was stored of the run so far.
func (w *World) Restored() *waitingroom.Callers {
	came := make([]waitingroom.Past, 0, len(w.past))
	for _, p := range w.past {
		came = append(came, *p)
	}
	slices.SortFunc(came, func(a, b waitingroom.Past) int {
		return cmp.Or(a.Arrived.Compare(b.Arrived), a.Called.Compare(b.Called))
	})
	c := w.newCallers()
	c.Restore(w.calls, came, w.Sizes)
	return c
}

// step asks the caller and does what it says.
func (w *World) step(in waitingroom.Input) {
	in.Free, in.Carts, in.Inside, in.Entries = w.Free, w.carts, w.Inside, uint32(w.Crowd)
	for _, who := range w.late {
		if s := w.people[who].size; s <= w.Free {
			in.Late += s
		}
	}
	plan := w.callers.Step(w.Now, []waitingroom.Input{in}, w.Sizes)
	left := plan.Late[0]
	w.late = slices.DeleteFunc(w.late, func(who int) bool {
		p := &w.people[who]
		if p.size > left {
			return false
		}
		left -= p.size
		w.lateUnits += p.size
		w.Caller.Returned(p.size, w.Now)
		w.enters(who, w.Now, time.Time{})
		return true
	})
	for _, call := range plan.Calls {
		w.raise(call.To)
	}
	if !in.Paused {
		w.measure()
	}
	w.forecast()
}
