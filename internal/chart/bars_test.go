package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// figures are the rectangles of a bar chart.
func figures(svg *node) []*node {
	var found []*node
	for _, child := range svg.nodes { // not those inside the hatchings
		if child.name == "path" {
			found = append(found, child)
		}
	}
	return found
}

// length is how long a rectangle is.
func length(t *testing.T, path *node) float64 {
	t.Helper()
	var x, y, l float64
	if _, err := fmt.Sscanf(path.attrs["d"], "M%g %gh%gv", &x, &y, &l); err != nil {
		t.Fatalf("%q: %v", path.attrs["d"], err)
	}
	if x < 0 || x+l > width {
		t.Errorf("a bar from %g to %g leaves the drawing", x, x+l)
	}
	return l
}

func TestBarsAreTrueToScale(t *testing.T) {
	svg, table, _ := render(t, Bars{
		Head: Head{ID: "no", Title: "Absagen", Number: dots}, Category: "Grund", Parts: []string{"Anzahl"},
		Rows: []Bar{{"ausverkauft", []float64{62000}}, {"schon gebucht", []float64{15500}}, {"nicht berechtigt", []float64{0}}},
	})
	bars := figures(svg)
	if len(bars) != 2 {
		t.Fatalf("%d bars, want 2: an empty one is only its number", len(bars))
	}
	if ratio := length(t, bars[0]) / length(t, bars[1]); math.Abs(ratio-4) > 0.01 {
		t.Errorf("62,000 is drawn %.2f times as long as 15,500", ratio)
	}
	want := []string{"ausverkauft", "62.000", "schon gebucht", "15.500", "nicht berechtigt", "0"}
	if got := svg.texts("text"); !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
	if got := strings.Join(table.texts("td"), " "); got != "62.000 15.500 0" {
		t.Errorf("cells %q", got)
	}
}

func TestStackedBarsHatchAndSum(t *testing.T) {
	parts := []string{"Online", "Telefon", "Schalter", "Abendkasse", "e", "f"}
	svg, table, _ := render(t, Bars{
		Head: Head{ID: "split", Title: "Wege"}, Category: "Tag", Parts: parts,
		Rows: []Bar{{"Samstag", []float64{4, 3, 2, 1, 1, 1}}, {"Sonntag", []float64{math.NaN(), -3, 2}}},
	})
	paints := map[string]bool{}
	for _, f := range figures(svg) {
		paints[f.attrs["fill"]] = true
	}
	if len(paints) != len(parts) || len(svg.all("pattern")) != len(parts)-1 {
		t.Errorf("%d paints and %d hatchings for %d parts", len(paints), len(svg.all("pattern")), len(parts))
	}
	if got := len(figures(svg)); got != 6+6+1 {
		t.Errorf("%d figures, want 6 in the legend and 7 in bars", got)
	}
	if got := strings.Join(table.texts("td"), " "); got != "4 3 2 1 1 1 12 – – 2 – – – 2" {
		t.Errorf("cells %q", got)
	}
}

func TestBarsAtTheirEdges(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name  string
		chart Bars
		drawn int
	}{
		{"nothing", Bars{}, 0},
		{"rows without parts", Bars{Rows: []Bar{{"a", []float64{1}}}}, 0},
		{"parts without rows", Bars{Parts: []string{"p"}}, 0},
		{"all zero", Bars{Parts: []string{"p"}, Rows: []Bar{{"a", []float64{0}}, {"b", nil}}}, 0},
		{"no numbers", Bars{Parts: []string{"p"}, Rows: []Bar{{"a", []float64{nan}}, {"b", []float64{math.Inf(1)}}}}, 0},
		{"one", Bars{Parts: []string{"p"}, Rows: []Bar{{"a", []float64{1}}}}, 1},
		{"tiny", Bars{Parts: []string{"p"}, Rows: []Bar{{"a", []float64{5e-324}}}}, 1},
		{"huge", Bars{Parts: []string{"p", "q"}, Rows: []Bar{{"a", []float64{1e15, 1e15}}}}, 4},
		{"more values than parts", Bars{Parts: []string{"p"}, Rows: []Bar{{"a", []float64{1, 2, 3}}}}, 1},
		{"long names", Bars{Parts: []string{"p"}, Rows: []Bar{{strings.Repeat("ü", 500), []float64{1}}}}, 1},
	}
	for _, tt := range tests {
		svg, _, _ := render(t, tt.chart)
		if got := len(figures(svg)); got != tt.drawn {
			t.Errorf("%s: %d figures, want %d", tt.name, got, tt.drawn)
		}
		for _, f := range figures(svg) {
			length(t, f)
		}
		for _, s := range svg.texts("text") {
			if textWidth(s) > width {
				t.Errorf("%s: a label of %d letters", tt.name, len(s))
			}
		}
	}
	if len(tests) < 10 {
		t.Errorf("%d cases, want at least 10", len(tests))
	}
}

// What has no room is summed in the drawing and listed in the table.
func TestManyBarsAreSummed(t *testing.T) {
	const many = 100
	c := Bars{Parts: []string{"n"}}
	for i := range many {
		c.Rows = append(c.Rows, Bar{fmt.Sprint("r", i), []float64{1}})
	}
	svg, table, _ := render(t, c)
	labels := svg.texts("text")
	if got := len(figures(svg)); got != MaxBars {
		t.Errorf("%d bars, want %d", got, MaxBars)
	}
	if n := len(labels); labels[n-2] != German().Other || labels[n-1] != fmt.Sprint(many-MaxBars+1) {
		t.Errorf("the last bar is %q", labels[n-2:])
	}
	if got := len(table.nodes[2].nodes); got != many {
		t.Errorf("%d rows, want %d", got, many)
	}
}
