package eligibility

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"einlass/internal/catalog"
)

// CanonicalMax is the longest canonical name in bytes. Names are at most
// catalog.NameMax bytes; compatibility forms may grow, ligatures most.
const CanonicalMax = 4 * catalog.NameMax

// birthDateLayout writes the day of birth in the canonical text.
const birthDateLayout = "2006-01-02"

// NormalizePerson returns the canonical text of a person, made of the given
// fields: the same person written differently gives the same text. It names the
// pool of "one place per person" (DESIGN §1) after keyed hashing. It is "" if a
// listed field is empty or none is listed: nobody is no person.
//
// Two people with one text share one limit; a clerk may grant the second place
// with a reason (DESIGN §4). Two texts for one person would be a hole in the
// limit. Where both cannot be had, the policy therefore joins:
//
//   - case, width and form (NFKD, case folding), hidden characters: joined
//   - ä = ae = a, likewise ö, ü; ß = ss; ø = o, æ = ae = a, ł = l, đ = d …; any
//     accent is dropped. "Müller", "Mueller", "MÜLLER " and "Muller" are one
//     name. The price: "Manuel" is kept as "manul", together with nobody else
//   - the order of the words: "Müller, Hans" is "Hans Müller"
//   - hyphen, space, point and comma between words; apostrophes inside: "O'Neill"
//     is "ONeill", "Hans-Peter" is "Hans Peter"
//   - the words dr, prof, herr, frau, mr, mrs, ms in front or behind
//
// Not joined: "Hanspeter" and "Hans Peter", names with and without a second first
// name, transcriptions between scripts. The name is read at the door.
func NormalizePerson(p catalog.Participant, fields []catalog.PersonField) string {
	var sb strings.Builder
	if slices.Contains(fields, catalog.PersonName) {
		name := NormalizeName(p.Name)
		if name == "" {
			return ""
		}
		sb.WriteString("name=" + name)
	}
	if slices.Contains(fields, catalog.PersonBirthDate) {
		if p.BirthDate.IsZero() {
			return ""
		}
		if sb.Len() > 0 {
			sb.WriteByte(';')
		}
		sb.WriteString("birth_date=" + p.BirthDate.Format(birthDateLayout))
	}
	return sb.String()
}

// titles are words that are no part of a name.
var titles = []string{"dr", "prof", "herr", "frau", "mr", "mrs", "ms"}

// NormalizeName returns the canonical text of a name, as NormalizePerson
// describes: words in lower case, sorted, with single spaces, at most
// CanonicalMax bytes. Doing it twice changes nothing.
func NormalizeName(name string) string {
	words := fold(name)
	named := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(titles, w) })
	if len(named) == 0 {
		named = words // "Herr Frau" is all the name there is
	}
	slices.Sort(named)
	return joinWithin(named, CanonicalMax)
}

// foldWords is the canonical text of a town: like a name, in its own order.
func foldWords(s string) string { return joinWithin(fold(s), CanonicalMax) }

// joinWithin joins whole words while they fit; a first word that is too long by
// itself is cut.
func joinWithin(words []string, limit int) string {
	var sb strings.Builder
	for i, w := range words {
		if i == 0 {
			sb.WriteString(cut(w, limit))
			continue
		}
		if sb.Len()+1+len(w) > limit {
			break
		}
		sb.WriteByte(' ')
		sb.WriteString(w)
	}
	return sb.String()
}

// cut shortens s to at most limit bytes between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && s[limit]&0xC0 == 0x80 {
		limit--
	}
	return s[:limit]
}

// fold brings text into plain lower-case words. Case is folded letter by letter,
// through the capital, so that both Greek sigmas and both Turkish i are one.
func fold(s string) []string {
	s = norm.NFKD.String(strings.ToValidUTF8(cut(s, CanonicalMax), " "))
	s = norm.NFKD.String(strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s))
	var f folder
	for _, r := range s {
		f.add(r)
	}
	f.end()
	return f.words
}

// folder collects words from decomposed, case-folded text.
type folder struct {
	words   []string
	word    []byte
	afterAE bool // the last letter was a, o or u: an e behind it is an umlaut
}

// latin maps letters that do not decompose to what people type instead.
var latin = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h",
}

func (f *folder) add(r rune) {
	switch {
	case r >= 0x300 && r <= 0x36F: // accents (combining diacritical marks)
	case isHidden(r), r == '\'', r == '’', r == '‘', r == 'ʼ', r == '`', r == '´':
	case latin[r] != "":
		for _, l := range latin[r] {
			f.letter(l)
		}
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		f.letter(r)
	default:
		f.end()
	}
}

// letter appends r, and no e behind a, o or u: ä = ae = a.
func (f *folder) letter(r rune) {
	if r == 'e' && f.afterAE {
		return
	}
	f.afterAE = r == 'a' || r == 'o' || r == 'u'
	f.word = append(f.word, string(r)...)
}

func (f *folder) end() {
	if len(f.word) > 0 {
		f.words = append(f.words, string(f.word))
	}
	f.word, f.afterAE = nil, false
}

// isHidden reports characters that nobody sees and that would make a second
// person out of one: format characters, variation selectors, fillers.
func isHidden(r rune) bool {
	switch {
	case unicode.Is(unicode.Cf, r):
		return true
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF:
		return true
	}
	return r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0 || r == 0x17B4 || r == 0x17B5
}
