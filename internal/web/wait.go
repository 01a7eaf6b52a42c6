package web

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
	"einlass/internal/web/view"
)

// What somebody's waiting page is about.
const (
	waitSoon    = "soon"    // numbers cannot be drawn yet
	waitJoin    = "join"    // has none yet
	waitJoined  = "joined"  // is in the draw
	waitDrawing = "drawing" // the draw is being made
	waitQueue   = "waiting" // has a number that was not called yet
	// The same, when it can be told how it will probably end.
	waitLikely    = "likely"
	waitUndecided = "undecided"
	waitUnlike    = "unlikely"
	waitCalled    = "called"   // may come in
	waitLate      = "late"     // was called, and stands at the door
	waitSoldOut   = "sold-out" // was not called, and every place is booked
	waitClosed    = "closed"
)

// The holes of a waiting page, as they stand in the page that is made once. They must
// not be changed by escaping.
const (
	holeNumber   = "hole-number"
	holeAhead    = "hole-ahead"
	holeRaw      = "hole-raw" // the number without separators; 0 = none
	holeTransfer = "hole-transfer"
)

var waitHoles = regexp.MustCompile(holeNumber + "|" + holeAhead + "|" + holeRaw + "|" + holeTransfer + "|" + holeSeconds)

type waitBody struct {
	Title, Link, Notice, Message string
	Number, Serving, Ahead       string
	Forecast                     string
	Transfer                     string // the code for another device
	Have                         bool   // ask whether there is a number already
	Say                          []string
	Step, Button, Next, NextText string
	Places, Watch, Alarm         bool
	Status, Phase, RawNumber     string // for the script
	Free, Held, Waiting, Draw    string
}

// standing is how it stands for one person.
type standing struct {
	kind          string
	no            uint32 // place in the log
	number, ahead uint32
	seconds       int // until their page asks again; 0 = never
}

// hasRoom reports whether a sale gives its places out by numbers.
func hasRoom(sale *booking.Sale) bool { return sale.Allocation == catalog.AllocateRoom }

// wait shows how it stands with somebody's number. Nothing is rendered for them alone:
// the page is made once for all who stand alike, with holes for what is theirs.
func (s *Site) wait(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r)
	if err != nil {
		return err
	}
	if !hasRoom(sale) {
		return see(w, sale.Path())
	}
	no, has := s.number(r, sale)
	if !has && sale.Asks() && len(s.people(r, sale)) == 0 {
		return see(w, sale.Path()+"/eligible")
	}
	at := s.stand(sale, no, has, r.arrived)
	if at.kind == waitJoin { // before the button is pressed: once or twice, it is one number
		if _, err := s.ownSecret(w, r, sale); err != nil {
			return err
		}
	}
	page, err := s.waitPage(sale, r.lang, at.kind)
	if err != nil {
		return err
	}
	at.no = no
	return s.fillWait(w, r, sale, page, at)
}

// stand tells how it stands for whoever has a place in the log.
func (s *Site) stand(sale *booking.Sale, no uint32, has bool, now time.Time) standing {
	roster := s.Rooms.Roster(sale.ID)
	if roster == nil {
		if now.Before(sale.Closes) {
			return standing{kind: waitSoon, seconds: farSeconds}
		}
		return standing{kind: waitClosed}
	}
	room := roster.Room()
	switch {
	case room.Phase == waitingroom.Over:
		return standing{kind: waitClosed}
	case !has:
		return standing{kind: waitJoin}
	case room.Phase == waitingroom.Joining:
		return standing{kind: waitJoined, seconds: whole(s.Rooms.BeforeOpening(sale.ID, no, sale.Opens.Sub(now)))}
	case room.Phase == waitingroom.Drawing:
		return standing{kind: waitDrawing, seconds: s.again(sale, no, room.Entries)}
	}
	number, _ := roster.Number(no)
	if _, called := roster.CalledAt(number); called {
		return s.standCalled(sale, no, number, room.Entries)
	}
	return s.standQueue(sale, no, number, room.Called)
}

// standCalled tells it to somebody whose number was called: they go in, or stand at the
// door because they come late.
func (s *Site) standCalled(sale *booking.Sale, no, number, entries uint32) standing {
	late, admitted := s.Rooms.Late(sale.ID, no)
	switch {
	case !late || admitted:
		return standing{kind: waitCalled, number: number}
	case s.Rooms.SoldOut(sale.ID):
		return standing{kind: waitSoldOut, number: number, seconds: s.again(sale, no, entries)}
	}
	return standing{kind: waitLate, number: number, seconds: nearSeconds}
}

// standQueue tells it to somebody who waits, with what can be told of the end.
func (s *Site) standQueue(sale *booking.Sale, no, number, called uint32) standing {
	at := standing{kind: waitQueue, number: number, ahead: number - called - 1}
	at.seconds = s.again(sale, no, at.ahead)
	switch chance := s.Rooms.Forecast(sale.ID).Chance(number); {
	case s.Rooms.SoldOut(sale.ID):
		at.kind = waitSoldOut
	case chance == waitingroom.Probably:
		at.kind = waitLikely
	case chance == waitingroom.ProbablyNot:
		at.kind = waitUnlike
	case chance == waitingroom.Undecided:
		at.kind = waitUndecided
	}
	return at
}

// How often a page asks again that waits for the room to open, or at the door.
const (
	farSeconds  = 20
	nearSeconds = 5
)

// again is when somebody asks again who has so many numbers ahead of them, in seconds.
func (s *Site) again(sale *booking.Sale, no, ahead uint32) int {
	return whole(s.Rooms.Pacing(sale.ID).Again(ahead, onsale.Jitter(no)))
}

// whole is a time in whole seconds, at least one.
func whole(d time.Duration) int { return max(1, int((d+time.Second/2)/time.Second)) }

// waitPage is the page of all who stand alike, made again when something has changed.
func (s *Site) waitPage(sale *booking.Sale, lang locale.Lang, kind string) (*rendered, error) {
	changes := s.Booking.Available.Changes(sale.ID) + s.Rooms.Changes(sale.ID)
	return s.shared.get(sharedKey{sale: sale.ID, lang: lang, what: "wait " + kind, holes: waitHoles}, sale, changes, kind, func() ([]byte, error) {
		return view.Render(s.renderWait(sale, lang, kind))
	})
}

func (s *Site) renderWait(sale *booking.Sale, lang locale.Lang, kind string) *view.Page {
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
	}
	switch kind {
	case waitJoin:
		b.Have = true
		b.Step, b.Button = "join", words.t("wait.join.do")
		b.Say = append(b.Say, words.t("wait.join.fair"))
	case waitJoined:
		b.Say = append(b.Say, words.t("wait.keep"))
	case waitQueue, waitLikely, waitUndecided, waitUnlike, waitSoldOut:
		s.queueNumbers(sale, lang, &b)
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
func (s *Site) queueNumbers(sale *booking.Sale, lang locale.Lang, b *waitBody) {
	b.Number, b.Ahead = holeNumber, holeAhead
	t := s.totals(sale)
	b.Places, b.Free, b.Held = true, locale.Number(lang, int64(t.free)), locale.Number(lang, int64(t.held))
	if roster := s.Rooms.Roster(sale.ID); roster != nil {
		room := roster.Room()
		b.Serving, b.Waiting = locale.Number(lang, int64(room.Called)), locale.Number(lang, int64(room.Entries-room.Called))
	}
}

// fillWait answers with the page, its holes filled.
func (s *Site) fillWait(w http.ResponseWriter, r *request, sale *booking.Sale, page *rendered, at standing) error {
	parts := page.holed.fill(func(hole string) string {
		switch hole {
		case holeNumber:
			return locale.Number(r.lang, int64(at.number))
		case holeAhead:
			return locale.Number(r.lang, int64(at.ahead))
		case holeRaw:
			return strconv.FormatUint(uint64(at.number), 10)
		case holeTransfer:
			return waitingroom.Token{Sale: sale.ID, No: at.no}.TransferCode(s.Secret)
		}
		return strconv.Itoa(at.seconds)
	})
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", view.ThemeOf(sale.Organizer.Accent).WatchPolicy)
	h.Set("Cache-Control", "no-store")
	return writeSegments(w, r.Request, http.StatusOK, parts)
}

// join draws a number for whoever asks, once.
func (s *Site) join(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r)
	if err != nil {
		return err
	}
	people := s.people(r, sale)
	switch {
	case !hasRoom(sale):
		return see(w, sale.Path())
	case sale.Asks() && len(people) == 0:
		return see(w, sale.Path()+"/eligible")
	case s.Closing():
		return fault.New(fault.Unavailable, "being stopped")
	}
	if _, has := s.number(r, sale); has {
		return see(w, sale.Path()+"/wait")
	}
	visitor, err := s.visitor(w, r, sale, people)
	if err != nil {
		return err
	}
	out, err := s.Rooms.Join(r.ctx(), visitor)
	switch {
	case err != nil:
		return err
	case out.Reason == waitingroom.Claimed:
		return s.refuse(w, r, sale, refusal{reason: hasNumber, places: len(people), next: sale.Path() + "/eligible"})
	case out.Reason != waitingroom.Granted:
		return see(w, sale.Path()+"/wait")
	}
	s.keepNumber(w, r, sale, out.Entry.No)
	return see(w, sale.Path()+"/wait")
}

// visitor is who asks for a number. A letter's code opens it on every device; without
// one, what lies in this browser does.
func (s *Site) visitor(w http.ResponseWriter, r *request, sale *booking.Sale, people []catalog.Participant) (onsale.Visitor, error) {
	v := onsale.Visitor{Sale: &sale.StoredSale, Size: max(1, len(people)), Channel: catalog.Online, Claims: s.Booking.Claims(sale, people)}
	code, err := s.Booking.LetterCode(r.ctx(), sale, people)
	if err != nil || code != "" {
		v.Secret = letterSecret(code)
		return v, err
	}
	own, err := s.ownSecret(w, r, sale)
	v.Secret = append([]byte("browser "), own[:]...)
	return v, err
}

// letterSecret is what a letter's code opens a number by, wherever it was drawn.
func letterSecret(code string) []byte { return []byte("letter " + code) }

// The reasons of the waiting room that are a page of their own.
const (
	hasNumber    inventory.Reason = "has_number"
	noMorePasses inventory.Reason = "no_more_passes"
)

// enter lets somebody in whose number was called, and keeps the pass in the browser.
func (s *Site) enter(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r)
	if err != nil {
		return err
	}
	no, has := s.number(r, sale)
	if !hasRoom(sale) || !has {
		return see(w, sale.Path()+"/wait")
	}
	if s.Closing() {
		return fault.New(fault.Unavailable, "being stopped")
	}
	pass, reason, err := s.Rooms.Enter(r.ctx(), &sale.StoredSale, no)
	switch {
	case fault.KindOf(err) == fault.Conflict && err != nil, reason == waitingroom.NotOpen, reason == waitingroom.Done, reason == waitingroom.NoSuchEntry, reason == onsale.AtTheDoor:
		return see(w, sale.Path()+"/wait") // that page says how it stands
	case err != nil:
		return err
	case reason == waitingroom.NoMorePasses:
		return s.refuse(w, r, sale, refusal{reason: noMorePasses, next: sale.Path()})
	}
	r.setCookie(w, r.saleCookie(passCookie, sale), pass.Token(s.Secret), pass.Until.Sub(r.arrived))
	return see(w, sale.Path()+"/slots")
}

const (
	numberCookie = "number"
	secretCookie = "own"
	// numberAge is how long a browser keeps its number: longer than any sale with a
	// room.
	numberAge = 60 * 24 * time.Hour
)

// number reads the browser's place in the log.
func (s *Site) number(r *request, sale *booking.Sale) (no uint32, ok bool) {
	c, err := r.Cookie(r.saleCookie(numberCookie, sale))
	if err != nil {
		return 0, false
	}
	t, err := waitingroom.ReadToken(s.Secret, c.Value, sale.ID)
	return t.No, err == nil
}

func (s *Site) keepNumber(w http.ResponseWriter, r *request, sale *booking.Sale, no uint32) {
	r.setCookie(w, r.saleCookie(numberCookie, sale), waitingroom.Token{Sale: sale.ID, No: no}.String(s.Secret), numberAge)
}

// ownSecret is what opens this browser's number: the same for all its tabs, also if
// the button is pressed twice.
func (s *Site) ownSecret(w http.ResponseWriter, r *request, sale *booking.Sale) (ident.ID, error) {
	name := r.saleCookie(secretCookie, sale)
	if c, err := r.Cookie(name); err == nil {
		if id, err := ident.ParseID(c.Value); err == nil {
			return id, nil
		}
	}
	id, err := ident.New(s.Rand, r.arrived)
	if err != nil {
		return id, err
	}
	r.setCookie(w, name, id.String(), numberAge)
	return id, nil
}
