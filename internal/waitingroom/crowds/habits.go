// Package crowds is the simulator of the waiting room's controller: crowds in virtual time
// whose habits the caller does not know. The room's tests and the benchmark play the same
// ones. It is for tests only; the same habits and seed give the same run.
package crowds

import (
	"math"
	"math/rand/v2"
	"time"
)

// The times of every run.
const (
	Tick = 500 * time.Millisecond // of the controller
	Pass = 15 * time.Minute       // how long somebody who was called may take to come
	Hold = 10 * time.Minute       // how long a cart lasts
	Most = 3 * time.Hour          // after which a run ends
)

// Opening is when every run begins.
var Opening = time.Date(2026, 4, 12, 8, 0, 0, 0, time.UTC)

// Habits are drawn per run and hidden. Shares go from 0 to 1, times are in seconds.
type Habits struct {
	Show          float64 // share of entries that ever come
	Prompt        float64 // share of those who come who have the sound on
	Quick, Slow   float64 // medians of their delays
	Spread        float64 // of the slow ones' logarithm
	Want          float64 // share of those inside who find what they want
	Look          float64 // median until they hold
	Keep          float64 // share of carts that are booked
	Fill          float64 // median until they book
	Again         float64 // share of those whose cart ended who come again
	Parties       bool
	Places, Crowd int
	Rate          float64 // numbers a second at most
	InsideMost    int
	Pause         [2]time.Duration // after the opening: from, for so long
	Outage        [2]time.Duration // the same; the caller is built anew
}

// DrawHabits draws those of one run.
func DrawHabits(r *rand.Rand) Habits {
	between := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	h := Habits{
		Show: between(0.05, 0.95), Prompt: between(0.2, 1), Quick: between(1.5, 6),
		Slow: between(12, 45), Spread: between(0.5, 0.9),
		Want: between(0.8, 1), Look: between(10, 45), Keep: between(0.65, 0.98), Fill: between(45, 150),
		Again: between(0, 0.4), Parties: r.IntN(2) == 0,
		Places: int(math.Exp(between(math.Log(1000), math.Log(8000)))),
		Rate:   math.Exp(between(math.Log(20), math.Log(1000))), InsideMost: 20_000,
	}
	if r.IntN(4) == 0 {
		h.Pause = [2]time.Duration{time.Duration(r.IntN(600)) * time.Second, time.Duration(60+r.IntN(540)) * time.Second}
	}
	if r.IntN(4) == 0 {
		h.Outage = [2]time.Duration{time.Duration(r.IntN(600)) * time.Second, time.Duration(5+r.IntN(115)) * time.Second}
	}
	h.Crowd = int(float64(h.Places) * math.Exp(between(math.Log(1.5), math.Log(20))))
	return h
}
