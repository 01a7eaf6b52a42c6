package web

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/locale"
)

// field is one input of a form with what was typed and what is wrong with it.
type field struct {
	ID, Label, Hint, Value, Error string
	Type, Mode, Auto              string
	Max                           int
	Options                       []string
	Long                          bool
}

// problem is one line of a form's summary, linked with its field.
type problem struct{ ID, Text string }

// problems collects what is wrong, from the fields in their order.
func problems(fields ...[]field) (out []problem) {
	for _, fs := range fields {
		for _, f := range fs {
			if f.Error != "" {
				out = append(out, problem{ID: f.ID, Text: f.Label + ": " + f.Error})
			}
		}
	}
	return out
}

// formStatus is the answer's status: 422 if something is to be mended.
func formStatus(wrong []problem) int {
	if len(wrong) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// read takes what was typed and refuses what a database could refuse: bytes that
// are no UTF-8, control characters, too much (poison rule). several lines are
// allowed where the field is long. Signs that turn the direction of writing are
// left out: they come along with numbers from address books, and in a name they
// would make a list say something else than what is stored.
func (f *field) read(r *request) {
	f.Value = strings.TrimSpace(strings.Map(undirected, r.PostFormValue(f.ID)))
	switch {
	case !utf8.ValidString(f.Value) || strings.ContainsFunc(f.Value, f.forbidden):
		f.Value, f.Error = "", r.t("form.characters")
	case len(f.Value) > f.Max:
		f.Error = r.t("form.too_long")
	}
}

func (f *field) forbidden(c rune) bool {
	if f.Long && (c == '\n' || c == '\r') {
		return false
	}
	return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp) || c == utf8.RuneError
}

// undirected drops marks, embeddings, overrides and isolates of writing direction
// (Unicode Standard Annex 9) and the byte order mark.
func undirected(c rune) rune {
	if unicode.Is(unicode.Bidi_Control, c) || c == 0xFEFF {
		return -1
	}
	return c
}

// require adds an error if nothing was typed.
func (f *field) require(r *request) {
	if f.Value == "" && f.Error == "" {
		f.Error = r.t("form.required")
	}
}

// say puts the sentence of an input error under the field.
func (f *field) say(lang locale.Lang, err error) {
	if e := fault.As(err); e != nil && e.Code != "" && f.Error == "" {
		f.Error = locale.T(lang, e.Code)
	}
}

// mailField asks for an address. Only a mail to it proves that it is right; the
// check catches what is surely wrong.
func mailField(w words, id string) field {
	return field{ID: id, Label: w.t("field.mail"), Type: "email", Auto: "email", Max: catalog.MailMax}
}

func plausibleMail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && strings.Contains(s[at:], ".") && !strings.HasSuffix(s, ".") && !strings.ContainsAny(s, "<>,;\"()") && !strings.ContainsFunc(s, unicode.IsSpace) && len(s) <= catalog.MailMax
}

// phoneDigitsMin is the fewest digits of a number with area code.
const phoneDigitsMin = 6

func plausiblePhone(s string) bool {
	digits := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune(" +-/().", c):
			return false
		}
	}
	return digits >= phoneDigitsMin
}
