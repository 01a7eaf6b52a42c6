// Package eligibility says who may book what, and the sentence to say when not.
//
// It judges what a person typed against the grounds of a sale: any one ground is
// enough, and of a ground every condition must hold. It is arithmetic: no clock,
// no database. Whether an access code is real is therefore not answered here;
// the verdict names the lists in which the caller looks the code up.
//
// It never guesses. What is unknown is asked for (Missing, NeedsPlace), and only
// what is known to be wrong leads to NotEligible, with a reason for every ground.
package eligibility

import (
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// Outcome is how a judgement ended. The zero value is NotEligible, so that a
// forgotten assignment opens nothing.
type Outcome uint8

// The outcomes.
const (
	NotEligible Outcome = iota // every ground fails; Reasons says why
	Eligible                   // a ground holds without a code
	IfCode                     // eligible if the code is real: look it up in Checks
	NeedsPlace                 // the postcode is shared: ask for the town, Places
	Missing                    // Fields must be filled in first
)

var outcomeNames = [...]string{"not eligible", "eligible", "if code", "needs place", "missing"}

// String returns the outcome in lower-case English, for logs.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// Field is something a person types about themselves. The values are the names
// of the form's inputs and of fault fields.
type Field string

// The fields, in the order in which they are asked.
const (
	FieldName      Field = "name"
	FieldBirthDate Field = "birth_date"
	FieldPostcode  Field = "postcode"
	FieldPlace     Field = "place"
	FieldCode      Field = "code"
	// FieldSlot is Missing when an age counts on the day of the slot and no day
	// was given: the caller's omission, not the person's.
	FieldSlot Field = "slot"
)

// fieldOrder sorts lists of fields for people.
var fieldOrder = []Field{FieldName, FieldBirthDate, FieldPostcode, FieldPlace, FieldCode, FieldSlot}

// Verdict is the judgement over one person.
type Verdict struct {
	Outcome Outcome
	Ground  int         // index in sale.Eligible of the ground that holds; -1 without one
	Checks  []CodeCheck // with IfCode: any one real code is enough
	Code    string      // with IfCode: the code as NormalizeCode writes it
	Places  []string    // with NeedsPlace: the towns to choose from
	Fields  []Field     // with Missing: what to ask for; with NotEligible: what was left empty beside
	// Reasons has one entry per failed ground; with IfCode they are what to say
	// when the code turns out to be unknown.
	Reasons []Reason
}

// CodeUnknown is the verdict that follows an IfCode whose code no list of Checks
// has: NotEligible, with "we do not know this code" for the grounds it was meant
// for beside the reasons of the others.
func (v Verdict) CodeUnknown(sale *catalog.Sale) Verdict {
	out := Verdict{Outcome: NotEligible, Ground: -1, Reasons: slices.Clone(v.Reasons)}
	for _, c := range v.Checks {
		out.Reasons = append(out.Reasons, Reason{
			Ground: c.Ground,
			Who:    groundSentence(&sale.Eligible[c.Ground]),
			Why:    []Why{{Field: FieldCode, Message: locale.Message{ID: "eligibility.code.unknown"}}},
		})
	}
	inOrder(out.Reasons)
	return out
}

// CodeCheck names a list in which the code may lie and how many places one code
// of it is good for.
type CodeCheck struct {
	Ground int
	List   string
	Uses   int // ≥ 1
}

// Reason says why one ground does not hold.
type Reason struct {
	Ground int
	Who    locale.Message // for whom the ground is
	Why    []Why          // what does not fit, at least one
}

// Why is what does not fit, in a sentence, and the field it was typed in; none if
// nothing that was typed is wrong.
type Why struct {
	Field Field
	locale.Message
}

// Text says the reason in whole sentences: "Die Plätze sind für Menschen von 60
// bis 79 Jahren. Sie sind am 10. April 2021 58 Jahre alt."
func (r Reason) Text(lang locale.Lang) string {
	text := r.Who.In(lang)
	for _, why := range r.Why {
		text += " " + why.In(lang)
	}
	return text
}

// Judge says whether p may book in sale. slotDays are the days for which the
// judgement shall hold, each read in its own location: the day of the chosen
// slot, or, before one is chosen, every day that has slots; then one fitting day
// is enough. With the first and the last day alone the answer is exact unless
// the span is longer than the age range.
func Judge(sale *catalog.Sale, p catalog.Participant, slotDays ...time.Time) Verdict {
	if len(sale.Eligible) == 0 {
		return Verdict{Outcome: Eligible, Ground: -1}
	}
	findings := make([]finding, len(sale.Eligible))
	for i := range sale.Eligible {
		findings[i] = judgeGround(&sale.Eligible[i], p, slotDays)
	}
	return combine(sale, p, findings)
}

// Asking is the verdict with further fields that must be filled in first. Who may
// not book for another reason is told that one.
func (v Verdict) Asking(missing []Field) Verdict {
	if len(missing) == 0 || v.Outcome == NotEligible || v.Outcome == NeedsPlace {
		return v
	}
	out := Verdict{Outcome: Missing, Ground: -1, Fields: appendNew(slices.Clone(missing), v.Fields...)}
	sortFields(out.Fields)
	return out
}

func sortFields(f []Field) {
	slices.SortFunc(f, func(a, b Field) int { return slices.Index(fieldOrder, a) - slices.Index(fieldOrder, b) })
}

// finding is what became of one ground.
type finding struct {
	why      []Why    // failed: what does not fit
	missing  []Field  // unknown: what to ask
	places   []string // unknown: which town
	needCode bool     // all but the code holds, and no code was typed
	byCode   bool     // all holds if the code is real
}

func (f *finding) failed() bool { return len(f.why) > 0 }

func (f *finding) holds() bool {
	return !f.failed() && len(f.missing) == 0 && len(f.places) == 0 && !f.needCode
}

// judgeGround looks at every condition, so that somebody who fails two of them
// is told both at once.
func judgeGround(g *catalog.Ground, p catalog.Participant, days []time.Time) finding {
	var f finding
	if g.Age != nil {
		f.judgeAge(g.Age, p.BirthDate, days)
	}
	if g.Place != nil {
		f.judgePlace(g.Place, p)
	}
	if g.Code != "" {
		f.byCode = catalog.NormalizeCode(p.Code) != ""
		f.needCode = !f.byCode
	}
	return f
}

// combine draws the verdict from the findings. A ground that needs no code goes
// before one that would use a code up.
func combine(sale *catalog.Sale, p catalog.Participant, findings []finding) Verdict {
	v := Verdict{Ground: -1}
	for i := range findings {
		switch f := &findings[i]; {
		case f.holds() && !f.byCode:
			return Verdict{Outcome: Eligible, Ground: i}
		case f.holds():
			v.Checks = append(v.Checks, CodeCheck{Ground: i, List: sale.Eligible[i].Code, Uses: max(1, sale.Eligible[i].CodeUses)})
		case f.failed():
			v.Reasons = append(v.Reasons, Reason{Ground: i, Who: groundSentence(&sale.Eligible[i]), Why: f.why})
		}
	}
	if len(v.Checks) > 0 {
		v.Outcome, v.Ground, v.Code = IfCode, v.Checks[0].Ground, catalog.NormalizeCode(p.Code)
		return v
	}
	v.ask(findings)
	if v.Outcome == NotEligible {
		v.offerCode(sale, findings)
	}
	return v
}

// ask fills in what must be known before the verdict can be given. A code is
// asked for only when it is the last open way and no other ground failed: most
// people have none, and to them "please type your code" would be no answer.
func (v *Verdict) ask(findings []finding) {
	codeOnly := len(v.Reasons) == 0
	for i := range findings {
		f := &findings[i]
		if f.failed() {
			continue
		}
		v.Places = appendNew(v.Places, f.places...)
		v.Fields = appendNew(v.Fields, f.missing...)
	}
	switch {
	case len(v.Places) > 0:
		v.Outcome, v.Fields = NeedsPlace, []Field{FieldPlace}
	case len(v.Fields) > 0:
		v.Outcome = Missing
		sortFields(v.Fields)
	case codeOnly:
		v.Outcome, v.Fields = Missing, []Field{FieldCode}
	}
}

// offerCode adds the grounds that only a code could open to the reasons.
func (v *Verdict) offerCode(sale *catalog.Sale, findings []finding) {
	for i := range findings {
		if findings[i].needCode && !findings[i].failed() {
			v.Reasons = append(v.Reasons, Reason{
				Ground: i,
				Who:    groundSentence(&sale.Eligible[i]),
				Why:    []Why{{Message: locale.Message{ID: "eligibility.code.none"}}},
			})
		}
		if !findings[i].byCode { // who has a code may leave the rest empty
			v.Fields = appendNew(v.Fields, findings[i].missing...)
		}
	}
	inOrder(v.Reasons)
}

// inOrder sorts reasons by their grounds. Any ground is enough, so every other
// than the first is said as another way in.
func inOrder(reasons []Reason) {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return a.Ground - b.Ground })
	for i := range reasons {
		reasons[i].Who.ID = "eligibility.for"
		if i > 0 {
			reasons[i].Who.ID = "eligibility.for.or"
		}
	}
}

func appendNew[T comparable](list []T, items ...T) []T {
	for _, it := range items {
		if !slices.Contains(list, it) {
			list = append(list, it)
		}
	}
	return list
}
