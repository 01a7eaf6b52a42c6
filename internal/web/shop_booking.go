package web

import (
	"bytes"
	"html"
	"html/template"
	"net/http"
	"strings"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/paper"
	"einlass/internal/store"
)

type bookingBody struct {
	ID, Title, When, Names, Venue, Address, Link string
	Stands                                       bool
	Gone, GoneNext                               string
	QR                                           template.HTML
	Code, Aloud                                  string
	Message, Notice, Reach, Find                 string
	MailField                                    field
	Errors                                       []problem
	Bring                                        []string
}

// booking shows the promise: this page is the proof, whatever becomes of a mail.
func (s *Site) booking(w http.ResponseWriter, r *request) error {
	rec, sale, err := s.own(r)
	if err != nil {
		return err
	}
	if failpoint.Bug(failpoint.BugLinkChanges) {
		if _, err := s.Booking.Cancel(r.ctx(), booking.Public(r.arrived), rec.ID); err != nil {
			return err
		}
	}
	notice := ""
	if id := notices[r.URL.Query().Get("done")]; id != "" {
		notice = r.t(id)
	}
	return s.showBooking(w, r, rec, sale, bookingPage{name: "booking", notice: notice, mail: mailField(r.words, "mail")})
}

// print shows it for paper.
func (s *Site) print(w http.ResponseWriter, r *request) error {
	rec, sale, err := s.own(r)
	if err != nil {
		return err
	}
	return s.showBooking(w, r, rec, sale, bookingPage{name: "print"})
}

// notices say after a redirect what was done.
var notices = map[string]string{"resent": "booking.resent", "contact": "booking.contact.changed"}

// bookingPage is what differs between the pages that show a booking.
type bookingPage struct {
	name, notice string
	mail         field // another address, as far as it was typed
}

func (s *Site) showBooking(w http.ResponseWriter, r *request, rec *store.Record, sale *booking.Sale, page bookingPage) error {
	page.mail.Label = r.t("booking.mail.new")
	b := bookingBody{
		ID: rec.ID.String(), Title: sale.Event.Title.In(r.lang), When: when(r.lang, sale, placesOf(sale, &rec.Booking)), Names: names(r.lang, rec.People),
		Venue: sale.Venue.Name, Address: sale.Venue.Address, Link: sale.Path(), MailField: page.mail,
		Errors: problems([]field{page.mail}), Notice: page.notice, Stands: stands(rec),
	}
	title := r.t("booking.stands")
	switch rec.State {
	case inventory.Confirmed, inventory.Redeemed:
	case inventory.Held:
		return see(w, "/cart/"+b.ID)
	case inventory.Cancelled, inventory.Rebooked:
		b.Gone, b.GoneNext = r.t("booking.gone."+rec.State.String()), r.t("booking.gone.next")
		title = b.Gone
	default:
		return s.refuse(w, r, sale, refusal{reason: inventory.HoldEnded, next: s.backToTimes(sale)})
	}
	if b.Stands {
		s.forgetPeople(w, r, sale)
		if err := s.fillBooking(r, rec, sale, &b); err != nil {
			return err
		}
	}
	p := salePage(sale, page.name, title)
	p.State = rec.State.String()
	p.Here, p.Form = strings.TrimSuffix("/b/"+b.ID+"/"+page.name, "/booking"), "contact"
	p.Body = b
	return s.show(w, r, formStatus(b.Errors), p)
}

func (s *Site) fillBooking(r *request, rec *store.Record, sale *booking.Sale, b *bookingBody) error {
	qr, err := s.qrOf(r.words, rec)
	if err != nil {
		return err
	}
	b.QR = template.HTML(qr) //nolint:gosec // drawn by room paper
	b.Code, b.Find = rec.Code.String(), s.BaseURL+"/find"
	b.Aloud = paper.SpellOut(rec.Code.String(), string(r.lang))
	b.Message = s.messageState(r.words, rec, sale)
	if rec.Contact.Mail != "" {
		b.Reach = r.t("booking.reach.mail", locale.Data{"To": maskMail(rec.Contact.Mail)})
	}
	b.Bring = lines(sale.Event.Bring.In(r.lang))
	return nil
}

func lines(s string) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// messageState says what became of the promised message.
func (s *Site) messageState(w words, rec *store.Record, sale *booking.Sale) string {
	contact := rec.Contact
	way := "booking.message." + contact.Kind.String()
	if contact.Kind == catalog.ContactNone {
		return w.t(way)
	}
	state, at := store.OutboxDue, time.Time{}
	for _, m := range rec.Messages { // the confirmation's, not that of another message
		if m.About == inventory.AboutConfirmed || m.About == inventory.AboutRebooked {
			state, at = m.State, m.Sent
		}
	}
	to := maskMail(contact.Mail)
	switch state {
	case store.OutboxSent: // by whoever called or posted, days later perhaps
		return w.t(way+".sent", locale.Data{"To": to, "Day": locale.Date(w.lang, at, sale.Zone), "At": locale.Clock(w.lang, at, sale.Zone)})
	case store.OutboxParked: // only a mail can be
		return w.t("booking.message.mail.parked", locale.Data{"To": to})
	}
	return w.t(way+".due", locale.Data{"To": to})
}

// maskMail shows enough of an address to recognise one's own.
func maskMail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 2 {
		return "…" + s[max(0, at):]
	}
	return s[:1] + "…" + s[at-1:]
}

// qrOf draws the code that is read at the door: the booking's address. Whoever
// cannot see it hears what it is.
func (s *Site) qrOf(w words, rec *store.Record) ([]byte, error) {
	qr, err := paper.QRSVG(s.BaseURL + "/b/" + rec.ID.String())
	if err != nil {
		return nil, fault.New(fault.Internal, "QR code: %w", err)
	}
	label := html.EscapeString(w.t("booking.qr", locale.Data{"Code": rec.Code.String()}))
	return bytes.Replace(qr, []byte("<svg "), []byte(`<svg role="img" aria-label="`+label+`" `), 1), nil
}

func stands(rec *store.Record) bool {
	return rec.State == inventory.Confirmed || rec.State == inventory.Redeemed
}

// standing reads the booking of the address if it stands.
func (s *Site) standing(r *request) (*store.Record, *booking.Sale, error) {
	rec, sale, err := s.own(r)
	if err == nil && !stands(rec) {
		err = fault.New(fault.NotFound, "the booking does not stand")
	}
	return rec, sale, err
}

func (s *Site) qr(w http.ResponseWriter, r *request) error {
	rec, _, err := s.standing(r)
	if err != nil {
		return err
	}
	svg, err := s.qrOf(r.words, rec)
	if err != nil {
		return err
	}
	return file(w, "image/svg+xml", "", svg)
}

func (s *Site) calendar(w http.ResponseWriter, r *request) error {
	rec, sale, err := s.standing(r)
	if err != nil {
		return err
	}
	places := placesOf(sale, &rec.Booking)
	if len(places) == 0 { // the sale file no longer has the time
		return fault.New(fault.NotFound, "the booking has no time")
	}
	first, last := places[0].slot, places[len(places)-1].slot
	body, err := paper.Calendar(paper.Appointment{
		UID: paper.UID(rec.ID, 1), Stamp: r.arrived, Start: first.Start, End: last.End,
		Summary: paper.Summary(sale.Event.Title.In(r.lang), sale.GroupName(first.Group, r.lang)), Location: sale.Venue.Name + ", " + sale.Venue.Address,
		Description: paper.Note(r.lang, rec.Code.String(), sale.Event.Bring.In(r.lang)), URL: s.BaseURL + "/b/" + rec.ID.String(),
	})
	if err != nil {
		return fault.New(fault.Internal, "calendar file: %w", err)
	}
	return file(w, "text/calendar; charset=utf-8; method=PUBLISH", "termin.ics", body)
}

// file answers with something to keep; name is what a browser saves it as.
func file(w http.ResponseWriter, kind, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	w.Write(body) //nolint:errcheck // a browser that has gone needs no answer
	return nil
}

// cancel gives the booking back, by a POST only.
func (s *Site) cancel(w http.ResponseWriter, r *request) error {
	return s.change(w, r, "", func(who booking.Who) (inventory.Decision, error) {
		id, err := r.bookingID()
		if err != nil {
			return inventory.Decision{}, err
		}
		return s.Booking.Cancel(r.ctx(), who, id)
	})
}

// resend sends the confirmation again.
func (s *Site) resend(w http.ResponseWriter, r *request) error {
	return s.change(w, r, "?done=resent", func(who booking.Who) (inventory.Decision, error) {
		id, err := r.bookingID()
		if err != nil {
			return inventory.Decision{}, err
		}
		return s.Booking.Resend(r.ctx(), who, id)
	})
}

// changeContact replaces how the booker is reached. An address that is none comes
// back with the page of the booking.
func (s *Site) changeContact(w http.ResponseWriter, r *request) error {
	form := newContactForm(r.words)
	contact := form.read(r)
	rec, sale, err := s.own(r)
	if err != nil {
		return err
	}
	if wrong := form.problems(); stands(rec) && (len(wrong) > 0 || r.again && r.said == "") {
		mail := *form.fields[catalog.ContactMail]
		if len(wrong) > 0 && mail.Error == "" { // the page changes mail addresses only
			mail.Error = r.t("form.mail")
		}
		return s.showBooking(w, r, rec, sale, bookingPage{name: "booking", mail: mail})
	}
	return s.change(w, r, "?done=contact", func(who booking.Who) (inventory.Decision, error) {
		id, err := r.bookingID()
		if err != nil {
			return inventory.Decision{}, err
		}
		return s.Booking.SetContact(r.ctx(), who, id, contact)
	})
}

// change carries out one change of a booking and shows the booking again.
func (s *Site) change(w http.ResponseWriter, r *request, done string, do func(booking.Who) (inventory.Decision, error)) error {
	rec, sale, err := s.own(r)
	if err != nil {
		return err
	}
	next := "/b/" + rec.ID.String()
	if r.again { // nothing is done for a language
		if reason, ok := r.refused(); ok {
			return s.refuse(w, r, sale, refusal{reason: reason, next: next})
		}
		return see(w, next)
	}
	d, err := do(booking.Public(r.arrived))
	if err != nil {
		return err
	}
	if !d.OK() && d.Reason != inventory.AlreadyDone {
		return s.refuse(w, r, sale, refusal{reason: d.Reason, next: next})
	}
	return see(w, next+done)
}
