package rehearsal

import (
	"slices"
	"strings"
)

// wantField begins the names of the boxes by which people say which groups suit them.
const wantField = "want-"

// wish settles what suits the person, of what the form has: one in so many is content with
// everything, the others with one group, every third of them with the next one too. It
// does not change when the form comes back.
func (p *person) wish(form *Form) {
	var boxes []string
	for i := range form.Fields {
		if f := &form.Fields[i]; f.Type == "checkbox" && strings.HasPrefix(f.Name, wantField) {
			boxes = append(boxes, f.Name)
		}
	}
	n := len(boxes)
	if n == 0 || p.wants != nil {
		return
	}
	at := p.who.index % (n + 1)
	if at == n {
		p.wants = boxes
		return
	}
	p.wants = []string{boxes[at]}
	if p.who.index/(n+1)%3 == 0 {
		p.wants = append(p.wants, boxes[(at+1)%n])
	}
}

// ticks says whether a box is ticked; whoever has not thought about it leaves the page's.
func (p *person) ticks(f *Field) (string, bool) {
	switch {
	case p.wants == nil:
		return "", false
	case slices.Contains(p.wants, f.Name):
		return f.Choices[0].Value, true
	}
	return unticked, true
}
