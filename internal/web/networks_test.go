package web_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/web"
)

// newNetworks is a room that asks nothing, whose networks have so many numbers free; an
// hour before the opening.
func newNetworks(t *testing.T, free int, change ...func(*setup.Plan)) *shop {
	t.Helper()
	s := newShopOf(t, "ennepe-ruhr", func(p *setup.Plan) {
		asksNothing(p)
		p.Sale.Party = catalog.Party{Max: 1}
		p.Sale.Allocation, p.Sale.DrawWindowFrom = catalog.AllocateRoom, opens.Add(-14*time.Hour)
		for _, f := range change {
			f(p)
		}
	}, func(o *web.Options) { o.NumbersPerNetwork = free })
	s.at(-time.Hour)
	return s
}

// joinFrom lets a new browser at an address press the button.
func (s *shop) joinFrom(remote string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", s.path+"/wait/join", nil)
	r.RemoteAddr = remote
	w := httptest.NewRecorder()
	s.site.Public().ServeHTTP(w, r)
	return w
}

// TestANetworkIsNoCrowd: a hundred people behind one address of a mobile network get in
// among 660, and so does everybody at home; a farm of 200 browsers in one network does
// not, hears what to do, and its share is told.
func TestANetworkIsNoCrowd(t *testing.T) {
	const home, carrier, farm, free = 560, 100, 200, 20
	s := newNetworks(t, free)
	var tape store.Tape
	s.store.Record(&tape)
	var order []string
	for i := range home {
		order = append(order, fmt.Sprintf("10.%d.%d.7:4000", i/200, i%200))
	}
	for i := range carrier {
		order = append(order, fmt.Sprintf("198.51.100.9:%d", 2000+i))
	}
	for i := range farm {
		order = append(order, fmt.Sprintf("203.0.113.%d:5000", i))
	}
	rnd := mrand.New(mrand.NewPCG(7, 7)) //nolint:gosec // a test
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	drawn, full := map[string]int{}, 0
	for _, remote := range order {
		kind := strings.SplitN(remote, ".", 2)[0]
		switch w := s.joinFrom(remote); w.Code {
		case 303:
			drawn[kind]++
		case 429:
			if full++; kind != "203" || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "WLAN statt Mobilfunk") || !strings.Contains(w.Body.String(), "02336 930") {
				t.Errorf("%s hears %s", remote, w.Body)
			}
		default:
			t.Fatalf("%s: status %d", remote, w.Code)
		}
	}
	if drawn["10"] != home || drawn["198"] != carrier {
		t.Errorf("of %d people at home %d got a number, of %d by the mobile network %d", home, drawn["10"], carrier, drawn["198"])
	}
	if most := (home + 2*free) / 5; drawn["203"] > most || drawn["203"] < free || full < farm-most {
		t.Errorf("the farm drew %d numbers, want at most %d", drawn["203"], most)
	}
	s.tellsTheLargest(t, max(drawn["203"], carrier), s.entries())
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if text := fmt.Sprint(w.Args...); strings.Contains(text, "203.0.113") || strings.Contains(text, "198.51.100") {
				t.Fatalf("an address is stored: %s", text)
			}
		}
	}
	if len(tape.Batches) < home {
		t.Fatalf("void: %d batches were seen", len(tape.Batches))
	}
}

// tellsTheLargest checks where the largest share is told, before and after a restart.
func (s *shop) tellsTheLargest(t *testing.T, largest, all int) {
	t.Helper()
	share := fmt.Sprintf("höchstens %d %%", (100*largest+all-1)/all)
	if err := s.site.Note(); err != nil {
		t.Fatal(err)
	}
	s.browser(t).get(s.path+"/draw").want(200, "Größter Anteil aus einem Netz", share)
	fresh()
	s.browser(t).get(s.path+"/status.json").want(200, fmt.Sprintf(`"largest_network_percent":%d`, (100*largest+all-1)/all))
	s.organizer(t, "amt").get("/desk"+s.path+"/report").want(200, "Größter Anteil aus einem Netz", share, "Schon sehr viele Nummern aus einem Netz")
	again, err := web.New(web.Options{Booking: s.booking, Store: s.store, Rooms: s.rooms, Rand: rand.Reader, Now: s.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	again.Public().ServeHTTP(w, httptest.NewRequest("GET", s.path+"/draw?lang=de", nil))
	if !strings.Contains(w.Body.String(), share) {
		t.Errorf("after a restart the share is another one:\n%s", w.Body)
	}
}

// TestNetworksAreAsLargeAsTheyAreRouted: a /24 and a /48, however an address is written.
func TestNetworksAreAsLargeAsTheyAreRouted(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"one /24", "203.0.113.1:1", "203.0.113.255:9", true},
		{"mapped into IPv6", "203.0.113.1:1", "[::ffff:203.0.113.2]:1", true},
		{"two /24", "203.0.113.1:1", "203.0.112.1:1", false},
		{"one /48", "[2001:db8:7:1::1]:1", "[2001:db8:7:ffff::2]:1", true},
		{"two /48", "[2001:db8:7::1]:1", "[2001:db8:8::1]:1", false},
		{"no addresses", "somewhere", "elsewhere", true},
	} {
		s := newNetworks(t, 3)
		for i := range 3 {
			if w := s.joinFrom(c.a); w.Code != 303 {
				t.Fatalf("%s: join %d: %d", c.name, i, w.Code)
			}
		}
		if w := s.joinFrom(c.b); (w.Code == 429) != c.same {
			t.Errorf("%s: %d", c.name, w.Code)
		}
	}
}

// TestOnlyBrowsersAreCountedByNetwork: who says who they are, or has a letter, is counted
// by that; and whoever is in already is never told that the network is full.
func TestOnlyBrowsersAreCountedByNetwork(t *testing.T) {
	s := newShopOf(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Sale.Allocation, p.Sale.DrawWindowFrom = catalog.AllocateRoom, opens.Add(-14*time.Hour)
	}, func(o *web.Options) { o.NumbersPerNetwork = 2 })
	s.at(-time.Hour)
	for i := range 8 {
		s.browser(t).drawsNumber(oneOfMany(i))
	}
	s = newNetworks(t, 2)
	b := s.browser(t)
	b.get(s.path+"/wait").want(200, `data-state="join"`, "Jeder Browser bekommt eine Nummer")
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	s.browser(t).post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	other := s.browser(t)
	other.post(s.path+"/wait/join", nil).want(429, `data-state="network_full"`, `data-step="join"`)
	other.bilingual(429, "Aus Ihrem Netz wurden", "A great many numbers")
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	if n := s.entries(); n != 2 {
		t.Errorf("%d numbers, want 2", n)
	}
}

// TestAButtonPressedTwiceIsNotFull: the answer was lost, and the network is full by then.
func TestAButtonPressedTwiceIsNotFull(t *testing.T) {
	s := newNetworks(t, 1)
	b := s.browser(t)
	b.get(s.path + "/wait")
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	own := b.c.Jar.Cookies(at)
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	r := httptest.NewRequest("POST", s.path+"/wait/join", nil)
	r.RemoteAddr = "127.0.0.1:1"
	for _, c := range own { // as before the answer
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.site.Public().ServeHTTP(w, r)
	if len(own) == 0 || w.Code != 303 || s.entries() != 1 {
		t.Errorf("%d cookies, status %d, %d numbers", len(own), w.Code, s.entries())
	}
}
