package web

import (
	"net/http"
	"net/url"
	"strings"

	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// words is the language of one request.
type words struct{ lang locale.Lang }

const langCookie = "lang"

// wordsOf chooses: what the address asks for, what was chosen before, what the
// browser prefers.
func wordsOf(r *http.Request) words {
	asked := ""
	if r.URL.RawQuery != "" {
		asked = r.URL.Query().Get("lang")
	}
	if asked == "" {
		if c, err := r.Cookie(langCookie); err == nil {
			asked = c.Value
		}
	}
	return words{lang: locale.Negotiate(asked, r.Header.Get("Accept-Language"))}
}

// t says a message.
func (w words) t(id string, data ...locale.Data) string { return locale.T(w.lang, id, data...) }

// keepLanguage remembers a language chosen by a link or a button.
func (s *Site) keepLanguage(w http.ResponseWriter, r *request) {
	if r.again || r.URL.RawQuery != "" && r.URL.Query().Has("lang") {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(r.lang), Path: "/", MaxAge: 180 * 24 * 3600, HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteLaxMode})
	}
}

var languageNames = map[locale.Lang]string{locale.German: "Deutsch", locale.English: "English"}

// here is the address of a request as a link of our own pages may have it.
func here(r *http.Request) string { return "/" + strings.TrimLeft(r.URL.EscapedPath(), "/") }

// switchLanguage gives the page its way to the other languages: a link where a GET
// shows the same again, else a button that sends the form again.
func (r *request) switchLanguage(p *view.Page) {
	switch {
	case r.Method == http.MethodPost && p.Form != "":
	case r.Method == http.MethodPost && !p.Staff:
		if p.Resend == nil {
			p.Resend = r.resend("")
		}
		p.Form = resendForm
	default:
		if p.Here == "" && !p.Staff {
			p.Here = here(r.Request)
		}
		p.Form, p.Resend = "", nil
		if p.Here != "" {
			p.Language = others(r.lang, p.Here)
		}
		return
	}
	p.Language = others(r.lang, "")
}

// others are the same page in the other languages; without a path, by a button.
func others(lang locale.Lang, path string) []view.Other {
	var out []view.Other
	for _, l := range locale.Langs {
		if l != lang {
			o := view.Other{Lang: l, Name: languageNames[l]}
			if path != "" {
				sep := "?"
				if strings.Contains(path, sep) {
					sep = "&"
				}
				o.Link = path + sep + url.Values{"lang": {string(l)}}.Encode()
			}
			out = append(out, o)
		}
	}
	return out
}
