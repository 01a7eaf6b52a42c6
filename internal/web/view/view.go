// Package view holds the templates and the one style sheet of every page, and
// turns a page's data into bytes. It knows languages and no requests.
package view

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

//go:embed *.html *.css *.js
var files embed.FS

// Page is what every page has. Body is the data of its own template.
type Page struct {
	Name    string // the template, and data-page
	Lang    locale.Lang
	Title   string
	Theme   *Theme
	Brand   string  // whose pages these are
	Home    string  // address of the brand's start page
	Here    string  // address of this page, for the language switch
	Form    string  // id of the form that the language switch sends, instead of a link
	Resend  *Resend // that form, where the page has none of its own
	Phone   string  // for people who would rather call
	State   string  // data-state
	Zone    *time.Location
	Refresh string // seconds after which the page asks again by itself; empty: never
	Kind    string // data-page, where it is not the template's name
	Staff   bool
	// Rehearsal says above everything else that nothing here counts.
	Rehearsal bool
	Nav       any  // what the staff's header shows
	Script    bool // the countdown
	Watch     bool // the script that follows a waiting room
	Body      any
	Hole      *Segment // shared part that the body leaves room for
	Language  []Other
}

// Other is a link to the page in another language.
type Other struct {
	Lang locale.Lang
	Name string
	Link string // empty: a button of the page's form
}

// Resend is what somebody sent, to be sent once more.
type Resend struct {
	Action, Step string
	Fields       []Hidden
}

// Hidden is one field of it.
type Hidden struct{ Name, Value string }

// Theme is an organizer's accent with the style sheet made for it and what the
// Content-Security-Policy must allow.
type Theme struct {
	CSS template.CSS
	// Policy is the value of the Content-Security-Policy header.
	Policy string
	// WatchPolicy is that of pages that ask for the room's status by themselves.
	WatchPolicy string
}

// countdown is the only script: it counts a hold down from the server's time.
var countdown = sync.OnceValue(func() string { return mustRead("countdown.js") })

// watch follows a waiting room.
var watch = sync.OnceValue(func() string { return mustRead("wait.js") })

func mustRead(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded: a missing file is a broken build
	}
	return string(b)
}

// DefaultAccent is the colour of pages that belong to no organizer.
const DefaultAccent = "#2b5d7d"

var themes sync.Map // accent → *Theme

// ThemeOf returns the theme of an accent colour (#rrggbb), corrected where it
// would be too pale to read.
func ThemeOf(accent string) *Theme {
	if t, ok := themes.Load(accent); ok {
		return t.(*Theme)
	}
	light, dark := Accents(accent)
	css := strings.NewReplacer("ACCENT-LIGHT", light, "ACCENT-DARK", dark).Replace(mustRead("einlass.css"))
	t := &Theme{CSS: template.CSS(css), Policy: policy(css, countdown()), WatchPolicy: policy(css, watch()) + "; connect-src 'self'"} //nolint:gosec // our own sheet; accents are parsed hex
	themes.Store(accent, t)
	return t
}

// policy allows exactly our own inline style and scripts, and forms to ourselves.
func policy(css string, scripts ...string) string {
	allowed := ""
	for _, js := range scripts {
		allowed += " " + hash(js)
	}
	return "default-src 'none'; style-src " + hash(css) + "; script-src" + allowed +
		"; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// sets are the parsed templates, one per language, because the words are chosen
// before and while a template runs.
var sets = sync.OnceValue(func() map[locale.Lang]*template.Template {
	out := make(map[locale.Lang]*template.Template)
	for _, lang := range locale.Langs {
		set := template.New("").Funcs(funcs(lang))
		for _, name := range templates() {
			template.Must(set.Parse(sayConstants(mustRead(name), lang)))
		}
		out[lang] = set
	}
	return out
})

func templates() []string {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	return names
}

var constant = regexp.MustCompile(`\{\{t "([a-z0-9_.]+)"\}\}`)

// sayConstants puts the words that never change into a template's text: {{t "id"}}
// becomes the message itself, so that html/template need not call for it and escape
// it on every page. Messages stand between tags and in quoted attributes
// (TestWordsStandWhereTheyMay); there, escaping is as for HTML.
func sayConstants(text string, lang locale.Lang) string {
	return constant.ReplaceAllStringFunc(text, func(call string) string {
		id := constant.FindStringSubmatch(call)[1]
		if !locale.Has(lang, id) {
			return call // fails when it is run, and says what is missing
		}
		return template.HTMLEscapeString(locale.T(lang, id))
	})
}

// Render writes a whole page.
func Render(p *Page) ([]byte, error) {
	parts, err := Segments(p)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, s := range parts {
		out = append(out, s.Plain...)
	}
	return out, nil
}

// Fragment writes one named template, to be put into pages as it is.
func Fragment(lang locale.Lang, name string, data any) (template.HTML, error) {
	var buf bytes.Buffer
	if err := set(lang).ExecuteTemplate(&buf, name, data); err != nil {
		return "", fault.New(fault.Internal, "fragment %s: %w", name, err)
	}
	return template.HTML(buf.String()), nil //nolint:gosec // escaped by the template that wrote it
}

func set(lang locale.Lang) *template.Template {
	if t := sets()[lang]; t != nil {
		return t
	}
	return sets()[locale.German]
}

// Names lists the page templates, for the test that runs every one of them.
func Names() []string {
	var out []string
	for _, t := range sets()[locale.German].Templates() {
		if name, ok := strings.CutPrefix(t.Name(), "body-"); ok {
			out = append(out, name)
		}
	}
	return out
}
