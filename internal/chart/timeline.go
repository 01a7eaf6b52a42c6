package chart

import (
	"io"
	"math"
	"time"
)

// Timeline is a chart of several lines over time: arrivals, held, booked.
type Timeline struct {
	Head
	// Series are the lines, at most MaxSeries.
	Series []Series
	// Area fills below the lines, for amounts that fill something up.
	Area bool
	// Goal is a level drawn across, such as a promise; the zero value draws none.
	Goal Goal
	// Clock writes a time as exactly as step needs it ("08:00", "10.04."); step is
	// the distance of ticks or rows. A chart of several days must name the day too.
	// Nil writes 24-hour clock times, or ISO dates for steps of whole days, in the
	// zone of the time given.
	Clock func(t time.Time, step time.Duration) string
}

// Goal is a level to be kept, with its name. Without a name it is not drawn.
type Goal struct {
	Name  string
	Value float64
}

// drawn reports whether there is a goal that can be drawn.
func (g Goal) drawn() bool { return g.Name != "" && usable(g.Value) }

// Latency is the timeline of answer times: the middle one (p50) and the one that
// 99 of 100 stay below (p99), in one unit of the caller's choice.
func Latency(h Head, p50, p99 []Point, goal Goal) Timeline {
	return Timeline{Head: h, Goal: goal, Series: []Series{{Name: "p50", Points: p50}, {Name: "p99", Points: p99}}}
}

// WriteSVG draws the chart. Errors are ErrTooManySeries or the writer's own.
func (t Timeline) WriteSVG(w io.Writer) error {
	if err := checkSeries(len(t.Series)); err != nil {
		return err
	}
	var c canvas
	if lines := t.clean(); measure(lines).points == 0 {
		c.empty(t.Head, "timeline")
	} else {
		t.draw(&c, lines)
	}
	return writeAll(w, "chart", c.buf.Bytes())
}

// clean returns the series with only what can be drawn, in order of time.
func (t Timeline) clean() []Series {
	lines := make([]Series, len(t.Series))
	for i, s := range t.Series {
		lines[i] = Series{Name: s.Name, Points: clean(s.Points)}
	}
	return lines
}

// clock writes a time for people.
func (t Timeline) clock(at time.Time, step time.Duration) string {
	switch {
	case t.Clock != nil:
		return t.Clock(at, step)
	case step >= day:
		return at.Format(time.DateOnly)
	case step >= time.Minute:
		return at.Format("15:04")
	case step >= time.Second:
		return at.Format(time.TimeOnly)
	}
	return at.Format("15:04:05.000")
}

// plot is the area of the lines and how values and times fall into it.
type plot struct {
	left, top, right, bottom float64
	values                   axis
	first, last              time.Time
}

// x is where an instant stands; a single one stands in the middle.
func (p plot) x(at time.Time) float64 {
	span := p.last.Sub(p.first)
	if span <= 0 {
		return (p.left + p.right) / 2
	}
	return p.left + float64(at.Sub(p.first))/float64(span)*(p.right-p.left)
}

// y is how high a value stands.
func (p plot) y(v float64) float64 { return p.bottom - p.values.at(v)*(p.bottom-p.top) }

// draw draws cleaned lines of which at least one has a point.
func (t Timeline) draw(c *canvas, lines []Series) {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Name
	}
	entries, legend := layLegend(names)
	p := t.layPlot(measure(lines), legend)

	c.open(t.Head, "timeline", p.bottom+lineHeight+margin)
	for i, e := range entries {
		c.stroke(i, "M"+coordinate(e.x)+" "+coordinate(e.y-4)+"h"+coordinate(sample-10))
		c.marker(i, e.x+(sample-10)/2, e.y-4)
		c.label(e.x+sample-4, e.y, "start", e.name)
	}
	t.drawValues(c, p)
	t.drawTimes(c, p)
	for i, line := range lines {
		t.drawLine(c, p, i, reduce(line.Points, p.first, p.last))
	}
	if t.Goal.drawn() {
		t.drawGoal(c, p)
	}
	c.close()
}

// layPlot leaves room for the legend above and the values on the left.
func (t Timeline) layPlot(e extent, legend float64) plot {
	if t.Goal.drawn() {
		e.lowest, e.highest = math.Min(e.lowest, t.Goal.Value), math.Max(e.highest, t.Goal.Value)
	}
	p := plot{top: legend + margin, right: width - 2*margin, values: newAxis(e.lowest, e.highest), first: e.first, last: e.last}
	p.bottom = p.top + plotHeight
	widest := 0.0
	for _, v := range p.values.ticks() {
		widest = math.Max(widest, textWidth(t.number(v)))
	}
	p.left = margin + math.Min(widest, width/3) + margin
	return p
}

// drawValues draws the lines of the grid and their values.
func (t Timeline) drawValues(c *canvas, p plot) {
	for _, v := range p.values.ticks() {
		opacity := ".2"
		if v == 0 {
			opacity = ".7"
		}
		c.rule(p.left, p.y(v), p.right, p.y(v), opacity)
		c.label(p.left-margin/2, p.y(v)+fontSize/3, "end", shorten(t.number(v), width/3))
	}
}

// drawTimes writes as many round times below the plot as have room.
func (t Timeline) drawTimes(c *canvas, p plot) {
	if !p.last.After(p.first) {
		c.label(p.x(p.first), p.bottom+lineHeight, "middle", t.clock(p.first, time.Second))
		return
	}
	room := p.right - p.left
	for n := mostTimeTicks; n >= 1; n-- {
		step := timeStep(p.last.Sub(p.first), n)
		ticks := timeTicks(p.first, p.last, step)
		needed := 0.0
		for _, at := range ticks {
			needed += textWidth(t.clock(at, step)) + 2*glyph
		}
		if needed > room && n > 1 {
			continue
		}
		for _, at := range ticks {
			c.rule(p.x(at), p.bottom, p.x(at), p.bottom+4, ".7")
			c.timeLabel(p, p.x(at), shorten(t.clock(at, step), room))
		}
		return
	}
}

// timeLabel writes a time below x and keeps it inside the drawing.
func (c *canvas) timeLabel(p plot, x float64, s string) {
	half := textWidth(s) / 2
	anchor := "middle"
	switch {
	case x+half > width:
		x, anchor = width, "end"
	case x-half < 0:
		x, anchor = 0, "start"
	}
	c.label(x, p.bottom+lineHeight, anchor, s)
}

// drawLine draws one reduced line with its marker at the last value.
func (t Timeline) drawLine(c *canvas, p plot, i int, points []Point) {
	if len(points) == 0 {
		return
	}
	var d canvas
	for n, point := range points {
		d.raw(pathStep(n))
		d.raw(coordinate(p.x(point.At)))
		d.raw(" ")
		d.raw(coordinate(p.y(point.Value)))
	}
	line := d.buf.String()
	last := points[len(points)-1]
	if t.Area && len(points) > 1 {
		base := coordinate(p.y(0))
		c.rawf(`<path d="%sV%sH%sz" fill="%s" fill-opacity=".12"/>`, line, base, coordinate(p.x(points[0].At)), colour(i))
	}
	c.stroke(i, line)
	c.marker(i, p.x(last.At), p.y(last.Value))
}

// pathStep is the command of a path's point n: move to the first, draw to others.
func pathStep(n int) string {
	if n == 0 {
		return "M"
	}
	return "L"
}

// stroke draws a path in the colour and dash of series i.
func (c *canvas) stroke(i int, d string) {
	c.rawf(`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"`, d, colour(i))
	if dashes[i] != "" {
		c.rawf(` stroke-dasharray="%s"`, dashes[i])
	}
	c.raw("/>")
}

// marker draws the sign of series i at x, y.
func (c *canvas) marker(i int, x, y float64) {
	c.rawf(`<path d="%s" transform="translate(%s %s)" fill="%s"/>`, markers[i], coordinate(x), coordinate(y), colour(i))
}

// drawGoal draws the level to be kept, with its name on it.
func (t Timeline) drawGoal(c *canvas, p plot) {
	y := p.y(t.Goal.Value)
	c.rawf(`<path d="M%s %sH%s" fill="none" stroke="currentColor" stroke-dasharray="1 3" stroke-width="1.5"/>`,
		coordinate(p.left), coordinate(y), coordinate(p.right))
	if y -= 4; y-fontSize < p.top { // no room above: the legend is there
		y += 4 + fontSize
	}
	c.label(p.left+margin/2, y, "start", shorten(t.Goal.Name+" "+t.number(t.Goal.Value), p.right-p.left))
}
