package web

import (
	"net/http"
	"slices"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/staff"
	"einlass/internal/store"
	"einlass/internal/web/view"
)

// deskRequest is a request of somebody who works here.
type deskRequest struct {
	*request
	who staff.Account // zero where no session is needed
}

// by says who asks, for the audit.
func (r *deskRequest) by(channel catalog.Channel) booking.Who {
	return booking.Who{Actor: r.who.ID, Role: r.who.Role, Channel: channel, Arrived: r.arrived}
}

// staffHandle lets in who may use the route and turns what fails into a page.
func (s *Site) staffHandle(route staffRoute) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &deskRequest{request: &request{Request: r, arrived: s.Now(), words: wordsOf(r), secure: s.StaffSecure || overTLS(r)}}
		s.keepLanguage(w, req.request)
		if failpoint.Bug(failpoint.BugStaffWait) && s.lanes.work.take(r.Context(), line{}, time.Now().Add(newWithin), nil) {
			defer s.lanes.work.give()
		}
		if err := s.admit(w, req, route); err != nil {
			s.deskFail(w, req, err)
		}
	})
}

// admit asks on every request who it is: an account that was closed, or a role
// that was changed, counts from the next click on.
func (s *Site) admit(w http.ResponseWriter, r *deskRequest, route staffRoute) error {
	if route.open {
		return route.do(w, r)
	}
	account, err := s.signedIn(r)
	if err != nil && fault.KindOf(err) == fault.Forbidden {
		return s.signedOut(w, r)
	}
	if err != nil {
		return err
	}
	if !slices.Contains(route.roles, account.Role) {
		s.Log.Warn("staff page refused", "route", r.Pattern, "account", account.ID)
		return fault.New(fault.Forbidden, "%s may not use %s", account.ID, r.Pattern)
	}
	r.who = account
	return route.do(w, r)
}

// signedIn returns the account of the request's session; Forbidden without one.
func (s *Site) signedIn(r *deskRequest) (staff.Account, error) {
	c, err := r.Cookie(r.hostCookie(sessionCookie))
	if err != nil {
		return staff.Account{}, fault.New(fault.Forbidden, "no session")
	}
	return s.sessions.Account(r.ctx(), c.Value, r.arrived)
}

// signedOut sends whoever only looks to the login. A form is refused with a page:
// whoever goes back from it still has what they typed.
func (s *Site) signedOut(w http.ResponseWriter, r *deskRequest) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return see(w, "/login")
	}
	p := s.deskPlain(r, "error", r.t("desk.signed_out"))
	p.State = "signed_out"
	p.Body = errorBody{Tone: "warn", What: p.Title, Sentences: []string{r.t("desk.signed_out.next")}, Next: "/login", NextText: r.t("login.do")}
	return s.show(w, r.request, http.StatusForbidden, p)
}

// The staff's cookies beside the device's: the session, and by which channel this
// desk sold last.
const (
	sessionCookie = "desk"
	channelCookie = "desk-channel"
)

// keepStaff gives the browser a cookie that no other site's link brings along.
// With age 0 it has no end of its own: the session's end is decided here, not in
// the browser.
func (s *Site) keepStaff(w http.ResponseWriter, r *deskRequest, name, value string, age time.Duration) {
	c := &http.Cookie{Name: r.hostCookie(name), Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteStrictMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// deskNav is what stands at the top of every staff page.
type deskNav struct {
	Name   string
	Room   string // the sale's desk, if it gives out numbers
	Counts []deskCount
	// Tasks are what waits for somebody at the desk; nil for whoever is not.
	Tasks *store.TaskCount
	// Opening is what is missing of a sale before it opens; nil if nothing is.
	Opening *navOpening
	Report  string // the sale's report, for whoever may see it
}

// deskCount is what a channel has free.
type deskCount struct {
	Channel, Label string
	Free           int
}

// deskPlain begins a staff page that belongs to no sale.
func (s *Site) deskPlain(r *deskRequest, name, title string) *view.Page {
	return &view.Page{
		Name: name, Title: title, Theme: view.StaffThemeOf(view.DefaultAccent), Brand: r.t("desk.brand"), Home: "/desk",
		Staff: true, Nav: s.deskNavOf(r),
	}
}

// deskNavOf counts what waits. A count that cannot be read takes no page away: the
// link to the list stands there, and the list says what is wrong.
func (s *Site) deskNavOf(r *deskRequest) deskNav {
	nav := deskNav{Name: r.who.Name}
	if nav.Name == "" || !slices.Contains(deskRoles, r.who.Role) {
		return nav
	}
	tasks, err := s.Store.CountTasks(r.ctx(), r.arrived)
	if err != nil {
		s.Log.Error("tasks cannot be counted", "err", err)
	}
	nav.Tasks = &tasks
	return nav
}

// deskPage begins a staff page of a sale.
func (s *Site) deskPage(r *deskRequest, sale *booking.Sale, name, title string) *view.Page {
	nav := s.deskNavOf(r)
	nav.Counts, nav.Opening = s.deskCounts(r.words, sale), s.navOpening(r, sale)
	if hasRoom(sale) && slices.Contains(deskRoles, r.who.Role) {
		nav.Room = "/desk" + sale.Path()
	}
	if r.who.Role == inventory.RoleOrganizer {
		nav.Report = "/desk" + sale.Path() + "/report"
	}
	return &view.Page{
		Name: name, Title: title, Theme: view.StaffThemeOf(sale.Organizer.Accent), Brand: sale.Event.Title.In(r.lang), Home: "/desk" + sale.Path(),
		Zone: sale.Zone, Staff: true, Nav: nav, Rehearsal: sale.Rehearsal,
	}
}

// deskCounts adds up what each channel has free, from memory.
func (s *Site) deskCounts(w words, sale *booking.Sale) []deskCount {
	var out []deskCount
	for _, c := range deskShown {
		n := 0
		for _, slot := range sale.Slots {
			free, _ := s.Booking.Available.Slot(slot.ID, c)
			n += free
		}
		out = append(out, deskCount{Channel: c.String(), Label: w.t("desk.channel." + c.String()), Free: n})
	}
	return out
}

// deskErrors are the words of each kind that differ from the public ones.
var deskErrors = map[fault.Kind]string{
	fault.NotFound: "desk.error.not_found", fault.Forbidden: "desk.error.forbidden",
	fault.Conflict: "desk.error.conflict", fault.Invalid: "desk.error.not_found", fault.Busy: "refused.busy",
}

// deskFail answers with the page of the error's kind.
func (s *Site) deskFail(w http.ResponseWriter, r *deskRequest, err error) {
	if store.IsUncertain(err) && s.Uncertain != nil {
		s.Uncertain(err) // a login's commit failed in the same way a booking's can
	}
	kind, seconds := s.assess(w, r.Pattern, err)
	id := deskErrors[kind]
	if id == "" {
		id = errorPages[kind]
	}
	p := s.deskPlain(r, "error", r.t(id))
	p.State = kind.String()
	p.Body = errorBody{Tone: "bad", What: p.Title, Sentences: []string{r.t(id+".next", map[string]any{"Seconds": seconds})}, Next: "/desk", NextText: r.t("desk.home")}
	if err := s.show(w, r.request, statuses[kind], p); err != nil {
		s.Log.Error("error page failed", "err", err)
		http.Error(w, http.StatusText(statuses[kind]), statuses[kind])
	}
}

// deskNotFound answers every address that is not on the site.
func (s *Site) deskNotFound(_ http.ResponseWriter, _ *deskRequest) error {
	return fault.New(fault.NotFound, "no such address")
}
