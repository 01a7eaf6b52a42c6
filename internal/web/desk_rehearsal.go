package web

import (
	"net/http"
	"slices"
	"strconv"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/staff"
	"einlass/internal/store"
)

// openingBody is what organizers and the technical lead see of a sale before it opens: its rehearsals, and
// who has acknowledged the opening.
type openingBody struct {
	Link, Title string
	Name        string // as commands name the sale
	Opens       string
	Opened      bool
	Changed     bool // the rules have changed since the form was shown
	Version     int
	Expected    int
	Rehearsed   bool
	Lack        string
	Runs        []openingRun
	Acks        []string
	Missing     []string // of the acknowledgements, in words
	OnePerson   string   // both are of one person
	Mine        bool
}

type openingRun struct {
	At, Verdict, Broke string
	People             int
	Rude               int // per cent
	Good, Present      bool
}

// openingRunsMax is how many rehearsals the page lists: the newest.
const openingRunsMax = 20

// navOpening leads from every staff page of a sale that has not opened to how far it is
// ready; in red while something is missing.
type navOpening struct {
	Link, Text string
	Ready      bool
}

// deskOpening shows how far a sale is ready to open.
func (s *Site) deskOpening(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	return s.showOpening(w, r, http.StatusOK, sale, false)
}

func (s *Site) showOpening(w http.ResponseWriter, r *deskRequest, status int, sale *booking.Sale, changed bool) error {
	ready, err := onsale.Ready(r.ctx(), s.Store, &sale.StoredSale, r.arrived)
	if err != nil {
		return err
	}
	runs, err := s.Store.Rehearsals(r.ctx())
	if err != nil {
		return err
	}
	b := openingBody{
		Link: "/desk" + sale.Path(), Name: sale.Path()[1:], Title: sale.Event.Title.In(r.lang), Opens: locale.DateTime(r.lang, sale.Opens, sale.Zone),
		Opened: !r.arrived.Before(sale.Opens), Changed: changed, Version: sale.Version, Expected: ready.Expected,
		Rehearsed: ready.Rehearsed(),
	}
	if !b.Rehearsed {
		b.Lack = s.lackText(r.words, &ready)
	}
	for i := range runs {
		if runs[i].Sale == sale.ID && len(b.Runs) < openingRunsMax {
			b.Runs = append(b.Runs, openingRunOf(r, sale, &runs[i]))
		}
	}
	for _, a := range ready.Acks {
		b.Acks = append(b.Acks, r.t("opening.acknowledged", locale.Data{
			"Role": r.t("opening.role." + staff.RoleName(a.Role)), "Who": whoOf(a), "At": locale.DateTime(r.lang, a.At, sale.Zone),
		}))
		b.Mine = b.Mine || a.Actor == r.who.ID
	}
	for _, role := range ready.Missing() {
		b.Missing = append(b.Missing, r.t("opening.missing."+staff.RoleName(role)))
	}
	if ready.OnePerson() {
		b.OnePerson = r.t("opening.one_person")
	}
	p := s.deskPage(r, sale, "deskopening", r.t("opening.title"))
	p.Kind, p.Here, p.Body = "opening", b.Link+"/opening", b
	return s.show(w, r.request, status, p)
}

// whoOf names an account and whose it is.
func whoOf(a store.Acknowledgement) string {
	if a.Name == "" {
		return a.Actor
	}
	return a.Name + " (" + a.Actor + ")"
}

func openingRunOf(r *deskRequest, sale *booking.Sale, row *store.RehearsalRow) openingRun {
	const percent = 100
	return openingRun{
		At: locale.DateTime(r.lang, row.At, sale.Zone), People: row.People, Rude: int(row.Rude * percent), Present: row.Version == sale.Version,
		Good: row.Verdict == "holds", Verdict: r.t("opening.verdict." + row.Verdict), Broke: r.t("opening.broke." + row.Broke),
	}
}

// lackText says what is missing of a rehearsal.
func (s *Site) lackText(w words, r *onsale.Readiness) string {
	data := locale.Data{"People": locale.Number(w.lang, int64(r.Expected))}
	if r.Last != nil {
		data["Came"] = locale.Number(w.lang, int64(r.Last.People))
	}
	return w.t("opening.lack."+string(r.Lack), data)
}

// acknowledge notes that whoever answers for the sale, or for the machine, knows of the opening and its rules, as they were
// shown. What has opened needs no word any more.
func (s *Site) acknowledge(w http.ResponseWriter, r *deskRequest) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if !r.arrived.Before(sale.Opens) {
		return fault.New(fault.Conflict, "%s has opened", sale.Path())
	}
	if version, err := strconv.Atoi(r.PostFormValue("version")); err != nil || version != sale.Version {
		return s.showOpening(w, r, http.StatusConflict, sale, true)
	}
	err = s.Store.Acknowledge(store.Acknowledgement{Sale: sale.ID, Version: sale.Version, Actor: r.who.ID, Role: r.who.Role, At: r.arrived},
		inventory.AuditRow{Reason: "the opening, rules version " + strconv.Itoa(sale.Version)})
	if err != nil {
		return err
	}
	return see(w, "/desk"+sale.Path()+"/opening")
}

// navOpening is nil for whoever need not know, and for a sale that is open.
func (s *Site) navOpening(r *deskRequest, sale *booking.Sale) *navOpening {
	if !slices.Contains(openingRoles, r.who.Role) || !r.arrived.Before(sale.Opens) || s.Rehearsal {
		return nil
	}
	ready, err := onsale.Ready(r.ctx(), s.Store, &sale.StoredSale, r.arrived)
	if err != nil {
		s.Log.Error("rehearsals cannot be read", "err", err)
		return nil
	}
	nav := &navOpening{Link: "/desk" + sale.Path() + "/opening", Text: r.t("opening.title")}
	switch {
	case !ready.Rehearsed():
		nav.Text = r.t("opening.red.rehearsal")
	case !ready.Acknowledged():
		nav.Text = r.t("opening.red.acknowledge")
	default:
		nav.Ready = true
	}
	return nav
}
