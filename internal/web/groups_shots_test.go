//go:build shots

package web_test

import (
	"fmt"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/waitingroom"
)

// TestShotsOfGroups takes pictures of a sale with several sites, and looks whether the
// script follows the one that suits: its figures are not those of the furthest.
func TestShotsOfGroups(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newRoom(t, openToAll, stockOf(60, 400, 30))
		s.pull(t, func(l *waitingroom.Levers) { l.Rate = 120 })
		k := newKeyboard(t)
		shot := func(name string) { t.Helper(); phoneShot(t, k, "groups-"+name+"-"+lang) }
		state := func(want string) {
			t.Helper()
			k.until("document.querySelector('main').dataset.state === '" + want + "'")
		}
		s.at(-time.Hour)
		s.wish(t, 900, func(i int) catalog.GroupSet { return []catalog.GroupSet{1, 2, 2, 2, 4, 4}[i%6] })
		k.open(s.URL + s.path + "?lang=" + lang)
		shot("1-event")
		s.at(time.Second) // who joins now is behind all of them
		k.open(s.URL + s.path + "/wait")
		state("join")
		k.ask("document.querySelector('#want-b').click()")
		shot("2-join")
		k.ask("document.querySelector('[data-step=join] button').click()")
		state("waiting")
		shot("3-waiting")
		shown := func(name string) string { return k.ask("document.querySelector('[data-" + name + "]').textContent") }
		k.ask("window.stayed = true")
		before := shown("serving")
		s.pass(5 * time.Second)
		room := s.rooms.Roster(s.sales()[0].ID).Room()
		best := locale.Number(locale.Lang(lang), int64(max(room.By[0], room.By[2])))
		k.until("document.querySelector('[data-serving]').textContent === '" + best + "'")
		if got := k.ask("String(window.stayed)"); got != "true" {
			t.Errorf("the page was loaded anew: %s", got)
		}
		want := fmt.Sprint(901 - max(room.By[0], room.By[2]) - 1)
		if ahead := shown("ahead"); ahead != want || before == best {
			t.Errorf("%s numbers ahead, want %s; serving was %s, is %s, groups reached %v", ahead, want, before, best, room.By)
		}
		shot("4-followed")
	}
}
