package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Sizes of G6.
const (
	rudeFrom     = 60_001 // numbers of those who do not obey: nobody of them is called
	stormPeople  = 128    // visitors without a pause
	boundLeast   = 0.2    // the largest k is where the bound is this
	stormWarm    = time.Second
	stormBefore  = 1500 * time.Millisecond
	stormLasts   = 2 * time.Second
	stormAfter   = 1500 * time.Millisecond
	stormSettles = 300 * time.Millisecond // of a storm, before it is measured
	reloadTime   = 1.5                    // seconds in which an answer is priced
	backTo       = 0.95                   // of the rate before the storm
	backWindow   = 200 * time.Millisecond // over which the rate is taken afterwards
)

// rudeRound is one round of G6.
type rudeRound struct {
	r, s, rho, capacity float64 // µs, µs, their ratio, bookings/s
	storms              [2]rudeStorm
	foreign, dropped    float64
	generator           time.Duration
}

// rudeStorm is what was booked while so many times the capacity was asked for.
type rudeStorm struct {
	k, bound, offered float64 // requests a second
	answered, late    float64 // of those sent, of 1
	goodput           float64 // of the capacity
	back              time.Duration
}

// ofBound is the goodput ÷ what is physically possible.
func (s *rudeStorm) ofBound() float64 { return s.goodput / s.bound }

// overload is G6: what the house books while people who do not obey ask for twice as
// much as it can do, and for as much as leaves it a fifth by arithmetic, ÷ that
// arithmetic; and how soon it is back afterwards. With r the CPU of an answer to them and
// s that of a booking with its pages, ρ = r/s, k times the capacity leaves at most
// (1 − kρ)/(1 − ρ) of it.
func overload(o *options) ([]figure, error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-g6-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	q, err := makeQueue(dir, crowdTickets)
	if err != nil {
		return nil, err
	}
	rounds, void, err := validRounds(o, func() (rudeRound, float64, float64, error) {
		r, err := overloadRound(o, q)
		return r, r.foreign, r.dropped, err
	})
	if err != nil {
		return nil, err
	}
	return overloadFigures(rounds, void), nil
}

// overloadRound is one house: an answer is priced, then visitors book through two storms.
func overloadRound(o *options, q *queueFile) (r rudeRound, err error) {
	h, err := startRoomHouse(o, q, callingRate, serverCore)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	if err := h.untilCalled(calledBefore); err != nil {
		return r, err
	}
	w, err := h.watch()
	if err != nil {
		return r, err
	}
	if err := r.price(o, h, w); err != nil {
		return r, err
	}
	visitors, err := startLoad(o, h.brief(1, func(b *loadBrief) { b.Visitors = stormPeople }))
	if err != nil {
		return r, err
	}
	time.Sleep(stormWarm)
	spans, err := r.weather(o, h, w, visitors)
	seen, stopped := visitors.stop()
	if err := errors.Join(err, stopped); err != nil {
		return r, err
	}
	w.others += visitors.cpu()
	h.booked += seen.Booked
	r.generator = perBooking(visitors.cpu(), seen.Booked)
	for i := range r.storms {
		r.storms[i].judge(visitors.steps, spans[i])
	}
	r.foreign, err = w.foreign(&h.child)
	return r, err
}

func perBooking(d time.Duration, n int64) time.Duration { return d / time.Duration(max(1, n)) }

// price is r: the CPU of an answer while the house has nothing else to do than that.
func (r *rudeRound) price(o *options, h *roomHouse, w *watch) error {
	l, err := startLoad(o, h.brief(rudeFrom, func(b *loadBrief) { b.Reloads, b.Seconds = rudeConnections, reloadTime }))
	if err != nil {
		return err
	}
	before, err := h.cpu()
	if err != nil {
		return err
	}
	seen, err := l.wait()
	if err != nil {
		return err
	}
	after, err := h.cpu()
	w.others += l.cpu()
	r.r = perOp(after-before, float64(max(1, seen.Answered)))
	return err
}

// span is when a storm was, and the time before it.
type span struct{ before, begun, ended, after time.Time }

// weather measures s and the capacity and brings both storms.
func (r *rudeRound) weather(o *options, h *roomHouse, w *watch, visitors *load) (spans [2]span, err error) {
	for i := range spans {
		at := &spans[i]
		at.before = time.Now()
		booked, err := visitors.booked.Load(), error(nil)
		cpu, failed := h.cpu()
		if time.Sleep(stormBefore); failed != nil {
			return spans, failed
		}
		now, failed := h.cpu()
		if err = errors.Join(err, failed); err != nil {
			return spans, err
		}
		n := float64(visitors.booked.Load() - booked)
		if n == 0 {
			return spans, errors.New("nobody books")
		}
		if i == 0 {
			r.s, r.capacity = perOp(now-cpu, n), n/time.Since(at.before).Seconds()
			r.rho = r.r / r.s
		}
		r.storms[i].choose(i, r.rho)
		if err := r.storms[i].rage(o, h, w, r, at); err != nil {
			return spans, err
		}
		time.Sleep(stormAfter)
		at.after = time.Now()
	}
	return spans, nil
}

// choose sets k and its bound: twice, then as much as leaves boundLeast.
func (s *rudeStorm) choose(i int, rho float64) {
	if s.k = 2; i == 1 {
		s.k = (1 - boundLeast*(1-rho)) / rho
	}
	s.bound = (1 - s.k*rho) / (1 - rho)
}

// rage lets those who do not obey ask, for as many requests as the capacity has bookings
// beyond what the bound lets through.
func (s *rudeStorm) rage(o *options, h *roomHouse, w *watch, r *rudeRound, at *span) error {
	s.offered = (s.k - s.bound) * r.capacity
	l, err := startLoad(o, h.brief(rudeFrom, func(b *loadBrief) { b.Rude, b.Seconds = s.offered, stormLasts.Seconds() }))
	if err != nil {
		return err
	}
	seen, err := l.wait()
	if err != nil {
		return err
	}
	w.others += l.cpu()
	at.begun, at.ended = time.UnixMicro(seen.BeganUS), time.UnixMicro(seen.EndedUS)
	s.answered = float64(seen.Answered) / float64(max(1, seen.Sent))
	s.late = float64(seen.Late) / float64(max(1, seen.Sent))
	r.dropped = max(r.dropped, 1-float64(seen.Sent)/float64(max(1, seen.Offered)))
	return nil
}

// judge reads from the visitors' steps what was booked in the storm, and when it was as
// before.
func (s *rudeStorm) judge(steps []step, at span) {
	before := rateAt(steps, at.before, at.begun)
	s.goodput = rateAt(steps, at.begun.Add(stormSettles), at.ended) / before
	s.back = at.after.Sub(at.ended)
	for end := at.ended.Add(backWindow); end.Before(at.after); end = end.Add(stepEvery) {
		if rateAt(steps, end.Add(-backWindow), end) >= backTo*before {
			s.back = end.Sub(at.ended)
			return
		}
	}
}

func overloadFigures(rounds []rudeRound, void int) (out []figure) {
	of := func(f func(*rudeRound) float64) []float64 {
		all := make([]float64, len(rounds))
		for i := range rounds {
			all[i] = f(&rounds[i])
		}
		return all
	}
	mid := func(f func(*rudeRound) float64) float64 { return median(of(f)) }
	for i, what := range []string{"goodput_of_bound_at_2", "goodput_of_bound_at_largest_k"} {
		f := atLeast("G6", what, 0.9, of(func(r *rudeRound) float64 { return r.storms[i].ofBound() }))
		f.CPUTop, f.CPUBase, f.Void = mid(func(r *rudeRound) float64 { return r.r }), mid(func(r *rudeRound) float64 { return r.s }), void
		f.PerSec = mid(func(r *rudeRound) float64 { return r.storms[i].goodput * r.capacity })
		f.Extra = fmt.Sprintf("r %.1f s %.0f ρ %.3f capacity %.0f/s k %.1f bound %.2f goodput %.2f; rude %.0f/s offered, %.0f %% of them answered, %.1f %% late, dropped %.2f %%; generator %d µs a booking; %s",
			f.CPUTop, f.CPUBase, mid(func(r *rudeRound) float64 { return r.rho }), mid(func(r *rudeRound) float64 { return r.capacity }),
			mid(func(r *rudeRound) float64 { return r.storms[i].k }), mid(func(r *rudeRound) float64 { return r.storms[i].bound }),
			mid(func(r *rudeRound) float64 { return r.storms[i].goodput }), mid(func(r *rudeRound) float64 { return r.storms[i].offered }),
			100*mid(func(r *rudeRound) float64 { return r.storms[i].answered }), 100*mid(func(r *rudeRound) float64 { return r.storms[i].late }), 100*slices.Max(of(func(r *rudeRound) float64 { return r.dropped })),
			int64(mid(func(r *rudeRound) float64 { return float64(r.generator.Microseconds()) })), whereWorked())
		out = append(out, f)
	}
	back := atMost("G6", "seconds_back_after_the_storm", 1, of(func(r *rudeRound) float64 { return r.storms[1].back.Seconds() }))
	back.Extra = fmt.Sprintf("to %.0f %% of the rate before, over %v; after the smaller storm %.2f s", 100*backTo, backWindow,
		mid(func(r *rudeRound) float64 { return r.storms[0].back.Seconds() }))
	back.Void = void
	return append(out, back)
}
