package locale_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestFormats(t *testing.T) {
	loc := berlin(t)
	at := time.Date(2021, 4, 10, 6, 24, 59, 0, time.UTC) // 8:24 in Berlin
	de, en := locale.German, locale.English
	for got, want := range map[string]string{
		locale.Date(de, at, loc):                              "Samstag, 10. April 2021",
		locale.Date(en, at, loc):                              "Saturday 10 April 2021",
		locale.DateShort(de, at, loc):                         "Sa 10.4.",
		locale.DateShort(en, at, loc):                         "Sat 10 Apr",
		locale.Day(de, at, loc):                               "10. April 2021",
		locale.Clock(de, at, loc):                             "8:24 Uhr",
		locale.Clock(en, at, loc):                             "8:24 am",
		locale.Clock24(at, loc):                               "08:24",
		locale.DateTime(de, at, loc):                          "Samstag, 10. April 2021, 8:24 Uhr",
		locale.DateTime(en, at, loc):                          "Saturday 10 April 2021, 8:24 am",
		locale.Number(de, 66000):                              "66.000",
		locale.Number(en, -1234567):                           "-1,234,567",
		locale.Number(de, -9223372036854775808):               "-9.223.372.036.854.775.808",
		locale.Money(de, 5800, "EUR"):                         "58,00\u00a0€",
		locale.Money(en, 5800, "EUR"):                         "€58.00",
		locale.Money(de, 123456789, "CHF"):                    "1.234.567,89\u00a0CHF",
		locale.Money(en, -5, "CHF"):                           "-CHF\u00a00.05",
		locale.List(de, []string{"A", "B", "C"}):              "A, B und C",
		locale.List(en, []string{"A", "B"}):                   "A and B",
		locale.ListOr(de, []string{"A", "B", "C"}):            "A, B oder C",
		locale.List(en, []string{"A"}) + locale.List(en, nil): "A",
		locale.Duration(de, 14*time.Minute+59*time.Second):    "14 Minuten",
		locale.Duration(de, time.Minute):                      "1 Minute",
		locale.Duration(en, 61*time.Minute):                   "1 hour 1 minute",
		locale.Duration(de, 25*time.Hour+5*time.Minute):       "25 Stunden 5 Minuten",
		locale.Duration(de, 49*time.Hour):                     "2 Tage 1 Stunde",
		locale.Duration(en, time.Second):                      "1 second",
		locale.Duration(de, -time.Hour):                       "0 Sekunden",
		locale.Left(de, 14*time.Minute):                       "noch 14 Minuten",
		locale.Left(en, 14*time.Minute):                       "14 minutes left",
		locale.Left(locale.Lang("fr"), 2*time.Hour):           "noch 2 Stunden",
		locale.Duration(en, 48*time.Hour):                     "2 days",
		locale.Duration(de, 1500*time.Minute):                 "25 Stunden",
		locale.Clock(en, at.Add(6*time.Hour), loc):            "2:24 pm",
		locale.Clock(en, at.Add(-8*time.Hour), loc):           "12:24 am",
		locale.Clock(de, at.Add(-8*time.Hour), loc):           "0:24 Uhr",
		locale.DateShort(de, at.Add(17*time.Hour), loc):       "So 11.4.",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{
		"24.12.1950", "24/12/1950", "24-12-1950", "1950-12-24", "24 12 1950", " 24 . 12 . 1950 ", "24121950", "19501224",
		"24. Dezember 1950", "24 December 1950", "24.Dez.1950", "24 dec 1950", "24 DEZEMBER 1950", "December 24, 1950",
		"24th December 1950", "1950/12/24", "1950.12.24", "24,12,1950", "24–12–1950", "24\u00a012\u00a01950", "24Dezember1950",
	} {
		got, err := locale.ParseDate(s)
		if err != nil || got != time.Date(1950, 12, 24, 0, 0, 0, 0, time.UTC) {
			t.Errorf("ParseDate(%q) = %v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"1.3.1961": "1961-03-01", "01031961": "1961-03-01", "5. März 1944": "1944-03-05", "5. Maerz 1944": "1944-03-05",
		"5 Ma\u0308rz 1944": "1944-03-05", "5 Mrz 1944": "1944-03-05", "5. Mär 1944": "1944-03-05", "2 Mai 2001": "2001-05-02", "1 Jänner 1970": "1970-01-01",
		"3 Sept 1980": "1980-09-03", "3 March 1980": "1980-03-03", "1st May 1980": "1980-05-01", "29.2.2000": "2000-02-29", "10121990": "1990-12-10",
		"20122000": "2000-12-20", "19121951": "1951-12-19",
	} {
		got, err := locale.ParseDate(s)
		if err != nil || got.Format("2006-01-02") != want {
			t.Errorf("ParseDate(%q) = %v, %v, want %s", s, got, err, want)
		}
	}
}

func TestParseDateRefuses(t *testing.T) {
	for code, inputs := range map[string][]string{
		locale.CodeDateForm: {
			"", "gestern", "24", "24.12.", "24.12", "1950", "24.12.1950.1", "24.Foo.1950", "24 de 1950", "2412195", "241219500",
			"Dezember Dezember 1950", "24.12.1950 14:00", "+24.12.1950", "24.12.1950;", "024.12.1950", "24.012.1950", strings.Repeat("1", 100), "24.12.\xff1950", "٢٤.١٢.١٩٥٠",
			"24.12.AB", "th.12.1950",
		},
		locale.CodeDateImpossible: {"31.4.1950", "29.2.1900", "29.2.2021", "0.1.1950", "1.0.1950", "12/24/1950", "32.1.1950", "24131950", "1950-13-01", "31 June 1950"},
		locale.CodeDateYear:       {"24.12.50", "24/12/50", "241250", "24. Dezember 50", "24.12.950", "24.12.0950", "24.12.1879", "24.12.2201", "24.12.9999", "50-12-24"},
	} {
		for _, s := range inputs {
			got, err := locale.ParseDate(s)
			e := fault.As(err)
			if e == nil || e.Kind != fault.Invalid || e.Code != code || e.Field != locale.FieldBirthDate {
				t.Errorf("ParseDate(%q) = %v, %v, want code %s", s, got, err, code)
			}
			if !locale.Has(locale.German, code) || !locale.Has(locale.English, code) {
				t.Errorf("there is no sentence for %s", code)
			}
		}
	}
}

// TestParseDateReadsWhatWeWrite: every day of a century, in every form we write.
func TestParseDateReadsWhatWeWrite(t *testing.T) {
	days := 0
	for d := time.Date(1920, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2024; d = d.AddDate(0, 0, 1) {
		days++
		for _, s := range []string{
			locale.Day(locale.German, d, time.UTC), locale.Day(locale.English, d, time.UTC),
			d.Format("2.1.2006"), d.Format("02012006"), d.Format("20060102"), d.Format("2006-01-02"), d.Format("2 Jan 2006"),
		} {
			if got, err := locale.ParseDate(s); err != nil || !got.Equal(d) {
				t.Fatalf("ParseDate(%q) = %v, %v", s, got, err)
			}
		}
	}
	if days < 36_000 {
		t.Errorf("only %d days", days)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"24.12.1950", "24. Dezember 1950", "December 24, 1950", "1st", "\u0308", "19501224"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := locale.ParseDate(s)
		if (err == nil) == got.IsZero() || err == nil && got.Truncate(24*time.Hour) != got {
			t.Fatalf("ParseDate(%q) = %v, %v", s, got, err)
		}
	})
}

func TestNegotiate(t *testing.T) {
	for _, c := range []struct {
		query, accept string
		want          locale.Lang
	}{
		{"", "", locale.German},
		{"en", "de", locale.English},
		{"de", "en-GB", locale.German},
		{"fr", "en-GB,en;q=0.9", locale.English},
		{"../../etc", "", locale.German},
		{"", "de-AT,de;q=0.9,en;q=0.8", locale.German},
		{"", "en-US,en;q=0.9,de;q=0.8", locale.English},
		{"", "fr-FR,fr;q=0.9,en;q=0.8,de;q=0.7", locale.English},
		{"", "tr,de;q=0.5,en;q=0.4", locale.German},
		{"", "en;q=0.1,de;q=0.9", locale.German},
		{"", "en;q=0,fr", locale.German},
		{"", "fr", locale.German},
		{"", "*", locale.German},
		{"", ";;;q=,,", locale.German},
		{"", "en-GB," + strings.Repeat("xx-XX;q=0.1,", 1000), locale.English},
		{"", strings.Repeat("-", 100_000), locale.German},
	} {
		if got := locale.Negotiate(c.query, c.accept); got != c.want {
			t.Errorf("Negotiate(%q, %.40q) = %s, want %s", c.query, c.accept, got, c.want)
		}
	}
}

func TestMessagesSayThemselves(t *testing.T) {
	m := locale.Message{ID: "eligibility.age.day", Data: locale.Data{locale.CountKey: 58, "Day": time.Date(2021, 4, 10, 0, 0, 0, 0, time.UTC)}}
	if got, want := m.In(locale.German), "Sie sind am 10. April 2021 58 Jahre alt."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	nested := locale.Message{ID: "format.left", Data: locale.Data{"Time": locale.Message{ID: "format.minutes", Data: locale.Data{locale.CountKey: 1}}}}
	if got, want := nested.In(locale.English), "1 minute left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := locale.T(locale.German, "no.such.id"); got != "[no.such.id]" {
		t.Errorf("an unknown id gives %q", got)
	}
	// What people type is text: it is never read as a template.
	typed := locale.T(locale.German, "eligibility.place.other", locale.Data{"Place": "{{.Postcode}}<b>", "Postcode": "1"})
	if !strings.HasPrefix(typed, "{{.Postcode}}<b> (1)") || !utf8.ValidString(typed) {
		t.Errorf("typed text became %q", typed)
	}
}

func TestPlainMessagesDoNotAllocate(t *testing.T) {
	locale.T(locale.German, "format.and")
	if n := testing.AllocsPerRun(100, func() { locale.T(locale.English, "eligibility.explain.all") }); n > 0 {
		t.Errorf("%v allocations for a message without data", n)
	}
}
