package web_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/staff"
	"einlass/internal/store"
)

const deskPassword = "eine Kanne Kaffee"

// clerk is a browser at the desk that has logged in.
func (s *shop) clerk(t *testing.T, id string) *browser {
	t.Helper()
	s.account(t, id, inventory.RoleClerk)
	b := s.desk(t)
	return b.post("/login", url.Values{"user": {id}, "password": {deskPassword}}).want(200, `data-step="desk-hold"`)
}

// desk is a browser that nobody has logged in with yet.
func (s *shop) desk(t *testing.T) *browser {
	b := s.browser(t)
	b.base = s.staff.URL
	return b
}

func (s *shop) account(t *testing.T, id string, role inventory.Role) {
	t.Helper()
	a, err := staff.New(s.store, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Create(id, "Erika Kasse", role, deskPassword); err != nil {
		t.Fatal(err)
	}
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	chosen = regexp.MustCompile(`<option value="(\d+)"[^>]* selected`)
	coded  = regexp.MustCompile(`data-code>([^<]+)<`)
)

// hidden returns the hidden inputs of the page's form of a step.
func (b *browser) hidden(step string) url.Values {
	b.t.Helper()
	_, rest, ok := strings.Cut(b.page, `data-step="`+step+`"`)
	if !ok {
		b.t.Fatalf("%s has no form %s:\n%s", b.at, step, b.page[strings.Index(b.page, "<main"):])
	}
	form, _, _ := strings.Cut(rest, "</form>")
	out := url.Values{}
	for _, hit := range hidden.FindAllStringSubmatch(form, -1) {
		out.Set(hit[1], hit[2])
	}
	return out
}

// typed is the desk form as the page gives it, with a person and a channel.
func (b *browser) typed(who url.Values, channel string) url.Values {
	b.t.Helper()
	form := b.hidden("desk-hold")
	for name, v := range who {
		form[name] = v
	}
	form.Set("channel", channel)
	hit := chosen.FindStringSubmatch(b.page)
	if hit == nil {
		b.t.Fatalf("%s has chosen no slot", b.at)
	}
	form.Set("slot", hit[1])
	return form
}

func person(name, birth string) url.Values {
	return url.Values{"name-1": {name}, "birth-1": {birth}, "postcode-1": {"58332"}}
}

func TestClerkBooksFindsAndCancels(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	var tape store.Tape
	s.store.Record(&tape)
	desk := "/desk" + s.path
	if b.at != desk {
		t.Fatalf("one sale, but the login led to %s", b.at)
	}
	b.want(200, `data-page="desk"`, "Angemeldet als <b>Erika Kasse</b>", `data-count="counter">80<`, `data-count="phone">200<`, `data-count="online">3.720<`)
	b.post(desk+"/hold", b.typed(person("Özlem Muster", "24 12 1950"), "phone")).want(200, `data-page="cart"`, "Özlem Muster", "24.12.1950", "Telefon", `data-step="desk-confirm"`)
	// Who calls can be called: the number is the first thing asked for.
	b.want(200, `value="phone" id="contact-phone" checked`, `<input id="phone" name="phone" value="" type="tel" autocomplete="off" maxlength="40" autofocus`)
	cart := b.at
	b.post(cart+"/confirm", url.Values{"contact": {"phone"}, "phone": {"12"}}).want(422, "Telefonnummer mit Vorwahl", "autofocus")
	b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "phone": {"02336 93 0"}}).want(200, `data-page="booking"`, "gebucht", "02336 93 0", `data-step="desk-cancel-ask"`)
	at, code := b.at, coded.FindStringSubmatch(b.page)[1]
	b.get(cart).want(200, code)
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).want(200, code)
	b.get(at+"/print").want(200, code, "<svg", "Personalausweis")
	b.get(desk).want(200, `value="phone" checked`)
	for _, q := range []string{code, strings.ToLower(strings.ReplaceAll(code, "-", "")), "muster", "Muster, Özlem", "özlem", "ÖZLEM MUSTER", "uste"} {
		b.post(desk+"/find", url.Values{"q": {q}}).want(200, at, "24.12.1950", "gebucht")
	}
	b.post(desk+"/find", url.Values{"q": {"Niemand"}}).want(200, "keine Buchung", `data-key="/" autofocus`)
	b.post(desk+"/find", url.Values{"q": {"Muster Erika"}}).want(200, "keine Buchung")
	b.post(desk+"/find", url.Values{"q": {"x"}}).want(422, "mindestens zwei Buchstaben", `data-step="desk-find"`)
	b.post(at+"/resend", nil).want(200, code, "Ist unterwegs")
	b.get(at+"/cancel").want(200, `data-page="cancel"`, "Özlem Muster", "Samstag, 10. April 2021", "Für eine Person stornieren", code, `data-step="desk-cancel"`)
	b.get(at).want(200, "gebucht") // looking changed nothing
	b.post(at+"/cancel", nil).want(200, "storniert", "Wieder eintragen")
	if b.get(at + "/cancel"); b.at != at {
		t.Errorf("what is cancelled can be cancelled again at %s", b.at)
	}
	b.post(desk+"/find", url.Values{"q": {"muster"}}).want(200, at, "storniert")
	// The phone's place has been passed on, the counter still has one at that time.
	b.get(at).post(desk+"/hold", b.hidden("desk-hold")).want(200, `data-page="cart"`, "Özlem Muster", "24.12.1950", "Schalter")
	b.post(b.at+"/release", nil).want(200, `data-page="desk"`)
	s.verify(t)
	audited(t, &tape)
}

// audited checks that each change names the clerk, their role and the channel.
func audited(t *testing.T, tape *store.Tape) {
	t.Helper()
	n, phone := 0, 0
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if !strings.HasPrefix(w.SQL, "INSERT INTO audit") {
				continue
			}
			n++
			if !slices.Contains(w.Args, any("kasse1")) || !slices.Contains(w.Args, any(int64(inventory.RoleClerk))) {
				t.Errorf("audit row without clerk: %v", w.Args)
			}
			if slices.Contains(w.Args, any(int64(catalog.Phone))) {
				phone++
			}
		}
	}
	// hold, confirm, resend, cancel by phone; hold and release at the counter
	if n != 6 || phone < 4 {
		t.Errorf("%d audit rows, %d by phone, want 6 and 4", n, phone)
	}
}

func slotOf(t *testing.T, form url.Values) ident.SlotID {
	t.Helper()
	n, err := strconv.ParseInt(form.Get("slot"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ident.SlotID(n)
}

func (s *shop) verify(t *testing.T) {
	t.Helper()
	v, err := s.store.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify: %+v %v", v, err)
	}
}

// The same form twice, one after the other and at once, is one booking.
func TestDeskFormsAreRepeatable(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	form := b.typed(person("Erika Muster", "24.12.1950"), "phone")
	first := b.post(desk+"/hold", form).want(200, `data-page="cart"`).at
	var wg sync.WaitGroup
	for range 8 {
		other := &browser{t: t, shop: s, base: b.base, c: &http.Client{Jar: b.c.Jar}}
		wg.Go(func() {
			if res, err := other.c.PostForm(other.base+desk+"/hold", form); err != nil || res.Request.URL.Path != first {
				t.Errorf("led to %v %v, not %s", res, err, first)
			}
		})
	}
	wg.Wait()
	b.post(first+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	b.post(desk+"/hold", form).want(200, `data-page="booking"`)
	s.verify(t)
	if free, held := s.booking.Available.Slot(slotOf(t, form), catalog.Phone); free != 0 || held != 0 {
		t.Errorf("%d free, %d held of one phone place that is booked", free, held)
	}
}

func TestDeskSaysWhatIsInTheWay(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	desk := "/desk" + s.path
	form := b.typed(person("Erika Muster", "24.12.1950"), "phone")
	form.Set("slot", "1") // 08:00 has one place for the phone, none for the counter
	cart := b.post(desk+"/hold", form).want(200, `data-page="cart"`).at

	// The same person again: the clerk may see which booking it is.
	b.get(desk)
	again := b.typed(person("erika  muster", "24.12.1950"), "phone")
	b.post(desk+"/hold", again).want(409, `data-page="refused"`, `data-state="has_one"`, strings.Replace(cart, "/cart/", "/b/", 1), "Erika Muster", `value="erika  muster"`)

	// Somebody else, for the time whose one phone place is taken.
	b.get(desk)
	full := b.typed(person("Hans Beispiel", "1.2.1955"), "phone")
	full.Set("slot", form.Get("slot"))
	b.post(desk+"/hold", full).want(409, `data-state="fully_held"`, "Am Telefon liegt für Sa 10.4., 8:00 Uhr", "Online sind zu dieser Zeit noch 19 frei", "Nahe dabei", `value="Hans Beispiel"`)
	full.Set("channel", "counter")
	b.post(desk+"/hold", full).want(409, `data-state="sold_out"`, "Am Schalter ist", "Online sind zu dieser Zeit noch 19 frei")
	near := regexp.MustCompile(`<button class="btn quiet" form="new" name="slot" value="(\d+)" data-key="h" autofocus>`).FindStringSubmatch(b.page)
	if near == nil || strings.Count(b.page, "autofocus") != 1 {
		t.Fatalf("the focus is not on the nearest time:\n%s", b.page)
	}
	full["slot"] = []string{near[1], full.Get("slot")} // the button stands before the form's own choice
	b.post(desk+"/hold", full).want(200, `data-page="cart"`, "8:06 Uhr")
	b.post(b.at+"/release", nil)

	// Who may not.
	b.get(desk)
	b.post(desk+"/hold", b.typed(person("Jung Beispiel", "1.2.2000"), "phone")).want(422, `data-page="refused"`, `data-state="not_eligible"`, "60", `value="Jung Beispiel"`)
	b.get(desk)
	b.post(desk+"/hold", b.typed(url.Values{"birth-1": {"1.13.1950"}, "name-1": {""}}, "phone")).want(422, `data-page="desk"`, `href="#name-1"`, `href="#birth-1"`)

	// Two people, the second with a mistake: nobody is left out silently.
	b.get(desk)
	two := b.typed(person("Hans Beispiel", "1.2.1955"), "phone")
	two.Set("birth-2", "3.4.1956")
	b.post(desk+"/hold", two).want(422, `href="#name-2"`, "<details open")

	// Too early, too late.
	b.get(desk)
	late := b.typed(person("Hans Beispiel", "1.2.1955"), "phone")
	s.offset.Store(int64(-time.Hour))
	b.get(desk).want(200, "Öffnet am Samstag, 3. April 2021")
	b.post(desk+"/hold", late).want(409, `data-state="too_early"`, "Samstag, 3. April 2021, 8:00 Uhr")
	s.offset.Store(int64(31 * time.Minute))
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).want(409, `data-state="hold_ended"`, "Reservierung zu Ende", "Der Platz ist schon weitergegeben", "Anderer Termin")
}
