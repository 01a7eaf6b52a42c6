package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// organizer is a browser of somebody who runs the event.
func (s *shop) organizer(t *testing.T, id string) *browser {
	t.Helper()
	s.account(t, id, inventory.RoleOrganizer)
	return s.desk(t).post("/login", url.Values{"user": {id}, "password": {deskPassword}}).want(200, `data-step="desk-hold"`)
}

// short leaves two places for whoever wants one.
func short(p *setup.Plan) {
	p.Slots = p.Slots[:2]
	p.Sale.Allotments = nil
	for i := range p.Slots {
		p.Slots[i].Places, p.Slots[i].Allotments = 2, map[catalog.Channel]int{catalog.Online: 1, catalog.Counter: 1}
	}
}

func (b *browser) facts() map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`<dt>([^<]+)</dt><dd>([^<]*)</dd>`).FindAllStringSubmatch(b.page, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// TestTheRoomOnOnePage: what is in force stands there, and each lever is felt by who
// waits after one step of the room.
func TestTheRoomOnOnePage(t *testing.T) {
	s := newRoom(t, short)
	s.at(-time.Hour)
	crowd := make([]*browser, 4)
	for i := range crowd {
		crowd[i] = s.browser(t)
		crowd[i].drawsNumber(oneOfMany(i))
	}
	b, room := s.organizer(t, "amt"), "/desk"+s.path+"/room"
	var tape store.Tape
	s.store.Record(&tape)
	b.get(room).want(200, `data-page="room"`, `data-state="joining"`, "Die Verlosung ist am Samstag, 3. April 2021, 8:00 Uhr", `data-step="room-say"`)
	// Before it opens: paused with a message, until when.
	say := url.Values{"say-de": {"Wir prüfen <die> Leitung."}, "say-en": {"We check the line."}, "until": {"8:30"}}
	b.post(room+"/pause", say).want(200, "Es wird niemand mehr aufgerufen", "weitergehen soll es am Samstag, 3. April 2021, 8:30 Uhr", `data-step="room-resume"`, `value="08:30"`)
	s.at(time.Second)
	crowd[0].get(s.path+"/wait").want(200, `data-state="waiting"`, "weitergehen soll es am Samstag, 3. April 2021, 8:30 Uhr", "Wir prüfen &lt;die&gt; Leitung.")
	crowd[0].speak("en").want(200, "We check the line.")
	if f := b.get(room).facts(); f["Gezogene Nummern"] != "4" || f["Davon noch nicht aufgerufen"] != "4" || f["Plätze frei (online)"] != "2" || f["Drinnen, mit und ohne Warenkorb"] != "0" {
		t.Errorf("the page has %v", f)
	}
	b.post(room+"/resume", nil).want(200, "Es wird aufgerufen.", "Wir prüfen")
	s.at(2 * time.Second)
	b.get(room).want(200, "data-serving>2<", `data-state="calling"`)
	b.post(room+"/say", url.Values{}).want(200, "Die Mitteilung ist geändert")
	if strings.Contains(b.page, "Wir prüfen") {
		t.Error("a message that was taken away")
	}
	b.post(room+"/rate", url.Values{"rate": {"1.200"}}).want(200, "höchstens 1.200 Nummern in der Minute", `value="1.200"`)
	b.post(room+"/rate", url.Values{"rate": {""}}).want(200, "so schnell, wie Plätze da sind")
	for _, c := range crowd {
		if c.get(s.path + "/wait"); strings.Contains(c.page, `data-state="called"`) {
			c.post(s.path+"/wait/enter", nil)
		}
	}
	if f := b.get(room).facts(); f["Drinnen, mit und ohne Warenkorb"] != "2" || f["Davon noch nicht aufgerufen"] != "2" {
		t.Errorf("the page has %v", f)
	}
	b.get(room+"/close").want(200, "2 Nummern warten noch", "Schließen, 2 Nummern verfallen", `data-step="room-close"`)
	crowd[0].get(s.path+"/wait").want(200, "<h1>") // looking closed nothing
	b.post(room+"/close", nil).want(200, "Der Warteraum ist geschlossen", "für immer geschlossen")
	s.at(3 * time.Second)
	crowd[0].get(s.path+"/wait").want(200, `data-state="closed"`)
	if b.get(room + "/close"); b.at != room {
		t.Errorf("what is closed can be closed again at %s", b.at)
	}
	if got := leverAudit(t, &tape); !slices.Equal(got, []string{"paused, with a message", "calling, with a message", "calling", "calling, at most 1200 a minute", "calling", "closed"}) {
		t.Errorf("the audit says %q", got)
	}
}

// leverAudit is what the audit says of the room, all of it by the organizer.
func leverAudit(t *testing.T, tape *store.Tape) (reasons []string) {
	t.Helper()
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if !strings.HasPrefix(w.SQL, "INSERT INTO audit") || !slices.Contains(w.Args, any(int64(inventory.VerbRoom))) {
				continue
			}
			if !slices.Contains(w.Args, any("amt")) || !slices.Contains(w.Args, any(int64(inventory.RoleOrganizer))) {
				t.Errorf("audit row without organizer: %v", w.Args)
			}
			for _, a := range w.Args {
				if text := fmt.Sprint(a); strings.HasPrefix(text, "paused") || strings.HasPrefix(text, "calling") || text == "closed" {
					reasons = append(reasons, text)
				}
			}
		}
	}
	return reasons
}

// TestLeversSayWhatIsWrong: what was typed stays, and nothing is changed.
func TestLeversSayWhatIsWrong(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	b, room := s.organizer(t, "amt"), "/desk"+s.path+"/room"
	long := strings.Repeat("ü", 201)
	for _, c := range []struct {
		lever, field, typed, says string
	}{
		{"say", "say-de", long, "form.too_long"}, {"say", "say-en", "a\u0085b", ""}, {"pause", "say-de", long, ""},
		{"pause", "until", "gleich", "8:30"}, {"pause", "until", "24:00", "8:30"}, {"pause", "until", "8:60", "8:30"}, {"pause", "until", "8:3", "8:30"}, {"pause", "until", "-8:30", "8:30"},
		{"rate", "rate", "viele", "1.000.000"}, {"rate", "rate", "-1", "1.000.000"}, {"rate", "rate", "1.000.001", "1.000.000"}, {"rate", "rate", "1e3", "1.000.000"},
	} {
		b.post(room+"/"+c.lever, url.Values{c.field: {c.typed}}).want(422, `href="#`+c.field+`"`, `id="`+c.field+`-error"`)
		if strings.HasPrefix(c.says, "8") || strings.HasPrefix(c.says, "1") {
			b.want(422, c.says, `value="`+c.typed+`"`)
		}
	}
	if all, err := s.store.Levers(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("levers: %+v %v", all, err)
	}
	b.post(room+"/say", url.Values{"say-de": {long[:400]}}).want(200, "Die Mitteilung ist geändert")
	for typed, at := range map[string]string{"8:30": "8:30 Uhr", "830": "8:30 Uhr", "8.30": "8:30 Uhr", "9": "9:00 Uhr", "0705": "7:05 Uhr", "06:59": "4. April 2021, 6:59 Uhr"} {
		b.post(room+"/pause", url.Values{"until": {typed}}).want(200, at)
	}
	b.post(room+"/pause", nil).want(200, "Im Augenblick wird niemand aufgerufen. Alle")
}

// TestOnlyOrganizersPullLevers: each route of the room by each role. A clerk sees all
// figures and no lever.
func TestOnlyOrganizersPullLevers(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	clerk, organizer := s.clerk(t, "kasse1"), s.organizer(t, "amt")
	levers := 0
	for _, route := range s.site.StaffRoutes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if path = strings.Replace(path, "/{org}/{event}", s.path, 1); !strings.Contains(path, "/room/") {
			continue
		}
		levers++
		if !slices.Equal(route.Roles, []inventory.Role{inventory.RoleOrganizer}) {
			t.Errorf("%s is for %v", route.Pattern, route.Roles)
		}
		if method == "GET" {
			clerk.get(path).want(403, "Das darf Ihr Konto nicht")
			organizer.get(path).want(200)
			continue
		}
		clerk.post(path, nil).want(403, "Das darf Ihr Konto nicht")
	}
	if levers != 6 {
		t.Errorf("%d levers, want 6", levers)
	}
	if all, err := s.store.Levers(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("a clerk changed %+v %v", all, err)
	}
	clerk.get("/desk"+s.path+"/room").want(200, "Gezogene Nummern", "wer die Veranstaltung leitet")
	if strings.Contains(clerk.page, "<form class=\"card\"") {
		t.Error("a clerk is shown levers")
	}
	s.browser(t).get("/desk" + s.path + "/room").want(404) // not on the public site
}

// TestLeversDoNotUndoEachOther: two organizers at once, each with another lever, from
// pages that are out of date.
func TestLeversDoNotUndoEachOther(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	one, room := s.organizer(t, "amt"), "/desk"+s.path+"/room"
	one.post(room+"/pause", url.Values{"say-de": {"Pause"}})
	var wg sync.WaitGroup
	for i := range 8 {
		other := &browser{t: t, shop: s, base: one.base, c: one.c}
		wg.Go(func() {
			if i%2 == 0 {
				other.post(room+"/rate", url.Values{"rate": {"90"}})
			} else {
				other.post(room+"/say", url.Values{"say-de": {"Gleich geht es weiter"}})
			}
		})
	}
	wg.Wait()
	all, err := s.store.Levers(t.Context())
	if l := all[s.sales()[0].ID]; err != nil || !l.Paused || l.Rate != 90 || l.Message["de"] != "Gleich geht es weiter" {
		t.Errorf("%+v %v", l, err)
	}
}

// TestRoomPagesOfTheDeskInBothLanguages: every page, its keys, and no personal data in
// any address.
func TestRoomPagesOfTheDeskInBothLanguages(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newRoom(t)
		s.at(-2 * time.Hour)
		b := s.organizer(t, "amt")
		b.get("/desk?lang=" + lang)
		room, pages := "/desk"+s.path+"/room", map[string]bool{}
		see := func() {
			t.Helper()
			spoken(t, b, lang)
			keyedOnce(t, b)
			pages[pageName.FindStringSubmatch(b.page)[1]] = true
		}
		b.draws(person("Erika Muster", "24.12.1950")).want(200)
		see()
		receipt := b.at
		b.get(receipt)
		see()
		b.get(receipt + "/print")
		see()
		b.draws(person("Erika Muster", "24.12.1950")).want(409)
		see()
		b.draws(person("Erika Muster", "24.12.1950"), "grant", "1").want(422)
		see()
		b.get(room)
		see()
		b.post(room+"/pause", url.Values{"say-de": {"Wir prüfen etwas."}, "until": {"8:30"}})
		see()
		b.post(room+"/rate", url.Values{"rate": {"x"}}).want(422)
		see()
		b.get(room + "/close")
		see()
		s.at(time.Second)
		for _, at := range []string{receipt, room} {
			b.get(at)
			see()
		}
		b.post(room+"/close", nil)
		see()
		s.at(2 * time.Second)
		for _, at := range []string{receipt, room, "/desk" + s.path + "/number"} {
			b.get(at)
			see()
		}
		if len(pages) != 5 {
			t.Errorf("%s: saw only %v", lang, pages)
		}
	}
}
