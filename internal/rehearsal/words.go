package rehearsal

import (
	"slices"

	"einlass/internal/locale"
)

// pair is a text in both languages.
type pair struct{ de, en string }

func (p pair) in(lang locale.Lang) string {
	if lang == locale.English {
		return p.en
	}
	return p.de
}

// outcomeWords say how journeys ended, in the order in which they are told.
var outcomeWords = []struct {
	outcome Outcome
	pair
}{
	{Booked, pair{"haben einen Platz gebucht", "booked a place"}},
	{SoldOut, pair{"erfuhren, dass nichts mehr frei ist", "were told that nothing is left"}},
	{NoShow, pair{"zogen eine Nummer und kamen nicht wieder", "drew a number and did not come back"}},
	{WentHome, pair{"hörten „voraussichtlich nicht“ und gingen", "were told “probably not” and went"}},
	{LeftWaiting, pair{"gingen, während alles in Warenkörben lag", "left while everything was in carts"}},
	{NotEligible, pair{"erfuhren, dass sie hier nicht buchen dürfen", "were told that this sale is for others"}},
	{HasOne, pair{"hatten schon einen Platz", "had a place already"}},
	{Abandoned, pair{"haben reserviert und nicht gebucht", "held a place and did not book it"}},
	{HoldLost, pair{"haben ihre Reservierung verloren", "lost their hold"}},
	{GaveUpBusy, pair{"gaben auf, weil sie zu oft warten sollten", "gave up after being asked to wait too often"}},
	{Unanswered, pair{"bekamen keine Antwort", "got no answer"}},
	{Stuck, pair{"kamen auf einer Seite nicht weiter", "found no way on"}},
	{SentHome, pair{"waren am Ende der Probe noch unterwegs", "were still on their way at the end"}},
}

// reasonWords name refusals; a reason without words stands as it is.
var reasonWords = map[string]pair{
	reasonSoldOut:     {"dieser Termin ist ausgebucht", "this slot is sold out"},
	reasonFullyHeld:   {"alles in Warenkörben", "everything in carts"},
	reasonTooEarly:    {"noch nicht geöffnet", "not open yet"},
	reasonTooLate:     {"schon geschlossen", "closed already"},
	reasonPaused:      {"angehalten", "paused"},
	reasonHasOne:      {"hat schon einen Platz", "has a place already"},
	reasonCodeUsed:    {"Code schon benutzt", "code used already"},
	reasonNotEligible: {"nicht berechtigt", "not eligible"},
	reasonBusy:        {"später noch einmal", "busy"},
	reasonAddressFull: {"zu viele aus einem Netz", "too many from one network"},
	reasonHasNumber:   {"hat schon eine Nummer", "has a number already"},
	"pass_spent":      {"Einlass schon benutzt", "pass used already"},
	"hold_ended":      {"Reservierung abgelaufen", "hold ended"},
	"no_adjacent":     {"keine Plätze nebeneinander", "no seats together"},
	"conflict":        {"inzwischen geändert", "changed meanwhile"},
}

func reasonIn(reason string, lang locale.Lang) string {
	if w, ok := reasonWords[reason]; ok {
		return w.in(lang)
	}
	return reason
}

// row is one figure of the line for people.
type row struct {
	Name, Figure string
	Bad          bool // a promise is broken
}

// rows are the line's figures in the order of its fields.
func rows(l *Line, lang locale.Lang) []row {
	n := func(v int) string { return grouped(float64(v), 0, lang) }
	ms := func(v float64) string { return grouped(v, 1, lang) + " ms" }
	s := func(v float64) string {
		if v < 0 {
			return "–"
		}
		return grouped(v, 1, lang) + " s"
	}
	zero := func(de, en string, v int) row { return row{pair{de, en}.in(lang), n(v), v != 0} }
	show := func(de, en, figure string) row { return row{Name: pair{de, en}.in(lang), Figure: figure} }
	return slices.Concat([]row{
		show("Menschen", "People", n(l.People)),
		show("Plätze", "Places", n(l.Places)),
	}, roomRows(l.Room, lang), deskRows(&l.Desk, lang), []row{
		show("gleichzeitig reserviert, höchstens", "held at once, at most", n(l.HeldMax)),
		show("gebuchte Plätze", "places booked", n(l.Booked)),
		zero("doppelt vergeben", "sold twice", l.Oversold),
		zero("bestätigt und verloren", "acknowledged and lost", l.AckedLost),
		zero("Menschen mit zwei Plätzen", "people with two places", l.DuplicatePeople),
		{pair{"Mails angekommen", "mails arrived"}.in(lang), n(l.MailsReceived) + " / " + n(l.MailsExpected), l.MailsReceived != l.MailsExpected},
		show("Mails doppelt", "mails twice", n(l.MailDuplicates)),
		zero("Serverfehler", "server errors", l.HTTP5xx),
		show("gebeten, später zu kommen", "asked to come later", n(l.Busy)),
		zero("ohne Antwort", "unanswered", l.Unanswered),
		show("Anfragen", "requests", n(l.Requests)),
		show("Anfragen in der dichtesten Sekunde", "requests in the densest second", n(l.PerSecondMax)),
		show("Anfragen je Buchung", "requests per booking", grouped(l.RequestsPerBooking, 1, lang)),
		show("Bytes je Buchung", "bytes per booking", grouped(l.BytesPerBooking, 0, lang)),
		show("kein Platz mehr frei nach", "no place free after", s(l.SecondsToNoneFree)),
		show("letzter Platz gebucht nach", "last place booked after", s(l.SecondsToLastBooked)),
		show("Reservieren, Mitte", "hold, median", ms(l.HoldP50)),
		show("Reservieren, 99 von 100", "hold, 99 of 100", ms(l.HoldP99)),
		show("Buchen, Mitte", "confirm, median", ms(l.ConfirmP50)),
		show("Buchen, 99 von 100", "confirm, 99 of 100", ms(l.ConfirmP99)),
		show("am Schalter gebucht", "booked by clerks", n(l.StaffBookings)),
		show("Schalter, 99 von 100", "clerks, 99 of 100", ms(l.StaffP99)),
		show("Rechenzeit Server", "server CPU", s(l.ServerCPU)),
		show("Rechenzeit Probe", "crowd CPU", s(l.CrowdCPU)),
		show("Speicher Server, höchstens", "server memory, at most", grouped(l.ServerMaxRSS, 1, lang)+" MB"),
		show("Verbindungen, höchstens", "connections, at most", n(l.ConnectionsMax)),
		{pair{"Bestand geprüft", "stock verified"}.in(lang), l.Verify, l.Verify != "ok"},
		drawRow(l.Draw, lang),
	})
}

// drawRow says that the files of the draw were checked.
func drawRow(d DrawCheck, lang locale.Lang) row {
	r := row{Name: pair{"Verlosung", "draw"}.in(lang), Figure: "–", Bad: d.Differences > 0}
	n := grouped(float64(d.Entries), 0, lang)
	switch {
	case d.Differences > 0:
		r.Figure = pair{"weicht ab", "differs"}.in(lang)
	case d.Checked:
		r.Figure = pair{"geprüft, " + n + " Einträge", "checked, " + n + " entries"}.in(lang)
	}
	return r
}
