package web_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/scenarios"
)

// A sale with more slots than one page should list is shown day by day.
func TestDeskShowsManySlotsByDay(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) {
		days := slices.Clone(p.Slots)
		for _, slot := range days {
			for week := 1; week <= 2; week++ {
				later := slot
				later.Start, later.End = slot.Start.AddDate(0, 0, 7*week), slot.End.AddDate(0, 0, 7*week)
				p.Slots = append(p.Slots, later)
			}
		}
		slices.SortFunc(p.Slots, func(a, b catalog.Slot) int { return a.Start.Compare(b.Start) })
	})
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	rows := func() int { return strings.Count(b.page, "<option value=") }
	if b.want(200, "Sa 10.4.", "So 25.4.", "?day=6"); rows() != 100 {
		t.Fatalf("%d slots on a page by day, want 100", rows())
	}
	b.get(desk+"?day=6").want(200, `<optgroup id="g6"`, "So 25.4.")
	if rows() != 100 || strings.Contains(b.page, `<optgroup id="g1"`) {
		t.Errorf("%d slots on the sixth day", rows())
	}
	form := b.typed(person("Erika Muster", "24.12.1950"), "phone")
	b.post(desk+"/hold", form).want(200, `data-page="cart"`, "Sonntag, 25. April 2021")
	b.get(desk+"?slot="+form.Get("slot")).want(200, `<optgroup id="g6"`)
	for _, odd := range []string{"?day=7", "?day=-1", "?day=x", "?slot=0", "?slot=999999", "?slot=x"} {
		b.get(desk+odd).want(200, `<optgroup id="g1"`)
	}
}

// A clerk who works for several sales chooses first, and finds in one what was
// booked in it.
func TestDeskOfSeveralSales(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	other, problems := setup.Load("speyer.yaml", scenarios.Read)
	if other == nil {
		t.Fatal(problems)
	}
	apply(t, s.store, other)
	if err := s.booking.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.account(t, "kasse1", inventory.RoleClerk)
	b := s.desk(t)
	b.post("/login", url.Values{"user": {"kasse1"}, "password": {deskPassword}})
	elsewhere := "/desk/" + other.Sale.Organizer.ID + "/" + other.Sale.Event.Slug
	for _, lang := range []string{"en", "de"} {
		b.get("/desk?lang="+lang).want(200, `data-page="desks"`, `rel="next"`, "/desk"+s.path, elsewhere)
		spoken(t, b, lang)
	}
	b.get("/").want(200, `data-page="desks"`)
	b.get(elsewhere).want(200, "Öffnet am")
	desk := "/desk" + s.path
	b.get(desk)
	b.post(desk+"/hold", b.typed(person("Erika Muster", "24.12.1950"), "phone")).want(200)
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200)
	code := coded.FindStringSubmatch(b.page)[1]
	for _, q := range []string{"Muster", code} {
		b.post(desk+"/find", url.Values{"q": {q}}).want(200, "24.12.1950")
		b.post(elsewhere+"/find", url.Values{"q": {q}}).want(200, "keine Buchung")
	}
}

// What a sale does not ask for is not on its form.
func TestDeskOfASaleThatAsksNothing(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Sale.Eligible, p.Sale.Limit.PerPerson = nil, 0
	})
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	if strings.Contains(b.page, `name="name-1"`) {
		t.Error("asks for a name that nobody needs")
	}
	form := b.typed(url.Values{"size": {"2"}}, "phone")
	b.post(desk+"/hold", form).want(200, `data-page="cart"`)
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	b.get(b.at+"/cancel").want(200, "Für 2 Personen stornieren")
	b.post(b.at, nil).want(200, "storniert")
	b.get(desk)
	form = b.typed(url.Values{"size": {"99"}}, "phone")
	b.post(desk+"/hold", form).want(200, `data-page="cart"`)
	s.verify(t)
}

func TestDeskTakesNothingUndeclared(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	for name, form := range map[string]url.Values{
		"empty":              {},
		"channel of others":  {"channel": {"online"}, "name-1": {"A"}, "birth-1": {"1.1.1950"}, "postcode-1": {"58332"}, "slot": {"1"}},
		"slot of nobody":     {"channel": {"phone"}, "name-1": {"A"}, "birth-1": {"1.1.1950"}, "postcode-1": {"58332"}, "slot": {"77777"}},
		"control characters": {"name-1": {"A\x00B"}, "birth-1": {"1.1.1950"}, "slot": {"2"}},
		"endless":            {"name-1": {strings.Repeat("ü", 200)}, "birth-1": {"1.1.1950"}, "slot": {"2"}},
	} {
		if b.post(desk+"/hold", form); b.code != 409 && b.code != 422 {
			t.Errorf("%s: %d", name, b.code)
		}
	}
	for _, path := range []string{"/desk/nobody/nothing", "/desk/cart/x", "/desk/b/" + strings.Repeat("0", 32)} {
		b.get(path).want(404, `data-page="error"`)
	}
	b.post(desk+"/hold", url.Values{"name-1": {strings.Repeat("x", 70<<10)}})
	if b.code != http.StatusUnprocessableEntity {
		t.Errorf("a form that is too large: %d", b.code)
	}
}
