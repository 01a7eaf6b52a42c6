package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/waitingroom/crowds"
)

// forecastSeeds are those of the crowds here: none of them is one of the tests', by which
// the controller was made.
const (
	forecastSeeds = 100
	forecastFirst = 10_000
)

// forecast is what those who wait were told, held against what came true, over crowds
// whose habits are drawn and hidden (LIMITS §5). The same seeds give the same figures.
func forecast(*options) ([]figure, error) {
	begun := time.Now()
	worlds := make([]*crowds.World, forecastSeeds)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range cpuCount() {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < forecastSeeds; i = next.Add(1) - 1 {
				seed := uint64(forecastFirst + i) //nolint:gosec // not negative
				worlds[i] = crowds.New(crowds.DrawHabits(rand.New(rand.NewPCG(seed, 1))), seed, crowds.Insight{})
				worlds[i].Run()
			}
		})
	}
	wg.Wait()
	var sum crowds.Sum
	for _, w := range worlds {
		sum.Add(w)
	}
	return forecastFigures(&sum, time.Since(begun))
}

// Fewer people who were told so are no figure.
const (
	forecastYes  = 800 * forecastSeeds
	forecastNot  = 8_000 * forecastSeeds
	forecastSold = forecastSeeds / 2 // runs that sold everything
)

func forecastFigures(s *crowds.Sum, took time.Duration) ([]figure, error) {
	if s.Yes < forecastYes || s.No < forecastNot || len(s.OpenBy) < forecastSold {
		return nil, fmt.Errorf("only %d people were told probably and %d probably not, %d runs sold everything", s.Yes, s.No, len(s.OpenBy))
	}
	share := func(part, of int) float64 { return 100 * float64(part) / float64(max(1, of)) }
	yes := atLeast("FORECAST", "probably_got_a_place_percent", 95, []float64{100 - share(s.YesWrong, s.Yes)})
	yes.Extra = fmt.Sprintf("%d people at its first showing; within a fifth of the cut-off %d, %.2f", s.Yes, s.YesNear, 100-share(s.YesNearWrong, s.YesNear))
	not := atMost("FORECAST", "probably_not_reached_percent", 1, []float64{share(s.NoWrong, s.No)})
	not.Extra = fmt.Sprintf("%d people at its first showing; within a fifth of the cut-off %d, %.2f", s.No, s.NoNear, share(s.NoNearWrong, s.NoNear))
	open := atMost("FORECAST", "open_percent", 15, []float64{100 * s.Open / s.Waiting})
	open.Extra = fmt.Sprintf("of those who wait after the first minute, by run median %.1f; %d crowds from seed %d on, %.0f s", 100*median(s.OpenBy), forecastSeeds, forecastFirst, took.Seconds())
	return []figure{yes, not, open}, nil
}
