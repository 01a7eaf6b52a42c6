package eligibility

import (
	"slices"
	"strings"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// postcodesSaid is how many postcodes a sentence lists before "and others".
const postcodesSaid = 6

// Needs lists what must be asked before a place is held, in the order of the
// form. The town is not among them: it is asked only where Judge answers
// NeedsPlace.
func Needs(sale *catalog.Sale) []Field {
	var needs []Field
	for _, f := range fieldOrder {
		if limitNeeds(sale, f) || slices.ContainsFunc(sale.Eligible, func(g catalog.Ground) bool { return groundNeeds(&g, f) }) {
			needs = append(needs, f)
		}
	}
	return needs
}

// Required reports whether nobody can book without filling in f: the person
// limit needs it, or every ground does. Other fields may stay empty.
func Required(sale *catalog.Sale, f Field) bool {
	if limitNeeds(sale, f) {
		return true
	}
	return len(sale.Eligible) > 0 &&
		!slices.ContainsFunc(sale.Eligible, func(g catalog.Ground) bool { return !groundNeeds(&g, f) })
}

func limitNeeds(sale *catalog.Sale, f Field) bool {
	if sale.Limit.PerPerson == 0 {
		return false
	}
	return f == FieldName && slices.Contains(sale.Limit.Person, catalog.PersonName) ||
		f == FieldBirthDate && slices.Contains(sale.Limit.Person, catalog.PersonBirthDate)
}

func groundNeeds(g *catalog.Ground, f Field) bool {
	switch f {
	case FieldBirthDate:
		return g.Age != nil
	case FieldPostcode:
		return g.Place != nil
	case FieldCode:
		return g.Code != ""
	}
	return false
}

// Explain says who may book, in plain sentences for the event page: one per
// ground, then what counts, then how many places one person gets.
func Explain(sale *catalog.Sale, lang locale.Lang) []string {
	var out []string
	if len(sale.Eligible) == 0 {
		out = append(out, locale.T(lang, "eligibility.explain.all"))
	}
	for i := range sale.Eligible {
		id := "eligibility.explain.first"
		if i > 0 {
			id = "eligibility.explain.or"
		}
		out = append(out, locale.T(lang, id, locale.Data{"Who": who(&sale.Eligible[i])}))
	}
	for _, m := range notes(sale) {
		out = append(out, m.In(lang))
	}
	return out
}

// notes are the sentences after the grounds, each said once.
func notes(sale *catalog.Sale) []locale.Message {
	var out []locale.Message
	if slices.ContainsFunc(sale.Eligible, func(g catalog.Ground) bool { return g.Age != nil && g.Age.AtSlot }) {
		out = append(out, locale.Message{ID: "eligibility.explain.at_slot"})
	}
	for i := range sale.Eligible {
		if age := sale.Eligible[i].Age; age != nil && !age.AtSlot {
			out = append(out, locale.Message{ID: "eligibility.explain.at_day", Data: locale.Data{"Day": age.At}})
			break
		}
	}
	for i := range sale.Eligible {
		if place := sale.Eligible[i].Place; place != nil {
			out = append(out, sharedNotes(place)...)
		}
	}
	if n := sale.Limit.PerPerson; n > 0 {
		out = append(out, locale.Message{ID: "eligibility.explain.limit", Data: locale.Data{locale.CountKey: n}})
	}
	return out
}

func sharedNotes(place *catalog.PlaceRule) []locale.Message {
	out := make([]locale.Message, 0, len(place.Ambiguous))
	for _, s := range place.Ambiguous {
		out = append(out, locale.Message{
			ID:   "eligibility.explain.shared",
			Data: locale.Data{"Postcode": s.Postcode, "Places": s.Allowed},
		})
	}
	return out
}

// groundSentence is the first sentence of a refusal: for whom the places are.
func groundSentence(g *catalog.Ground) locale.Message {
	return locale.Message{ID: "eligibility.for", Data: locale.Data{"Who": who(g)}}
}

// phrase is a part of a sentence: messages said one after the other.
type phrase []locale.Localized

// In says the parts with spaces between them.
func (p phrase) In(lang locale.Lang) string {
	parts := make([]string, 0, len(p))
	for _, part := range p {
		if s := part.In(lang); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// who names the people of a ground: "Menschen von 60 bis 79 Jahren aus dem
// Ennepe-Ruhr-Kreis".
func who(g *catalog.Ground) locale.Localized {
	if len(g.Who) > 0 {
		return g.Who
	}
	p := phrase{people(g.Age)}
	if g.Place != nil {
		p = append(p, where(g.Place))
	}
	if g.Code != "" {
		p = append(p, locale.Message{ID: "eligibility.who.code"})
	}
	return p
}

func people(r *catalog.AgeRule) locale.Message {
	switch {
	case r == nil, r.From == 0 && r.To == 0:
		return locale.Message{ID: "eligibility.who.people"}
	case r.From == r.To:
		return locale.Message{ID: "eligibility.who.age", Data: locale.Data{"Age": r.From}}
	case r.To == 0:
		return locale.Message{ID: "eligibility.who.from", Data: locale.Data{"From": r.From}}
	case r.From == 0:
		return locale.Message{ID: "eligibility.who.to", Data: locale.Data{"To": r.To}}
	}
	return locale.Message{ID: "eligibility.who.range", Data: locale.Data{"From": r.From, "To": r.To}}
}

func where(r *catalog.PlaceRule) locale.Localized {
	if len(r.Name) > 0 {
		return r.Name
	}
	codes := slices.Clone(r.Postcodes)
	for _, s := range r.Ambiguous {
		codes = append(codes, s.Postcode)
	}
	if len(codes) > postcodesSaid {
		return postcodes{id: "eligibility.who.postcodes_more", codes: codes[:postcodesSaid]}
	}
	return postcodes{id: "eligibility.who.postcodes", codes: codes}
}

// postcodes is a list of postcodes and beginnings of postcodes.
type postcodes struct {
	id    string
	codes []string
}

// In lists the postcodes; a beginning is shown as "58…".
func (p postcodes) In(lang locale.Lang) string {
	shown := make([]string, len(p.codes))
	for i, c := range p.codes {
		shown[i] = c
		if len(c) < postcodeDigits {
			shown[i] += "…"
		}
	}
	list := locale.ListOr(lang, shown)
	if p.id == "eligibility.who.postcodes_more" {
		list = strings.Join(shown, ", ")
	}
	return locale.T(lang, p.id, locale.Data{"Postcodes": list})
}
