package locale

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

var holes = regexp.MustCompile(`\{\{\s*\.([A-Za-z]+)\s*\}\}`)

// placeholders lists the holes of all forms of a message.
func placeholders(m *i18n.Message) []string {
	var out []string
	for _, hit := range holes.FindAllStringSubmatch(m.One+m.Other, -1) {
		out = append(out, hit[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	const least = 40
	de, en := loaded().tables[German], loaded().tables[English]
	if len(de) < least {
		t.Errorf("only %d messages", len(de))
	}
	for id := range en {
		if _, ok := de[id]; !ok {
			t.Errorf("%q has no German", id)
		}
	}
	for id, d := range de {
		e, ok := en[id]
		if !ok {
			t.Errorf("%q has no English", id)
			continue
		}
		if a, b := placeholders(d.raw), placeholders(e.raw); !slices.Equal(a, b) {
			t.Errorf("%q: the German has the holes %v, the English %v", id, a, b)
		}
		if (d.raw.One == "") != (e.raw.One == "") {
			t.Errorf("%q has a singular in one language only", id)
		}
	}
}

// TestMessagesAreWellFormed: no empty text, no template that fails, no form that
// misses a hole of the other, no double spaces.
func TestMessagesAreWellFormed(t *testing.T) {
	for lang, table := range loaded().tables {
		for id, e := range table {
			data := Data{}
			for _, hole := range placeholders(e.raw) {
				data[hole] = "x"
			}
			if e.raw.One != "" {
				data[CountKey] = 1
				one, other := &i18n.Message{Other: e.raw.One}, &i18n.Message{Other: e.raw.Other}
				for _, hole := range placeholders(one) {
					if !slices.Contains(placeholders(other), hole) {
						t.Errorf("%s %q: only the singular has %q", lang, id, hole)
					}
				}
			}
			text := T(lang, id, data)
			if text == "" || strings.HasPrefix(text, "[") || strings.Contains(text, "<no value>") ||
				strings.Contains(text, "{{") || strings.Contains(text, "  ") || text != strings.TrimSpace(text) {
				t.Errorf("%s %q is %q", lang, id, text)
			}
		}
	}
}

// uses are the ways in which code and templates name a message. A template's
// function is called t: {{t "wait.title"}}.
var uses = []*regexp.Regexp{
	regexp.MustCompile(`locale\.T\([^,"]+, "([a-z0-9_.-]+)"`),
	regexp.MustCompile(`locale\.Message\{\s*ID:\s*"([a-z0-9_.-]+)"`),
	regexp.MustCompile(`fault\.Field\("[^"]*", "([a-z0-9_.-]+)"\)`),
	regexp.MustCompile(`[{( ]t "([a-z0-9_-]+\.[a-z0-9_.-]+)"`),
	regexp.MustCompile(`\bT\(lang, "([a-z0-9_.-]+)"`),
}

// TestEveryIDUsedIsWritten scans the whole program for message ids.
func TestEveryIDUsedIsWritten(t *testing.T) {
	const least = 10
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !mayName(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, use := range uses {
			for _, hit := range use.FindAllStringSubmatch(string(text), -1) {
				found++
				if !Has(German, hit[1]) {
					t.Errorf("%s names the message %q, which nobody wrote; add it to locale/messages", path, hit[1])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < least {
		t.Errorf("found only %d uses of messages; the patterns no longer fit the code", found)
	}
}

func mayName(path string) bool {
	if strings.HasSuffix(path, "_test.go") {
		return false
	}
	return slices.Contains([]string{".go", ".html", ".gohtml", ".tmpl", ".txt", ".svg"}, filepath.Ext(path))
}

func TestBrokenCatalogues(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"twice": {
			"messages/a.de.json": {Data: []byte(`{"x": "1"}`)},
			"messages/b.de.json": {Data: []byte(`{"x": "2"}`)},
		},
		"no language":      {"messages/a.json": {Data: []byte(`{"x": "1"}`)}},
		"unknown language": {"messages/a.fr.json": {Data: []byte(`{"x": "1"}`)}},
		"no JSON":          {"messages/a.de.json": {Data: []byte(`{"x": `)}},
	} {
		if _, err := load(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
