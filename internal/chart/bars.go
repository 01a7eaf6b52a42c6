package chart

import (
	"io"
	"math"
)

// barHeight is the thickness of a bar in units of the viewBox.
const barHeight = 14.0

// Bars is a chart of horizontal bars, one for each category: refusals by reason,
// places by channel. A bar may be stacked of parts.
type Bars struct {
	Head
	// Category heads the column of names in the table ("Grund", "Channel").
	Category string
	// Parts name the parts of each bar, at most MaxSeries. One part is a plain bar.
	Parts []string
	// Rows are the bars, from top to bottom as given.
	Rows []Bar
}

// Bar is one category with a value for each part. Values are amounts: what is
// missing, negative or no number is left out.
type Bar struct {
	Name   string
	Values []float64
}

// part is the value of part i, and whether there is one.
func (b Bar) part(i int) (v float64, ok bool) {
	if i >= len(b.Values) || !usable(b.Values[i]) || b.Values[i] < 0 {
		return 0, false
	}
	return b.Values[i], true
}

// total sums the first n parts.
func (b Bar) total(n int) float64 {
	sum := 0.0
	for i := range n {
		v, _ := b.part(i)
		sum += v
	}
	return sum
}

// WriteSVG draws the chart. Errors are ErrTooManySeries or the writer's own.
func (b Bars) WriteSVG(w io.Writer) error {
	if err := checkSeries(len(b.Parts)); err != nil {
		return err
	}
	var c canvas
	if len(b.Rows) == 0 || len(b.Parts) == 0 {
		c.empty(b.Head, "bars")
	} else {
		b.draw(&c)
	}
	return writeAll(w, "chart", c.buf.Bytes())
}

// shown are the bars that are drawn: all, or the first with the rest as one.
func (b Bars) shown() []Bar {
	if len(b.Rows) <= MaxBars {
		return b.Rows
	}
	rest := Bar{Name: b.words().Other, Values: make([]float64, len(b.Parts))}
	for _, row := range b.Rows[MaxBars-1:] {
		for i := range b.Parts {
			v, _ := row.part(i)
			rest.Values[i] += v
		}
	}
	return append(append(make([]Bar, 0, MaxBars), b.Rows[:MaxBars-1]...), rest)
}

// draw draws bars below each other, each under its own name, so that a long name
// takes no room from the bar.
func (b Bars) draw(c *canvas) {
	var names []string
	if len(b.Parts) > 1 {
		names = b.Parts
	}
	entries, legend := layLegend(names)
	rows := b.shown()
	each := lineHeight + barHeight + margin
	id := b.id()

	c.open(b.Head, "bars", legend+float64(len(rows))*each+margin)
	c.defineHatchings(id, len(b.Parts))
	for i, e := range entries {
		c.bar(e.x, e.y-barHeight+3, sample-10, fill(id, i), colour(i))
		c.label(e.x+sample-4, e.y, "start", e.name)
	}
	longest, room := b.scale(rows)
	for n, row := range rows {
		y := legend + float64(n)*each
		c.label(margin, y+lineHeight-5, "start", shorten(row.Name, width-2*margin))
		end := b.drawBar(c, row, y+lineHeight, room/longest)
		c.label(end+margin/2, y+lineHeight+barHeight-3, "start", b.sum(row))
	}
	c.close()
}

// scale finds the longest bar and the room that is left beside its number.
func (b Bars) scale(rows []Bar) (longest, room float64) {
	widest := 0.0
	for _, row := range rows {
		longest = math.Max(longest, row.total(len(b.Parts)))
		widest = math.Max(widest, textWidth(b.sum(row)))
	}
	if longest < smallestRange {
		longest = 1
	}
	return longest, width - 3*margin - widest
}

// sum is the number beside a bar.
func (b Bars) sum(row Bar) string {
	return shorten(b.number(row.total(len(b.Parts))), width/3)
}

// drawBar draws the parts of one bar and returns where it ends.
func (b Bars) drawBar(c *canvas, row Bar, y, unit float64) float64 {
	x, id := margin, b.id()
	for i := range b.Parts {
		v, _ := row.part(i)
		if v == 0 {
			continue
		}
		c.bar(x, y, v*unit, fill(id, i), colour(i))
		x += v * unit
	}
	return x
}

// bar draws one rectangle with an outline, which also parts it from the next.
func (c *canvas) bar(x, y, length float64, paint, outline string) {
	c.rawf(`<path d="M%s %sh%sv%sh-%sz" fill="%s" stroke="%s"/>`, coordinate(x), coordinate(y),
		coordinate(length), coordinate(barHeight), coordinate(length), paint, outline)
}

// WriteTable writes the chart's numbers as an HTML table: every category, also
// those that the drawing sums up. Errors are ErrTooManySeries or the writer's own.
func (b Bars) WriteTable(w io.Writer) error {
	if err := checkSeries(len(b.Parts)); err != nil {
		return err
	}
	headings := append([]string{b.Category}, b.Parts...)
	if len(b.Parts) > 1 {
		headings = append(headings, b.words().Total)
	}
	var c canvas
	c.openTable(b.Head, false, headings)
	if len(b.Rows) == 0 || len(b.Parts) == 0 {
		c.emptyRow(b.Head, len(headings))
	} else {
		b.writeRows(&c)
	}
	c.raw("</tbody></table>")
	return writeAll(w, "table", c.buf.Bytes())
}

// writeRows writes a row for each bar; stacked bars end with their sum.
func (b Bars) writeRows(c *canvas) {
	for _, row := range b.Rows {
		c.heading(row.Name)
		for i := range b.Parts {
			if v, ok := row.part(i); ok {
				c.value(b.number(v))
			} else {
				c.value(noValue)
			}
		}
		if len(b.Parts) > 1 {
			c.value(b.number(row.total(len(b.Parts))))
		}
		c.raw("</tr>")
	}
}
