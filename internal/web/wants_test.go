package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
)

// timesOf are the times offered for choice.
func (b *browser) timesOf() int { return strings.Count(b.page, `name="slot"`) }

// slotAt is the n-th slot of a group.
func (s *shop) slotAt(group, n int) url.Values {
	for _, slot := range s.sales()[0].Slots {
		if slot.Group != group {
			continue
		}
		if n--; n < 0 {
			return url.Values{"slot": {strconv.FormatInt(int64(slot.ID), 10)}}
		}
	}
	panic("no such slot")
}

// TestANumberIsGoodForWhatWasTicked: from the form to the booking in two groups of three.
func TestANumberIsGoodForWhatWasTicked(t *testing.T) {
	s := newRoom(t, sites(3, 3, 2))
	b := s.browser(t)
	if b.get(s.path + "/eligible"); strings.Contains(b.page, "want-a") {
		t.Error("asked before numbers are drawn")
	}
	s.at(-time.Hour)
	fresh()
	b.get(s.path+"/eligible").want(200, `name="want-a" id="want-a" value="1" checked`, `name="want-c"`, "Je mehr Sie ankreuzen", "lässt sich nicht mehr ändern")
	b.post(s.path+"/eligible", erika()).want(422, `value="1" checked`, "mindestens eine") // of a page that did not ask
	b.post(s.path+"/eligible", ticks(erika())).bilingual(422, "Bitte kreuzen Sie mindestens eine Möglichkeit an", "Please tick at least one")
	if strings.Contains(b.page, `id="want-a" value="1" checked`) || s.entries() != 0 {
		t.Errorf("what was not ticked is ticked, or a number was drawn")
	}
	b.post(s.path+"/eligible", ticks(erika(), 1, 2)).want(200, `data-state="joined"`, "Ihnen passt: <b>Witten und Hattingen</b>")
	b.post(s.path+"/eligible", ticks(erika(), 0)).want(200, "<b>Witten und Hattingen</b>") // frozen with the number
	if n := s.entries(); n != 1 {
		t.Errorf("%d numbers", n)
	}
	if err := s.restart(); err != nil {
		t.Fatal(err)
	}
	s.at(time.Second)
	b.get(s.path+"/wait?lang=en").want(200, `data-state="called"`, "Suits you: <b>Witten and Hattingen</b>")
	b.post(s.path+"/wait/enter", url.Values{"lang": {"de"}})
	b.get(s.path+"/slots?lang=de").want(200, "<legend>Witten", "<legend>Hattingen")
	if strings.Contains(b.page, "Schwelm, ") || b.timesOf() != 6 {
		t.Errorf("%d times to choose from", b.timesOf())
	}
	b.post(s.path+"/hold", s.slotAt(0, 1)).bilingual(409, "Dafür wurde Ihre Nummer nicht gezogen", "Your number was not drawn for that")
	b.want(409, `data-state="other_group"`, `rel="next" href="`+s.path+`/slots"`)
	if strings.Contains(b.page, ">Schwelm, ") || !strings.Contains(b.page, ">Witten, ") {
		t.Errorf("offers other times of what does not suit: %s", b.page)
	}
	b.post(s.path+"/hold", s.slotAt(2, 1)).want(200, `data-page="cart"`, "<h1>Hattingen, ")
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	if n := s.taken(t); n != 1 {
		t.Errorf("%d places taken", n)
	}
	s.verify(t)
}

// TestJoiningAsksWhatSuits: where nobody is asked who comes, the button to a number asks.
func TestJoiningAsksWhatSuits(t *testing.T) {
	s := newRoom(t, openToAll, sites(2, 2, 2))
	s.at(-time.Hour)
	b := s.browser(t)
	b.get(s.path+"/wait").want(200, `data-step="join"`, "Was passt Ihnen?", `name="want-b" id="want-b" value="1" checked`)
	b.post(s.path+"/wait/join", ticks(url.Values{})).want(422, "mindestens eine", `data-step="join"`, `href="#want-a"`)
	b.post(s.path+"/wait/join", ticks(url.Values{}, 0)).want(200, `data-state="joined"`, "Ihnen passt: <b>Schwelm</b>")
	s.at(time.Second)
	b.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	if b.timesOf() != 2 {
		t.Errorf("%d times to choose from", b.timesOf())
	}
	b.post(s.path+"/hold", s.slotAt(1, 0)).want(409, `data-state="other_group"`)
	b.post(s.path+"/hold", s.slotAt(0, 0)).want(200, `data-page="cart"`)
}

// TestAClerkAsksWhatSuits: for whoever calls, and books with the number only there.
func TestAClerkAsksWhatSuits(t *testing.T) {
	s := newRoom(t, sites(2, 2, 2), func(p *setup.Plan) { p.Sale.Opens = opens })
	s.at(-time.Hour)
	b := s.roomDesk(t)
	b.get("/desk"+s.path+"/number").want(200, `name="want-a"`, "Je mehr Sie ankreuzen")
	b.draws(ticks(oneOfMany(0))).want(422, "mindestens eine")
	b.draws(ticks(oneOfMany(0), 1)).want(200, `data-page="number"`, "<dt>Passt</dt><dd>Witten</dd>")
	no := strings.TrimPrefix(b.at, "/desk"+s.path+"/number/")
	s.at(time.Second)
	b.get("/desk"+s.path+"?number="+no).want(200, "Buchen mit der aufgerufenen Nummer", `label="Witten, `)
	if strings.Contains(b.page, "Schwelm, ") {
		t.Error("the desk offers what does not suit")
	}
	other := b.filled(oneOfMany(0), s.slotAt(0, 0).Get("slot"))
	other.Set("number", no)
	b.post("/desk"+s.path+"/hold", other).want(409, `data-state="other_group"`, "Dafür wurde Ihre Nummer nicht gezogen", "Witten, ")
	own := b.filled(oneOfMany(0), s.slotAt(1, 0).Get("slot"))
	own.Set("number", no)
	b.post("/desk"+s.path+"/hold", own).want(200, `data-page="cart"`)
	if free, _ := s.booking.Available.Slot(s.sales()[0].Slots[1].ID, catalog.Online); free != 1 {
		t.Errorf("%d places are left", free)
	}
	s.verify(t)
}
