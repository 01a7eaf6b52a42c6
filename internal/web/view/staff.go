package view

import (
	"html/template"
	"sync"
)

// deskKeys is the staff's script: every action of a page by a key.
var deskKeys = sync.OnceValue(func() string { return mustRead("desk.js") })

var staffThemes sync.Map // accent → *Theme

// StaffThemeOf returns the theme of the staff's pages: the public sheet, and what
// a dense page needs beside it.
func StaffThemeOf(accent string) *Theme {
	if t, ok := staffThemes.Load(accent); ok {
		return t.(*Theme)
	}
	css := ThemeOf(accent).CSS + template.CSS(mustRead("desk.css")) //nolint:gosec // our own sheets
	t := &Theme{CSS: css, Policy: policy(string(css), countdown(), deskKeys()) + "; connect-src 'self'"}
	staffThemes.Store(accent, t)
	return t
}
