package crowds

import (
	"slices"
	"time"

	"einlass/internal/waitingroom"
)

func (w *World) raise(to uint32) {
	if w.First.IsZero() {
		w.First = w.Now
	}
	units := 0
	for n := w.Caller.Called() + 1; n <= to; n++ {
		p := &w.people[n]
		p.reached, p.at[0] = true, w.Now
		w.judgeRanges(w.guesses[n], true)
		units += p.size
		if p.comes {
			w.in(p.delay, int(n), w.Now, (*World).arrive)
		}
	}
	w.cohorts = append(w.cohorts, cohort{w.tick(w.Now), units})
	call := waitingroom.Called{To: to, At: w.Now}
	w.calls = append(w.calls, call)
	w.callers.Raise(call, w.Sizes)
}

func (w *World) arrive(who int, at time.Time) {
	p := &w.people[who]
	i, _ := slices.BinarySearchFunc(w.cohorts, w.tick(p.at[0]), func(c cohort, t int) int { return c.tick - t })
	w.cohorts[i].units -= p.size
	if at.Sub(p.at[0]) > Pass {
		w.late = append(w.late, who)
		return
	}
	w.Caller.Arrived(p.at[0], p.size, at)
	w.enters(who, at, p.at[0])
}

// visit names the past of somebody's visit that goes on.
func (w *World) visit(who int) *waitingroom.Past {
	key := who*8 + w.people[who].passes
	if w.past[key] == nil {
		w.past[key] = &waitingroom.Past{}
	}
	return w.past[key]
}

func (w *World) enters(who int, at, called time.Time) {
	p := &w.people[who]
	p.at[1] = at
	p.passes++
	*w.visit(who) = waitingroom.Past{Called: called, Arrived: at, Units: p.size}
	w.Inside++
	if w.r.Float64() < w.Want || p.passes > 1 {
		if p.passes == 1 {
			w.Wanted++
			p.wants = true
		}
		w.looking += p.size
		w.in(w.lognormal(w.Look, 0.6), who, at, (*World).try)
		return
	}
	w.in(w.lognormal(w.Look, 0.6), who, at, (*World).leave)
}

// leave is somebody who wants nothing: every second one closes the window silently.
func (w *World) leave(who int, at time.Time) {
	w.Inside--
	if w.r.IntN(2) == 0 {
		w.Caller.Left(w.people[who].at[1], w.people[who].size)
	}
}

func (w *World) try(who int, at time.Time) {
	p := &w.people[who]
	if w.Free < p.size {
		if !p.tried && p.passes == 1 {
			w.Strict++
		}
		p.tried = true
		if at.Sub(p.at[1]) > 5*time.Minute {
			w.Inside--
			w.looking -= p.size
			if p.passes == 1 {
				w.Missed++
			}
			w.Caller.Left(p.at[1], p.size)
			return
		}
		w.in(15, who, at, (*World).try)
		return
	}
	p.got = true
	p.at[2] = at
	w.looking -= p.size
	w.Free -= p.size
	w.carts += p.size
	if w.Free == 0 && w.GoneAt.IsZero() {
		w.GoneAt = w.Now
	}
	w.Caller.Took(p.at[1], p.size, at)
	w.visit(who).Took = at
	switch {
	case w.r.Float64() < w.Keep:
		w.in(min(w.lognormal(w.Fill, 0.6), Hold.Seconds()), who, at, (*World).book)
	case w.r.IntN(5) < 2:
		w.in(min(w.lognormal(w.Fill, 0.6), Hold.Seconds()), who, at, (*World).giveBack)
	default:
		w.in(Hold.Seconds(), who, at, (*World).expire)
	}
}

func (w *World) book(who int, at time.Time) {
	p := &w.people[who]
	w.Inside--
	w.carts -= p.size
	w.Booked += p.size
	w.Caller.Kept(p.at[2], p.size, at)
	w.visit(who).Ended, w.visit(who).Kept = at, true
}

func (w *World) giveBack(who int, at time.Time) {
	w.Caller.GaveBack(w.people[who].at[2], w.people[who].size)
	w.visit(who).Ended = at
	w.expire(who, at)
}

func (w *World) expire(who int, at time.Time) {
	p := &w.people[who]
	w.Inside--
	w.carts -= p.size
	w.Free += p.size
	if p.passes < waitingroom.PassesMax && w.r.Float64() < w.Again {
		w.late = append(w.late, who)
	}
}
