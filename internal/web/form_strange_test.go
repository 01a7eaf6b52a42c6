package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What a list, a mail or a database could stumble over is refused at the form or
// left out, so that it does not come back at somebody else.
func TestWhatAFormDoesNotLetThrough(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	for name, want := range map[string]string{
		"Erika\u0085Muster": "", "Erika\u2028Muster": "", "Erika\u2029Muster": "", "Erika\x00Muster": "", "Erika\xffMuster": "", "Erika\nMuster": "",
		"Erika \u202eretsuM": "Erika retsuM", "\u2067Erika\u2069 Muster": "Erika Muster", "\ufeffErika Muster\u200e": "Erika Muster",
		"<b>Erika</b> & Muster": "&lt;b&gt;Erika&lt;/b&gt; &amp; Muster",
	} {
		b := s.browser(t)
		form := erika()
		form.Set("name-1", name)
		b.post(s.path+"/eligible", form)
		if want == "" {
			b.want(422, `href="#name-1"`)
			continue
		}
		b.want(200, "Für "+want+".")
	}
	b := s.browser(t)
	b.askFor(erika(), 1, nothing)
	cart := b.at
	for _, mail := range []string{"a@b.de\u2028Bcc", "a@b.de\r\nBcc: c@d.de", "a@b.de c@d.de", "a\u00a0b@c.de", "a@b.de,c@d.de", "<a@b.de>", "a@b", "@b.de"} {
		b.post(cart+"/confirm", url.Values{"contact": {"mail"}, "mail": {mail}}).want(422, `data-page="cart"`)
	}
	b.post(cart+"/confirm", url.Values{"contact": {"phone"}, "phone": {"\u202a+49 2336 930\u202c"}}).want(200, `data-page="booking"`)
}

// A page that offers a form again offers what ours has, not thousands of fields.
func TestAFormThatIsOfferedAgainIsNotBlownUp(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.browser(t)
	form := erika()
	form.Set("birth-1", "1.1.1990")
	form.Set("code-1", "FALSCH7X")
	for b.code != http.StatusServiceUnavailable {
		b.post(s.path+"/eligible", form)
	}
	usual := len(b.page)
	b.want(503, `name="name-1" value="Erika Muster"`)
	for i := range 5_000 {
		form[fmt.Sprintf("x%d", i)] = []string{""}
	}
	form["name-1"] = []string{"Erika Muster", "Otto Muster"}
	b.post(s.path+"/eligible", form).want(503)
	if n := strings.Count(b.page, `type="hidden"`); n > 64 || strings.Contains(b.page, "Otto") || len(b.page) > 2*usual {
		t.Errorf("%d fields, %d bytes", n, len(b.page))
	}
}

// No form of another site is looked at: every POST of both listeners, by each of
// the ways in which a browser says where it comes from.
func TestFormsOfOtherSitesAreRefusedEverywhere(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	var posts []string
	for _, path := range []string{s.path + "/eligible", s.path + "/hold", s.path + "/wait/join", s.path + "/wait/enter", s.path + "/wait/transfer", s.path + "/wait/mail", s.path + "/wait/mail/forget", "/cart/x/extend", "/cart/x/release", "/cart/x/confirm", "/b/x/cancel", "/b/x/resend", "/b/x/contact", "/find"} {
		posts = append(posts, s.URL+path)
	}
	for _, route := range s.site.StaffRoutes() {
		if path, ok := strings.CutPrefix(route.Pattern, "POST "); ok {
			posts = append(posts, s.staff.URL+strings.NewReplacer("/{org}/{event}", s.path, "{id}", "x").Replace(path))
		}
	}
	if len(posts) < 17 {
		t.Fatalf("only %d forms", len(posts))
	}
	for _, post := range posts {
		for _, says := range []string{"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: odd"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, post, strings.NewReader("a=b"))
			if err != nil {
				t.Fatal(err)
			}
			name, value, _ := strings.Cut(says, ": ")
			req.Header.Set(name, value)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %d", post, says, res.StatusCode)
			}
		}
	}
}
