package main

import (
	"fmt"
	"os"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/store"
)

// Sizes of a round. They are small enough that a round takes about a second and
// large enough that the collector and the checkpoints take part.
const (
	roundBookings = 20_000
	slotsSpread   = 50
	placesEnough  = 1_000_000
)

func setDelay(d time.Duration) error {
	if d == 0 {
		return nil
	}
	if !failpoint.Enabled {
		return fmt.Errorf("-sync-delay needs the build tag failpoints")
	}
	if want := fmt.Sprintf("%s=delay:%s", failpoint.StoreBeforeCommit, d); os.Getenv("EINLASS_FAILPOINTS") != want {
		return fmt.Errorf("-sync-delay %s: set EINLASS_FAILPOINTS=%q as well", d, want)
	}
	return nil
}

// engineVsRaw is G1: the recorded rows of the engine's own batches written
// blindly ÷ the engine that checked, decided and wrote them.
func engineVsRaw(o *options) ([]figure, error) {
	var out []figure
	for _, c := range []struct {
		callers int
		n       int
		goal    float64
	}{{512, roundBookings, 0.8}, {64, roundBookings / 2, 0.5}} {
		tape, err := record(o, c.callers, c.n)
		if err != nil {
			return nil, err
		}
		raw, ours, void, err := pairs(o,
			func(int) (sample, error) { return rawRound(o, tape, c.n) },
			func(int) (sample, error) { return engineRound(o, c.callers, c.n, slotsSpread) })
		if err != nil {
			return nil, err
		}
		f := ratio("G1", fmt.Sprintf("engine_vs_raw_%d", c.callers), c.goal, raw, ours, void)
		f.Extra = fmt.Sprintf("rows %.1f batch %.0f", rowsPer(tape, c.n), float64(2*c.n)/float64(len(tape.Batches)))
		out = append(out, f)
	}
	return out, nil
}

func record(o *options, callers, n int) (*store.Tape, error) {
	e, err := newEngine(o, slotsSpread, placesEnough)
	if err != nil {
		return nil, err
	}
	tape := &store.Tape{}
	e.store.Record(tape)
	if err := e.book(callers, n, slotsSpread); err != nil {
		return nil, err
	}
	e.store.Record(nil)
	return tape, e.close(n)
}

func rowsPer(t *store.Tape, n int) float64 {
	rows := 0
	for _, b := range t.Batches {
		rows += len(b)
	}
	return float64(rows) / float64(n)
}

func engineRound(o *options, callers, n, slots int) (sample, error) {
	e, err := newEngine(o, slotsSpread, placesEnough)
	if err != nil {
		return sample{}, err
	}
	s, err := measure(n, func() error { return e.book(callers, n, slots) })
	if err != nil {
		return sample{}, err
	}
	return s, e.close(n)
}

// rawRound writes the tape into a database prepared in the same way.
func rawRound(o *options, tape *store.Tape, n int) (sample, error) {
	e, err := newEngine(o, slotsSpread, placesEnough)
	if err != nil {
		return sample{}, err
	}
	s, err := measure(n, func() error {
		for _, b := range tape.Batches {
			if err := e.store.Replay(b); err != nil {
				return err
			}
			if err := e.store.Checkpoint(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return sample{}, err
	}
	return s, e.close(n)
}

// hotSlot is G3: everybody wants one slot ÷ spread over 50.
func hotSlot(o *options) ([]figure, error) {
	spread, hot, void, err := pairs(o,
		func(int) (sample, error) { return engineRound(o, 512, roundBookings, slotsSpread) },
		func(int) (sample, error) { return engineRound(o, 512, roundBookings, 1) })
	if err != nil {
		return nil, err
	}
	return []figure{ratio("G3", "hot_slot", 1.0, spread, hot, void)}, nil
}

// retrograde is G4: with eight times the best number of callers, and at every
// step on the way, the engine works no slower than at its best.
func retrograde(o *options) ([]figure, error) {
	var out []figure
	for _, callers := range []int{1024, 2048, 4096} {
		best, many, void, err := pairs(o,
			func(int) (sample, error) { return engineRound(o, 512, roundBookings, slotsSpread) },
			func(int) (sample, error) { return engineRound(o, callers, roundBookings, slotsSpread) })
		if err != nil {
			return nil, err
		}
		out = append(out, ratio("G4", fmt.Sprintf("no_retrograde_%d", callers), 0.95, best, many, void))
	}
	return out, nil
}
