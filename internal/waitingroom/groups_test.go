package waitingroom

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"einlass/internal/catalog"

	"pgregory.net/rapid"
)

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
			if call, ok := w.roster.CallOf(uint32(n)); ok != (w.by[n] >= 0) || ok && call.Group != w.by[n] { //nolint:gosec // some hundred
				t.Fatalf("number %d belongs to group %d, called: %v; the first that came to it is %d", n, call.Group, ok, w.by[n])
			}
		}
		room := w.state.Rooms[sale]
		if people != room.People || waiting != w.roster.Waiting() || room.Calls != len(w.calls) {
			t.Fatalf("%d called, %d wait; the room says %d, the roster %d", people, waiting, room.People, w.roster.Waiting())
		}
		calls += len(w.calls)
		w.restartsAlike(t)
	})
	t.Logf("%d calls in all", calls)
	least := 100
	if testing.Short() { // a fifth of the histories
		least /= 5
	}
	if calls < least {
		t.Errorf("%d calls in all, at least %d are wanted", calls, least)
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
