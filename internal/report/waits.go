package report

import (
	"fmt"
	"slices"
	"time"

	"einlass/internal/chart"
	"einlass/internal/store"
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
	number := uint32(0)
	for _, call := range f.Calls {
		for number < call.To {
			from := opened
			if late := int(number) - int(f.Room.Frozen); late >= 0 && late < len(f.Late) && f.Late[late].After(opened) {
				from = f.Late[late]
			}
			all = append(all, max(0, call.At.Sub(from)))
			number++
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
