package web

import (
	"net/http"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// calledNumber is a number that was called and that a clerk books with, for whoever
// calls or stands here: the places are those that are given out by numbers, and the
// number's pass is spent, as if the person had come by themselves.
type calledNumber struct {
	No     uint32 // place in the log
	Number string // as people say it
	Wants  catalog.GroupSet
}

// called reads the place in the log of a number that was called; nil if it is none.
func (s *Site) called(r *deskRequest, sale *booking.Sale, typed string) *calledNumber {
	no, err := strconv.ParseUint(typed, 10, 32)
	if err != nil || !hasRoom(sale) || !s.drawn(sale, uint32(no)) {
		return nil
	}
	roster := s.Rooms.Roster(sale.ID)
	number, drawn := roster.Number(uint32(no))
	if _, ok := roster.CalledAt(number); !drawn || !ok {
		return nil
	}
	return &calledNumber{No: uint32(no), Number: locale.Number(r.lang, int64(number)), Wants: roster.Wants(uint32(no))}
}

// bookWith makes the form one of a called number.
func (f *deskForm) bookWith(n *calledNumber) {
	if n != nil {
		f.called, f.channel = n, catalog.Online
	}
}

// wants are the groups that the form books in: with a number, what it was drawn for.
func (f *deskForm) wants() catalog.GroupSet {
	if f.called == nil {
		return catalog.AnyGroup
	}
	return f.called.Wants
}

// link is an address of the desk that keeps the number the form is about. link has no
// query yet.
func (f *deskForm) link(link, what, value string) string {
	if f.called != nil {
		link += "?number=" + strconv.FormatUint(uint64(f.called.No), 10) + "&"
	} else {
		link += "?"
	}
	return link + what + "=" + value
}

// comeIn gets the number's pass for the request. What is in the way is said above the
// form; nil if nothing is.
func (s *Site) comeIn(r *deskRequest, sale *booking.Sale, form *deskForm, req *booking.HoldRequest) (*deskRefused, error) {
	notCalled := &deskRefused{State: "not_called", Tone: "warn", What: r.t("desk.called.not")}
	if form.called == nil {
		if r.PostFormValue("number") == "" {
			return nil, nil
		}
		return notCalled, nil
	}
	pass, reason, err := s.Rooms.Enter(r.ctx(), &sale.StoredSale, form.called.No)
	switch {
	case err != nil && fault.KindOf(err) != fault.Conflict:
		return nil, err
	case reason == onsale.AtTheDoor:
		return &deskRefused{State: waitLate, Tone: "warn", What: r.t("desk.number.say.late")}, nil
	case reason == waitingroom.NoMorePasses:
		return &deskRefused{State: string(noMorePasses), Tone: "bad", What: r.t(refusedID(noMorePasses))}, nil
	case err != nil || pass.ID.IsZero():
		return notCalled, nil
	}
	req.Pass, req.Wants = pass.ID, pass.Wants
	if req.Grant.Reason == "" {
		req.Grant, err = s.grantOf(r.request, pass)
	}
	return nil, err
}

// seeSpent leads to what the number's pass was spent on.
func (s *Site) seeSpent(w http.ResponseWriter, r *deskRequest, d inventory.Decision) error {
	rec, _, err := s.Booking.Booking(r.ctx(), d.Holder)
	if err != nil {
		return err
	}
	if rec.State == inventory.Held {
		return see(w, "/desk/cart/"+d.Holder.String())
	}
	return see(w, "/desk/b/"+d.Holder.String())
}
