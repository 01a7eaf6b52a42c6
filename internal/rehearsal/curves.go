package rehearsal

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"sort"
	"time"

	"einlass/internal/chart"
	"einlass/internal/fault"
	"einlass/internal/locale"
)

// drawing is a chart of either kind.
type drawing interface {
	WriteSVG(w io.Writer) error
	WriteTable(w io.Writer) error
}

// curves draws a Result's series in one language.
type curves struct {
	r     *Result
	lang  locale.Lang
	words chart.Words
	out   []drawn
	err   error
}

// zero is where every run begins on paper: at a full hour, so that ticks fall on
// whole seconds since the opening.
var zero = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func charts(r *Result, f *RoomFacts, lang locale.Lang) ([]drawn, error) {
	c := &curves{r: r, lang: lang, words: chart.German()}
	if lang == locale.English {
		c.words = chart.English()
	}
	s := &r.Series
	c.timeline("arrivals", pair{"Ankunft je Sekunde", "Arrivals per second"},
		pair{"Wie viele Menschen in jeder Sekunde zum ersten Mal kamen.", "How many people came for the first time in each second."},
		"", true, chart.Series{Name: pair{"Menschen", "people"}.in(lang), Points: c.perSecond(s.Arrivals)})
	c.timeline("stock", pair{"Reserviert und gebucht", "Held and booked"},
		pair{"Wie viele Reservierungen und Buchungen bis dahin zustande kamen.", "How many holds and bookings had been made by then."},
		"", false,
		chart.Series{Name: pair{"reserviert", "held"}.in(lang), Points: c.running(s.Holds)},
		chart.Series{Name: pair{"gebucht", "booked"}.in(lang), Points: c.running(s.Booked)})
	c.room(f)
	c.latency("hold", pair{"Wartezeit beim Reservieren", "Waiting for a hold"}, s.HoldP50, s.HoldP99)
	c.latency("confirm", pair{"Wartezeit beim Buchen", "Waiting for the booking"}, s.ConfirmP50, s.ConfirmP99)
	c.refusals()
	c.timeline("load", pair{"Anfragen je Sekunde", "Requests per second"},
		pair{"Was der Server in jeder Sekunde beantwortet hat, und wie oft er um Geduld bat.", "What the server answered in each second, and how often it asked for patience."},
		"", false,
		chart.Series{Name: pair{"beantwortet", "answered"}.in(lang), Points: c.perSecond(s.Requests)},
		chart.Series{Name: pair{"später noch einmal", "busy"}.in(lang), Points: c.perSecond(s.Busy)})
	c.timeline("open", pair{"Offene Verbindungen", "Open connections"},
		pair{"Wie viele Verbindungen gleichzeitig offen waren.", "How many connections were open at once."},
		"", true, chart.Series{Name: pair{"Verbindungen", "connections"}.in(lang), Points: c.points(s.Open, 1)})
	return c.out, c.err
}

func (c *curves) head(id string, title, desc pair, unit string) chart.Head {
	digits := 0
	if unit != "" {
		digits = 1
	}
	return chart.Head{
		ID: id, Title: title.in(c.lang), Desc: desc.in(c.lang), Words: c.words,
		Number: func(v float64) string { return grouped(v, digits, c.lang) + unit },
	}
}

func (c *curves) timeline(id string, title, desc pair, unit string, area bool, lines ...chart.Series) {
	h := c.head(id, title, desc, unit)
	c.draw(h, chart.Timeline{Head: h, Series: lines, Area: area, Clock: sinceOpening})
}

func (c *curves) latency(id string, title pair, p50, p99 []float64) {
	desc := pair{
		"Die mittlere Zeit und die, unter der 99 von 100 blieben, in Millisekunden.",
		"The middle time and the one that 99 of 100 stayed below, in milliseconds.",
	}
	h := c.head(id, title, desc, " ms")
	t := chart.Latency(h, c.present(p50), c.present(p99), chart.Goal{})
	t.Clock = sinceOpening
	c.draw(h, t)
}

// refusals draws the most frequent reasons over time and all of them as bars.
func (c *curves) refusals() {
	byReason := c.r.Series.Refusals
	reasons := sortedKeys(c.r.Refusals)
	sort.SliceStable(reasons, func(i, j int) bool { return c.r.Refusals[reasons[i]] > c.r.Refusals[reasons[j]] })
	var lines []chart.Series
	var bars []chart.Bar
	for i, reason := range reasons {
		name := reasonIn(reason, c.lang)
		if i < chart.MaxSeries {
			lines = append(lines, chart.Series{Name: name, Points: c.perSecond(byReason[reason])})
		}
		bars = append(bars, chart.Bar{Name: name, Values: []float64{float64(c.r.Refusals[reason])}})
	}
	c.timeline("refusals", pair{"Absagen je Sekunde", "Refusals per second"},
		pair{"Wie oft in jeder Sekunde jemand hörte, warum es nicht geht.", "How often in each second somebody was told why not."}, "", false, lines...)
	h := c.head("reasons", pair{"Absagen nach Grund", "Refusals by reason"},
		pair{"Alle Absagen, die häufigsten zuerst.", "All refusals, the most frequent first."}, "")
	c.draw(h, chart.Bars{
		Head: h, Category: pair{"Grund", "Reason"}.in(c.lang),
		Parts: []string{pair{"Absagen", "refusals"}.in(c.lang)}, Rows: bars,
	})
}

// draw renders one chart with its table; the first error stays.
func (c *curves) draw(h chart.Head, d drawing) {
	var svg, table bytes.Buffer
	for _, write := range []func() error{func() error { return d.WriteSVG(&svg) }, func() error { return d.WriteTable(&table) }} {
		if err := write(); err != nil && c.err == nil {
			c.err = fault.New(fault.Internal, "rehearsal: draw %s: %w", h.ID, err)
		}
	}
	c.out = append(c.out, drawn{
		Title: h.Title, Desc: h.Desc,
		SVG: template.HTML(svg.String()), Table: template.HTML(table.String()), //nolint:gosec // room chart escapes every text
	})
}

func (c *curves) at(window int) time.Time {
	return zero.Add(time.Duration(int64(window)*c.r.Series.StepMS-c.r.Series.OpenedMS) * time.Millisecond)
}

func (c *curves) points(values []int, factor float64) []chart.Point {
	out := make([]chart.Point, len(values))
	for i, v := range values {
		out[i] = chart.Point{At: c.at(i), Value: float64(v) * factor}
	}
	return out
}

// perSecond sums the windows of each second.
func (c *curves) perSecond(values []int) []chart.Point {
	per := int(max(time.Second.Milliseconds()/max(c.r.Series.StepMS, 1), 1))
	var out []chart.Point
	for i := 0; i < len(values); i += per {
		sum := 0
		for _, v := range values[i:min(i+per, len(values))] {
			sum += v
		}
		out = append(out, chart.Point{At: c.at(i), Value: float64(sum)})
	}
	return out
}

// running is the sum up to each window's end.
func (c *curves) running(values []int) []chart.Point {
	out := make([]chart.Point, len(values))
	sum := 0
	for i, v := range values {
		sum += v
		out[i] = chart.Point{At: c.at(i), Value: float64(sum)}
	}
	return out
}

// present leaves out windows in which nothing was measured.
func (c *curves) present(values []float64) []chart.Point {
	var out []chart.Point
	for i, v := range values {
		if v > 0 {
			out = append(out, chart.Point{At: c.at(i), Value: v})
		}
	}
	return out
}

// sinceOpening writes a time as minutes and seconds after the opening, or before it.
func sinceOpening(t time.Time, step time.Duration) string {
	d := t.Sub(zero)
	if d < 0 {
		return "−" + sinceOpening(zero.Add(-d), step)
	}
	if step < time.Second {
		return fmt.Sprintf("%d:%05.2f", int(d.Minutes()), (d % time.Minute).Seconds())
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int((d % time.Minute).Seconds()))
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }
