package waitingroom

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The times of runs without a crowd.
const (
	simTick = 500 * time.Millisecond
	simPass = 15 * time.Minute
	simHold = 10 * time.Minute
)

var simOpening = time.Date(2026, 4, 12, 8, 0, 0, 0, time.UTC)

func one(uint32) int { return 1 }

// TestClockAndGapsBringNoBurst: a pause, an outage, a clock set back or forth never lets
// more numbers through at once than a second's rate, and never takes a call back.
func TestClockAndGapsBringNoBurst(t *testing.T) {
	jumps := []time.Duration{-time.Hour, 2 * time.Hour, -time.Second, 20 * time.Minute, -48 * time.Hour, 0}
	c := newAlone(Limits{Rate: 40, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, steps := simOpening, 0
	for _, jump := range jumps {
		for i := range 200 {
			in := Input{Free: 1_000_000, Entries: 10_000_000, Paused: i >= 50 && i < 150}
			turn := c.Step(now, in)
			called := c.Called()
			if turn.To < called || turn.To-called > 40 {
				t.Fatalf("after a jump of %v: from %d to %d in one tick", jump, called, turn.To)
			}
			if turn.To > called {
				steps++
			}
			c.raise(turn.To, now)
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

// TestLateOnesHaveALane: while others wait, late ones get a fifth of what is let in; if
// nobody waits, everything.
func TestLateOnesHaveALane(t *testing.T) {
	c := newAlone(Limits{Rate: 20, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, late, called := simOpening, 0, uint32(0)
	for range 400 {
		turn := c.Step(now, Input{Free: 100_000, Entries: 2000, Late: 10_000})
		for range turn.Late {
			c.Returned(1, now)
		}
		if c.Called() < 2000 {
			late += turn.Late
			called = turn.To
		}
		was := c.Called()
		c.raise(turn.To, now)
		now = now.Add(simTick)
		for range c.Called() - was {
			c.Arrived(now.Add(-simTick), 1, now)
			c.Took(now, 1, now)
		}
	}
	if share := float64(late) / float64(late+int(called)); share < 0.17 || share > 0.2 {
		t.Errorf("%d late ones beside %d others: %.3f, want a fifth", late, called, share)
	}
	if turn := c.Step(now, Input{Free: 100_000, Entries: 2000, Late: 500}); turn.Late != 500 {
		t.Errorf("nobody else waits, and %d of 500 late ones come in", turn.Late)
	}
}

// TestNothingIsToldWhileNobodyComes: where hundreds were called and nearly nobody has come, it
// is rather the house that cannot be reached: nobody hears that their number will be, or not.
func TestNothingIsToldWhileNobodyComes(t *testing.T) {
	c := newAlone(Limits{Rate: 100, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, looks, begun := simOpening, 0, simOpening
	for range 4 * 180 {
		in := Input{Free: 1000, Entries: 60_000}
		turn := c.Step(now, in)
		if c.came < cameLeast {
			if looks++; c.Outlook(in).Known {
				t.Fatalf("after %v something is told, and %d of %d have come", now.Sub(begun), c.came, c.people)
			}
		}
		c.raise(turn.To, now)
		if now.Sub(begun) > 2*time.Minute {
			c.Arrived(now, 1, now)
		}
		now = now.Add(simTick)
	}
	if o := c.Outlook(Input{Free: 1000, Entries: 60_000}); !o.Known || looks < 200 || c.people < 1000 {
		t.Errorf("known %v after %d came of %d; %d looks before", o.Known, c.came, c.people, looks)
	}
}

// TestNothingIsToldUnmeasured: before a hundred people had 45 s to come there is no
// forecast, then there is one.
func TestNothingIsToldUnmeasured(t *testing.T) {
	c := newAlone(Limits{Rate: 100, Inside: 1000, Pass: simPass, Hold: simHold})
	now, known := simOpening, time.Duration(-1)
	for range 240 {
		in := Input{Free: 5000, Entries: 60_000}
		turn := c.Step(now, in)
		o := c.Outlook(in)
		if s := o.Through(60_000, one); !o.Known && (o.Chance(0, 1) != Unknown || s.Probably != c.Called() || s.Not != 60_001) {
			t.Fatalf("after %v, unmeasured: %v, up to %d, from %d", now.Sub(simOpening), o.Chance(0, 1), s.Probably, s.Not)
		}
		if o.Known && known < 0 {
			known = now.Sub(simOpening)
		}
		c.raise(turn.To, now)
		c.Arrived(now, 1, now)
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

// TestOurOwnLineIsNobodysFault: for two minutes the house keeps everybody waiting, and hardly
// anybody who was called can come in. Then half of them do. Nobody is told anything before it is
// known who comes, and never is a place promised to a number that is not reached.
func TestOurOwnLineIsNobodysFault(t *testing.T) {
	const places, entries, behind, least = 2000, 50_000, 120 * time.Second, 200 // looks that told something
	c := newAlone(Limits{Rate: 40, Inside: 1_000_000, Pass: simPass, Hold: simHold})
	now, free, looks, furthest := simOpening, places, 0, uint32(0)
	var called []Called // whose people have not come
	for now.Sub(simOpening) < 10*time.Minute {
		late := now.Sub(simOpening) < behind
		in := Input{Free: free, Entries: entries}
		if late {
			in.Lag = 20 * time.Second
		}
		turn := c.Step(now, in)
		o := c.Outlook(in)
		if late && o.Known {
			t.Fatalf("after %v, in which nobody could come, it is known who comes", now.Sub(simOpening))
		}
		if o.Known {
			looks, furthest = looks+1, max(furthest, o.Through(entries, one).Probably)
		}
		if turn.To > c.Called() {
			called = append(called, Called{To: turn.To - c.Called(), At: now})
			c.raise(turn.To, now)
			if late { // one slips in
				called[len(called)-1].To--
				c.Arrived(now, 1, now)
				c.Took(now, 1, now)
				c.Kept(now, 1, now)
				free--
			}
		}
		if !late { // every second one comes, five seconds after they could
			called = slices.DeleteFunc(called, func(call Called) bool {
				if now.Sub(call.At) < 5*time.Second {
					return false
				}
				for range min(int(call.To/2), free) {
					c.Arrived(call.At, 1, now)
					c.Took(now, 1, now)
					c.Kept(now, 1, now)
					free--
				}
				return true
			})
		}
		now = now.Add(simTick)
	}
	t.Logf("%d of %d places taken, %d numbers called; up to %d was told probably, in %d looks", places-free, places, c.Called(), furthest, looks)
	if looks < least || free > places/50 || furthest > c.Called()+c.Called()/20 {
		t.Errorf("%d looks, %d places free, up to number %d was told probably, %d called", looks, free, furthest, c.Called())
	}
}

// TestNewcomersHearWhatTheNextOneMayExpect: whoever draws a number after a look is not told
// that it is hopeless only because the look has not seen it.
func TestNewcomersHearWhatTheNextOneMayExpect(t *testing.T) {
	const entries = 100
	units := func(uint32) (most, least int) { return 1, 1 }
	for name, c := range map[string]struct {
		outlook    Outlook
		next, last Chance
	}{
		"nothing was measured": {Outlook{}, Unknown, Unknown},
		"places for all":       {Outlook{Known: true, left: 1000, each: 1, party: 1}, Probably, Probably},
		"it may be enough":     {Outlook{Known: true, left: 101, each: 1, party: 1, noise: 20}, Undecided, Undecided},
		"far too few":          {Outlook{Known: true, left: 10, each: 1, party: 1, noise: 1}, ProbablyNot, ProbablyNot},
	} {
		s := c.outlook.Search(entries)
		s.Go(entries, units)
		if got := s.Next(); got != c.next {
			t.Errorf("%s: the next one hears %v, want %v", name, got, c.next)
		}
		if got := s.Chance(entries-1, 1); got != c.last {
			t.Errorf("%s: the last one hears %v, want %v", name, got, c.last)
		}
	}
}
