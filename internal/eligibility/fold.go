package eligibility

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold brings text into plain lower-case words. Case is folded letter by letter,
// through the capital, so that both Greek sigmas and both Turkish i are one.
func fold(s string) []string {
	s = strings.ToValidUTF8(cut(s, CanonicalMax), " ")
	f := folder{latin: strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Latin, r) })}
	s = norm.NFKD.String(seen(s))
	s = norm.NFKD.String(strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s))
	for _, r := range s {
		f.add(r)
	}
	f.end()
	return f.words
}

// seen replaces what only looks like a letter as long as the case of its
// neighbours is known: a capital I behind a small letter is read as l ("MüIIer"),
// and lunate sigma as c, which NFKD would make an ordinary sigma.
func seen(s string) string {
	small := false // the last letter was small, or an l in disguise
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'I' && small, r == '|':
			return 'l'
		case r == 'ϲ', r == 'Ϲ':
			r = 'c'
		}
		small = unicode.IsLower(r)
		return r
	}, s)
}

// folder collects words from decomposed, case-folded text.
type folder struct {
	words []string
	word  []byte
	base  rune // the last letter of the word: what a mark stands on
	latin bool // the text has Latin letters
}

// latin maps letters that do not decompose to what people type instead.
var latin = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'ȷ': "j", 'ɑ': "a", 'ɡ': "g",
}

// alike maps the capitals of Greek and Cyrillic letters to the Latin letter they
// cannot be told from, large or small (Unicode Technical Standard 39,
// confusables.txt). Names that are written in these alphabets stay apart: hardly
// two letters that one language writes look like the same Latin one.
var alike = map[rune]rune{
	'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Ϳ': 'j', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'Ο': 'o', 'Ρ': 'p', 'Τ': 't', 'Υ': 'y', 'Χ': 'x',
	'А': 'a', 'В': 'b', 'С': 'c', 'Ԁ': 'd', 'Е': 'e', 'Һ': 'h', 'Н': 'h', 'І': 'i', 'Ј': 'j', 'К': 'k', 'Ӏ': 'l', 'М': 'm', 'О': 'o', 'Р': 'p', 'Ԛ': 'q',
	'Ѕ': 's', 'Т': 't', 'Ѵ': 'v', 'Ԝ': 'w', 'Х': 'x', 'У': 'y', 'Ү': 'y',
}

// smallAlike are small letters that look like another letter than their capital
// does. They count only among Latin letters; a name in Greek keeps them.
var smallAlike = map[rune]rune{'ν': 'v', 'υ': 'u'}

func (f *folder) add(r rune) {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9': // most of what is typed
		f.letter(r)
	case r == ' ':
		f.end()
	case isHidden(r), r == '\'', r == '’', r == '‘', r == 'ʼ', r == '`', r == '´', f.isAccent(r):
	case latin[r] != "":
		for _, l := range latin[r] {
			f.letter(l)
		}
	case f.latin && smallAlike[r] != 0:
		f.letter(smallAlike[r])
	case alike[unicode.ToUpper(r)] != 0:
		f.letter(alike[unicode.ToUpper(r)])
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		f.letter(r)
	default:
		f.end()
	}
}

// alphabets are scripts whose letters are whole without the marks on them. In
// others, as in those of India, a mark is a vowel.
var alphabets = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Hebrew, unicode.Arabic, unicode.Syriac,
}

// isAccent reports a mark that says nothing in an alphabet: combining accents,
// circles and bars (Mn, Me), and letters that only modify one (Lm).
func (f *folder) isAccent(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36F, unicode.Is(unicode.Me, r):
		return true
	case leans(r):
		return f.base == 0 || unicode.In(f.base, alphabets...)
	}
	return false
}

// leans reports what stands on or behind a letter and never by itself.
func leans(r rune) bool { return unicode.IsMark(r) || unicode.Is(unicode.Lm, r) }

func (f *folder) letter(r rune) {
	f.word = utf8.AppendRune(f.word, r)
	if 'a' <= r && r <= 'z' || unicode.IsLetter(r) && !leans(r) {
		f.base = r
	}
}

func (f *folder) end() {
	if len(f.word) > 0 {
		f.words = append(f.words, string(f.word))
	}
	f.word, f.base = nil, 0
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
