//go:build shots

package web_test

import (
	"net/url"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"

	"github.com/chromedp/chromedp/kb"
)

// fewPlaces leaves one slot with two places.
func fewPlaces(p *setup.Plan) {
	p.Slots, p.Sale.Allotments = p.Slots[:1], nil
	p.Slots[0].Places, p.Slots[0].Allotments = 2, map[catalog.Channel]int{catalog.Online: 2}
}

// TestShotsOfTheRoom takes a picture of each state of the waiting page, on a phone.
func TestShotsOfTheRoom(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newRoom(t, fewPlaces)
		k := newKeyboard(t)
		shot := func(name string) { t.Helper(); phoneShot(t, k, "room-"+name+"-"+lang) }
		state := func(want string) {
			t.Helper()
			k.until("document.querySelector('main').dataset.state === '" + want + "'")
		}
		k.open(s.URL + s.path + "/eligible?lang=" + lang)
		for id, v := range map[string]string{"name-1": "Erika Muster", "birth-1": "24.12.1950", "postcode-1": "58332"} {
			k.ask("document.querySelector('#" + id + "').value = '" + v + "'")
		}
		k.ask("document.querySelector('#postcode-1').focus()")
		k.press(kb.Enter)
		state("soon")
		shot("1-soon")
		s.at(-13 * time.Hour)
		k.open(s.URL + s.path)
		shot("2-window")
		k.open(s.URL + s.path + "/wait")
		state("join")
		shot("3-join")
		k.ask("document.querySelector('[data-step=join] button').focus()")
		k.press(kb.Enter)
		state("joined")
		shot("4-joined")
		s.queueUp(t, 8)
		pause := func(paused bool, message catalog.Text) {
			t.Helper()
			_, err := s.store.SetLevers(s.sales()[0].ID, func(l *waitingroom.Levers) error {
				l.Paused, l.Message = paused, message
				return nil
			}, inventory.AuditRow{At: s.now()})
			if err != nil {
				t.Fatal(err)
			}
		}
		pause(true, catalog.Text{locale.German: "Der Aufruf beginnt um 8:15 Uhr.", locale.English: "Calling begins at 8:15."})
		s.at(time.Second)
		k.open(s.URL + s.path + "/wait")
		state("waiting")
		shot("5-paused")
		pause(false, nil)
		s.at(2 * time.Second)
		k.open(s.URL + s.path + "/wait")
		k.until("['called', 'waiting'].includes(document.querySelector('main').dataset.state)")
		shot("6-" + k.ask("document.querySelector('main').dataset.state"))
	}
}

// TestThePageCallsByItself: whoever only looks is told by the page, with the script by
// following the display, and it does not reload itself meanwhile.
func TestThePageCallsByItself(t *testing.T) {
	s := newRoom(t, fewPlaces)
	s.at(-time.Hour)
	others := s.queueUp(t, 6)
	_, err := s.store.SetLevers(s.sales()[0].ID, func(l *waitingroom.Levers) error {
		l.Paused = true
		return nil
	}, inventory.AuditRow{At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	k := newKeyboard(t)
	k.open(s.URL + s.path + "/eligible")
	for id, v := range map[string]string{"name-1": "Erika Muster", "birth-1": "24.12.1950", "postcode-1": "58332"} {
		k.ask("document.querySelector('#" + id + "').value = '" + v + "'")
	}
	k.ask("document.querySelector('#postcode-1').focus()")
	k.press(kb.Enter)
	k.until("document.querySelector('main').dataset.state === 'joined'")
	s.at(time.Second)
	k.open(s.URL + s.path + "/wait")
	k.until("document.querySelector('main').dataset.state === 'waiting'")
	k.ask("window.stayed = true")
	k.until("!document.querySelector('[data-alarm]').hidden")
	_, err = s.store.SetLevers(s.sales()[0].ID, func(l *waitingroom.Levers) error {
		l.Paused = false
		return nil
	}, inventory.AuditRow{At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	for turn := range 4 { // two by two until everybody was called
		s.at(time.Duration(10*(turn+1)) * time.Minute)
		for _, b := range others {
			b.get(s.path + "/wait")
			b.post(s.path+"/wait/enter", nil)
			if m := radio.FindStringSubmatch(b.page); m != nil {
				b.post(s.path+"/hold", url.Values{"slot": {m[1]}})
				b.post(b.at+"/release", nil)
			}
		}
	}
	k.until("document.querySelector('main').dataset.state === 'called'")
	if got := k.ask("String(window.stayed)"); got != "undefined" {
		t.Errorf("the page was not loaded anew when it was called: %s", got)
	}
}

// TestShotsOfTheRange takes pictures of the range of time and of the mail, and holds what
// the script says against what the page said.
func TestShotsOfTheRange(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newRoom(t, openToAll)
		k := newKeyboard(t)
		shot := func(name string) { t.Helper(); phoneShot(t, k, "range-"+name+"-"+lang) }
		s.at(-time.Hour)
		s.fill(t, 0, 1200)
		k.open(s.URL + s.path + "/wait?lang=" + lang)
		k.ask("document.querySelector('[data-step=join] button').click()")
		k.until("document.querySelector('main').dataset.state === 'joined'")
		shot("1-joined")
		k.open(s.URL + s.path + "/wait/mail")
		shot("2-mail")
		k.ask("document.querySelector('#mail').value = 'erika at home'")
		k.ask("document.querySelector('[data-step=remind] button').click()")
		k.until("document.querySelector('.error') !== null")
		shot("3-mail-wrong")
		k.ask("document.querySelector('#mail').value = 'erika@beispiel.de'")
		k.ask("document.querySelector('[data-step=remind] button').click()")
		k.until("document.querySelector('[data-step=forget-mail]') !== null")
		shot("4-asked")
		s.pull(t, func(l *waitingroom.Levers) { l.Rate = 120 })
		s.at(time.Second)
		k.open(s.URL + s.path + "/wait")
		shot("5-untold")
		for range 25 {
			s.pass(3 * time.Second)
			s.come(t, func(no uint32) bool { return no%2 == 0 })
		}
		k.open(s.URL + s.path + "/wait")
		shot("6-range")
		said := k.ask("document.querySelector('[data-range]').textContent")
		k.ask("document.querySelector('[data-range]').textContent = ''")
		k.until("document.querySelector('[data-range]').textContent !== ''")
		if now := k.ask("document.querySelector('[data-range]').textContent"); now != said {
			t.Errorf("the page said %q, the script says %q", said, now)
		}
	}
}
