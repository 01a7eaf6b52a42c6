package eligibility

import (
	"strings"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// postcodeDigits is the length of a German postcode. Only a whole one is judged:
// else whoever types "58" would match the prefix "58".
const postcodeDigits = 5

// NormalizePostcode reads a postcode as people type it: "58332", " 58 332",
// "D-58332". ok is false if it is not five digits; a foreign postcode then comes
// back in capitals without spaces, for the sentence.
func NormalizePostcode(typed string) (code string, ok bool) {
	if len(typed) > catalog.PostcodeMax*4 {
		typed = strings.ToValidUTF8(typed[:catalog.PostcodeMax*4], "")
	}
	compact := strings.Join(strings.FieldsFunc(strings.ToUpper(typed), func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\u00a0' || r == '-' || r == '–' || r == '.'
	}), "")
	for _, country := range []string{"DE", "D"} {
		if rest := strings.TrimPrefix(compact, country); isPostcode(rest) {
			return rest, true
		}
	}
	return compact, isPostcode(compact)
}

func isPostcode(s string) bool {
	if len(s) != postcodeDigits {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (f *finding) judgePlace(r *catalog.PlaceRule, p catalog.Participant) {
	code, whole := NormalizePostcode(p.Postcode)
	if code == "" {
		f.missing = append(f.missing, FieldPostcode)
		return
	}
	if shared := sharedPostcode(r, code); shared != nil {
		f.judgeTown(shared, p)
		return
	}
	if whole {
		for _, prefix := range r.Postcodes {
			if prefix != "" && strings.HasPrefix(code, prefix) {
				return
			}
		}
	}
	id := "eligibility.postcode.other"
	if !whole {
		id = "eligibility.postcode.form"
	}
	f.why = append(f.why, Why{FieldPostcode, locale.Message{ID: id, Data: locale.Data{"Postcode": code}}})
}

// sharedPostcode finds a postcode that lies in several towns. It goes before the
// prefixes: that is what it is for.
func sharedPostcode(r *catalog.PlaceRule, code string) *catalog.SharedPostcode {
	for i := range r.Ambiguous {
		if r.Ambiguous[i].Postcode == code {
			return &r.Ambiguous[i]
		}
	}
	return nil
}

func (f *finding) judgeTown(shared *catalog.SharedPostcode, p catalog.Participant) {
	town := foldWords(p.Place)
	if town == "" {
		f.places = append(f.places, shared.Places...)
		return
	}
	for _, allowed := range shared.Allowed {
		if foldWords(allowed) == town {
			return
		}
	}
	f.why = append(f.why, Why{FieldPlace, locale.Message{
		ID:   "eligibility.place.other",
		Data: locale.Data{"Place": strings.TrimSpace(p.Place), "Postcode": shared.Postcode},
	}})
}
