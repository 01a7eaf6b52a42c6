package web_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
)

// few keeps the first n slots, each with so many places online and by phone.
func few(n, online, phone int) func(*setup.Plan) {
	return func(p *setup.Plan) {
		p.Slots = p.Slots[:n]
		for i := range p.Slots {
			p.Slots[i].Places = online + phone
			p.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: online, catalog.Phone: phone}
		}
	}
}

// named is a form of Erika's with another name.
func named(name string) url.Values {
	form := erika()
	form.Set("name-1", name)
	return form
}

// hold reserves the n-th time offered for somebody new.
func (s *shop) hold(t *testing.T, name string, n int) *browser {
	t.Helper()
	defer fresh()
	b := s.browser(t)
	b.post(s.path+"/eligible", named(name)).want(200)
	return b.post(s.path+"/hold", url.Values{"slot": {b.slot(n)}}).want(200, `data-page="cart"`)
}

// take books the n-th time offered for somebody new.
func (s *shop) take(t *testing.T, name string, n int) *browser {
	t.Helper()
	b := s.hold(t, name, n)
	return b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
}

// fresh lets the pages that everybody shares become out of date.
func fresh() { time.Sleep(300 * time.Millisecond) }

// TestSoldOutOnlineNamesThePhone: what callers can still have is said on the page
// of the event, in the list of times and where a wish is refused.
func TestSoldOutOnlineNamesThePhone(t *testing.T) {
	const call = `Am Telefon sind noch Plätze: <a href="tel:02336930">02336 930</a>`
	s := newShopWith(t, "ennepe-ruhr", few(2, 1, 1))
	s.offset.Store(int64(time.Minute))
	late := s.browser(t)
	late.post(s.path+"/eligible", named("Late Gast")).want(200)
	first, second := late.slot(0), late.slot(1)
	s.take(t, "Erika Eins", 0)
	late.get(s.path+"/slots").want(200, `<small class="s-phone">am Telefon</small>`, `<li class="s-phone">nur noch am Telefon: <a href="tel:02336930">`)
	late.post(s.path+"/hold", url.Values{"slot": {first}}).bilingual(409, "Diese Uhrzeit ist online ausgebucht", "This time is sold out online")
	late.want(409, `Am Telefon sind für diese Uhrzeit noch Plätze: <a href="tel:02336930">`)
	s.take(t, "Erika Zwei", 0)
	late.get(s.path).want(200, `data-state="full"`, "<b>Online ausgebucht.</b>", call)
	late.post(s.path+"/hold", url.Values{"slot": {second}}).want(409, `data-state="sold_out"`, "Online ausgebucht.", call)
	late.get(s.path+"?lang=en").want(200, "Sold out online.", "There are still places by phone:")
}

// TestSoldOutEverywhereNamesNoPhone: nobody is sent to call for nothing.
func TestSoldOutEverywhereNamesNoPhone(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", few(1, 1, 0))
	s.offset.Store(int64(time.Minute))
	late := s.browser(t)
	late.post(s.path+"/eligible", named("Late Gast")).want(200)
	slot := late.slot(0)
	s.take(t, "Erika Eins", 0)
	late.get(s.path).want(200, `data-state="full"`, "Alle Termine sind vergeben.")
	if strings.Contains(late.page, "Am Telefon sind") {
		t.Error("the page sends people to the phone for nothing")
	}
	late.post(s.path+"/hold", url.Values{"slot": {slot}}).want(409, "Alle Termine sind vergeben.", "Lieber am Telefon? 02336 930")
}

// statesOfTimes makes five times that can be brought into every state.
func statesOfTimes(p *setup.Plan) {
	few(5, 1, 0)(p)
	for i, a := range []map[catalog.Channel]int{
		{catalog.Online: 1}, {catalog.Online: 1}, {catalog.Online: 1, catalog.Phone: 2}, {catalog.Online: 20}, {catalog.Online: 3},
	} {
		p.Slots[i].Allotments = a
		p.Slots[i].Places = a[catalog.Online] + a[catalog.Phone]
	}
}

// TestEveryStateHasWordAndShape: free, few, in carts, for callers and gone are told
// apart without colour, and the list explains its signs.
func TestEveryStateHasWordAndShape(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", statesOfTimes)
	s.offset.Store(int64(time.Minute))
	late := s.browser(t)
	late.post(s.path+"/eligible", named("Late Gast")).want(200)
	s.take(t, "Erika Eins", 0)
	s.hold(t, "Erika Zwei", 0)
	s.take(t, "Erika Drei", 0)
	late.get(s.path+"/slots").want(200,
		`<div class="full"><b>8:00</b><small class="s-full">vergeben</small>`,
		`<div class="held"><b>8:06</b><small class="s-held">in Warenkörben</small>`,
		`<div class="phone"><b>8:12</b><small class="s-phone">am Telefon</small>`,
		`<small class="s-free">20 frei</small></label>`, `<small class="s-few">3 frei</small></label>`,
		`class="legend"`, `<li class="s-held">alle in Warenkörben</li>`)
	late.want(200, `.s-full::before{content:"✕ "`, `.s-held::before{content:"◌ "`)
}

// firstTrip is how many bytes a server may send before it must wait for an answer
// (RFC 6928: ten segments).
const firstTrip = 14_600

// TestTimesFitTheFirstTrip: the longest page of a booker, with all its states.
func TestTimesFitTheFirstTrip(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	for _, path := range []string{s.path, s.path + "/eligible", s.path + "/slots"} {
		if n := b.wire(path); n == 0 || n > firstTrip {
			t.Errorf("%s takes %d bytes, more than %d", path, n, firstTrip)
		} else {
			t.Logf("%s: %d bytes", path, n)
		}
	}
}

// wire is how many bytes the page takes on the way, compressed.
func (b *browser) wire(path string) int {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
		b.t.Fatalf("%s: %v, encoding %q", path, err, res.Header.Get("Content-Encoding"))
	}
	return len(body)
}
