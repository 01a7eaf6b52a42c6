package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Measures of a drawing, in units of its viewBox. The width is that of a phone's
// column and a third, so that text of 15 units is readable there and on a desk.
const (
	width      = 480.0
	plotHeight = 210.0
	margin     = 8.0
	lineHeight = 21.0
	fontSize   = 15
	// glyph is the width reckoned for one character: the true one depends on the
	// reader's font. Wide rather than narrow, so that nothing overlaps.
	glyph = 8.7
	// sample is the width of a legend's line sample with its gap.
	sample = 40.0
)

// canvas collects the text of a drawing or table.
type canvas struct {
	buf bytes.Buffer
}

// raw adds markup that this room wrote itself.
func (c *canvas) raw(markup string) { c.buf.WriteString(markup) }

// rawf adds markup; its values are numbers and names this room made.
func (c *canvas) rawf(format string, values ...any) { fmt.Fprintf(&c.buf, format, values...) }

// text adds text from outside, escaped for XML and HTML alike; signs that XML
// does not know become U+FFFD.
func (c *canvas) text(s string) {
	// A bytes.Buffer never fails to take more, and EscapeText has no other error.
	_ = xml.EscapeText(&c.buf, []byte(s))
}

// coordinate writes a coordinate with one decimal at most, never as "-0".
func coordinate(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64)
}

// open begins a drawing of the given height with what tells people about it.
func (c *canvas) open(h Head, kind string, height float64) {
	id := h.id()
	c.rawf(`<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-%s" role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %s %s" font-size="%d" fill="currentColor">`,
		kind, id, id, coordinate(width), coordinate(height), fontSize)
	c.rawf(`<title id="%s-t">`, id)
	c.text(h.Title)
	c.rawf(`</title><desc id="%s-d">`, id)
	c.text(h.Desc)
	c.raw("</desc>")
}

// close ends a drawing.
func (c *canvas) close() { c.raw("</svg>") }

// label writes text at x, y; anchor is start, middle or end.
func (c *canvas) label(x, y float64, anchor, s string) {
	c.rawf(`<text x="%s" y="%s"`, coordinate(x), coordinate(y))
	if anchor != "start" {
		c.rawf(` text-anchor="%s"`, anchor)
	}
	c.raw(">")
	c.text(s)
	c.raw("</text>")
}

// rule draws a straight thin line of the grid.
func (c *canvas) rule(x1, y1, x2, y2 float64, opacity string) {
	c.rawf(`<path d="M%s %sL%s %s" stroke="var(--chart-grid,currentColor)" stroke-opacity="%s" fill="none"/>`,
		coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2), opacity)
}

// empty draws the sentence for a chart without numbers.
func (c *canvas) empty(h Head, kind string) {
	const height = 60
	c.open(h, kind, height)
	c.label(width/2, height/2+fontSize/2, "middle", h.words().Empty)
	c.close()
}

// textWidth reckons how wide a text is.
func textWidth(s string) float64 { return float64(utf8.RuneCountInString(s)) * glyph }

// shorten cuts a text to a width; the whole one is in the table beside it.
func shorten(s string, room float64) string {
	if textWidth(s) <= room {
		return s
	}
	keep := max(1, int(room/glyph)-1)
	runes := []rune(s)
	return string(runes[:min(keep, len(runes))]) + "…"
}

// legendEntry is the place of one name in a legend, relative to its corner.
type legendEntry struct {
	x, y float64
	name string
}

// layLegend places names in rows that wrap, and returns their height.
func layLegend(names []string) (entries []legendEntry, height float64) {
	if len(names) == 0 {
		return nil, 0
	}
	x, y := margin, lineHeight
	for _, name := range names {
		name = shorten(name, width-2*margin-sample)
		need := sample + textWidth(name) + 2*glyph
		if x > margin && x+need > width-margin {
			x, y = margin, y+lineHeight
		}
		entries = append(entries, legendEntry{x, y, name})
		x += need
	}
	return entries, y + margin
}
