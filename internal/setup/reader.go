package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// reader walks the tree once, notes every problem, and remembers where each
// value stood for the checks that follow.
type reader struct {
	problems
	loc   *time.Location
	nodes map[string]*node // by path
}

// where returns the node read under path, else the beginning of the file.
func (r *reader) where(path string) *node {
	if n := r.nodes[path]; n != nil {
		return n
	}
	return &node{line: 1, col: 1}
}

// object is a mapping whose keys are known.
type object struct {
	r      *reader
	path   string
	n      *node
	fields map[string]*node
}

// object opens n as a mapping. A wrong shape, unknown keys and keys written
// twice are reported. A nil n (reported as missing before) gives an object that
// has nothing and reports nothing.
func (r *reader) object(n *node, path string, known ...string) object {
	o := object{r: r, path: path, n: n, fields: map[string]*node{}}
	if n == nil {
		return o
	}
	if n.kind != mapping {
		r.errorf(n, path, "key: value pairs are expected here, such as %s: …", known[0])
		o.n = nil
		return o
	}
	for _, e := range n.entries {
		switch key := e.key.text; {
		case !slices.Contains(known, key):
			r.errorf(e.key, o.join(key), "unknown key%s", suggest(key, known))
		case o.fields[key] != nil:
			r.errorf(e.key, o.join(key), "is written twice, first in line %d; keep one", o.fields[key].line)
		default:
			o.fields[key] = e.value
			r.nodes[o.join(key)] = e.value
		}
	}
	return o
}

func (o object) join(key string) string {
	key = shorten(key)
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// get returns a value, or nil if it is absent or empty.
func (o object) get(key string) *field { return o.field(key, false) }

// need returns a value and reports it as missing if it is absent or empty.
func (o object) need(key string) *field { return o.field(key, true) }

// field is a value with its path; nil where there is none.
type field struct {
	*node
	path string
}

// index is the path of an item of a list.
func (f field) index(i int) string { return fmt.Sprintf("%s[%d]", f.path, i) }

func (o object) field(key string, must bool) *field {
	v := o.fields[key]
	if v != nil && v.kind != empty {
		return &field{node: v, path: o.join(key)}
	}
	if must && o.n != nil {
		pos := o.n
		if v != nil {
			pos = v
		}
		o.r.errorf(pos, o.join(key), "is missing")
	}
	return nil
}

// open opens a field as an object; nil stays nil.
func (r *reader) open(f *field, known ...string) object {
	if f == nil {
		return r.object(nil, "", known...)
	}
	return r.object(f.node, f.path, known...)
}

// each returns the items of a list. A single value counts as a list of one: who
// writes one date need not know about brackets.
func (r *reader) each(f *field, limit int, of string) []*field {
	if f == nil {
		return nil
	}
	items := f.items
	if f.kind != list {
		items = []*node{f.node}
	}
	if len(items) > limit {
		r.errorf(f.node, f.path, "%d %s; at most %d are allowed", len(items), of, limit)
		return nil
	}
	out := make([]*field, 0, len(items))
	for i, n := range items {
		path := f.index(i)
		r.nodes[path] = n
		if n.kind == empty {
			r.errorf(n, path, "is empty; fill it in or take it out")
			continue
		}
		out = append(out, &field{node: n, path: path})
	}
	return out
}

// text reads a line of text of at most limit characters; "" if f is nil.
func (r *reader) text(f *field, limit int) string {
	s, ok := r.scalar(f)
	if !ok {
		return ""
	}
	s = strings.TrimSpace(s)
	if n := len([]rune(s)); n > limit {
		r.errorf(f.node, f.path, "has %d characters; at most %d are allowed", n, limit)
		return ""
	}
	if strings.ContainsFunc(s, isControl) {
		r.errorf(f.node, f.path, "contains a control character; take it out")
		return ""
	}
	return s
}

// isControl reports characters that have no place in a text for people. Line
// ends and tabs are allowed.
func isControl(c rune) bool {
	return c < ' ' && c != '\n' && c != '\t' || c == 0x7F
}

func (r *reader) scalar(f *field) (string, bool) {
	if f == nil {
		return "", false
	}
	if f.kind != scalar {
		r.errorf(f.node, f.path, "one value is expected here, no list and no key: value pairs")
		return "", false
	}
	return f.node.text, true
}

// words reads a text in several languages: {de: …, en: …}, or one text that is
// then German. A language that is missing is a warning, none an error.
func (r *reader) words(f *field, limit int) catalog.Text {
	if f == nil {
		return nil
	}
	if f.kind == scalar {
		r.warnf(f.node, f.path, "is only German; write {de: …, en: …}")
		return catalog.Text{locale.German: r.text(f, limit)}
	}
	langs := make([]string, len(locale.Langs))
	for i, l := range locale.Langs {
		langs[i] = string(l)
	}
	o := r.open(f, langs...)
	if o.n == nil {
		return nil
	}
	out := catalog.Text{}
	for _, l := range locale.Langs {
		if s := r.text(o.get(string(l)), limit); s != "" {
			out[l] = s
		}
	}
	r.checkLanguages(f, out)
	return out
}

func (r *reader) checkLanguages(f *field, text catalog.Text) {
	if len(text) == 0 {
		r.errorf(f.node, f.path, "has no text in any language; write {de: …, en: …}")
		return
	}
	for _, l := range locale.Langs {
		if text[l] == "" {
			r.warnf(f.node, f.path, "has no text in %q; people will read another language", l)
		}
	}
}
