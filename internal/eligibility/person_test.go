package eligibility_test

import (
	"slices"
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
	{"Hans Müller", "Hans Mueller", "HANS MÜLLER ", "hans muller", "Müller, Hans", "Mu\u0308ller,Hans", "  Hans\u00a0Müller", "Hans\u200b Mül\u00adler", "HansMüller"},
	{"Hans-Peter Groß", "Hans Peter Gross", "GROSS, HANS–PETER", "Hans Peter GROẞ", "Hanspeter Groß", "Hans - Peter Groß", "Groß Hanspeter", "Ha ns Pe ter Groß", "Hans·Peter•Groß", "Hans☂Peter Groß"},
	{"Anna Maria Schmidt", "Annamaria Schmidt", "Anna-Maria Schmidt", "Schmidt, Annamaria", "Schmidt Anna-Maria", "AnnaMaria Schmidt"},
	{"Eva Ernst", "Evaernst", "Ernst, Eva", "ERNST EVA", "Eva-Ernst"}, // the e behind the a is no umlaut's
	{"Seán O'Neill", "Sean O’Neill", "sean oneill", "O`Neill, Seán", "Sean O Neill"},
	{"Søren Ångström", "Soren Angstrom", "Soeren Angstroem"},
	{"Łukasz Đorđević", "Lukasz Dordevic"},
	{"İpek Yıldız", "Ipek Yildiz", "IPEK YILDIZ"},
	{"Ａｎｎａ Ｋｌｅｉｎ", "Anna Klein", "𝐀𝐧𝐧𝐚 𝔎𝔩𝔢𝔦𝔫", "Ⓐⓝⓝⓐ Klein"},
	{"Jürgen Böhm-Öztürk", "Juergen Boehm Oeztuerk", "jurgen bohm ozturk", "Jürgen BöhmÖztürk"},
	{"Ναταλία Σεφέρης", "ΝΑΤΑΛΊΑ ΣΕΦΈΡΗΣ"},
	{"Наталья Ёлкина", "НАТАЛЬЯ ЕЛКИНА", "Ёлкина, Наталья", "Hаталья Елкинa"}, // the last with Latin H and a
	{"María José Núñez", "Maria Jose Nunez"},
	{"Ægir Þór", "Aegir Thor"},
	{"Karin Weber", "Karin Weber 2", "2Karin Weber2", "Karin Weber²", "Karin Weber (2)", "Karin We3ber", "٣ Karin Weber"},
	{"Paul Oller", "Paul 0ller", "Paul O11er", "PauI Oller", "Paul OlIer", "Paul O||er", "Рaul Οllеr", "Раυl Ollеr"}, // Cyrillic and Greek letters
	{"Max Koch", "Мах Косһ", "МАХ КОСН", "Μαx Κοcн", "Mаx Kocһ"},
	{"Oliver Zimmer", "Oliνer Ζimmer", "Оlіvеr Ziмmеr"},
	{"Rita Sommer", "R\u20ddita Sommer", "Ri\u0488ta Som\u1ab0mer", "Rita\u0336 S\u0336o\u0336mmer", "Rita\u093e Sommer", "Ri\u02c8ta Sommer", "Rita\U000E0100 Sommer", "\u0301Rita Sommer"},
	{
		"Ute Braun", "Dr. Ute Braun", "Dr.Ute Braun", "Frau Prof. Dr. med. dent. Ute Braun", "Dipl.-Ing. Ute Braun", "Dipl.-Ing. (FH) Ute Braun", "Braun, Dr. rer. nat. Ute",
		"Dr. h. c. Ute Braun", "Dr. Dr. h.c. mult. Ute Braun", "Ute Braun, M.Sc.", "Ute Braun Ph.D.", "Ute Braun, LL.M.", "Ute Braun MBA", "Mag. Ute Braun, B.A. M.A.", "Ms. Ute Braun", "PD Dr. habil. Ute Braun",
	},
	{"Ludwig von Beck", "LUDWIG VON BECK", "von Beck, Ludwig", "Ludwig vonBeck", "Dr. Ludwig von Beck"},
	{"محمد علي", "مُحَمَّد عَلِي", "محمـد علي"}, // vowel marks and a stroke that only lengthens
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
		"Hans Müller", "Hans Möller", "Hanna Müller", "Hans Peter Müller", "Hans Muller-Groß",
		"H. Müller", "Müller", "Наталья", "Natalja", "王小明", "王小朋", "محمد علي", "محمود علي",
		// Twins: the same letters, one letter, one that looks nearly the same.
		"Mila Schmidt", "Liam Schmidt", "Leon Wolf", "Noel Wolf", "Nora Wolf", "Aron Wolf", "Elia Roth", "Ella Roth", "Jan Roth", "Jana Roth", "Anna Roth", "Anne Roth",
		// What is part of a name.
		"Anna Maria Horn", "Maria Anna Horn", "Anna Horn", "Ludwig Beck", "Ludwig von Beck", "Phil Meier", "Nat Meier", "Ing Meier", "Meier", "M. A. Meier", "Thu Ma", "Thu Ba", "Ed Ma",
		// Letters that look alike within their own alphabet, and marks that are vowels.
		"Вера Павлова", "Вена Павлова", "Нина Ким", "Инна Ким", "Νίκη", "Νίκο", "राम", "रीमा", "रूमा", "がく", "かく", "สมชาย", "สมชัย",
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
	if got, want := eligibility.NormalizePerson(p, both), "name=ansmullerh;birth_date=1950-12-24"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := eligibility.NormalizePerson(p, both[:1]); got != "birth_date=1950-12-24" {
		t.Errorf("birth date alone gives %q", got)
	}
	for name, nobody := range map[string]struct {
		p      catalog.Participant
		fields []catalog.PersonField
	}{
		"no name":       {catalog.Participant{Name: " -', 4 \u200b", BirthDate: day("1950-12-24")}, both},
		"no birth date": {catalog.Participant{Name: "Hans"}, both},
		"no fields":     {p, nil},
	} {
		if got := eligibility.NormalizePerson(nobody.p, nobody.fields); got != "" {
			t.Errorf("%s gives %q, want nobody", name, got)
		}
	}
}

// TestSpellingNeverMatters: case, umlauts, separators, what comes first and where
// words are parted, in any mix.
func TestSpellingNeverMatters(t *testing.T) {
	spell := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-hj-zäöüß]{4,12}`), 1, 4).Draw(t, "words") // shorter ones may be titles, and "annaIda" is read as annalda
		want := eligibility.NormalizeName(strings.Join(words, " "))
		first := rapid.IntRange(0, len(words)-1).Draw(t, "first")
		mixed := slices.Concat(words[first:], words[:first])
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
		name := mixed[0]
		for _, word := range mixed[1:] {
			name += rapid.SampledFrom([]string{"", " ", "-", ", ", "  ", ". ", "'"}).Draw(t, "separator") + word
		}
		if got := eligibility.NormalizeName(name); got != want {
			t.Fatalf("%q → %q, %q → %q", words, want, name, got)
		}
	})
}

// TestEveryLetter: for every letter there is, alone and between others, doing it
// twice changes nothing, and case does not matter.
func TestEveryLetter(t *testing.T) {
	const least = 100_000
	looks := "Iυν" // large and small they look like different Latin letters
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
		if strings.ContainsRune(looks, r) || strings.ContainsRune(looks, unicode.ToLower(r)) {
			continue
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
