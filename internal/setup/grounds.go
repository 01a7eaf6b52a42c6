package setup

import (
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
)

// Bounds of a ground.
const (
	ageMax         = 130 // years
	codeUsesMax    = 1000
	sharedTownsMax = 50
	postcodeDigits = 5
	atSlot         = "slot"
)

func (r *reader) grounds(f *field) []catalog.Ground {
	var out []catalog.Ground
	for _, item := range r.each(f, catalog.GroundsMax, "grounds") {
		o := r.open(item, "age", "place", "code", "uses", "who")
		g := catalog.Ground{
			Age:   r.age(o.get("age")),
			Place: r.place(o.get("place")),
			Code:  r.slug(o.get("code")),
			Who:   r.words(o.get("who"), catalog.TitleMax),
		}
		if uses := o.get("uses"); uses != nil {
			g.CodeUses = r.integer(uses, 1, codeUsesMax)
			if o.get("code") == nil {
				r.errorf(uses.node, uses.path, "says how often a code is good, but there is no code; add code: or take it out")
			}
		} else if g.Code != "" {
			g.CodeUses = 1
		}
		if o.n != nil && o.get("age") == nil && o.get("place") == nil && o.get("code") == nil {
			r.errorf(item.node, item.path, "has no condition, so everybody could book; add age, place or code, or leave eligible out")
		}
		out = append(out, g)
	}
	return out
}

func (r *reader) age(f *field) *catalog.AgeRule {
	if f == nil {
		return nil
	}
	o := r.open(f, "from", "to", "at")
	if o.n == nil {
		return nil
	}
	out := &catalog.AgeRule{
		From:   r.integer(o.get("from"), 0, ageMax),
		To:     r.integer(o.get("to"), 0, ageMax),
		AtSlot: true,
	}
	switch {
	case o.get("from") == nil && o.get("to") == nil:
		r.errorf(f.node, f.path, "has neither from nor to; write {from: 60, to: 79}")
	case out.To > 0 && out.From > out.To:
		r.errorf(r.where(o.join("from")), o.join("from"), "%d is above to (%d); swap them", out.From, out.To)
	}
	if day := o.get("at"); day != nil && day.text != atSlot {
		out.AtSlot, out.At = false, r.ageDay(day)
	}
	return out
}

// ageDay reads the day on which an age is judged.
func (r *reader) ageDay(f *field) time.Time {
	s, ok := r.scalar(f)
	if !ok {
		return time.Time{}
	}
	if t, err := time.Parse(dayLayout, s); err == nil && inYears(t) {
		return t
	}
	r.errorf(f.node, f.path, "%q is neither slot nor a day; write slot or 2021-04-10", shorten(s))
	return time.Time{}
}

func (r *reader) place(f *field) *catalog.PlaceRule {
	if f == nil {
		return nil
	}
	o := r.open(f, "name", "postcodes", "shared")
	if o.n == nil {
		return nil
	}
	out := &catalog.PlaceRule{Name: r.words(o.get("name"), catalog.TitleMax)}
	if o.get("postcodes") == nil && o.get("shared") == nil {
		r.errorf(f.node, f.path, `has no postcodes; write {postcodes: ["58", "45525"]}`)
	}
	for _, item := range r.each(o.get("postcodes"), catalog.PostcodesMax, "postcodes") {
		if code := r.postcode(item, 1); code != "" {
			r.checkCovered(item, code, out.Postcodes)
			out.Postcodes = append(out.Postcodes, code)
		}
	}
	for _, item := range r.each(o.get("shared"), catalog.GroundsMax, "shared postcodes") {
		out.Ambiguous = append(out.Ambiguous, r.shared(item))
	}
	return out
}

// postcode reads a postcode or, from shortest digits on, the beginning of one.
func (r *reader) postcode(f *field, shortest int) string {
	s, ok := r.scalar(f)
	if !ok {
		return ""
	}
	digits := strings.Trim(s, "0123456789") == ""
	if !digits || len(s) < shortest || len(s) > postcodeDigits {
		r.errorf(f.node, f.path, "%q is not a postcode; write %d digits, or the first ones: \"58\"", shorten(s), postcodeDigits)
		return ""
	}
	return s
}

func (r *reader) checkCovered(f *field, code string, before []string) {
	for _, b := range before {
		if strings.HasPrefix(code, b) {
			r.warnf(f.node, f.path, "%s is covered by %s already; take it out", code, b)
			return
		}
	}
}

func (r *reader) shared(f *field) catalog.SharedPostcode {
	o := r.open(f, "postcode", "places", "allowed")
	out := catalog.SharedPostcode{
		Places:  r.towns(o.need("places")),
		Allowed: r.towns(o.need("allowed")),
	}
	if code := o.need("postcode"); code != nil {
		out.Postcode = r.postcode(code, postcodeDigits)
	}
	for i, town := range out.Allowed {
		if !slices.Contains(out.Places, town) && len(out.Places) > 0 {
			path := o.join("allowed")
			r.errorf(r.where(path), path, "%q (number %d) is not one of places; add it there", town, i+1)
		}
	}
	return out
}

func (r *reader) towns(f *field) []string {
	var out []string
	for _, item := range r.each(f, sharedTownsMax, "towns") {
		out = append(out, r.text(item, catalog.PlaceMax))
	}
	return out
}
