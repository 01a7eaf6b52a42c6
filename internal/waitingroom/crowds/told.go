package crowds

import (
	"math"
	"time"

	"einlass/internal/waitingroom"
)

// forecast shows everybody what they would see now, every ten seconds.
func (w *World) forecast() {
	if w.First.IsZero() || w.tick(w.Now)%20 != 0 || int(w.Caller.Called()) == w.Crowd {
		return
	}
	in := waitingroom.Input{Free: w.Free, Carts: w.carts}
	for _, who := range w.late {
		in.Late += w.people[who].size
	}
	o := w.Caller.Outlook(in)
	called := w.Caller.Called()
	look := o.Through(uint32(w.Crowd), w.size)
	yes, no := look.Probably, look.Not
	for n := max(called, w.yesTo) + 1; n <= yes; n++ {
		w.people[n].told[waitingroom.Probably] = true
	}
	w.yesTo = max(w.yesTo, yes)
	for n := no; n < w.noFrom; n++ {
		w.people[n].told[waitingroom.ProbablyNot] = true
	}
	w.noFrom = min(w.noFrom, no)
	if w.Now.Sub(w.First) >= time.Minute {
		w.Waiting += float64(uint32(w.Crowd) - called)
		w.Open += float64(no - 1 - yes)
	}
	w.tellRanges(o, called, yes)
}

// Verdict is what came true of what was told, each wording at its first showing. Yes are
// people who were told "probably" and came for a place, No those who were told "probably
// not"; Near are those within a fifth of the last number called.
type Verdict struct{ Yes, YesWrong, YesNear, YesNearWrong, No, NoWrong, NoNear, NoNearWrong int }

// Judge compares what was told with what came true, once, when the run is over: it also
// counts the ranges of time of those who were never called.
func (w *World) Judge() (v Verdict) {
	cut := float64(w.Caller.Called())
	for n := 1; n <= w.Crowd; n++ {
		p := &w.people[n]
		near := math.Abs(float64(n)-cut) < 0.2*cut
		if !p.reached {
			w.judgeRanges(w.guesses[uint32(n)], false) // was told a time that never came
		}
		if p.told[waitingroom.Probably] && p.comes && p.delay < Pass.Seconds() && (!p.reached || p.wants) {
			v.Yes++
			wrong := !p.reached || !p.got
			if wrong {
				v.YesWrong++
			}
			if near {
				v.YesNear++
				if wrong {
					v.YesNearWrong++
				}
			}
		}
		if p.told[waitingroom.ProbablyNot] {
			v.No++
			if p.reached {
				v.NoWrong++
			}
			if near {
				v.NoNear++
				if p.reached {
					v.NoNearWrong++
				}
			}
		}
	}
	return v
}

func (v *Verdict) add(o Verdict) {
	v.Yes += o.Yes
	v.YesWrong += o.YesWrong
	v.YesNear += o.YesNear
	v.YesNearWrong += o.YesNearWrong
	v.No += o.No
	v.NoWrong += o.NoWrong
	v.NoNear += o.NoNear
	v.NoNearWrong += o.NoNearWrong
}

// Sum adds up the verdicts of many runs, and who heard "open" in those that sold all.
type Sum struct {
	Verdict
	Open, Waiting float64
	OpenBy        []float64 // share by run
}

// Add adds a run that is over.
func (s *Sum) Add(w *World) {
	if w.Waiting > 0 && w.Booked == w.Places {
		s.Open += w.Open
		s.Waiting += w.Waiting
		s.OpenBy = append(s.OpenBy, w.Open/w.Waiting)
	}
	s.Verdict.add(w.Judge())
}

// measure adds up what stands free beyond what those who were called and those inside
// will want by their true Habits, from the first minute until the stock is gone.
func (w *World) measure() {
	if w.First.IsZero() || w.Now.Sub(w.First) < time.Minute || !w.GoneAt.IsZero() || int(w.Caller.Called()) == w.Crowd {
		return
	}
	if w.RateHolds == nil || w.RateHolds(w.Caller) || w.tick(w.Now)%4 != 0 {
		return
	}
	now, expected := w.tick(w.Now), 0.0
	for _, c := range w.cohorts {
		if age := now - c.tick; age < len(w.survive) {
			s := w.Show * w.survive[age]
			expected += float64(c.units) * s / (1 - w.Show + s) * w.Want
		}
	}
	expected += float64(w.looking)
	w.Idle += max(0, float64(w.Free)-expected) / float64(w.Places)
	w.IdleTicks++
}
