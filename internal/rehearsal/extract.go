package rehearsal

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of one page. A page beyond them is cut, never an error: the crowd sees
// what fits, as a person sees what fits on a screen.
const (
	formsOnPage   = 64
	fieldsInForm  = 512
	choicesInForm = 25_000 // catalog allows 20,000 slots in one event
	codeMax       = 64     // bytes of a booking code
)

// Extract reads what a person can act on. Any bytes are a page; what is not
// understood is skipped. It works on the token stream and builds no tree: the
// crowd shares its cores with the server it looks at.
func Extract(body []byte) *Page {
	x := extractor{z: html.NewTokenizer(withoutStyle(body)), page: &Page{}, labelFree: -1}
	for {
		switch x.z.Next() {
		case html.ErrorToken:
			x.closeForm()
			return x.page
		case html.StartTagToken, html.SelfClosingTagToken:
			x.open()
		case html.EndTagToken:
			x.shut()
		case html.TextToken:
			x.text()
		}
	}
}

// withoutStyle leaves out the page's first style sheet, on most pages the greater
// part of their bytes: nobody acts on it.
func withoutStyle(body []byte) io.Reader {
	from := bytes.Index(body, []byte("<style>"))
	to := bytes.Index(body, []byte("</style>"))
	if from < 0 || to < from {
		return bytes.NewReader(body)
	}
	return io.MultiReader(bytes.NewReader(body[:from]), bytes.NewReader(body[to:]))
}

// extractor is the state of one pass over a page.
type extractor struct {
	z         *html.Tokenizer
	page      *Page
	form      *Form
	choices   int    // in this form
	labelFree int    // data-free of the open label; -1 = none
	labelFor  string // for= of the open label
	byID      map[string]place
	selected  *Field // open select
	marked    bool   // an option of the open select carries selected
	chosen    bool   // the open option is the select's value so far
	untitled  bool   // the open option has no value: its text is the value
	area      *Field // open textarea
	inCode    bool
}

// place is where a radio button lies in its form: a label may come after it.
type place struct{ field, choice int }

// tag holds the attributes of one start tag that matter here.
type tag struct {
	name, value, kind, id, forID         string
	action, method, href, rel            string
	dataPage, dataState, step, free      string
	until, code, class, content, equiv   string
	hasFree, hasUntil, hasCode, hasValue bool
	checked, selected, required, off     bool
}

// open handles a start tag.
func (x *extractor) open() {
	name, more := x.z.TagName()
	switch a := atom.Lookup(name); a {
	case atom.Main:
		t := x.attributes(more)
		x.page.Kind, x.page.State = t.dataPage, t.dataState
	case atom.A, atom.Link:
		x.link(more)
	case atom.Form:
		x.openForm(x.attributes(more))
	case atom.Label:
		t := x.attributes(more)
		x.labelFor, x.labelFree = t.forID, freeOf(&t)
		x.lateLabel()
	case atom.Input:
		t := x.attributes(more)
		x.input(&t)
	case atom.Button:
		t := x.attributes(more)
		if t.name != "" && (t.kind == "" || t.kind == "submit") {
			x.addField(Field{Name: t.name, Type: "submit", Value: t.value})
		}
	case atom.Select:
		t := x.attributes(more)
		x.selected = x.addField(Field{Name: t.name, Type: "select", Needed: t.required})
		x.marked, x.untitled = false, false
	case atom.Option:
		x.option(x.attributes(more))
	case atom.Textarea:
		t := x.attributes(more)
		x.area = x.addField(Field{Name: t.name, Type: "textarea", Needed: t.required})
	case atom.Strong, atom.Time, atom.P, atom.Meta:
		x.mark(a, x.attributes(more))
	}
}

// mark handles the tags that only carry a figure or a sign.
func (x *extractor) mark(a atom.Atom, t tag) {
	switch {
	case a == atom.Strong && t.hasCode && x.page.Code == "":
		x.page.Code, x.inCode = cut(t.code, codeMax), t.code == ""
	case a == atom.Time && t.hasUntil:
		x.page.Until = t.until
	case a == atom.P && hasWord(t.class, "error"):
		x.page.Errors++
	case a == atom.Meta && strings.EqualFold(t.equiv, "refresh"):
		seconds, _, _ := strings.Cut(t.content, ";")
		if n, err := strconv.Atoi(strings.TrimSpace(seconds)); err == nil && n > 0 && n <= 3600 {
			x.page.Refresh = n
		}
	}
}

func (x *extractor) link(more bool) {
	t := x.attributes(more)
	if x.page.Next == "" && t.href != "" && hasWord(t.rel, "next") {
		x.page.Next = t.href
	}
	if t.step == stepDeskNumbers {
		x.page.Numbers = t.href
	}
}

// shut handles an end tag.
func (x *extractor) shut() {
	name, _ := x.z.TagName()
	switch atom.Lookup(name) {
	case atom.Form:
		x.closeForm()
	case atom.Label:
		x.labelFree, x.labelFor = -1, ""
	case atom.Option:
		x.untitled = false
	case atom.Select:
		x.selected, x.untitled = nil, false
	case atom.Textarea:
		x.area = nil
	case atom.Strong:
		x.inCode = false
	}
}

func (x *extractor) text() {
	switch {
	case x.inCode:
		if s := strings.TrimSpace(string(x.z.Text())); s != "" {
			x.page.Code = cut(s, codeMax)
		}
	case x.untitled && x.selected != nil:
		x.title(strings.TrimSpace(string(x.z.Text())))
	case x.area != nil:
		// A newline right after the start tag is dropped (HTML, 13.1.2.5).
		x.area.Value += strings.TrimPrefix(string(x.z.Text()), "\n")
	}
}

func (x *extractor) openForm(t tag) {
	x.closeForm()
	if len(x.page.Forms) < formsOnPage {
		x.form = &Form{Step: t.step, Action: t.action, Post: strings.EqualFold(t.method, "post")}
	}
}

func (x *extractor) closeForm() {
	if x.form != nil {
		x.page.Forms = append(x.page.Forms, *x.form)
	}
	x.form, x.selected, x.area, x.byID, x.choices = nil, nil, nil, nil, 0
}

func (x *extractor) input(t *tag) {
	if x.form == nil || t.name == "" || t.off {
		return
	}
	kind := strings.ToLower(t.kind)
	switch kind {
	case "radio":
		x.radio(t)
	case "checkbox":
		if !t.hasValue {
			t.value = "on"
		}
		f := Field{Name: t.name, Type: kind, Needed: t.required, Choices: []Choice{{Value: t.value, Free: -1}}}
		if t.checked {
			f.Value = t.value
		}
		x.addField(f)
	case "reset", "button", "file", "image":
	case "":
		x.addField(Field{Name: t.name, Type: "text", Value: t.value, Needed: t.required})
	default:
		x.addField(Field{Name: t.name, Type: kind, Value: t.value, Needed: t.required})
	}
}

// radio adds one button to the group of its name.
func (x *extractor) radio(t *tag) {
	at := -1
	for i := len(x.form.Fields) - 1; i >= 0 && at < 0; i-- { // a group is written in one piece
		if x.form.Fields[i].Name == t.name && x.form.Fields[i].Type == "radio" {
			at = i
		}
	}
	if at < 0 {
		if x.addField(Field{Name: t.name, Type: "radio"}) == nil {
			return
		}
		at = len(x.form.Fields) - 1
	}
	if x.choices++; x.choices > choicesInForm {
		return
	}
	f := &x.form.Fields[at]
	free := x.labelFree
	if t.hasFree {
		free = freeOf(t)
	}
	f.Choices = append(f.Choices, Choice{Value: t.value, Free: free})
	f.Needed = f.Needed || t.required
	if t.checked {
		f.Value = t.value
	}
	if t.id != "" && free < 0 {
		if x.byID == nil {
			x.byID = map[string]place{}
		}
		x.byID[t.id] = place{at, len(f.Choices) - 1}
	}
}

// lateLabel gives a label's figure to the button it names, when that came first.
func (x *extractor) lateLabel() {
	if at, ok := x.byID[x.labelFor]; ok && x.labelFree >= 0 && x.form != nil {
		x.form.Fields[at.field].Choices[at.choice].Free = x.labelFree
	}
}

// option adds one choice to the open select. Without a mark the first is chosen.
func (x *extractor) option(t tag) {
	x.untitled, x.chosen = false, false
	if x.selected == nil || t.off {
		return
	}
	if x.choices++; x.choices > choicesInForm {
		return
	}
	f := x.selected
	f.Choices = append(f.Choices, Choice{Value: t.value, Free: freeOf(&t)})
	if t.selected || (len(f.Choices) == 1 && !x.marked) {
		f.Value, x.marked, x.chosen = t.value, t.selected, true
	}
	x.untitled = !t.hasValue
}

// title gives the last choice its text as value (HTML, 4.10.10).
func (x *extractor) title(text string) {
	f := x.selected
	last := &f.Choices[len(f.Choices)-1]
	if x.chosen {
		f.Value = text
	}
	last.Value, x.untitled = text, false
}

// addField returns the field where it lies, or nil outside a form or beyond the
// bound. The pointer is good until the next field is added.
func (x *extractor) addField(f Field) *Field {
	if x.form == nil || f.Name == "" || len(x.form.Fields) >= fieldsInForm {
		return nil
	}
	x.form.Fields = append(x.form.Fields, f)
	return &x.form.Fields[len(x.form.Fields)-1]
}

func freeOf(t *tag) int {
	if n, err := strconv.Atoi(t.free); err == nil && t.hasFree && n >= 0 {
		return n
	}
	return -1
}

func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

func cut(s string, n int) string { return s[:min(len(s), n)] }
