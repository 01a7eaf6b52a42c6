package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
)

// placesOnline leaves so many places in two times, all of them online.
func placesOnline(n int) func(*setup.Plan) {
	return func(p *setup.Plan) {
		p.Slots, p.Sale.Allotments = p.Slots[:2], nil
		for i := range p.Slots {
			p.Slots[i].Places, p.Slots[i].Allotments = n/2, map[catalog.Channel]int{catalog.Online: n / 2}
		}
	}
}

// time is the form that asks for the n-th time, whatever a page shows that may be some
// hundred milliseconds old.
func (s *shop) time(n int) url.Values {
	return url.Values{"slot": {fmt.Sprint(s.sales()[0].Slots[n].ID)}}
}

// remembered is what people know of their numbers.
type remembered struct {
	*shop
	crowd    []*browser
	numbers  []string
	called   []bool
	compared int
}

// same: everybody's page and a server that starts now say the number that was said before,
// and whoever was called is called.
func (m *remembered) same(t *testing.T, after string) (called int) {
	t.Helper()
	time.Sleep(pageAge)
	old, again := m.rooms.Roster(m.sales()[0].ID), m.restarted(t).Roster(m.sales()[0].ID)
	for i, b := range m.crowd {
		number := b.get(m.path + "/wait").number()
		isCalled := strings.Contains(b.page, `data-state="called"`)
		if m.numbers[i] != "" && m.numbers[i] != number || m.called[i] && !isCalled {
			t.Errorf("%s: person %d had %s (called %v) and has %s (called %v)", after, i, m.numbers[i], m.called[i], number, isCalled)
		}
		n, _ := old.Number(uint32(i))
		n2, _ := again.Number(uint32(i))
		if _, stillCalled := again.CalledAt(n2); n != n2 || isCalled && !stillCalled {
			t.Errorf("%s: person %d has %d, and after a restart %d (called %v, then %v)", after, i, n, n2, isCalled, stillCalled)
		}
		if m.numbers[i], m.called[i] = number, isCalled; isCalled {
			called++
		}
		m.compared += 2
	}
	return called
}

// TestNoLeverMakesANumberWorse: paused before the opening, put off, drawn, paused again,
// slowed down, with a message, and with restarts between: everybody keeps their number,
// whoever was called stays called, nobody is called in a pause, and it goes on after it.
func TestNoLeverMakesANumberWorse(t *testing.T) {
	const people, places = 50, 10
	s := newRoom(t, placesOnline(places))
	s.at(-time.Hour)
	m := &remembered{shop: s, crowd: s.comers(t, 0, people), numbers: make([]string, people), called: make([]bool, people)}
	s.pull(t, func(l *waitingroom.Levers) { l.Paused = true })
	s.postpone(t, 30*time.Minute)
	s.at(time.Second) // the opening that was promised first
	m.crowd[0].get(s.path+"/wait").want(200, `data-state="joined"`)
	s.at(30*time.Minute + time.Second)
	if s.pass(5 * time.Minute); m.same(t, "drawn in a pause") != 0 {
		t.Error("people were called in a pause")
	}
	s.pull(t, func(l *waitingroom.Levers) { l.Paused = false })
	s.pass(5 * time.Second)
	first := m.same(t, "going on")
	if first == 0 || first > places {
		t.Errorf("%d called for %d places", first, places)
	}
	s.pull(t, func(l *waitingroom.Levers) {
		l.Paused, l.Until, l.Message = true, s.now().Add(time.Hour), catalog.Text{"de": "Wir prüfen die Leitung.", "en": "We check the line."}
	})
	s.pass(20 * time.Minute) // the first ones have not come: there would be room
	if n := m.same(t, "a second pause"); n != first {
		t.Errorf("%d called in a pause, %d before it", n, first)
	}
	s.pull(t, func(l *waitingroom.Levers) { l.Paused, l.Rate = false, 60 })
	s.pass(time.Minute)
	if n := m.same(t, "slowly"); n <= first {
		t.Errorf("%d called after the pause, %d before it: it does not go on", n, first)
	}
	if m.compared < 400 {
		t.Errorf("void: %d compared", m.compared)
	}
	t.Logf("%d numbers compared, %d called at first", m.compared, first)
}

// TestGhostsOverHTTP: nine of ten who drew a number never come. Those who do find every
// place taken by people, in minutes.
func TestGhostsOverHTTP(t *testing.T) {
	const real, ghosts, places = 40, 9, 20
	s := newRoom(t, placesOnline(places))
	s.at(-time.Hour)
	var crowd []*browser
	for i := range real {
		s.fill(t, ghosts*i, ghosts)
		crowd = append(crowd, s.comers(t, i, 1)...)
	}
	s.at(time.Second)
	began, roster, in := s.now(), s.rooms.Roster(s.sales()[0].ID), map[*browser]bool{}
	for len(in) < places && s.now().Sub(began) < 10*time.Minute {
		s.pass(5 * time.Second)
		for i, b := range crowd {
			number, _ := roster.Number(uint32((ghosts+1)*i + ghosts))
			if _, called := roster.CalledAt(number); !called || in[b] || len(in) == places {
				continue
			}
			b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
			b.post(s.path+"/hold", s.time(len(in)%2)).want(200, `data-page="cart"`)
			b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
			in[b] = true
		}
	}
	room := roster.Room()
	t.Logf("%d of %d entries were called in %v, %d of %d places booked", room.Called, room.Entries, s.now().Sub(began), len(in), places)
	if int(room.Entries) != (ghosts+1)*real || len(in) != places || s.taken(t) != places {
		t.Errorf("%d entries; %d places booked after %v, want %d", room.Entries, s.taken(t), s.now().Sub(began), places)
	}
}

// TestABotGainsNothing: a bot draws a thousand numbers with a thousand browsers for the
// person it books for, and asks a thousand times for a place that has come back. It has one
// number, it comes no sooner, and the place goes to the next number.
func TestABotGainsNothing(t *testing.T) {
	const tries, places = 1_000, 2
	s := newRoom(t, placesOnline(places))
	s.at(-time.Hour)
	crowd := s.comers(t, 0, 12)
	bot := crowd[11]
	peopleName, people := bot.cookie("people")
	numberName, number := bot.cookie("number")
	refused := 0
	for range tries { // a new browser each time: only who it books for is the same
		if code, _, _ := s.answer(t, s.path+"/wait/join", nil, map[string]string{peopleName: people}); code == http.StatusConflict {
			refused++
		}
	}
	if n := s.entries(); n != len(crowd) || refused != tries {
		t.Errorf("%d numbers for %d people, %d of %d refused", n, len(crowd), refused, tries)
	}
	s.at(time.Second)
	roster, order := s.rooms.Roster(s.sales()[0].ID), make([]*browser, 0, len(crowd))
	for n := range uint32(len(crowd)) {
		no, _ := roster.At(n + 1)
		order = append(order, crowd[no])
	}
	if order[0] == bot || order[1] == bot || order[2] == bot { // then it would be called: another takes its part
		bot = order[3]
		peopleName, people = bot.cookie("people")
		numberName, number = bot.cookie("number")
	}
	for i, b := range order[:places] {
		b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
		b.post(s.path+"/hold", s.time(i)).want(200, `data-page="cart"`)
	}
	s.hunt(t, order[0], order[places], func() (int, string) {
		code, to, _ := s.answer(t, s.path+"/hold", s.time(0), map[string]string{peopleName: people, numberName: number})
		s.answer(t, s.path+"/wait/enter", nil, map[string]string{numberName: number})
		return code, to
	})
}

// hunt: one gives a place back, and the bot asks for it all the time until the next number
// has it.
func (s *shop) hunt(t *testing.T, gives, next *browser, ask func() (int, string)) {
	t.Helper()
	asked := 0
	hunts := func(n int) {
		for range n {
			if code, to := ask(); code != http.StatusSeeOther || to != s.path+"/wait" {
				t.Fatalf("the bot came past the room: %d, %s", code, to)
			}
			asked++
		}
	}
	hunts(100)
	gives.post(gives.at+"/release", nil).want(200, `data-page="wait"`)
	if n := s.taken(t); n != 1 {
		t.Fatalf("%d places are taken, one came back", n)
	}
	hunts(800)
	for range 4 {
		s.pass(time.Second)
		hunts(25)
	}
	next.get(s.path+"/wait").want(200, `data-state="called"`)
	next.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	next.post(s.path+"/hold", s.time(0)).want(200, `data-page="cart"`)
	if n := s.taken(t); n != 2 || asked < 1_000 {
		t.Errorf("%d places taken, the bot asked %d times", n, asked)
	}
}

// TestWhoMayBookBooksFromAnywhere: no address is shut out, near or far; who may book is
// asked, not where somebody is. Whoever may not is refused from the town hall itself.
func TestWhoMayBookBooksFromAnywhere(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	addresses := []string{"[2a02:908::1]", "[2c0f:f248::5]", "[2800:3f0::8]", "[2001:200::9]", "[2001:db8:1::7]", "[fd00::3]"}
	for i := range 44 {
		addresses = append(addresses, fmt.Sprintf("%d.%d.%d.%d", 5*i+1, 200-i, i, 250-i))
	}
	for i, from := range addresses {
		if code, to := s.bookFrom(t, from, oneOfMany(i), i); code != http.StatusSeeOther || !strings.HasPrefix(to, "/cart/") {
			t.Errorf("from %s: status %d, to %q", from, code, to)
		}
		stranger := oneOfMany(1_000 + i)
		stranger.Set("postcode-1", "80331")
		if code, to := s.bookFrom(t, from, stranger, i); code != http.StatusUnprocessableEntity || to != "" {
			t.Errorf("somebody from elsewhere, from %s: status %d, to %q", from, code, to)
		}
	}
	if n := s.taken(t); n != len(addresses) || n < 50 {
		t.Errorf("%d of %d have a place", n, len(addresses))
	}
}

// bookFrom says who comes and asks for a place, from an address in the world.
func (s *shop) bookFrom(t *testing.T, from string, who url.Values, n int) (int, string) {
	t.Helper()
	var jar []*http.Cookie
	send := func(path string, form url.Values) *http.Response {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.RemoteAddr = from + ":4711"
		r.Header.Set("Content-Type", urlencoded)
		r.Header.Set("Accept-Language", "pt-BR")
		for _, c := range jar {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		s.site.Public().ServeHTTP(w, r)
		jar = append(jar, w.Result().Cookies()...)
		return w.Result()
	}
	res := send(s.path+"/eligible", who)
	if res.StatusCode != http.StatusSeeOther {
		return res.StatusCode, res.Header.Get("Location")
	}
	res = send(s.path+"/hold", s.time(n))
	return res.StatusCode, res.Header.Get("Location")
}

// TestHoldsOfAScriptEnd: a thousand browsers of one address hold what one address may, of
// ten addresses ten times that; a second after the shown time every place is free again, and
// not one before.
func TestHoldsOfAScriptEnd(t *testing.T) {
	const sessions, share = 1_000, 100 // web.CartsPerAddress
	s := newShopWith(t, "ennepe-ruhr", asksNothing)
	name, _ := s.browser(t).get(s.path).cookie("pass")
	places := s.sales()[0].Slots
	carts, full := 0, 0
	hoard := func(from string, n int) {
		for i := range n {
			pass := s.gatePass(t, name)
			r := httptest.NewRequest(http.MethodPost, s.path+"/hold", strings.NewReader(url.Values{"slot": {fmt.Sprint(places[(carts+i)%len(places)].ID)}}.Encode()))
			r.RemoteAddr = from + ":4711"
			r.Header.Set("Content-Type", urlencoded)
			r.AddCookie(&http.Cookie{Name: name, Value: pass})
			w := httptest.NewRecorder()
			s.site.Public().ServeHTTP(w, r)
			switch {
			case strings.HasPrefix(w.Header().Get("Location"), "/cart/"):
				carts++
			case w.Code == http.StatusTooManyRequests:
				full++
			default:
				t.Fatalf("status %d, to %q", w.Code, w.Header().Get("Location"))
			}
		}
	}
	s.offset.Store(int64(time.Minute))
	if hoard("192.0.2.1", sessions); carts != share || full != sessions-share || s.taken(t) != share {
		t.Fatalf("%d sessions of one address have %d carts, %d were refused, %d places are held", sessions, carts, full, s.taken(t))
	}
	for i := range 9 {
		hoard(fmt.Sprintf("192.0.2.%d", 2+i), share)
	}
	ends := s.offset.Load() + int64(s.sales()[0].Hold.Online)
	for _, c := range []struct {
		at   time.Duration
		want int
	}{{time.Duration(ends), sessions}, {time.Duration(ends) + time.Second - time.Microsecond, sessions}, {time.Duration(ends) + time.Second + time.Microsecond, 0}} {
		s.offset.Store(int64(c.at))
		if err := s.booking.ExpireDue(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := s.taken(t); n != c.want {
			t.Errorf("%v after the end %d places are held, want %d", c.at-time.Duration(ends), n, c.want)
		}
	}
	s.verify(t)
}
