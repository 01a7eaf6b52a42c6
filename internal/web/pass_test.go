package web_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/setup"
)

// asksNothing makes a sale that everybody may buy from, so that a cookie is all there is.
func asksNothing(p *setup.Plan) { p.Sale.Eligible, p.Sale.Limit = nil, catalog.Limit{} }

// taken is how many places are in carts and booked.
func (s *shop) taken(t testing.TB) (n int) {
	t.Helper()
	pools, err := s.store.EagerPools(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i := range pools {
		if pools[i].ID.Kind() == inventory.KindAllotment {
			n += pools[i].Held + pools[i].Booked
		}
	}
	return n
}

// cookie is what a browser keeps under the name of one sale.
func (b *browser) cookie(what string) (name, value string) {
	b.t.Helper()
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.c.Jar.Cookies(at) {
		if strings.HasPrefix(c.Name, what+"-") {
			return c.Name, c.Value
		}
	}
	b.t.Fatalf("the browser keeps no %s", what)
	return "", ""
}

// bare sends one request with just these cookies, follows nothing, and returns the status
// and where it leads.
func (s *shop) bare(t testing.TB, method, path string, form url.Values, cookies map[string]string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", urlencoded)
	for name, value := range cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header.Get("Location")
}

// joins is a browser that drew a number of a sale that asks nothing.
func (s *shop) joins(t *testing.T, path string) *browser {
	t.Helper()
	b := s.browser(t)
	b.get(path + "/wait")
	b.post(path+"/wait/join", nil).want(200, `data-state="joined"`)
	return b
}

// otherSale is a second sale with a room in the same shop; it returns its address.
func (s *shop) otherSale(t *testing.T) string {
	t.Helper()
	p := planOf(t, "ennepe-ruhr")
	p.Sale.Event.Slug = "zweite"
	p.Sale.Opens, p.Sale.Allocation, p.Sale.DrawWindowFrom = opens, catalog.AllocateRoom, opens.Add(-14*time.Hour)
	asksNothing(p)
	apply(t, s.store, p)
	if err := s.booking.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	return "/" + p.Sale.Organizer.ID + "/" + p.Sale.Event.Slug
}

// Fewer forged passes prove too little.
const forgeries = 1_000

// TestOnlyItsOwnPassOpens: a number shown as a pass, another sale's pass, one that is cut
// off anywhere, one with any bit changed and one that is made up lead to the waiting room,
// and nothing is held; so does one that is over, or was used.
func TestOnlyItsOwnPassOpens(t *testing.T) {
	s := newRoom(t, asksNothing)
	other := s.otherSale(t)
	s.at(-time.Hour)
	b, slow, stranger := s.joins(t, s.path), s.joins(t, s.path), s.joins(t, other)
	s.at(time.Second)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	slot := url.Values{"slot": {b.slot(4)}}
	stranger.post(other+"/wait/enter", nil).want(200, `data-page="slots"`)
	name, pass := b.cookie("pass")
	_, number := b.cookie("number")
	slow.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	_, old := slow.cookie("pass")
	_, foreign := stranger.cookie("pass")
	refused := 0
	shown := func(what, value string) {
		t.Helper()
		if code, to := s.bare(t, http.MethodPost, s.path+"/hold", slot, map[string]string{name: value}); code != http.StatusSeeOther || to != s.path+"/wait" {
			t.Errorf("%s: status %d, to %q", what, code, to)
		}
		refused++
	}
	shown("a number shown as a pass", number)
	shown("another sale's pass", foreign)
	shown("nothing", "")
	for i := range pass {
		shown(fmt.Sprintf("cut off after %d", i), pass[:i])
		for bit := range 6 {
			shown(fmt.Sprintf("bit %d of character %d", bit, i), flipped(pass, i, 1<<bit))
		}
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
	for refused < forgeries {
		made := pass
		for range 1 + r.IntN(8) {
			made = flipped(made, r.IntN(len(made)), 1+r.IntN(62))
		}
		if made != pass {
			shown("a pass with some changes", made)
		}
	}
	if n := s.taken(t); n != 0 {
		t.Fatalf("%d places were taken with forged passes", n)
	}
	s.passIsUsedUp(t, b, slot, name, pass)
	s.offset.Add(int64(onsale.PassLasts + time.Second))
	if shown("a pass that is over", old); s.taken(t) != 0 {
		t.Error("a place was taken with a pass that is over")
	}
	t.Logf("%d forged passes refused", refused)
}

// passIsUsedUp: the real pass opens one cart, and no other after it.
func (s *shop) passIsUsedUp(t *testing.T, b *browser, slot url.Values, name, pass string) {
	t.Helper()
	own := map[string]string{name: pass}
	code, cart := s.bare(t, http.MethodPost, s.path+"/hold", slot, own)
	if code != http.StatusSeeOther || !strings.HasPrefix(cart, "/cart/") {
		t.Fatalf("the real pass: %d, to %q", code, cart)
	}
	if _, again := s.bare(t, http.MethodPost, s.path+"/hold", slot, own); again != cart || s.taken(t) != 1 {
		t.Errorf("shown again it leads to %q, the cart is %q; %d places are taken", again, cart, s.taken(t))
	}
	b.post(cart+"/release", nil)
	for range 100 {
		if _, to := s.bare(t, http.MethodPost, s.path+"/hold", slot, own); to != s.path+"/wait" || s.taken(t) != 0 {
			t.Fatalf("a pass whose cart is over leads to %q; %d places are taken", to, s.taken(t))
		}
	}
}

// flipped changes one character of a pass; where that gives no character of a pass, to
// another one.
func flipped(s string, at int, by int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:at] + string(letters[strings.IndexByte(letters, s[at])^by&63]) + s[at+1:]
}

// earlySessions are browsers from before the sale got its room.
const earlySessions = 1_000

// TestEarlySessionsDoNotPass: a thousand browsers got their pass from the open gate; then
// the sale gets a waiting room. None of them comes past it, before the opening and after.
func TestEarlySessionsDoNotPass(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", asksNothing)
	s.offset.Store(int64(-time.Hour))
	first := s.browser(t)
	first.get(s.path).want(200, `data-state="soon"`)
	name, _ := first.cookie("pass")
	passes := make([]string, earlySessions)
	for i := range passes {
		passes[i] = s.gatePass(t, name)
	}
	p := planOf(t, "ennepe-ruhr")
	p.Sale.Opens, p.Sale.Allocation, p.Sale.DrawWindowFrom = opens, catalog.AllocateRoom, opens.Add(-30*time.Minute)
	asksNothing(p)
	apply(t, s.store, p)
	if err := s.booking.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.at(time.Second)
	slots := s.sales()[0].Slots
	for i, pass := range passes {
		slot := url.Values{"slot": {fmt.Sprint(slots[i%len(slots)].ID)}}
		if code, to := s.bare(t, http.MethodPost, s.path+"/hold", slot, map[string]string{name: pass}); code != http.StatusSeeOther || to != s.path+"/wait" {
			t.Fatalf("session %d: status %d, to %q", i, code, to)
		}
	}
	if n := s.taken(t); n != 0 {
		t.Errorf("%d places were taken past the room", n)
	}
	late := s.browser(t) // and the room itself works
	late.get(s.path + "/wait")
	late.post(s.path+"/wait/join", nil).want(200, `data-state="waiting"`)
	s.pass(2 * time.Second)
	late.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
}

// gatePass is the pass that a new browser is given by a sale without a room.
func (s *shop) gatePass(t *testing.T, name string) string {
	t.Helper()
	res, err := http.Get(s.URL + s.path)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatal("no pass from the open gate")
	return ""
}
