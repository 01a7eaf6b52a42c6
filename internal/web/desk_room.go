package web

import (
	"net/http"
	"time"

	"einlass/internal/booking"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// deskRoomBody is how a waiting room stands, and for whoever may, its levers.
type deskRoomBody struct {
	deskSearch
	Title, Here, Notice string
	May                 bool // pull the levers
	Closed, Paused      bool
	Facts, Told         []deskFact // figures; levers
	State               string
	Serving             string
	Errors              []problem
	Say                 []deskField // the message, in each language
	Until, Rate         deskField
}

// deskRoom shows how the room stands and what was told to it. Clerks see the same as
// organizers, without the levers.
func (s *Site) deskRoom(w http.ResponseWriter, r *deskRequest) error {
	sale, levers, err := s.roomNow(r)
	if err != nil {
		return err
	}
	b := deskRoomBody{Notice: s.roomNotice(r)}
	b.fill(r, sale, levers)
	return s.showDeskRoom(w, r, http.StatusOK, sale, levers, b)
}

// roomNow is the sale of the address, which has a room, and its levers as they are
// stored: what somebody changed a moment ago is in them.
func (s *Site) roomNow(r *deskRequest) (*booking.Sale, waitingroom.Levers, error) {
	sale, err := s.roomSale(r)
	if err != nil {
		return nil, waitingroom.Levers{}, err
	}
	all, err := s.Store.Levers(r.ctx())
	return sale, all[sale.ID], err
}

// roomDone say after a redirect what was done.
var roomDone = map[string]string{
	"say": "desk.room.done.say", "pause": "desk.room.done.pause", "resume": "desk.room.done.resume", "rate": "desk.room.done.rate", "close": "desk.room.done.close",
}

func (s *Site) roomNotice(r *deskRequest) string {
	if id := roomDone[r.URL.Query().Get("done")]; id != "" {
		return r.t(id)
	}
	return ""
}

func (s *Site) showDeskRoom(w http.ResponseWriter, r *deskRequest, status int, sale *booking.Sale, levers waitingroom.Levers, b deskRoomBody) error {
	b.deskSearch, b.Title = searchOf(sale), sale.Event.Title.In(r.lang)
	b.Here, b.May = b.Link+"/room", r.who.Role == inventory.RoleOrganizer
	at := s.Rooms.Standing(sale.ID)
	b.Closed, b.Paused = levers.Closed || at.Phase == waitingroom.Over, levers.Paused
	b.State = s.roomState(r, sale, at, levers)
	b.Serving, b.Facts, b.Told = locale.Number(r.lang, int64(at.Called)), s.roomFacts(r, sale, at), roomTold(r, levers)
	if b.Errors = b.problems(); len(b.Errors) > 0 {
		b.Until.Focus, b.Rate.Focus = b.Errors[0].ID == b.Until.ID, b.Errors[0].ID == b.Rate.ID
		for i := range b.Say {
			b.Say[i].Focus = b.Errors[0].ID == b.Say[i].ID
		}
	}
	p := s.deskPage(r, sale, "deskroom", r.t("desk.room"))
	p.Kind, p.Here, p.State = "room", b.Here, at.Phase.String()
	p.Body = b
	return s.show(w, r.request, status, p)
}

func (b *deskRoomBody) problems() []problem {
	return problems([]field{b.Say[0].field, b.Say[1].field, b.Until.field, b.Rate.field})
}

// roomState says in a sentence what the room does now.
func (s *Site) roomState(r *deskRequest, sale *booking.Sale, at onsale.Standing, l waitingroom.Levers) string {
	data := locale.Data{"From": locale.DateTime(r.lang, sale.WindowFrom(), sale.Zone), "Opens": locale.DateTime(r.lang, sale.Opens, sale.Zone)}
	switch {
	case l.Closed, at.Phase == waitingroom.Over:
		return r.t("desk.room.state.over")
	case l.Paused:
		return pauseNotice(r.words, sale, l)
	case at.Phase == 0:
		return r.t("desk.room.state.soon", data)
	}
	return r.t("desk.room.state."+at.Phase.String(), data)
}

// roomFacts are the figures, as everybody's waiting page has them, and who is inside.
func (s *Site) roomFacts(r *deskRequest, sale *booking.Sale, at onsale.Standing) []deskFact {
	number := func(n int) string { return locale.Number(r.lang, int64(n)) }
	t := s.totals(sale)
	out := []deskFact{
		{r.t("desk.room.entries"), number(at.Entries)}, {r.t("desk.room.waiting"), number(at.Waiting)}, {r.t("desk.room.inside"), number(at.Inside)},
		{r.t("desk.room.free"), number(t.free)}, {r.t("desk.room.held"), number(t.held)},
	}
	for g, left := range t.by {
		if name := sale.GroupName(g, r.lang); name != "" {
			out = append(out, deskFact{name, r.t("desk.room.group", locale.Data{"Free": number(left.Free), "Held": number(left.Held), "Called": number(at.By(g))})})
		}
	}
	return out
}

// roomTold is what was told to the room and is in force.
func roomTold(r *deskRequest, l waitingroom.Levers) []deskFact {
	rate := r.t("desk.room.rate.none")
	if l.Rate > 0 {
		rate = r.t("desk.room.rate.most", locale.Data{"Count": l.Rate})
	}
	out := []deskFact{{r.t("desk.room.rate"), rate}}
	for _, lang := range locale.Langs {
		if text := l.Message[lang]; text != "" {
			out = append(out, deskFact{r.t("desk.room.message." + string(lang)), text})
		}
	}
	return out
}

// fill puts the levers as they stand into the fields.
func (b *deskRoomBody) fill(r *deskRequest, sale *booking.Sale, l waitingroom.Levers) {
	b.fields(r.words)
	for i, lang := range locale.Langs {
		b.Say[i].Value = l.Message[lang]
	}
	if left := l.Until.Sub(r.arrived); left > 0 && left < day {
		b.Until.Value = locale.Clock24(l.Until, sale.Zone)
	}
	if l.Rate > 0 {
		b.Rate.Value = locale.Number(r.lang, int64(l.Rate))
	}
}

// day bounds how far ahead a pause can be told to last here: its end is a time of day.
const day = 24 * time.Hour

// The longest a lever's field takes, in bytes: four for each character of a message.
const (
	sayMax   = 4 * waitingroom.MessageMax
	untilMax = 10
	rateMax  = 12
)

// fields are the empty fields of the levers.
func (b *deskRoomBody) fields(w words) {
	for _, lang := range locale.Langs {
		b.Say = append(b.Say, deskField{field: field{ID: "say-" + string(lang), Label: w.t("desk.room.message." + string(lang)), Auto: "off", Max: sayMax}})
	}
	b.Until = deskField{field: field{ID: "until", Label: w.t("desk.room.until"), Hint: w.t("desk.room.until.hint"), Auto: "off", Max: untilMax}}
	b.Rate = deskField{field: field{ID: "rate", Label: w.t("desk.room.rate.set"), Hint: w.t("desk.room.rate.hint"), Auto: "off", Mode: "numeric", Max: rateMax}}
}
