package web

import (
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

type deskCartBody struct {
	deskSearch
	ID, Names, Births, When, Channel string
	Until, Now                       time.Time
	Errors                           []problem
	Kinds                            []deskContact
	FocusButton                      bool
}

type deskContact struct {
	Value, Label, Key string
	On                bool
	Field             *deskField
}

// deskCart shows what is held and asks how to reach the person.
func (s *Site) deskCart(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	form := newContactForm(r.words)
	form.kind = usualContact(rec.Channel)
	return s.showDeskCart(w, r, http.StatusOK, rec, sale, form)
}

// usualContact is what people of a channel mostly want: who stands at the counter
// takes the paper along, who calls can be called.
func usualContact(c catalog.Channel) catalog.ContactKind {
	switch c {
	case catalog.Counter, catalog.BoxOffice:
		return catalog.ContactNone
	case catalog.Phone:
		return catalog.ContactPhone
	}
	return catalog.ContactMail
}

func (s *Site) showDeskCart(w http.ResponseWriter, r *deskRequest, status int, rec *store.Record, sale *booking.Sale, form *contactForm) error {
	if rec.State != inventory.Held || r.arrived.After(rec.Expires) {
		return see(w, "/desk/b/"+rec.ID.String())
	}
	b := deskCartBody{
		deskSearch: searchOf(sale), ID: rec.ID.String(), Names: names(r.lang, rec.People), Births: births(r.lang, rec.People),
		When: when(r.lang, sale, placesOf(sale, &rec.Booking)), Channel: r.t("desk.channel." + rec.Channel.String()),
		Until: rec.Expires.In(sale.Zone), Now: r.arrived.UTC(), Errors: form.problems(), Kinds: deskContacts(form),
	}
	b.FocusButton = form.fields[form.kind] == nil
	p := s.deskPage(r, sale, "deskcart", r.t("desk.cart"))
	p.Kind, p.Here, p.Script = "cart", "/desk/cart/"+b.ID, true
	p.Body = b
	return s.show(w, r.request, status, p)
}

// deskContacts lays the choices out, with the focus in the field of the chosen one.
func deskContacts(form *contactForm) (out []deskContact) {
	for i, c := range form.choices() {
		k := deskContact{Value: c.Value, Label: form.t("desk.kind." + c.Value), Key: strconv.Itoa(i + 1), On: c.On}
		if c.Field != nil {
			in := *c.Field
			in.Auto = "off"
			k.Field = &deskField{field: in, Focus: c.On}
		}
		out = append(out, k)
	}
	return out
}

// deskConfirm makes the cart a booking.
func (s *Site) deskConfirm(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "form: %w", err)
	}
	followContact(r)
	form := newContactForm(r.words)
	contact := form.read(r.request)
	if len(form.problems()) > 0 {
		return s.showDeskCart(w, r, http.StatusUnprocessableEntity, rec, sale, form)
	}
	// Whatever became of the cart, the booking's page says it.
	return s.deskChange(w, r, rec, "", func(id ident.BookingID) (inventory.Decision, error) {
		return s.Booking.Confirm(r.ctx(), r.by(rec.Channel), id, contact)
	})
}

// followContact chooses the way that was typed, if the chosen one was left empty:
// a number that was typed must not be lost because a button was not pressed.
func followContact(r *deskRequest) {
	if r.PostFormValue(r.PostFormValue("contact")) != "" {
		return
	}
	typed := ""
	for _, kind := range contactKinds {
		if r.PostFormValue(kind.String()) == "" {
			continue
		}
		if typed != "" {
			typed = "" // two were typed: the form asks which
			r.PostForm.Del("contact")
			break
		}
		typed = kind.String()
	}
	if typed != "" {
		r.PostForm.Set("contact", typed)
	}
}

// deskRelease gives the cart back and leads to the next person.
func (s *Site) deskRelease(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	if _, err := s.Booking.Release(r.ctx(), r.by(rec.Channel), rec.ID); err != nil {
		return err
	}
	return see(w, "/desk"+sale.Path())
}

// deskChange carries out one change and shows the booking: also when nothing was
// changed, because the page says how it stands.
func (s *Site) deskChange(w http.ResponseWriter, r *deskRequest, rec *store.Record, done string, do func(ident.BookingID) (inventory.Decision, error)) error {
	d, err := do(rec.ID)
	if err != nil {
		return err
	}
	if !d.OK() && d.Reason != inventory.AlreadyDone {
		done = "?done=not"
	}
	return see(w, "/desk/b/"+rec.ID.String()+done)
}
