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

// word is anything in quotes that can be an id, the beginning of one ("cart.kind.")
// or its end (".next").
var word = regexp.MustCompile(`"(\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)"`)

// TestEveryIDWrittenIsUsed: a text nobody shows is a text nobody keeps true. An id
// is used if code or a template names it, or names all the parts of which it is put
// together.
func TestEveryIDWrittenIsUsed(t *testing.T) {
	named := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !mayName(path) {
			return err
		}
		text, err := os.ReadFile(path)
		for _, hit := range word.FindAllStringSubmatch(string(text), -1) {
			named[hit[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range loaded().tables[German] {
		if !usedID(id, named) {
			t.Errorf("no code and no template names %q; delete it from locale/messages", id)
		}
	}
	for _, planted := range []string{"refused.no_such_reason", "no.such.id", "eligibility.missing.name", "cart.kin"} {
		if usedID(planted, named) {
			t.Errorf("the planted id %q counts as used", planted)
		}
	}
}

func usedID(id string, named map[string]bool) bool {
	if named[id] {
		return true
	}
	for i, c := range id {
		switch {
		case c != '.' || i == 0:
		case named[id[:i+1]] && usedRest(id[i+1:], named): // "cart.kind." + kind, with a kind "mail"
			return true
		case named[id[i:]] && usedID(id[:i], named): // id + ".next"
			return true
		}
	}
	return false
}

// usedRest looks at what follows the beginning of an id.
func usedRest(rest string, named map[string]bool) bool {
	before, after, found := strings.Cut(rest, ".")
	return usedID(rest, named) || found && named[before] && usedID(after, named) // what + "." + topic
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

// TestNoMessageIsWrittenTwice: of two texts with one id in a file the last one would
// be shown in both places.
func TestNoMessageIsWrittenTwice(t *testing.T) {
	names, err := fs.Glob(messageFiles, "messages/*.json")
	if err != nil {
		t.Fatal(err)
	}
	id, ids := regexp.MustCompile(`(?m)^  "([a-z0-9_.]+)":`), 0
	for _, name := range names {
		text, err := fs.ReadFile(messageFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, hit := range id.FindAllSubmatch(text, -1) {
			if ids++; seen[string(hit[1])] {
				t.Errorf("%s has %s twice", name, hit[1])
			}
			seen[string(hit[1])] = true
		}
	}
	if ids < 400 {
		t.Errorf("only %d messages", ids)
	}
}
