package web

import (
	"regexp"

	"einlass/internal/web/view"
)

// holedPage is a page made once for many: parts that never change, compressed, and
// between them holes for what is one person's own. Nobody's page needs a template.
type holedPage []holedPart

type holedPart struct {
	fixed *view.Segment
	hole  string
}

// cutHoles takes a page apart at its holes.
func cutHoles(whole []byte, holes *regexp.Regexp) (page holedPage, err error) {
	at := 0
	add := func(end int) error {
		fixed, err := view.NewSegment(whole[at:end])
		page = append(page, holedPart{fixed: fixed})
		return err
	}
	for _, hit := range holes.FindAllIndex(whole, -1) {
		if err := add(hit[0]); err != nil {
			return nil, err
		}
		page = append(page, holedPart{hole: string(whole[hit[0]:hit[1]])})
		at = hit[1]
	}
	return page, add(len(whole))
}

// fill puts text into the holes; it must be escaped already.
func (p holedPage) fill(text func(hole string) string) []view.Segment {
	parts := make([]view.Segment, len(p))
	for i, part := range p {
		if part.fixed != nil {
			parts[i] = *part.fixed
		} else {
			parts[i].Plain = []byte(text(part.hole))
		}
	}
	return parts
}
