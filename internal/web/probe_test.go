package web_test

import (
	"context"
	"net/url"
	"regexp"
	"strconv"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
	"einlass/internal/web"
)

// probes is how many people one address may ask about at once where it may have
// shareForTests carts.
const probes = 2*shareForTests + catalog.PartyMax

// askFor lets a browser ask for a place for these people, again and again, and counts
// the answers by status.
func (b *browser) askFor(who url.Values, times int, after func(*browser)) map[int]int {
	b.t.Helper()
	out := map[int]int{}
	for range times {
		b.post(b.shop.path+"/eligible", who).want(200)
		b.post(b.shop.path+"/hold", url.Values{"slot": {b.slot(3)}})
		out[b.code]++
		after(b)
	}
	return out
}

func nothing(*browser) {}

// Whether somebody has a place can be asked by asking for one in their name. That
// cannot be kept from the screen; asking about many can be made slow, however it
// is done, and nobody else waits for it.
func TestWhoHasAPlaceCannotBeAskedQuickly(t *testing.T) {
	s := newShopWithShare(t)
	booked := s.from(t, "127.0.0.9")
	booked.askFor(erika(), 1, nothing)
	booked.post(booked.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)

	has := s.browser(t)
	if got := has.askFor(erika(), 60, nothing); got[409] != probes || got[429] != 60-probes {
		t.Errorf("somebody with a place: %v, want %d answers", got, probes)
	}
	has.want(429, `data-state="address_full"`)
	has.askFor(somebody(1), 1, nothing)
	has.want(429, `data-state="address_full"`) // the same for whoever has none

	release := func(b *browser) {
		if b.code == 200 {
			b.post(b.at+"/release", nil).want(200)
		}
	}
	if got := s.from(t, "127.0.0.2").askFor(somebody(2), 60, release); got[200] != probes {
		t.Errorf("somebody without one: %v, want %d answers", got, probes)
	}
	two := somebody(3)
	for _, name := range []string{"name", "birth", "postcode"} {
		two.Set(name+"-2", erika().Get(name+"-1"))
	}
	two.Set("size", "2")
	if got := s.from(t, "127.0.0.3").askFor(two, 60, nothing); got[409] != probes/2 {
		t.Errorf("two at once: %v, want %d answers", got, probes/2)
	}
	s.offset.Store(int64(time.Minute))
	if got := has.askFor(erika(), 20, nothing); got[409] != shareForTests {
		t.Errorf("a minute later: %v, want %d answers", got, shareForTests)
	}
	desk := s.clerk(t, "kasse1")
	for range 30 {
		desk.get("/desk" + s.path)
		desk.post("/desk"+s.path+"/hold", desk.typed(person("Erika Muster", "24.12.1950"), "phone")).want(409, `data-state="has_one"`)
	}
	s.verify(t)
}

// The screen says the same whether it was a cart or a booking, and nothing of
// either.
func TestACartAndABookingAreAnsweredAlike(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	owner, other := s.browser(t), s.browser(t)
	owner.askFor(erika(), 1, nothing)
	other.askFor(erika(), 1, nothing)
	other.want(409, `data-state="has_one"`, "Für diese Angaben können wir keinen Termin vergeben")
	cart := other.page
	owner.post(owner.at+"/confirm", url.Values{"contact": {"mail"}, "mail": {"erika@beispiel.de"}}).want(200)
	other.askFor(erika(), 1, nothing)
	if other.want(409); other.page != cart {
		t.Error("a booking is answered in another way than a cart")
	}
	if found := regexp.MustCompile(`[0-9a-hjkmnp-tv-z]{32}|e…a@`).FindString(other.page); found != "" {
		t.Errorf("the page says %s", found)
	}
}

// Who is told that no place is left has asked about nobody.
func TestBeingTooLateCostsNoTries(t *testing.T) {
	s := newShopOf(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Slots = p.Slots[:5]
		p.Slots[3].Places, p.Slots[3].Allotments = 1, map[catalog.Channel]int{catalog.Online: 1}
	}, func(o *web.Options) { o.CartsPerAddress = shareForTests })
	s.from(t, "127.0.0.9").askFor(erika(), 1, nothing)
	b := s.browser(t)
	b.post(s.path+"/eligible", somebody(1)).want(200)
	sales, err := s.store.Sales(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	free, taken := b.slot(0), strconv.FormatInt(int64(sales[0].Slots[3].ID), 10)
	for range 3 * probes {
		b.post(s.path+"/hold", url.Values{"slot": {taken}}).want(409, `data-state="fully_held"`)
	}
	b.post(s.path+"/hold", url.Values{"slot": {free}}).want(200, `data-page="cart"`)
}
