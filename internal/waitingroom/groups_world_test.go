package waitingroom

import (
	"math/rand/v2"
	"slices"
	"time"

	"einlass/internal/catalog"

	"pgregory.net/rapid"
)

// groupWorld is a room of several groups: people with wishes, what becomes of them, and
// what is stored of it.
type groupWorld struct {
	t       rapid.TB
	r       *rand.Rand
	callers *Callers
	state   *State
	roster  *Roster
	now     time.Time
	limits  Limits
	wants   []catalog.GroupSet // by number, from 1
	sizes   []int
	stay    float64 // share of those called who never come
	by      []int   // the group that called a number; -1: none
	at      []time.Time
	places  []int
	free    []int
	carts   []int
	inside  int
	wanted  int // let in
	missed  int // and found nothing in a group that suits
	tells   bool
	coming  map[uint32]bool // called, will come, have no cart yet
	first   []uint32        // by group: nobody before it waits
	idle    float64         // share of places free beyond what those who come will take, added up
	looks   float64
	began   time.Time
	told    []Chance // what a number heard first, if it was "probably" or "probably not"
	queue   map[int64][]func()
	calls   []Called
	past    []*Past
}

// groupVisit is somebody who was called and comes.
type groupVisit struct {
	number uint32
	by     int
}

func newGroupWorld(t rapid.TB, seed uint64, places []int, wants []catalog.GroupSet, limits Limits) *groupWorld {
	w := &groupWorld{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), callers: NewCallers(limits, len(places)), state: NewState(), now: now, limits: limits,
		wants: append([]catalog.GroupSet{0}, wants...), sizes: make([]int, len(wants)+1), by: make([]int, len(wants)+1), at: make([]time.Time, len(wants)+1),
		places: places, free: slices.Clone(places), carts: make([]int, len(places)), coming: map[uint32]bool{}, told: make([]Chance, len(wants)+1), first: make([]uint32, len(places)), began: now, queue: map[int64][]func(){},
	}
	for n := range w.by {
		w.by[n], w.sizes[n] = -1, 1
	}
	w.state.Rooms[sale] = Room{Sale: sale, Phase: Calling, Entries: uint32(len(wants))} //nolint:gosec // small
	w.roster = NewRoster(w.state.Rooms[sale])
	for no, want := range wants {
		w.roster.Add(Entry{No: uint32(no), Size: 1, Wants: want}) //nolint:gosec // small
	}
	return w
}

func (w *groupWorld) look(number uint32) (int, catalog.GroupSet) { return w.roster.Look(number) }

func (w *groupWorld) in(d time.Duration, do func()) {
	tick := w.now.Add(d).UnixNano() / int64(simTick)
	tick = max(tick, w.now.UnixNano()/int64(simTick)+1)
	w.queue[tick] = append(w.queue[tick], do)
}

// step plays one tick.
func (w *groupWorld) step() {
	w.now = w.now.Add(simTick)
	tick := w.now.UnixNano() / int64(simTick)
	for _, do := range w.queue[tick] {
		do()
	}
	delete(w.queue, tick)
	in := make([]Input, len(w.free))
	for g := range in {
		in[g] = Input{Free: w.free[g], Carts: w.carts[g], Inside: w.inside, Entries: w.state.Rooms[sale].Entries}
	}
	plan := w.callers.Step(w.now, in, w.look)
	for _, call := range plan.Calls {
		w.call(call)
	}
	w.measure()
	if w.tells && tick%20 == 0 {
		w.tell()
	}
}

// tell tells everybody who waits the best of their groups, and remembers the first word.
func (w *groupWorld) tell() {
	entries := w.state.Rooms[sale].Entries
	bounds := make([]*Search, len(w.free))
	for g := range bounds {
		bounds[g] = w.callers.Of(g).Outlook(Input{Free: w.free[g], Carts: w.carts[g]}).Search(entries)
		if !bounds[g].Known {
			return
		}
		bounds[g].Go(int(entries), w.callers.Units(g, w.look))
	}
	for n := uint32(1); n <= entries; n++ {
		if w.by[n] >= 0 || w.told[n] != Unknown {
			continue
		}
		yes, not := false, true
		for _, g := range w.wants[n].Of(len(w.free)) {
			yes, not = yes || n <= bounds[g].Probably, not && n >= bounds[g].Not
		}
		switch {
		case yes:
			w.told[n] = Probably
		case not:
			w.told[n] = ProbablyNot
		}
	}
}

// measure looks how many places stand free beyond what those who come will take, in groups
// that somebody waits for, from the second minute on, while the rate does not hold back.
func (w *groupWorld) measure() {
	if w.now.Sub(w.began) < time.Minute || w.callers.budget.tokens < float64(len(w.free)) {
		return
	}
	demand := make([]float64, len(w.free))
	for n := range w.coming {
		open := slices.DeleteFunc(w.wants[n].Of(len(w.free)), func(g int) bool { return w.free[g] == 0 })
		for _, g := range open {
			demand[g] += 1 / float64(len(open))
		}
	}
	for g := range w.free {
		for int(w.first[g]) < len(w.wants) && (w.by[w.first[g]] >= 0 || !w.wants[w.first[g]].Has(g) || w.first[g] == 0) {
			w.first[g]++
		}
		if int(w.first[g]) < len(w.wants) && w.free[g] > 0 {
			w.idle += max(0, float64(w.free[g])-demand[g]) / float64(w.places[g])
			w.looks++
		}
	}
}

// call commits a call and checks what must hold of it.
func (w *groupWorld) call(call Call) {
	before := w.state.Rooms[sale]
	out, changes := Decide(w.state, []Act{{sale, call}}, w.now)
	if out[0].Reason != Granted || len(changes.Calls) != 1 {
		w.t.Fatalf("%+v: %+v", call, out)
	}
	w.roster.Follow(changes)
	one := changes.Calls[0]
	w.callers.Raise(one, w.look)
	w.calls = append(w.calls, one)
	people := 0
	for n := before.By[call.Group] + 1; n <= call.To; n++ {
		if !w.wants[n].Has(call.Group) || w.by[n] >= 0 {
			continue
		}
		people++
		w.by[n], w.at[n] = call.Group, w.now
		if c, ok := w.roster.CallOf(n); !ok || c.Group != call.Group || c.No != one.No {
			w.t.Fatalf("number %d belongs to %+v, was called by %d", n, c, call.Group)
		}
		if w.r.Float64() >= w.stay {
			v := groupVisit{n, call.Group}
			w.coming[n] = true
			w.in(time.Duration(2+w.r.ExpFloat64()*8)*time.Second, func() { w.comes(v) })
		}
	}
	if people != call.People || people == 0 {
		w.t.Fatalf("%+v called %d", call, people)
	}
}

// comes is somebody who looks around and takes a place in a group that suits.
func (w *groupWorld) comes(v groupVisit) {
	w.callers.Of(v.by).Arrived(w.at[v.number], 1, w.now)
	p := &Past{Called: w.at[v.number], Arrived: w.now, Units: 1, Group: v.by, TookIn: v.by}
	w.past = append(w.past, p)
	w.inside++
	w.wanted++
	w.in(time.Duration(8+w.r.IntN(20))*time.Second, func() { w.takes(v, p) })
}

func (w *groupWorld) takes(v groupVisit, p *Past) {
	delete(w.coming, v.number)
	open := slices.DeleteFunc(w.wants[v.number].Of(len(w.free)), func(g int) bool { return w.free[g] == 0 })
	if len(open) == 0 {
		w.missed++
		w.inside--
		w.callers.Of(v.by).Left(p.Arrived, 1)
		return
	}
	g := open[w.r.IntN(len(open))]
	w.free[g]--
	w.carts[g]++
	p.Took, p.TookIn = w.now, g
	w.callers.Took(v.by, g, p.Arrived, 1, w.now)
	w.in(time.Duration(20+w.r.IntN(60))*time.Second, func() {
		w.inside--
		w.carts[g]--
		p.Ended, p.Kept = w.now, w.r.Float64() < 0.9
		if p.Kept {
			w.callers.Of(g).Kept(p.Took, 1, w.now)
			return
		}
		w.free[g]++
		w.callers.Of(g).GaveBack(p.Took, 1)
	})
}

// orderKept: nobody is called while somebody with a lower number waits whom the same group
// suits; so among those with the same wish the order is that of the numbers.
func (w *groupWorld) orderKept() {
	w.t.Helper()
	last := map[catalog.GroupSet]uint32{}
	waits := make([]uint32, len(w.free)) // the first that waits, by group
	for n := uint32(1); int(n) < len(w.wants); n++ {
		if by := w.by[n]; by >= 0 && waits[by] > 0 {
			w.t.Fatalf("%d was called by group %d before %d", n, by, waits[by])
		}
		if first := last[w.wants[n]]; w.by[n] >= 0 && first > 0 {
			w.t.Fatalf("%d was called before %d, who wishes for the same", n, first)
		}
		if w.by[n] >= 0 {
			continue
		}
		if last[w.wants[n]] == 0 {
			last[w.wants[n]] = n
		}
		for _, g := range w.wants[n].Of(len(w.free)) {
			if waits[g] == 0 {
				waits[g] = n
			}
		}
	}
}
