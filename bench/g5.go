package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Sizes of G5. The house calls as fast as people come in; at its best it lets in less
// than a tenth of those who wait during a round.
const (
	crowdTickets   = 130_000
	crowdFrom      = 30_001 // the first who waits through a round
	crowdWaiting   = 100_000
	callingRate    = 5_000.0 // a second: faster than anybody books
	calledBefore   = 8_000   // before a round begins
	ratedArrivals  = 300.0   // a second: what a house calls if nobody says otherwise (onsale.RateDefault)
	bestVisitors   = 128
	phaseSeconds   = 3.0
	crowdBegins    = time.Second // the crowd waits before those inside begin
	latencySamples = 300         // fewer holds are no figure
)

// obeying is G5: what the house books for those it lets in while a hundred thousand
// others wait and ask when they are told to ÷ what it books with nobody waiting; and the
// 99th percentile of a hold at the rate at which a house calls.
func obeying(o *options) ([]figure, error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-g5-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	q, err := makeQueue(dir, crowdTickets)
	if err != nil {
		return nil, err
	}
	crowdFirst := false
	rounds, void, err := validRounds(o, func() (crowdRound, float64, float64, error) {
		r, err := obeyRound(o, q, crowdFirst)
		crowdFirst = !crowdFirst
		return r, r.foreign, r.dropped, err
	})
	if err != nil {
		return nil, err
	}
	return crowdFigures(rounds, void), nil
}

// droppedMax is the share of requests that a generator may have dropped, of 1.
const droppedMax = 0.01

// poll is the server's CPU of one poll in µs, by what a booking cost more beside them.
func (r *crowdRound) poll() float64 {
	return (r.best[1].cpuUS - r.best[0].cpuUS) * r.best[1].perSec / max(1, r.polls)
}

// phase is one part of a round.
type phase struct {
	perSec, cpuUS, p99, p50 float64 // bookings, CPU of the server a booking, ms of a hold
	generator               time.Duration
}

// crowdRound is one round: [0] without a crowd, [1] with it.
type crowdRound struct {
	best, rated      [2]phase
	polls            float64 // a second
	crowdCPU         time.Duration
	foreign, dropped float64
}

// obeyRound is a house of its own; the crowd comes first or last.
func obeyRound(o *options, q *queueFile, crowdFirst bool) (r crowdRound, err error) {
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
	number := uint32(1)
	for i := range 2 {
		with := i
		if crowdFirst {
			with = 1 - i
		}
		if err := r.half(o, h, w, with, &number); err != nil {
			return r, err
		}
	}
	r.foreign, err = w.foreign(&h.child)
	return r, err
}

// half is the two phases without a crowd, or with it.
func (r *crowdRound) half(o *options, h *roomHouse, w *watch, with int, number *uint32) (err error) {
	if with == 1 {
		crowd, err := startLoad(o, h.brief(crowdFrom, func(b *loadBrief) { b.Waiters = crowdWaiting }))
		if err != nil {
			return err
		}
		time.Sleep(crowdBegins)
		defer func() {
			seen, stopped := crowd.stop()
			r.polls = float64(seen.Answered) / (float64(seen.EndedUS-seen.BeganUS) / 1e6)
			r.crowdCPU = time.Duration(seen.CPUMicros) * time.Microsecond
			r.dropped = max(r.dropped, 1-float64(seen.Sent)/float64(max(1, seen.Offered)))
			w.others += crowd.cpu()
			err = errors.Join(err, stopped)
		}()
	}
	if r.best[with], err = r.phase(o, h, w, number, func(b *loadBrief) { b.Visitors = bestVisitors }); err != nil {
		return err
	}
	r.rated[with], err = r.phase(o, h, w, number, func(b *loadBrief) { b.Visitors, b.Arrivals = 1, ratedArrivals })
	return err
}

// phase lets people in for a while.
func (r *crowdRound) phase(o *options, h *roomHouse, w *watch, number *uint32, who func(*loadBrief)) (p phase, err error) {
	l, err := startLoad(o, h.brief(*number, func(b *loadBrief) { who(b); b.Seconds = phaseSeconds }))
	if err != nil {
		return p, err
	}
	before, err := h.cpu()
	if err != nil {
		return p, err
	}
	seen, err := l.wait()
	if err != nil {
		return p, err
	}
	after, err := h.cpu()
	if seen.Holds < latencySamples && foreignMax < 1 {
		err = errors.Join(err, fmt.Errorf("only %d holds in a phase", seen.Holds))
	}
	if seen.Offered > 0 {
		r.dropped = max(r.dropped, 1-float64(seen.Sent)/float64(seen.Offered))
	}
	w.others += l.cpu()
	h.booked += seen.Booked
	*number += uint32(seen.Booked) + uint32(seen.Busy) + 2*bestVisitors //nolint:gosec // some thousand
	// Without the beginning, in which nobody is on the last page yet, and the end.
	begun, ended := time.UnixMicro(seen.BeganUS), time.UnixMicro(seen.BeganUS).Add(time.Duration(phaseSeconds*float64(time.Second)))
	return phase{
		perSec: rateAt(l.steps, begun.Add(phaseWarm), ended), cpuUS: perOp(after-before, float64(max(1, seen.Booked))),
		p50: seen.HoldP50, p99: seen.HoldP99, generator: l.cpu(),
	}, err
}

// phaseWarm is how long a phase runs before it is measured.
const phaseWarm = 500 * time.Millisecond

func crowdFigures(rounds []crowdRound, void int) []figure {
	of := func(f func(*crowdRound) float64) []float64 {
		out := make([]float64, len(rounds))
		for i := range rounds {
			out[i] = f(&rounds[i])
		}
		return out
	}
	best := atLeast("G5", "bookings_with_crowd_vs_without", 0.95, of(func(r *crowdRound) float64 { return r.best[1].perSec / r.best[0].perSec }))
	best.CPUTop, best.CPUBase = median(of(func(r *crowdRound) float64 { return r.best[0].cpuUS })), median(of(func(r *crowdRound) float64 { return r.best[1].cpuUS }))
	best.PerSec, best.Void = median(of(func(r *crowdRound) float64 { return r.best[1].perSec })), void
	best.Extra = fmt.Sprintf("%d visitors without a pause, %.0f bookings/s without a crowd; %d wait and make %.0f polls/s of %.0f µs; generator %.0f µs a booking, crowd %.0f ms of CPU; %s, calling up to %.0f/s",
		bestVisitors, median(of(func(r *crowdRound) float64 { return r.best[0].perSec })), crowdWaiting, median(of(func(r *crowdRound) float64 { return r.polls })), median(of((*crowdRound).poll)),
		median(of(func(r *crowdRound) float64 { return perOp(r.best[1].generator, r.best[1].perSec*phaseSeconds) })),
		median(of(func(r *crowdRound) float64 { return ms(r.crowdCPU) })), whereWorked(), callingRate)
	rated := atMost("G5", "hold_p99_with_crowd_vs_without", 2, of(func(r *crowdRound) float64 { return r.rated[1].p99 / r.rated[0].p99 }))
	rated.PerSec, rated.Void = median(of(func(r *crowdRound) float64 { return r.rated[1].perSec })), void
	rated.Extra = fmt.Sprintf("%.0f people a second are let in, open loop, from the intended press to the cart: %.1f ms, without a crowd %.1f (medians %.1f, %.1f)",
		ratedArrivals, median(of(func(r *crowdRound) float64 { return r.rated[1].p99 })), median(of(func(r *crowdRound) float64 { return r.rated[0].p99 })),
		median(of(func(r *crowdRound) float64 { return r.rated[1].p50 })), median(of(func(r *crowdRound) float64 { return r.rated[0].p50 })))
	return []figure{best, rated}
}
