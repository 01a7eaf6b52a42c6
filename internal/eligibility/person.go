package eligibility

import (
	"slices"
	"strings"
	"unicode"

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
//   - spaces, hyphens, points and apostrophes: "Anna Maria", "Anna-Maria" and
//     "Annamaria" are one name, "O'Neill" is "ONeill"
//   - what comes first: "Müller, Hans" is "Hans Müller"
//   - letters of other alphabets that look like a Latin one: "Маx" with a
//     Cyrillic beginning is "Max"; so is "MüIIer" with capital I
//   - digits: nobody has any in a name. Before a letter 0 and 1 are read as o and l
//   - titles and degrees: "Prof. Dr. med. dent.", "Dipl.-Ing.", "M.Sc.", "Frau"
//
// Not joined: names with and without a second first name, or with its first names
// in another order; "von", "van", "Graf" and the like, which are part of a name;
// transcriptions between scripts. The name is read at the door. Nor are names with
// the same letters in another order: "Mila" and "Liam" are often twins. That is
// why first names may not change places: whoever allows both that words are
// joined and that words change places allows every order of the letters.
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

// Lacks returns what the sale's person limit needs to know of somebody and does
// not: without it everybody who left it out would be one person. A name without
// letters is none.
func Lacks(sale *catalog.Sale, p catalog.Participant) (missing []Field) {
	lettered := strings.ContainsAny(p.Name, "aeiouyAEIOUY") // nearly every name; the others are looked at closely
	if limitNeeds(sale, FieldName) && !lettered && NormalizeName(p.Name) == "" {
		missing = append(missing, FieldName)
	}
	if limitNeeds(sale, FieldBirthDate) && p.BirthDate.IsZero() {
		missing = append(missing, FieldBirthDate)
	}
	return missing
}

// NormalizeName returns the canonical text of a name, as NormalizePerson
// describes: its letters without spaces, read around in a ring from where they
// come first in order, at most CanonicalMax bytes. Doing it twice changes nothing.
func NormalizeName(name string) string {
	var sb strings.Builder
	for _, w := range untitled(fold(name)) {
		sb.WriteString(spelled(w))
	}
	return firstInOrder(ringWithoutE([]rune(cut(sb.String(), CanonicalMax))))
}

// foldWords is the canonical text of a town: like a name, in its own order.
func foldWords(s string) string {
	words := fold(s)
	for i, w := range words {
		words[i] = string(withoutE([]rune(w)))
	}
	return joinWithin(words, CanonicalMax)
}

// spelled reads digits as whoever hides behind them wants them to be read: at the
// end of a word they are nothing, before that 0 and 1 look like letters.
func spelled(word string) string {
	if !strings.ContainsFunc(word, unicode.IsNumber) {
		return word
	}
	word = strings.TrimRightFunc(word, unicode.IsNumber)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'o'
		case r == '1':
			return 'l'
		case unicode.IsNumber(r):
			return -1
		}
		return r
	}, word)
}

// withoutE leaves out every e behind a, o or u: ä = ae = a.
func withoutE(letters []rune) []rune {
	out := make([]rune, 0, len(letters))
	for _, r := range letters {
		if n := len(out); r != 'e' || n == 0 || !strings.ContainsRune("aou", out[n-1]) {
			out = append(out, r)
		}
	}
	return out
}

// ringWithoutE does so where the last letter is followed by the first one, so that
// it does not matter where a name begins.
func ringWithoutE(letters []rune) []rune {
	begin := slices.IndexFunc(letters, func(r rune) bool { return r != 'e' })
	if begin < 0 {
		return letters
	}
	if begin > 0 {
		letters = slices.Concat(letters[begin:], letters[:begin])
	}
	return withoutE(letters)
}

// firstInOrder returns the turn of the ring of letters that comes first in order.
// What leans on a letter stays behind it.
func firstInOrder(ring []rune) string {
	twice := slices.Concat(ring, ring)
	best := 0
	for i := 1; i < len(ring); i++ {
		if ring[i] <= ring[best] && !leans(ring[i]) && slices.Compare(twice[i:i+len(ring)], twice[best:best+len(ring)]) < 0 {
			best = i
		}
	}
	return string(twice[best : best+len(ring)])
}

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
