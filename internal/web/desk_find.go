package web

import (
	"net/http"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/store"
)

// deskSearch is the search field at the top of every page of a sale. Link is the
// sale's desk, Problem what was wrong with what was looked for; with Nothing found
// one looks again.
type deskSearch struct {
	Link, Query, Problem string
	Nothing              bool
	Numbers              bool // the sale has numbers that can be looked up
}

// searchOf is the search field of a sale.
func searchOf(sale *booking.Sale) deskSearch {
	return deskSearch{Link: "/desk" + sale.Path(), Numbers: hasRoom(sale)}
}

// deskFoundBody is what a search found.
type deskFoundBody struct {
	deskSearch
	More bool
	Rows []deskFoundRow
}

type deskFoundRow struct {
	Link, Names, Births, When, Code, State string
	Gone                                   bool
}

func (b *deskFoundBody) rows(w words, sale *booking.Sale, found []*store.Record) {
	for _, rec := range found {
		b.Rows = append(b.Rows, deskFoundRow{
			Link: "/desk/b/" + rec.ID.String(), Names: names(w.lang, rec.People), Births: births(w.lang, rec.People),
			When: whenShort(w.lang, sale, rec), Code: rec.Code.String(), State: w.t("desk.state." + rec.State.String()),
			Gone: !rec.State.Keeps(),
		})
	}
}

// births lists birth dates as clerks compare them with a card.
func births(lang locale.Lang, people []catalog.Participant) string {
	var out []string
	for _, p := range people {
		if !p.BirthDate.IsZero() {
			out = append(out, p.BirthDate.Format("02.01.2006"))
		}
	}
	return locale.List(lang, out)
}

// whenShort says day and time as the desk's lists do.
func whenShort(lang locale.Lang, sale *booking.Sale, rec *store.Record) string {
	var out []string
	for _, p := range placesOf(sale, &rec.Booking) {
		out = append(out, locale.DateShort(lang, p.slot.Start, sale.Zone)+" "+locale.Clock24(p.slot.Start, sale.Zone))
	}
	return locale.List(lang, out)
}

// deskFind answers a search by name or code. What was looked for is in no address
// and in no log; that somebody looked is.
func (s *Site) deskFind(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	q := field{ID: "q", Max: catalog.NameMax}
	q.read(r.request)
	if no, ok := s.findNumber(sale, q.Value); ok && q.Error == "" {
		s.Log.Info("desk looked a number up", "account", r.who.ID, "sale", sale.ID)
		return see(w, deskNumberPath(sale, no))
	}
	b := deskFoundBody{deskSearch: searchOf(sale)}
	b.Query, b.Problem = q.Value, q.Error
	status := http.StatusUnprocessableEntity
	if q.Error == "" {
		found, more, err := s.Booking.Search(r.ctx(), sale, q.Value)
		switch fault.KindOf(err) {
		case fault.Invalid:
			b.Problem = r.t("desk.find.short")
		default:
			if err != nil {
				return err
			}
			status, b.More, b.Nothing = http.StatusOK, more, len(found) == 0
			b.rows(r.words, sale, found)
			s.Log.Info("desk search", "account", r.who.ID, "sale", sale.ID, "found", len(found))
		}
	}
	p := s.deskPage(r, sale, "found", r.t("desk.found"))
	p.Body = b
	return s.show(w, r.request, status, p)
}
