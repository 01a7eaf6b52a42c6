package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/setup"
)

// Every page of the desk in both languages, and no personal data in any address
// or form target on the way.
func TestDeskPagesInBothLanguages(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newShop(t, "ennepe-ruhr")
		pages := map[string]bool{}
		b := s.desk(t)
		desk := "/desk" + s.path
		see := func() {
			t.Helper()
			spoken(t, b, lang)
			keyedOnce(t, b)
			pages[regexp.MustCompile(`data-page="([a-z]+)"`).FindStringSubmatch(b.page)[1]] = true
		}
		s.account(t, "kasse1", inventory.RoleClerk)
		b.get("/login?lang=" + lang)
		see()
		b.post("/login", url.Values{"user": {"kasse1"}, "password": {deskPassword}})
		see()
		form := b.typed(person("Erika Muster", "24.12.1950"), "phone")
		b.post(desk+"/hold", form)
		see()
		b.post(b.at+"/confirm", url.Values{"contact": {"mail"}, "mail": {"erika@beispiel.de"}}).want(200)
		see()
		at := b.at
		b.get(at + "/print")
		see()
		b.post(desk+"/find", url.Values{"q": {"Muster"}})
		see()
		b.bookFor("Hans Beispiel", byPhone("02336 93 1"))
		see()
		b.get("/desk/tasks")
		b.post(b.taskOf("Hans Beispiel")+"/later", nil)
		see()
		b.get(desk)
		b.post(desk+"/hold", b.typed(person("Erika Muster", "24.12.1950"), "phone")).want(409)
		see()
		b.get(desk)
		b.post(desk+"/hold", b.typed(person("Jung Muster", "24.12.2001"), "counter")).want(422)
		see()
		b.get(at + "/cancel")
		see()
		b.post(at+"/cancel", nil)
		see()
		b.get("/nirgends").want(404)
		see()
		if len(pages) < 10 {
			t.Errorf("%s: saw only %v", lang, pages)
		}
	}
}

var address = regexp.MustCompile(`(?:href|action)="([^"]*)"`)

// spoken checks a page's language, that every message was written, and that its
// addresses name nobody.
func spoken(t *testing.T, b *browser, lang string) {
	t.Helper()
	if !strings.Contains(b.page, `<html lang="`+lang+`" class="wide">`) {
		t.Errorf("%s is not in %s", b.at, lang)
	}
	text, _, _ := strings.Cut(b.page, "<script")
	if hit := regexp.MustCompile(`\[[a-z]+\.[a-z._]+\]`).FindString(text); hit != "" {
		t.Errorf("%s in %s says %s", b.at, lang, hit)
	}
	for _, hit := range append(address.FindAllStringSubmatch(b.page, -1), []string{"", b.at}) {
		for _, personal := range []string{"uster", "1950", "58332", "erika", "beispiel"} {
			if strings.Contains(strings.ToLower(hit[1]), personal) {
				t.Errorf("the address %q on %s has personal data", hit[1], b.at)
			}
		}
	}
}

var dataKey = regexp.MustCompile(`data-key="([^"]+)"`)

// keyedOnce checks that a key does one thing on a page, and that nothing is said of
// keys to whoever has no script: the script says it.
func keyedOnce(t *testing.T, b *browser) {
	t.Helper()
	page, _, _ := strings.Cut(b.page, "<script")
	seen := map[string]bool{}
	for _, hit := range dataKey.FindAllStringSubmatch(page, -1) {
		if seen[hit[1]] {
			t.Errorf("%s: the key %s does two things", b.at, hit[1])
		}
		seen[hit[1]] = true
	}
	if strings.Contains(page, "aria-keyshortcuts") || strings.Contains(page, `<details id="keys">`) {
		t.Errorf("%s promises keys without the script", b.at)
	}
	if len(seen) == 0 && !strings.Contains(page, `data-page="login"`) {
		t.Errorf("%s has no key", b.at)
	}
}

var (
	stop   = regexp.MustCompile(`<(?:input|select|textarea|button|summary|a)\b[^>]*>`)
	submit = regexp.MustCompile(`<button class="btn"[^>]*>`)
)

// strokes counts the keys a clerk presses on the form of a step besides what is
// typed into the fields: Tab from one to the next, beginning where the page puts
// the focus, and Enter at the end.
func (b *browser) strokes(step string, fields ...string) int {
	b.t.Helper()
	_, rest, _ := strings.Cut(b.page, `data-step="`+step+`"`)
	form, _, ok := strings.Cut(rest, "</form>")
	_, form, focused := strings.Cut(form, "autofocus")
	if !ok || !focused || !submit.MatchString(rest) {
		b.t.Fatalf("%s has no form %s with the focus in it", b.at, step)
	}
	n := 0
	for _, id := range fields {
		before, after, found := strings.Cut(form, `id="`+id+`"`)
		if !found {
			b.t.Fatalf("%s has no field %s after the one before it", b.at, id)
		}
		n += 1 + len(stop.FindAllString(before, -1)) // what stands between costs a Tab each
		form = after
	}
	return n + 1
}

// A walk-in takes at most 12 strokes beside the person's own data, also where the
// form asks for more. In a real browser: TestByKeyboardAlone.
func TestWalkInTakesFewStrokes(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	n := b.strokes("desk-hold", "birth-1", "postcode-1")
	b.post("/desk"+s.path+"/hold", b.typed(person("Erika Muster", "24.12.1950"), "counter")).want(200, `data-page="cart"`)
	if n += b.strokes("desk-confirm"); n != 4 {
		t.Errorf("%d strokes beside name, birth date and postcode, want 4", n)
	}

	// A sale that asks for a name alone: everything but the name counts.
	s = newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Sale.Eligible, p.Sale.Limit.Person = nil, []catalog.PersonField{catalog.PersonName}
	})
	b = s.clerk(t, "kasse1")
	n = b.strokes("desk-hold")
	b.post("/desk"+s.path+"/hold", b.typed(url.Values{"name-1": {"Erika Muster"}}, "counter")).want(200, `data-page="cart"`)
	if n += b.strokes("desk-confirm"); n > 12 {
		t.Errorf("%d strokes beside the name", n)
	}
}
