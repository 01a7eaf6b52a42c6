package waitingroom

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestPaceKeepsTheBudget: whatever the crowd, all who wait together stay within the
// budget, by adding up what each of them is told.
func TestPaceKeepsTheBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, waiting := range []int{1, 100, 5_000, 16_000, 66_000, 300_000, 1_000_000, 10_000_000} {
		p := NewPacing(waiting, PollsMost)
		polls, step := 0.0, max(1, waiting/200_000)
		for ahead := 0; ahead < waiting; ahead += step {
			polls += float64(step) / p.Again(uint32(ahead), r.Float64()).Seconds()
		}
		t.Logf("%d wait: %.0f polls/s (%.0f computed); far %v", waiting, polls, p.Polls(), seconds(p.far).Round(time.Second))
		if polls > PollsMost*1.01 || p.Polls() > PollsMost*1.001 {
			t.Errorf("%d wait: %.0f polls/s, %.0f computed, at most %.0f", waiting, polls, p.Polls(), PollsMost)
		}
	}
}

// TestPaceOfOne: 4 to 6 s near, 20 to 30 s far if the crowd allows, the first ones spread.
func TestPaceOfOne(t *testing.T) {
	few := NewPacing(5000, PollsMost)
	for _, c := range []struct {
		got       time.Duration
		low, high float64
	}{
		{few.Again(0, 0), 4, 4}, {few.Again(0, 1), 6, 6}, {few.Again(100, 0.5), 5, 5},
		{few.Again(4999, 0), 4, 25}, {NewPacing(18_000, PollsMost).Again(17_000, 0), 19.9, 21},
		{NewPacing(18_000, PollsMost).Again(17_000, 1), 29.9, 31},
		{few.First(0), 0, 0}, {few.First(1), 20, 20}, {NewPacing(66_000, PollsMost).First(1), 44, 44},
	} {
		if s := c.got.Seconds(); s < c.low-1e-9 || s > c.high+1e-9 {
			t.Errorf("told %v, want %v to %v s", c.got, c.low, c.high)
		}
	}
	last := time.Duration(0)
	for ahead := range uint32(5000) {
		d := few.Again(ahead, 0.5)
		if d < last {
			t.Fatalf("with %d ahead %v, with fewer %v", ahead, d, last)
		}
		last = d
	}
}
