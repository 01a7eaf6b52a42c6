package web

import (
	"net/http"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// hasRoom reports whether a sale gives its places out by numbers.
func hasRoom(sale *booking.Sale) bool { return sale.Allocation == catalog.AllocateRoom }

// wait shows how it stands with somebody's number. Nothing is rendered for them alone:
// the page is made once for all who stand alike, with holes for what is theirs.
func (s *Site) wait(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
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
	page, err := s.waitPage(sale, r.lang, at.kind, s.reminded(sale, no, has))
	if err != nil {
		return err
	}
	at.no, at.wants = no, wantsOf(s.Rooms.Roster(sale.ID), no)
	return s.fillWait(w, r, sale, page, at)
}

// join draws a number for whoever asks, once.
func (s *Site) join(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
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
	form := newWants(sale, r.lang)
	if wants := form.read(r); form.problems() == nil {
		return s.drawNumber(w, r, sale, people, wants)
	}
	return s.askWants(w, r, sale, form)
}

// askWants shows the way to a number once more to somebody who ticked no group.
func (s *Site) askWants(w http.ResponseWriter, r *request, sale *booking.Sale, form *wantForm) error {
	at := s.stand(sale, 0, false, r.arrived)
	if _, has := s.number(r, sale); has || at.kind != waitJoin {
		return see(w, sale.Path()+"/wait")
	}
	return s.show(w, r, http.StatusUnprocessableEntity, s.renderWait(sale, r.lang, waitJoin, onsale.Reminded{}, form))
}

// drawNumber draws a number for those who come, once, and shows how it stands.
func (s *Site) drawNumber(w http.ResponseWriter, r *request, sale *booking.Sale, people []catalog.Participant, wants catalog.GroupSet) error {
	if _, has := s.number(r, sale); has || r.again { // none is drawn for a language
		if reason, ok := r.refused(); ok {
			return s.refuseNumber(w, r, sale, reason, people)
		}
		return see(w, sale.Path()+"/wait")
	}
	if reason, ok := r.refused(); ok && reason == networkFull { // nothing is drawn for a language
		return s.refuse(w, r, sale, refusal{reason: networkFull})
	}
	visitor, byBrowser, err := s.visitor(w, r, sale, people)
	if err != nil {
		return err
	}
	visitor.Wants = wants
	out, full, err := s.joinCounted(r, visitor, byBrowser)
	switch {
	case err != nil:
		return err
	case full:
		return s.refuse(w, r, sale, refusal{reason: networkFull})
	case out.Reason == waitingroom.Claimed:
		return s.refuseNumber(w, r, sale, hasNumber, people)
	case out.Reason != waitingroom.Granted:
		return see(w, sale.Path()+"/wait")
	}
	s.keepNumber(w, r, sale, out.Entry.No)
	return see(w, sale.Path()+"/wait")
}

// refuseNumber says why no number is drawn for those who come.
func (s *Site) refuseNumber(w http.ResponseWriter, r *request, sale *booking.Sale, why inventory.Reason, people []catalog.Participant) error {
	return s.refuse(w, r, sale, refusal{reason: why, places: len(people), next: sale.Path() + "/eligible"})
}

// visitor is who asks for a number. A letter's code opens it on every device; without
// one, what lies in this browser does.
func (s *Site) visitor(w http.ResponseWriter, r *request, sale *booking.Sale, people []catalog.Participant) (v onsale.Visitor, byBrowser bool, err error) {
	v = onsale.Visitor{Sale: &sale.StoredSale, Size: max(1, len(people)), Channel: catalog.Online, Claims: s.Booking.Claims(sale, people)}
	code, err := s.Booking.LetterCode(r.ctx(), sale, people)
	if err != nil || code != "" && !failpoint.Bug(failpoint.BugLetterIgnored) {
		v.Secret = letterSecret(code)
		return v, false, err
	}
	own, err := s.ownSecret(w, r, sale)
	v.Secret = append([]byte("browser "), own[:]...)
	return v, true, err
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
	sale, err := s.sale(r.Request)
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
