package rehearsal

import (
	"bytes"
	_ "embed" // the template
	"html/template"
	"io"
	"strconv"

	"einlass/internal/chart"
	"einlass/internal/fault"
	"einlass/internal/locale"
)

//go:embed report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

// reportPage is what the template shows.
type reportPage struct {
	Lang       locale.Lang
	Title      string
	Sub        string
	Big        string // the number on the slip
	BigLabel   string
	Headline   string
	Promises   []promise
	Figures    []row
	Outcomes   []row
	Charts     []drawn
	Judged     *judged
	Notes      []string
	Words      map[string]string
	ChartStyle template.CSS
}

// promise is one thing that must hold, and whether it did.
type promise struct {
	Kept bool
	Text string
}

// drawn is a chart and its table as HTML.
type drawn struct {
	Title, Desc string
	SVG, Table  template.HTML
}

// WriteReport writes the report of one rehearsal as a single HTML file that loads
// nothing: it can be mailed, printed and opened in ten years.
func WriteReport(w io.Writer, r *Result, f Facts) error {
	lang := f.Lang
	if lang == "" {
		lang = locale.German
	}
	line := NewLine(r, f)
	page := reportPage{
		Lang: lang, Title: title(r, f), Sub: subtitle(r, lang), Headline: headline(r, &line, f.Judgement, lang),
		Big: grouped(float64(line.Booked), 0, lang), BigLabel: pair{"gebuchte Plätze", "places booked"}.in(lang),
		Promises: promises(&line, lang), Figures: rows(&line, lang), Outcomes: outcomes(r, lang),
		Judged: judgementPage(f.Judgement, lang),
		Notes:  append(r.Notes, oddNotes(r)...), Words: reportWords(lang),
		ChartStyle: template.CSS(chart.Style), //nolint:gosec // a constant of ours
	}
	var err error
	if page.Charts, err = charts(r, f.Room, lang); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := reportTemplate.Execute(&b, page); err != nil {
		return fault.New(fault.Internal, "rehearsal: fill the report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fault.New(fault.Unavailable, "rehearsal: write the report: %w", err)
	}
	return nil
}

func title(r *Result, f Facts) string {
	if f.Title != "" {
		return f.Title
	}
	return r.Config.Scenario
}

func subtitle(r *Result, lang locale.Lang) string {
	return pair{"Generalprobe vom ", "Rehearsal of "}.in(lang) + r.Started.Format("2006-01-02 15:04") +
		pair{", Startzahl ", ", seed "}.in(lang) + strconv.FormatUint(r.Config.Seed, 10) +
		pair{", Uhr ", ", clock "}.in(lang) + grouped(r.Config.Pace, 0, lang) + "×"
}

// headline says in plain words how it went.
func headline(r *Result, l *Line, j *Judgement, lang locale.Lang) string {
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	s := pair{n(l.People) + " Menschen wollten " + n(l.Places) + " Plätze. ", n(l.People) + " people wanted " + n(l.Places) + " places. "}.in(lang)
	if l.SecondsToNoneFree >= 0 {
		t := grouped(l.SecondsToNoneFree, 1, lang)
		s += pair{"Nach " + t + " Sekunden war keiner mehr frei. ", "After " + t + " seconds none was free. "}.in(lang)
	}
	s += pair{
		n(l.Booked) + " Plätze sind gebucht, " + n(r.without()) + " Menschen gingen ohne Platz. ",
		n(l.Booked) + " places are booked, " + n(r.without()) + " people went without one. ",
	}.in(lang)
	if j != nil {
		return s + j.Verdict.In(lang)
	}
	if l.OK() {
		return s + pair{"Alles, was versprochen war, wurde gehalten.", "Everything that was promised was kept."}.in(lang)
	}
	return s + pair{"Nicht alles, was versprochen war, wurde gehalten: siehe unten.", "Not everything that was promised was kept: see below."}.in(lang)
}

func promises(l *Line, lang locale.Lang) []promise {
	say := func(kept bool, de, en string) promise { return promise{kept, pair{de, en}.in(lang)} }
	kept := []promise{
		say(l.Oversold == 0, "Kein Platz wurde zweimal vergeben.", "No place was sold twice."),
		say(l.AckedLost == 0, "Keine bestätigte Buchung ging verloren.", "No acknowledged booking was lost."),
		say(l.DuplicatePeople == 0, "Niemand hat mehr Plätze als erlaubt.", "Nobody has more places than allowed."),
		say(l.MailsExpected == l.MailsReceived, "Jede zugesagte Mail kam an.", "Every mail that was promised arrived."),
		say(l.HTTP5xx == 0 && l.Unanswered == 0, "Niemand sah einen Fehler oder wartete vergeblich.", "Nobody saw an error or waited in vain."),
		say(l.Verify == "ok", "Die Bücher stimmen.", "The books balance."),
	}
	if l.Draw.Checked {
		kept = append(kept, say(l.Draw.Differences == 0, "Jede Nummer lässt sich aus den veröffentlichten Dateien nachrechnen.", "Every number can be recomputed from the published files."))
	}
	return kept
}

// outcomes tell what became of the people: how many have booked, how many went
// without a place, and of those why, as far as it happened.
func outcomes(r *Result, lang locale.Lang) []row {
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	var out []row
	for _, w := range outcomeWords {
		switch of := r.Outcomes[w.outcome]; {
		case w.outcome == Booked:
			out = append(out, row{Name: w.in(lang), Figure: n(of)},
				row{Name: pair{"gingen ohne Platz", "went without a place"}.in(lang), Figure: n(r.without())})
		case of > 0:
			out = append(out, row{Name: "– " + w.in(lang), Figure: n(of), Bad: w.outcome == Unanswered || w.outcome == Stuck})
		}
	}
	return out
}

// without is how many people's journeys ended without a place.
func (r *Result) without() int {
	sum := 0
	for o, n := range r.Outcomes {
		if o != Booked {
			sum += n
		}
	}
	return sum
}

// oddNotes are what no page should do, and why requests had no answer.
func oddNotes(r *Result) []string {
	var notes []string
	for _, m := range []map[string]int{r.Odd, r.Missing} {
		for _, what := range sortedKeys(m) {
			notes = append(notes, what+": "+strconv.Itoa(m[what]))
		}
	}
	return notes
}

func reportWords(lang locale.Lang) map[string]string {
	words := map[string]pair{
		"promises": {"Was versprochen war", "What was promised"},
		"kept":     {"gehalten", "kept"},
		"broken":   {"verletzt", "broken"},
		"curves":   {"Wie es verlief", "How it went"},
		"outcomes": {"Wie es den Menschen erging", "What became of the people"},
		"figures":  {"Alle Zahlen", "All figures"},
		"numbers":  {"Zahlen dazu", "The numbers"},
		"notes":    {"Zu beachten", "To be noted"},
		"method":   {"Wie gemessen wurde", "How it was measured"},
		"how": {
			"Eine erfundene Menge hat über die echten Seiten gebucht: Sie kannte nur die Startadresse und folgte den Links und Formularen wie ein Mensch. Jede Zeit zählt von dem Augenblick an, in dem jemand klicken wollte. Was als gebucht angezeigt wurde, stand in einer eigenen Liste und wurde am Ende mit dem Bestand verglichen. Die Menge lief in einem eigenen Prozess auf demselben Rechner.",
			"An invented crowd booked through the real pages: it knew only the start address and followed links and forms as people do. Every time counts from the moment somebody meant to click. What was shown as booked was kept in a list of its own and compared with the stock at the end. The crowd ran in a process of its own on the same machine.",
		},
	}
	out := make(map[string]string, len(words))
	for k, w := range words {
		out[k] = w.in(lang)
	}
	return out
}
