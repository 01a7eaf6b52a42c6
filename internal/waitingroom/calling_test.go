package waitingroom

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// tally adds up many runs.
type tally struct {
	wanted, missed  int
	idle, idleTicks float64
	judged          int       // runs in which the stock was used up after the first minute
	missedBy        []float64 // share by run
	idleBy          []float64
	openBy          []float64
	verdict         verdict
	open, waiting   float64
	ranged, inRange [2]int
	looked, inLook  [2]int
	narrow          int
	paused, outages int
}

func (s *tally) add(w *simWorld, h habits) {
	s.wanted += w.wanted
	s.missed += w.strict
	s.missedBy = append(s.missedBy, float64(w.strict)/float64(max(1, w.wanted)))
	s.idle += w.idle
	s.idleTicks += w.idleTicks
	if w.idleTicks > 0 && !w.goneAt.IsZero() {
		s.judged++
		s.idleBy = append(s.idleBy, w.idle/w.idleTicks)
	}
	if w.waiting > 0 && w.booked == w.places {
		s.open += w.open
		s.waiting += w.waiting
		s.openBy = append(s.openBy, w.open/w.waiting)
	}
	s.verdict.add(w.judge())
	s.narrow += w.narrow
	for i := range s.ranged {
		s.ranged[i] += w.ranged[i]
		s.inRange[i] += w.inRange[i]
		s.looked[i] += w.looked[i]
		s.inLook[i] += w.inLook[i]
	}
	if h.pause[1] > 0 {
		s.paused++
	}
	if h.outage[1] > 0 {
		s.outages++
	}
}

func (v *verdict) add(o verdict) {
	v.yes += o.yes
	v.yesWrong += o.yesWrong
	v.yesNear += o.yesNear
	v.yesNearWrong += o.yesNearWrong
	v.no += o.no
	v.noWrong += o.noWrong
	v.noNear += o.noNear
	v.noNearWrong += o.noNearWrong
}

// quantile of a sorted copy; 0 of none.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Sorted(slices.Values(x))
	return x[min(len(x)-1, int(q*float64(len(x))))]
}

func above(x []float64, limit float64) (n int) {
	for _, v := range x {
		if v > limit {
			n++
		}
	}
	return n
}

func share100(part, of int) float64 { return 100 * float64(part) / float64(max(1, of)) }

// crowds is how many runs there are, each of a seed of its own; short ones find the
// planted bugs.
func crowds() uint64 {
	if testing.Short() {
		return 60
	}
	return 200
}

// TestCrowds is the judgement of calling and forecast: crowds whose habits are drawn per
// run and hidden.
func TestCrowds(t *testing.T) {
	var s tally
	for seed := range crowds() {
		h := drawHabits(rand.New(rand.NewPCG(seed, 1)))
		w := newWorld(h, seed)
		w.run()
		s.add(w, h)
		most := 0.03
		if h.outage[1] > 0 {
			most = 0.06 // all who would have come meanwhile come at once
		}
		if miss := float64(w.strict) / float64(max(1, w.wanted)); miss > most {
			t.Errorf("seed %d: %.1f %% of those let in found nothing: %+v", seed, 100*miss, h)
		}
		if int(w.c.Called()) < w.crowd && w.booked < w.places*99/100 && w.now.Sub(simOpening) >= simMost {
			t.Errorf("seed %d: stalled at %d of %d places with %d waiting: %+v", seed, w.booked, w.places, w.crowd-int(w.c.Called()), h)
		}
	}
	n := int(crowds())
	s.report(t)
	s.check(t, n)
}

func (s *tally) report(t *testing.T) {
	v := s.verdict
	t.Logf("%d runs, %d with a pause, %d with an outage; %d people let in who want a place", len(s.missedBy), s.paused, s.outages, s.wanted)
	t.Logf("found nothing at the first try: %.3f %%; of the runs p95 %.2f %%, worst %.2f %%", share100(s.missed, s.wanted), 100*quantile(s.missedBy, 0.95), 100*quantile(s.missedBy, 1))
	t.Logf("places idle beyond expected demand: %.2f %% of the time's mean; of %d runs %d over 2 %%, median %.2f %%, p90 %.2f %%, worst %.2f %%", 100*s.idle/s.idleTicks, s.judged, above(s.idleBy, 0.02), 100*quantile(s.idleBy, 0.5), 100*quantile(s.idleBy, 0.9), 100*quantile(s.idleBy, 1))
	t.Logf("told probably: %d, of them without a place %.3f %% (within 20 %% of the cut-off: %d, %.3f %%)", v.yes, share100(v.yesWrong, v.yes), v.yesNear, share100(v.yesNearWrong, v.yesNear))
	t.Logf("told probably not: %d, of them reached %.3f %% (within 20 %%: %d, %.3f %%)", v.no, share100(v.noWrong, v.no), v.noNear, share100(v.noNearWrong, v.noNear))
	t.Logf("open after the first minute: %.1f %% of people; of the runs median %.1f %%, p90 %.1f %%", 100*s.open/s.waiting, 100*quantile(s.openBy, 0.5), 100*quantile(s.openBy, 0.9))
	t.Logf("ranges of time at later looks: %d, right %.1f %% while the rate holds back; %d, right %.1f %% while places do", s.looked[1], share100(s.inLook[1], s.looked[1]), s.looked[0], share100(s.inLook[0], s.looked[0]))
	t.Logf("ranges of a quarter of an hour or less: %.1f %%", share100(s.narrow, s.ranged[0]+s.ranged[1]))
	t.Logf("ranges of time first told: %d, right %.1f %% while the rate holds back; %d, right %.1f %% while places do", s.ranged[1], share100(s.inRange[1], s.ranged[1]), s.ranged[0], share100(s.inRange[0], s.ranged[0]))
}

// check compares with the targets: DESIGN §4, LIMITS §5.
func (s *tally) check(t *testing.T, runs int) {
	v, tail := s.verdict, 1.0
	if testing.Short() {
		tail = 2 // few runs: a quantile is three of them
	}
	for _, c := range []struct {
		what        string
		got, target float64
		count, want int
	}{
		{"let in and found nothing", share100(s.missed, s.wanted), 1, s.wanted, 1500 * runs},
		{"the same, in the run at p95", 100 * quantile(s.missedBy, 0.95), tail, runs, 60},
		{"places idle", 100 * s.idle / s.idleTicks, 2, s.judged, runs / 2},
		{"runs with more than 2 % idle", share100(above(s.idleBy, 0.02), s.judged), 30, s.judged, runs / 2},
		{"told probably, no place", share100(v.yesWrong, v.yes), 5, v.yes, 800 * runs},
		{"told probably not, reached", share100(v.noWrong, v.no), 1, v.no, 8000 * runs},
		{"open", 100 * s.open / s.waiting, 15, len(s.openBy), runs / 2},
		{"range wrong, rate", 100 - share100(s.inRange[1], s.ranged[1]), 10, s.ranged[1], 1000 * runs},
		{"range wrong, places", 100 - share100(s.inRange[0], s.ranged[0]), 15, s.ranged[0], 500 * runs},
		{"range wrong at a later look", 100 - share100(s.inLook[0]+s.inLook[1], s.looked[0]+s.looked[1]), 20, s.looked[0] + s.looked[1], 20 * runs},
	} {
		if c.count < c.want {
			t.Errorf("%s: judged on %d only, want %d", c.what, c.count, c.want)
		}
		if !(c.got <= c.target) {
			t.Errorf("%s: %.2f %%, at most %.0f %% wanted", c.what, c.got, c.target)
		}
	}
	if s.paused < runs/6 || s.outages < runs/6 {
		t.Errorf("%d pauses, %d outages in %d runs: too few", s.paused, s.outages, runs)
	}
}

// calm is a crowd in which everybody comes at once and wants a place.
func calm(places, crowd int, rate float64) habits {
	return habits{
		show: 1, prompt: 1, quick: 0.3, slow: 30, spread: 0.5, want: 1, look: 0.25, keep: 1, fill: 60,
		places: places, crowd: crowd, rate: rate, inside: 20_000,
	}
}

// TestPromptPeopleFillAtTheRate: 4,000 places are held within 1.1 times what the rate
// needs (goal G12), if people come at once.
func TestPromptPeopleFillAtTheRate(t *testing.T) {
	for _, rate := range []float64{50, 100, 150} {
		w := newWorld(calm(4000, 16_000, rate), 1)
		w.run()
		took := w.goneAt.Sub(w.first).Seconds()
		ratio := took / (4000 / rate)
		t.Logf("rate %.0f: %.1f s, %.3f of what the rate needs; %d found nothing", rate, took, ratio, w.strict)
		if w.goneAt.IsZero() || ratio > 1.1 || w.strict > 40 {
			t.Errorf("rate %.0f: held after %.1f s, ratio %.3f, %d without", rate, took, ratio, w.strict)
		}
	}
}

// TestGhostsStallNobody: 90 and 97 of a hundred never come.
func TestGhostsStallNobody(t *testing.T) {
	for _, show := range []float64{0.1, 0.03} {
		h := calm(1000, 200_000, 1000)
		h.show, h.quick, h.prompt, h.slow, h.look, h.keep = show, 3, 0.6, 25, 15, 0.9
		w := newWorld(h, 2)
		w.run()
		took := w.goneAt.Sub(w.first)
		t.Logf("%.0f %% come: all held after %v, %d numbers called, %d of %d found nothing", 100*show, took, w.c.Called(), w.strict, w.wanted)
		if w.goneAt.IsZero() || took > 10*time.Minute || w.booked < w.places || w.strict > w.wanted/100 {
			t.Errorf("%.0f %% come: held after %v, booked %d, %d of %d found nothing", 100*show, took, w.booked, w.strict, w.wanted)
		}
	}
}

// TestHabitsMayChange: half-way through the show-up rises by 30 of a hundred, which
// nobody could know. What is called by then may be too many; it is not lost for long.
func TestHabitsMayChange(t *testing.T) {
	wanted, missed := 0, 0
	for seed := range uint64(20) {
		h := drawHabits(rand.New(rand.NewPCG(seed, 1)))
		h.show = 0.3 + 0.3*float64(seed)/20
		w := newWorld(h, seed)
		for n := int(float64(h.places) / h.show / 2); n < len(w.people); n++ {
			w.people[n].comes = w.people[n].comes || w.r.Float64() < 0.3/(1-h.show)
		}
		w.run()
		wanted += w.wanted
		missed += w.strict
	}
	t.Logf("%d let in who want a place, %.2f %% of them found nothing at the first try", wanted, share100(missed, wanted))
	if wanted < 30_000 || share100(missed, wanted) > 1 {
		t.Errorf("%d of %d found nothing", missed, wanted)
	}
}

func one(uint32) int { return 1 }

// TestClockAndGapsBringNoBurst: a pause, an outage, a clock set back or forth never lets
// more numbers through at once than a second's rate, and never takes a call back.
func TestClockAndGapsBringNoBurst(t *testing.T) {
	jumps := []time.Duration{-time.Hour, 2 * time.Hour, -time.Second, 20 * time.Minute, -48 * time.Hour, 0}
	c := NewCaller(Limits{Rate: 40, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, steps := simOpening, 0
	for _, jump := range jumps {
		for i := range 200 {
			in := Input{Free: 1_000_000, Entries: 10_000_000, Size: one, Paused: i >= 50 && i < 150}
			turn := c.Step(now, in)
			called := c.Called()
			if turn.To < called || turn.To-called > 40 {
				t.Fatalf("after a jump of %v: from %d to %d in one tick", jump, called, turn.To)
			}
			if turn.To > called {
				steps++
			}
			c.Raise(turn.To, now, one)
			if i%3 == 0 && called > 0 {
				c.Arrived(now.Add(-time.Second), 1, now)
			}
			now = now.Add(simTick)
		}
		now = now.Add(jump)
	}
	if steps < 500 {
		t.Errorf("only %d ticks called anybody", steps)
	}
	if want := uint32(len(jumps) * 40 * 52); c.Called() > want {
		t.Errorf("%d numbers called, the rate allows %d", c.Called(), want)
	}
	if m, v := c.wanted(); m < 0 || v < 0 || math.IsNaN(m) || c.coming.units < 0 {
		t.Errorf("wanted %v ± %v, %d units", m, v, c.coming.units)
	}
}

// TestRestoreGoesOnAsBefore: a caller that is built from what was stored expects what
// the one expected that had seen it.
func TestRestoreGoesOnAsBefore(t *testing.T) {
	compared := 0
	for seed := range uint64(12) {
		h := drawHabits(rand.New(rand.NewPCG(seed, 1)))
		h.outage[1], h.again = 0, 0
		w := newWorld(h, seed)
		w.eachTick = func(w *simWorld) {
			if since := w.now.Sub(simOpening); since%(4*time.Minute) != 0 || since == 0 || since > 20*time.Minute {
				return
			}
			r := w.restored()
			r.Step(w.now, Input{Paused: true, Free: w.free})
			had, _ := w.c.wanted()
			has, _ := r.wanted()
			off := math.Abs(had-has) / float64(w.places)
			if r.Called() != w.c.Called() || off > 0.03 || math.Abs(r.coming.fresh()-w.c.coming.fresh()) > 0.03 {
				t.Errorf("seed %d after %v: wanted %.0f, restored %.0f; come %.3f, restored %.3f", seed, w.now.Sub(simOpening), had, has, w.c.coming.fresh(), r.coming.fresh())
			}
			compared++
		}
		w.run()
	}
	if compared < 40 {
		t.Errorf("only %d compared", compared)
	}
}

// TestLateOnesHaveALane: while others wait, late ones get a fifth of what is let in; if
// nobody waits, everything.
func TestLateOnesHaveALane(t *testing.T) {
	c := NewCaller(Limits{Rate: 20, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, late, called := simOpening, 0, uint32(0)
	for range 400 {
		turn := c.Step(now, Input{Free: 100_000, Entries: 2000, Size: one, Late: 10_000})
		for range turn.Late {
			c.Returned(1, now)
		}
		if c.Called() < 2000 {
			late += turn.Late
			called = turn.To
		}
		was := c.Called()
		c.Raise(turn.To, now, one)
		now = now.Add(simTick)
		for range c.Called() - was {
			c.Arrived(now.Add(-simTick), 1, now)
			c.Took(now, 1, now)
		}
	}
	if share := float64(late) / float64(late+int(called)); share < 0.17 || share > 0.2 {
		t.Errorf("%d late ones beside %d others: %.3f, want a fifth", late, called, share)
	}
	if turn := c.Step(now, Input{Free: 100_000, Entries: 2000, Size: one, Late: 500}); turn.Late != 500 {
		t.Errorf("nobody else waits, and %d of 500 late ones come in", turn.Late)
	}
}

// TestPartiesCountAsManyAsTheyAre: a party of four wants four places.
func TestPartiesCountAsManyAsTheyAre(t *testing.T) {
	h := calm(3000, 12_000, 2000)
	h.parties, h.quick = true, 3
	w := newWorld(h, 4)
	w.run()
	if w.wanted < 1000 || w.strict > w.wanted/100 || w.booked < h.places-3 {
		t.Errorf("%d of %d found nothing, %d of %d places booked", w.strict, w.wanted, w.booked, h.places)
	}
}

// TestInsideIsBounded: no more are inside than the machine has proved.
func TestInsideIsBounded(t *testing.T) {
	h := calm(5000, 20_000, 500)
	h.inside, h.quick, h.look, h.fill = 300, 2, 20, 60
	most := 0
	w := newWorld(h, 5)
	w.eachTick = func(w *simWorld) { most = max(most, w.inside) }
	w.run()
	if most < 250 || most > 310 || w.booked < 5000 {
		t.Errorf("at most %d inside, want up to 300; %d of 5000 booked", most, w.booked)
	}
}

// TestLastPlaceIsCalledFor: with one place, whatever the share of those who come.
func TestLastPlaceIsCalledFor(t *testing.T) {
	for _, show := range []float64{0.05, 0.5, 0.85, 0.95, 1} {
		h := calm(1, 500, 100)
		h.show, h.look = show, 10
		w := newWorld(h, 9)
		w.run()
		if w.booked != 1 {
			t.Errorf("%.0f %% come, one place: nobody got it", 100*show)
		}
	}
}

// TestNothingIsToldUnmeasured: before a hundred people had 45 s to come there is no
// forecast, then there is one.
func TestNothingIsToldUnmeasured(t *testing.T) {
	c := NewCaller(Limits{Rate: 100, Inside: 1000, Pass: simPass, Hold: simHold})
	now, known := simOpening, time.Duration(-1)
	for range 240 {
		in := Input{Free: 5000, Entries: 60_000, Size: one}
		turn := c.Step(now, in)
		o := c.Outlook(in)
		if yes, not := o.Bounds(60_000, one); !o.Known && (o.Chance(0, 1) != Unknown || yes != c.Called() || not != 60_001) {
			t.Fatalf("after %v, unmeasured: %v, up to %d, from %d", now.Sub(simOpening), o.Chance(0, 1), yes, not)
		}
		if o.Known && known < 0 {
			known = now.Sub(simOpening)
		}
		c.Raise(turn.To, now, one)
		now = now.Add(simTick)
	}
	if known < 45*time.Second || known > 60*time.Second {
		t.Errorf("a forecast after %v, want one within the first minute and not at once", known)
	}
	for chance, name := range map[Chance]string{Unknown: "unknown", Probably: "probably", Undecided: "open", ProbablyNot: "probably_not"} {
		if chance.String() != name {
			t.Errorf("%d is called %q", chance, chance)
		}
	}
}
