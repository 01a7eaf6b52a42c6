package chart

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// sale is the chart of an opening: three lines over twenty minutes.
func sale() Timeline {
	return Timeline{
		Head: Head{ID: "sale", Title: "Verkauf seit 8 Uhr", Desc: "Nach 15 Minuten waren 4.000 Plätze gebucht.", Number: dots},
		Area: true,
		Series: []Series{
			{"Angekommen", every(5*time.Minute, 0, 9000, 14000, 16000, 16500)},
			{"In Warenkörben", every(5*time.Minute, 0, 2400, 1200, 300, 0)},
			{"Gebucht", every(5*time.Minute, 0, 1600, 2800, 3700, 4000)},
		},
	}
}

func TestTimelineDrawsItsSeries(t *testing.T) {
	svg, table, _ := render(t, sale())
	drawn := lines(svg)
	if len(drawn) != 3 {
		t.Fatalf("%d lines, want 3", len(drawn))
	}
	dashesSeen := map[string]bool{}
	for i, line := range drawn {
		if got := len(points(t, line)); got != 5 {
			t.Errorf("line %d has %d points, want 5", i, got)
		}
		dashesSeen[line.attrs["stroke-dasharray"]] = true
	}
	if len(dashesSeen) != 3 {
		t.Errorf("%d kinds of dash, want 3", len(dashesSeen))
	}
	labels := svg.texts("text")
	for _, want := range []string{"Angekommen", "In Warenkörben", "Gebucht", "0", "5.000", "10.000", "15.000", "20.000", "08:00", "08:10", "08:20"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no label %q among %q", want, labels)
		}
	}
	want := "Zeit Angekommen In Warenkörben Gebucht 08:00 08:05 08:10 08:15 08:20"
	if got := strings.Join(table.texts("th"), " "); got != want {
		t.Errorf("headings %q, want %q", got, want)
	}
	if got := strings.Join(table.texts("td"), " "); got != "0 0 0 9.000 2.400 1.600 14.000 1.200 2.800 16.000 300 3.700 16.500 0 4.000" {
		t.Errorf("cells %q", got)
	}
}

// Higher values stand higher, later ones further right, and the axis is linear.
func TestTimelineIsTrueToScale(t *testing.T) {
	svg, _, _ := render(t, Timeline{Series: []Series{{"a", every(time.Minute, 0, 25, 50, 75, 100)}}})
	ps := points(t, lines(svg)[0])
	for i := 1; i < len(ps); i++ {
		dx, dy := ps[i][0]-ps[i-1][0], ps[i][1]-ps[i-1][1]
		if math.Abs(dx-(ps[1][0]-ps[0][0])) > 0.2 || math.Abs(dy+plotHeight/4) > 0.2 {
			t.Errorf("step %d goes by %.1f,%.1f", i, dx, dy)
		}
	}
}

func TestTimelineAtItsEdges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	far := []Point{{time.Time{}, 1}, {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 1}}
	tests := []struct {
		name   string
		series []Series
		points []int // of each line that is drawn
	}{
		{"no series", nil, nil},
		{"empty series", []Series{{"a", nil}, {"b", nil}}, nil},
		{"only NaN and Inf", []Series{{"a", every(time.Minute, nan, inf, -inf, 1e300)}}, nil},
		{"times out of range", []Series{{"a", far}}, nil},
		{"NaN between", []Series{{"a", every(time.Minute, 1, nan, 3, inf, 5)}}, []int{3}},
		{"one empty of two", []Series{{"a", nil}, {"b", every(time.Minute, 1, 2)}}, []int{2}},
		{"one point", []Series{{"a", every(time.Minute, 7)}}, []int{1}},
		{"one point of zero", []Series{{"a", every(time.Minute, 0)}}, []int{1}},
		{"all the same", []Series{{"a", every(time.Minute, 5, 5, 5)}}, []int{3}},
		{"all at once", []Series{{"a", every(0, 1, 2, 3)}}, []int{3}},
		{"negative", []Series{{"a", every(time.Minute, -5, -7)}}, []int{2}},
		{"across zero", []Series{{"a", every(time.Minute, -5, 7)}}, []int{2}},
		{"tiny", []Series{{"a", every(time.Minute, 5e-324, 1e-12)}}, []int{2}},
		{"fractions", []Series{{"a", every(time.Minute, 0.1, 0.30000000000000004)}}, []int{2}},
		{"huge", []Series{{"a", every(time.Minute, -1e15, 1e15)}}, []int{2}},
		{"a nanosecond", []Series{{"a", every(1, 1, 2)}}, []int{2}},
		{"200 years", []Series{{"a", every(40*365*day, 1, 2, 3, 4)}}, []int{4}},
	}
	for _, tt := range tests {
		svg, table, _ := render(t, Timeline{Series: tt.series, Goal: Goal{"Ziel", 3}})
		var got []int
		for _, line := range lines(svg) {
			got = append(got, len(points(t, line)))
		}
		if !slices.Equal(got, tt.points) {
			t.Errorf("%s: lines of %v points, want %v", tt.name, got, tt.points)
		}
		empty := slices.Contains(svg.texts("text"), German().Empty) && slices.Contains(table.texts("td"), German().Empty)
		if empty != (tt.points == nil) {
			t.Errorf("%s: says it is empty: %t", tt.name, empty)
		}
	}
	if len(tests) < 17 {
		t.Errorf("%d cases, want at least 17", len(tests))
	}
}

// 100,000 points become a drawing of bounded size that keeps the one peak, the
// one dip, the first and the last; the table keeps peak and dip too.
func TestManyPointsKeepTheirPeaks(t *testing.T) {
	const many, most = 100_000, 4 * MaxColumns
	values := make([]float64, many)
	for i := range values {
		values[i] = 500 + float64(i*7919%100)
	}
	values[61_803], values[27_182] = 1000, 0
	c := Timeline{Head: Head{Number: dots}, Series: []Series{{"a", every(10*time.Millisecond, values...)}}}
	svg, table, octets := render(t, c)
	ps := points(t, lines(svg)[0])
	if len(ps) > most || len(ps) < MaxColumns {
		t.Errorf("%d points, want %d to %d", len(ps), MaxColumns, most)
	}
	if octets > 20<<10 {
		t.Errorf("the drawing has %d octets, want at most 20 kB", octets)
	}
	low, high := 0.0, math.Inf(1)
	for _, p := range ps {
		low, high = math.Max(low, p[1]), math.Min(high, p[1])
	}
	if math.Abs(low-high-plotHeight) > 0.2 {
		t.Errorf("lowest and highest are %.1f apart, want the whole plot", low-high)
	}
	rows := len(table.nodes[2].nodes)
	cells := strings.Join(table.texts("td"), " ")
	if rows > MaxRows || rows < MaxRows/4 || !strings.Contains(cells, "–1.000") || !strings.Contains(" "+cells, " 0–") {
		t.Errorf("%d rows; the peak or the dip is missing", rows)
	}
	if !slices.Contains(table.texts("small"), German().Coarse) {
		t.Error("the caption does not say that rows are spans")
	}
}

func TestReduceKeepsOrderAndEnds(t *testing.T) {
	for _, n := range []int{1, MaxColumns, MaxColumns + 1, 5000} {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Sin(float64(i) * 12.9898)
		}
		all := every(time.Second, values...)
		kept := reduce(all, all[0].At, all[n-1].At)
		if kept[0] != all[0] || kept[len(kept)-1] != all[n-1] {
			t.Errorf("%d points: the ends are lost", n)
		}
		if !slices.IsSortedFunc(kept, func(a, b Point) int { return a.At.Compare(b.At) }) {
			t.Errorf("%d points: out of order", n)
		}
	}
}

func TestUnsortedPointsAreSortedAndLeftAlone(t *testing.T) {
	given := every(time.Minute, 1, 2, 3)
	slices.Reverse(given)
	before := slices.Clone(given)
	svg, _, _ := render(t, Timeline{Series: []Series{{"a", given}}})
	ps := points(t, lines(svg)[0])
	if ps[0][0] >= ps[1][0] || ps[1][0] >= ps[2][0] || !slices.Equal(given, before) {
		t.Errorf("drawn as %v; the caller's points are now %v", ps, given)
	}
}

func TestLatencyShowsItsGoal(t *testing.T) {
	h := Head{ID: "latency", Title: "Answer time", Words: English(), Number: func(v float64) string { return dots(v) + " ms" }}
	svg, table, _ := render(t, Latency(h, every(time.Second, 2, 3, 2), every(time.Second, 40, 90, 45), Goal{"Goal", 300}))
	if len(lines(svg)) != 2 {
		t.Errorf("%d lines, want 2", len(lines(svg)))
	}
	for _, want := range []string{"p50", "p99", "Goal 300 ms", "0 ms", "100 ms", "08:00:01"} {
		if !slices.Contains(svg.texts("text"), want) {
			t.Errorf("no %q among %q", want, svg.texts("text"))
		}
	}
	if got := strings.Join(table.texts("td"), ","); got != "2 ms,40 ms,3 ms,90 ms,2 ms,45 ms,300 ms,300 ms" {
		t.Errorf("cells %s", got)
	}
}

// Two lines with different times share one table; what is missing is said.
func TestTableJoinsTimes(t *testing.T) {
	_, table, _ := render(t, Timeline{Series: []Series{
		{"a", []Point{{opening, 1}, {opening.Add(2 * time.Minute), 3}, {opening.Add(2 * time.Minute), 5}}},
		{"b", []Point{{opening.Add(time.Minute), 2}}},
	}})
	if got := strings.Join(table.texts("td"), " "); got != "1 – – 2 3–5 –" {
		t.Errorf("cells %q", got)
	}
}

// FuzzChart: whatever the numbers and names are, drawing and table are well
// formed, inside their frame, bounded in size, and the same each time.
func FuzzChart(f *testing.F) {
	f.Add("Gebucht", "id", int64(1_617_436_800), int64(60), 1.0, -2.0, 1e15, uint16(3))
	f.Add("<a>&\x00", "\"", int64(0), int64(0), math.NaN(), math.Inf(1), 5e-324, uint16(1))
	f.Add(strings.Repeat("lang ", 40), "", int64(-1)<<62, int64(1)<<40, 1e-9, 0.1, 0.3, uint16(700))
	f.Add("x", "x", int64(1_774_746_000), int64(3600), 0.0, 1.0, 7.0, uint16(300))
	f.Fuzz(func(t *testing.T, name, id string, start, step int64, a, b, c float64, n uint16) {
		const mostPoints, mostOctets = 2000, 64 << 10
		values := []float64{a, b, c}
		var one, two []Point
		for i := range min(int(n), mostPoints) {
			at := time.Unix(start+int64(i)*step, int64(i)).UTC()
			one = append(one, Point{at, values[i%3]})
			two = append(two, Point{at, values[(i+1)%3] / 3})
		}
		h := Head{ID: id, Title: name, Desc: name}
		charts := []drawer{
			Timeline{Head: h, Area: true, Series: []Series{{name, one}, {"b", two}}, Goal: Goal{name, c}},
			Bars{Head: h, Parts: []string{name, "b"}, Rows: slices.Repeat([]Bar{{name, values}, {"b", values[1:]}}, int(n)%40)},
		}
		room := mostOctets + 200*len(name)
		for _, d := range charts {
			_, _, octets := render(t, d)
			var again, once bytes.Buffer
			if d.WriteSVG(&again) != nil || d.WriteSVG(&once) != nil || !bytes.Equal(again.Bytes(), once.Bytes()) {
				t.Fatal("drawn twice, two drawings")
			}
			if octets > room {
				t.Fatalf("%d octets, want at most %d", octets, room)
			}
		}
	})
}
