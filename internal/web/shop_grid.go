package web

import (
	"strconv"
	"strings"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/locale"
)

// grid is the choice of times: group → day → part of the day → time → places left.
type grid struct {
	Link   string
	Zone   *time.Location
	Groups []gridGroup
	Us     bool   // several come
	Phone  string // to call, where some times are left for callers alone
}

func newGrid(sale *booking.Sale, groups []gridGroup) grid {
	g := grid{Link: sale.Path(), Zone: sale.Zone, Groups: groups}
	for _, one := range groups {
		for _, d := range one.Days {
			if d.Phone > 0 {
				g.Phone = sale.Organizer.Phone
			}
		}
	}
	return g
}

// gridGroup is a group of interchangeable places; without a name where the sale has none.
type gridGroup struct {
	Name string
	stock
	Days []gridDay
}

// gridGroups lays the slots of some groups out with what is free now.
func (s *Site) gridGroups(sale *booking.Sale, lang locale.Lang, of catalog.GroupSet) (out []gridGroup) {
	days := 0
	for _, g := range of.Of(sale.GroupCount()) {
		one := gridGroup{Name: sale.GroupName(g, lang), Days: s.days(sale, sale.SlotsOf(g), days, lang)}
		for i := range one.Days {
			one.add(one.Days[i].stock)
		}
		days += len(one.Days)
		out = append(out, one)
	}
	return out
}

type gridDay struct {
	Day time.Time
	Key int
	stock
	Hours []gridHour
}

// gridHour is a part of the day; the first of a day with something free is open.
type gridHour struct {
	Label string
	stock
	Open  bool
	Slots []gridSlot
}

type gridSlot struct {
	ID    int64
	Clock string
	stock
}

// stock is what is left at a time, or at several.
type stock struct {
	Free, Held, Places int
	Phone              int // for callers, where nothing else is left
}

func (s *stock) add(o stock) {
	s.Free, s.Held, s.Places, s.Phone = s.Free+o.Free, s.Held+o.Held, s.Places+o.Places, s.Phone+o.Phone
}

// Few are left when a time has no more than fewPlaces free, or many times together
// no more than one place in fewOf.
const (
	fewPlaces = 3
	fewOf     = 10
)

// State is how it stands, for a word and a shape: free, few, held (all in carts),
// phone (only for callers) or full.
func (s stock) State() string {
	switch {
	case s.Free > max(fewPlaces, s.Places/fewOf):
		return "free"
	case s.Free > 0:
		return "few"
	case s.Held > 0:
		return "held"
	case s.Phone > 0:
		return "phone"
	}
	return "full"
}

// stock counts what is left of a slot.
func (s *Site) stock(sale *booking.Sale, slot ident.SlotID) stock {
	out := stock{Places: s.Booking.Available.Places(slot)}
	out.Free, out.Held = s.Booking.Available.Slot(slot, catalog.Online)
	if out.Free == 0 && out.Held == 0 {
		out.Phone = s.byPhone(sale, slot)
	}
	return out
}

// days lays slots out with what is free now; so many days stand before them.
func (s *Site) days(sale *booking.Sale, slots []catalog.Slot, before int, lang locale.Lang) []gridDay {
	var out []gridDay
	crowded := len(slots) >= crowdedDay*max(1, daysOf(sale, slots))
	for _, slot := range slots {
		day := sale.Day(slot.Start)
		if len(out) == 0 || !out[len(out)-1].Day.Equal(day) {
			out = append(out, gridDay{Day: day, Key: before + len(out) + 1})
		}
		d := &out[len(out)-1]
		label := partOfDay(sale, slot, crowded, lang)
		if len(d.Hours) == 0 || d.Hours[len(d.Hours)-1].Label != label {
			d.Hours = append(d.Hours, gridHour{Label: label})
		}
		left := s.stock(sale, slot.ID)
		h := &d.Hours[len(d.Hours)-1]
		h.Slots = append(h.Slots, gridSlot{ID: int64(slot.ID), Clock: strings.TrimPrefix(locale.Clock24(slot.Start, sale.Zone), "0"), stock: left})
		h.Open = h.Open || d.Free == 0 && left.Free > 0
		h.add(left)
		d.add(left)
	}
	return out
}

// crowdedDay is from how many slots a day on its hours become headings.
const crowdedDay = 24

// daysOf counts the days that slots are on.
func daysOf(sale *booking.Sale, slots []catalog.Slot) (n int) {
	last := time.Time{}
	for _, slot := range slots {
		if day := sale.Day(slot.Start); n == 0 || !day.Equal(last) {
			n, last = n+1, day
		}
	}
	return n
}

func partOfDay(sale *booking.Sale, slot catalog.Slot, crowded bool, lang locale.Lang) string {
	hour := slot.Start.In(sale.Zone).Hour()
	if crowded {
		return locale.T(lang, "slot.hour", locale.Data{"Hour": strconv.Itoa(hour)})
	}
	switch {
	case hour < 12:
		return locale.T(lang, "slot.morning")
	case hour < 17:
		return locale.T(lang, "slot.afternoon")
	}
	return locale.T(lang, "slot.evening")
}
