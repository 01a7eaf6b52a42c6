package eligibility_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/locale"
)

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err) // a mistake in the test itself
	}
	return t
}

// The sale of the acceptance scenario: 60 to 79 from the district, or a code.
func district() *catalog.Sale {
	return &catalog.Sale{
		Limit: catalog.Limit{PerPerson: 1, Person: []catalog.PersonField{catalog.PersonName, catalog.PersonBirthDate}},
		Eligible: []catalog.Ground{
			{
				Age: &catalog.AgeRule{From: 60, To: 79, AtSlot: true},
				Place: &catalog.PlaceRule{
					Name:      catalog.Text{locale.German: "aus dem Ennepe-Ruhr-Kreis", locale.English: "from the Ennepe-Ruhr district"},
					Postcodes: []string{"58", "45525"},
					Ambiguous: []catalog.SharedPostcode{{
						Postcode: "45549", Places: []string{"Sprockhövel", "Wuppertal"}, Allowed: []string{"Sprockhövel"},
					}},
				},
			},
			{Code: "berufe", CodeUses: 2},
		},
	}
}

func TestAgeOn(t *testing.T) {
	for _, c := range []struct {
		birth, on string
		want      int
	}{
		{"1961-04-10", "2021-04-09", 59}, {"1961-04-10", "2021-04-10", 60}, {"1961-04-10", "2021-04-11", 60},
		{"1961-12-31", "2021-01-01", 59}, {"1961-01-01", "2021-12-31", 60},
		{"2000-02-29", "2018-02-28", 17}, {"2000-02-29", "2018-03-01", 18},
		{"2000-02-29", "2020-02-28", 19}, {"2000-02-29", "2020-02-29", 20}, {"2000-02-29", "2020-03-01", 20},
		{"1900-02-28", "2000-02-29", 100}, {"2000-03-01", "2020-02-29", 19},
		{"2021-04-10", "2021-04-10", 0}, {"2021-04-11", "2021-04-10", -1},
	} {
		if got := eligibility.AgeOn(day(c.birth), day(c.on)); got != c.want {
			t.Errorf("born %s, on %s: %d, want %d", c.birth, c.on, got, c.want)
		}
	}
}

// TestAgeOnReadsLocalDays: the slot's day is the one on the wall at the venue.
func TestAgeOnReadsLocalDays(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	midnight := time.Date(2021, 4, 10, 0, 30, 0, 0, berlin) // 9 April in UTC
	if got := eligibility.AgeOn(day("1961-04-10"), midnight); got != 60 {
		t.Errorf("age at half past midnight of the birthday is %d, want 60", got)
	}
}

// judgeCases are persons at the district's sale.
var judgeCases = []struct {
	name string
	p    catalog.Participant
	want eligibility.Outcome
	says string // part of the first reason, or the list of fields or places
}{
	{"fits", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "58332"}, eligibility.Eligible, ""},
	{"fits by full postcode", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45525"}, eligibility.Eligible, ""},
	{"typed with spaces and D", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: " D-58 332"}, eligibility.Eligible, ""},
	{"60 today", catalog.Participant{BirthDate: day("1961-04-10"), Postcode: "58332"}, eligibility.Eligible, ""},
	{"60 tomorrow", catalog.Participant{BirthDate: day("1961-04-11"), Postcode: "58332"}, eligibility.NotEligible, "Sie sind am 10. April 2021 59 Jahre alt."},
	{"79 still", catalog.Participant{BirthDate: day("1941-04-11"), Postcode: "58332"}, eligibility.Eligible, ""},
	{"80 today", catalog.Participant{BirthDate: day("1941-04-10"), Postcode: "58332"}, eligibility.NotEligible, "Sie sind am 10. April 2021 80 Jahre alt."},
	{"one year old", catalog.Participant{BirthDate: day("2020-01-01"), Postcode: "58332"}, eligibility.NotEligible, "1 Jahr alt."},
	{"not born", catalog.Participant{BirthDate: day("2022-01-01"), Postcode: "58332"}, eligibility.NotEligible, "Das Geburtsdatum liegt nach dem Termin."},
	{"elsewhere", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "80331"}, eligibility.NotEligible, "Die Postleitzahl 80331 gehört nicht dazu."},
	{"neighbour of the full one", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45526"}, eligibility.NotEligible, "45526"},
	{"only the prefix", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "58"}, eligibility.NotEligible, "58"},
	{"four digits", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "5833"}, eligibility.NotEligible, "„5833“ ist keine deutsche Postleitzahl"},
	{"foreign", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "NL-5833 AB"}, eligibility.NotEligible, "NL5833AB"},
	{"both wrong", catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "80331"}, eligibility.NotEligible, "31 Jahre alt. Die Postleitzahl 80331"},
	{"too young, postcode unknown", catalog.Participant{BirthDate: day("1990-01-01")}, eligibility.NotEligible, "31 Jahre alt."},
	{"nothing", catalog.Participant{}, eligibility.Missing, "[birth_date postcode]"},
	{"no birth date", catalog.Participant{Postcode: "58332"}, eligibility.Missing, "[birth_date]"},
	{"no postcode", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: " - "}, eligibility.Missing, "[postcode]"},
	{"shared, no town", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45549"}, eligibility.NeedsPlace, "[Sprockhövel Wuppertal]"},
	{"shared, right town", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45549", Place: "SPROCKHOEVEL "}, eligibility.Eligible, ""},
	{"shared, wrong town", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45549", Place: "Wuppertal"}, eligibility.NotEligible, "Wuppertal (45549) gehört nicht dazu."},
	{"shared, but too young", catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "45549"}, eligibility.NotEligible, "31 Jahre alt."},
	{"a code", catalog.Participant{Code: "kita 47-qm"}, eligibility.IfCode, "KITA47QM"},
	{"a code, too young", catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "58332", Code: "KITA47QM"}, eligibility.IfCode, "KITA47QM"},
	{"a code not needed", catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "58332", Code: "KITA47QM"}, eligibility.Eligible, ""},
	{"only dashes for a code", catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "58332", Code: "--"}, eligibility.NotEligible, "31 Jahre alt."},
}

func TestJudge(t *testing.T) {
	sale := district()
	for _, c := range judgeCases {
		v := eligibility.Judge(sale, c.p, day("2021-04-10"))
		if v.Outcome != c.want {
			t.Errorf("%s: %s, want %s (%+v)", c.name, v.Outcome, c.want, v)
			continue
		}
		var got string
		switch v.Outcome {
		case eligibility.NotEligible:
			got = v.Reasons[0].Text(locale.German)
		case eligibility.NeedsPlace:
			got = fmt.Sprint(v.Places)
		case eligibility.Missing:
			got = fmt.Sprint(v.Fields)
		case eligibility.IfCode:
			got = v.Code
		case eligibility.Eligible:
			if v.Ground != 0 || len(v.Checks) > 0 {
				t.Errorf("%s: ground %d, checks %v", c.name, v.Ground, v.Checks)
			}
		}
		if !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, want %q", c.name, got, c.says)
		}
	}
}

func TestWholeSentences(t *testing.T) {
	p := catalog.Participant{BirthDate: day("1962-05-01"), Postcode: "58332"}
	v := eligibility.Judge(district(), p, day("2021-04-10"))
	if len(v.Reasons) != 2 {
		t.Fatalf("%d reasons, want one for each ground", len(v.Reasons))
	}
	for _, c := range []struct {
		lang locale.Lang
		i    int
		want string
	}{
		{locale.German, 0, "Die Plätze sind für Menschen von 60 bis 79 Jahren aus dem Ennepe-Ruhr-Kreis. Sie sind am 10. April 2021 58 Jahre alt."},
		{locale.English, 0, "The places are for people aged 60 to 79 from the Ennepe-Ruhr district. You are 58 years old on 10 April 2021."},
		{locale.German, 1, "Oder: für Menschen mit einem Zugangscode. Wenn Sie einen Zugangscode haben, geben Sie ihn bitte ein."},
		{locale.English, 1, "Or: for people with an access code. If you have an access code, please enter it."},
	} {
		if got := v.Reasons[c.i].Text(c.lang); got != c.want {
			t.Errorf("%s %d:\ngot  %s\nwant %s", c.lang, c.i, got, c.want)
		}
	}
}

// TestSeveralDays: before a slot is chosen one fitting day is enough.
func TestSeveralDays(t *testing.T) {
	sale := district()
	days := []time.Time{day("2021-04-10"), day("2021-04-11"), day("2021-04-12")}
	for _, c := range []struct {
		birth string
		want  eligibility.Outcome
		says  string
	}{
		{"1961-04-10", eligibility.Eligible, ""},
		{"1961-04-12", eligibility.Eligible, ""}, // 60 on the last day only
		{"1961-04-13", eligibility.NotEligible, "Sie sind an den Tagen der Termine 59 Jahre alt."},
		{"1941-04-11", eligibility.Eligible, ""}, // 79 on the first day only
		{"1941-04-10", eligibility.NotEligible, "80 Jahre alt."},
		{"1985-04-11", eligibility.NotEligible, "Sie sind an den Tagen der Termine 35 bis 36 Jahre alt."},
	} {
		v := eligibility.Judge(sale, catalog.Participant{BirthDate: day(c.birth), Postcode: "58332"}, days...)
		if v.Outcome != c.want || c.says != "" && !strings.Contains(v.Reasons[0].Text(locale.German), c.says) {
			t.Errorf("born %s: %s %+v, want %s %s", c.birth, v.Outcome, v.Reasons, c.want, c.says)
		}
	}
	v := eligibility.Judge(sale, catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "58332"})
	if v.Outcome != eligibility.Missing || !slices.Contains(v.Fields, eligibility.FieldSlot) {
		t.Errorf("without a day: %+v, want the slot to be missing", v)
	}
}

func TestAgeOnAFixedDay(t *testing.T) {
	sale := &catalog.Sale{Eligible: []catalog.Ground{{Age: &catalog.AgeRule{From: 6, To: 6, At: day("2021-09-30")}}}}
	for birth, want := range map[string]eligibility.Outcome{
		"2015-09-30": eligibility.Eligible, "2015-10-01": eligibility.NotEligible, "2014-09-30": eligibility.NotEligible,
	} {
		// The day of the slot must not matter.
		if v := eligibility.Judge(sale, catalog.Participant{BirthDate: day(birth)}, day("2030-01-01")); v.Outcome != want {
			t.Errorf("born %s: %s, want %s", birth, v.Outcome, want)
		}
	}
}

func TestCodes(t *testing.T) {
	sale := &catalog.Sale{Eligible: []catalog.Ground{
		{Code: "kita"}, {Code: "schule", CodeUses: 3}, {Code: "alt", Age: &catalog.AgeRule{From: 80, AtSlot: true}},
	}}
	v := eligibility.Judge(sale, catalog.Participant{}, day("2021-04-10"))
	if v.Outcome != eligibility.Missing || !slices.Contains(v.Fields, eligibility.FieldBirthDate) {
		t.Errorf("nothing typed: %+v", v)
	}
	v = eligibility.Judge(sale, catalog.Participant{Code: "ABC-123", BirthDate: day("1990-01-01")}, day("2021-04-10"))
	want := []eligibility.CodeCheck{{Ground: 0, List: "kita", Uses: 1}, {Ground: 1, List: "schule", Uses: 3}}
	if v.Outcome != eligibility.IfCode || !slices.Equal(v.Checks, want) || len(v.Reasons) != 1 {
		t.Errorf("a code: %+v, want %v and the reason of the third", v, want)
	}
	only := &catalog.Sale{Eligible: sale.Eligible[:2]}
	if v := eligibility.Judge(only, catalog.Participant{}, day("2021-04-10")); v.Outcome != eligibility.Missing ||
		!slices.Equal(v.Fields, []eligibility.Field{eligibility.FieldCode}) {
		t.Errorf("only codes and none typed: %+v", v)
	}
}

func TestUnknownCode(t *testing.T) {
	sale := district()
	p := catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "58332", Code: "no such"}
	v := eligibility.Judge(sale, p, day("2021-04-10")).CodeUnknown(sale)
	if v.Outcome != eligibility.NotEligible || v.Code != "" || len(v.Checks) > 0 || len(v.Reasons) != 2 {
		t.Fatalf("%+v", v)
	}
	want := "Oder: für Menschen mit einem Zugangscode. Diesen Zugangscode kennen wir nicht. Bitte vergleichen Sie ihn mit Ihrem Brief."
	if got := v.Reasons[1].Text(locale.German); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNeedsAndRequired(t *testing.T) {
	sale := district()
	if got := fmt.Sprint(eligibility.Needs(sale)); got != "[name birth_date postcode code]" {
		t.Errorf("needs %s", got)
	}
	for f, want := range map[eligibility.Field]bool{
		eligibility.FieldName: true, eligibility.FieldBirthDate: true,
		eligibility.FieldPostcode: false, eligibility.FieldCode: false, eligibility.FieldPlace: false,
	} {
		if got := eligibility.Required(sale, f); got != want {
			t.Errorf("%s required: %v, want %v", f, got, want)
		}
	}
	sale.Limit.PerPerson = 0
	if got := fmt.Sprint(eligibility.Needs(sale)); got != "[birth_date postcode code]" {
		t.Errorf("without a limit it needs %s", got)
	}
	if got := eligibility.Needs(&catalog.Sale{}); len(got) != 0 || eligibility.Required(&catalog.Sale{}, eligibility.FieldCode) {
		t.Errorf("an open sale needs %v", got)
	}
	if v := eligibility.Judge(&catalog.Sale{}, catalog.Participant{}); v.Outcome != eligibility.Eligible || v.Ground != -1 {
		t.Errorf("an open sale: %+v", v)
	}
}

func TestExplain(t *testing.T) {
	check := func(name string, sale *catalog.Sale, lang locale.Lang, want ...string) {
		t.Helper()
		if got := eligibility.Explain(sale, lang); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
	check("district de", district(), locale.German,
		"Buchen dürfen Menschen von 60 bis 79 Jahren aus dem Ennepe-Ruhr-Kreis.",
		"Oder: Menschen mit einem Zugangscode.",
		"Es zählt das Alter am Tag des Termins.",
		"Mit der Postleitzahl 45549 dürfen nur Menschen aus Sprockhövel buchen.",
		"Jede Person bekommt einen Platz.")
	check("district en", district(), locale.English,
		"Booking is open to people aged 60 to 79 from the Ennepe-Ruhr district.",
		"Or: people with an access code.",
		"What counts is the age on the day of the appointment.",
		"With the postcode 45549, only people from Sprockhövel may book.",
		"Each person gets one place.")
	check("open", &catalog.Sale{}, locale.German, "Alle dürfen buchen.")
	check("school", &catalog.Sale{Eligible: []catalog.Ground{{Age: &catalog.AgeRule{From: 6, To: 6, At: day("2021-09-30")}}}}, locale.German,
		"Buchen dürfen Menschen im Alter von 6 Jahren.", "Es zählt das Alter am 30. September 2021.")
	check("postcodes", &catalog.Sale{Eligible: []catalog.Ground{
		{Age: &catalog.AgeRule{From: 18, AtSlot: true}, Place: &catalog.PlaceRule{Postcodes: []string{"58", "45525"}}},
		{Age: &catalog.AgeRule{To: 17, AtSlot: true}, Place: &catalog.PlaceRule{Postcodes: []string{"1", "2", "3", "4", "5", "6", "7"}}},
		{Code: "kita", Who: catalog.Text{locale.English: "staff of day nurseries"}},
	}, Limit: catalog.Limit{PerPerson: 2}}, locale.English,
		"Booking is open to people aged 18 and over with the postcode 58… or 45525.",
		"Or: people aged up to 17 with the postcode 1…, 2…, 3…, 4…, 5…, 6… and others.",
		"Or: staff of day nurseries.",
		"What counts is the age on the day of the appointment.",
		"Each person gets at most 2 places.")
}

// TestEveryVerdictIsWhole: whatever is typed, every outcome brings what the page
// needs, no sentence has a hole, and more knowledge never opens a question again.
func TestEveryVerdictIsWhole(t *testing.T) {
	const people = 30 // per drawn sale
	var seen [5]int
	rapid.Check(t, func(t *rapid.T) {
		sale := district()
		sale.Eligible = append(sale.Eligible, catalog.Ground{
			Age:  &catalog.AgeRule{From: rapid.IntRange(0, 90).Draw(t, "from"), AtSlot: rapid.Bool().Draw(t, "slot"), At: day("2021-09-30")},
			Code: rapid.SampledFrom([]string{"", "schule"}).Draw(t, "list"),
		})
		for range people {
			p := drawPerson(t)
			days := []time.Time{day("2021-04-10"), day("2021-04-11")}[:rapid.IntRange(1, 2).Draw(t, "slots")]
			v := eligibility.Judge(sale, p, days...)
			seen[v.Outcome]++
			checkWhole(t, sale, p, v, days)
		}
	})
	for o, n := range seen {
		if n < 2 {
			t.Errorf("outcome %q was seen %d times", eligibility.Outcome(o), n)
		}
	}
}

func drawPerson(t *rapid.T) catalog.Participant {
	p := catalog.Participant{
		Postcode: rapid.SampledFrom([]string{"", "58332", "45549", "80331", "x", "4552"}).Draw(t, "postcode"),
		Place:    rapid.SampledFrom([]string{"", "Sprockhövel", "Wuppertal", "Köln"}).Draw(t, "place"),
		Code:     rapid.SampledFrom([]string{"", "KITA-47QM", "-"}).Draw(t, "code"),
	}
	if rapid.Bool().Draw(t, "born") {
		p.BirthDate = day("1920-01-01").AddDate(0, 0, rapid.IntRange(0, 40_000).Draw(t, "days"))
	}
	return p
}

func checkWhole(t *rapid.T, sale *catalog.Sale, p catalog.Participant, v eligibility.Verdict, days []time.Time) {
	ok := map[eligibility.Outcome]bool{
		eligibility.Eligible:    v.Ground >= 0,
		eligibility.IfCode:      len(v.Checks) > 0 && v.Code != "",
		eligibility.NeedsPlace:  len(v.Places) > 0 && p.Place == "",
		eligibility.Missing:     len(v.Fields) > 0,
		eligibility.NotEligible: len(v.Reasons) == len(sale.Eligible),
	}
	if !ok[v.Outcome] {
		t.Fatalf("%+v → %+v", p, v)
	}
	for _, r := range v.Reasons {
		for _, lang := range locale.Langs {
			if s := r.Text(lang); strings.ContainsAny(s, "[]<>{}") || !strings.HasSuffix(s, ".") {
				t.Fatalf("a reason in %s is %q", lang, s)
			}
		}
	}
	// Who fits on one of several days fits on one of them alone.
	if v.Outcome == eligibility.Eligible && !slices.ContainsFunc(days, func(d time.Time) bool {
		return eligibility.Judge(sale, p, d).Outcome == eligibility.Eligible
	}) {
		t.Fatalf("%+v is eligible on %v, but on no single day", p, days)
	}
}

// TestRefusedFieldIsNamed: every reason names the field it is about, and what was
// left empty beside is named too, unless somebody came with a code.
func TestRefusedFieldIsNamed(t *testing.T) {
	for _, c := range []struct {
		p      catalog.Participant
		wrong  string
		beside string
	}{
		{catalog.Participant{BirthDate: day("1990-01-01"), Postcode: "10115"}, "[birth_date postcode ]", "[]"},
		{catalog.Participant{BirthDate: day("1990-01-01")}, "[birth_date ]", "[postcode]"},
		{catalog.Participant{Postcode: "10115"}, "[postcode ]", "[birth_date]"},
		{catalog.Participant{BirthDate: day("1955-01-01"), Postcode: "45549", Place: "Hattingen"}, "[place ]", "[]"},
	} {
		v := eligibility.Judge(district(), c.p, day("2021-04-10"))
		var wrong []eligibility.Field
		for _, reason := range v.Reasons {
			for _, why := range reason.Why {
				wrong = append(wrong, why.Field)
			}
		}
		if got := fmt.Sprint(wrong); v.Outcome != eligibility.NotEligible || got != c.wrong || fmt.Sprint(v.Fields) != c.beside {
			t.Errorf("%+v: %s, wrong %s, empty %v; want %s, %s", c.p, v.Outcome, got, v.Fields, c.wrong, c.beside)
		}
	}
}
