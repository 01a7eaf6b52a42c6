package eligibility_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
)

// onePerson lists spellings of the same name.
var onePerson = [][]string{
	{"Hans Müller", "Hans Mueller", "HANS MÜLLER ", "hans muller", "Müller, Hans", "Mu\u0308ller,Hans", "  Hans\u00a0Müller", "Dr. Hans Müller", "Herr Prof. Dr. Hans Müller", "Hans\u200b Mül\u00adler"},
	{"Hans-Peter Groß", "Hans Peter Gross", "GROSS, HANS–PETER", "Hans Peter GROẞ"},
	{"Seán O'Neill", "Sean O’Neill", "sean oneill", "O`Neill, Seán"},
	{"Søren Ångström", "Soren Angstrom", "Soeren Angstroem"},
	{"Łukasz Đorđević", "Lukasz Dordevic"},
	{"İpek Yıldız", "Ipek Yildiz", "IPEK YILDIZ"},
	{"Ａｎｎａ Ｋｌｅｉｎ", "Anna Klein"},
	{"Jürgen Böhm-Öztürk", "Juergen Boehm Oeztuerk", "jurgen bohm ozturk"},
	{"Ναταλία Σεφέρης", "ΝΑΤΑΛΊΑ ΣΕΦΈΡΗΣ"},
	{"Наталья Ёлкина", "НАТАЛЬЯ ЕЛКИНА"},
	{"María José Núñez", "Maria Jose Nunez"},
	{"Ægir Þór", "Aegir Thor"},
}

func TestOnePersonManySpellings(t *testing.T) {
	names := map[string]string{}
	for _, group := range onePerson {
		want := eligibility.NormalizeName(group[0])
		if other, taken := names[want]; taken {
			t.Errorf("%q and %q are one", group[0], other)
		}
		names[want] = group[0]
		for _, spelling := range group[1:] {
			if got := eligibility.NormalizeName(spelling); got != want {
				t.Errorf("%q → %q, but %q → %q", spelling, got, group[0], want)
			}
		}
	}
}

func TestDifferentPeople(t *testing.T) {
	different := []string{
		"Hans Müller", "Hans Möller", "Hanna Müller", "Hans Peter Müller", "Hanspeter Müller", "Hans Muller-Groß",
		"H. Müller", "Müller", "Наталья", "Natalja", "王小明", "王小朋", "محمد علي", "محمود علي",
	}
	seen := map[string]string{}
	for _, name := range different {
		got := eligibility.NormalizeName(name)
		if got == "" {
			t.Errorf("%q is nobody", name)
		}
		if other, taken := seen[got]; taken {
			t.Errorf("%q and %q are both %q", name, other, got)
		}
		seen[got] = name
	}
}

func TestNormalizePerson(t *testing.T) {
	both := []catalog.PersonField{catalog.PersonBirthDate, catalog.PersonName}
	p := catalog.Participant{Name: "Müller, Hans", BirthDate: day("1950-12-24")}
	if got, want := eligibility.NormalizePerson(p, both), "name=hans muller;birth_date=1950-12-24"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := eligibility.NormalizePerson(p, both[:1]); got != "birth_date=1950-12-24" {
		t.Errorf("birth date alone gives %q", got)
	}
	for name, nobody := range map[string]struct {
		p      catalog.Participant
		fields []catalog.PersonField
	}{
		"no name":       {catalog.Participant{Name: " -', \u200b", BirthDate: day("1950-12-24")}, both},
		"no birth date": {catalog.Participant{Name: "Hans"}, both},
		"no fields":     {p, nil},
	} {
		if got := eligibility.NormalizePerson(nobody.p, nobody.fields); got != "" {
			t.Errorf("%s gives %q, want nobody", name, got)
		}
	}
}

// TestSpellingNeverMatters: case, umlauts, order and separators, in any mix.
func TestSpellingNeverMatters(t *testing.T) {
	spell := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zäöüß]{1,12}`), 1, 4).Draw(t, "words")
		want := eligibility.NormalizeName(strings.Join(words, " "))
		mixed := rapid.Permutation(words).Draw(t, "order")
		for i := range mixed {
			switch rapid.IntRange(0, 3).Draw(t, "spelling") {
			case 0:
				mixed[i] = strings.ToUpper(mixed[i])
			case 1:
				mixed[i] = spell.Replace(mixed[i])
			case 2:
				mixed[i] = strings.ToUpper(spell.Replace(mixed[i]))
			}
		}
		separator := rapid.SampledFrom([]string{" ", "-", ", ", "  ", ". "}).Draw(t, "separator")
		if got := eligibility.NormalizeName(strings.Join(mixed, separator)); got != want {
			t.Fatalf("%q → %q, %q → %q", words, want, mixed, got)
		}
	})
}

// TestEveryLetter: for every letter there is, alone and between others, doing it
// twice changes nothing, and case does not matter.
func TestEveryLetter(t *testing.T) {
	const least = 100_000
	letters := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			continue
		}
		letters++
		name := "Xa" + string(r) + "ey"
		once := eligibility.NormalizeName(name)
		if twice := eligibility.NormalizeName(once); twice != once {
			t.Errorf("%U: %q → %q → %q", r, name, once, twice)
		}
		if other := eligibility.NormalizeName("Xa" + string(unicode.ToLower(unicode.ToUpper(r))) + "ey"); unicode.ToLower(r) == unicode.ToLower(unicode.ToUpper(r)) && other != once {
			t.Errorf("%U: %q → %q, folded %q", r, name, once, other)
		}
	}
	if letters < least {
		t.Errorf("only %d letters", letters)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, group := range onePerson {
		for _, name := range group {
			f.Add(name)
		}
	}
	for _, odd := range []string{"", "\xff", "\ufdfa\ufdfa", strings.Repeat("ﷺ", 400), "dr", "dr prof", "aee", "a\u0308e", "\u0345", "ﬃ", "Ǆ", "한글", "ſſ", strings.Repeat("e", 5000)} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := eligibility.NormalizeName(name)
		if len(once) > eligibility.CanonicalMax || !utf8.ValidString(once) {
			t.Fatalf("%q gives %d bytes, valid %v", name, len(once), utf8.ValidString(once))
		}
		if twice := eligibility.NormalizeName(once); twice != once {
			t.Fatalf("%q → %q → %q", name, once, twice)
		}
		if strings.ContainsAny(once, ";=") {
			t.Fatalf("%q → %q contains what parts fields", name, once)
		}
	})
}
