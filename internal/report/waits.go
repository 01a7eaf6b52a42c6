package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/chart"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Waiting times are told in tenths of those who were called.
const (
	tenths = 10
	// calledLeast is how many must have been called: a tenth is then five or more.
	calledLeast = tenths * (smallMost + 1)
)

// Waits are how long numbers waited from the opening, or from when they were drawn if
// that was later, to their call. Tenths[i] is what i+1 tenths of those who were called
// waited at most; the last one is rounded up, since it is somebody's own.
type Waits struct{ Tenths [tenths]time.Duration }

// Median is what half of them waited at most.
func (w *Waits) Median() time.Duration { return w.Tenths[tenths/2-1] }

// Nine is what nine of ten waited at most.
func (w *Waits) Nine() time.Duration { return w.Tenths[tenths-2] }

// Longest is what nobody waited longer than.
func (w *Waits) Longest() time.Duration { return w.Tenths[tenths-1] }

// waits measures them; nil where too few were called.
func waits(sale *store.StoredSale, f *store.Figures) *Waits {
	opened := f.Room.FrozenAt
	if sale.Opens.Before(opened) {
		opened = sale.Opens // the log was closed late, and people waited
	}
	var all []time.Duration
	drawn := make([]int, len(f.Calls)) // whom each call called of those who were there at the opening
	for i, call := range f.Calls {
		drawn[i] = call.People
	}
	calls := byGroup(f.Calls)
	for i, late := range f.Late {
		at := calls.of(f.Room.Frozen+uint32(i)+1, late.Wants) //nolint:gosec // a number
		if at < 0 {
			continue
		}
		drawn[at]--
		from := opened
		if late.At.After(opened) {
			from = late.At
		}
		all = append(all, max(0, f.Calls[at].At.Sub(from)))
	}
	for i, n := range drawn {
		for range n {
			all = append(all, max(0, f.Calls[i].At.Sub(opened)))
		}
	}
	if len(all) < calledLeast {
		return nil
	}
	slices.Sort(all)
	w := &Waits{}
	for i := range w.Tenths {
		w.Tenths[i] = up(all[((i+1)*len(all)+tenths-1)/tenths-1], time.Second)
	}
	w.Tenths[tenths-1] = roundUp(all[len(all)-1])
	return w
}

// callsOf are the calls of each group: by how far they reached, and their place among all.
type callsOf [][]reached

type reached struct {
	to uint32
	at int
}

func byGroup(calls []waitingroom.Called) (out callsOf) {
	for i, c := range calls {
		for c.Group >= len(out) {
			out = append(out, nil)
		}
		out[c.Group] = append(out[c.Group], reached{c.To, i})
	}
	return out
}

// of finds the call that a number was called by, the first that reached it in a group that
// suits; -1 if none did.
func (c callsOf) of(number uint32, wants catalog.GroupSet) int {
	first := -1
	for g, calls := range c {
		i, _ := slices.BinarySearchFunc(calls, number, func(r reached, n uint32) int { return cmp.Compare(r.to, n) })
		if wants.Has(g) && i < len(calls) && (first < 0 || calls[i].at < first) {
			first = calls[i].at
		}
	}
	return first
}

// roundUp goes to full minutes, below one to full ten seconds.
func roundUp(d time.Duration) time.Duration {
	step := time.Minute
	if d <= time.Minute {
		step = 10 * time.Second
	}
	return up(d, step)
}

// up rounds up to full steps: "at most" must hold.
func up(d, step time.Duration) time.Duration { return (d + step - 1).Truncate(step) }

// zero is where waiting begins on paper: at a full hour, so that ticks fall on whole
// minutes.
var zero = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Curve draws what part of those who were called had been by which time.
func (w *Waits) Curve(h chart.Head, name string) chart.Timeline {
	points := []chart.Point{{At: zero}}
	for i, d := range w.Tenths {
		points = append(points, chart.Point{At: zero.Add(d), Value: float64(100 * (i + 1) / tenths)})
	}
	h.Number = func(v float64) string { return fmt.Sprintf("%.0f\u00a0%%", v) }
	return chart.Timeline{Head: h, Series: []chart.Series{{Name: name, Points: points}}, Area: true, Clock: sinceZero}
}

// sinceZero writes hours and minutes, or minutes and seconds, since waiting began.
func sinceZero(t time.Time, _ time.Duration) string {
	d := t.Sub(zero)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
