package web

import (
	"net/http"
	"strings"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/store"
)

type cartBody struct {
	ID, Title, When, Names, Venue, Address string
	Notice, Seen                           string
	Until, Now                             time.Time
	Errors                                 []problem
	Wrong                                  string // with the choice of the contact
	Kinds                                  []contactChoice
	MayExtend                              bool
	ExtendMinutes                          int
}

type contactChoice struct {
	Value, Label string
	On           bool
	Field        *field
}

// bookingID reads the name in the address; NotFound if it is none.
func (r *request) bookingID() (ident.BookingID, error) {
	id, err := ident.ParseID(r.PathValue("id"))
	return ident.BookingID{ID: id}, unknownBooking(err)
}

// own reads the booking named in the address.
func (s *Site) own(r *request) (*store.Record, *booking.Sale, error) {
	id, err := r.bookingID()
	if err != nil {
		return nil, nil, err
	}
	rec, sale, err := s.Booking.Booking(r.ctx(), id)
	return rec, sale, unknownBooking(err)
}

// unknownBooking gives the words of a damaged link to an error that says there is
// no such booking.
func unknownBooking(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return &fault.Error{Kind: fault.NotFound, Code: codeBooking, Err: err}
	}
	return err
}

// cart shows what is held, until when, and asks how to reach the booker.
func (s *Site) cart(w http.ResponseWriter, r *request) error {
	rec, sale, err := s.own(r)
	if err != nil {
		return err
	}
	notice := ""
	if id := cartNotices[r.URL.Query().Get("done")]; id != "" {
		notice = r.t(id)
	}
	return s.showCart(w, r, http.StatusOK, rec, sale, newContactForm(r.words), notice)
}

// cartNotices say after a redirect what was done.
var cartNotices = map[string]string{"extended": "cart.extended", "not_extended": "cart.not_extended"}

func (s *Site) showCart(w http.ResponseWriter, r *request, status int, rec *store.Record, sale *booking.Sale, form *contactForm, notice string) error {
	switch {
	case rec.State == inventory.Confirmed || rec.State == inventory.Redeemed:
		return see(w, "/b/"+rec.ID.String())
	case rec.State != inventory.Held || r.arrived.After(rec.Expires):
		return s.refuse(w, r, sale, refusal{reason: inventory.HoldEnded, next: s.backToTimes(sale)})
	}
	p := salePage(sale, "cart", r.t("cart.held"))
	p.Here, p.Form, p.Script = "/cart/"+rec.ID.String(), "confirm", true
	places := placesOf(sale, &rec.Booking)
	b := cartBody{
		ID: rec.ID.String(), Title: sale.Event.Title.In(r.lang), When: when(r.lang, sale, places), Names: names(r.lang, rec.People), Venue: sale.Venue.Name, Address: sale.Venue.Address,
		Notice: notice, Seen: rec.Expires.Format(time.RFC3339Nano), Until: rec.Expires.In(sale.Zone), Now: r.arrived.UTC(),
		Errors: form.problems(), Wrong: form.wrong, Kinds: form.choices(), MayExtend: !rec.Extended, ExtendMinutes: int(sale.Sale.Hold.Extend / time.Minute),
	}
	if len(places) > 1 && notice == "" {
		b.Notice = r.t("cart.split")
	}
	p.Body = b
	return s.show(w, r, status, p)
}

// place is where some of a booking's places are.
type place struct {
	slot catalog.Slot
	n    int
}

// placesOf lists the slots a booking has places in, in the order of time.
func placesOf(sale *booking.Sale, b *inventory.Booking) (out []place) {
	have := map[ident.SlotID]int{}
	b.EachDraw(func(d inventory.Draw) {
		if d.Pool.Kind() == inventory.KindAllotment {
			have[d.Pool.Slot()] += d.Units
		}
	})
	for _, slot := range sale.Slots {
		if n := have[slot.ID]; n > 0 {
			out = append(out, place{slot: slot, n: n})
		}
	}
	return out
}

// when says group, day and time; two times right after one another are joined.
func when(lang locale.Lang, sale *booking.Sale, places []place) string {
	if len(places) == 0 {
		return ""
	}
	clocks := make([]string, len(places))
	for i, p := range places {
		clocks[i] = locale.Clock(lang, p.slot.Start, sale.Zone)
	}
	return inGroup(sale, places[0].slot, lang) + locale.Date(lang, places[0].slot.Start, sale.Zone) + ", " + locale.List(lang, clocks)
}

// extend adds time to the hold, once.
func (s *Site) extend(w http.ResponseWriter, r *request) error {
	id, err := r.bookingID()
	if err != nil {
		return err
	}
	if r.again {
		return see(w, "/cart/"+id.String())
	}
	seen, err := time.Parse(time.RFC3339Nano, r.PostFormValue("until"))
	if err != nil {
		seen = time.Time{}
	}
	d, err := s.Booking.Extend(r.ctx(), booking.Public(r.arrived), id, seen)
	if err != nil {
		return err
	}
	done := "?done=extended"
	if d.Reason == inventory.AlreadyExtended {
		done = "?done=not_extended"
	}
	return see(w, "/cart/"+id.String()+done)
}

// release gives the hold back and leads to the times again.
func (s *Site) release(w http.ResponseWriter, r *request) error {
	id, err := r.bookingID()
	if err != nil {
		return err
	}
	_, sale, err := s.own(r)
	if err != nil {
		return err
	}
	if r.again {
		return see(w, "/cart/"+id.String())
	}
	d, err := s.Booking.Release(r.ctx(), booking.Public(r.arrived), id)
	if err != nil {
		return err
	}
	if d.OK() && !hasRoom(sale) {
		if _, err := s.keepPass(w, r, sale); err != nil {
			return err
		}
	}
	if hasRoom(sale) {
		return see(w, sale.Path()+"/wait") // there is a next pass
	}
	return see(w, s.backToTimes(sale))
}

// confirm makes the cart a booking. It can fail only because the hold has ended.
func (s *Site) confirm(w http.ResponseWriter, r *request) error {
	id, err := r.bookingID()
	if err != nil {
		return err
	}
	form := newContactForm(r.words)
	contact := form.read(r)
	if r.again || len(form.problems()) > 0 {
		rec, sale, err := s.own(r)
		if err != nil {
			return err
		}
		if reason, ok := r.refused(); ok {
			return s.refuse(w, r, sale, refusal{reason: reason, next: s.backToTimes(sale)})
		}
		return s.showCart(w, r, formStatus(form.problems()), rec, sale, form, "")
	}
	d, err := s.Booking.Confirm(r.ctx(), booking.Public(r.arrived), id, contact)
	if err != nil {
		return err
	}
	if d.OK() || d.Reason == inventory.AlreadyDone {
		return see(w, "/b/"+id.String())
	}
	_, sale, err := s.own(r)
	if err != nil {
		return err
	}
	return s.refuse(w, r, sale, refusal{reason: d.Reason, next: s.backToTimes(sale)})
}

// contactForm asks how to reach the booker: one choice, and the field of it.
type contactForm struct {
	words
	kind   catalog.ContactKind
	chosen bool
	fields map[catalog.ContactKind]*field
	wrong  string // nothing was chosen
}

// contactKinds is the order in which the ways are offered.
var contactKinds = []catalog.ContactKind{catalog.ContactMail, catalog.ContactPhone, catalog.ContactPost, catalog.ContactNone}

func newContactForm(w words) *contactForm {
	mail := mailField(w, "mail")
	return &contactForm{words: w, kind: catalog.ContactMail, chosen: true, fields: map[catalog.ContactKind]*field{
		catalog.ContactMail:  &mail,
		catalog.ContactPhone: {ID: "phone", Label: w.t("field.phone"), Type: "tel", Auto: "tel", Max: catalog.PhoneMax},
		catalog.ContactPost:  {ID: "post", Label: w.t("field.post"), Auto: "street-address", Max: catalog.PostMax, Long: true},
	}}
}

func (f *contactForm) choices() (out []contactChoice) {
	for _, kind := range contactKinds {
		out = append(out, contactChoice{Value: kind.String(), Label: f.t("cart.kind." + kind.String()), On: f.chosen && kind == f.kind, Field: f.fields[kind]})
	}
	return out
}

// read takes the choice and judges its field; what was typed into the others is
// kept, and not looked at.
func (f *contactForm) read(r *request) catalog.Contact {
	c := catalog.Contact{Lang: r.lang}
	for _, in := range f.fields {
		in.read(r)
		in.Error = ""
	}
	f.kind, f.chosen = catalog.ParseContactKind(r.PostFormValue("contact"))
	if !f.chosen {
		f.wrong = f.t("form.contact")
		return c
	}
	c.Kind = f.kind
	in := f.fields[f.kind]
	if in == nil {
		return c
	}
	in.read(r)
	in.require(r)
	switch {
	case in.Error != "":
	case f.kind == catalog.ContactMail && !plausibleMail(in.Value):
		in.Error = f.t("form.mail")
	case f.kind == catalog.ContactPhone && !plausiblePhone(in.Value):
		in.Error = f.t("form.phone")
	}
	switch f.kind {
	case catalog.ContactMail:
		c.Mail = in.Value
	case catalog.ContactPhone:
		c.Phone = in.Value
	case catalog.ContactPost:
		c.Post = strings.ReplaceAll(in.Value, "\r\n", "\n")
	}
	return c
}

func (f *contactForm) problems() []problem {
	if f.wrong != "" {
		return []problem{{ID: "contact-mail", Text: f.wrong}}
	}
	if in := f.fields[f.kind]; in != nil {
		return problems([]field{*in})
	}
	return nil
}
