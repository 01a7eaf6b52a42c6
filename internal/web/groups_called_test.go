package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
)

// stockOf gives each site of the first times another number of places online.
func stockOf(places ...int) func(*setup.Plan) {
	return func(p *setup.Plan) {
		sites(len(places), 1, 1)(p)
		for i := range p.Slots {
			n := places[p.Slots[i].Group]
			p.Slots[i].Places, p.Slots[i].Allotments = n, map[catalog.Channel]int{catalog.Online: n}
		}
	}
}

// wish lets people draw numbers by the room itself; who wishes for what goes by their
// place.
func (s *shop) wish(t testing.TB, people int, wants func(i int) catalog.GroupSet) {
	t.Helper()
	sale, first := s.sales()[0], s.entries()
	for i := range people {
		v := onsale.Visitor{Sale: sale, Secret: fmt.Appendf(nil, "wish %d", first+i), Size: 1, Wants: wants(i), Channel: catalog.Online}
		if _, err := s.rooms.Join(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
}

// calledBy counts who was called by each group, and checks that nobody was called before
// a lower number with the same wish.
func (s *shop) calledBy(t testing.TB, groups int) (by []int, waiting int) {
	t.Helper()
	roster := s.rooms.Roster(s.sales()[0].ID)
	by = make([]int, groups)
	waits := map[catalog.GroupSet]uint32{}
	for number := uint32(1); number <= roster.Room().Entries; number++ {
		no, _ := roster.At(number)
		wants := roster.Wants(no)
		call, called := roster.CallOf(number)
		switch {
		case !called:
			waiting++
			if waits[wants] == 0 {
				waits[wants] = number
			}
		case waits[wants] > 0:
			t.Errorf("number %d was called before %d, who wishes for the same", number, waits[wants])
		case !wants.Has(call.Group):
			t.Errorf("number %d was called by group %d", number, call.Group)
		default:
			by[call.Group]++
		}
	}
	return by, waiting
}

// TestEachGroupCallsByItsStock: one of two sites is full at once, and its numbers wait
// while those behind them are called; over HTTP from the form to the booking, across a
// restart, and with the place that comes back.
func TestEachGroupCallsByItsStock(t *testing.T) {
	s := newRoom(t, openToAll, stockOf(2, 40))
	s.at(-time.Hour)
	first, second := catalog.GroupsOf(2, 0), catalog.GroupsOf(2, 1)
	a, b := s.browser(t), s.browser(t)
	a.get(s.path + "/wait")
	a.post(s.path+"/wait/join", ticks(url.Values{}, 0)).want(200, `data-state="joined"`)
	b.get(s.path + "/wait")
	b.post(s.path+"/wait/join", ticks(url.Values{}, 1)).want(200, `data-state="joined"`)
	s.wish(t, 30, func(i int) catalog.GroupSet { return []catalog.GroupSet{first, second, first}[i%3] })
	s.at(time.Second)
	by, waiting := s.calledBy(t, 2)
	if by[0] != 2 || by[1] != 11 || waiting != 19 {
		t.Fatalf("called %v, %d wait; want 2, 11 and 19", by, waiting)
	}
	fresh()
	b.get(s.path+"/wait").want(200, `data-state="called"`)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	b.post(s.path+"/hold", s.slotAt(0, 0)).want(409, `data-state="other_group"`)
	b.post(s.path+"/hold", s.slotAt(1, 0)).want(200, `data-page="cart"`)
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	a.get(s.path+"/status.json").want(200, `"groups":{"schwelm":[2,0,`, `"witten":[39,0,`, `"waiting":19`)
	if err := s.restart(); err != nil {
		t.Fatal(err)
	}
	if again, n := s.calledBy(t, 2); !slices.Equal(again, by) || n != waiting {
		t.Errorf("after the restart %v were called, %d wait", again, n)
	}
	s.pass(20 * time.Second)
	if again, n := s.calledBy(t, 2); again[1] != by[1] || n > waiting || again[0]+n != 2+19 {
		t.Errorf("later %v were called, %d wait", again, n)
	}
	s.verify(t)
}

// TestWaitingPagesShowTheBestGroup: whoever is content with several hears of the one that
// leads there sooner; serving, ahead and the figures for the script are its.
func TestWaitingPagesShowTheBestGroup(t *testing.T) {
	s := newRoom(t, openToAll, stockOf(1, 400))
	s.pull(t, func(l *waitingroom.Levers) { l.Rate = 60 }) // one a second
	s.at(-time.Hour)
	var crowd []*browser
	for _, groups := range [][]int{{0}, {1}, {0, 1}} {
		b := s.browser(t)
		b.get(s.path + "/wait")
		crowd = append(crowd, b.post(s.path+"/wait/join", ticks(url.Values{}, groups...)).want(200, `data-state="joined"`))
	}
	s.wish(t, 600, func(i int) catalog.GroupSet { return catalog.GroupsOf(2, i%2) })
	s.at(time.Second)
	s.pass(20 * time.Second)
	room := s.rooms.Roster(s.sales()[0].ID).Room()
	if room.By[1] <= room.By[0] {
		t.Fatalf("groups reached %v", room.By)
	}
	fresh()
	shown := 0
	for i, served := range []uint32{room.By[0], room.By[1], room.By[1]} {
		b := crowd[i].get(s.path + "/wait")
		if strings.Contains(b.page, `data-state="called"`) {
			continue // lucky
		}
		shown++
		number, err := strconv.Atoi(strings.ReplaceAll(b.number(), ".", ""))
		if err != nil {
			t.Fatal(err)
		}
		b.want(200, fmt.Sprintf("data-serving>%d<", served), "data-ahead>"+strconv.Itoa(number-int(served)-1)+"<", `data-mine="`+[]string{"schwelm", "witten", "schwelm witten"}[i]+`"`)
	}
	if shown == 0 {
		t.Error("all three were called")
	}
}

// TestLateOnesComeInByTheirGroup: whoever missed their turn is let in by the group that
// has a place, and counted there.
func TestLateOnesComeInByTheirGroup(t *testing.T) {
	s := newRoom(t, openToAll, stockOf(1, 1))
	s.at(-time.Hour)
	b := s.browser(t)
	b.get(s.path + "/wait")
	b.post(s.path+"/wait/join", ticks(url.Values{}, 0, 1)).want(200, `data-state="joined"`)
	s.at(time.Second)
	call, called := s.rooms.Roster(s.sales()[0].ID).CallOf(1)
	if !called {
		t.Fatal("nobody was called")
	}
	other := 1 - call.Group
	// Meanwhile the place that they were called for goes to somebody else.
	d := s.browser(t)
	d.get(s.path + "/wait")
	d.post(s.path+"/wait/join", ticks(url.Values{}, call.Group)).want(200)
	s.pass(onsale.PassLasts + time.Minute)
	d.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	d.post(s.path+"/hold", s.slotAt(call.Group, 0)).want(200, `data-page="cart"`)
	b.post(s.path+"/wait/enter", nil).want(200, `data-state="late"`)
	s.pass(2 * time.Second)
	fresh()
	b.get(s.path+"/wait").want(200, `data-state="called"`)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	e, err := s.store.Entry(t.Context(), waitingroom.Place{Sale: s.sales()[0].ID})
	if err != nil || e.Group != other {
		t.Errorf("let in by group %d (%v), want %d", e.Group, err, other)
	}
	b.post(s.path+"/hold", s.slotAt(other, 0)).want(200, `data-page="cart"`)
	if err := s.restart(); err != nil {
		t.Fatal(err)
	}
	s.verify(t)
}

// TestWhoIsNearIsToldByGroup: of two groups the one that is far does not tell, and whoever
// both suit is told once.
func TestWhoIsNearIsToldByGroup(t *testing.T) {
	s := newRoom(t, openToAll, stockOf(300, 1))
	s.at(-time.Hour)
	s.wish(t, 900, func(i int) catalog.GroupSet { return []catalog.GroupSet{1, 2, 0}[i%3] })
	sale := s.sales()[0]
	for no := range uint32(900) {
		if err := s.rooms.Remind(t.Context(), sale, no, "wer@b.example", locale.German); err != nil {
			t.Fatal(err)
		}
	}
	s.pull(t, func(l *waitingroom.Levers) { l.Rate = 60 })
	s.at(time.Second)
	s.pass(5 * time.Second)
	roster := s.rooms.Roster(sale.ID)
	room, told := roster.Room(), map[catalog.GroupSet]int{}
	for no := range uint32(900) {
		number, _ := roster.Number(no)
		wants := roster.Wants(no)
		near := number <= room.Reached(wants)+onsale.NearLeast
		if s.rooms.Reminded(sale.ID, no).Told {
			told[wants]++
			if !near {
				t.Errorf("number %d (%b) was told, groups reached %v", number, wants, room.By)
			}
		} else if near && number <= room.Reached(wants) {
			t.Errorf("number %d (%b) was called and not told, groups reached %v", number, wants, room.By)
		}
	}
	if told[1] < 10 || told[2] < 10 || told[0] < 10 {
		t.Errorf("told %v", told)
	}
	s.verify(t)
}
