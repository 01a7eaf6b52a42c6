//go:build shots

package web_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/setup"

	cdp "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestShotsOfFairness takes pictures, on a phone, of what people see where nobody asks
// who they are, of a clerk's grant for a namesake, and of an opening in two roles.
func TestShotsOfFairness(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		shotsOfNetworks(t, lang)
		shotsOfANamesake(t, lang)
		shotsOfAnOpening(t, lang)
	}
}

// phoneShot keeps a picture as a phone shows it; nothing may be wider than the screen.
func phoneShot(t *testing.T, k *keyboard, name string) {
	t.Helper()
	k.do(cdp.EmulateViewport(360, 740, cdp.EmulateScale(1.5)))
	if over := k.ask("document.documentElement.scrollWidth - innerWidth"); over != "0" {
		t.Errorf("%s is too wide by %s", name, over)
	}
	if twice := k.ask("String([...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i))"); twice != "" {
		t.Errorf("%s has ids twice: %s", name, twice)
	}
	buf, err := cdp.Run(k.ctx, cdp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fmt.Sprintf("%s/%s.png", os.Getenv("EINLASS_SHOTS"), name), buf, 0o644); err != nil {
		t.Fatal(err)
	}
}

func shotsOfNetworks(t *testing.T, lang string) {
	s := newNetworks(t, 20)
	for i := range 120 {
		s.joinFrom(fmt.Sprintf("10.0.%d.7:4000", i))
	}
	k := newKeyboard(t)
	k.open(s.URL + s.path + "/wait?lang=" + lang)
	phoneShot(t, k, "fair-join-"+lang)
	for range 30 {
		s.joinFrom("127.0.0.1:4000")
	}
	k.ask("document.querySelector('[data-step=join] button').focus()")
	k.press(kb.Enter)
	k.until("document.querySelector('main').dataset.state === 'network_full'")
	phoneShot(t, k, "fair-network-full-"+lang)
	k.open(s.URL + s.path + "/draw")
	phoneShot(t, k, "fair-draw-"+lang)
}

func shotsOfANamesake(t *testing.T, lang string) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	s.take(t, "Erika Muster", 4)
	s.account(t, "kasse1", inventory.RoleClerk)
	k := newKeyboard(t)
	k.open(s.staff.URL + "/login?lang=" + lang)
	k.is("login").press("kasse1", tab, deskPassword, kb.Enter).is("desk")
	for id, v := range map[string]string{"name-1": "Erika Muster", "birth-1": "24.12.1950", "postcode-1": "58332"} {
		k.ask("document.querySelector('#" + id + "').value = '" + v + "'")
	}
	k.ask("document.querySelector('#postcode-1').focus()")
	k.press(kb.Enter)
	k.until("document.querySelector('main').dataset.state === 'has_one'")
	phoneShot(t, k, "fair-namesake-"+lang)
}

func shotsOfAnOpening(t *testing.T, lang string) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) { p.Sale.Expects = 5_000 })
	s.offset.Store(-int64(30 * time.Minute))
	opening := "/desk" + s.path + "/opening"
	anna := s.officer(t, "anna", "Anna Muster", inventory.RoleOrganizer)
	anna.post(opening+"/acknowledge", anna.get(opening).hidden("acknowledge")).want(200)
	s.officer(t, "bert", "Bert Beispiel", inventory.RoleTechnical)
	k := newKeyboard(t)
	k.open(s.staff.URL + "/login?lang=" + lang)
	k.is("login").press("bert", tab, deskPassword, kb.Enter)
	k.until("document.querySelector('main').dataset.page === 'opening'")
	phoneShot(t, k, "fair-opening-one-"+lang)
	k.ask("document.querySelector('[data-step=acknowledge] button').focus()")
	k.press(kb.Enter)
	k.until("!document.querySelector('[data-missing]')")
	phoneShot(t, k, "fair-opening-both-"+lang)
}
