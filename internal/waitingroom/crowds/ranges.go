package crowds

import (
	"time"

	"einlass/internal/waitingroom"
)

// narrowMost is up to how long a range of time is a narrow one.
const narrowMost = 15 * time.Minute

// guess is a range of time that somebody was told.
type guess struct {
	kind     int
	from, to time.Time
}

// tellRanges shows everybody their range of time, as it stands for the first time, and
// some of them as it stands at every look.
func (w *World) tellRanges(o waitingroom.Outlook, called, yes uint32) {
	speed, ok := o.Speed(yes)
	if !ok {
		return
	}
	kind := 0
	if w.ByRate != nil && w.ByRate(o) {
		kind = 1
	}
	tell := func(n uint32) {
		if r, ok := speed.Range(n - called); ok {
			w.guesses[n] = append(w.guesses[n], guess{kind, w.Now.Add(time.Duration(r.From) * time.Minute), w.Now.Add(time.Duration(r.To) * time.Minute)})
		}
	}
	for n := max(called, w.rangedTo) + 1; n <= speed.To; n++ {
		tell(n)
	}
	w.rangedTo = max(w.rangedTo, speed.To)
	for _, n := range []uint32{called + 30, called + 300, called + 1000} {
		if n <= speed.To && len(w.guesses[n]) > 0 {
			tell(n)
		}
	}
}

// judgeRanges looks whether somebody who is called now, or never is, was told the truth.
func (w *World) judgeRanges(told []guess, called bool) {
	for i, g := range told {
		right := 0
		if !w.Now.Before(g.from) && !w.Now.After(g.to) && called {
			right = 1
		}
		if i == 0 {
			w.Ranged[g.kind]++
			w.InRange[g.kind] += right
			if g.to.Sub(g.from) <= narrowMost {
				w.Narrow++
			}
		} else {
			w.Looked[g.kind]++
			w.InLook[g.kind] += right
		}
	}
}
