package rehearsal

import (
	"einlass/internal/chart"
	"einlass/internal/locale"
)

// RoomFacts are what the waiting room did, from the server's side.
type RoomFacts struct {
	Entries, Drawn, Called, Came int // numbers
	// What numbers were first told, and how many of them were called.
	Probably, ProbablyNot Told
	StepMS, OpenedMS      int64
	// At the end of each step.
	CalledBy, WaitingBy, InsideBy, FreeBy []int
}

// Told counts numbers that were told the same.
type Told struct{ Numbers, Called int }

// Add counts one.
func (t *Told) Add(called bool) {
	if t.Numbers++; called {
		t.Called++
	}
}

// roomRows are the room's figures for people; none for a sale without one.
func roomRows(f *RoomFacts, lang locale.Lang) []row {
	if f == nil {
		return nil
	}
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	show := func(de, en, figure string) row { return row{Name: pair{de, en}.in(lang), Figure: figure} }
	out := []row{
		show("Nummern gezogen", "numbers drawn", n(f.Entries)),
		show("davon zum Beginn ausgelost", "of them in the draw at the opening", n(f.Drawn)),
		show("aufgerufen bis", "called up to", n(f.Called)),
	}
	if f.Called > 0 {
		out = append(out, show("davon gekommen", "of them came in", n(f.Came)+" ("+grouped(100*float64(f.Came)/float64(f.Called), 0, lang)+" %)"))
	}
	if t := f.Probably; t.Numbers > 0 {
		out = append(out, show("hörten „voraussichtlich ja“, davon aufgerufen", "were told “probably”, of them called", n(t.Called)+" / "+n(t.Numbers)))
	}
	if t := f.ProbablyNot; t.Numbers > 0 {
		out = append(out, show("hörten „voraussichtlich nicht“, davon doch aufgerufen", "were told “probably not”, of them called after all", n(t.Called)+" / "+n(t.Numbers)))
	}
	return out
}

// deskRows are what clerks did with numbers; none where they drew none.
func deskRows(d *Desk, lang locale.Lang) []row {
	if d.Numbers == 0 {
		return nil
	}
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	return []row{
		{Name: pair{"Nummern, die am Schalter gezogen wurden", "numbers drawn by clerks"}.in(lang), Figure: n(d.Numbers)},
		{Name: pair{"Auskünfte zu ihnen", "times one was looked up"}.in(lang), Figure: n(d.LookedUp)},
		{Name: pair{"Plätze, die nach ihrem Aufruf gebucht wurden", "places booked from them"}.in(lang), Figure: n(d.FromNumbers)},
	}
}

// room draws the waiting room over time.
func (c *curves) room(f *RoomFacts) {
	if f == nil {
		return
	}
	run := *c.r // the same paper, with the room's own steps
	run.Series = Series{StepMS: f.StepMS, OpenedMS: f.OpenedMS}
	own := &curves{r: &run, lang: c.lang, words: c.words}
	own.timeline("room", pair{"Warteraum", "Waiting room"},
		pair{"Wie viele Nummern warteten und wie viele aufgerufen waren.", "How many numbers were waiting and how many had been called."},
		"", false,
		chart.Series{Name: pair{"warten", "waiting"}.in(c.lang), Points: own.points(f.WaitingBy, 1)},
		chart.Series{Name: pair{"aufgerufen", "called"}.in(c.lang), Points: own.points(f.CalledBy, 1)})
	own.timeline("free", pair{"Freie Plätze und Menschen drin", "Free places and people inside"},
		pair{"Wie viele Plätze frei waren und wie viele Menschen drin waren.", "How many places were free and how many people were inside."},
		"", false,
		chart.Series{Name: pair{"frei", "free"}.in(c.lang), Points: own.points(f.FreeBy, 1)},
		chart.Series{Name: pair{"drin", "inside"}.in(c.lang), Points: own.points(f.InsideBy, 1)})
	c.out = append(c.out, own.out...)
	if c.err == nil {
		c.err = own.err
	}
}
