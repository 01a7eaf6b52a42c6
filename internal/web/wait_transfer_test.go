package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
)

var shownTransfer = regexp.MustCompile(`data-transfer>([0-9A-Z-]+)<`)

// transferCode is the code that the page shows for a second device.
func (b *browser) transferCode() string {
	b.t.Helper()
	m := shownTransfer.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no code for another device:\n%s", b.at, b.page)
	}
	return m[1]
}

// transfers brings the number of a code to this browser.
func (b *browser) transfers(code string) *browser {
	b.t.Helper()
	return b.post(b.shop.path+"/wait/transfer", url.Values{"transfer": {code}})
}

// drawsNumber draws a number for somebody while numbers are drawn.
func (b *browser) drawsNumber(who url.Values) *browser {
	b.t.Helper()
	return b.post(b.shop.path+"/eligible", who).want(200, `data-state="joined"`)
}

// TestANumberMovesToAnotherDevice: by the code of the first one, before the draw and
// after it; both devices then have the one number and the one cart.
func TestANumberMovesToAnotherDevice(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	first, phone := s.browser(t), s.browser(t)
	first.drawsNumber(erika())
	code := first.transferCode()
	phone.get(s.path+"/eligible").want(200, `href="`+s.path+`/wait/transfer"`)
	phone.get(s.path+"/wait/transfer").want(200, `data-page="transfer"`, `data-step="transfer"`)
	phone.transfers(strings.ToLower(strings.ReplaceAll(code, "-", " "))).want(200, `data-state="joined"`, code)
	s.at(time.Second)
	first.get(s.path+"/wait").want(200, `data-state="called"`, code)
	phone.get(s.path+"/wait").want(200, `data-state="called"`, code)
	if first.number() != phone.number() {
		t.Errorf("the devices show the numbers %s and %s", first.number(), phone.number())
	}
	first.post(s.path+"/wait/enter", nil).want(200, `data-page="slots"`)
	first.post(s.path+"/hold", url.Values{"slot": {first.slot(4)}}).want(200, `data-page="cart"`)
	phone.post(s.path+"/wait/enter", nil)
	phone.post(s.path+"/eligible", erika()).want(200, `data-page="slots"`)
	if phone.post(s.path+"/hold", url.Values{"slot": {phone.slot(5)}}); phone.at != first.at {
		t.Errorf("one number has the carts %s and %s", first.at, phone.at)
	}
	if n := s.rooms.Roster(s.sales()[0].ID).Room().Entries; n != 1 {
		t.Errorf("%d entries for one person", n)
	}
}

// TestTransferAnswersAreNeutral: a code that is not ours, one of a place nobody has and
// one of another installation's room look alike and bring nothing.
func TestTransferAnswersAreNeutral(t *testing.T) {
	s, other := newRoom(t), newRoom(t)
	for _, one := range []*shop{s, other} {
		one.at(-time.Hour)
	}
	far := other.browser(t)
	strange := far.drawsNumber(erika()).transferCode()
	b := s.browser(t)
	b.transfers("").want(422, `href="#transfer"`)
	b.transfers("K7M-4QX").want(422, "vier oder fünf Gruppen")
	typo := "1" + strange[1:]
	if strange[0] == '1' {
		typo = "2" + strange[1:]
	}
	b.transfers(typo).want(422, "Tippfehler")
	b.transfers(strange).want(404, "keine Nummer", `data-page="transfer"`, `value="`+strange+`"`)
	b.bilingual(404, "keine Nummer", "no number")
	b.get(s.path+"/wait").want(200, `data-page="eligible"`)

	// The refusal of somebody whose details count says no more than before, and leads
	// here.
	s.browser(t).drawsNumber(erika())
	b.get(s.path+"/eligible").want(200, `href="`+s.path+`/wait/transfer"`)
	b.post(s.path+"/eligible", erika()).want(409, `data-state="has_number"`, `href="`+s.path+`/wait/transfer"`, `href="`+s.path+`/eligible"`)
	if shownTransfer.MatchString(b.page) || shownNumber.MatchString(b.page) {
		t.Errorf("the refusal tells of somebody's number:\n%s", b.page)
	}
	b.bilingual(409, "schon eine Nummer", "has been drawn for these details already")
}

// TestANumberThatIsHereIsNotLost: whoever brings a second number to a device is told
// how to get back to the first.
func TestANumberThatIsHereIsNotLost(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	b := s.browser(t)
	mine := b.drawsNumber(erika()).transferCode()
	theirs := s.browser(t).drawsNumber(oneOfMany(1)).transferCode()
	b.get(s.path+"/wait/transfer").want(200, "schon eine Nummer", mine)
	_, form := b.formOf("transfer-form")
	form.Set("transfer", theirs)
	form.Set("lang", "en")
	b.post(s.path+"/wait/transfer", form).want(200, `data-page="transfer"`, `value="`+theirs+`"`, mine) // only the language was changed
	b.transfers(theirs).want(200, theirs)
	b.transfers(mine).want(200, mine)
}

// TestTransferCodesCannotBeGuessedQuickly: what could be ours is looked at 40 times and
// then once in two seconds; a mistyped code costs nothing.
func TestTransferCodesCannotBeGuessedQuickly(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	b := s.browser(t)
	for range 100 {
		b.transfers("K7M-4QX").want(422)
	}
	looked, refused := 0, 0
	for range 100 {
		switch b.transfers("000-000-000-000"); b.code {
		case 404:
			looked++
		case 503:
			refused++
			b.want(503, `data-state="busy"`, `name="transfer" value="000-000-000-000"`)
		default:
			t.Fatalf("status %d", b.code)
		}
	}
	if looked > 45 || refused < 50 {
		t.Errorf("%d of 100 guesses were looked at", looked)
	}
}

// TestNoTransferWithoutARoom: a sale without numbers has no page for them.
func TestNoTransferWithoutARoom(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) { p.Sale.Allocation = catalog.AllocateOpen })
	b := s.browser(t)
	b.get(s.path+"/wait/transfer").want(200, `data-page="event"`)
	b.transfers("000-000-000-000").want(200, `data-page="event"`)
	if b.get(s.path + "/eligible"); strings.Contains(b.page, "/wait/transfer") {
		t.Error("a sale without numbers asks for one")
	}
}
