package web

import (
	"html/template"
	"net/http"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/outbox"
	"einlass/internal/paper"
	"einlass/internal/store"
	"einlass/internal/web/view"
)

type deskBookingBody struct {
	deskSearch
	ID, Names, Births, When, Channel string
	Title, Venue, Address            string
	State, Notice                    string
	Stands, Mailed                   bool // Mailed: there is a message to send again
	Code, Aloud                      string
	Contact, Message                 string
	Post                             string // whom a letter goes to
	Told                             string // the button that says the task is done
	Task, Undo                       int64  // 0: none
	OnPhone                          bool   // the task is to tell whoever is on the phone now: first of all
	QR                               template.HTML
	Bring                            []string
	Again                            *deskAgain
}

// deskBooking shows a booking with its code, large enough to read aloud.
func (s *Site) deskBooking(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	if rec.State == inventory.Held && !r.arrived.After(rec.Expires) {
		return see(w, "/desk/cart/"+rec.ID.String())
	}
	b := s.deskBookingOf(r, rec, sale)
	status := http.StatusOK
	done := r.URL.Query().Get("done")
	if id := deskNotices[done]; id != "" {
		b.Notice = r.t(id)
	}
	s.deskTold(r, rec, &b, done)
	p := s.deskPage(r, sale, "deskbooking", b.State)
	p.Kind, p.Here, p.State = "booking", "/desk/b/"+b.ID, rec.State.String()
	if !b.Stands && rec.State != inventory.Rebooked {
		if b.Again, err = s.bookAgain(r, rec, sale); err != nil {
			return err
		}
	}
	switch rec.State {
	case inventory.Held, inventory.Released, inventory.Expired: // a cart that is over is no booking
		p.Kind, p.State, status = "refused", string(inventory.HoldEnded), refusedStatus
	}
	p.Body = b
	return s.show(w, r.request, status, p)
}

// deskNotices say after a redirect what was done.
var deskNotices = map[string]string{"resent": "booking.resent", "not": "desk.not_changed", "told": "desk.told"}

// deskTold lets a clerk who has the person before them or on the phone say so at
// once: nobody then has to call. It can be taken back right after.
func (s *Site) deskTold(r *deskRequest, rec *store.Record, b *deskBookingBody, done string) {
	if len(rec.Messages) == 0 {
		return
	}
	last := rec.Messages[len(rec.Messages)-1]
	switch {
	case !last.Kind.ByHand():
	case last.State == store.OutboxDue:
		b.Task, b.Told = last.Seq, r.t("desk.told.do."+last.Kind.String())
		b.OnPhone = b.Stands && rec.Channel == catalog.Phone && last.Kind == catalog.ContactPhone
	case b.Stands && done == "told" && outbox.Undoable(last, r.arrived):
		b.Undo = last.Seq
	}
}

func (s *Site) deskBookingOf(r *deskRequest, rec *store.Record, sale *booking.Sale) deskBookingBody {
	b := deskBookingBody{
		deskSearch: searchOf(sale), ID: rec.ID.String(), Names: names(r.lang, rec.People), Births: births(r.lang, rec.People),
		When: when(r.lang, sale, placesOf(sale, &rec.Booking)), Channel: r.t("desk.channel." + rec.Channel.String()),
		Title: sale.Event.Title.In(r.lang), Venue: sale.Venue.Name, Address: sale.Venue.Address,
		State:  r.t("desk.state." + rec.State.String()),
		Stands: rec.State == inventory.Confirmed || rec.State == inventory.Redeemed,
	}
	if rec.State == inventory.Held {
		b.State = r.t("desk.state.expired") // its time is over, the books follow
	}
	if b.Stands {
		b.Code, b.Aloud = rec.Code.String(), paper.SpellOut(rec.Code.String(), string(r.lang))
		b.Mailed = rec.Contact.Kind == catalog.ContactMail
	}
	if printable(rec) {
		b.Contact, b.Message = contactLine(r.words, rec.Contact), s.deskMessage(r.words, rec, sale)
	}
	return b
}

// contactLine shows all of the contact: the clerk compares it with the person.
func contactLine(w words, c catalog.Contact) string {
	switch c.Kind {
	case catalog.ContactMail:
		return c.Mail
	case catalog.ContactPhone:
		return c.Phone
	case catalog.ContactPost:
		return c.Post
	}
	return w.t("desk.kind.none")
}

// deskMessage says what became of the last message: a mail, a call, a letter.
func (s *Site) deskMessage(w words, rec *store.Record, sale *booking.Sale) string {
	mail := rec.Contact.Kind == catalog.ContactMail
	if rec.Contact.Kind == catalog.ContactNone || len(rec.Messages) == 0 || mail && rec.State == inventory.Cancelled {
		return "" // the words for mails speak of the confirmation
	}
	last, way := rec.Messages[len(rec.Messages)-1], "desk."+rec.Contact.Kind.String()
	switch last.State {
	case store.OutboxSent:
		return w.t(way+".sent", locale.Data{"Day": locale.DateShort(w.lang, last.Sent, sale.Zone), "At": locale.Clock(w.lang, last.Sent, sale.Zone)})
	case store.OutboxParked:
		return w.t("desk.mail.parked")
	}
	return w.t(way + ".due")
}

// deskAgain is the way back: the same people again, with one button.
type deskAgain struct {
	view.Resend
	Label, Note string
}

// bookAgain leads back from a cancellation or a cart that is over: the same people
// at the same time, if the desk still has a place there; else to the form with
// the people filled in. It is a new booking, and is judged like any other.
func (s *Site) bookAgain(r *deskRequest, rec *store.Record, sale *booking.Sale) (*deskAgain, error) {
	slots := rec.Slots()
	if len(slots) == 0 || len(rec.People) > sale.Party.Max {
		return nil, nil
	}
	request, err := ident.New(s.Rand, r.arrived)
	if err != nil {
		return nil, err
	}
	out := &deskAgain{Resend: view.Resend{Action: "/desk" + sale.Path() + "/hold", Step: "desk-hold"}, Label: r.t("desk.undo")}
	slot := strconv.FormatInt(int64(slots[0]), 10)
	channel, ok := s.deskChannelWith(r, rec, slots[0])
	if !ok {
		out.Label, out.Note, slot = r.t("desk.another"), r.t("desk.passed_on"), ""
	}
	out.Fields = []view.Hidden{{Name: "request", Value: request.String()}, {Name: "channel", Value: channel.String()}, {Name: "slot", Value: slot}}
	form := newDeskWho(r.words, sale)
	form.fill(rec.People)
	for _, fields := range form.people {
		for _, in := range fields {
			out.Fields = append(out.Fields, view.Hidden{Name: in.ID, Value: in.Value})
		}
	}
	for i, p := range rec.People {
		if p.Place != "" {
			out.Fields = append(out.Fields, view.Hidden{Name: "place-" + strconv.Itoa(i+1), Value: p.Place})
		}
	}
	return out, nil
}

// deskChannelWith returns a channel of the desk that has places for these people:
// the booking's own first, because a place that was given back may have been
// passed on by the sale's rules. Not ok if none has.
func (s *Site) deskChannelWith(r *deskRequest, rec *store.Record, slot ident.SlotID) (catalog.Channel, bool) {
	usual := rec.Channel
	if usual != catalog.Counter && usual != catalog.Phone {
		usual = s.lastChannel(r)
	}
	for _, c := range append([]catalog.Channel{usual}, deskChannels...) {
		if free, _ := s.Booking.Available.Slot(slot, c); free >= max(1, len(rec.People)) {
			return c, true
		}
	}
	return usual, false
}

// printable reports whether there is something to take away or to post: a booking
// that stands, or the word that it was cancelled.
func printable(rec *store.Record) bool {
	return rec.State == inventory.Confirmed || rec.State == inventory.Redeemed || rec.State == inventory.Cancelled
}

// deskPrint shows the booking for paper; a letter in the booker's language, with
// the address for the envelope's window.
func (s *Site) deskPrint(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	if !printable(rec) {
		return fault.New(fault.NotFound, "the booking does not stand")
	}
	letter := rec.Contact.Kind == catalog.ContactPost
	if letter && rec.Contact.Lang != "" {
		r.lang = rec.Contact.Lang
	}
	b := s.deskBookingOf(r, rec, sale)
	if letter {
		b.Post = rec.Contact.Post
		s.deskTold(r, rec, &b, "")
	}
	if b.Stands {
		qr, err := s.qrOf(r.words, rec)
		if err != nil {
			return err
		}
		b.QR, b.Bring = template.HTML(qr), lines(sale.Event.Bring.In(r.lang)) //nolint:gosec // drawn by room paper
	}
	p := s.deskPage(r, sale, "deskprint", b.State)
	p.Kind = "print"
	if !letter { // a letter has one language
		p.Here = "/desk/b/" + b.ID + "/print"
	}
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

// deskResend sends the confirmation again.
func (s *Site) deskResend(w http.ResponseWriter, r *deskRequest) error {
	rec, _, err := s.own(r.request)
	if err != nil {
		return err
	}
	return s.deskChange(w, r, rec, "?done=resent", func(id ident.BookingID) (inventory.Decision, error) {
		return s.Booking.Resend(r.ctx(), r.by(s.lastChannel(r)), id)
	})
}
