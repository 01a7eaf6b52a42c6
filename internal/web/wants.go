package web

import (
	"html"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// wantForm asks which groups suit whoever draws a number; nil where there is nothing to
// choose.
type wantForm struct {
	Choices []wantChoice
	Wrong   string // nothing was ticked
}

// wantChoice is one group. Its name goes by its place in the list, which never changes.
type wantChoice struct {
	Name, Label string
	On          bool
}

// newWants has everything ticked.
func newWants(sale *booking.Sale, lang locale.Lang) *wantForm {
	if !sale.Grouped() || !hasRoom(sale) {
		return nil
	}
	f := &wantForm{}
	for g := range sale.Groups {
		f.Choices = append(f.Choices, wantChoice{Name: "want-" + string(rune('a'+g)), Label: sale.GroupName(g, lang), On: true})
	}
	return f
}

// read takes what was ticked. At least one must be.
func (f *wantForm) read(r *request) catalog.GroupSet {
	if f == nil {
		return catalog.AnyGroup
	}
	if r.PostFormValue("wants") == "" { // a form from before numbers were drawn: it did not ask
		f.Wrong = r.t("want.none")
		return catalog.AnyGroup
	}
	var on []int
	for g := range f.Choices {
		if f.Choices[g].On = r.PostFormValue(f.Choices[g].Name) != ""; f.Choices[g].On {
			on = append(on, g)
		}
	}
	if len(on) == 0 {
		f.Wrong = r.t("want.none")
	}
	return catalog.GroupsOf(len(f.Choices), on...)
}

// problems is empty or has the one there can be.
func (f *wantForm) problems() []problem {
	if f == nil || f.Wrong == "" {
		return nil
	}
	return []problem{{ID: f.Choices[0].Name, Text: f.Wrong}}
}

// saysWants reports whether a page tells people what they wished for.
func saysWants(sale *booking.Sale) bool { return sale.Grouped() && hasRoom(sale) }

// wantNames are the groups of a wish as people call them.
func wantNames(sale *booking.Sale, lang locale.Lang, wants catalog.GroupSet) string {
	var out []string
	for _, g := range wants.Of(sale.GroupCount()) {
		out = append(out, sale.GroupName(g, lang))
	}
	return locale.List(lang, out)
}

// wantIDs are their ids.
func wantIDs(sale *booking.Sale, wants catalog.GroupSet) (out []string) {
	for _, g := range wants.Of(len(sale.Groups)) {
		out = append(out, sale.Groups[g].ID)
	}
	return out
}

// wantHole is the same for a page's hole, escaped.
func wantHole(sale *booking.Sale, lang locale.Lang, wants catalog.GroupSet) string {
	return html.EscapeString(wantNames(sale, lang, wants))
}
