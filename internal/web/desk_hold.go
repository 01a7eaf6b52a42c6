package web

import (
	"errors"
	"net/http"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
)

// deskRefused is why a booking was not taken, in the words a clerk passes on,
// with what is left elsewhere.
type deskRefused struct {
	State, Tone, What string
	Sentences         []string
	People            []refusedPerson
	Link, LinkText    string // of the booking that is in the way
	Near              []deskNear
}

// deskNear is a time nearby that this channel still has: one press takes it for the
// people in the form.
type deskNear struct{ Label, Slot, Key string }

// nearKeys are the keys of the times nearby; digits belong to the days.
var nearKeys = [nearMax]string{"h", "j", "k", "l"}

// deskHold holds a place. Whatever is in the way is said above the form, which
// stays as it was typed.
func (s *Site) deskHold(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	form, req, err := s.readDeskForm(r, sale)
	if err != nil {
		return err
	}
	if form.called == nil {
		s.keepStaff(w, r, channelCookie, form.channel.String(), 0)
	}
	grant, reason := s.readGrant(r, "desk.grant.booking")
	if grant != nil {
		form.focus = grant.ID
	}
	if len(form.who.problems()) > 0 || grant != nil && grant.Error != "" {
		return s.showDesk(w, r, http.StatusUnprocessableEntity, sale, form, deskBody{Grant: grant})
	}
	req.Grant.Reason = reason
	if _, ok := sale.Slot(form.slot); !ok {
		return s.refuseDesk(w, r, sale, form, s.noSlot(r))
	}
	if s.Closing() {
		return fault.New(fault.Unavailable, "being stopped")
	}
	if refused, err := s.comeIn(r, sale, form, &req); err != nil {
		return err
	} else if refused != nil {
		return s.refuseDesk(w, r, sale, form, refused)
	}
	d, err := s.Booking.Hold(r.ctx(), r.by(form.channel), req)
	switch {
	case err == nil && d.Reason == inventory.PassSpent:
		return s.seeSpent(w, r, d)
	case err != nil:
		return s.deskHoldFailed(w, r, sale, form, req.People, err)
	case d.OK():
		return see(w, "/desk/cart/"+d.Booking.String())
	}
	refused, err := s.deskRefusal(r, sale, form, d)
	if err != nil {
		return err
	}
	if d.Reason == inventory.HasOne {
		grant = grantField(r.words, "desk.grant.booking")
		grant.read(r.request) // what was typed stays, though another button was pressed
	}
	s.noteDesk(r, sale, refused)
	return s.showDesk(w, r, refusedStatus, sale, form, deskBody{deskWho: deskWho{Refused: refused}, Grant: grant})
}

// readDeskForm reads what was typed. How many come is seen from the names: there
// is no number beside them that could say something else.
func (s *Site) readDeskForm(r *deskRequest, sale *booking.Sale) (*deskForm, booking.HoldRequest, error) {
	if err := r.ParseForm(); err != nil {
		return nil, booking.HoldRequest{}, fault.New(fault.Invalid, "form: %w", err)
	}
	form := &deskForm{who: newDeskWho(r.words, sale), channel: deskChannelOf(r.PostFormValue("channel")), does: r.t("desk.new")}
	form.bookWith(s.called(r, sale, r.PostFormValue("number")))
	if id, err := ident.ParseID(r.PostFormValue("request")); err == nil {
		form.request = id
	} else if form.request, err = ident.New(s.Rand, r.arrived); err != nil {
		return nil, booking.HoldRequest{}, err
	}
	if slot, err := strconv.ParseInt(r.PostFormValue("slot"), 10, 64); err == nil {
		form.slot = ident.SlotID(slot)
	}
	req := booking.HoldRequest{Sale: sale, Cart: form.request, Slot: form.slot}
	if sale.Asks() {
		r.PostForm.Set("size", strconv.Itoa(form.lastTyped(r)))
		req.People = form.who.read(r.request)
	} else {
		form.who.read(r.request)
		req.Places = form.who.size
	}
	return form, req, nil
}

// lastTyped is the last person of whom anything was typed, from 1.
func (f *deskForm) lastTyped(r *deskRequest) int {
	last := 1
	for i, fields := range f.who.people {
		for _, in := range fields {
			if r.PostFormValue(in.ID) != "" {
				last = i + 1
			}
		}
	}
	return last
}

// deskHoldFailed says what an error means for the form.
func (s *Site) deskHoldFailed(w http.ResponseWriter, r *deskRequest, sale *booking.Sale, form *deskForm, people []catalog.Participant, err error) error {
	status, refused, err := s.deskFailed(w, r, form, people, err)
	if err != nil {
		return err
	}
	s.noteDesk(r, sale, refused)
	return s.showDesk(w, r, status, sale, form, deskBody{deskWho: deskWho{Refused: refused}})
}

// deskFailed turns an error of a staff form into what the form says above itself; an
// error that is none of the form's comes back.
func (s *Site) deskFailed(w http.ResponseWriter, r *deskRequest, form *deskForm, people []catalog.Participant, err error) (int, *deskRefused, error) {
	var not *booking.Ineligible
	switch {
	case errors.As(err, &not):
		refused := form.who.judge(r.lang, people, not.Verdicts)
		if len(refused) == 0 { // something is missing, or a town must be chosen
			return http.StatusUnprocessableEntity, nil, nil
		}
		return http.StatusUnprocessableEntity, &deskRefused{State: "not_eligible", Tone: "bad", What: r.t("desk.refused.not_eligible"), People: refused}, nil
	case fault.KindOf(err) == fault.Busy:
		seconds := retryAfter(w, err)
		return http.StatusServiceUnavailable, &deskRefused{
			State: "busy", Tone: "warn", What: r.t("desk.refused.busy"), Sentences: []string{r.t("refused.busy.next", locale.Data{"Seconds": seconds})},
		}, nil
	}
	return 0, nil, err
}

func (s *Site) noSlot(r *deskRequest) *deskRefused {
	return &deskRefused{State: "slot_missing", Tone: "warn", What: r.t("form.slot")}
}

func (s *Site) refuseDesk(w http.ResponseWriter, r *deskRequest, sale *booking.Sale, form *deskForm, refused *deskRefused) error {
	s.noteDesk(r, sale, refused)
	return s.showDesk(w, r, refusedStatus, sale, form, deskBody{deskWho: deskWho{Refused: refused}})
}

// deskRefusal says why a place was not given.
func (s *Site) deskRefusal(r *deskRequest, sale *booking.Sale, form *deskForm, d inventory.Decision) (*deskRefused, error) {
	out := &deskRefused{State: string(d.Reason), Tone: "bad", What: r.t(refusedID(d.Reason))}
	if tone := tones[d.Reason]; tone != "" {
		out.Tone = tone
	}
	switch d.Reason {
	case inventory.SoldOut, inventory.FullyHeld, inventory.TooFew:
		s.sayElsewhere(r, sale, form, out)
	case booking.OtherGroup:
		out.Sentences, out.Near = []string{r.t(refusedID(d.Reason) + ".next")}, s.deskNear(r, sale, form)
	case inventory.HasOne, inventory.CodeUsed:
		return out, s.sayHolder(r, d, out)
	case inventory.TooEarly, inventory.TooLate:
		at := sale.Opens
		if d.Reason == inventory.TooLate {
			at = sale.Closes
		}
		out.Sentences = []string{r.t(refusedID(d.Reason)+".next", locale.Data{"At": locale.DateTime(r.lang, at, sale.Zone)})}
	default:
		out.Sentences = []string{r.t("desk.refused.look")}
	}
	return out, nil
}

// sayElsewhere tells which channel still has places at that time, and when this
// channel has the next ones.
func (s *Site) sayElsewhere(r *deskRequest, sale *booking.Sale, form *deskForm, out *deskRefused) {
	slot, _ := sale.Slot(form.slot)
	at := locale.Data{"Channel": r.t("desk.at." + form.channel.String()), "At": slotLabel(sale, slot, r.lang)}
	out.What = r.t("desk.refused."+string(out.reason()), at)
	some := false
	for _, c := range deskShown {
		free, _ := s.Booking.Available.Slot(form.slot, c)
		if c == form.channel || free == 0 {
			continue
		}
		some = true
		out.Sentences = append(out.Sentences, r.t("desk.elsewhere."+c.String(), locale.Data{"Count": free}))
	}
	if !some && out.reason() != inventory.TooFew {
		out.Sentences = append(out.Sentences, r.t("desk.elsewhere.none"))
	}
	out.Near = s.deskNear(r, sale, form)
}

func (d *deskRefused) reason() inventory.Reason { return inventory.Reason(d.State) }

// deskNear returns the times closest to the wanted one that the channel has.
func (s *Site) deskNear(r *deskRequest, sale *booking.Sale, form *deskForm) (out []deskNear) {
	for _, slot := range nearest(sale, form.slot, form.wants(), func(id ident.SlotID) bool {
		free, _ := s.Booking.Available.Slot(id, form.channel)
		return free >= form.who.size
	}) {
		out = append(out, deskNear{Slot: strconv.FormatInt(int64(slot.ID), 10), Label: slotLabel(sale, slot, r.lang), Key: nearKeys[len(out)]})
	}
	return out
}

// sayHolder names the booking that is in the way: a clerk may see it.
func (s *Site) sayHolder(r *deskRequest, d inventory.Decision, out *deskRefused) error {
	out.What = r.t("desk.refused." + string(d.Reason))
	if d.Holder.IsZero() {
		out.Sentences = []string{r.t("desk.refused.look")}
		return nil
	}
	rec, sale, err := s.Booking.Booking(r.ctx(), d.Holder)
	if err != nil && fault.KindOf(err) == fault.NotFound { // two of this very party
		out.What, out.Sentences = r.t("desk.refused.alike"), nil
		return nil
	}
	if err != nil {
		return err
	}
	out.Link, out.LinkText = "/desk/b/"+rec.ID.String(), r.t("desk.holder", locale.Data{
		"Names": names(r.lang, rec.People), "When": when(r.lang, sale, placesOf(sale, &rec.Booking)), "State": r.t("desk.state." + rec.State.String()),
	})
	return nil
}
