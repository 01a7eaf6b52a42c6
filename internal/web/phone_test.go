package web_test

import (
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

// take books the n-th time offered for somebody new.
func (s *shop) take(t *testing.T, name string, n int) *browser {
	t.Helper()
	b := s.browser(t)
	b.post(s.path+"/eligible", named(name)).want(200)
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(n)}}).want(200, `data-page="cart"`)
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
	fresh()
	late.get(s.path+"/slots").want(200, "<small>am Telefon</small>")
	late.post(s.path+"/hold", url.Values{"slot": {first}}).bilingual(409, "Diese Uhrzeit ist online ausgebucht", "This time is sold out online")
	late.want(409, `Am Telefon sind für diese Uhrzeit noch Plätze: <a href="tel:02336930">`)
	s.take(t, "Erika Zwei", 0)
	fresh()
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
	fresh()
	late.get(s.path).want(200, `data-state="full"`, "Alle Termine sind vergeben.")
	if strings.Contains(late.page, "Am Telefon sind") {
		t.Error("the page sends people to the phone for nothing")
	}
	late.post(s.path+"/hold", url.Values{"slot": {slot}}).want(409, "Alle Termine sind vergeben.", "Lieber am Telefon? 02336 930")
}
