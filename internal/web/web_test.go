package web_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/internal/waitingroom"
	"einlass/internal/web"
	"einlass/internal/web/view"
	"einlass/scenarios"
)

// shop is a whole shop on a real database, with a clock the test moves.
type shop struct {
	*httptest.Server
	staff   *httptest.Server // the staff's listener
	site    *web.Site
	store   *store.Store
	booking *booking.Service
	rooms   *onsale.Rooms
	restart func() error // the waiting rooms, from what is stored of them
	offset  atomic.Int64
	path    string
}

func (s *shop) now() time.Time { return opens.Add(time.Duration(s.offset.Load())) }

var opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

func newShop(t testing.TB, scenario string) *shop {
	t.Helper()
	return newShopWith(t, scenario, func(*setup.Plan) {})
}

// newShopWith is a shop whose sale was changed before it was applied.
func newShopWith(t testing.TB, scenario string, change func(*setup.Plan)) *shop {
	t.Helper()
	return newShopOf(t, scenario, change, func(*web.Options) {})
}

// newShopOf is a shop whose pages have other options as well.
func newShopOf(t testing.TB, scenario string, change func(*setup.Plan), options func(*web.Options)) *shop {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "e.db")})
	if err != nil {
		t.Fatal(err)
	}
	plan, problems := setup.Load(scenario+".yaml", scenarios.Read)
	if plan == nil {
		t.Fatal(problems)
	}
	plan.Sale.Opens, plan.Sale.Allocation, plan.Sale.DrawWindowFrom = opens, catalog.AllocateOpen, time.Time{}
	change(plan)
	sh := &shop{store: st, path: "/" + plan.Sale.Organizer.ID + "/" + plan.Sale.Event.Slug}
	apply(t, st, plan)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	secret, err := st.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	avail := booking.NewAvailability()
	com := committer.New(st, committer.Options{Now: sh.now, OnSaved: func(c *inventory.Changes) {
		avail.Follow(c)
		sh.rooms.Follow(c)
	}, OnRooms: func(c *waitingroom.Changes) { sh.rooms.FollowRooms(c) }, Uncertain: func(err error) { panic(err) }, Log: log})
	done := make(chan error, 1)
	go func() { done <- com.Run(ctx) }()
	sh.booking = booking.New(booking.Options{Store: st, Committer: com, Available: avail, Secret: secret, Rand: rand.Reader, Now: sh.now, Log: log})
	if err := sh.booking.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	newRooms := func() *onsale.Rooms {
		return onsale.NewRooms(onsale.RoomOptions{
			Store: st, Committer: com, Sales: sh.sales, Free: avail.Public, Secret: secret, Rand: rand.Reader, Now: sh.now, Log: log,
		})
	}
	sh.rooms = newRooms()
	sh.restart = func() error {
		r := newRooms()
		if err := r.Restore(ctx); err != nil {
			return err
		}
		sh.rooms, sh.site.Rooms = r, r
		return nil
	}
	o := web.Options{Booking: sh.booking, Store: st, Rooms: sh.rooms, Secret: secret, Rand: rand.Reader, Now: sh.now, BaseURL: "https://einlass.example", Log: log}
	options(&o)
	site, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	sh.Server, sh.staff, sh.site = httptest.NewServer(site.Public()), httptest.NewServer(site.Staff()), site
	t.Cleanup(func() {
		sh.Close()
		sh.staff.Close()
		com.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		st.Close()
	})
	return sh
}

// sales is every sale of the shop.
func (s *shop) sales() (out []*store.StoredSale) {
	for _, sale := range s.booking.Sales.All() {
		out = append(out, &sale.StoredSale)
	}
	return out
}

func apply(t testing.TB, st *store.Store, plan *setup.Plan) {
	t.Helper()
	if _, err := storetest.Apply(st, &plan.Sale, plan.Slots, opens); err != nil {
		t.Fatal(err)
	}
}

// browser is one person's browser.
type browser struct {
	t    testing.TB
	shop *shop
	base string // the listener
	c    *http.Client
	page string
	code int
	at   string
}

func (s *shop) browser(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, shop: s, base: s.URL, c: &http.Client{Jar: jar}}
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	res, err := b.c.Get(b.base + path)
	return b.took(res, err)
}

func (b *browser) post(path string, form url.Values) *browser {
	b.t.Helper()
	res, err := b.c.PostForm(b.base+path, form)
	return b.took(res, err)
}

func (b *browser) took(res *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page, b.code, b.at = string(body), res.StatusCode, res.Request.URL.Path
	return b
}

// want checks what the page is and says.
func (b *browser) want(code int, texts ...string) *browser {
	b.t.Helper()
	if b.code != code {
		b.t.Fatalf("%s: status %d, want %d\n%s", b.at, b.code, code, b.page)
	}
	for _, text := range texts {
		if !strings.Contains(b.page, text) {
			b.t.Fatalf("%s does not say %q:\n%s", b.at, text, b.page[strings.Index(b.page, "<main"):])
		}
	}
	return b
}

var radio = regexp.MustCompile(`name="slot" value="(\d+)"`)

func (b *browser) slot(n int) string {
	b.t.Helper()
	all := radio.FindAllStringSubmatch(b.page, -1)
	if n >= len(all) {
		b.t.Fatalf("%s offers %d times", b.at, len(all))
	}
	return all[n][1]
}

func erika() url.Values {
	return url.Values{"size": {"1"}, "name-1": {"Erika Muster"}, "birth-1": {"24.12.1950"}, "postcode-1": {"58332"}}
}

func TestJourneyFromEventToCancellation(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(-time.Hour))
	b := s.browser(t)
	b.get(s.path).want(200, `data-state="soon"`, "Die Buchung öffnet am")
	s.offset.Store(int64(time.Minute))
	b.get(s.path).want(200, `data-state="open"`, `rel="next"`)
	b.get(s.path+"/eligible").want(200, `data-step="eligible"`)
	b.post(s.path+"/eligible", erika()).want(200, `data-page="slots"`, "Für Erika Muster.")
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(4)}}).want(200, `data-page="cart"`, "für Sie reserviert", "Erika Muster")
	cart := b.at
	b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "mail": {"kaputt"}}).want(422, "Das ist keine E-Mail-Adresse")
	b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "mail": {"erika@beispiel.de"}}).want(200, `data-page="booking"`, "Ihr Termin steht fest", "e…a@beispiel.de", "<svg")
	id := b.at
	code := regexp.MustCompile(`data-code>([^<]+)<`).FindStringSubmatch(b.page)[1]
	b.get(cart).want(200, `data-page="booking"`)
	b.get(id+"/ics").want(200, "BEGIN:VCALENDAR", "\r\n")
	b.get(id+"/qr.svg").want(200, "<svg")
	b.get(id+"/print").want(200, code)
	b.post("/find", url.Values{"code": {strings.ToLower(code)}, "proof": {"24/12/1950"}}).want(200, `data-page="booking"`)
	b.post("/find", url.Values{"code": {code}, "proof": {"erika@beispiel.de"}}).want(200, `data-page="booking"`)
	b.post("/find", url.Values{"code": {code}, "proof": {"25.12.1950"}}).want(404, "Dazu finden wir keine Buchung")
	b.post(id+"/cancel", nil).want(200, "Diesen Termin haben Sie zurückgegeben")
	b.post(id+"/cancel", nil).want(200, "Diesen Termin haben Sie zurückgegeben")
	v, err := s.store.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify: %+v %v", v, err)
	}
}

func TestEveryRefusalHasItsSentence(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.browser(t)
	young := erika()
	young.Set("birth-1", "1.1.2000")
	b.post(s.path+"/eligible", young).want(422, `data-state="not_eligible"`, "60", "79")
	elsewhere := erika()
	elsewhere.Set("postcode-1", "10115")
	b.post(s.path+"/eligible", elsewhere).want(422, `data-state="not_eligible"`)
	empty := url.Values{"size": {"2"}}
	b.post(s.path+"/eligible", empty).want(422, "Bitte füllen Sie dieses Feld aus", `href="#name-2"`)
	nameless := erika()
	nameless.Set("name-1", "– 47 –")
	b.post(s.path+"/eligible", nameless).want(422, `href="#name-1"`, "Bitte füllen Sie dieses Feld aus")
	b.post(s.path+"/eligible", erika()).want(200)
	slot := b.slot(0)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	first := b.at
	// The same person from another browser: neutral on the screen.
	other := s.browser(t)
	other.post(s.path+"/eligible", erika()).want(200)
	other.post(s.path+"/hold", url.Values{"slot": {slot}}).want(409, `data-state="has_one"`, "Für diese Angaben")
	if strings.Contains(other.page, first) {
		t.Error("the refusal leads to somebody's cart")
	}
	// A second choice of the same browser leads to the open cart.
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	if b.at != first {
		t.Errorf("led to %s, the cart is %s", b.at, first)
	}
	// The hold ends.
	s.offset.Store(int64(16 * time.Minute))
	b.get(first).want(409, `data-state="hold_ended"`, "Die Reservierung ist zu Ende")
	b.post(first+"/confirm", url.Values{"contact": {"none"}}).want(409, `data-state="hold_ended"`)
	if err := s.booking.ExpireDue(context.Background()); err != nil {
		t.Fatal(err)
	}
	other.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	// Too late.
	s.offset.Store(int64(30 * 24 * time.Hour))
	b.get(s.path).want(200, `data-state="closed"`)
}

func TestReleaseGivesAnotherTry(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	slot := b.slot(0)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`, "15 Minuten mehr Zeit")
	cart := b.at
	until := regexp.MustCompile(`name="until" value="([^"]+)"`).FindStringSubmatch(b.page)[1]
	for range 2 {
		b.post(cart+"/extend", url.Values{"until": {until}}).want(200, `data-page="cart"`)
	}
	if strings.Contains(b.page, `data-step="extend"`) {
		t.Error("a second extension is offered")
	}
	b.post(cart+"/release", nil).want(200, `data-page="slots"`)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	if b.at == cart {
		t.Error("the cart that was given back is shown again")
	}
}

// missingWord is how room locale shows an id nobody wrote a text for.
var missingWord = regexp.MustCompile(`\[[a-z_]+\.[a-z_.]+\]`)

var pageName = regexp.MustCompile(`<main id="main" data-page="([a-z-]+)"`)

// TestEveryPageInEveryLanguage visits each page that the public can see, in both
// languages: no template stays unrun, no word is missing, every page is whole
// and may not be kept by anybody on the way if it is somebody's own.
func TestEveryPageInEveryLanguage(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newShop(t, "ennepe-ruhr")
		s.offset.Store(int64(time.Minute))
		b := s.browser(t)
		seen := map[string]bool{}
		visit := func(b *browser) {
			t.Helper()
			m := pageName.FindStringSubmatch(b.page)
			if m == nil || !strings.Contains(b.page, `<html lang="`+lang+`"`) || !strings.HasSuffix(b.page, "</html>\n") {
				t.Fatalf("%s is not a whole page in %s:\n%s", b.at, lang, b.page)
			}
			if word := missingWord.FindString(b.page); word != "" {
				t.Errorf("%s has no word for %s", b.at, word)
			}
			seen[m[1]] = true
		}
		visit(b.get("/?lang=" + lang))
		visit(b.get("/ennepe-ruhr"))
		visit(b.get(s.path))
		visit(b.get(s.path + "/eligible"))
		visit(b.post(s.path+"/eligible", erika()))
		slot := b.slot(0)
		visit(b.post(s.path+"/hold", url.Values{"slot": {slot}}))
		cart := b.at
		visit(b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "mail": {"erika@example.org"}}))
		visit(b.get(b.at + "/print"))
		visit(b.get("/find"))
		visit(b.get("/no/such/page"))
		everyWait(t, lang, visit)
		other := s.browser(t)
		other.get("/?lang=" + lang)
		other.post(s.path+"/eligible", erika())
		visit(other.post(s.path+"/hold", url.Values{"slot": {slot}}))
		for _, name := range view.Names() {
			if !seen[name] && !strings.HasPrefix(name, "desk") && name != "login" && name != "found" { // the staff's are run in desk_test.go
				t.Errorf("%s: page %q was never shown", lang, name)
			}
		}
	}
}

func TestTheSameTimeCanBeTakenAgainAfterItWasGivenBack(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	slot := b.slot(0)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	b.post(b.at+"/cancel", nil).want(200, "zurückgegeben")
	b.post(s.path+"/eligible", erika()).want(200) // the booking's page has forgotten who came
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	cart := b.at
	s.offset.Store(int64(17 * time.Minute))
	if err := s.booking.ExpireDue(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.get(cart).want(409, `data-state="hold_ended"`)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
}

func TestAccessCodesCannotBeGuessedQuickly(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	looked, refused := 0, 0
	for i := range 100 {
		form := erika()
		form.Set("birth-1", "1.1.1990")
		form.Set("code-1", "FALSCH"+strings.Repeat("7", i%8)+"X")
		switch b.post(s.path+"/eligible", form); b.code {
		case 422:
			looked++
		case 503:
			refused++
			b.want(503, `data-state="busy"`, `name="name-1" value="Erika Muster"`)
		default:
			t.Fatalf("status %d", b.code)
		}
	}
	t.Logf("%d codes looked at, %d refused", looked, refused)
	if looked > 45 || refused < 50 {
		t.Errorf("%d of 100 guesses were looked at", looked)
	}
}
