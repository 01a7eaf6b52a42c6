package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// marked checks that the field is shown as wrong: on itself, in words beside it
// that it points to, and by a link in the summary; and that the focus goes to it.
func (b *browser) marked(id, text string) {
	b.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.page))
	if err != nil {
		b.t.Fatal(err)
	}
	var in, says *html.Node
	linked, focused := false, false
	each(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			focused = focused || a.Key == "autofocus"
		}
		switch {
		case attr(n, "id") == id:
			in = n
		case attr(n, "id") == id+"-error":
			says = n
		case n.Data == "a" && attr(n, "href") == "#"+id:
			linked = linked || strings.Contains(n.FirstChild.Data, text)
		}
	})
	switch {
	case !focused:
		b.t.Errorf("the focus is not led to what is wrong with %s", id)
	case in == nil || says == nil || !linked:
		b.t.Errorf("%s: field %t, words %t, link %t\n%s", id, in != nil, says != nil, linked, b.page[strings.Index(b.page, "<main"):])
	case attr(in, "aria-invalid") != "true" || !strings.Contains(attr(in, "aria-describedby"), id+"-error"):
		b.t.Errorf("%s is not marked: %v", id, in.Attr)
	case !strings.Contains(attr(in.Parent, "class"), "wrong") || !strings.Contains(says.FirstChild.Data, text):
		b.t.Errorf("%s: class %q, says %q, want %q", id, attr(in.Parent, "class"), says.FirstChild.Data, text)
	}
}

// TestAllMistakesInOneRound: both people, what cannot be read, what is missing and
// what does not fit, each at its field.
func TestAllMistakesInOneRound(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", url.Values{
		"size":   {"2"},
		"name-1": {""}, "birth-1": {"24.12.1990"}, "postcode-1": {"10115"},
		"name-2": {"Max Muster"}, "birth-2": {"31.2.1950"}, "postcode-2": {"5833"},
	}).want(422, `data-state="not_eligible"`, "1. Person, Geburtsdatum: Sie sind", "Oder: für Beschäftigte")
	b.marked("name-1", "Bitte füllen Sie dieses Feld aus")
	b.marked("birth-1", "30 Jahre alt")
	b.marked("postcode-1", "10115 gehört nicht dazu")
	b.marked("birth-2", "Diesen Tag gibt es im Kalender nicht")
	b.marked("postcode-2", "keine deutsche Postleitzahl")
	if n := strings.Count(b.page, `aria-invalid="true"`); n != 5 {
		t.Errorf("%d fields are marked, want 5: an empty access code is no mistake", n)
	}
	b.speak("en").want(422, `data-state="not_eligible"`, "Person 1, Date of birth")
	b.marked("birth-2", "not in the calendar")
}

// TestEmptyFormAsksForAllAtOnce: what any ground needs is asked in the first round.
func TestEmptyFormAsksForAllAtOnce(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", url.Values{"size": {"1"}}).want(422)
	for _, id := range []string{"name-1", "birth-1", "postcode-1"} {
		b.marked(id, "Bitte füllen Sie dieses Feld aus")
	}
}

// TestWhoDoesNotComeIsKept: the second person's words survive a mistake in the
// first one's while only one comes.
func TestWhoDoesNotComeIsKept(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	form := erika()
	form.Set("postcode-1", "")
	form.Set("name-2", "Max Muster")
	form.Set("birth-2", "unlesbar")
	s.browser(t).post(s.path+"/eligible", form).want(422, `value="Max Muster"`, `value="unlesbar"`, `href="#postcode-1"`)
}

// TestMistakeReturnsTheForm: every form of the shop comes back as it was sent.
func TestMistakeReturnsTheForm(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	b.post(s.path+"/hold", url.Values{"slot": {""}}).want(200, `data-page="slots"`, "Bitte wählen Sie eine Uhrzeit")
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(0)}}).want(200, `data-page="cart"`)
	cart := b.at
	b.post(cart+"/confirm", url.Values{"mail": {"erika@"}, "phone": {"02336 1"}}).want(422, `href="#contact-mail"`, `id="contact-error"`, `value="erika@"`, `value="02336 1"`)
	b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "mail": {"erika@"}, "phone": {"02336 1"}}).want(422, `value="02336 1"`)
	b.marked("mail", "keine E-Mail-Adresse")
	b.post(cart+"/confirm", url.Values{"contact": {"phone"}, "mail": {"erika@"}, "phone": {"02336"}}).want(422, `value="erika@"`)
	b.marked("phone", "mit Vorwahl")
	b.post("/find", url.Values{"code": {"K7"}}).want(422, `value="K7"`)
	b.marked("code", "neun Zeichen")
	b.marked("proof", "Bitte füllen Sie dieses Feld aus")
}

// TestButtonSaysForWhom: the grid is shared, its button speaks for one or for two.
func TestButtonSaysForWhom(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).bilingual(200, "Für mich reservieren", "Reserve for me")
	two := erika()
	two.Set("size", "2")
	for name, value := range map[string]string{"name-2": "Max Muster", "birth-2": "1.5.1951", "postcode-2": "58332"} {
		two.Set(name, value)
	}
	b.post(s.path+"/eligible", two).bilingual(200, "Für uns reservieren", "Reserve for us")
	b.post(s.path+"/eligible", erika()).want(200, "Für mich reservieren")
}
