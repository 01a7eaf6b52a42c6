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
	run("event-desk", cdp.EmulateViewport(1280, 800), cdp.Navigate(s.URL+s.path+"?lang=en"))
}
