package waitingroom

import (
	"runtime"
	"testing"
	"time"
	"unsafe"
)

// TestTenMillion runs the controller alone for ten million entries and 400,000 places,
// 2,000 numbers a second at most, of which 55 % come: within a minute, half of them in
// the first eight seconds.
func TestTenMillion(t *testing.T) {
	const entries, places, show = 10_000_000, 400_000, 0.55
	c := newAlone(Limits{Rate: 2000, Inside: 500_000, Pass: simPass, Hold: simHold})
	type group struct {
		called time.Time
		people int
	}
	arrive, hold := map[int][]group{}, map[int][]group{}
	shares := []struct {
		after int // ticks
		share float64
	}{{4, 0.2}, {16, 0.3}, {40, 0.3}, {120, 0.2}}
	now, free, tick, slowest := simOpening, places, 0, time.Duration(0)
	began := time.Now()
	for ; free > 0 && tick < 7200; tick++ {
		for _, g := range arrive[tick] {
			for range g.people {
				c.Arrived(g.called, 1, now)
			}
			hold[tick+40] = append(hold[tick+40], group{now, g.people})
		}
		for _, g := range hold[tick] {
			for range min(g.people, free) {
				c.Took(g.called, 1, now)
				free--
			}
		}
		stepped := time.Now()
		turn := c.Step(now, Input{Free: free, Entries: entries})
		slowest = max(slowest, time.Since(stepped))
		if n := turn.To - c.Called(); n > 0 {
			for _, s := range shares {
				arrive[tick+s.after] = append(arrive[tick+s.after], group{now, int(float64(n)*show*s.share + 0.5)})
			}
			c.raise(turn.To, now)
		}
		if now = now.Add(simTick); tick == 240 {
			looked := time.Now()
			s := c.Outlook(Input{Free: free, Carts: places - free}).Through(entries, one)
			yes, not := s.Probably, s.Not
			t.Logf("after two minutes: probably up to %d, probably not from %d; the look took %v", yes, not, time.Since(looked))
			if yes < c.Called() || not > entries/4 {
				t.Errorf("after two minutes: probably up to %d, probably not from %d", yes, not)
			}
		}
	}
	cohorts := cap(c.coming.cohorts) + cap(c.choosing.cohorts) + cap(c.keeping.cohorts)
	memory := int(unsafe.Sizeof(*c.Caller)) + cohorts*int(unsafe.Sizeof(cohort{}))
	t.Logf("%d places of %d entries held after %v: %d called; the run took %v, the slowest tick %v; the caller has %d kB",
		places-free, entries, time.Duration(tick)*simTick, c.Called(), time.Since(began).Round(time.Millisecond), slowest, memory/1000)
	if ratio := float64(tick) * simTick.Seconds() / (places / show / 2000); free > 0 || ratio > 1.25 || memory > 256_000 {
		t.Errorf("%d free after %d ticks, %.2f of what the rate needs; %d bytes", free, tick, ratio, memory)
	}
	looked := time.Now()
	Outlook{Known: true, left: places}.Through(entries, one)
	t.Logf("a look through all sizes took %v", time.Since(looked))
	runtime.KeepAlive(c)
}
