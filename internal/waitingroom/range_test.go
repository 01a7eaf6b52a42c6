package waitingroom

import (
	"testing"
	"time"
)

// TestRangesAreNeverNarrower: whatever the speed, the steps hold what was reckoned, and
// only steps are told.
func TestRangesAreNeverNarrower(t *testing.T) {
	step := map[int]bool{}
	for _, m := range RangeSteps {
		step[m] = true
	}
	told, long := 0, 0
	for _, s := range []Speed{{Fast: 18_000, Slow: 9_000}, {Fast: 60, Slow: 6}, {Fast: 1.5, Slow: 0.1}, {Fast: 13.7, Slow: 13}} {
		for nth := uint32(1); nth < 100_000; nth += 1 + nth/7 {
			r, ok := s.Range(nth)
			from, to := float64(nth)/s.Fast, float64(nth)/s.Slow
			if !ok {
				if long++; to <= 1440 {
					t.Fatalf("%+v, %d: nothing told of %.1f minutes", s, nth, to)
				}
				continue
			}
			if told++; float64(r.From) > from || float64(r.To) < to || r.From >= r.To || !step[r.From] || !step[r.To] {
				t.Fatalf("%+v, %d: %.2f to %.2f minutes are told as %+v", s, nth, from, to, r)
			}
		}
	}
	if told < 100 || long < 10 {
		t.Errorf("%d told, %d too long", told, long)
	}
	s := Speed{Fast: 60, Slow: 6, To: 500}
	if got := s.Within(100, 10*time.Minute); got != 500 {
		t.Errorf("within ten minutes up to %d", got)
	}
	if got := s.Within(100, time.Minute); got != 160 {
		t.Errorf("within a minute up to %d", got)
	}
}
