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
		p := NewPacing(waiting, PollsMost, 0)
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

// TestPollsFollowWhatIsAnswered: a machine that answers 900 polls a second, with 66,000 who
// wait, is asked for fewer than that from the moment at which somebody had to wait, and for
// no fewer than it could answer; when it has nothing else to do it is asked for more again,
// and never for more than is allowed.
func TestPollsFollowWhatIsAnswered(t *testing.T) {
	const answers, tick, minutes = 900.0, time.Second / 4, 10
	p := NewPollBudget(PollsMost)
	if p.Now() != PollsMost {
		t.Fatalf("%.0f before anything is known", p.Now())
	}
	queue, longest, asked := 0.0, 0.0, 0.0
	for i := range int(minutes * time.Minute / tick) {
		offered := NewPacing(66_000, p.Now(), 0).Polls()
		queue = max(0, queue+(offered-answers)*tick.Seconds())
		p.Answered(answers, offered, queue/answers > 0.5, tick)
		if now := time.Duration(i) * tick; now > time.Minute {
			longest, asked = max(longest, queue/answers), asked+offered*tick.Seconds()
		}
	}
	if mean := asked / ((minutes - 1) * time.Minute).Seconds(); longest > 5 || mean < 0.8*answers || mean > answers {
		t.Errorf("an answer took up to %.1f s; %.0f polls a second of %.0f", longest, mean, answers)
	}
	p.Answered(20, 15, true, tick)
	if p.Now() < answers*pollsShare {
		t.Errorf("%.0f after a moment in which somebody waited, and all who asked were answered", p.Now())
	}
	p.Answered(1, 1000, true, tick)
	if p.Now() != PollsMost*pollsLeast {
		t.Errorf("%.0f where hardly anybody is answered", p.Now())
	}
	for range int(3 * time.Minute / tick) {
		p.Answered(0, 0, false, tick)
	}
	if p.Now() != PollsMost {
		t.Errorf("%.0f after three calm minutes", p.Now())
	}
}

// TestPaceOfOne: 4 to 6 s near, 20 to 30 s far if the crowd allows, the first ones spread.
func TestPaceOfOne(t *testing.T) {
	few := NewPacing(5000, PollsMost, 0)
	for _, c := range []struct {
		got       time.Duration
		low, high float64
	}{
		{few.Again(0, 0), 4, 4}, {few.Again(0, 1), 6, 6}, {few.Again(100, 0.5), 5, 5},
		{few.Again(4999, 0), 4, 25}, {NewPacing(18_000, PollsMost, 0).Again(17_000, 0), 19.9, 21},
		{NewPacing(18_000, PollsMost, 0).Again(17_000, 1), 29.9, 31},
		{few.First(0), 0, 0}, {few.First(1), 20, 20}, {NewPacing(66_000, PollsMost, 0).First(1), 44, 44},
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

// TestWhoIsNearHearsOfTheirCall: at a steady pace of calling people hear of their call
// within a second and a half in the mean, and all of them still keep within the budget.
// Where more are called than may ask, nobody is told a moment.
func TestWhoIsNearHearsOfTheirCall(t *testing.T) {
	const waiting, minutes = 40_000, 2
	for _, calls := range []float64{10, 100, 300} {
		told, toldPolls := listen(waiting, calls, calls, minutes)
		untold, _ := listen(waiting, calls, 0, minutes)
		t.Logf("%.0f a second: heard after %.1f s, %.1f if nobody is told the moment; %.0f polls/s", calls, told, untold, toldPolls)
		if told > 1.5 || told > untold/2 || toldPolls > PollsMost {
			t.Errorf("%.0f a second: heard after %.2f s (%.2f if nobody is told), %.0f polls/s of %.0f", calls, told, untold, toldPolls, PollsMost)
		}
	}
	if _, _, calls := NewPacing(waiting, PollsMost, PollsMost).Told(); calls != 0 {
		t.Errorf("%.0f calls a second are told although nobody could ask as often", calls)
	}
}

// listen lets a room call at a pace and everybody ask when they are told to. It returns how
// late people hear of their call in the mean, in seconds, and how many ask a second.
func listen(waiting int, calls, known float64, minutes int) (late, perSecond float64) {
	r := rand.New(rand.NewPCG(2, 2))
	type ask struct {
		at     float64
		number int
	}
	var queue []ask // of one second of the clock
	end := float64(60 * minutes)
	slots := make([][]ask, int(end)+1)
	for n := range waiting {
		at := NewPacing(waiting, PollsMost, known).Again(uint32(n), r.Float64()).Seconds() * r.Float64()
		if at < end {
			slots[int(at)] = append(slots[int(at)], ask{at, n + 1})
		}
	}
	polls, heard := 0, 0
	for second := range slots {
		p := NewPacing(waiting-int(calls*float64(second)), PollsMost, known)
		for queue = slots[second]; len(queue) > 0; {
			a := queue[0]
			queue = queue[1:]
			polls++
			called := int(calls * a.at)
			if a.number <= called {
				late += a.at - float64(a.number)/calls
				heard++
				continue
			}
			a.at += p.Again(uint32(a.number-called-1), r.Float64()).Seconds()
			switch {
			case a.at >= end:
			case int(a.at) == second:
				queue = append(queue, a)
			default:
				slots[int(a.at)] = append(slots[int(a.at)], a)
			}
		}
	}
	return late / float64(heard), float64(polls) / end
}
