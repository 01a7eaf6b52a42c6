package chart

import "fmt"

// Style sets the colours for light and dark paper (contrast at least 3:1 against
// both, WCAG 2.2 §1.4.11) and the look of the tables. A page embeds it in the one
// sheet it has; it sets no font, for a drawing inherits the page's and reckons
// with its own size. In forced colours everything is drawn in the text's colour.
const Style = `.chart{--chart-1:#005a9c;--chart-2:#b3430a;--chart-3:#126b3a;--chart-4:#7a2a86;--chart-5:#7a5b00;--chart-6:#a3175a;display:block;width:100%;max-width:44rem;height:auto}
@media(prefers-color-scheme:dark){.chart{--chart-1:#7fbdf0;--chart-2:#f5a873;--chart-3:#6fd39b;--chart-4:#d9a3e3;--chart-5:#e3c35c;--chart-6:#ff9cc4}}
@media(forced-colors:active){.chart{--chart-1:CanvasText;--chart-2:CanvasText;--chart-3:CanvasText;--chart-4:CanvasText;--chart-5:CanvasText;--chart-6:CanvasText}}
.chart-table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.chart-table caption{text-align:start;font-weight:600}.chart-table caption small{display:block;font-weight:400}
.chart-table :is(th,td){padding:.25rem .75rem .25rem 0;text-align:end}.chart-table :is(th:first-child,td:only-child){text-align:start;font-weight:400}
`

// dashes tell lines apart without colour; the first is drawn through.
var dashes = [MaxSeries]string{"", "7 4", "2 3", "10 3 2 3", "14 4", "6 3 2 3 2 3"}

// markers are drawn around 0,0 at the last value of a line and in the legend.
var markers = [MaxSeries]string{
	"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", // disc
	"M-4-4h8v8h-8z",                      // square
	"M0-5L5 4H-5z",                       // triangle
	"M0-5L5 0L0 5L-5 0z",                 // diamond
	"M0 5L5-4H-5z",                       // triangle on its tip
	"M-5-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z", // cross
}

// hatchings tell parts of a bar apart without colour, over a pale ground; the
// first is solid. They are drawn in a square of hatchEdge units.
var hatchings = [MaxSeries]string{
	"", "M-1 1L1-1M0 6L6 0M5 7L7 5", "M0 3H6", "M3 0V6", "M-1 5L1 7M0 0L6 6M5-1L7 1", "M0 3H6M3 0V6",
}

// hatchEdge is the edge of one tile of hatching.
const hatchEdge = 6

// colour is the paint of series i, as an attribute value.
func colour(i int) string {
	return fmt.Sprintf("var(--chart-%d,currentColor)", i+1)
}

// fill is the paint of the parts of series i: solid or hatched.
func fill(id string, i int) string {
	if hatchings[i] == "" {
		return colour(i)
	}
	return fmt.Sprintf("url(#%s-h%d)", id, i+1)
}

// defineHatchings writes the patterns that n series need.
func (c *canvas) defineHatchings(id string, n int) {
	if n < 2 {
		return
	}
	c.raw("<defs>")
	for i := 1; i < n; i++ {
		c.rawf(`<pattern id="%s-h%d" width="%d" height="%d" patternUnits="userSpaceOnUse">`, id, i+1, hatchEdge, hatchEdge)
		c.rawf(`<path d="M0 0h%dv%dh-%dz" fill="%s" fill-opacity=".25"/>`, hatchEdge, hatchEdge, hatchEdge, colour(i))
		c.rawf(`<path d="%s" stroke="%s" stroke-width="1.5" fill="none"/></pattern>`, hatchings[i], colour(i))
	}
	c.raw("</defs>")
}
