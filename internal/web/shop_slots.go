package web

import (
	"bytes"
	"net/http"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/waitingroom"
	"einlass/internal/web/view"
)

type slotsBody struct {
	Title, Names, Notice, Link string
}

// slots shows the times to choose from. The grid is shared by all; only the line
// above it is the person's own.
func (s *Site) slots(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	people := s.people(r, sale)
	if sale.Asks() && len(people) == 0 {
		return see(w, sale.Path()+"/eligible")
	}
	pass, err := s.pass(r, sale)
	if err != nil && hasRoom(sale) {
		return see(w, sale.Path()+"/wait")
	}
	window := window(sale, r.arrived)
	if window != stateOpen {
		return see(w, sale.Path())
	}
	grid, err := s.grid(sale, r.lang, window, len(people), pass.Wants)
	if err != nil {
		return err
	}
	if !bytes.Contains(grid.Plain, []byte(`name="slot"`)) {
		return see(w, sale.Path()) // nothing to choose from: that page says how it stands
	}
	notice := ""
	if r.URL.Query().Has("missing") {
		notice = r.t("form.slot")
	}
	p := salePage(sale, "slots", sale.Event.Title.In(r.lang))
	p.Here, p.State, p.Hole = sale.Path()+"/slots", window, grid
	p.Body = slotsBody{Title: p.Title, Names: names(r.lang, people), Notice: notice, Link: sale.Path()}
	return s.show(w, r, http.StatusOK, p)
}

// grid returns the shared fragment with all times of some groups, for one or for several.
func (s *Site) grid(sale *booking.Sale, lang locale.Lang, window string, people int, of catalog.GroupSet) (*view.Segment, error) {
	changes := s.Booking.Available.Changes(sale.ID)
	what, us := "grid", people > 1
	if us {
		what = "grid for several"
	}
	if !of.Any() {
		what += " of " + strconv.Itoa(int(of))
	}
	page, err := s.shared.get(sharedKey{sale: sale.ID, lang: lang, what: what}, sale, changes, window, func() ([]byte, error) {
		g := newGrid(sale, s.gridGroups(sale, lang, of))
		g.Us = us
		html, err := view.Fragment(lang, "grid", g)
		return []byte(html), err
	})
	if err != nil {
		return nil, err
	}
	return page.part, nil
}

func names(lang locale.Lang, people []catalog.Participant) string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = p.Name
	}
	return locale.List(lang, out)
}

// hold asks for the chosen time. Granted: on to the cart. Otherwise a page that
// says why and what next.
func (s *Site) hold(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	people := s.people(r, sale)
	if sale.Asks() && len(people) == 0 {
		return see(w, sale.Path()+"/eligible")
	}
	if !sale.Asks() {
		people = nil // nobody was asked: nothing is stored
	}
	pass, err := s.pass(r, sale)
	if err != nil && failpoint.Bug(failpoint.BugPassNotAsked) {
		pass, err = s.keepPass(w, r, sale)
	}
	if err != nil {
		return see(w, s.gateOf(sale))
	}
	slot, err := strconv.ParseInt(r.PostFormValue("slot"), 10, 64)
	if err != nil {
		return see(w, s.backToTimes(sale)+"?missing=slot")
	}
	if r.again { // nothing is held for a language
		reason, ok := r.refused()
		if !ok {
			return see(w, s.backToTimes(sale))
		}
		return s.refuse(w, r, sale, refusal{reason: reason, slot: ident.SlotID(slot), places: len(people), wants: pass.Wants, next: s.backToTimes(sale)})
	}
	if s.Closing() {
		return fault.New(fault.Unavailable, "being stopped")
	}
	grant, err := s.grantOf(r, pass)
	if err != nil {
		return err
	}
	d, err := s.tryHold(w, r, sale, pass, booking.HoldRequest{Sale: sale, Slot: ident.SlotID(slot), People: people, Wants: pass.Wants, Grant: grant})
	if fault.KindOf(err) == fault.Forbidden && err != nil {
		return see(w, sale.Path()+"/eligible")
	}
	if err != nil {
		return err
	}
	switch {
	case d.OK():
		return see(w, "/cart/"+d.Booking.String())
	case d.Reason == passOver:
		return see(w, sale.Path()+"/wait")
	case d.Reason == inventory.PassSpent:
		return see(w, "/cart/"+d.Holder.String())
	}
	return s.refuse(w, r, sale, refusal{reason: d.Reason, slot: ident.SlotID(slot), places: len(people), wants: pass.Wants, next: s.backToTimes(sale)})
}

// grantOf is what a clerk granted with the number that a pass is of.
func (s *Site) grantOf(r *request, pass waitingroom.Pass) (booking.Grant, error) {
	if pass.Second == 0 {
		return booking.Grant{}, nil
	}
	claims, err := s.Store.Namesakes(r.ctx(), waitingroom.Place{Sale: pass.Sale, No: pass.Second - 1})
	return booking.Grant{Number: pass.Second, Claims: claims}, err
}

// tryHold holds with the pass. A pass that was spent on a cart that is over, also
// one for this very time, does not lock anybody out: the open gate issues another, and
// the waiting room has the next one.
func (s *Site) tryHold(w http.ResponseWriter, r *request, sale *booking.Sale, pass waitingroom.Pass, req booking.HoldRequest) (inventory.Decision, error) {
	req.Cart = pass.ID
	d, err := s.holdCounted(r, req)
	over := d.OK() && d.Repeated && !d.State.Keeps()
	if err != nil || d.Reason != inventory.PassSpent && !over {
		return d, err
	}
	if over {
		d.Holder = d.Booking
	}
	old, _, err := s.Booking.Booking(r.ctx(), d.Holder)
	if err != nil {
		return d, err
	}
	if old.State == inventory.Held || sale.Limit.PerPerson == 0 && old.State.Keeps() {
		return d, nil // the cart is open, or this browser has its booking
	}
	if hasRoom(sale) {
		return inventory.Decision{Reason: passOver}, nil
	}
	if pass, err = s.keepPass(w, r, sale); err != nil {
		return d, err
	}
	req.Cart = pass.ID
	return s.holdCounted(r, req)
}

// passOver: the cart of the pass is over; the waiting room has the next one.
const passOver inventory.Reason = "pass_over"

// gateOf is where a sale gives passes.
func (s *Site) gateOf(sale *booking.Sale) string {
	if hasRoom(sale) {
		return sale.Path() + "/wait"
	}
	return sale.Path()
}

func (s *Site) backToTimes(sale *booking.Sale) string {
	if sale.Asks() || hasRoom(sale) {
		return sale.Path() + "/slots"
	}
	return sale.Path()
}
