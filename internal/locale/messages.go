package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// The catalogues: one file per page group and language, named group.lang.json.
// A new page group is two new files in this folder and nothing else.
//
//go:embed messages/*.json
var messageFiles embed.FS

// Data fills the {{.Name}} holes of a message. Values are written in the
// message's language:
//
//	time.Time          as a calendar day, "10. April 2021", in its own location
//	[]string           as a list with "und" / "and"
//	In(Lang) string    whatever that method returns (a Message, a text in languages)
//	everything else    as fmt prints it; format numbers with Number before
//
// The value named Count, an int, also chooses the plural form.
type Data map[string]any

// CountKey is the name of the value that chooses the plural form.
const CountKey = "Count"

// Localized is a value that knows how to say itself in a language.
type Localized interface{ In(lang Lang) string }

// Message is a sentence that has not been said yet: an id with its data. Rooms
// without a language hand messages up; the page says them.
type Message struct {
	ID   string
	Data Data
}

// In says the message in lang.
func (m Message) In(lang Lang) string { return T(lang, m.ID, m.Data) }

// T returns the message id in lang, its holes filled from data; with several,
// the later wins. An id nobody wrote comes back as itself in brackets, so that
// it is seen on the page and by the tests, which scan for it.
func T(lang Lang, id string, data ...Data) string {
	c := loaded()
	table, ok := c.tables[lang]
	if !ok {
		table = c.tables[German]
	}
	e, ok := table[id]
	switch {
	case !ok:
		return "[" + id + "]"
	case e.plain:
		return e.text
	}
	return c.fill(lang, id, data)
}

// Has reports whether id exists in lang.
func Has(lang Lang, id string) bool {
	_, ok := loaded().tables[lang][id]
	return ok
}

// entry is one message as the fast path sees it: text is final when plain.
type entry struct {
	plain bool
	text  string
	raw   *i18n.Message
}

// catalogues holds all messages. It is read-only after loading.
type catalogues struct {
	tables     map[Lang]map[string]entry
	localizers map[Lang]*i18n.Localizer
}

// loaded parses the embedded files once. They are part of the program, checked
// by the tests: a broken one is a broken build, hence the panic.
var loaded = sync.OnceValue(func() *catalogues {
	c, err := load(messageFiles)
	if err != nil {
		panic(err)
	}
	return c
})

func load(files fs.FS) (*catalogues, error) {
	bundle := i18n.NewBundle(language.German)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &catalogues{tables: map[Lang]map[string]entry{}, localizers: map[Lang]*i18n.Localizer{}}
	for _, lang := range Langs {
		c.tables[lang] = map[string]entry{}
		c.localizers[lang] = i18n.NewLocalizer(bundle, string(lang))
	}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		return nil, fmt.Errorf("list message files: %w", err)
	}
	for _, name := range names {
		if err := c.add(bundle, files, name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// add reads one file. The same id in two files of a language is a mistake:
// which of the two wins would depend on the file names.
func (c *catalogues) add(bundle *i18n.Bundle, files fs.FS, name string) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	file, err := bundle.ParseMessageFileBytes(raw, name)
	if err != nil {
		return fmt.Errorf("parse %s: %w", name, err)
	}
	table, ok := c.tables[Lang(file.Tag.String())]
	if !ok {
		return fmt.Errorf("%s: no language %q; name the file group.de.json or group.en.json", path.Base(name), file.Tag)
	}
	for _, m := range file.Messages {
		if _, twice := table[m.ID]; twice {
			return fmt.Errorf("%s: %q exists in another file already", path.Base(name), m.ID)
		}
		plain := m.One == "" && !strings.Contains(m.Other, "{{")
		table[m.ID] = entry{plain: plain, text: m.Other, raw: m}
	}
	return nil
}

// fill is the slow path: template and plural form.
func (c *catalogues) fill(lang Lang, id string, data []Data) string {
	if _, ok := c.localizers[lang]; !ok {
		lang = German
	}
	values := make(map[string]any)
	for _, d := range data {
		for k, v := range d {
			values[k] = say(lang, v)
		}
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: values}
	if n, ok := count(data); ok {
		config.PluralCount = n
		values[CountKey] = Number(lang, int64(n))
	}
	text, err := c.localizers[lang].Localize(config)
	if err != nil {
		return "[" + id + "]"
	}
	return text
}

// count finds the number that chooses the plural form.
func count(data []Data) (n int, ok bool) {
	for _, d := range data {
		switch v := d[CountKey].(type) {
		case int:
			n, ok = v, true
		case int64:
			n, ok = int(v), true
		}
	}
	return n, ok
}

// say writes one value in lang.
func say(lang Lang, v any) any {
	switch v := v.(type) {
	case Localized:
		return v.In(lang)
	case time.Time:
		return Day(lang, v, v.Location())
	case []string:
		return List(lang, v)
	}
	return v
}
