package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestQRCodeIsNamed: whoever cannot see the picture hears what it is and whose.
func TestQRCodeIsNamed(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.take(t, "Erika Muster", 0)
	id, code := b.at, regexp.MustCompile(`data-code>([^<]+)<`).FindStringSubmatch(b.page)[1]
	b.want(200, `<svg role="img" aria-label="QR-Code Ihrer Buchung `+code+`, zum Vorzeigen am Einlass" `)
	b.get(id+"/print").want(200, `<svg role="img" aria-label="QR-Code`)
	b.get(id+"/qr.svg").want(200, `<svg role="img" aria-label="QR-Code`)
	b.get(id+"?lang=en").want(200, `aria-label="QR code of your booking `+code)
}

// TestDamagedLinkSaysWhatNext: of a booking, of a cart, to look at or to change:
// what happened, that nothing is lost, and the way back to it.
func TestDamagedLinkSaysWhatNext(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.take(t, "Erika Muster", 0)
	id := b.at
	other := "x"
	if strings.HasSuffix(id, other) {
		other = "y"
	}
	for _, link := range []string{id[:len(id)-3], id[:len(id)-1] + other, "/b/nix", strings.Replace(id, "/b/", "/cart/", 1) + "z"} {
		b.get(link).bilingual(404, "Zu diesem Link finden wir keine Buchung", "We find no booking for this link")
		b.want(404, "Ihre Buchung ist nicht verloren", `href="/find">Mit dem Code finden`)
	}
	for _, link := range []string{"/b/nix/cancel", "/b/nix/contact", "/b/nix/resend", "/cart/nix/confirm", "/cart/nix/extend", "/cart/nix/release"} {
		b.post(link, url.Values{"contact": {"mail"}, "mail": {"kaputt"}}).bilingual(404, "Zu diesem Link finden wir keine Buchung", "We find no booking for this link")
	}
	b.get("/find").want(200, `data-step="find"`)
}
