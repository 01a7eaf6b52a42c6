package web_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/onsale"
	"einlass/internal/setup"
)

// newRoom is a shop whose sale has a waiting room, before numbers can be drawn.
func newRoom(t testing.TB, change ...func(*setup.Plan)) *shop {
	t.Helper()
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Sale.Allocation, p.Sale.DrawWindowFrom = catalog.AllocateRoom, opens.Add(-14*time.Hour)
		for _, f := range change {
			f(p)
		}
	})
	s.at(-20 * time.Hour)
	return s
}

// at moves the clock and lets the room do what is due then.
func (s *shop) at(d time.Duration) {
	s.offset.Store(int64(d))
	for range 4 { // from opening to calling are four steps
		if err := s.rooms.Step(context.Background()); err != nil {
			panic(err)
		}
	}
	if d >= 0 {
		s.pass(2 * time.Second) // the first are called
	}
}

// pass lets time go by as the controller sees it.
func (s *shop) pass(d time.Duration) {
	for end := s.now().Add(d); s.now().Before(end); {
		s.offset.Add(int64(onsale.RoomsEvery))
		if err := s.rooms.Step(context.Background()); err != nil {
			panic(err)
		}
	}
}

// oneOfMany is a person who may book, with a name of letters only.
func oneOfMany(i int) url.Values {
	v := erika()
	name := ""
	for n := i + 1; n > 0; n /= 20 {
		name += string("bcdfghjklmnpqrstvwxz"[n%20]) + "a"
	}
	v.Set("name-1", "Karla "+name)
	return v
}

var shownNumber = regexp.MustCompile(`data-number>([0-9.]+)<`)

func (b *browser) number() string {
	b.t.Helper()
	m := shownNumber.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no number:\n%s", b.at, b.page)
	}
	return m[1]
}

func TestAMorningInTheWaitingRoom(t *testing.T) {
	s := newRoom(t)
	b := s.browser(t)
	b.get(s.path).want(200, `data-state="soon"`)
	if strings.Contains(b.page, `rel="next"`) {
		t.Error("a way in before numbers can be drawn")
	}
	b.post(s.path+"/eligible", erika()).want(200, `data-page="wait"`, `data-state="soon"`, "Nummern gibt es ab")
	b.post(s.path+"/wait/join", nil).want(200, `data-state="soon"`)
	s.at(-13 * time.Hour)
	b.get(s.path).want(200, `rel="next"`, "Nummer ziehen")
	b.get(s.path+"/wait").want(200, `data-state="join"`, `data-step="join"`)
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`, "nehmen an der Verlosung teil")
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	b.get(s.path+"/slots").want(200, `data-page="wait"`)
	b.post(s.path+"/hold", url.Values{"slot": {"1"}}).want(200, `data-page="wait"`)
	b.post(s.path+"/wait/enter", nil).want(200, `data-state="joined"`)
	s.at(-time.Millisecond)
	b.get(s.path+"/wait").want(200, `data-state="joined"`)
	s.at(0)
	b.get(s.path+"/wait").want(200, `data-state="called"`, `data-step="enter"`)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(4)}}).want(200, `data-page="cart"`)
	cart := b.at
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`) // a second tab: the same pass
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(5)}}).want(200, `data-page="cart"`)
	if b.at != cart {
		t.Errorf("one number has the carts %s and %s", cart, b.at)
	}
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
}

// TestANumberLeadsInThreeTimes: a cart that ends is no dead end, and no way to hold
// places for ever.
func TestANumberLeadsInThreeTimes(t *testing.T) {
	s := newRoom(t)
	b := s.browser(t)
	s.at(-time.Hour)
	b.post(s.path+"/eligible", erika()).want(200, `data-state="joined"`)
	s.at(time.Second)
	carts := map[string]bool{}
	for range 3 {
		if b.post(s.path+"/wait/enter", nil); strings.Contains(b.page, `data-state="late"`) { // the next cart takes the door
			s.pass(time.Second)
			b.get(s.path+"/wait").want(200, `data-state="called"`)
			b.post(s.path+"/wait/enter", nil)
		}
		b.want(200, `data-page="slots"`)
		b.post(s.path+"/hold", url.Values{"slot": {b.slot(4)}}).want(200, `data-page="cart"`)
		carts[b.at] = true
		b.post(b.at+"/release", nil).want(200, `data-page="wait"`)
	}
	b.post(s.path+"/wait/enter", nil).want(409, `data-state="no_more_passes"`)
	if len(carts) != 3 {
		t.Errorf("%d carts, want 3", len(carts))
	}
}

// TestOnePassOneCart: a hundred browsers with the cookies of one, pressing at once.
func TestOnePassOneCart(t *testing.T) {
	s := newRoom(t, func(p *setup.Plan) { p.Sale.Eligible, p.Sale.Limit = nil, catalog.Limit{} })
	b := s.browser(t)
	s.at(-time.Hour)
	b.get(s.path + "/wait")
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	s.at(time.Second)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	slots := radio.FindAllStringSubmatch(b.page, -1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	carts := map[string]int{}
	const browsers = 100
	for i := range browsers {
		wg.Go(func() {
			one := &browser{t: t, shop: s, base: s.URL, c: b.c}
			one.post(s.path+"/hold", url.Values{"slot": {slots[i%len(slots)][1]}})
			mu.Lock()
			defer mu.Unlock()
			carts[fmt.Sprint(one.code, " ", one.at)]++
		})
	}
	wg.Wait()
	if len(carts) != 1 {
		t.Errorf("%d browsers with one pass came to %v", browsers, carts)
	}
	for at := range carts {
		if !strings.HasPrefix(at, "200 /cart/") {
			t.Errorf("came to %s", at)
		}
	}
}

// TestOnePersonHasOneNumber: tabs, double clicks and other devices.
func TestOnePersonHasOneNumber(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	b := s.browser(t)
	b.get(s.path+"/eligible").want(200, "Nummer ziehen")
	var wg sync.WaitGroup
	for range 10 { // tabs
		wg.Go(func() {
			tab := &browser{t: t, shop: s, base: s.URL, c: b.c}
			tab.post(s.path+"/eligible", erika())
			if !strings.Contains(tab.page, `data-state="joined"`) {
				t.Errorf("a tab came to %s: %d", tab.at, tab.code)
			}
		})
	}
	wg.Wait()
	phone := s.browser(t)
	phone.post(s.path+"/eligible", erika()).want(409, `data-state="has_number"`, "schon eine Nummer")
	if n := s.rooms.Roster(s.sales()[0].ID).Room().Entries; n != 1 {
		t.Errorf("%d entries for one person", n)
	}
}

// TestQueueIsWorkedOff: few places and many people; who is not called sees their number
// and who is before them, nobody loses a number, and those who are called find a place.
func TestQueueIsWorkedOff(t *testing.T) {
	const people, places = 60, 40
	s := newRoom(t, func(p *setup.Plan) {
		p.Slots = p.Slots[:2]
		p.Sale.Allotments = nil
		for i := range p.Slots {
			p.Slots[i].Places, p.Slots[i].Allotments = places/2, map[catalog.Channel]int{catalog.Online: places / 2}
		}
	})
	s.at(-time.Hour)
	crowd := make([]*browser, people)
	for i := range crowd {
		crowd[i] = s.browser(t)
		crowd[i].post(s.path+"/eligible", oneOfMany(i)).want(200, `data-state="joined"`)
	}
	s.at(time.Second)
	numbers, called := map[string]bool{}, 0
	var slots [][]string
	in := map[*browser]bool{}
	for round := 0; round < 20 && called < places; round++ {
		s.pass(5 * time.Second)
		for _, b := range crowd {
			b.get(s.path + "/wait")
			numbers[b.number()] = true
			if in[b] || !strings.Contains(b.page, `data-state="called"`) {
				continue
			}
			in[b] = true
			called++
			b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
			if called == 1 { // all times are free
				slots = radio.FindAllStringSubmatch(b.page, -1)
			}
			b.post(s.path+"/hold", url.Values{"slot": {slots[(called-1)%len(slots)][1]}}).want(200, `data-page="cart"`)
			b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
		}
	}
	s.pass(time.Second)
	for _, b := range crowd {
		if !in[b] {
			b.get(s.path+"/wait").want(200, `data-state="sold-out"`, "Nummern vor Ihnen", "data-transfer")
		}
	}
	if len(numbers) != people || called != places {
		t.Errorf("%d numbers for %d people, %d called for %d places", len(numbers), people, called, places)
	}
	late := s.browser(t)
	late.post(s.path+"/eligible", erika()).want(200, `data-state="sold-out"`)
	if late.number() != "61" {
		t.Errorf("who came late has number %s", late.number())
	}
}

// everyWait visits the states of the waiting page.
func everyWait(t *testing.T, lang string, visit func(*browser)) {
	t.Helper()
	s := newRoom(t)
	b := s.browser(t)
	b.get("/?lang=" + lang)
	visit(b.post(s.path+"/eligible", erika()))
	s.at(-time.Hour)
	visit(b.get(s.path))
	visit(b.get(s.path + "/wait"))
	visit(b.get(s.path + "/wait/transfer"))
	visit(b.post(s.path+"/wait/join", nil))
	visit(b.get(s.path + "/wait/transfer"))
	visit(b.post(s.path+"/wait/transfer", url.Values{"transfer": {"K7M"}}))
	visit(b.get(s.path + "/draw"))
	visit(b.get(s.path + "/wait/mail"))
	visit(b.post(s.path+"/wait/mail", url.Values{"mail": {"erika"}}))
	visit(b.post(s.path+"/wait/mail", url.Values{"mail": {"erika@beispiel.de"}}))
	s.at(time.Second)
	visit(b.get(s.path + "/wait"))
	visit(b.get(s.path + "/draw"))
	s.at(30 * 24 * time.Hour)
	visit(b.get(s.path + "/wait"))
}

// queueUp lets n others draw a number, and returns them.
func (s *shop) queueUp(t testing.TB, n int) (out []*browser) {
	t.Helper()
	for i := range n {
		b := s.browser(t)
		b.post(s.path+"/eligible", oneOfMany(i))
		out = append(out, b)
	}
	return out
}
