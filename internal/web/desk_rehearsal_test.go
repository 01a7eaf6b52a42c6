package web_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/staff"
	"einlass/internal/store"
)

// officer opens an account of somebody with a name and a role, and logs them in.
func (s *shop) officer(t *testing.T, id, name string, role inventory.Role) *browser {
	t.Helper()
	a, err := staff.New(s.store, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Create(id, name, role, deskPassword); err != nil {
		t.Fatal(err)
	}
	return s.desk(t).login(id, deskPassword).want(200)
}

// Before a sale opens, organizers and the technical lead see in red what is missing: a
// rehearsal with the expected crowd, and the word of both of them. It is theirs alone,
// counts for the rules as they were shown, and stands in the audit.
func TestTheOpeningIsAcknowledgedInTwoRoles(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) { p.Sale.Expects = 5_000 })
	s.offset.Store(-int64(30 * time.Minute))
	opening := "/desk" + s.path + "/opening"
	clerk := s.clerk(t, "kasse1")
	clerk.want(200)
	if strings.Contains(clerk.page, "data-opening") {
		t.Error("a clerk is shown what is an organizer's")
	}
	clerk.get(opening).want(403)
	clerk.post(opening+"/acknowledge", url.Values{"version": {"1"}}).want(403)

	anna := s.officer(t, "anna", "Anna Muster", inventory.RoleOrganizer)
	anna.want(200, `data-opening="red"`, "keine bestandene Generalprobe")
	bert := s.officer(t, "bert", "Bert Beispiel", inventory.RoleTechnical).want(200, `data-page="opening"`, "Bert Beispiel")
	anna.get(opening).want(200, `data-page="opening"`, "noch nie geprobt. Erwartet werden 5.000 Menschen", `data-missing="2"`,
		"Es fehlt die Bestätigung der Veranstaltungsleitung", "Es fehlt die Bestätigung der technischen Leitung", "einlass rehearse ennepe-ruhr/impfung-60plus --people 5000")
	sale := s.sales()[0]
	add := func(people int, verdict string) {
		t.Helper()
		err := s.store.AddRehearsal(store.RehearsalRow{Sale: sale.ID, Version: sale.Version, At: s.now(), People: people, Rude: 0.05, Verdict: verdict, Broke: "cpu", Figures: "{}"})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(4_999, "holds")
	anna.get(opening).want(200, "Geprobt wurde mit 4.999 Menschen, erwartet werden 5.000")
	add(5_000, "breaks")
	anna.get(opening).want(200, "nicht bestanden", "hält nicht", "Rechenleistung")
	s.offset.Add(int64(time.Minute))
	add(5_000, "holds")
	anna.get(opening).want(200, `data-rehearsed="yes"`)
	anna.get("/desk"+s.path).want(200, "Öffnung nicht bestätigt")

	form := anna.get(opening).hidden("acknowledge")
	anna.post(opening+"/acknowledge", form).want(200, "Veranstaltungsleitung: Anna Muster (anna) hat am", `data-missing="1"`, "In der anderen Rolle bestätigt jemand anderes")
	anna.post(opening+"/acknowledge", form).want(200, `data-missing="1"`) // once more is still one
	carl := s.officer(t, "carl", "Carl Muster", inventory.RoleOrganizer)
	carl.get(opening)
	carl.post(opening+"/acknowledge", form).want(200, `data-missing="1"`, "Es fehlt die Bestätigung der technischen Leitung")
	bert.get(opening).want(200, "(anna) hat am", `data-missing="1"`)
	bert.post(opening+"/acknowledge", url.Values{"version": {"7"}}).want(409, "inzwischen geändert", `data-missing="1"`)
	bert.post(opening+"/acknowledge", bert.hidden("acknowledge")).want(200, "Technische Leitung: Bert Beispiel (bert) hat am")
	if strings.Contains(bert.page, "data-missing") || !strings.Contains(anna.get("/desk"+s.path).page, `data-opening="ready"`) {
		t.Errorf("something is missing still:\n%s", bert.page)
	}
	spoken(t, bert.get(opening+"?lang=en"), "en")
	keyedOnce(t, bert)
	rows, err := s.store.Acknowledgements(context.Background())
	if err != nil || len(rows) != 3 || rows[0].Role != inventory.RoleOrganizer || rows[1].Role != inventory.RoleTechnical || rows[1].Name != "Bert Beispiel" {
		t.Errorf("%v %+v", err, rows)
	}

	s.offset.Store(int64(time.Minute))
	anna.get(opening).want(200, "geöffnet")
	anna.post(opening+"/acknowledge", form).want(409)
	s.verify(t)
}

// TestOnePersonAcknowledgesOnce: with an account in each role they count for one.
func TestOnePersonAcknowledgesOnce(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(-int64(30 * time.Minute))
	opening := "/desk" + s.path + "/opening"
	for id, role := range map[string]inventory.Role{"anna": inventory.RoleOrganizer, "anna-it": inventory.RoleTechnical} {
		b := s.officer(t, id, "Anna Muster", role)
		b.post(opening+"/acknowledge", b.get(opening).hidden("acknowledge")).want(200, `data-missing="1"`)
	}
	s.officer(t, "carl", "Carl Beispiel", inventory.RoleOrganizer).get(opening).want(200, `data-missing="1"`, "von derselben Person")
}

// TestTheTechnicalLeadBooksNothing: they see the opening and nothing of people.
func TestTheTechnicalLeadBooksNothing(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.officer(t, "bert", "Bert Beispiel", inventory.RoleTechnical)
	for _, path := range []string{"/desk", "/desk" + s.path, "/desk" + s.path + "/opening"} {
		b.get(path).want(200, `data-page="opening"`)
		if strings.Contains(b.page, "/desk/tasks") || strings.Contains(b.page, "/number") {
			t.Errorf("%s leads to what is a clerk's:\n%s", path, b.page)
		}
	}
	refused := 0
	for _, route := range s.site.StaffRoutes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if route.Open || path == "" || slices.Contains(route.Roles, inventory.RoleTechnical) {
			continue
		}
		path = strings.NewReplacer("{org}/{event}", s.path[1:], "{id}", "x", "{no}", "0", "{seq}", "1").Replace(path)
		if b.get(path); method == "POST" {
			b.post(path, nil)
		}
		if refused++; b.code != 403 {
			t.Errorf("%s: %d", route.Pattern, b.code)
		}
	}
	if refused < 25 {
		t.Errorf("void: %d routes", refused)
	}
	b.post("/logout", nil).want(200, `data-step="login"`)
}
