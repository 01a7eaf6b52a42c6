package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// refusal is why a wish was not granted, with what is needed to say what next.
type refusal struct {
	reason inventory.Reason
	slot   ident.SlotID // the time that was wanted, if any
	places int
	wants  catalog.GroupSet // the groups that others may be offered of
	next   string
}

type refusedBody struct {
	Tone, What     string
	Sentences      []string
	Near           []nearSlot
	Again          *view.Resend
	Next, NextText string
	Also, AlsoText string // another way on
	Phone          string
	Call           string // why to call: there are places left
}

type nearSlot struct{ Action, Slot, Label string }

// refusedStatus: what cannot be had any more is a conflict with how things stand.
const refusedStatus = http.StatusConflict

// addressPause is when asking again makes sense where too many come from one
// address: somebody of them will have confirmed.
const addressPause = time.Minute

// tones of the reasons that are no bad news yet.
var tones = map[inventory.Reason]string{
	inventory.FullyHeld: "warn", inventory.TooFew: "warn", inventory.TooEarly: "warn", inventory.Paused: "warn", inventory.HoldEnded: "warn",
	addressFull: "warn", networkFull: "warn",
}

// refuse says why, in a sentence of its own, and what can be done now.
func (s *Site) refuse(w http.ResponseWriter, r *request, sale *booking.Sale, why refusal) error {
	s.noteRefusal(r, sale.ID, why.reason)
	id := refusedID(why.reason)
	p := salePage(sale, "refused", r.t(id))
	p.State = string(why.reason)
	body := refusedBody{Tone: "bad", What: r.t(id), Next: why.next, NextText: r.t("refused.choose"), Phone: sale.Organizer.Phone}
	if tone := tones[why.reason]; tone != "" {
		body.Tone = tone
	}
	at := sale.Opens
	if why.reason == inventory.TooLate {
		at = sale.Closes
	}
	status := refusedStatus
	body.Sentences = []string{r.t(id+".next", locale.Data{"At": locale.DateTime(r.lang, at, sale.Zone)})}
	switch why.reason {
	case inventory.SoldOut, inventory.FullyHeld, inventory.TooFew:
		body.Near = s.near(sale, r.lang, why)
		t := s.totals(sale)
		if t.free == 0 && t.held == 0 {
			body.What = r.t("refused.sold_out.all")
			body.Next, body.NextText = sale.Path(), r.t("refused.to_event")
		}
		if why.reason == inventory.SoldOut {
			s.sayPhone(r, sale, why, t, &body)
		}
		p.Title = body.What
	case inventory.TooEarly, inventory.TooLate, inventory.Paused, inventory.CodeUsed, inventory.PassSpent:
		body.Next, body.NextText = sale.Path(), r.t("refused.to_event")
	case booking.OtherGroup:
		body.Near = s.near(sale, r.lang, why)
	case inventory.HasOne:
		body.Sentences = append(body.Sentences, r.t("refused.namesake"))
		body.Next, body.NextText = "/find", r.t("page.find")
	case hasNumber:
		body.Sentences = append(body.Sentences, r.t("refused.namesake"))
		body.Next, body.NextText = sale.Path()+transferPath, r.t("wait.have")
		body.Also, body.AlsoText = why.next, r.t("wait.other")
	case addressFull:
		status = http.StatusTooManyRequests
		retryAfter(w, fault.BusyFor(addressPause, "too many from one address"))
		body.Again, body.Next = &view.Resend{Action: sale.Path() + "/hold", Step: "hold"}, ""
	case networkFull:
		status = http.StatusTooManyRequests
		retryAfter(w, fault.BusyFor(networkPause, "too many numbers from one network"))
		body.Again, body.Next = &view.Resend{Action: sale.Path() + "/wait/join", Step: "join"}, ""
		body.Also, body.AlsoText = sale.Path()+transferPath, r.t("wait.have")
		body.Sentences = append(body.Sentences, r.t(id+".clerk"))
	}
	p.Body, p.Resend = body, r.resend(string(why.reason))
	if body.Again != nil { // one form sends it once more, in this language or the other
		body.Again.Fields, p.Form, p.Resend = p.Resend.Fields, resendForm, nil
	}
	return s.show(w, r, status, p)
}

// sayPhone says which places callers can still have, where nothing is left online.
func (s *Site) sayPhone(r *request, sale *booking.Sale, why refusal, t totals, body *refusedBody) {
	if t.phone == 0 {
		return
	}
	body.Call = r.t("event.phone_left")
	if s.byPhone(sale, why.slot) >= max(1, why.places) {
		body.What, body.Call = r.t("refused.sold_out.online"), r.t("refused.phone_left")
	}
	if t.free == 0 && t.held == 0 {
		body.What, body.Call, body.Tone = r.t("event.full.online"), r.t("event.phone_left"), "warn"
	}
}

// refused reports whether the answer that is wanted in another language was a
// refusal, and which.
func (r *request) refused() (inventory.Reason, bool) {
	return inventory.Reason(r.said), r.again && locale.Has(locale.German, "refused."+r.said+".next")
}

// refusedID is the message of a reason; what a page cannot run into has the words
// of a booking that has changed meanwhile.
func refusedID(r inventory.Reason) string {
	if id := "refused." + string(r); locale.Has(locale.German, id) {
		return id
	}
	return "refused.not_held"
}

// nearMax is how many other times are offered.
const nearMax = 4

// near returns the free times closest to the one that was wanted.
func (s *Site) near(sale *booking.Sale, lang locale.Lang, why refusal) (out []nearSlot) {
	for _, slot := range nearest(sale, why.slot, why.wants, func(id ident.SlotID) bool {
		free, _ := s.Booking.Available.Slot(id, catalog.Online)
		return free >= max(1, why.places)
	}) {
		out = append(out, nearSlot{Action: sale.Path() + "/hold", Slot: strconv.FormatInt(int64(slot.ID), 10), Label: slotLabel(sale, slot, lang)})
	}
	return out
}

// nearest returns up to nearMax slots of some groups that fit, from the closest on: of the
// same group as far as it has them.
func nearest(sale *booking.Sale, wanted ident.SlotID, of catalog.GroupSet, fits func(ident.SlotID) bool) (out []catalog.Slot) {
	slot, _ := sale.Slot(wanted)
	if of.Has(slot.Group) {
		out = closest(sale.SlotsOf(slot.Group), slot, nearMax, fits)
	}
	for _, g := range of.Of(sale.GroupCount()) {
		if g != slot.Group {
			out = append(out, closest(sale.SlotsOf(g), slot, nearMax-len(out), fits)...)
		}
	}
	return out
}

// closest returns up to most of the slots that fit, from the closest to the wanted one on.
func closest(slots []catalog.Slot, wanted catalog.Slot, most int, fits func(ident.SlotID) bool) (out []catalog.Slot) {
	at, _ := slices.BinarySearchFunc(slots, wanted, func(a, b catalog.Slot) int { return a.Start.Compare(b.Start) })
	for distance := 0; distance <= len(slots) && len(out) < most; distance++ {
		for _, i := range []int{at - distance, at + distance} {
			again := i == at && distance > 0 || distance == 0 && len(out) > 0
			if i >= 0 && i < len(slots) && len(out) < most && !again && slots[i].ID != wanted.ID && fits(slots[i].ID) {
				out = append(out, slots[i])
			}
		}
	}
	return out
}

// inGroup says the group of a slot before its time; nothing where the sale has none.
func inGroup(sale *booking.Sale, slot catalog.Slot, lang locale.Lang) string {
	if name := sale.GroupName(slot.Group, lang); name != "" {
		return name + ", "
	}
	return ""
}

func slotLabel(sale *booking.Sale, slot catalog.Slot, lang locale.Lang) string {
	return inGroup(sale, slot, lang) + locale.DateShort(lang, slot.Start, sale.Zone) + ", " + locale.Clock(lang, slot.Start, sale.Zone)
}
