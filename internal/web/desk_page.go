package web

import (
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
)

// deskShown are the channels whose free places the desk shows, in the order of
// its columns; deskChannels are those it sells by.
var (
	deskShown    = []catalog.Channel{catalog.Counter, catalog.Phone, catalog.Online}
	deskChannels = []catalog.Channel{catalog.Counter, catalog.Phone}
)

// deskSlotsMax is how many slots one desk page lists, in slots. A sale with more
// is shown day by day, so that the page stays quick to make and to look through.
const deskSlotsMax = 400

// deskWho is the part of a form that asks who comes and by which channel, with what
// is wrong with it.
type deskWho struct {
	Request  string // makes the form repeatable
	Refused  *deskRefused
	Errors   []problem
	People   []deskPerson
	Sizes    []sizeChoice
	Channels []deskChannel
	Wants    *wantForm     // asked for with a number
	Called   *calledNumber // books with a number: there is no choice of the channel
}

type deskBody struct {
	deskSearch
	deskWho
	Title       string
	Notice      string
	Days        []deskDay
	ShowsOneDay bool
	NoneFree    bool
	// Grant is the field for the reason of a booking for somebody of the same name and
	// birth date as somebody who has theirs.
	Grant   *deskField
	Channel string
}

type deskPerson struct {
	No     int
	Open   bool // something was typed for this person
	Fields []deskField
}

// deskField is a field that may have the focus when the page opens.
type deskField struct {
	field
	Focus bool
	Does  string // what its key is for, of the first field
}

type deskChannel struct {
	Value, Label, Key string
	On                bool
}

type deskDay struct {
	Key   int
	Group string // empty where the sale has none
	Day   time.Time
	Link  string
	On    bool // listed on this page
	Free  []int
	Slots []deskSlot
}

type deskSlot struct {
	ID                               int64
	Link, Clock                      string
	Counter, Phone, Online, Sellable int
	On                               bool
}

type desksBody struct{ Sales []deskSale }

type deskSale struct {
	Link, Title, Venue, State string
	Opening                   *navOpening
	Counts                    []deskCount
}

// desks leads to the one sale there is, or lists them.
func (s *Site) desks(w http.ResponseWriter, r *deskRequest) error {
	sales := s.Booking.Sales.All()
	if len(sales) == 1 {
		return see(w, "/desk"+sales[0].Path())
	}
	p := s.deskPlain(r, "desks", r.t("desk.choose"))
	p.Here = "/desk"
	var b desksBody
	for _, sale := range sales {
		b.Sales = append(b.Sales, deskSale{
			Link: "/desk" + sale.Path(), Title: sale.Event.Title.In(r.lang), Venue: sale.Venue.Name,
			State: s.deskState(r, sale), Opening: s.navOpening(r, sale), Counts: s.deskCounts(r.words, sale),
		})
	}
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

// deskState is a sentence if the desk cannot sell now.
func (s *Site) deskState(r *deskRequest, sale *booking.Sale) string {
	switch {
	case r.arrived.Before(sale.Opens):
		return r.t("desk.soon", locale.Data{"At": locale.DateTime(r.lang, sale.Opens, sale.Zone)})
	case !r.arrived.Before(sale.Closes):
		return r.t("desk.closed", locale.Data{"At": locale.DateTime(r.lang, sale.Closes, sale.Zone)})
	case sale.Paused:
		return r.t("desk.paused")
	}
	return ""
}

// deskForm is one booking being taken: who, when, by which channel.
type deskForm struct {
	who     *whoForm
	channel catalog.Channel
	slot    ident.SlotID // 0: the first that is free
	request ident.ID
	does    string        // what the form is for
	focus   string        // the field that has the focus; empty: the first that needs it
	called  *calledNumber // nil: places of the desk's own channels
}

// desk shows the form with the free times beside it.
func (s *Site) desk(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if r.who.Role == inventory.RoleTechnical { // who books nothing
		return see(w, "/desk"+sale.Path()+"/opening")
	}
	form := &deskForm{who: newDeskWho(r.words, sale), channel: s.lastChannel(r), does: r.t("desk.new")}
	form.bookWith(s.called(r, sale, r.URL.Query().Get("number")))
	if slot, err := strconv.ParseInt(r.URL.Query().Get("slot"), 10, 64); err == nil {
		form.slot = ident.SlotID(slot)
	}
	return s.showDesk(w, r, http.StatusOK, sale, form, deskBody{})
}

// showDesk renders the desk around what is already known of it.
func (s *Site) showDesk(w http.ResponseWriter, r *deskRequest, status int, sale *booking.Sale, form *deskForm, b deskBody) error {
	if err := s.nameForm(r, form); err != nil {
		return err
	}
	b.deskSearch, b.Title, b.Notice, b.Channel = searchOf(sale), sale.Event.Title.In(r.lang), s.deskState(r, sale), form.channel.String()
	b.deskWho = deskWhoOf(r.words, sale, form, b.Refused)
	if b.Grant != nil {
		b.Errors = append(b.Errors, problems([]field{b.Grant.field})...)
	}
	s.listDays(r, sale, form, &b)
	p := s.deskPage(r, sale, "desk", r.t("desk.title"))
	p.Here = b.Link
	if b.Refused != nil {
		p.Kind, p.State = "refused", b.Refused.State
	}
	p.Body = b
	return s.show(w, r.request, status, p)
}

// nameForm gives a form the name that makes it repeatable, if it has none yet.
func (s *Site) nameForm(r *deskRequest, form *deskForm) (err error) {
	if form.request.IsZero() {
		form.request, err = ident.New(s.Rand, r.arrived)
	}
	return err
}

// deskWhoOf lays out who comes and by which channel.
func deskWhoOf(w words, sale *booking.Sale, form *deskForm, refused *deskRefused) deskWho {
	b := deskWho{Request: form.request.String(), Refused: refused, Errors: form.who.problems(), People: form.fields(refused), Wants: form.who.wants, Called: form.called}
	for _, c := range deskChannels {
		b.Channels = append(b.Channels, deskChannel{Value: c.String(), Label: w.t("desk.channel." + c.String()), Key: w.t("desk.key." + c.String()), On: c == form.channel})
	}
	if !sale.Asks() && sale.Party.Max > 1 {
		for n := 1; n <= sale.Party.Max; n++ {
			b.Sizes = append(b.Sizes, sizeChoice{N: n, On: n == form.who.size})
		}
	}
	return b
}

// newDeskWho asks the same as the public form, without the hints a clerk knows by
// heart; and the browser must not offer what was typed for the last person.
func newDeskWho(w words, sale *booking.Sale) *whoForm {
	f := newWhoForm(w, sale)
	for i := range f.people {
		for j := range f.people[i] {
			f.people[i][j].Auto, f.people[i][j].Hint = "off", ""
		}
	}
	return f
}

// fields lays the form out; the focus is on the way out of a refusal, if it has
// one, else on the first field that needs mending, else on the first of all.
func (f *deskForm) fields(refused *deskRefused) []deskPerson {
	var out []deskPerson
	focus := "name-1"
	if refused != nil && (refused.Link != "" || len(refused.Near) > 0) {
		focus = ""
	}
	if wrong := f.who.problems(); len(wrong) > 0 {
		focus = wrong[0].ID
	}
	if f.focus != "" {
		focus = f.focus
	}
	for i, fields := range f.who.people {
		p := deskPerson{No: i + 1}
		for _, in := range fields {
			p.Open = p.Open || in.Value != "" || in.Error != ""
			p.Fields = append(p.Fields, deskField{field: in, Focus: in.ID == focus, Does: f.does})
		}
		if len(p.Fields) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// lastChannel is by which channel this desk sold last; at first, the counter.
func (s *Site) lastChannel(r *deskRequest) catalog.Channel {
	if c, err := r.Cookie(r.hostCookie(channelCookie)); err == nil {
		return deskChannelOf(c.Value)
	}
	return catalog.Counter
}

// deskChannelOf reads a channel the desk sells by; anything else is the counter.
func deskChannelOf(name string) catalog.Channel {
	if name == catalog.Phone.String() {
		return catalog.Phone
	}
	return catalog.Counter
}

// listDays lists what is free by day and time, from memory, and marks the slot
// that is chosen: the one asked for, or the first with a place for this channel.
func (s *Site) listDays(r *deskRequest, sale *booking.Sale, form *deskForm, b *deskBody) {
	b.ShowsOneDay = len(sale.Slots) > deskSlotsMax
	for _, g := range form.wants().Of(sale.GroupCount()) {
		s.listGroup(r, sale, g, form, b)
	}
	chosen := chooseSlot(b.Days, form.slot, r.URL.Query().Get("day"))
	b.NoneFree = chosen < 0
	for i := range b.Days {
		if b.Days[i].On = !b.ShowsOneDay || i == max(0, chosen); !b.Days[i].On {
			b.Days[i].Slots = nil
		}
	}
}

// listGroup lists the days of one group behind those before.
func (s *Site) listGroup(r *deskRequest, sale *booking.Sale, group int, form *deskForm, b *deskBody) {
	name, first := sale.GroupName(group, r.lang), len(b.Days)
	for _, slot := range sale.SlotsOf(group) {
		if !r.arrived.Before(slot.End) {
			continue
		}
		day := sale.Day(slot.Start)
		if n := len(b.Days); n == first || !b.Days[n-1].Day.Equal(day) {
			key := n + 1
			b.Days = append(b.Days, deskDay{Key: key, Group: name, Day: day, Link: "#d" + strconv.Itoa(key), Free: make([]int, len(deskShown))})
			if b.ShowsOneDay {
				b.Days[n].Link = form.link(b.Link, "day", strconv.Itoa(key))
			}
		}
		b.Days[len(b.Days)-1].add(s.deskSlot(sale, slot, form, b.Link))
	}
}

func (d *deskDay) add(slot deskSlot) {
	d.Slots = append(d.Slots, slot)
	for i, n := range []int{slot.Counter, slot.Phone, slot.Online} {
		d.Free[i] += n
	}
}

func (s *Site) deskSlot(sale *booking.Sale, slot catalog.Slot, form *deskForm, link string) deskSlot {
	out := deskSlot{ID: int64(slot.ID), Clock: locale.Clock24(slot.Start, sale.Zone)}
	out.Link = form.link(link, "slot", strconv.FormatInt(out.ID, 10))
	out.Counter, _ = s.Booking.Available.Slot(slot.ID, catalog.Counter)
	out.Phone, _ = s.Booking.Available.Slot(slot.ID, catalog.Phone)
	out.Online, _ = s.Booking.Available.Slot(slot.ID, catalog.Online)
	switch form.channel {
	case catalog.Online:
		out.Sellable = out.Online
	case catalog.Phone:
		out.Sellable = out.Phone
	default:
		out.Sellable = out.Counter
	}
	return out
}

// chooseSlot marks the wanted slot, else the first free one, of the day asked for
// if there is one. It returns the day's index, -1 if nothing was marked.
func chooseSlot(days []deskDay, wanted ident.SlotID, onDay string) int {
	only := 0
	if n, err := strconv.Atoi(onDay); err == nil && n >= 1 && n <= len(days) {
		only = n
	}
	for i := range days {
		for j := range days[i].Slots {
			slot := &days[i].Slots[j]
			fits := wanted != 0 && slot.ID == int64(wanted) || wanted == 0 && slot.Sellable > 0 && (only == 0 || only == days[i].Key)
			if fits {
				slot.On = true
				return i
			}
		}
	}
	if wanted != 0 {
		return chooseSlot(days, 0, onDay) // gone meanwhile
	}
	return only - 1
}
