package mail

import (
	_ "embed"
	"html/template"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/locale"
)

// words is what a mail says, as both of its readable parts say it.
type words struct {
	Lang      locale.Lang
	Subject   string
	Greeting  string
	Lead      string
	Stale     string // empty unless the booking changed meanwhile
	Title     string
	Dates     []dateWords
	Where     []string
	People    string
	CodeLabel string
	Code      string // empty where there is nothing to show at the door
	CodeHint  string
	QR        template.URL // address of the picture within the mail
	QRText    string
	BringHead string
	Bring     []string
	Calendar  string
	LinkLabel string
	Link      string
	LinkHint  string
	AskHead   string
	Ask       []string
	Note      string // what else is to be known
	Close     string
	Organizer string
	Automatic string
}

// dateWords is one appointment; Gone is the word for what was cancelled.
type dateWords struct{ When, Until, Gone string }

func (c *Composer) words(l *Letter) *words {
	lang := l.Lang
	s := l.Sale
	w := &words{
		Lang: lang, Greeting: locale.T(lang, "mail.greeting"), Lead: locale.T(lang, l.topicID("lead")),
		Title: oneLine(s.Event.Title.In(lang)), Dates: l.dates(), Where: where(l),
		Link: c.link(l.Booking.ID), LinkLabel: locale.T(lang, "mail.link"), LinkHint: locale.T(lang, "mail.link.hint"),
		Ask: ask(s, lang), Close: locale.T(lang, "mail.close"), Organizer: oneLine(s.Organizer.Name), Automatic: locale.T(lang, "mail.automatic"),
	}
	w.Subject = l.subject(w.Title)
	if len(w.Ask) > 0 {
		w.AskHead = locale.T(lang, "mail.ask")
	}
	switch {
	case l.stale():
		w.Stale = locale.T(lang, "mail.stale")
		w.LinkLabel = locale.T(lang, "mail.link.view")
	case l.About == inventory.AboutCancelled && l.whole():
		w.LinkLabel, w.LinkHint = locale.T(lang, "mail.link.view"), ""
		w.Calendar = locale.T(lang, "mail.calendar.remove")
	default:
		w.QR = template.URL("cid:" + c.pictureID(l)) //nolint:gosec // made of digits, letters and a checked domain
		w.admit(l)
	}
	return w
}

// admit adds what somebody needs who will come.
func (w *words) admit(l *Letter) {
	w.CodeLabel, w.Code, w.CodeHint = locale.T(w.Lang, "mail.code"), l.Booking.Code.String(), locale.T(w.Lang, "mail.code.hint")
	w.QRText = locale.T(w.Lang, "mail.qr")
	if w.Bring = lines(l.Sale.Event.Bring.In(w.Lang)); len(w.Bring) > 0 {
		w.BringHead = locale.T(w.Lang, "mail.bring")
	}
	if l.Booking.People > 0 {
		w.People = locale.T(w.Lang, "mail.people", locale.Data{locale.CountKey: l.Booking.People})
	}
	switch {
	case l.About != inventory.AboutCancelled:
		w.Calendar = locale.T(w.Lang, "mail.calendar.add")
	case slices.ContainsFunc(l.appointments(), isGone):
		w.Calendar = locale.T(w.Lang, "mail.calendar.remove")
	}
}

// topicID names a sentence of this message in the catalogue.
func (l *Letter) topicID(what string) string {
	topic := l.About.String()
	if l.About == inventory.AboutCancelled && !l.whole() {
		topic = "partly"
	}
	return "mail." + what + "." + topic
}

// subject says what happened, to what, and when. Title is clean.
func (l *Letter) subject(title string) string {
	data := locale.Data{"Title": title}
	if l.About == inventory.AboutConfirmed || l.About == inventory.AboutRebooked {
		stand := slices.DeleteFunc(l.appointments(), isGone)
		data[locale.CountKey] = len(stand)
		data["When"] = locale.DateTime(l.Lang, stand[0].slot.Start, l.Sale.Event.Location())
	}
	return oneLine(locale.T(l.Lang, l.topicID("subject"), data))
}

func (l *Letter) dates() []dateWords {
	loc := l.Sale.Event.Location()
	var out []dateWords
	for _, a := range l.appointments() {
		d := dateWords{When: inGroup(l, a.slot) + locale.DateTime(l.Lang, a.slot.Start, loc)}
		if sameDay(a.slot.Start.In(loc), a.slot.End.In(loc)) {
			d.Until = locale.T(l.Lang, "mail.until", locale.Data{"Time": locale.Clock(l.Lang, a.slot.End, loc)})
		}
		if a.gone {
			d.Gone = locale.T(l.Lang, "mail.gone")
		}
		out = append(out, d)
	}
	return out
}

// inGroup says the group of a slot before its time; nothing where the sale has none.
func inGroup(l *Letter, slot catalog.Slot) string {
	if name := oneLine(l.Sale.GroupName(slot.Group, l.Lang)); name != "" {
		return name + ", "
	}
	return ""
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

func where(l *Letter) []string {
	return lines(l.Sale.Venue.Name + "\n" + l.Sale.Venue.Address)
}

// ask lists the ways to reach the organizer, as text: a mail has one link.
func ask(s *catalog.Sale, lang locale.Lang) []string {
	var out []string
	if p := oneLine(s.Organizer.Phone); p != "" {
		out = append(out, locale.T(lang, "mail.ask.phone", locale.Data{"Phone": p}))
	}
	if m := oneLine(s.Organizer.Mail); m != "" {
		out = append(out, m)
	}
	return out
}

//go:embed letter.html
var htmlText string

// htmlLetter is part of the program; a broken one is a broken build.
var htmlLetter = template.Must(template.New("letter").Parse(htmlText))

func (w *words) html() (string, error) {
	var sb strings.Builder
	err := htmlLetter.Execute(&sb, w)
	return sb.String(), err
}

// text writes the plain part: paragraphs with an empty line between them.
func (w *words) text() string {
	var dates []string
	for _, d := range w.Dates {
		dates = append(dates, join(" – ", join(" ", d.When, d.Until), d.Gone))
	}
	code := ""
	if w.Code != "" {
		code = w.CodeLabel + ": " + w.Code
	}
	paragraphs := []string{
		w.Greeting, w.Lead, w.Stale,
		join("\n", w.Title, join("\n", dates...), join("\n", w.Where...), w.People),
		join("\n", code, w.CodeHint),
		join("\n", w.BringHead, join("\n", w.Bring...)),
		join("\n", w.LinkLabel+":", w.Link, w.LinkHint),
		w.Calendar,
		w.Note,
		join("\n", w.AskHead, join("\n", w.Ask...)),
		join("\n", w.Close, w.Organizer),
		w.Automatic,
	}
	return strings.ReplaceAll(join("\n\n", paragraphs...), "\n", "\r\n") + "\r\n"
}

// join joins what is not empty.
func join(sep string, parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}
