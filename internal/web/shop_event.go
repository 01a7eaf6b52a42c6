package web

import (
	"html/template"
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// The states of a sale as people see it.
const (
	stateSoon   = "soon"
	stateOpen   = "open"
	stateQueue  = "queue" // open, and given out by numbers
	stateHeld   = "held"  // everything is in carts: places come back
	stateFull   = "full"
	stateClosed = "closed"
	statePaused = "paused"
)

// sale finds the sale of the address.
func (s *Site) sale(r *http.Request) (*booking.Sale, error) {
	return s.Booking.Sales.ByPath(r.PathValue("org"), r.PathValue("event"))
}

// totals are the places of a sale for the public, and what only callers can have. by is
// what is left of each group.
type totals struct {
	free, held, places, phone int
	by                        []catalog.Left
}

func (s *Site) totals(sale *booking.Sale) (t totals) {
	t.by = s.Booking.Available.Public(&sale.StoredSale)
	all := catalog.Sum(t.by)
	t.free, t.held = all.Free, all.Held
	for _, slot := range sale.Slots {
		t.places += s.Booking.Available.Places(slot.ID)
		t.phone += s.byPhone(sale, slot.ID)
	}
	return t
}

// byPhone is how many places of a slot callers can have; none where nobody can be
// called.
func (s *Site) byPhone(sale *booking.Sale, slot ident.SlotID) int {
	if sale.Organizer.Phone == "" {
		return 0
	}
	free, _ := s.Booking.Available.Slot(slot, catalog.Phone)
	return free
}

// window says what the clock and the operator decide. Only the server's clock
// opens and closes; a page of another window is never served.
func window(sale *booking.Sale, now time.Time) string {
	switch {
	case now.Before(sale.Opens):
		return stateSoon
	case !now.Before(sale.Closes):
		return stateClosed
	case sale.Paused:
		return statePaused
	}
	return stateOpen
}

// state says how it stands: within the open window it follows what is left, and
// may be as old as a shared page may be.
func state(window string, t totals) string {
	switch {
	case window != stateOpen || t.free > 0:
		return window
	case t.held > 0:
		return stateHeld
	}
	return stateFull
}

// stateOf is state for a sale: one with a room has its queue where others are open.
func stateOf(sale *booking.Sale, window string, t totals) string {
	s := state(window, t)
	if hasRoom(sale) && (s == stateOpen || s == stateHeld) {
		return stateQueue
	}
	return s
}

type eventBody struct {
	Title, Lead, Venue, Address, Price, Link string
	Free, Once, Asks, Joining                bool
	Next, NextText, Draw                     string
	Opens, Closes                            string
	PublicAt                                 []string
	Who                                      []string
	Left, Places                             int
	ByPhone                                  bool
	Groups                                   []gridGroup
	Grid                                     template.HTML
}

// event answers with the sale's page, the same bytes for everybody. A sale that
// asks nothing gives a pass beside them, for the form is on this page.
func (s *Site) event(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	changes := s.Booking.Available.Changes(sale.ID)
	window, joining := window(sale, r.arrived), s.joining(sale)
	page, err := s.shared.get(sharedKey{sale: sale.ID, lang: r.lang, what: "event"}, sale, changes, window+strconv.FormatBool(joining), func() ([]byte, error) {
		return s.renderEvent(sale, r.lang, window, joining)
	})
	if err != nil {
		return err
	}
	if !sale.Asks() && !hasRoom(sale) {
		if _, err := s.pass(r, sale); err != nil {
			if _, err := s.keepPass(w, r, sale); err != nil {
				return err
			}
		}
	}
	return s.showShared(w, r, sale, page)
}

// showShared answers with a page that everybody sees alike.
func (s *Site) showShared(w http.ResponseWriter, r *request, sale *booking.Sale, page *rendered) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", view.ThemeOf(sale.Organizer.Accent).Policy)
	h.Set("Cache-Control", "no-cache")
	if h.Get("Set-Cookie") != "" {
		h.Set("Cache-Control", "private, no-store") // the bytes are shared, the cookie is not
	}
	page.write(w, r.Request)
	return nil
}

func (s *Site) renderEvent(sale *booking.Sale, lang locale.Lang, window string, joining bool) ([]byte, error) {
	t := s.totals(sale)
	state := stateOf(sale, window, t)
	p := salePage(sale, "event", sale.Event.Title.In(lang))
	p.Lang, p.State, p.Here, p.Language = lang, state, sale.Path(), others(lang, sale.Path())
	if state == stateSoon {
		p.Refresh = strconv.Itoa(soonRefresh)
	}
	groups := s.gridGroups(sale, lang, catalog.AnyGroup)
	b := eventBody{
		Title: p.Title, Lead: sale.Event.Lead.In(lang), Venue: sale.Venue.Name, Address: sale.Venue.Address, Link: sale.Path(),
		Free: price(sale).Cents == 0, Price: locale.Money(lang, price(sale).Cents, price(sale).Currency),
		Once: sale.Limit.PerPerson == 1 && !sale.Asks(), Asks: sale.Asks(),
		Opens: locale.DateTime(lang, sale.Opens, sale.Zone), Closes: locale.DateTime(lang, sale.Closes, sale.Zone),
		Who: eligibility.Explain(&sale.Sale, lang), Left: t.free, Places: t.places, ByPhone: t.phone > 0, Groups: groups,
		Joining: joining && state == stateSoon,
	}
	if joining {
		b.Draw = sale.Path() + "/draw"
	}
	b.Next, b.NextText = wayIn(sale, words{lang}, state, joining)
	for _, at := range sale.Returned.PublicAt {
		b.PublicAt = append(b.PublicAt, clockOf(sale, at, lang))
	}
	if !sale.Asks() && !hasRoom(sale) {
		var err error
		if b.Grid, err = view.Fragment(lang, "grid", newGrid(sale, groups)); err != nil {
			return nil, err
		}
	}
	p.Body = b
	return view.Render(p)
}

// joining reports whether numbers can be drawn.
func (s *Site) joining(sale *booking.Sale) bool {
	return hasRoom(sale) && s.Rooms.Roster(sale.ID) != nil
}

// wayIn is the one button of the event's page; none where there is nothing to do, or
// the choice of times is on this page.
func wayIn(sale *booking.Sale, w words, state string, joining bool) (link, text string) {
	open := state == stateOpen || state == stateHeld || state == stateQueue
	text = w.t("event.book")
	if hasRoom(sale) {
		open, text = open || joining && state == stateSoon, w.t("event.join")
	}
	switch {
	case open && sale.Asks():
		return sale.Path() + "/eligible", text
	case open && hasRoom(sale):
		return sale.Path() + "/wait", text
	}
	return "", ""
}

// soonRefresh is how often the page asks again before opening, in seconds.
const soonRefresh = 20

func price(sale *booking.Sale) catalog.Money {
	if len(sale.Offers) == 0 {
		return catalog.Money{Currency: "EUR"}
	}
	return sale.Offers[0].Price
}

func clockOf(sale *booking.Sale, at catalog.TimeOfDay, lang locale.Lang) string {
	day := sale.Day(sale.Opens)
	return locale.Clock(lang, time.Date(day.Year(), day.Month(), day.Day(), int(at)/60, int(at)%60, 0, 0, sale.Zone), sale.Zone)
}

type listBody struct {
	Heading string
	Items   []listItem
}

type listItem struct{ Link, Title, Text string }

// home lists the organizers.
func (s *Site) home(w http.ResponseWriter, r *request) error {
	p := plainPage("list", r.t("list.home"))
	p.Here = "/"
	body := listBody{Heading: p.Title}
	seen := map[string]bool{}
	for _, sale := range s.Booking.Sales.All() {
		if !seen[sale.Organizer.ID] {
			seen[sale.Organizer.ID] = true
			body.Items = append(body.Items, listItem{Link: "/" + sale.Organizer.ID, Title: sale.Organizer.Name})
		}
	}
	p.Body = body
	return s.show(w, r, http.StatusOK, p)
}

// organizer lists the events of one organizer.
func (s *Site) organizer(w http.ResponseWriter, r *request) error {
	var p *view.Page
	var body listBody
	for _, sale := range s.Booking.Sales.All() {
		if sale.Organizer.ID != r.PathValue("org") {
			continue
		}
		if p == nil {
			p = salePage(sale, "list", sale.Organizer.Name)
			p.Here, body.Heading = "/"+sale.Organizer.ID, sale.Organizer.Name
		}
		body.Items = append(body.Items, listItem{Link: sale.Path(), Title: sale.Event.Title.In(r.lang), Text: sale.Event.Lead.In(r.lang)})
	}
	if p == nil {
		return fault.New(fault.NotFound, "no organizer %q", r.PathValue("org"))
	}
	p.Body = body
	return s.show(w, r, http.StatusOK, p)
}

// notFound answers every address that is not on the site.
func (s *Site) notFound(_ http.ResponseWriter, r *request) error {
	return fault.New(fault.NotFound, "no such address")
}
