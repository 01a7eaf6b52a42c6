// Package chart turns numbers into inline SVG and the same numbers into an HTML
// table to stand beside it.
//
// It promises: a drawing loads nothing, runs nothing and carries no style of its
// own that a content security policy would have to allow; it scales with its
// viewBox; it has a title and a description; series differ by dash, marker or
// hatching as well as by colour; every text that comes in is escaped. It never
// fails for a number: NaN, infinities and times out of range are left out, and
// 100,000 points become a drawing of bounded size that keeps every peak. The same
// input gives the same bytes.
//
// Colours are custom properties (--chart-1 to --chart-6, --chart-grid) that fall
// back to currentColor; Style sets them for light and dark paper.
package chart

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

const (
	// MaxSeries is how many lines or parts one chart may hold: there are as many
	// dashes, markers and hatchings that an eye keeps apart.
	MaxSeries = 6
	// MaxColumns is how many columns a line is reduced to; each keeps its first,
	// lowest, highest and last value. More than the pixels of a phone brings nothing.
	MaxColumns = 240
	// MaxRows is how many rows a table over time may have; beyond, rows become
	// time spans of a round length that show the lowest and the highest value.
	MaxRows = 120
	// MaxBars is how many bars a chart may have; the rest is summed into one.
	MaxBars = 24

	// maxMagnitude bounds values: beyond it neighbouring whole numbers are no
	// longer apart in a float64, and no sale counts that far.
	maxMagnitude = 1e15
	// firstYear and lastYear bound times, so that any two are less than the 292
	// years apart that a time.Duration can hold.
	firstYear, lastYear = 1970, 2200
)

// ErrTooManySeries says that a chart was given more than MaxSeries series.
var ErrTooManySeries = errors.New("chart has too many series")

// Words are the few words a chart needs beside what it is given.
type Words struct {
	// Time heads the column of times.
	Time string
	// Empty stands where there is nothing to draw.
	Empty string
	// Coarse tells, below a table's caption, that a row spans some time.
	Coarse string
	// Other names the bar that sums what had no room, Total the sum of a bar.
	Other, Total string
}

// German are the words for a German page.
func German() Words {
	return Words{
		Time: "Zeit", Empty: "Noch keine Zahlen.",
		Coarse: "Jede Zeile fasst einen Zeitraum zusammen: kleinster bis größter Wert.",
		Other:  "Übrige", Total: "Summe",
	}
}

// English are the words for an English page.
func English() Words {
	return Words{
		Time: "Time", Empty: "No figures yet.",
		Coarse: "Each row covers a span of time: lowest to highest value.",
		Other:  "Other", Total: "Total",
	}
}

// Head is what every chart begins with.
type Head struct {
	// ID is unique on the page; it names the title, the description and the
	// hatchings. Signs other than ASCII letters, digits, "-" and "_" become "-".
	ID string
	// Title is what is shown, Desc says in a sentence what it means: the number a
	// person would take away. Both are read to people who do not see the drawing.
	Title, Desc string
	// Words are German or English; the zero value is German.
	Words Words
	// Number writes a value with the separators of the page's language and its
	// unit ("4.000", "12 ms"); nil writes plain digits.
	Number func(float64) string
}

// id is the ID in signs that XML and HTML take for a name.
func (h Head) id() string {
	clean := []byte("chart-" + h.ID)
	for i, c := range clean {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
			clean[i] = '-'
		}
	}
	return string(clean)
}

// words are the given ones or, where none are given, German.
func (h Head) words() Words {
	if h.Words == (Words{}) {
		return German()
	}
	return h.Words
}

// number writes a value for people.
func (h Head) number(v float64) string {
	if h.Number != nil {
		return h.Number(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Point is one value at one instant.
type Point struct {
	At    time.Time
	Value float64
}

// Series is one line over time. Points may come in any order.
type Series struct {
	Name   string
	Points []Point
}

// usable reports whether a value can be drawn.
func usable(v float64) bool {
	return !math.IsNaN(v) && math.Abs(v) <= maxMagnitude
}

// usableTime reports whether an instant can be drawn.
func usableTime(t time.Time) bool {
	y := t.UTC().Year()
	return y >= firstYear && y <= lastYear
}

// checkSeries refuses more series than can be told apart.
func checkSeries(n int) error {
	if n > MaxSeries {
		return fmt.Errorf("%w: %d, at most %d", ErrTooManySeries, n, MaxSeries)
	}
	return nil
}

// writeAll hands a finished drawing or table over in one write.
func writeAll(w io.Writer, what string, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}
