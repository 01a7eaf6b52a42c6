package chart

import (
	"math"
	"slices"
	"time"
)

// clean returns the points that can be drawn, earliest first, as a copy.
func clean(points []Point) []Point {
	kept := make([]Point, 0, len(points))
	for _, p := range points {
		if usable(p.Value) && usableTime(p.At) {
			kept = append(kept, p)
		}
	}
	byTime := func(a, b Point) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(kept, byTime) {
		slices.SortStableFunc(kept, byTime)
	}
	return kept
}

// extent is what a set of lines covers.
type extent struct {
	first, last     time.Time
	lowest, highest float64
	points          int
}

// measure finds the extent of cleaned lines.
func measure(lines []Series) extent {
	e := extent{lowest: math.Inf(1), highest: math.Inf(-1)}
	for _, line := range lines {
		n := len(line.Points)
		if n == 0 {
			continue
		}
		if e.points == 0 || line.Points[0].At.Before(e.first) {
			e.first = line.Points[0].At
		}
		if e.points == 0 || line.Points[n-1].At.After(e.last) {
			e.last = line.Points[n-1].At
		}
		e.points += n
		for _, p := range line.Points {
			e.lowest, e.highest = math.Min(e.lowest, p.Value), math.Max(e.highest, p.Value)
		}
	}
	return e
}

// reduce keeps of each of MaxColumns equal columns between first and last the
// first, lowest, highest and last point, in their order: what is drawn looks like
// all of them, and no peak is lost. Points must be sorted.
func reduce(points []Point, first, last time.Time) []Point {
	if len(points) <= MaxColumns {
		return points
	}
	span := float64(last.Sub(first)) + 1
	column := func(p Point) int { return int(float64(p.At.Sub(first)) / span * MaxColumns) }
	var kept []Point
	for start := 0; start < len(points); {
		end, low, high := start+1, start, start
		for ; end < len(points) && column(points[end]) == column(points[start]); end++ {
			if points[end].Value < points[low].Value {
				low = end
			}
			if points[end].Value > points[high].Value {
				high = end
			}
		}
		picks := []int{start, low, high, end - 1}
		slices.Sort(picks)
		for _, i := range slices.Compact(picks) {
			kept = append(kept, points[i])
		}
		start = end
	}
	return kept
}
