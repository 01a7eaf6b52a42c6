package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"einlass/internal/booking"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
	"einlass/internal/web/view"
)

// The holes of a waiting page, as they stand in the page that is made once. They must
// not be changed by escaping.
const (
	holeNumber   = "hole-number"
	holeAhead    = "hole-ahead"
	holeRaw      = "hole-raw" // the number without separators; 0 = none
	holeTransfer = "hole-transfer"
	holeRange    = "hole-range" // of time, in words
	holeWants    = "hole-wants" // the groups that suit, in words
	holeMine     = "hole-mine"  // their ids, for the script
	holeServing  = "hole-serving"
)

var waitHoles = regexp.MustCompile(holeNumber + "|" + holeAhead + "|" + holeRaw + "|" + holeTransfer + "|" + holeRange + "|" + holeWants + "|" + holeMine + "|" + holeServing + "|" + holeSeconds)

type waitBody struct {
	Title, Link, Notice, Message string
	Number, Serving, Ahead       string
	Forecast, Range              string
	Words                        *rangeWords // for the script, where there is a range
	Transfer                     string      // the code for another device
	Wanted                       string      // the groups that suit, where there are several
	Wants                        *wantForm   // the question for them
	Errors                       []problem
	Have                         bool // ask whether there is a number already
	Say                          []string
	Step, Button, Next, NextText string
	Mail, MailForm               string // how it stands with a mail, or the way to one
	MailForget                   bool
	Places, Watch, Alarm         bool
	Status, Phase, RawNumber     string // for the script
	Mine                         string // also
	Free, Held, Waiting, Draw    string
	Groups                       []string // what is left of each, where there are several
}

// waitPage is the page of all who stand alike, made again when something has changed.
func (s *Site) waitPage(sale *booking.Sale, lang locale.Lang, kind string, mail onsale.Reminded) (*rendered, error) {
	changes := s.Booking.Available.Changes(sale.ID) + s.Rooms.Changes(sale.ID)
	return s.shared.get(sharedKey{sale: sale.ID, lang: lang, what: "wait " + kind + mailKey(mail), holes: waitHoles}, sale, changes, kind, func() ([]byte, error) {
		return view.Render(s.renderWait(sale, lang, kind, mail, newWants(sale, lang)))
	})
}

// mailKey tells pages apart by what they say about somebody's mail.
func mailKey(mail onsale.Reminded) string {
	if mail.Told && !mail.Kept {
		return " forgotten"
	}
	return " " + mailWords(mail)
}

// mailWords names the message about somebody's mail; none if they never asked for one.
func mailWords(mail onsale.Reminded) string {
	switch {
	case mail.Told:
		return "remind.told"
	case mail.Kept:
		return "remind.asked"
	}
	return ""
}

func (s *Site) renderWait(sale *booking.Sale, lang locale.Lang, kind string, mail onsale.Reminded, wants *wantForm) *view.Page {
	words := words{lang}
	p := salePage(sale, "wait", sale.Event.Title.In(lang))
	here := sale.Path() + "/wait"
	p.Lang, p.State, p.Here, p.Language = lang, kind, here, others(lang, here)
	if kind != waitJoin && kind != waitCalled && kind != waitClosed {
		p.Refresh = holeSeconds
	}
	b := waitBody{Title: p.Title, Link: sale.Path(), Say: []string{words.t("wait."+sentence(kind), locale.Data{
		"From": locale.DateTime(lang, sale.WindowFrom(), sale.Zone), "Opens": locale.DateTime(lang, sale.Opens, sale.Zone),
	})}}
	if kind == waitDrawing {
		b.Say = s.drawingSay(words, sale)
	}
	if kind != waitSoon && s.Rooms.Roster(sale.ID) != nil {
		b.Draw = sale.Path() + "/draw"
	}
	levers := s.Rooms.Levers(sale.ID)
	if b.Message = levers.Message.In(lang); levers.Paused {
		b.Notice = pauseNotice(words, sale, levers)
	}
	if kind != waitSoon && kind != waitJoin && kind != waitClosed { // whoever has a number
		b.Transfer = holeTransfer
		if saysWants(sale) {
			b.Wanted = holeWants
		}
	}
	if remindable[kind] && (!s.NoMail || mail.Told) || mail.Kept {
		b.mail(words, sale, mail)
	}
	switch kind {
	case waitJoin:
		b.Have, b.Wants, b.Errors = true, wants, wants.problems()
		b.Step, b.Button = "join", words.t("wait.join.do")
		b.Say = append(b.Say, words.t("wait.join.fair"))
		if perBrowser(sale) {
			b.Say = append(b.Say, words.t("wait.join.browser"))
		}
	case waitJoined:
		b.Say = append(b.Say, words.t("wait.keep"))
	case waitQueue, waitLikely, waitUndecided, waitUnlike, waitSoldOut:
		s.queueNumbers(sale, lang, kind, &b)
		if id := forecasts[kind]; id != "" {
			b.Forecast = words.t(id)
		}
		b.Say = append(b.Say, words.t("wait.keep"))
	case waitLate:
		b.Number = holeNumber
	case waitCalled:
		b.Number = holeNumber
		b.Step, b.Button = "enter", words.t("wait.enter")
	case waitClosed:
		b.Next, b.NextText = sale.Path(), words.t("refused.to_event")
	}
	if p.Refresh != "" {
		p.Watch, b.Watch, b.Status, b.RawNumber = true, true, sale.Path()+"/status.json", holeRaw
		b.Phase, b.Alarm = phaseOf(s.Rooms.Roster(sale.ID)), kind != waitSoon && kind != waitSoldOut
	}
	p.Body = b
	return p
}

// mail says how it stands with a mail when their turn is near.
func (b *waitBody) mail(w words, sale *booking.Sale, mail onsale.Reminded) {
	b.MailForget = mail.Kept
	if id := mailWords(mail); id != "" {
		b.Mail = w.t(id)
		return
	}
	b.MailForm = sale.Path() + remindPath
}

// forecasts are what is told of the end.
var forecasts = map[string]string{
	waitLikely: "wait.forecast.likely", waitUndecided: "wait.forecast.undecided", waitUnlike: "wait.forecast.unlikely",
}

// sentence is the message of a kind: those in the queue hear the same.
func sentence(kind string) string {
	if forecasts[kind] != "" {
		return waitQueue
	}
	return kind
}

func phaseOf(roster *waitingroom.Roster) string {
	if roster == nil {
		return waitingroom.Phase(0).String()
	}
	return roster.Room().Phase.String()
}

// pauseNotice says that nobody is called at the moment, and until when.
func pauseNotice(w words, sale *booking.Sale, l waitingroom.Levers) string {
	if l.Until.IsZero() {
		return w.t("wait.paused")
	}
	return w.t("wait.paused.until", locale.Data{"At": locale.DateTime(w.lang, l.Until, sale.Zone)})
}

// queueNumbers is what everybody in the queue sees alike.
func (s *Site) queueNumbers(sale *booking.Sale, lang locale.Lang, kind string, b *waitBody) {
	b.Number, b.Ahead = holeNumber, holeAhead
	if kind != waitUnlike && kind != waitSoldOut {
		b.Range, b.Words = holeRange, rangeWordsOf(words{lang})
	}
	t := s.totals(sale)
	b.Places, b.Free, b.Held = true, locale.Number(lang, int64(t.free)), locale.Number(lang, int64(t.held))
	b.Groups = groupsLeft(words{lang}, sale, t)
	if roster := s.Rooms.Roster(sale.ID); roster != nil {
		b.Serving, b.Waiting = locale.Number(lang, int64(roster.Room().Called)), locale.Number(lang, int64(roster.Waiting()))
		if sale.Grouped() {
			b.Serving, b.Mine = holeServing, holeMine
		}
	}
}

// groupsLeft says what is left of each group; nothing where the sale has none.
func groupsLeft(w words, sale *booking.Sale, t totals) (out []string) {
	for g, left := range t.by {
		if name := sale.GroupName(g, w.lang); name != "" {
			out = append(out, w.t("wait.group", locale.Data{"Name": name, "Free": locale.Number(w.lang, int64(left.Free)), "Held": locale.Number(w.lang, int64(left.Held))}))
		}
	}
	return out
}

// fillWait answers with the page, its holes filled.
func (s *Site) fillWait(w http.ResponseWriter, r *request, sale *booking.Sale, page *rendered, at standing) error {
	parts := page.holed.fill(func(hole string) string {
		switch hole {
		case holeNumber:
			return locale.Number(r.lang, int64(at.number))
		case holeAhead:
			return locale.Number(r.lang, int64(at.ahead))
		case holeRange:
			return sayRange(r.lang, at.until)
		case holeWants:
			return wantHole(sale, r.lang, at.wants)
		case holeMine:
			return strings.Join(wantIDs(sale, at.wants), " ")
		case holeServing:
			return locale.Number(r.lang, int64(at.called))
		case holeRaw:
			return strconv.FormatUint(uint64(at.number), 10)
		case holeTransfer:
			return waitingroom.Token{Sale: sale.ID, No: at.no}.TransferCode(s.Secret)
		}
		return strconv.Itoa(at.seconds)
	})
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = htmlType, noStore
	h["Content-Security-Policy"] = []string{view.ThemeOf(sale.Organizer.Accent).WatchPolicy}
	return writeSegments(w, r.Request, http.StatusOK, parts)
}
