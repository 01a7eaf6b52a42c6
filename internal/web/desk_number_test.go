package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// roomDesk is a clerk at the desk of a sale with numbers.
func (s *shop) roomDesk(t *testing.T) *browser {
	t.Helper()
	return s.clerk(t, "kasse1")
}

// draws sends the form for a number as the page gives it.
func (b *browser) draws(who url.Values, more ...string) *browser {
	b.t.Helper()
	at := "/desk" + b.shop.path + "/number"
	if b.at != at {
		b.get(at)
	}
	form := b.hidden("desk-draw")
	for name, v := range who {
		form[name] = v
	}
	form.Set("channel", "phone")
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return b.post(at, form)
}

func (s *shop) entries() int { return int(s.rooms.Roster(s.sales()[0].ID).Room().Entries) }

// TestAClerkDrawsANumberForACaller: from the first call to the booking, and nothing of
// the person in any address.
func TestAClerkDrawsANumberForACaller(t *testing.T) {
	s := newRoom(t)
	b := s.clerk(t, "abends")
	desk := "/desk" + s.path
	b.get(desk).want(200, `href="`+desk+`/number" data-key="r"`)
	b.get(desk+"/number").want(200, "Nummern gibt es ab")
	if strings.Contains(b.page, `data-step="desk-draw"`) {
		t.Error("a form before numbers are drawn")
	}
	b.post(desk+"/number", person("Erika Muster", "24.12.1950")).want(200, "Nummern gibt es ab")
	s.at(-time.Hour)
	b = s.roomDesk(t)
	var tape store.Tape
	s.store.Record(&tape)
	b.get(desk + "/number")
	form := b.hidden("desk-draw")
	for name, v := range person("Erika Muster", "24.12.1950") {
		form[name] = v
	}
	form.Set("channel", "phone")
	b.post(desk+"/number", form).want(200, `data-page="number"`, `data-state="joined"`, "Nimmt an der Verlosung teil", "Code zum Vorlesen", "Samstag, 3. April 2021, 8:00 Uhr", "https://einlass.example"+s.path+"/wait/transfer", "Telefon")
	receipt, code := b.at, b.transferCode()
	spoken(t, b, "de")
	if strings.Contains(b.page, "uster") || strings.Contains(b.page, "1950") {
		t.Errorf("the receipt names somebody:\n%s", b.page)
	}
	b.post(desk+"/number", form).want(200, "gab es schon", code) // once more: the same number
	caller := s.browser(t)
	caller.transfers(code).want(200, `data-state="joined"`)
	s.at(time.Second)
	caller.get(s.path+"/wait").want(200, `data-state="called"`)
	b.get(receipt).want(200, `data-state="called"`, "Nummer <b data-number>1</b>", "aufgerufen")
	if n := s.entries(); n != 1 {
		t.Errorf("%d entries for one form", n)
	}
	notes := numberAudit(t, &tape)
	if len(notes) != 1 || notes[0] != "place 0" {
		t.Errorf("the audit says %q", notes)
	}
}

// numberAudit is what the audit says of numbers that clerks drew; each row names the
// clerk.
func numberAudit(t *testing.T, tape *store.Tape) (reasons []string) {
	t.Helper()
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if !strings.HasPrefix(w.SQL, "INSERT INTO audit") || !slices.Contains(w.Args, any(int64(inventory.VerbNumber))) {
				continue
			}
			if !slices.Contains(w.Args, any("kasse1")) || !slices.Contains(w.Args, any(int64(inventory.RoleClerk))) {
				t.Errorf("audit row without clerk: %v", w.Args)
			}
			for _, a := range w.Args {
				if text := fmt.Sprint(a); strings.HasPrefix(text, "place ") {
					reasons = append(reasons, text)
				}
			}
		}
	}
	return reasons
}

// TestNamesakesGetASecondNumberWithAReason: the clerk sees that there is a number and
// what became of it; the public page goes on saying nothing.
func TestNamesakesGetASecondNumberWithAReason(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	online := s.browser(t)
	theirs := online.drawsNumber(erika()).transferCode()
	b := s.roomDesk(t)
	var tape store.Tape
	s.store.Record(&tape)
	b.draws(person("Erika Muster", "24.12.1950")).want(409, `data-state="has_number"`, "wurde schon eine Nummer gezogen", "Gezogen am Samstag, 3. April 2021, 7:00 Uhr (Online), noch nicht verlost", "/number/0", `name="second"`, `value="Erika Muster"`)
	if strings.Contains(b.page, theirs) || strings.Count(b.page, "autofocus") != 1 {
		t.Errorf("a code is shown, or the focus is in two places:\n%s", b.page)
	}
	keyedOnce(t, b)
	b.draws(person("Erika Muster", "24.12.1950"), "grant", "1").want(422, `href="#second"`, `id="second-error"`)
	b.draws(person("Erika Muster", "24.12.1950"), "second", "ein Versehen").want(409, `data-state="has_number"`) // without the button
	b.draws(person("Erika Muster", "24.12.1950"), "grant", "1", "second", "Ausweis verglichen").want(200, `data-page="number"`, "/number/1", "Code zum Vorlesen")
	if mine := b.transferCode(); mine == theirs || s.entries() != 2 {
		t.Errorf("%d entries", s.entries())
	}
	if notes := numberAudit(t, &tape); len(notes) != 1 || notes[0] != "place 1, a second number: Ausweis verglichen" {
		t.Errorf("the audit says %q", notes)
	}
	b.get("/desk"+s.path+"/number/0").want(200, "Online", "Den Code sieht nur")
	if shownTransfer.MatchString(b.page) {
		t.Error("the code of somebody else's number is shown")
	}
	public := s.browser(t)
	public.post(s.path+"/eligible", erika()).want(409, `data-state="has_number"`)
	public.post(s.path+"/wait/join", url.Values{"grant": {"1"}, "second": {"ich will"}}).want(409, `data-state="has_number"`, "am Telefon oder am Schalter")

	two := person("Hans Beispiel", "1.2.1955")
	for name, v := range map[string]string{"name-2": "Hans Beispiel", "birth-2": "1.2.1955", "postcode-2": "58332"} {
		two.Set(name, v)
	}
	b.draws(two).want(409, "Zweimal dieselbe Person")
	b.draws(person("Jung Beispiel", "1.2.2000")).want(422, `data-state="not_eligible"`, "60")
	b.draws(person("", "1.13.1955")).want(422, `href="#name-1"`, `href="#birth-1"`)
}

// TestANamesakeBooksByTheirOwnNumber: what a clerk granted carries through to the
// booking, on the namesake's own device, and for nobody else.
func TestANamesakeBooksByTheirOwnNumber(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	first := s.browser(t)
	first.drawsNumber(erika())
	hans := person("Hans Beispiel", "1.2.1955")
	other := s.browser(t)
	other.drawsNumber(hans)
	desk := s.roomDesk(t)
	desk.draws(person("Erika Muster", "24.12.1950"), "grant", "1", "second", "Ausweis verglichen").want(200, `data-page="number"`)
	code := desk.transferCode()
	s.at(time.Second)
	goIn := func(b *browser) *browser {
		t.Helper()
		b.get(s.path+"/wait").want(200, `data-state="called"`)
		return b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	}
	book := func(b *browser) string {
		t.Helper()
		b.post(s.path+"/hold", url.Values{"slot": {b.slot(4)}}).want(200, `data-page="cart"`)
		return b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`).at
	}
	places := map[string]bool{book(goIn(first)): true, book(goIn(other)): true}

	namesake := s.browser(t)
	namesake.transfers(code).want(200)
	namesake.post(s.path+"/eligible", hans) // the number is not good for somebody else
	goIn(namesake)
	namesake.post(s.path+"/hold", url.Values{"slot": {namesake.slot(4)}}).want(409, `data-state="has_one"`)
	namesake.post(s.path+"/eligible", erika())
	namesake.get(s.path+"/slots").want(200, `data-page="slots"`)
	at := book(namesake)
	if places[at] || len(places) != 2 {
		t.Errorf("the namesake was led to %s", at)
	}
	namesake.post(s.path+"/hold", url.Values{"slot": {"5"}}) // the pass is spent
	if strings.Contains(namesake.page, `data-page="cart"`) {
		t.Error("a second cart by one number")
	}
	again := s.browser(t)
	again.post(s.path+"/eligible", erika())
	again.post(s.path+"/wait/join", nil).want(409, `data-state="has_number"`)
	s.verify(t)
}

// TestAClerkBooksForANamesake: with a reason, in a sale with or without numbers; the
// public form believes no reason.
func TestAClerkBooksForANamesake(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	s.take(t, "Erika Muster", 4)
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	b.get(desk)
	if strings.Contains(b.page, `name="grant"`) {
		t.Error("a grant is offered before anybody was refused")
	}
	form := b.typed(person("Erika Muster", "24.12.1950"), "counter")
	b.post(desk+"/hold", form).want(409, `data-state="has_one"`, "Ist es jemand anders mit demselben Namen", `name="second"`, "Grund für die zweite Buchung")
	keyedOnce(t, b)
	spoken(t, b.post(desk+"/hold?lang=en", form), "en")
	b.get(desk + "?lang=de")
	form.Set("grant", "1")
	b.post(desk+"/hold", form).want(422, `href="#second"`, `id="second-error"`)
	form.Set("second", "Ausweis verglichen")
	form.Del("grant")
	b.post(desk+"/hold", form).want(409, `data-state="has_one"`, `value="Ausweis verglichen"`) // without the button
	form.Set("grant", "1")
	cart := b.post(desk+"/hold", form).want(200, `data-page="cart"`).at
	if b.post(desk+"/hold", form); b.at != cart {
		t.Errorf("the same form again led to %s", b.at)
	}
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)

	public := s.browser(t)
	public.post(s.path+"/eligible", erika()).want(200)
	public.post(s.path+"/hold", url.Values{"slot": {public.slot(6)}, "grant": {"1"}, "second": {"Ausweis verglichen"}}).want(409, `data-state="has_one"`, "am Telefon oder am Schalter")
	two := person("Jana Doppel", "1.2.1955")
	for name, v := range map[string]string{"name-2": "Jana Doppel", "birth-2": "1.2.1955", "postcode-2": "58332"} {
		two.Set(name, v)
	}
	b.get(desk)
	b.post(desk+"/hold", b.typed(two, "counter")).want(409, "Zweimal dieselbe Person")
	s.verify(t)
	f, err := s.store.Figures(t.Context(), s.sales()[0].ID)
	if err != nil || f.Namesakes != 1 {
		t.Errorf("%d bookings for namesakes are reported: %v", f.Namesakes, err)
	}
}

// TestNumbersAreLookedUp: by the number and by the code of the person who calls again;
// the receipt says what became of it.
func TestNumbersAreLookedUp(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	b := s.roomDesk(t)
	desk := "/desk" + s.path
	online := s.browser(t)
	code := online.drawsNumber(erika()).transferCode()
	find := func(q string) *browser {
		t.Helper()
		return b.post(desk+"/find", url.Values{"q": {q}})
	}
	find("1").want(422)                   // no numbers yet, and no name
	find(code).want(200, "/number/0")     // but a code
	find("000-000-000-000").want(200, "") // nobody's
	if !strings.HasSuffix(b.at, "/find") {
		t.Errorf("led to %s", b.at)
	}
	s.at(time.Second)
	find("1").want(200, `data-page="number"`, "Nummer <b data-number>1</b>", "Aufgerufen am", "Samstag, 3. April 2021, 8:00 Uhr")
	find(" 0.001 ").want(200, `data-page="number"`)
	find("2").want(422)
	online.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	find("1").want(200, "1. Eintritt", "noch nichts reserviert", "Letzter Eintritt gilt bis", "8:15 Uhr")
	online.post(s.path+"/hold", url.Values{"slot": {online.slot(4)}}).want(200, `data-page="cart"`)
	find("1").want(200, "<dd>reserviert</dd>")
	online.post(online.at+"/release", nil)
	find("1").want(200, "<dd>zurückgegeben</dd>")
	online.post(s.path+"/wait/enter", nil).want(200, `data-state="late"`) // the next cart takes the door
	s.pass(time.Second)
	online.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	online.post(s.path+"/hold", url.Values{"slot": {online.slot(4)}}).want(200, `data-page="cart"`)
	online.post(online.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	find("1").want(200, "<dd>zurückgegeben</dd>", "2. Eintritt", "<dd>gebucht</dd>")
	if strings.Contains(b.page, "uster") {
		t.Error("the receipt names somebody")
	}
	b.get(desk + "/number/7").want(404)
	b.get(desk + "/number/x").want(404)
	find("Muster").want(200, "/desk/b/") // names are found as before
	s.verify(t)
}

// TestCodesAreShownToWhoeverDrewThem: for an hour, for that number, and by no made-up
// address.
func TestCodesAreShownToWhoeverDrewThem(t *testing.T) {
	s := newRoom(t)
	s.at(-2 * time.Hour)
	b := s.roomDesk(t)
	slip := func() string {
		t.Helper()
		hit := regexp.MustCompile(`/print\?(slip=[^"&]+)`).FindStringSubmatch(b.page)
		if hit == nil {
			t.Fatalf("no print view with the code:\n%s", b.page)
		}
		return "?" + hit[1]
	}
	first := b.draws(person("Erika Muster", "24.12.1950")).want(200, "data-transfer").at
	mine := slip()
	second := b.draws(person("Hans Beispiel", "1.2.1955")).want(200, "data-transfer").at
	b.get(first+mine).want(200, "data-transfer")
	b.get(first+"/print"+mine).want(200, "data-transfer", "https://einlass.example")
	b.speak("en").want(200, "data-transfer", "Number")
	b.speak("de")
	shown := 0
	for _, at := range []string{first, second + mine, first + "?slip=", first + mine + "x", second + "/print", second + "/print" + mine} {
		b.get(at).want(200)
		if shown++; shownTransfer.MatchString(b.page) {
			t.Errorf("%s shows a code", at)
		}
	}
	s.at(-time.Hour + time.Second)
	if b.get(first + mine); shownTransfer.MatchString(b.page) || shown != 6 {
		t.Error("the code is shown after an hour")
	}
}

// TestNoNumbersWithoutARoom: the desk of another sale neither offers nor knows them.
func TestNoNumbersWithoutARoom(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.roomDesk(t)
	for _, at := range []string{"/number", "/number/0", "/number/0/print"} {
		b.get("/desk" + s.path + at).want(404)
	}
	b.post("/desk"+s.path+"/number", person("Erika Muster", "24.12.1950")).want(404)
	if b.get("/desk" + s.path); strings.Contains(b.page, "/number") || strings.Contains(b.page, "Code, Nummer") {
		t.Error("the desk offers numbers")
	}
}

// TestALetterIsOneNumber: on any device and at the desk, whichever was first. Whoever
// has the letter's code may have the number's.
func TestALetterIsOneNumber(t *testing.T) {
	var letters []string
	s := newRoom(t, func(p *setup.Plan) { letters = p.Codes[0].Codes })
	s.letters(t, "berufe-2021", letters)
	s.at(-time.Hour)
	b := s.roomDesk(t)
	young := func(name string, letter int) url.Values {
		v := person(name, "24.12.1990")
		v.Set("code-1", letters[letter])
		return v
	}
	online := s.browser(t)
	code := online.drawsNumber(young("Erika Muster", 0)).transferCode()
	b.draws(young("Erika Muster", 0)).want(200, "gab es schon", code, "Online")
	b.draws(young("Hans Beispiel", 1)).want(200, `data-page="number"`)
	if strings.Contains(b.page, "gab es schon") {
		t.Error("a new number is said to be old")
	}
	theirs := b.transferCode()
	phone := s.browser(t)
	phone.post(s.path+"/eligible", young("Hans Beispiel", 1)).want(200, `data-state="joined"`, theirs)
	if n := s.entries(); n != 2 {
		t.Errorf("%d entries for two letters", n)
	}
}

// letters stores a list of access codes of the shop's sale.
func (s *shop) letters(t *testing.T, list string, codes []string) {
	t.Helper()
	tx, err := s.store.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	var digests []ident.Digest
	for _, code := range codes {
		digests = append(digests, catalog.CodeDigest(code))
	}
	if err := tx.PutCodes(s.sales()[0].ID, list, digests); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(s.now()); err != nil {
		t.Fatal(err)
	}
}
