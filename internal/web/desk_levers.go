package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/waitingroom"
)

// lever reads its fields from the form into the body, errors included, and returns
// what it changes.
type lever func(r *deskRequest, sale *booking.Sale, b *deskRoomBody) func(*waitingroom.Levers)

// pull carries out one lever: stored with who did it, and felt by the room within a
// second. A room that was closed meanwhile stays closed.
func (s *Site) pull(done string, read lever) func(http.ResponseWriter, *deskRequest) error {
	return func(w http.ResponseWriter, r *deskRequest) error {
		sale, now, err := s.roomNow(r)
		if err != nil {
			return err
		}
		var b deskRoomBody
		b.fill(r, sale, now)
		change := read(r, sale, &b)
		if len(b.problems()) > 0 {
			return s.showDeskRoom(w, r, http.StatusUnprocessableEntity, sale, now, b)
		}
		_, err = s.Store.SetLevers(sale.ID, func(l *waitingroom.Levers) error {
			change(l)
			return nil
		}, inventory.AuditRow{At: r.arrived, Actor: r.who.ID, Role: r.who.Role})
		if err != nil {
			return err
		}
		return see(w, "/desk"+sale.Path()+"/room?done="+done)
	}
}

// leverSay puts a message on every waiting page, or takes it away.
func leverSay(r *deskRequest, _ *booking.Sale, b *deskRoomBody) func(*waitingroom.Levers) {
	message := catalog.Text{}
	for i, lang := range locale.Langs {
		in := &b.Say[i]
		in.read(r.request)
		if utf8.RuneCountInString(in.Value) > waitingroom.MessageMax {
			in.Error = r.t("form.too_long")
		}
		if in.Value != "" {
			message[lang] = in.Value
		}
	}
	return func(l *waitingroom.Levers) { l.Message = message }
}

// leverPause calls nobody for the time being and says until when; with the message, because
// whoever waits asks why.
func leverPause(r *deskRequest, sale *booking.Sale, b *deskRoomBody) func(*waitingroom.Levers) {
	told := leverSay(r, sale, b)
	in := &b.Until
	in.read(r.request)
	until, ok := nextClock(in.Value, r.arrived.In(sale.Zone))
	if !ok && in.Error == "" {
		in.Error = r.t("desk.room.until.form")
	}
	return func(l *waitingroom.Levers) {
		told(l)
		l.Paused, l.Until = true, until
	}
}

// nextClock is the next moment at which a clock shows what was typed, 8:30 or 830 or 8;
// the zero time for nothing, false for no time of day.
func nextClock(typed string, now time.Time) (time.Time, bool) {
	if typed == "" {
		return time.Time{}, true
	}
	hours, minutes, split := strings.Cut(strings.NewReplacer(".", ":", "h", ":", " ", "").Replace(strings.ToLower(typed)), ":")
	if n := len(hours); !split && n > 2 {
		hours, minutes = hours[:n-2], hours[n-2:]
	}
	if minutes == "" {
		minutes = "00"
	}
	h, err := strconv.ParseUint(hours, 10, 8)
	m, err2 := strconv.ParseUint(minutes, 10, 8)
	if err != nil || err2 != nil || h > 23 || m > 59 || len(minutes) != 2 {
		return time.Time{}, false
	}
	at := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, int(h), int(m), 0, 0, now.Location())
	}
	if today := at(0); today.After(now) {
		return today, true
	}
	return at(1), true
}

// leverResume calls again. The message stays: what it says may still hold.
func leverResume(*deskRequest, *booking.Sale, *deskRoomBody) func(*waitingroom.Levers) {
	return func(l *waitingroom.Levers) { l.Paused, l.Until = false, time.Time{} }
}

// leverRate bounds how many numbers a minute are called.
func leverRate(r *deskRequest, _ *booking.Sale, b *deskRoomBody) func(*waitingroom.Levers) {
	in := &b.Rate
	in.read(r.request)
	n := 0
	if in.Value != "" && in.Error == "" {
		var err error
		n, err = strconv.Atoi(strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "").Replace(in.Value))
		if err != nil || n < 0 || n > waitingroom.RateMax {
			in.Error = r.t("desk.room.rate.form")
		}
	}
	return func(l *waitingroom.Levers) { l.Rate = n }
}

// leverClose closes the room for good.
func leverClose(*deskRequest, *booking.Sale, *deskRoomBody) func(*waitingroom.Levers) {
	return func(l *waitingroom.Levers) { l.Closed = true }
}

type deskShutBody struct {
	deskSearch
	Title, Here string
	Waiting     int
}

// deskShutAsk is the first of two steps: closing cannot be taken back.
func (s *Site) deskShutAsk(w http.ResponseWriter, r *deskRequest) error {
	sale, levers, err := s.roomNow(r)
	if err != nil {
		return err
	}
	here := "/desk" + sale.Path() + "/room"
	at := s.Rooms.Standing(sale.ID)
	if levers.Closed || at.Phase == waitingroom.Over {
		return see(w, here)
	}
	p := s.deskPage(r, sale, "deskshut", r.t("desk.room.close.ask"))
	p.Kind, p.Here = "shut", here+"/close"
	p.Body = deskShutBody{deskSearch: searchOf(sale), Title: sale.Event.Title.In(r.lang), Here: here, Waiting: at.Waiting}
	return s.show(w, r.request, http.StatusOK, p)
}
