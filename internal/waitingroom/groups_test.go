package waitingroom

import (
	"math/rand/v2"
	"slices"
	"testing"
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

// drawWishes gives every group another demand, and one in four two wishes.
func drawWishes(r *rand.Rand, people, groups int) []catalog.GroupSet {
	out := make([]catalog.GroupSet, people)
	for i := range out {
		first := 0
		for first < groups-1 && r.Float64() < 0.45 {
			first++
		}
		out[i] = catalog.GroupsOf(groups, first)
		if r.IntN(4) == 0 {
			out[i] = catalog.GroupsOf(groups, first, r.IntN(groups))
		}
		if r.IntN(12) == 0 {
			out[i] = catalog.AnyGroup
		}
	}
	return out
}

var groupLimits = Limits{Rate: 40, Inside: 4000, Pass: simPass, Hold: simHold}

// TestGroupsFindTheirPlaces: three groups of very different demand and wishes that
// overlap; a share of those called never comes. Nearly all who are let in find a place
// that suits, and the stock of every group that enough people wish for is used up.
func TestGroupsFindTheirPlaces(t *testing.T) {
	const seeds = 30
	wanted, missed, left, places := 0, 0, 0, 0
	worst, idle, looks := 0.0, 0.0, 0.0
	told, wrong := [4]int{}, [4]int{}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 5))
		stock := []int{300 + r.IntN(900), 300 + r.IntN(900), 300 + r.IntN(900)}
		people := 6000 + r.IntN(6000)
		w := newGroupWorld(t, seed, stock, drawWishes(r, people, 3), groupLimits)
		w.stay, w.tells = r.Float64()*0.6, true
		for range int(20 * time.Minute / simTick) {
			w.step()
		}
		wanted, missed = wanted+w.wanted, missed+w.missed
		worst = max(worst, float64(w.missed)/float64(w.wanted))
		idle, looks = idle+w.idle, looks+w.looks
		for g := range stock {
			if int(w.first[g]) < len(w.wants) { // somebody waits still
				left, places = left+w.free[g], places+stock[g]
			}
		}
		w.orderKept()
		for n, word := range w.told {
			told[word]++
			if word != Unknown && (w.by[n] >= 0) != (word == Probably) {
				wrong[word]++
			}
		}
	}
	t.Logf("told probably: %d, of them not called %d; probably not: %d, of them called %d; neither: %d", told[Probably], wrong[Probably], told[ProbablyNot], wrong[ProbablyNot], told[Unknown])
	t.Logf("%d let in, of them without a place %.2f %%, in the worst of %d runs %.1f %%; idle %.2f %% in %.0f looks; %d of %d places left that somebody waits for", wanted, 100*float64(missed)/float64(wanted), seeds, 100*worst, 100*idle/looks, looks, left, places)
	if wanted < seeds*1000 || float64(missed) > 0.01*float64(wanted) || worst > 0.04 {
		t.Errorf("%d of %d found nothing, in the worst run %.1f %%", missed, wanted, 100*worst)
	}
	if places < seeds*500 || float64(left) > 0.005*float64(places) {
		t.Errorf("%d of %d places are left", left, places)
	}
	if told[Probably] < seeds*500 || float64(wrong[Probably]) > 0.05*float64(told[Probably]) {
		t.Errorf("%d were told probably, %d of them were not called", told[Probably], wrong[Probably])
	}
	if told[ProbablyNot] < seeds*1000 || float64(wrong[ProbablyNot]) > 0.01*float64(told[ProbablyNot]) {
		t.Errorf("%d were told probably not, %d of them were called", told[ProbablyNot], wrong[ProbablyNot])
	}
	if looks < seeds*100 || idle > 0.02*looks {
		t.Errorf("%.2f %% of the places stand idle, in %.0f looks", 100*idle/looks, looks)
	}
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

// TestRandomGroups: whatever people wish for, every number is called once, by a group that
// suits, in order; and callers that are built from what is stored go on alike.
func TestRandomGroups(t *testing.T) {
	calls := 0
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, catalog.GroupsMax).Draw(t, "groups")
		wants := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) catalog.GroupSet {
			return catalog.GroupsOf(groups, rapid.SliceOfN(rapid.IntRange(0, groups-1), 0, 3).Draw(t, "wish")...)
		}), 1, 400).Draw(t, "wants")
		stock := rapid.SliceOfN(rapid.IntRange(0, 60), groups, groups).Draw(t, "stock")
		w := newGroupWorld(t, rapid.Uint64().Draw(t, "seed"), stock, wants, Limits{Rate: 20, Inside: rapid.IntRange(5, 200).Draw(t, "inside"), Pass: simPass, Hold: simHold})
		w.stay = rapid.Float64Range(0, 0.9).Draw(t, "stay")
		for range rapid.IntRange(4, 600).Draw(t, "ticks") {
			w.step()
		}
		w.orderKept()
		people := 0
		for _, c := range w.calls {
			people += c.People
		}
		waiting := 0
		for n := 1; n < len(w.by); n++ {
			if w.by[n] < 0 {
				waiting++
			}
		}
		room := w.state.Rooms[sale]
		if people != room.People || waiting != w.roster.Waiting() || room.Calls != len(w.calls) {
			t.Fatalf("%d called, %d wait; the room says %d, the roster %d", people, waiting, room.People, w.roster.Waiting())
		}
		calls += len(w.calls)
		w.restartsAlike(t)
	})
	if calls < 200 {
		t.Errorf("%d calls in all", calls)
	}
}

// restartsAlike builds callers from what is stored.
func (w *groupWorld) restartsAlike(t *rapid.T) {
	past := make([]Past, len(w.past))
	for i, p := range w.past {
		past[i] = *p
	}
	again := NewCallers(w.limits, len(w.free))
	again.Restore(w.calls, past, w.look)
	for g := range w.free {
		a, b := w.callers.Of(g), again.Of(g)
		if a.called != b.called || a.people != b.people || a.units != b.units {
			t.Fatalf("group %d: called %d, %d people, %d units; restored %d, %d, %d", g, a.called, a.people, a.units, b.called, b.people, b.units)
		}
	}
}

// TestNoGroupSlowsTheOthers: what a group that is sold out, empty or wished for by nobody
// leaves of the machine goes to the others at once; and all groups get their share.
func TestNoGroupSlowsTheOthers(t *testing.T) {
	const rate, ticks = 40.0, 80
	tickSeconds := simTick.Seconds()
	at := func(rate float64, ticks int, places []int, wants func(i int) catalog.GroupSet) (called []int) {
		all := make([]catalog.GroupSet, 20_000)
		for i := range all {
			all[i] = wants(i)
		}
		w := newGroupWorld(t, 1, places, all, Limits{Rate: rate, Inside: 100_000, Pass: simPass, Hold: simHold})
		for range ticks {
			w.step()
		}
		w.orderKept()
		called = make([]int, len(places))
		for _, by := range w.by[1:] {
			if by >= 0 {
				called[by]++
			}
		}
		return called
	}
	run := func(places []int, wants func(i int) catalog.GroupSet) (called []int) {
		return at(rate, ticks, places, wants)
	}
	only := catalog.GroupsOf(4, 2)
	one := run([]int{0, 50_000, 50_000, 50_000}, func(int) catalog.GroupSet { return only })
	if want := int(rate * ticks * tickSeconds * 0.95); one[2] < want {
		t.Errorf("one of four groups called %d, want %d", one[2], want)
	}
	all := run([]int{50_000, 50_000, 50_000, 50_000}, func(i int) catalog.GroupSet { return catalog.GroupsOf(4, i%4) })
	for g, n := range all {
		if want := rate * ticks * tickSeconds / 4; float64(n) < 0.9*want || float64(n) > 1.1*want {
			t.Errorf("group %d of four called %d, want about %.0f", g, n, want)
		}
	}
	for _, slow := range []float64{0.5, 1, 3} { // less than a number a group and tick
		for g, n := range at(slow, 400, []int{5000, 5000, 5000, 5000, 0, 5000, 5000, 5000}, func(i int) catalog.GroupSet { return 1 << (i % 8) }) {
			if want := slow * 400 * tickSeconds / 7; g != 4 && (float64(n) < 0.85*want-1 || float64(n) > 1.15*want+1) {
				t.Errorf("at %v a second group %d called %d, want about %.0f", slow, g, n, want)
			}
		}
	}
	both := run([]int{50_000, 10}, func(i int) catalog.GroupSet { return catalog.GroupsOf(2, 1-i%2) })
	if want := int(rate * ticks * tickSeconds * 0.95); both[0] < want-20 {
		t.Errorf("beside a group that is full, %d were called, want %d", both[0], want-20)
	}
}

// TestAReturnedPlaceGoesToWhoWaited: those whose group is full wait, others behind them are
// called; and when a place comes back, the first of them is called.
func TestAReturnedPlaceGoesToWhoWaited(t *testing.T) {
	full, open := catalog.GroupsOf(2, 0), catalog.GroupsOf(2, 1)
	wants := make([]catalog.GroupSet, 100)
	for i := range wants {
		wants[i] = []catalog.GroupSet{full, open}[i%2]
	}
	w := newGroupWorld(t, 1, []int{0, 30}, wants, groupLimits)
	for range 40 {
		w.step()
	}
	if w.by[1] >= 0 || w.by[3] >= 0 || w.by[2] != 1 || w.by[20] != 1 {
		t.Fatalf("numbers 1, 2, 3 and 20 were called by %d, %d, %d, %d", w.by[1], w.by[2], w.by[3], w.by[20])
	}
	w.free[0] = 1
	w.step()
	if w.by[1] != 0 || w.by[3] >= 0 {
		t.Errorf("a place came back: number 1 was called by %d, number 3 by %d", w.by[1], w.by[3])
	}
}

// TestATickOfAMillion: with a million numbers and eight groups a tick looks at no more than
// it needs to; also where one group is full and everybody waits for it.
func TestATickOfAMillion(t *testing.T) {
	const people, groups, ticks = 1_000_000, 8, 240
	r := rand.New(rand.NewPCG(1, 1))
	wants := make([]catalog.GroupSet, people)
	for i := range wants {
		wants[i] = catalog.GroupsOf(groups, r.IntN(groups), r.IntN(groups))
		if i < people/3 {
			wants[i] = catalog.GroupsOf(groups, 0) // before the others, and full
		}
	}
	w := newGroupWorld(t, 1, []int{0, 3000, 3000, 3000, 3000, 3000, 3000, 3000}, wants, Limits{Rate: 300, Inside: 10_000, Pass: simPass, Hold: simHold})
	took := make([]time.Duration, 0, ticks)
	var search *Search
	looks, group := 0, 0
	for range ticks {
		in := make([]Input, groups)
		for g := range in {
			in[g] = Input{Free: w.free[g], Carts: w.carts[g], Inside: w.inside, Entries: people}
		}
		began := time.Now()
		for _, c := range w.callers.each { // what Step does beside calling, as the room does it
			_, _ = c.wanted()
		}
		if search == nil {
			search = w.callers.Of(group).Outlook(in[group]).Search(people)
		}
		if search.Go(30_000, w.callers.Units(group, w.look)) {
			looks, group, search = looks+1, (group+1)%groups, nil
		}
		looked := time.Since(began)
		w.now = w.now.Add(simTick)
		for _, do := range w.queue[w.now.UnixNano()/int64(simTick)] {
			do()
		}
		began = time.Now()
		plan := w.callers.Step(w.now, in, w.look)
		took = append(took, looked+time.Since(began))
		for _, call := range plan.Calls {
			w.call(call)
		}
	}
	slices.Sort(took)
	t.Logf("a tick takes %v, at most %v; %d looks for the bounds in %d ticks; %d called, groups reached %v", took[ticks/2], took[ticks-1], looks, ticks, w.state.Rooms[sale].People, w.state.Rooms[sale].By)
	if took[ticks/2] > 10*time.Millisecond || looks < groups || w.state.Rooms[sale].People < 10_000 {
		t.Errorf("a tick takes %v; %d looks, %d called", took[ticks/2], looks, w.state.Rooms[sale].People)
	}
}
