package web_test

import (
	"fmt"
	"html"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/setup"
	"einlass/internal/store"
)

var (
	reportFigure = regexp.MustCompile(`<th scope="row">([^<]+)</th><td[^>]*>([^<]*)</td>`)
	reportTable  = regexp.MustCompile(`<h2>([^<]+)</h2>`)
)

// figures reads the report: "heading: row" to its figures.
func (b *browser) figures() map[string]string {
	out := map[string]string{}
	sections := reportTable.FindAllStringSubmatchIndex(b.page, -1)
	for i, at := range sections {
		end := len(b.page)
		if i+1 < len(sections) {
			end = sections[i+1][0]
		}
		for _, m := range reportFigure.FindAllStringSubmatch(b.page[at[1]:end], -1) {
			key := b.page[at[2]:at[3]] + ": " + html.UnescapeString(m[1])
			if _, twice := out[key]; !twice {
				out[key] = m[2]
			}
		}
	}
	return out
}

// says checks figures of the report.
func (b *browser) says(want map[string]string) {
	b.t.Helper()
	got := b.figures()
	for row, figure := range want {
		if got[row] != figure {
			b.t.Errorf("%s: %q, want %q", row, got[row], figure)
		}
	}
	if b.t.Failed() {
		b.t.Logf("the report has %q", got)
	}
}

// fill lets people draw numbers by the room itself, as the pages do; each is one of
// the public.
func (s *shop) fill(t testing.TB, from, people int) {
	t.Helper()
	sale := s.sales()[0]
	for i := range people {
		_, err := s.rooms.Join(t.Context(), onsale.Visitor{Sale: sale, Secret: fmt.Appendf(nil, "somebody %d", from+i), Size: 1, Channel: catalog.Online})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// come lets some of those who were called come in: those for whom will says so.
func (s *shop) come(t testing.TB, will func(no uint32) bool) (in int) {
	t.Helper()
	sale := s.sales()[0]
	roster := s.rooms.Roster(sale.ID)
	room := roster.Room()
	for number := uint32(1); number <= room.Called; number++ {
		no, _ := roster.At(number)
		if roster.Passes(no) > 0 || !will(no) {
			continue
		}
		if _, reason, err := s.rooms.Enter(t.Context(), sale, no); err != nil || reason != "" {
			t.Fatalf("number %d: %q %v", number, reason, err)
		}
		in++
	}
	return in
}

// reportMorning is a sale with forty places online, of which sixty people take a part,
// ten by phone, and others who hear why not.
func reportMorning(t *testing.T) *shop {
	t.Helper()
	s := newRoom(t, func(p *setup.Plan) {
		p.Slots, p.Sale.Allotments = p.Slots[:2], nil
		for i := range p.Slots {
			p.Slots[i].Places, p.Slots[i].Allotments = 30, map[catalog.Channel]int{catalog.Online: 20, catalog.Phone: 10}
		}
	})
	s.at(-time.Hour)
	clerk := s.clerk(t, "kasse1")
	crowd := s.queueUp(t, 30)
	for i := range 6 {
		clerk.draws(oneOfMany(100 + i)).want(200)
	}
	for range 2 { // the clerk grants a second number
		clerk.draws(oneOfMany(100), "grant", "1", "second", "Frau Muster heißt wie ihre Nachbarin").want(200)
	}
	for range 6 { // who has a number is refused another
		other := s.browser(t)
		other.post(s.path+"/eligible", oneOfMany(0)).want(409)
	}
	for range 3 { // and three may not come at all
		young := erika()
		young.Set("birth-1", "1.1.2000")
		s.browser(t).post(s.path+"/eligible", young).want(422)
	}
	s.at(time.Second)
	room := "/desk" + s.path + "/room"
	organizer := s.organizer(t, "leitung")
	organizer.post(room+"/pause", url.Values{"say-de": {"Herr Beispiel prüft die Leitung."}}).want(200)
	s.fill(t, 0, 20) // come after the opening
	booked := 0
	for _, b := range crowd {
		if b.get(s.path + "/wait"); booked == 12 || !strings.Contains(b.page, `data-state="called"`) {
			continue
		}
		b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
		b.post(s.path+"/hold", url.Values{"slot": {b.slot(booked % 2)}}).want(200, `data-page="cart"`)
		b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
		booked++
	}
	if booked != 12 {
		t.Fatalf("%d of 12 came in and booked", booked)
	}
	for i := range 7 {
		clerk.bookFor("Karla "+string(rune('a'+i))+"aber", url.Values{"contact": {"none"}})
	}
	return s
}

// TestReportOfAMorning: every figure of a morning whose counts are known, while it runs
// and afterwards, in both languages, and as a file.
func TestReportOfAMorning(t *testing.T) {
	s := reportMorning(t)
	if err := s.site.Note(); err != nil {
		t.Fatal(err)
	}
	b, at := s.organizer(t, "amt"), "/desk"+s.path+"/report"
	b.post("/desk"+s.path+"/room/resume", nil).want(200)
	b.get(at).want(200, `data-page="report"`, `data-state="running"`, "Der Verkauf läuft noch", "Aufruf angehalten, Mitteilung gezeigt", "weiter aufgerufen")
	called := int(s.rooms.Roster(s.sales()[0].ID).Room().Called)
	if called != 38 {
		t.Fatalf("%d were called, want those who were in the draw: the figures below would be others", called)
	}
	b.says(map[string]string{
		"Plätze: Plätze insgesamt": "60", "Plätze: gebucht": "19", "Plätze: noch frei": "41", "Plätze: gerade in Warenkörben": "0",
		"Auf welchem Weg gebucht wurde: Online": "12", "Auf welchem Weg gebucht wurde: Telefon": "7",
		"Nummern im Warteraum: Gezogene Nummern": "58", "Nummern im Warteraum: bis zur Öffnung": "38", "Nummern im Warteraum: nach der Öffnung": "20",
		"Was aus den Nummern wurde: aufgerufen": fmt.Sprint(called), "Was aus den Nummern wurde: hereingekommen": "12",
		"Was aus den Nummern wurde: mit Buchung": "12", "Was aus den Nummern wurde: ohne Buchung": "0",
		"Absagen nach Grund: Absagen insgesamt": "9", "Absagen nach Grund: Nicht berechtigt": "weniger als 5",
		"Absagen nach Grund: Für diese Person gab es schon eine Nummer":   "nicht gezeigt",
		"Eingriffe von Hand: Zweite Nummern, von Mitarbeitenden vergeben": "weniger als 5",
	})
	s.at(30 * 24 * time.Hour)
	b = s.organizer(t, "amt2") // the session of before has ended
	b.get(at).want(200, "Der Verkauf ist zu Ende")
	b.says(map[string]string{"Plätze: nicht vergeben": "41", "Was aus den Nummern wurde: aufgerufen": fmt.Sprint(called)})
	if strings.Contains(b.page, `data-state="running"`) {
		t.Error("a sale that has closed runs")
	}
	b.get(at+"?lang=en").want(200, "The sale is over", "fewer than 5", "calling paused, message shown")
	spoken(t, b, "en")
	keyedOnce(t, b)
	s.asFile(t, b, at)
}

// asFile checks the report as it is mailed: one file, nothing to load or to click, and
// nobody in it.
func (s *shop) asFile(t *testing.T, b *browser, at string) {
	t.Helper()
	res, err := b.c.Get(b.base + at + "?download")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	if got := res.Header.Get("Content-Disposition"); got != `attachment; filename="report-impfung-60plus.html"` {
		t.Errorf("it is handed over as %q", got)
	}
	for _, never := range []string{"<script", "<link rel=\"style", "<img", "<a ", "<form", "<button", "http://", "https://", "url(", "Erika", "Kasse", "kasse1", "Karla", "Muster", "Beispiel", "leitung"} {
		if strings.Contains(strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, ""), never) {
			t.Errorf("the file has %q", never)
		}
	}
	if !strings.HasPrefix(text, "<!doctype html>") || !strings.HasSuffix(text, "</html>\n") || !strings.Contains(text, "fewer than 5") || missingWord.MatchString(text) {
		t.Errorf("the file is not whole:\n%s", text)
	}
}

// TestReportForecasts: what was told is noted and held against what came true; waiting
// times are drawn once enough were called.
func TestReportForecasts(t *testing.T) {
	s := newRoom(t, func(p *setup.Plan) {
		p.Sale.Eligible, p.Sale.Limit, p.Sale.Allotments = nil, catalog.Limit{}, nil
		p.Slots = p.Slots[:4]
		for i := range p.Slots {
			p.Slots[i].Places, p.Slots[i].Allotments = 25, map[catalog.Channel]int{catalog.Online: 25}
		}
	})
	const people = 3_000 // so many that it is clear for the last, whoever comes
	s.at(-time.Hour)
	s.fill(t, 0, people)
	s.at(time.Second)
	for range 20 { // half of those who are called come and look around
		s.pass(3 * time.Second)
		s.come(t, func(no uint32) bool { return no%2 == 0 })
	}
	sale := s.sales()[0].ID
	f := s.rooms.Forecast(sale, 0)
	if f == nil || !f.Known || f.Not > people {
		t.Fatalf("nothing was forecast: %+v", f)
	}
	if err := s.site.Note(); err != nil {
		t.Fatal(err)
	}
	figures, err := s.store.Figures(t.Context(), sale)
	if err != nil {
		t.Fatal(err)
	}
	last := figures.Told[len(figures.Told)-1]
	if apart := int(last.Not) - int(f.Not); len(figures.Told) < 2 || apart*apart > (people/100)*(people/100) || int(figures.Room.Called) != s.rooms.Standing(sale).Called {
		t.Errorf("%d notes, the last %+v; it is %d and %d", len(figures.Told), last, f.Probably, f.Not)
	}
	for i := 1; i < len(figures.Told); i++ {
		if gap := figures.Told[i].At.Sub(figures.Told[i-1].At); gap < time.Second {
			t.Errorf("two notes within %s", gap)
		}
	}
	b := s.organizer(t, "amt")
	b.get("/desk"+s.path+"/report").want(200, "Wie viele wann aufgerufen waren", "<svg", "die Hälfte höchstens")
	got := b.figures()
	not := got["Die Vorhersage und was eintraf: „Voraussichtlich reicht es nicht“"]
	if got["Die Vorhersage und was eintraf: davon aufgerufen"] == "" || not == "" || not == "0" {
		t.Errorf("the report has %q", got)
	}
	t.Logf("%d notes; told not: %s, called %d of %d", len(figures.Told), not, figures.Room.Called, people)
}

// TestReportIsTheOrganizers: every role at the report, and nobody without a session.
func TestReportIsTheOrganizers(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	at := "/desk" + s.path + "/report"
	for _, path := range []string{at, at + "?download"} {
		s.clerk(t, "kasse"+fmt.Sprint(len(path))).get(path).want(403, "Das darf Ihr Konto nicht")
		s.organizer(t, "amt"+fmt.Sprint(len(path))).get(path).want(200, "Bericht zum Verkauf")
		s.desk(t).get(path).want(200, `data-page="login"`)
		s.browser(t).get(path).want(404)
	}
	if clerk := s.clerk(t, "kasse1").get("/desk" + s.path); strings.Contains(clerk.page, at) {
		t.Error("a clerk is led to the report")
	}
	s.organizer(t, "amt").get("/desk"+s.path).want(200, at)
	for _, route := range s.site.StaffRoutes() {
		if strings.HasSuffix(route.Pattern, "/report") && (len(route.Roles) != 1 || route.Roles[0] != inventory.RoleOrganizer) {
			t.Errorf("%s is for %v", route.Pattern, route.Roles)
		}
	}
}

// TestReportWithoutARoom: a sale that is open to all has places, channels and refusals.
func TestReportWithoutARoom(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.organizer(t, "amt").get("/desk"+s.path+"/report").want(200, "Niemand hat eine Absage gehört")
	b.says(map[string]string{"Plätze: Plätze insgesamt": "4.000", "Plätze: gebucht": "0", "Plätze: noch frei": "4.000", "Auf welchem Weg gebucht wurde: Schalter": "0"})
	if strings.Contains(b.page, "Nummern im Warteraum") || strings.Contains(b.page, "Eingriffe") {
		t.Error("numbers in a sale without any")
	}
}

// TestACrashLosesSecondsOfNotes: what was noted is there after a crash, what came after
// is not, and nothing is counted twice; a disk that fails loses nothing.
func TestACrashLosesSecondsOfNotes(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	refuse := func(times int) {
		young := erika()
		young.Set("birth-1", "1.1.2000")
		for range times {
			b := s.browser(t)
			b.post(s.path+"/eligible", young).want(422)
			b.get(s.path + "/eligible") // looking is no refusal
			young.Set("lang", "en")
			b.post(s.path+"/eligible", young) // the same in another language neither
			young.Del("lang")
		}
	}
	noted := func(file string) int {
		t.Helper()
		st, err := store.Open(t.Context(), store.Options{Path: file})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		f, err := st.Figures(t.Context(), s.sales()[0].ID)
		if err != nil || len(f.Refused) > 1 {
			t.Fatalf("%+v %v", f, err)
		}
		if len(f.Refused) == 0 {
			return 0
		}
		return f.Refused[0].Times
	}
	refuse(5)
	if err := s.site.Note(); err != nil {
		t.Fatal(err)
	}
	refuse(3)
	if got := noted(s.crashed(t)); got != 5 {
		t.Errorf("%d refusals after a crash, want the 5 that were noted", got)
	}
	for range 2 {
		if err := s.site.Note(); err != nil {
			t.Fatal(err)
		}
	}
	if got := noted(s.crashed(t)); got != 8 {
		t.Errorf("%d refusals, want 8", got)
	}
}

// crashed is the database as a crash now would leave it.
func (s *shop) crashed(t *testing.T) string {
	t.Helper()
	facts, err := s.store.Facts()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "e.db")
	err = s.store.Still(func() error {
		for _, part := range []string{"", "-wal"} {
			text, err := os.ReadFile(facts.Path + part)
			if err != nil {
				return err
			}
			if err := os.WriteFile(to+part, text, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestEveryReasonHasWords: what the report counts and does, it can say.
func TestEveryReasonHasWords(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	var all []store.Refused
	for _, reason := range s.site.ReportedReasons() {
		all = append(all, store.Refused{Sale: s.sales()[0].ID, Reason: reason, Times: 7})
	}
	if err := s.store.AddNotes(all, nil); err != nil || len(all) < 12 {
		t.Fatalf("%d reasons, %v", len(all), err)
	}
	b := s.organizer(t, "amt")
	room := "/desk" + s.path + "/room"
	for _, pull := range []struct {
		lever string
		form  url.Values
	}{
		{"pause", url.Values{"say-de": {"Pause"}}}, {"say", url.Values{"say-de": {"Gleich"}}}, {"say", nil}, {"resume", nil},
		{"rate", url.Values{"rate": {"1"}}}, {"rate", url.Values{"rate": {"90"}}}, {"rate", url.Values{"rate": {""}}}, {"close", nil},
	} {
		b.post(room+"/"+pull.lever, pull.form).want(200)
	}
	for _, lang := range []string{"de", "en"} {
		b.get("/desk" + s.path + "/report?lang=" + lang).want(200)
		spoken(t, b, lang)
		if n := strings.Count(b.page, "<li><span>"); n != 8 {
			t.Errorf("%d of 8 levers are told", n)
		}
	}
}
