package view

import (
	"regexp"
	"strings"
	"testing"

	"einlass/internal/locale"

	"golang.org/x/net/html"
)

// TestWordsStandWhereTheyMay: messages are put into the templates with the escaping
// of HTML, which is right in text and in quoted attributes that are no addresses.
func TestWordsStandWhereTheyMay(t *testing.T) {
	const mark = "\x01"
	other := regexp.MustCompile(`\{\{[^}]*\}\}`)
	seen := 0
	for _, name := range templates() {
		text := constant.ReplaceAllString(mustRead(name), mark)
		text = other.ReplaceAllString(text, "")
		if at := strings.Index(text, "="+mark); at >= 0 {
			t.Errorf("%s: a message in an attribute without quotes: …%s…", name, text[max(0, at-20):at+1])
		}
		z := html.NewTokenizer(strings.NewReader(text))
		raw := ""
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			token := z.Token()
			switch kind {
			case html.StartTagToken:
				raw = token.Data
			case html.EndTagToken:
				raw = ""
			case html.TextToken:
				n := strings.Count(token.Data, mark)
				seen += n
				if n > 0 && (raw == "script" || raw == "style") {
					t.Errorf("%s: a message inside <%s>", name, raw)
				}
			}
			if strings.Contains(token.Data, mark) && kind != html.TextToken {
				t.Errorf("%s: a message in the name of a tag: %q", name, token.Data)
			}
			for _, a := range token.Attr {
				seen += strings.Count(a.Val, mark)
				address := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "style" || strings.HasPrefix(a.Key, "on")
				if strings.Contains(a.Key, mark) || address && strings.Contains(a.Val, mark) {
					t.Errorf("%s: a message in attribute %q of <%s>", name, a.Key, token.Data)
				}
			}
		}
	}
	if seen < 150 {
		t.Errorf("%d messages seen, want at least 150", seen)
	}
}

// TestConstantsAreSaid: no template calls for a message that never changes.
func TestConstantsAreSaid(t *testing.T) {
	for _, lang := range locale.Langs {
		for _, name := range templates() {
			if rest := regexp.MustCompile(`\{\{t "[^"]*"\}\}`).FindAllString(sayConstants(mustRead(name), lang), -1); rest != nil {
				t.Errorf("%s in %s: %v", name, lang, rest)
			}
		}
	}
	if got := sayConstants(`<p>{{t "page.find"}} {{t "no.such"}}</p>`, locale.English); !strings.Contains(got, `{{t "no.such"}}`) {
		t.Errorf("a message nobody wrote went unseen: %s", got)
	}
}
