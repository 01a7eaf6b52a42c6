//go:build shots

package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestByKeyboardUntilTheCartEnds: a mistake in the form, then nothing more. The
// page of the mistake ends by itself in the words of a cart that is over.
func TestByKeyboardUntilTheCartEnds(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	k := newKeyboard(t)
	cart := s.hold(t, "Erika Muster", 0).at
	k.open(s.URL + cart + "?lang=de")
	k.is("cart")
	left, err := time.Parse(time.RFC3339, k.ask("document.querySelector('time[data-until]').dataset.until"))
	if err != nil {
		t.Fatal(err)
	}
	s.offset.Store(int64(left.Sub(opens) - 3*time.Second))
	k.ask("document.querySelector('#mail').focus()")
	k.press(kb.Enter).until("document.querySelector('#mail').getAttribute('aria-invalid') === 'true'")
	k.until("document.activeElement.getAttribute('role') === 'alert'")
	k.press(tab)
	if got := k.ask("document.activeElement.hash"); got != "#mail" {
		t.Errorf("after what is wrong, Tab leads to %q, not to the link to the field", got)
	}
	s.offset.Store(int64(left.Sub(opens) + time.Second))
	k.until("document.querySelector('main').dataset.page === 'refused'")
	if got := k.ask("location.pathname"); got != cart {
		t.Errorf("the end of the cart was looked up at %s", got)
	}
}

// until waits for what the page becomes by itself, longer than a page takes.
func (k *keyboard) until(expression string) *keyboard {
	k.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); k.ask(expression) != "true"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			k.t.Fatalf("never %s: %s", expression, k.ask("document.querySelector('main').innerText"))
		}
	}
	return k
}
