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
	"einlass/internal/inventory"
	"einlass/internal/store"
)

var doneAt = regexp.MustCompile(`action="(/desk/tasks/\d+)/done"`)

// taskOf returns the address of the task of a person on the list.
func (b *browser) taskOf(name string) string {
	b.t.Helper()
	_, rest, ok := strings.Cut(b.page, "<b>"+name+"</b>")
	hit := doneAt.FindStringSubmatch(rest)
	if !ok || hit == nil {
		b.t.Fatalf("%s has no task for %s:\n%s", b.at, name, b.page)
	}
	return hit[1]
}

// bookFor books by phone for somebody who is reached in a certain way, and returns
// the address of the booking.
func (b *browser) bookFor(name string, contact url.Values) string {
	b.t.Helper()
	b.get("/desk" + b.shop.path)
	b.post("/desk"+b.shop.path+"/hold", b.typed(person(name, "24.12.1950"), "phone")).want(200, `data-page="cart"`)
	b.post(b.at+"/confirm", contact).want(200, `data-page="booking"`)
	return b.at
}

func byPhone(number string) url.Values {
	return url.Values{"contact": {"phone"}, "phone": {number}}
}

func counts(calls, letters int) []string {
	return []string{fmt.Sprintf(`data-count="calls">%d<`, calls), fmt.Sprintf(`data-count="letters">%d<`, letters)}
}

func TestCallsAndLettersAreListedAndMarked(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	b.get("/desk/tasks").want(200, "niemand anzurufen", "nichts zu drucken").want(200, counts(0, 0)...)
	first := b.bookFor("Erika Muster", byPhone("02336 93 1"))
	code := coded.FindStringSubmatch(b.page)[1]
	b.want(200, "Anruf steht noch aus").want(200, counts(1, 0)...)
	s.offset.Store(int64(time.Minute))
	b.bookFor("Hans Beispiel", byPhone("02336 93 2"))
	letter := b.bookFor("Özlem Muster", url.Values{"contact": {"post"}, "post": {"Markt 1\r\n58332 Schwelm"}})
	var tape store.Tape
	s.store.Record(&tape)

	b.get("/desk/tasks").want(200, `href="tel:02336931"`, ">02336 93 1<", code, "Markt 1\n58332 Schwelm", letter+"/print", "wartet seit Samstag, 3. April 2021, 8:00 Uhr", "gebucht").want(200, counts(2, 1)...)
	if strings.Index(b.page, "Erika Muster") > strings.Index(b.page, "Hans Beispiel") {
		t.Error("whoever waits longest is not first")
	}
	b.get(letter+"/print").want(200, "Özlem Muster\nMarkt 1", "<svg")
	b.get("/desk/tasks")
	erika, hans, post := b.taskOf("Erika Muster"), b.taskOf("Hans Beispiel"), b.taskOf("Özlem Muster")
	b.post(erika+"/done", nil).want(200, `data-page="tasks"`, "Erika Muster ist angerufen", `data-step="desk-untold"`).want(200, counts(1, 1)...)
	b.get(first).want(200, "durchgesagt am Sa 3.4. um 8:01")
	b.post(erika+"/done", nil).want(200, "Hier war jemand schneller")
	b.post(erika+"/undo", nil).want(200, "Erika Muster steht wieder auf der Liste").want(200, counts(2, 1)...)
	b.post(hans+"/later", nil).want(200, "Hans Beispiel steht um 9:01 Uhr wieder auf der Liste").want(200, counts(1, 1)...)
	b.post(post+"/done", nil).want(200, "Der Brief an Özlem Muster ist unterwegs").want(200, counts(1, 0)...)
	s.offset.Store(int64(62 * time.Minute))
	b.get("/desk/tasks").want(200, "Hans Beispiel", "einmal niemand da").want(200, counts(2, 0)...)
	b.post(post+"/undo", nil).want(200, "oder es ist zu lange her")
	for _, path := range []string{"/desk/tasks/999/done", "/desk/tasks/x/done", "/desk/tasks/999/undo"} {
		b.post(path, nil).want(404, `data-page="error"`)
	}
	b.get("/desk/tasks?done=999").want(404)
	s.verify(t)
	taskAudit(t, &tape, inventory.VerbTold, inventory.VerbUntold, inventory.VerbPutOff, inventory.VerbTold)
}

// taskAudit checks that each change names the clerk, their role and what was done.
func taskAudit(t *testing.T, tape *store.Tape, want ...inventory.Verb) {
	t.Helper()
	var got []inventory.Verb
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if !strings.HasPrefix(w.SQL, "INSERT INTO audit") {
				continue
			}
			got = append(got, inventory.Verb(w.Args[4].(int64)))
			if !slices.Contains(w.Args, any("kasse1")) || !slices.Contains(w.Args, any(int64(inventory.RoleClerk))) || !slices.Contains(w.Args, any(int64(catalog.Phone))) {
				t.Errorf("audit row without clerk: %v", w.Args)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit says %v, want %v", got, want)
	}
}

// Who has the person on the phone says so on the booking's page.
func TestToldWhileBooking(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	at := b.bookFor("Erika Muster", byPhone("02336 93 1"))
	b.want(200, `data-key="k" autofocus>Ist durchgesagt`) // one Enter, and nobody calls them again
	form := b.want(200, "Ist durchgesagt").hidden("desk-told")
	told := doneAt.FindStringSubmatch(b.page)[1]
	b.post(told+"/done", form).want(200, "Notiert.", `data-key="n" autofocus`, `data-step="desk-untold"`).want(200, counts(0, 0)...)
	b.post(told+"/undo", b.hidden("desk-untold")).want(200, "Ist durchgesagt").want(200, counts(1, 0)...)
	if b.at != at {
		t.Errorf("led to %s, not back to %s", b.at, at)
	}
	b.post(at+"/cancel", nil).want(200, "storniert", "02336 93 1 · Anruf steht noch aus", "Ist durchgesagt")
	b.get("/desk/tasks").want(200, "storniert").want(200, counts(1, 0)...) // one call for both messages
	b.post(b.taskOf("Erika Muster")+"/done", nil).want(200, counts(0, 0)...)
}

func TestLongTaskListSaysHowManyMore(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	for i := range 22 {
		b.bookFor(fmt.Sprintf("Person %c%c", 'A'+i/26, 'a'+i%26), url.Values{"contact": {"post"}, "post": {"Markt 1"}})
	}
	b.get("/desk/tasks").want(200, "Danach kommen noch 2.").want(200, counts(0, 22)...)
	if n := len(doneAt.FindAllString(b.page, -1)); n != 20 {
		t.Errorf("%d letters are listed", n)
	}
	b.post(b.taskOf("Person Aa")+"/done", nil).want(200, "Danach kommt noch 1.")
}

// A letter is in the booker's language, whoever prints it.
func TestLetterSpeaksTheBookersLanguage(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	p := s.browser(t)
	p.get("/?lang=en")
	p.post(s.path+"/eligible", erika()).want(200)
	p.post(s.path+"/hold", url.Values{"slot": {p.slot(4)}}).want(200)
	p.post(p.at+"/confirm", url.Values{"contact": {"post"}, "post": {"Markt 1"}}).want(200)
	b := s.clerk(t, "kasse1")
	b.get("/desk"+p.at+"/print").want(200, `<html lang="en"`, "Erika Muster\nMarkt 1", `data-step="desk-told"`)
	b.post("/desk"+p.at+"/cancel", nil).want(200, `<html lang="de"`)
	b.get("/desk"+p.at+"/print").want(200, "cancelled")
}
