//go:build shots

package web_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	cdp "github.com/chromedp/chromedp"
)

func TestShots(t *testing.T) {
	out := os.Getenv("EINLASS_SHOTS")
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	opts := append(cdp.DefaultExecAllocatorOptions[:], cdp.NoSandbox, cdp.Flag("disable-background-networking", true))
	actx, c := cdp.NewExecAllocator(context.Background(), opts...)
	defer c()
	ctx, c2 := cdp.NewContext(actx)
	defer c2()
	n := 0
	run := func(name string, a ...cdp.Action[cdp.Void]) {
		t.Helper()
		if err := cdp.Do(ctx, a...); err != nil {
			t.Fatal(err)
		}
		buf, err := cdp.Run(ctx, cdp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		n++
		if err := os.WriteFile(fmt.Sprintf("%s/%02d-%s.png", out, n, name), buf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run("event", cdp.EmulateViewport(360, 740, cdp.EmulateScale(1.5)), cdp.Navigate(s.URL+s.path+"?lang=de"))
	run("eligible", cdp.Click(cdp.CSS("a[rel=next]")), cdp.WaitVisible(cdp.CSS("#name-1")))
	run("notok", cdp.SetValue(cdp.CSS("#name-1"), "Erika Muster"), cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1990"), cdp.SetValue(cdp.CSS("#postcode-1"), "10115"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".note.bad")))
	run("slots", cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1950"), cdp.SetValue(cdp.CSS("#postcode-1"), "58332"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".slots label")), cdp.Click(cdp.CSS("input[name=slot]")))
	run("cart", cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS("[data-until]")), cdp.Sleep(time.Second))
	run("booking", cdp.SetValue(cdp.CSS("#mail"), "erika@beispiel.de"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS("[data-code]")))
	run("find", cdp.Navigate(s.URL+"/find"))
	run("404", cdp.Navigate(s.URL+"/nix/nix"))
	run("damaged-link", cdp.Navigate(s.URL+"/b/nix"))
	run("mistakes", cdp.Navigate(s.URL+s.path+"/eligible"), cdp.Click(cdp.CSS("input[name=size][value='2']")),
		cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1990"), cdp.SetValue(cdp.CSS("#postcode-1"), "10115"),
		cdp.SetValue(cdp.CSS("#name-2"), "Max Muster"), cdp.SetValue(cdp.CSS("#birth-2"), "31.2.1950"), cdp.SetValue(cdp.CSS("#postcode-2"), "5833"),
		cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".note.bad")))
	run("mistakes-en", cdp.Click(cdp.CSS("button[name=lang]")), cdp.WaitVisible(cdp.CSS("html[lang=en] .note.bad")))
	booked := s.take(t, "Max Muster", 7)
	run("wrong-address", cdp.Navigate(s.URL+booked.at+"?lang=de"), cdp.Click(cdp.CSS("details summary")), cdp.SetValue(cdp.CSS("#mail"), "max@"),
		cdp.Click(cdp.CSS("#contact .btn")), cdp.WaitVisible(cdp.CSS(".note.bad")))
	full := busy(t)
	run("busy", cdp.Navigate(full.base+"/ort/fest/slots"))
	low := newShopWith(t, "ennepe-ruhr", statesOfTimes)
	low.offset.Store(int64(time.Minute))
	low.take(t, "Erika Eins", 0)
	low.hold(t, "Erika Zwei", 0)
	low.take(t, "Erika Drei", 0)
	run("states", cdp.Navigate(low.URL+low.path+"/eligible"), cdp.SetValue(cdp.CSS("#name-1"), "Max Muster"), cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1950"),
		cdp.SetValue(cdp.CSS("#postcode-1"), "58332"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".slots label")))
	one := newShopWith(t, "ennepe-ruhr", few(1, 1, 1))
	one.offset.Store(int64(time.Minute))
	run("last", cdp.Navigate(one.URL+one.path+"/eligible"), cdp.SetValue(cdp.CSS("#name-1"), "Max Muster"), cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1950"),
		cdp.SetValue(cdp.CSS("#postcode-1"), "58332"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".slots label")), cdp.Click(cdp.CSS("input[name=slot]")))
	one.take(t, "Erika Eins", 0)
	run("refused-phone", cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS("[data-page=refused]")))
	fresh()
	run("full-phone", cdp.Navigate(one.URL+one.path))
	shotsOfTheRoom(t, run)
	run("event-desk", cdp.EmulateViewport(1280, 800), cdp.Navigate(s.URL+s.path+"?lang=en"))
}

// shotsOfTheRoom are the pages by which a number comes to another device.
func shotsOfTheRoom(t *testing.T, run func(string, ...cdp.Action[cdp.Void])) {
	t.Helper()
	s := newRoom(t, short)
	s.at(-time.Hour)
	code := s.browser(t).drawsNumber(erika()).transferCode()
	for i := range 3 {
		s.browser(t).drawsNumber(oneOfMany(i))
	}
	who := func(name string) []cdp.Action[cdp.Void] {
		return []cdp.Action[cdp.Void]{
			cdp.Navigate(s.URL + s.path + "/eligible?lang=de"), cdp.SetValue(cdp.CSS("#name-1"), name), cdp.SetValue(cdp.CSS("#birth-1"), "24.12.1950"),
			cdp.SetValue(cdp.CSS("#postcode-1"), "58332"),
		}
	}
	run("room-join", who("Erika Muster")...)
	run("room-has-number", cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS("[data-state=has_number]")))
	run("room-transfer", cdp.Navigate(s.URL+s.path+"/wait/transfer"))
	run("room-transfer-wrong", cdp.SetValue(cdp.CSS("#transfer"), "000-000-000-000"), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS(".note.warn")))
	run("room-transferred", cdp.SetValue(cdp.CSS("#transfer"), code), cdp.Click(cdp.CSS(".bar .btn")), cdp.WaitVisible(cdp.CSS("[data-state=joined]")))
	run("room-transfer-own", cdp.Navigate(s.URL+s.path+"/wait/transfer"))
	s.at(time.Second)
	run("room-waiting", cdp.Navigate(s.URL+s.path+"/wait"))
}
