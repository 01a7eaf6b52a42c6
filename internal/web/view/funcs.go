package view

import (
	"html/template"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

// funcs are the words of a template: everything a person reads goes through
// room locale.
func funcs(lang locale.Lang) template.FuncMap {
	return template.FuncMap{
		"t":           func(id string, pairs ...any) (string, error) { return say(lang, id, pairs) },
		"n":           func(id string, n int, pairs ...any) (string, error) { return say(lang, id, append(pairs, "Count", n)) },
		"num":         func(n int) string { return locale.Number(lang, int64(n)) },
		"date":        func(t time.Time, z *time.Location) string { return locale.Date(lang, t, z) },
		"day":         func(t time.Time, z *time.Location) string { return locale.DateShort(lang, t, z) },
		"clock":       func(t time.Time, z *time.Location) string { return locale.Clock(lang, t, z) },
		"clock24":     func(t time.Time, z *time.Location) string { return locale.Clock24(t, z) },
		"datetime":    func(t time.Time, z *time.Location) string { return locale.DateTime(lang, t, z) },
		"rfc3339":     func(t time.Time) string { return t.Format(time.RFC3339) },
		"money":       func(cents int64, currency string) string { return locale.Money(lang, cents, currency) },
		"lang":        func() locale.Lang { return lang },
		"script":      func() template.JS { return template.JS(countdown()) }, //nolint:gosec // our own file
		"waitscript":  func() template.JS { return template.JS(watch()) },     //nolint:gosec // our own file
		"staffscript": func() template.JS { return template.JS(deskKeys()) },  //nolint:gosec // our own file
		"hole":        holeHTML,
		"tel":         dialled,
		"add":         func(a, b int) int { return a + b },
		"in":          func(v locale.Localized) string { return v.In(lang) },
	}
}

// dialled is a number as a link has it (RFC 3966): no spaces, no signs between.
func dialled(number string) string {
	return strings.Map(func(c rune) rune {
		if c == '+' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, number)
}

// say fills a message from name, value pairs.
func say(lang locale.Lang, id string, pairs []any) (string, error) {
	if !locale.Has(lang, id) {
		return "", fault.New(fault.Internal, "no message %q in %s", id, lang)
	}
	data := locale.Data{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return "", fault.New(fault.Internal, "message %q: value %d has no name", id, i/2)
		}
		data[name] = pairs[i+1]
	}
	return locale.T(lang, id, data), nil
}
