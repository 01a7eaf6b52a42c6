package web_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
)

// siteNames are sites of the county; as long as an id may be are the last.
var siteNames = []string{"Schwelm", "Witten", "Hattingen", "Gevelsberg", "Ennepetal", "Wetter", "Breckerfelde", "Sprockhoevel"}

// sites makes n sites of a sale, each with the times of the first slots, and so many
// places online in each.
func sites(n, times, online int) func(*setup.Plan) {
	return func(p *setup.Plan) {
		few(times, online, 0)(p)
		p.Sale.Groups = nil
		var slots []catalog.Slot
		for _, name := range siteNames[:n] {
			p.Sale.Groups = append(p.Sale.Groups, catalog.Group{ID: strings.ToLower(name), Name: catalog.Text{locale.German: name, locale.English: name}})
		}
		for _, slot := range p.Slots {
			for g := range n {
				slot.Group = g
				slots = append(slots, slot)
			}
		}
		p.Slots = slots
	}
}

// ticks adds to a form what suits, by place in the list of groups.
func ticks(form url.Values, groups ...int) url.Values {
	form.Set("wants", "1")
	for _, g := range groups {
		form.Set("want-"+string(rune('a'+g)), "1")
	}
	return form
}

// TestGroupsAreShown: whoever chooses sees which site a time is at, and so does whoever
// has it, the clerk and the calendar.
func TestGroupsAreShown(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", sites(2, 3, 2))
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.get(s.path).want(200, "<h3>Schwelm <small", "<h3>Witten <small", `aria-label="6 frei"`)
	b.post(s.path+"/eligible", erika()).want(200, "<legend>Schwelm, ", "<legend>Witten, ", "<h3>Schwelm</h3>", `id="d1"`, `id="d2"`)
	if n := strings.Count(b.page, `name="slot"`); n != 6 {
		t.Errorf("%d times to choose from, want 3 at each of 2 sites", n)
	}
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(4)}}).want(200, `data-page="cart"`, "<h1>Witten, ")
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, "<h1>Witten, ")
	b.get(b.at+"/ics").want(200, "Jährige: Witten")
	fresh()
	s.clerk(t, "karla").get("/desk"+s.path).want(200, `label="Schwelm, `, `label="Witten, `, ">Witten, ")
	b.get(s.path+"/status.json").want(200, `"groups":{"schwelm":[6,0],"witten":[5,0]}`)
	s.verify(t)
}

// TestPartiesStayInTheirGroup: who comes together is not sent to two sites.
func TestPartiesStayInTheirGroup(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", sites(2, 2, 1))
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	two := erika()
	two.Set("size", "2")
	for k := range erika() {
		if strings.HasSuffix(k, "-1") {
			two.Set(strings.TrimSuffix(k, "1")+"2", erika().Get(k))
		}
	}
	two.Set("name-2", "Otto Beispiel")
	b.post(s.path+"/eligible", two).want(200)
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(0)}}).want(200, `data-page="cart"`, "<h1>Schwelm, ")
	fresh()
	b.get(s.path+"/status.json").want(200, `"groups":{"schwelm":[0,2],"witten":[2,0]}`)
}

// TestOtherTimesAreOfTheSameGroupFirst: where a time is gone, the site stays.
func TestOtherTimesAreOfTheSameGroupFirst(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", sites(2, 4, 1))
	s.offset.Store(int64(time.Minute))
	late := s.browser(t)
	late.post(s.path+"/eligible", named("Late Gast")).want(200)
	gone := late.slot(4)
	taken := s.browser(t)
	taken.post(s.path+"/eligible", named("Erika Eins")).want(200)
	taken.post(s.path+"/hold", url.Values{"slot": {gone}}).want(200, `data-page="cart"`)
	late.post(s.path+"/hold", url.Values{"slot": {gone}}).want(409)
	last := 0
	for i, site := range []string{"Witten", "Witten", "Witten", "Schwelm"} {
		at := strings.Index(late.page[last:], `<button class="btn quiet">`+site)
		if at < 0 {
			t.Fatalf("time %d is not at %s: %s", i, site, late.page)
		}
		last += at + 1
	}
}

// TestTheRoomShowsGroups: what is free and in carts, for each, on the waiting page and
// the staff's.
func TestTheRoomShowsGroups(t *testing.T) {
	s := newRoom(t, sites(3, 2, 5))
	s.at(-time.Hour)
	b := s.browser(t)
	b.drawsNumber(ticks(oneOfMany(0), 0, 1, 2))
	s.pull(t, func(l *waitingroom.Levers) { l.Paused = true }) // so that they wait
	s.at(time.Second)
	fresh()
	b.get(s.path+"/wait").want(200, "Schwelm: 10 frei, 0 in Warenkörben", "Hattingen: 10 frei")
	s.organizer(t, "anna").get("/desk"+s.path+"/room").want(200, "aufgerufen bis 0, 10 frei, 0 in Warenkörben (online)")
}

// TestTheStatusOfEightGroupsStaysSmall: with everything that it can say.
func TestTheStatusOfEightGroupsStaysSmall(t *testing.T) {
	s := newRoom(t, openToAll, sites(8, 2, 90_000))
	s.at(-time.Hour)
	s.fill(t, 0, 1000)
	s.pull(t, func(l *waitingroom.Levers) {
		l.Rate = 60
		l.Message = catalog.Text{locale.German: strings.Repeat("ÄÖÜ", 60), locale.English: strings.Repeat("Please wait. ", 15)}
	})
	s.at(time.Second)
	for range 60 {
		s.pass(3 * time.Second)
		s.come(t, func(uint32) bool { return true })
	}
	b := s.browser(t)
	fresh()
	if b.get(s.path + "/status.json").want(200); len(b.page) > statusMax {
		t.Errorf("%d bytes: %s", len(b.page), b.page)
	}
	var doc struct{ Groups map[string][]float64 }
	if err := json.Unmarshal([]byte(b.page), &doc); err != nil || len(doc.Groups) != 8 {
		t.Fatalf("%v: %s", err, b.page)
	}
	for id, figures := range doc.Groups {
		if figures[0] != 180_000 {
			t.Errorf("%s: %v", id, figures)
		}
	}
	t.Logf("%d bytes: %s", len(b.page), b.page)
	b.get(s.path+"/wait").want(200, "ÄÖÜ")
}
