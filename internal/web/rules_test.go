package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"einlass/internal/setup"
)

// TestRulesAreTheServers: who may book is decided here and sealed. A browser that writes
// its own answer, changes the sealed one or shows another sale's is asked again; it has no
// number and no place.
func TestRulesAreTheServers(t *testing.T) {
	s, room := newShop(t, "ennepe-ruhr"), newRoom(t)
	s.offset.Store(int64(time.Minute))
	room.at(-time.Hour)
	honest := s.browser(t)
	honest.post(s.path+"/eligible", erika()).want(200, `data-page="slots"`)
	name, sealed := honest.cookie("people")
	passName, pass := honest.cookie("pass")
	young := `[{"Name":"Max Muster","BirthDate":"2001-01-01T00:00:00Z","Postcode":"80331"}]`
	forged := []string{
		base64.RawURLEncoding.EncodeToString([]byte(young)), base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(young, "2001", "1950"))),
		pass, sealed + "A", sealed[1:], sealed[:len(sealed)-4],
	}
	for i := range sealed {
		forged = append(forged, flipped(sealed, i, 1), flipped(sealed, i, 32))
	}
	for i, people := range forged {
		if code, to, _ := s.answer(t, s.path+"/hold", s.time(0), map[string]string{name: people, passName: pass}); code != http.StatusSeeOther || to != s.path+"/eligible" {
			t.Fatalf("forgery %d: status %d, to %q", i, code, to)
		}
		if code, to, _ := room.answer(t, room.path+"/wait/join", nil, map[string]string{name: people}); code != http.StatusSeeOther || to != room.path+"/eligible" {
			t.Fatalf("the room, forgery %d: status %d, to %q", i, code, to)
		}
	}
	if s.taken(t) != 0 || room.entries() != 0 || len(forged) < 200 {
		t.Errorf("%d forgeries gave %d places and %d numbers", len(forged), s.taken(t), room.entries())
	}
	if _, to, _ := s.answer(t, s.path+"/hold", s.time(0), map[string]string{name: sealed, passName: pass}); !strings.HasPrefix(to, "/cart/") {
		t.Errorf("the honest one is led to %q", to)
	}
	t.Logf("%d forgeries, each for a place and for a number", len(forged))
}

// TestFiftyBrowsersWithOneLetter: a letter's code in fifty browsers of ten networks is one
// number, before the draw and after it.
func TestFiftyBrowsersWithOneLetter(t *testing.T) {
	const browsers, networks = 50, 10
	var letters []string
	s := newRoom(t, func(p *setup.Plan) { letters = p.Codes[0].Codes })
	s.letters(t, "berufe-2021", letters)
	s.at(-time.Hour)
	who := person("Erika Muster", "24.12.1990")
	who.Set("code-1", letters[0])
	crowd := make([]*browser, browsers)
	for i := range crowd {
		crowd[i] = s.from(t, fmt.Sprintf("127.0.0.%d", 40+i%networks))
		crowd[i].post(s.path+"/eligible", who).want(200, `data-state="joined"`)
	}
	s.queueUp(t, 3)
	s.at(time.Second)
	numbers := map[string]bool{}
	for _, b := range crowd {
		numbers[b.get(s.path+"/wait").number()] = true
	}
	if n := s.entries(); n != 4 || len(numbers) != 1 {
		t.Errorf("%d browsers with one letter have the numbers %v; %d entries", browsers, numbers, n)
	}
}
