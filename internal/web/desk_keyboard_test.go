//go:build shots

package web_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"

	protocol "github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keyboard is a clerk without a mouse, in a real browser.
type keyboard struct {
	t       *testing.T
	ctx     context.Context
	strokes int
	shots   int
}

func newKeyboard(t *testing.T, flags ...cdp.ExecAllocatorOption) *keyboard {
	t.Helper()
	opts := append(cdp.DefaultExecAllocatorOptions[:], cdp.NoSandbox, cdp.Flag("disable-background-networking", true))
	opts = append(opts, flags...)
	actx, stop := cdp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, stopTab := cdp.NewContext(actx)
	t.Cleanup(stopTab)
	ctx, stopTime := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stopTime)
	return &keyboard{t: t, ctx: ctx}
}

func (k *keyboard) do(a ...cdp.Action[cdp.Void]) {
	k.t.Helper()
	if err := cdp.Do(k.ctx, a...); err != nil {
		k.t.Fatal(err)
	}
}

// open is the only thing done without keys: the address of the first page.
func (k *keyboard) open(address string) {
	k.t.Helper()
	focus := cdp.Func(func(ctx context.Context, t *cdp.Target) error { // a window nobody looks at has none
		_, err := protocol.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})
	k.do(focus, cdp.EmulateViewport(1280, 800), cdp.Navigate(address))
}

// hot presses keys that mean something, one after the other. A browser types no
// character for a key that the page has taken; the driver would.
func (k *keyboard) hot(keys string) *keyboard {
	k.t.Helper()
	for _, r := range keys {
		kb.Keys[r].Print = false
		k.press(string(r))
		kb.Keys[r].Print = true
	}
	return k
}

// press types.
func (k *keyboard) press(keys ...string) *keyboard {
	k.t.Helper()
	for _, key := range keys {
		k.do(cdp.KeyEvent(key))
		k.strokes += len([]rune(key))
	}
	return k
}

// is waits for a page, and for the focus to be where the page wants it.
func (k *keyboard) is(page string) *keyboard {
	k.t.Helper()
	for range 200 {
		if got := k.ask("document.readyState === 'complete' && (!document.querySelector('[autofocus]') || document.activeElement !== document.body) ? document.querySelector('main').dataset.page : ''"); got == page {
			return k
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.t.Fatalf("no page %q: %s", page, k.ask("document.querySelector('main').innerText"))
	return k
}

func (k *keyboard) ask(expression string) string {
	k.t.Helper()
	got, err := cdp.Run(k.ctx, cdp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		return "" // between two pages
	}
	return got
}

// shot keeps what the clerk sees.
func (k *keyboard) shot(name string) {
	k.t.Helper()
	out := os.Getenv("EINLASS_SHOTS")
	if out == "" {
		return
	}
	for _, width := range []int64{1280, 360} {
		k.do(cdp.EmulateViewport(width, 800))
		buf, err := cdp.Run(k.ctx, cdp.CaptureScreenshot())
		if err != nil {
			k.t.Fatal(err)
		}
		if err := os.WriteFile(fmt.Sprintf("%s/desk-%02d-%s-%d.png", out, k.shots, name, width), buf, 0o644); err != nil {
			k.t.Fatal(err)
		}
	}
	k.shots++
	k.do(cdp.EmulateViewport(1280, 800))
}

// keysListed checks that ? shows every key of the page, and none that does nothing.
func (k *keyboard) keysListed() {
	k.t.Helper()
	k.hot("?")
	if k.ask("document.querySelector('#keys').open && document.querySelector('#keys').getBoundingClientRect().bottom <= innerHeight") != "true" {
		k.t.Errorf("? shows no list of keys where one sees it")
	}
	have := strings.Split(k.ask("[...new Set([...document.querySelectorAll('[data-key]')].map((e) => e.dataset.key))].filter((x) => x !== '?' && !(x > '1' && x <= '9'))"), ",")
	told := strings.Split(k.ask("[...document.querySelectorAll('#keys dl kbd')].map((e) => e.textContent).filter((x) => x !== 'Esc' && x !== '⏎' && !(x > '1' && x <= '9'))"), ",")
	slices.Sort(have)
	slices.Sort(told)
	if !slices.Equal(have, told) {
		k.t.Errorf("the page has the keys %v, ? shows %v", have, told)
	}
	k.press(kb.Escape)
	if k.ask("document.querySelector('#keys').open") != "false" {
		k.t.Error("Escape does not close the list of keys")
	}
}

const (
	tab   = kb.Tab
	enter = kb.Enter

	// walkInMax is what a booking at the counter may take beside the person's own
	// data, in key strokes.
	walkInMax = 12
)

func TestByKeyboardAlone(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	s.account(t, "kasse1", inventory.RoleClerk)
	k := newKeyboard(t)
	k.open(s.staff.URL + "/login?lang=de")
	k.is("login").press("kasse1", tab, deskPassword, enter).is("desk")
	k.shot("desk")
	k.keysRest()
	k.press(kb.Escape).keysListed()
	k.walkIn()
	k.call()
	k.worklist()
	k.letter()
	k.soldOut()
	k.cancel()
	s.verify(t)
}

// walkIn books for somebody at the counter. What is typed of the person is theirs;
// the rest is ours to keep short.
func (k *keyboard) walkIn() {
	k.t.Helper()
	k.strokes = 0
	k.hot("n").press("Erika Muster", tab, "24121950", tab, "58332", enter).is("cart").press(enter).is("booking")
	ours := k.strokes - len("Erika Muster"+"24121950"+"58332")
	if ours > walkInMax {
		k.t.Errorf("a walk-in takes %d strokes beside what is asked of the person", ours)
	}
	k.t.Logf("a walk-in: %d strokes beside what is asked of the person", ours)
	k.shot("booking")
	k.keysListed()
}

// call books for somebody on the phone, who is told the code at once.
func (k *keyboard) call() {
	k.t.Helper()
	k.hot("n").is("desk").press(kb.Escape).hot("pn").press("Hans Beispiel", tab, "01021955", tab, "58332", enter).is("cart")
	k.shot("cart-by-phone")
	if got := k.ask("document.activeElement.id + ' ' + document.querySelector('[name=contact]:checked').value"); got != "phone phone" {
		k.t.Errorf("by phone the cart begins with %q", got)
	}
	k.press("02336 93 1", enter).is("booking")
	k.shot("booking-by-phone")
	k.keysListed()
	k.hot("k").is("booking").says("Notiert.").hot("u").is("booking").says("Ist durchgesagt")
}

// worklist calls somebody and takes it back.
func (k *keyboard) worklist() {
	k.t.Helper()
	k.hot("a").is("tasks").says("02336 93 1")
	k.shot("tasks")
	k.keysListed()
	k.hot("f").is("tasks").says("Hans Beispiel ist angerufen")
	k.shot("tasks-done")
	k.hot("u").is("tasks").says("Hans Beispiel steht wieder auf der Liste")
	k.hot("w").is("tasks").says("Hans Beispiel steht um 9:01 Uhr wieder auf der Liste")
	k.hot("n").is("desk").says("Neue Buchung")
}

// letter books for somebody who wants paper, and prints it from the list.
func (k *keyboard) letter() {
	k.t.Helper()
	k.press(kb.Escape).hot("n").press("Paul Papier", tab, "03041957", tab, "58332", enter).is("cart")
	k.press(kb.Escape).hot("3").press("Markt 1", enter, "58332 Schwelm", tab, enter).is("booking").says("Brief steht noch aus")
	k.hot("a").is("tasks").says("58332 Schwelm")
	k.keysListed()
	k.hot("d").is("print").says("Markt 1")
	k.shot("letter")
	k.keysListed()
	k.hot("k").is("tasks").says("Der Brief an Paul Papier ist unterwegs").hot("n").is("desk")
}

// soldOut asks at the counter for a time that only the phone has, and takes the
// nearest instead, with one key.
func (k *keyboard) soldOut() {
	k.t.Helper()
	k.press(kb.Escape).hot("ct").press(kb.Home).press(kb.Escape).hot("n")
	k.press("Ute Beispiel", tab, "01021956", tab, "58332", enter).is("refused").says("Nahe dabei")
	k.shot("refused")
	k.keysListed()
	k.press(enter).is("cart").says("Ute Beispiel")
	k.hot("z").press(enter).is("desk")
}

// cancel finds a booking, looks what would be given up, thinks better of it, and
// cancels in the end.
func (k *keyboard) cancel() {
	k.t.Helper()
	k.press(kb.Escape).hot("/").press("muster", enter).is("found")
	k.shot("found")
	k.keysListed()
	k.press(enter).is("booking").hot("s").is("cancel")
	k.shot("cancel")
	k.keysListed()
	k.hot("b").is("booking").says("gebucht").hot("s").is("cancel").press(enter).is("booking").says("storniert")
	k.shot("cancelled")
	k.keysListed()
	k.hot("u").is("cart").press(kb.Escape).hot("z").press(enter).is("desk").press(kb.Escape).hot("x").press(enter).is("login")
}

// says waits until the page says something.
func (k *keyboard) says(text string) *keyboard {
	k.t.Helper()
	got := ""
	for range 200 {
		if got = k.ask("document.readyState === 'complete' ? document.querySelector('main').innerText : ''"); strings.Contains(got, text) {
			return k
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.t.Fatalf("the page does not say %q: %s", text, got)
	return k
}

// keysRest checks that the page says why keys rest while something is typed.
func (k *keyboard) keysRest() {
	k.t.Helper()
	for range 200 {
		if k.ask("getComputedStyle(document.querySelector('.escape kbd')).visibility") == "visible" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.t.Error("nothing says that Escape leaves the field")
}

// Without the script nothing is said of keys, and everything can still be done.
func TestByKeyboardWithoutScript(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	s.account(t, "kasse1", inventory.RoleClerk)
	k := newKeyboard(t, cdp.Flag("blink-settings", "scriptEnabled=false"))
	k.open(s.staff.URL + "/login?lang=de")
	k.is("login").press("kasse1", tab, deskPassword, enter).is("desk")
	if k.ask("document.documentElement.className") != "wide" {
		t.Fatal("the script runs")
	}
	seen := k.ask("[...document.querySelectorAll('kbd,#keys,.escape')].filter((e) => e.checkVisibility({visibilityProperty: true})).length + document.querySelectorAll('[aria-keyshortcuts]').length")
	if seen != "0" {
		t.Errorf("%s signs of keys are shown without the script", seen)
	}
	k.shot("without-script")
	k.press("Erika Muster", tab, "24121950", tab, "58332", enter).is("cart").press(enter).is("booking")
}
