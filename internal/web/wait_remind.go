package web

import (
	"net/http"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/onsale"
)

// remindPath leads from a sale to the form for a mail when one's turn is near. It is a
// page of its own: the waiting page is loaded again and again, and would take away what
// somebody is typing.
const remindPath = "/wait/mail"

type remindBody struct {
	Title, Link string
	Field       field
	Errors      []problem
}

func remindField(w words) field { return mailField(w, "mail") }

// remindForm asks where somebody wants to hear that their turn is near.
func (s *Site) remindForm(w http.ResponseWriter, r *request) error {
	sale, _, ok, err := s.mayRemind(r)
	if err != nil || !ok {
		return s.backToWait(w, sale, err)
	}
	return s.showRemind(w, r, http.StatusOK, sale, remindField(r.words))
}

func (s *Site) backToWait(w http.ResponseWriter, sale *booking.Sale, err error) error {
	if err != nil {
		return err
	}
	return see(w, sale.Path()+"/wait") // which says how it stands
}

// mayRemind tells who asks, and whether a mail can still be promised them.
func (s *Site) mayRemind(r *request) (sale *booking.Sale, no uint32, ok bool, err error) {
	if sale, err = s.sale(r.Request); err != nil || !hasRoom(sale) {
		return sale, 0, false, err
	}
	no, has := s.number(r, sale)
	at := s.stand(sale, no, has, r.arrived)
	return sale, no, has && remindable[at.kind] && !s.NoMail && s.Rooms.Reminded(sale.ID, no) == onsale.Reminded{}, nil
}

// reminded is how it stands with the mail of whoever asks.
func (s *Site) reminded(sale *booking.Sale, no uint32, has bool) onsale.Reminded {
	if !has {
		return onsale.Reminded{}
	}
	return s.Rooms.Reminded(sale.ID, no)
}

// remindable are those who wait.
var remindable = map[string]bool{
	waitJoined: true, waitDrawing: true, waitQueue: true, waitLikely: true, waitUndecided: true, waitUnlike: true, waitSoldOut: true,
}

func (s *Site) showRemind(w http.ResponseWriter, r *request, status int, sale *booking.Sale, mail field) error {
	p := salePage(sale, "remind", r.t("remind.title"))
	p.Here, p.Form = sale.Path()+remindPath, "remind-form"
	p.Body = remindBody{Title: sale.Event.Title.In(r.lang), Link: sale.Path(), Field: mail, Errors: problems([]field{mail})}
	return s.show(w, r, status, p)
}

// remind keeps the address. A form that is sent twice is one wish.
func (s *Site) remind(w http.ResponseWriter, r *request) error {
	sale, no, ok, err := s.mayRemind(r)
	if err != nil || !ok {
		return s.backToWait(w, sale, err)
	}
	mail := remindField(r.words)
	mail.read(r)
	if r.again { // only the language was changed
		return s.showRemind(w, r, http.StatusOK, sale, mail)
	}
	if mail.require(r); mail.Error == "" && !plausibleMail(mail.Value) {
		mail.Error = r.t("form.mail")
	}
	switch {
	case mail.Error != "":
		return s.showRemind(w, r, http.StatusUnprocessableEntity, sale, mail)
	case s.Closing():
		return fault.New(fault.Unavailable, "being stopped")
	}
	err = s.Rooms.Remind(r.ctx(), &sale.StoredSale, no, mail.Value, r.lang)
	if fault.KindOf(err) == fault.Conflict && err != nil {
		err = nil // was called meanwhile
	}
	return s.backToWait(w, sale, err)
}

// unremind deletes the address.
func (s *Site) unremind(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if no, has := s.number(r, sale); hasRoom(sale) && has && s.Rooms.Reminded(sale.ID, no).Kept {
		err = s.Rooms.ForgetReminder(r.ctx(), &sale.StoredSale, no)
	}
	return s.backToWait(w, sale, err)
}
