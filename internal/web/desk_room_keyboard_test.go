//go:build shots

package web_test

import (
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"

	cdp "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// clickOn puts the focus into a field.
func clickOn(field string) cdp.Action[cdp.Void] { return cdp.Focus(cdp.CSS(field)) }

// numberMax is what a number for a caller may take beside the person's own data, in key
// strokes.
const numberMax = 6

// TestByKeyboardInTheRoom draws numbers, looks one up and pulls the levers, without a
// mouse.
func TestByKeyboardInTheRoom(t *testing.T) {
	s := newRoom(t, short)
	s.at(-time.Hour)
	s.account(t, "amt", inventory.RoleOrganizer)
	for i := range 3 {
		s.browser(t).drawsNumber(oneOfMany(i))
	}
	k := newKeyboard(t)
	k.open(s.staff.URL + "/login?lang=de")
	k.is("login").press("amt", tab, deskPassword, enter).is("desk")
	k.shot("room-desk")
	k.press(kb.Escape).keysListed()
	k.number(s)
	k.levers(s)
}

// number draws one for a caller, and a second one for their namesake.
func (k *keyboard) number(s *shop) {
	k.t.Helper()
	k.strokes = 0
	k.hot("r").is("draw")
	k.shot("room-draw")
	k.press(kb.Escape).hot("pn").press("Erika Muster", tab, "24121950", tab, "58332", enter).is("number").says("Code zum Vorlesen")
	if ours := k.strokes - len("Erika Muster"+"24121950"+"58332"); ours > numberMax+1 { // and Enter
		k.t.Errorf("a number takes %d strokes beside what is asked of the person", ours)
	}
	k.shot("room-number")
	k.keysListed()
	k.hot("d").is("numberprint").says("/wait/transfer")
	k.shot("room-number-print")
	k.keysListed()
	k.hot("b").is("number").says("Code zum Vorlesen").hot("n").is("draw").press(kb.Escape).hot("n")
	k.press("Erika Muster", tab, "24121950", tab, "58332", enter).is("draw").says("wurde schon eine Nummer gezogen")
	k.shot("room-twice")
	k.keysListed()
	k.hot("s").press(enter).is("draw").says("Bitte füllen")
	k.press("Ausweis verglichen", tab, enter).is("number").says("Nimmt an der Verlosung teil")
	s.at(time.Second)
	k.press(kb.Escape).hot("/").press("4", enter).is("number").says("Nummer 4")
	k.shot("room-history")
	k.keysListed()
}

// levers pauses, goes on, sets the pace and closes; the figures follow by themselves.
func (k *keyboard) levers(s *shop) {
	k.t.Helper()
	k.hot("w").is("room").says("Es wird aufgerufen")
	k.shot("room")
	k.keysListed()
	before := k.ask("document.querySelector('[data-live]').innerText")
	late := s.browser(k.t)
	late.post(s.path+"/eligible", oneOfMany(9))
	from := time.Now()
	for k.ask("document.querySelector('[data-live]').innerText") == before {
		if time.Since(from) > 3*time.Second {
			k.t.Fatal("the figures do not follow")
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.t.Logf("the figures follow after %v", time.Since(from).Round(time.Millisecond))
	k.says("Gezogene Nummern\n6")
	k.press(kb.Escape, tab)
	k.do(clickOn("#say-de"))
	k.press("Wir prüfen eine Leitung.", tab, "We check a line.", tab, tab, "8:30", kb.Escape).hot("p").press(enter).is("room").says("weitergehen soll es am Samstag, 3. April 2021, 8:30 Uhr")
	k.shot("room-paused")
	k.keysListed()
	k.hot("g").is("room").says("Es wird aufgerufen")
	k.do(clickOn("#rate"))
	k.press("viele", enter).is("room").says("Bitte schreiben Sie eine Zahl")
	k.shot("room-wrong")
	k.press(kb.Escape).hot("s").is("shut").says("Nummern warten noch")
	k.shot("room-close")
	k.keysListed()
	k.hot("b").is("room").hot("s").is("shut").hot("s").press(enter).is("room").says("für immer geschlossen")
	k.shot("room-closed")
	if strings.Contains(k.ask("document.querySelector('main').innerText"), "Anhalten") {
		k.t.Error("a lever of a room that is closed")
	}
}
