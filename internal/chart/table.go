package chart

import (
	"io"
	"math"
	"slices"
	"time"
)

// noValue stands in a cell without a number.
const noValue = "–"

// cell is what a table knows of one series in one row.
type cell struct {
	low, high float64
	filled    bool
}

// add takes a value into the cell.
func (c *cell) add(v float64) {
	if !c.filled {
		*c = cell{v, v, true}
		return
	}
	c.low, c.high = math.Min(c.low, v), math.Max(c.high, v)
}

// text writes the cell: its value, or the lowest and the highest.
func (c cell) text(number func(float64) string) string {
	switch {
	case !c.filled:
		return noValue
	case c.low == c.high:
		return number(c.low)
	}
	return number(c.low) + noValue + number(c.high)
}

// WriteTable writes the chart's numbers as an HTML table: a row for each time, a
// column for each series. Errors are ErrTooManySeries or the writer's own.
func (t Timeline) WriteTable(w io.Writer) error {
	if err := checkSeries(len(t.Series)); err != nil {
		return err
	}
	lines := t.clean()
	times, step, coarse := rowTimes(lines)
	var c canvas
	headings := []string{t.words().Time}
	for _, line := range lines {
		headings = append(headings, line.Name)
	}
	c.openTable(t.Head, coarse, headings)
	if len(times) == 0 {
		c.emptyRow(t.Head, len(headings))
	}
	columns := make([][]cell, len(lines))
	for i, line := range lines {
		columns[i] = fillColumn(line.Points, times)
	}
	for row, at := range times {
		c.heading(t.clock(at, step))
		for _, column := range columns {
			c.value(column[row].text(t.number))
		}
		c.raw("</tr>")
	}
	if t.Goal.drawn() {
		t.goalRow(&c, len(lines))
	}
	c.raw("</tbody></table>")
	return writeAll(w, "table", c.buf.Bytes())
}

// goalRow repeats the level to be kept in every column.
func (t Timeline) goalRow(c *canvas, columns int) {
	c.heading(t.Goal.Name)
	for range columns {
		c.value(t.number(t.Goal.Value))
	}
	c.raw("</tr>")
}

// rowTimes are the times that begin a row: every time there is, or round ones
// when there are more than MaxRows. The step is how exactly they must be written.
func rowTimes(lines []Series) (times []time.Time, step time.Duration, coarse bool) {
	e := measure(lines)
	if e.points == 0 {
		return nil, 0, false
	}
	times = distinct(lines)
	if len(times) <= MaxRows {
		return times, finest(times), false
	}
	step = timeStep(e.last.Sub(e.first), MaxRows-1) // one row begins before the first value
	times = nil
	for at := floorTime(e.first, step); !at.After(e.last) && len(times) < MaxRows; at = nextTime(at, step) {
		times = append(times, at)
	}
	return times, step, true
}

// distinct are all instants of the lines in order, or MaxRows+1 of them: more
// need not be known.
func distinct(lines []Series) []time.Time {
	var times []time.Time
	for _, line := range lines {
		taken := 0
		for i, p := range line.Points {
			if i > 0 && p.At.Equal(line.Points[i-1].At) {
				continue
			}
			if taken++; taken > MaxRows+1 {
				break
			}
			times = append(times, p.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// finest is the largest of a second's, minute's or day's precision that still
// tells all the times apart.
func finest(times []time.Time) time.Duration {
	for _, step := range []time.Duration{day, time.Minute, time.Second} {
		if !slices.ContainsFunc(times, func(t time.Time) bool { return !floorTime(t, step).Equal(t) }) {
			return step
		}
	}
	return time.Millisecond
}

// fillColumn puts each point into the last row that begins at or before it. Both
// must be sorted, and no point may come before the first row.
func fillColumn(points []Point, times []time.Time) []cell {
	cells := make([]cell, len(times))
	row := 0
	for _, p := range points {
		for row+1 < len(times) && !times[row+1].After(p.At) {
			row++
		}
		cells[row].add(p.Value)
	}
	return cells
}

// openTable begins a table up to its first row.
func (c *canvas) openTable(h Head, coarse bool, headings []string) {
	c.raw(`<table class="chart-table"><caption>`)
	c.text(h.Title)
	if coarse {
		c.raw("<small>")
		c.text(h.words().Coarse)
		c.raw("</small>")
	}
	c.raw("</caption><thead><tr>")
	for _, heading := range headings {
		c.raw(`<th scope="col">`)
		c.text(heading)
		c.raw("</th>")
	}
	c.raw("</tr></thead><tbody>")
}

// emptyRow says that there are no numbers.
func (c *canvas) emptyRow(h Head, columns int) {
	c.rawf(`<tr><td colspan="%d">`, columns)
	c.text(h.words().Empty)
	c.raw("</td></tr>")
}

// heading begins a row with its name.
func (c *canvas) heading(s string) {
	c.raw(`<tr><th scope="row">`)
	c.text(s)
	c.raw("</th>")
}

// value adds a cell to the row.
func (c *canvas) value(s string) {
	c.raw("<td>")
	c.text(s)
	c.raw("</td>")
}
