package web

import (
	"net/http"

	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// deskCancelBody shows what would be given up.
type deskCancelBody struct {
	deskBookingBody
	People int
}

// deskCancelAsk is the first of two steps: a place that is given back may be taken
// by somebody else at once, so a way back would be a promise we cannot keep.
func (s *Site) deskCancelAsk(w http.ResponseWriter, r *deskRequest) error {
	rec, sale, err := s.own(r.request)
	if err != nil {
		return err
	}
	if rec.State != inventory.Confirmed {
		return see(w, "/desk/b/"+rec.ID.String()) // which says how it stands
	}
	b := deskCancelBody{deskBookingBody: s.deskBookingOf(r, rec, sale), People: len(rec.People)}
	if b.People == 0 { // nobody was asked for names: places are people
		for _, p := range placesOf(sale, &rec.Booking) {
			b.People += p.n
		}
	}
	p := s.deskPage(r, sale, "deskcancel", r.t("desk.cancel.ask"))
	p.Kind, p.Here = "cancel", "/desk/b/"+b.ID+"/cancel"
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

// deskCancel is the second step. The page it leads to has the way back, as long as
// the place is free.
func (s *Site) deskCancel(w http.ResponseWriter, r *deskRequest) error {
	rec, _, err := s.own(r.request)
	if err != nil {
		return err
	}
	return s.deskChange(w, r, rec, "", func(id ident.BookingID) (inventory.Decision, error) {
		return s.Booking.Cancel(r.ctx(), r.by(s.lastChannel(r)), id)
	})
}
