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

// TestWrongAddressReturnsTheBooking: with the form, what was typed and what is
// wrong with it; the booking stands as it stood.
func TestWrongAddressReturnsTheBooking(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.take(t, "Erika Muster", 0)
	id := b.at
	b.post(id+"/contact", url.Values{"contact": {"mail"}, "mail": {"erika@"}}).want(422, `data-page="booking"`, `data-state="confirmed"`, `value="erika@"`, `<details class="card noprint" open>`)
	b.marked("mail", "Das ist keine E-Mail-Adresse")
	b.bilingual(422, "Das ist keine E-Mail-Adresse", "This is not an e-mail address")
	b.want(422, `value="erika@"`)
	b.post(id+"/contact", url.Values{"contact": {"mail"}}).want(422, `data-page="booking"`)
	b.marked("mail", "Bitte füllen Sie dieses Feld aus")
	b.post(id+"/contact", url.Values{"contact": {"pigeon"}, "mail": {"erika@beispiel.de"}}).want(422, `value="erika@beispiel.de"`)
	b.get(id).want(200, "E-Mail-Adresse eintragen")
	b.post(id+"/contact", url.Values{"contact": {"mail"}, "mail": {"erika@beispiel.de"}}).want(200, "e…a@beispiel.de", "Die neue Adresse gilt")
}

// TestContactOfAGoneBookingIsRefused: there is nothing left to mend.
func TestContactOfAGoneBookingIsRefused(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.take(t, "Erika Muster", 0)
	id := b.at
	b.post(id+"/cancel", nil).want(200, "zurückgegeben")
	b.post(id+"/contact", url.Values{"contact": {"mail"}, "mail": {"erika@"}}).bilingual(409, "Das geht bei dieser Buchung nicht mehr", "no longer possible")
}

// TestTheBookerReadsWhatTheClerksDo: a confirmation by phone or post is on the
// clerks' list, so the page promises the call or the letter, until it was made.
func TestTheBookerReadsWhatTheClerksDo(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	clerk := s.clerk(t, "kasse1")
	for _, c := range []struct {
		name         string
		contact      url.Values
		due, dueEN   string
		told, toldEN string
	}{
		{"Erika Muster", byPhone("02336 93 1"), "Wir rufen Sie an und lesen Ihnen Termin und Code vor.", "We will call you and read out your appointment and code.",
			"Am Samstag, 3. April 2021 um 8:01 Uhr haben wir Sie angerufen.", "We called you on Saturday 3 April 2021 at 8:01 am."},
		{"Max Muster", url.Values{"contact": {"post"}, "post": {"Markt 1\r\n58332 Schwelm"}}, "Wir schicken Ihnen die Bestätigung mit der Post.", "We will send you the confirmation by post.",
			"Der Brief mit der Bestätigung ging am Samstag, 3. April 2021 zur Post.", "The letter with the confirmation was posted on Saturday 3 April 2021."},
	} {
		b := s.hold(t, c.name, 0)
		b.post(b.at+"/confirm", c.contact).want(200, c.due)
		at := b.at
		b.get(at+"?lang=en").want(200, c.dueEN)
		clerk.get("/desk/tasks")
		clerk.post(clerk.taskOf(c.name)+"/done", nil).want(200, `data-page="tasks"`)
		b.get(at+"?lang=de").want(200, c.told)
		b.get(at+"?lang=en").want(200, c.toldEN)
	}
}
