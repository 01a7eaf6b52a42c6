package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// node is an element of a parsed drawing or table.
type node struct {
	name  string
	attrs map[string]string
	text  string
	nodes []*node
}

// parse reads well-formed markup; tables are written as XML too.
func parse(t testing.TB, markup string) *node {
	t.Helper()
	stack := []*node{{}}
	decoder := xml.NewDecoder(strings.NewReader(markup))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%.2000s", err, markup)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := n.attrs[a.Name.Local]; twice {
					t.Fatalf("attribute %s twice", a.Name.Local)
				}
				n.attrs[a.Name.Local] = a.Value
			}
			top.nodes, stack = append(top.nodes, n), append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		case xml.Comment, xml.Directive, xml.ProcInst:
			t.Fatalf("markup of another kind: %v", token)
		}
	}
	if len(stack[0].nodes) != 1 {
		t.Fatalf("%d roots, want 1", len(stack[0].nodes))
	}
	return stack[0].nodes[0]
}

// all are the elements with a name, in order.
func (n *node) all(name string) []*node {
	var found []*node
	for _, child := range n.nodes {
		if child.name == name {
			found = append(found, child)
		}
		found = append(found, child.all(name)...)
	}
	return found
}

// texts are what people read in the elements with a name.
func (n *node) texts(name string) []string {
	var texts []string
	for _, e := range n.all(name) {
		texts = append(texts, e.text)
	}
	return texts
}

// allowed are the elements and attributes a drawing may consist of: nothing that
// loads, runs, or needs a style policy.
const (
	allowedElements   = " svg title desc defs pattern path text "
	allowedAttributes = " xmlns class role aria-labelledby viewBox font-size fill id width height patternUnits d stroke stroke-width stroke-opacity fill-opacity stroke-dasharray stroke-linejoin transform x y text-anchor "
)

// checkDrawing wants what every drawing promises.
func checkDrawing(t testing.TB, markup string) *node {
	t.Helper()
	svg := parse(t, markup)
	if svg.name != "svg" || svg.attrs["role"] != "img" || svg.attrs["viewBox"] == "" {
		t.Fatalf("root %s %v", svg.name, svg.attrs)
	}
	ids := map[string]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if !strings.Contains(allowedElements, " "+n.name+" ") {
			t.Fatalf("element %s", n.name)
		}
		for name, value := range n.attrs {
			if !strings.Contains(allowedAttributes, " "+name+" ") {
				t.Fatalf("attribute %s", name)
			}
			if strings.Contains(value, "url(") && !ids[strings.TrimSuffix(strings.TrimPrefix(value, "url(#"), ")")] {
				t.Fatalf("%s=%q names nothing in the drawing", name, value)
			}
			for _, bad := range []string{"NaN", "Inf", "e+", "://"} {
				if name != "xmlns" && strings.Contains(value, bad) {
					t.Fatalf("%s=%q", name, value)
				}
			}
		}
		if id := n.attrs["id"]; id != "" {
			if ids[id] {
				t.Fatalf("id %s twice", id)
			}
			ids[id] = true
		}
		for _, child := range n.nodes {
			walk(child)
		}
	}
	walk(svg)
	for _, id := range strings.Fields(svg.attrs["aria-labelledby"]) {
		if !ids[id] {
			t.Fatalf("labelled by %s, which is not there", id)
		}
	}
	if len(strings.Fields(svg.attrs["aria-labelledby"])) != 2 || len(svg.all("title")) != 1 || len(svg.all("desc")) != 1 {
		t.Fatal("a title and a description are wanted")
	}
	checkInside(t, svg)
	return svg
}

// checkInside wants every coordinate of text and lines inside the viewBox.
func checkInside(t testing.TB, svg *node) {
	t.Helper()
	var w, h float64
	if _, err := fmt.Sscanf(svg.attrs["viewBox"], "0 0 %g %g", &w, &h); err != nil {
		t.Fatal(err)
	}
	inside := func(what string, x, y float64) {
		if x < 0 || x > w || y < 0 || y > h {
			t.Fatalf("%s at %g,%g is outside %g×%g", what, x, y, w, h)
		}
	}
	for _, text := range svg.all("text") {
		x, err1 := strconv.ParseFloat(text.attrs["x"], 64)
		y, err2 := strconv.ParseFloat(text.attrs["y"], 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("text at %q,%q", text.attrs["x"], text.attrs["y"])
		}
		inside(text.text, x, y)
	}
	for _, line := range lines(svg) {
		for _, p := range points(t, line) {
			inside("point", p[0], p[1])
		}
	}
}

// lines are the data lines of a timeline: the only paths with round joins whose
// points are absolute (the legend's samples are not).
func lines(svg *node) []*node {
	var found []*node
	for _, p := range svg.all("path") {
		if p.attrs["stroke-linejoin"] == "round" && !strings.Contains(p.attrs["d"], "h") {
			found = append(found, p)
		}
	}
	return found
}

// points reads an absolute path.
func points(t testing.TB, path *node) [][2]float64 {
	t.Helper()
	var all [][2]float64
	for _, step := range strings.FieldsFunc(path.attrs["d"], func(r rune) bool { return r == 'M' || r == 'L' }) {
		var p [2]float64
		if _, err := fmt.Sscanf(step, "%g %g", &p[0], &p[1]); err != nil {
			t.Fatalf("path step %q: %v", step, err)
		}
		all = append(all, p)
	}
	return all
}

// drawer is a chart of any kind.
type drawer interface {
	WriteSVG(io.Writer) error
	WriteTable(io.Writer) error
}

// render draws a chart and its table, and checks both.
func render(t testing.TB, d drawer) (svg, table *node, octets int) {
	t.Helper()
	var drawing, rows bytes.Buffer
	if err := d.WriteSVG(&drawing); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteTable(&rows); err != nil {
		t.Fatal(err)
	}
	return checkDrawing(t, drawing.String()), checkTable(t, rows.String()), drawing.Len()
}

// checkTable wants a caption, a scope on each heading and rows of equal length.
func checkTable(t testing.TB, markup string) *node {
	t.Helper()
	table := parse(t, markup)
	if table.name != "table" || len(table.nodes) != 3 || table.nodes[0].name != "caption" {
		t.Fatalf("not a table with a caption: %.300s", markup)
	}
	columns := len(table.nodes[1].all("th"))
	for _, th := range table.nodes[1].all("th") {
		if th.attrs["scope"] != "col" {
			t.Fatal("a column heading without scope")
		}
	}
	for _, tr := range table.nodes[2].all("tr") {
		if len(tr.nodes) == 1 && tr.nodes[0].attrs["colspan"] == strconv.Itoa(columns) {
			continue
		}
		if len(tr.nodes) != columns || tr.nodes[0].name != "th" || tr.nodes[0].attrs["scope"] != "row" {
			t.Fatalf("a row of %d cells under %d headings", len(tr.nodes), columns)
		}
	}
	return table
}

// opening is 8 o'clock on a Saturday of the spring of 2021, in UTC.
var opening = time.Date(2021, 4, 3, 8, 0, 0, 0, time.UTC)

// every makes points of the given values, a step apart.
func every(step time.Duration, values ...float64) []Point {
	var all []Point
	for i, v := range values {
		all = append(all, Point{At: opening.Add(time.Duration(i) * step), Value: v})
	}
	return all
}

// dots writes numbers as German pages do.
func dots(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

func TestSharedPromises(t *testing.T) {
	seven := make([]Series, MaxSeries+1)
	for name, d := range map[string]drawer{
		"timeline": Timeline{Series: seven}, "bars": Bars{Parts: make([]string, MaxSeries+1)},
	} {
		if err := d.WriteSVG(io.Discard); !errors.Is(err, ErrTooManySeries) {
			t.Errorf("%s drawing: %v", name, err)
		}
		if err := d.WriteTable(io.Discard); !errors.Is(err, ErrTooManySeries) {
			t.Errorf("%s table: %v", name, err)
		}
	}
	full := fullWriter{}
	for name, d := range map[string]drawer{"timeline": Timeline{}, "bars": Bars{}} {
		if err := d.WriteSVG(full); !errors.Is(err, errFull) {
			t.Errorf("%s drawing: %v", name, err)
		}
		if err := d.WriteTable(full); !errors.Is(err, errFull) {
			t.Errorf("%s table: %v", name, err)
		}
	}
}

// errFull is what a writer without room says.
var errFull = errors.New("no room")

// fullWriter takes nothing.
type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

// Text that tries to become markup stays text, in every place that takes text.
func TestEveryTextIsEscaped(t *testing.T) {
	evil := `</title><script>alert("1")</script>&'` + "\x00\xff\n"
	seen := `</title><script>alert("1")</script>&'` + "\uFFFD\uFFFD\n"
	words := Words{Time: evil, Empty: evil, Coarse: evil, Other: evil, Total: evil}
	h := Head{ID: evil, Title: evil, Desc: evil, Words: words, Number: func(float64) string { return evil }}
	charts := []drawer{
		Timeline{Head: h},
		Timeline{
			Head: h, Series: []Series{{evil, every(time.Minute, 1, 2)}}, Goal: Goal{evil, 3},
			Clock: func(time.Time, time.Duration) string { return evil },
		},
		Timeline{Head: h, Series: []Series{{evil, every(time.Minute, make([]float64, MaxRows+1)...)}}},
		Bars{Head: h, Category: evil},
		Bars{Head: h, Category: evil, Parts: []string{evil, evil}, Rows: []Bar{{evil, []float64{1, 2}}}},
	}
	checked := 0
	for i, d := range charts {
		svg, table, _ := render(t, d)
		texts := append(svg.texts("title"), svg.texts("desc")...)
		texts = append(append(texts, table.texts("caption")...), table.texts("th")...)
		for _, s := range texts {
			if s != seen && !strings.Contains(s, ":") {
				t.Errorf("chart %d: %q became %q", i, evil, s)
			}
			checked++
		}
	}
	if checked < 80 {
		t.Errorf("checked %d texts, want at least 80", checked)
	}
}

// The colours of Style stand out from light and dark paper and ground.
func TestStyleHasContrast(t *testing.T) {
	papers := [][]string{{"#ffffff", "#f4f5f6"}, {"#1c1f23", "#131518"}}
	checked := 0
	for mode, paperColours := range papers {
		sheet := strings.Split(Style, "@media")[mode]
		for i := range MaxSeries {
			_, rest, found := strings.Cut(sheet, fmt.Sprintf("--chart-%d:", i+1))
			if !found {
				t.Fatalf("no colour %d", i+1)
			}
			for _, paper := range paperColours {
				if got := contrast(t, rest[:7], paper); got < 3 {
					t.Errorf("%s on %s has contrast %.2f", rest[:7], paper, got)
				}
				checked++
			}
		}
	}
	if checked != 4*MaxSeries {
		t.Errorf("checked %d pairs, want %d", checked, 4*MaxSeries)
	}
}

// contrast is the ratio of WCAG 2.2 between two colours "#rrggbb".
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(colour string) float64 {
		n, err := strconv.ParseUint(colour[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v := float64(n>>(16-8*i)&255) / 255
			if v <= 0.04045 {
				sum += weight * v / 12.92
			} else {
				sum += weight * math.Pow((v+0.055)/1.055, 2.4)
			}
		}
		return sum + 0.05
	}
	x, y := light(a), light(b)
	return math.Max(x, y) / math.Min(x, y)
}

// Six series are told apart without colour: no dash, marker or hatching twice.
func TestSeriesDifferWithoutColour(t *testing.T) {
	for name, signs := range map[string][MaxSeries]string{"dash": dashes, "marker": markers, "hatching": hatchings} {
		seen := map[string]bool{}
		for _, sign := range signs {
			seen[sign] = true
		}
		if len(seen) != MaxSeries {
			t.Errorf("%d kinds of %s, want %d", len(seen), name, MaxSeries)
		}
	}
}
