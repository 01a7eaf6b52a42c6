//go:build shots

package web_test

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/setup"
)

// TestShotsOfADraw takes pictures of the wait for the beacon and of the page about the
// draw, before it and after, on a phone.
func TestShotsOfADraw(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		s := newRoom(t, func(p *setup.Plan) {
			p.Sale.Eligible, p.Sale.Limit = nil, catalog.Limit{}
			p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto 6 aus 49, 3. April 2021", Wait: 10 * time.Minute}
		})
		k := newKeyboard(t)
		shot := func(path, name string) {
			t.Helper()
			k.open(s.URL + s.path + path)
			phoneShot(t, k, "draw-"+name+"-"+lang)
		}
		s.at(-time.Hour)
		k.open(s.URL + s.path + "/wait?lang=" + lang)
		k.ask("document.querySelector('[data-step=join] button').click()")
		k.until("document.querySelector('main').dataset.state === 'joined'")
		s.queueUp(t, 8)
		shot("/draw", "1-before")
		s.at(0)
		shot("/wait", "2-waits")
		s.bring(t, draw.Beacon{Source: draw.Typed, Text: "3 7 12 25 33 41"})
		s.pass(15 * time.Second)
		shot("/draw", "3-after")
	}
}
