package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// control is a named field of a form as a browser would send it.
type control struct{ name, value string }

// formOf reads the form with that id as it stands on the page.
func (b *browser) formOf(id string) (action string, fields url.Values) {
	b.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.page))
	if err != nil {
		b.t.Fatal(err)
	}
	var form *html.Node
	each(doc, func(n *html.Node) {
		if n.Data == "form" && attr(n, "id") == id {
			form = n
		}
	})
	if form == nil {
		b.t.Fatalf("%s has no form %q:\n%s", b.at, id, b.page)
	}
	fields = url.Values{}
	each(form, func(n *html.Node) {
		if c, ok := controlOf(n); ok {
			fields.Add(c.name, c.value)
		}
	})
	return attr(form, "action"), fields
}

func controlOf(n *html.Node) (control, bool) {
	name, kind := attr(n, "name"), attr(n, "type")
	switch {
	case name == "":
	case n.Data == "textarea":
		text := ""
		if n.FirstChild != nil {
			text = n.FirstChild.Data
		}
		return control{name, text}, true
	case n.Data == "select":
		chosen := ""
		each(n, func(o *html.Node) {
			if o.Data == "option" && has(o, "selected") && o.FirstChild != nil {
				chosen = o.FirstChild.Data
			}
		})
		return control{name, chosen}, true
	case n.Data == "input" && (kind != "radio" && kind != "checkbox" || has(n, "checked")):
		return control{name, attr(n, "value")}, true
	}
	return control{}, false
}

func each(n *html.Node, do func(*html.Node)) {
	do(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, do)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// speak presses the page's language switch, a link or a button.
func (b *browser) speak(lang string) *browser {
	b.t.Helper()
	doc, err := html.Parse(strings.NewReader(b.page))
	if err != nil {
		b.t.Fatal(err)
	}
	link, form := "", ""
	each(doc, func(n *html.Node) {
		switch {
		case n.Data == "a" && attr(n, "hreflang") == lang:
			link = attr(n, "href")
		case n.Data == "button" && attr(n, "name") == "lang" && attr(n, "value") == lang:
			form = attr(n, "form")
		}
	})
	switch {
	case link != "":
		return b.get(link)
	case form != "":
		action, fields := b.formOf(form)
		fields.Set("lang", lang)
		return b.post(action, fields)
	}
	b.t.Fatalf("%s has no way to %q:\n%s", b.at, lang, b.page)
	return nil
}

// bilingual checks that the page there is says de, and en once its language was
// switched, with the same status; and that German comes back.
func (b *browser) bilingual(code int, de, en string) *browser {
	b.t.Helper()
	b.want(code, `<html lang="de"`, de)
	b.speak("en").want(code, `<html lang="en"`, en)
	return b.speak("de").want(code, `<html lang="de"`, de)
}

// TestEveryAnswerSpeaksBothLanguages: pages, refusals, errors and answers to forms.
func TestEveryAnswerSpeaksBothLanguages(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.get(s.path).bilingual(200, "Termin buchen", "Book an appointment")
	b.get("/no/such/page").bilingual(404, "Diese Seite gibt es nicht", "There is no such page")
	b.post("/no/such/form", url.Values{"a": {"b"}}).bilingual(404, "Diese Seite gibt es nicht", "There is no such page")
	b.post("/find", url.Values{"code": {"K7M"}}).bilingual(422, "neun Zeichen", "nine characters")
	b.post("/find", url.Values{"code": {"K7M-4QX-9D2"}, "proof": {"<b>x"}})
	if b.code != 404 && b.code != 422 || !strings.Contains(b.speak("en").page, `value="&lt;b&gt;x"`) {
		t.Fatalf("status %d:\n%s", b.code, b.page)
	}
	b.speak("de")
	b.post(s.path+"/eligible", erika()).bilingual(200, "Für Erika Muster", "For Erika Muster")
	slot := b.slot(0)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).bilingual(200, "für Sie reserviert", "reserved for you")
	cart := b.at
	b.post(cart+"/confirm", url.Values{"contact": {"phone"}, "phone": {"12"}}).bilingual(422, "mit Vorwahl", "area code")
	b.want(422, `name="phone" value="12"`)
	// Refused: the words change, the refusal stays, nothing is done.
	other := s.browser(t)
	other.post(s.path+"/eligible", erika()).want(200)
	other.post(s.path+"/hold", url.Values{"slot": {slot}}).bilingual(409, "Für diese Angaben", "for these details")
	b.post(cart+"/confirm", url.Values{"contact": {"none"}, "lang": {"de"}}).want(200, `data-page="cart"`)
	s.offset.Store(int64(17 * time.Minute))
	b.get(cart).bilingual(409, "Die Reservierung ist zu Ende", "reservation has ended")
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).bilingual(409, "Die Reservierung ist zu Ende", "reservation has ended")
}

// TestLanguageChangesNothing: a form that was sent for its language alone holds,
// books and cancels nothing.
func TestLanguageChangesNothing(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	slot, en := b.slot(0), url.Values{"lang": {"en"}}
	b.post(s.path+"/hold", url.Values{"slot": {slot}, "lang": {"en"}}).want(200, `data-page="slots"`, `<html lang="en"`)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	cart := b.at
	b.post(cart+"/release", en).want(200, `data-page="cart"`)
	b.post(cart+"/extend", en).want(200, `data-step="extend"`)
	b.post(cart+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
	booking := b.at
	b.post(booking+"/cancel", en).want(200, `data-state="confirmed"`)
	b.post(booking+"/cancel", url.Values{"lang": {"en"}, "said": {"internal"}}).want(500, `<html lang="en"`)
	b.get(booking).want(200, `data-state="confirmed"`)
}

// TestFilledFormKeepsItsWordsInAnotherLanguage: what was typed stays, also what
// was mended since the page came, and the form can be sent on from there.
func TestFilledFormKeepsItsWordsInAnotherLanguage(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	form := erika()
	form.Set("birth-1", "31.2.1950")
	form.Set("name-1", `Erika "M" <Muster>`)
	b.post(s.path+"/eligible", form).bilingual(422, "Diesen Tag gibt es im Kalender nicht", "This day is not in the calendar")
	b.want(422, `value="31.2.1950"`, `value="Erika &#34;M&#34; &lt;Muster&gt;"`, `value="58332"`)
	action, fields := b.formOf("who")
	fields.Set("birth-1", "24.12.1950")
	fields.Set("lang", "en")
	b.post(action, fields).want(200, `<html lang="en"`, `data-page="eligible"`, `value="24.12.1950"`)
	fields.Del("lang")
	b.post(action, fields).want(200, `data-page="slots"`, `<html lang="en"`)
	if strings.Contains(b.at, "?") {
		t.Errorf("data in the address %s", b.at)
	}
}

// TestFormOfAnotherSiteIsNotRepeated: neither its fields nor its wish are ours.
func TestFormOfAnotherSiteIsNotRepeated(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	for _, body := range []string{"slot=1&name=evil", "slot=1&name=evil&lang=en&said=busy"} {
		req, err := http.NewRequest(http.MethodPost, s.URL+s.path+"/hold", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		b := s.browser(t)
		res, err := b.c.Do(req)
		b.took(res, err).want(403, `data-state="forbidden"`)
		if strings.Contains(b.page, "evil") {
			t.Errorf("the page repeats the form:\n%s", b.page)
		}
		b.bilingual(403, "Das dürfen Sie hier nicht", "may not do this")
	}
}
