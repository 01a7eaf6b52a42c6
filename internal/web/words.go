package web

import (
	"net/http"
	"net/url"

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

// keepLanguage remembers a language chosen by a link.
func (s *Site) keepLanguage(w http.ResponseWriter, r *request) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("lang") {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(r.lang), Path: "/", MaxAge: 180 * 24 * 3600, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	}
}

var languageNames = map[locale.Lang]string{locale.German: "Deutsch", locale.English: "English"}

// others are links to the same page in the other languages.
func others(lang locale.Lang, path string) []view.Other {
	var out []view.Other
	for _, l := range locale.Langs {
		if l != lang {
			out = append(out, view.Other{Lang: l, Name: languageNames[l], Link: path + "?" + url.Values{"lang": {string(l)}}.Encode()})
		}
	}
	return out
}
