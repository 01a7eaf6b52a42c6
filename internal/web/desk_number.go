package web

import (
	"net/http"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// deskDrawBody is the form by which a clerk draws a number for somebody.
type deskDrawBody struct {
	deskSearch
	deskWho
	Title, Notice string
	Open          bool // numbers are drawn now
	// Grant is the field for the reason of a second number, where one was drawn for
	// this person already.
	Grant *deskField
}

// grantMax is the longest reason for a second number, in bytes: a line.
const grantMax = 120

// deskDrawForm asks who wants a number.
func (s *Site) deskDrawForm(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.roomSale(r)
	if err != nil {
		return err
	}
	form := &deskForm{who: newDeskWho(r.words, sale), channel: s.lastChannel(r), does: r.t("desk.number")}
	form.who.wants = newWants(sale, r.lang)
	return s.showDeskDraw(w, r, http.StatusOK, sale, form, deskDrawBody{})
}

// roomSale finds the sale of the address; NotFound if it gives out no numbers.
func (s *Site) roomSale(r *deskRequest) (*booking.Sale, error) {
	sale, err := s.sale(r.Request)
	if err == nil && !hasRoom(sale) {
		err = fault.New(fault.NotFound, "%s has no waiting room", sale.Path())
	}
	return sale, err
}

func (s *Site) showDeskDraw(w http.ResponseWriter, r *deskRequest, status int, sale *booking.Sale, form *deskForm, b deskDrawBody) error {
	if err := s.nameForm(r, form); err != nil {
		return err
	}
	b.deskSearch, b.Title = searchOf(sale), sale.Event.Title.In(r.lang)
	b.deskWho = deskWhoOf(r.words, sale, form, b.Refused)
	if b.Grant != nil {
		b.Errors = append(b.Errors, problems([]field{b.Grant.field})...)
	}
	b.Notice, b.Open = s.numbersState(r, sale)
	p := s.deskPage(r, sale, "deskdraw", r.t("desk.number"))
	p.Kind, p.Here = "draw", b.Link+"/number"
	if b.Refused != nil {
		p.State = b.Refused.State
	}
	p.Body = b
	return s.show(w, r.request, status, p)
}

// numbersState tells whether numbers are drawn now, and if not, how it stands.
func (s *Site) numbersState(r *deskRequest, sale *booking.Sale) (notice string, open bool) {
	roster := s.Rooms.Roster(sale.ID)
	switch {
	case roster == nil && r.arrived.Before(sale.Closes):
		return r.t("wait.soon", locale.Data{"From": locale.DateTime(r.lang, sale.WindowFrom(), sale.Zone), "Opens": locale.DateTime(r.lang, sale.Opens, sale.Zone)}), false
	case roster == nil || roster.Room().Phase == waitingroom.Over:
		return r.t("wait.closed"), false
	}
	return "", true
}

// deskDraw draws a number for somebody, by the same rules as for those who come by
// themselves. The form may be sent twice: it is one number.
func (s *Site) deskDraw(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.roomSale(r)
	if err != nil {
		return err
	}
	form, req, err := s.readDeskForm(r, sale)
	if err != nil {
		return err
	}
	form.does = r.t("desk.number")
	form.who.wants = newWants(sale, r.lang)
	wants := form.who.wants.read(r.request)
	s.keepStaff(w, r, channelCookie, form.channel.String(), 0)
	grant, granted := s.readGrant(r, "desk.grant.reason")
	if grant != nil {
		form.focus = grant.ID
	}
	if len(form.who.problems()) > 0 || grant != nil && grant.Error != "" {
		return s.showDeskDraw(w, r, http.StatusUnprocessableEntity, sale, form, deskDrawBody{Grant: grant})
	}
	if s.Closing() {
		return fault.New(fault.Unavailable, "being stopped")
	}
	visitor, err := s.deskVisitor(r, sale, form, req)
	if err != nil {
		return s.deskDrawFailed(w, r, sale, form, req.People, err)
	}
	visitor.By.Second, visitor.Wants = granted, wants
	out, err := s.Rooms.Join(r.ctx(), visitor)
	switch {
	case err != nil:
		return s.deskDrawFailed(w, r, sale, form, req.People, err)
	case out.Reason == waitingroom.Claimed:
		return s.deskClaimed(w, r, sale, form, out)
	case out.Reason != waitingroom.Granted:
		return see(w, "/desk"+sale.Path()+"/number") // which says how it stands
	}
	return s.seeDrawn(w, r, sale, out)
}

// readGrant reads why a second number, or a second booking, is granted; nil if none was
// asked for. label is the message of its name.
func (s *Site) readGrant(r *deskRequest, label string) (f *deskField, reason string) {
	if r.PostFormValue("grant") == "" {
		return nil, ""
	}
	f = grantField(r.words, label)
	f.read(r.request)
	f.require(r.request)
	f.Focus = true
	return f, f.Value
}

func grantField(w words, label string) *deskField {
	return &deskField{field: field{ID: "second", Label: w.t(label), Hint: w.t("desk.grant.hint"), Auto: "off", Max: grantMax}}
}

// deskVisitor is who gets the number. A letter's code opens it on any device; without
// one the form's own name is its secret, which nobody else knows.
func (s *Site) deskVisitor(r *deskRequest, sale *booking.Sale, form *deskForm, req booking.HoldRequest) (onsale.Visitor, error) {
	v := onsale.Visitor{
		Sale: &sale.StoredSale, Size: max(1, len(req.People), req.Places), Channel: form.channel, Claims: s.Booking.Claims(sale, req.People),
		By: waitingroom.Hand{Actor: r.who.ID, Role: uint8(r.who.Role)},
	}
	code, err := s.Booking.LetterCode(r.ctx(), sale, req.People)
	if v.Secret = letterSecret(code); code == "" {
		v.Secret = append([]byte("desk "), form.request[:]...)
	}
	return v, err
}

// deskDrawFailed says what an error means for the form.
func (s *Site) deskDrawFailed(w http.ResponseWriter, r *deskRequest, sale *booking.Sale, form *deskForm, people []catalog.Participant, err error) error {
	status, refused, err := s.deskFailed(w, r, form, people, err)
	if err != nil {
		return err
	}
	s.noteDesk(r, sale, refused)
	return s.showDeskDraw(w, r, status, sale, form, deskDrawBody{deskWho: deskWho{Refused: refused}})
}

// deskClaimed says that there is a number already and where its history is, which a
// clerk may see; and asks why there should be a second one.
func (s *Site) deskClaimed(w http.ResponseWriter, r *deskRequest, sale *booking.Sale, form *deskForm, out waitingroom.Outcome) error {
	refused := &deskRefused{State: string(hasNumber), Tone: "warn", What: r.t("desk.number.twice")}
	s.noteDesk(r, sale, refused)
	b := deskDrawBody{deskWho: deskWho{Refused: refused}}
	if len(out.Holders) > 0 {
		refused.What, b.Grant = r.t("desk.number.has"), grantField(r.words, "desk.grant.reason")
		b.Grant.read(r.request) // what was typed stays, though another button was pressed
		h, err := s.Rooms.History(r.ctx(), &sale.StoredSale, out.Holders[0])
		if err != nil {
			return err
		}
		refused.Link, refused.LinkText = deskNumberPath(sale, h.No), s.historyLine(r.words, sale, h)
	}
	return s.showDeskDraw(w, r, refusedStatus, sale, form, b)
}

// deskNumberPath is the receipt of a place in the log. A place is no secret: it opens
// nothing.
func deskNumberPath(sale *booking.Sale, no uint32) string {
	return "/desk" + sale.Path() + "/number/" + strconv.FormatUint(uint64(no), 10)
}
