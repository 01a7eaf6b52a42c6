package paper

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the test decides by the zone, not by the machine

	ics "github.com/arran4/golang-ical"
)

// dose is an appointment with something in every field.
func dose(t testing.TB) Appointment {
	t.Helper()
	start := time.Date(2021, 4, 10, 8, 6, 0, 0, berlin(t))
	return Appointment{
		UID: "b7qk3-1@termine.kreis.example", Sequence: 3,
		Stamp: time.Date(2021, 4, 3, 8, 1, 2, 345, berlin(t)),
		Start: start, End: start.Add(6 * time.Minute),
		Summary:     "Impfung für 60- bis 79-Jährige, 1. Termin",
		Location:    "Dreifeldsporthalle; Milsper Straße\n58332 Schwelm",
		Description: "Ihr Code: K7F-3QX\r\nBitte bringen Sie Ihren Ausweis und – wenn vorhanden – den Impfpass mit. C:\\ ist kein Ort.",
		URL:         "https://termine.kreis.example/b/abc?x=1,2;3",
		Organizer:   Organizer{Name: `Ennepe-Ruhr-Kreis, "Gesundheit"`, Mail: "termine@kreis.example"},
	}
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// read writes the appointments and reads them back with the strict reader.
func read(t testing.TB, appointments ...Appointment) block {
	t.Helper()
	file, err := Calendar(appointments...)
	if err != nil {
		t.Fatal(err)
	}
	cal, err := parse(file)
	if err != nil {
		t.Fatalf("%v\n%q", err, file)
	}
	return cal
}

func TestCalendarHoldsEveryField(t *testing.T) {
	a := dose(t)
	cal := read(t, a)
	event := cal.parts[0]
	want := map[string]string{
		"UID": a.UID, "SEQUENCE": "3", "DTSTAMP": "20210403T060102Z", "STATUS": "CONFIRMED",
		"DTSTART": "20210410T060600Z", "DTEND": "20210410T061200Z",
		"SUMMARY": a.Summary, "LOCATION": a.Location,
		"DESCRIPTION": strings.ReplaceAll(a.Description, "\r\n", "\n"),
	}
	for name, value := range want {
		if got, err := event.text(name); err != nil || got != value {
			t.Errorf("%s = %q, %v; want %q", name, got, err, value)
		}
	}
	if p, err := event.get("URL"); err != nil || p.value != a.URL {
		t.Errorf("URL = %q, %v; want it unescaped", p.value, err)
	}
	if p, err := event.get("ORGANIZER"); err != nil || p.value != "mailto:termine@kreis.example" || p.params != ";CN=Ennepe-Ruhr-Kreis Gesundheit" {
		t.Errorf("ORGANIZER = %+v, %v", p, err)
	}
	for name, value := range map[string]string{"VERSION": "2.0", "PRODID": productID, "METHOD": "PUBLISH", "CALSCALE": "GREGORIAN"} {
		if got, err := cal.text(name); err != nil || got != value {
			t.Errorf("%s = %q, %v; want %q", name, got, err, value)
		}
	}
}

// The library reads its own file too: two readers, one meaning.
func TestBothReadersAgree(t *testing.T) {
	a := dose(t)
	file, err := Calendar(a)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	agreed := 0
	for _, p := range ours.parts[0].props {
		got := theirs.Events()[0].GetProperty(ics.ComponentProperty(p.name))
		if got == nil {
			t.Errorf("%s is read by one reader only", p.name)
			continue
		}
		value := p.value
		if got.GetValueType() == ics.ValueDataTypeText {
			if value, err = unescape(value); err != nil {
				t.Error(err)
			}
		}
		if got.Value != value {
			t.Errorf("%s: %q and %q", p.name, got.Value, value)
		}
		agreed++
	}
	if agreed < 10 {
		t.Errorf("compared %d properties, want at least 10", agreed)
	}
}

// In the night of 25 October 2026 the hour from 02:00 comes twice, in that of
// 29 March 2026 it does not come at all. Instants must stay apart, and a half
// hour must stay a half hour.
func TestCalendarAcrossClockChanges(t *testing.T) {
	tests := []struct {
		name, utc, local string
	}{
		{"before the double hour", "20261024T235000Z", "01:50 CEST"},
		{"first 02:30", "20261025T003000Z", "02:30 CEST"},
		{"second 02:30", "20261025T013000Z", "02:30 CET"},
		{"across the end", "20261025T005000Z", "02:50 CEST"},
		{"after the double hour", "20261025T020000Z", "03:00 CET"},
		{"last minute of winter", "20260329T005900Z", "01:59 CET"},
		{"first minute of summer", "20260329T010000Z", "03:00 CEST"},
		{"summer morning", "20260329T060000Z", "08:00 CEST"},
	}
	zone, seen := berlin(t), map[string]bool{}
	for _, tt := range tests {
		start, err := time.Parse("20060102T150405Z", tt.utc)
		if err != nil {
			t.Fatal(err)
		}
		a := dose(t)
		a.Start, a.End = start.In(zone), start.In(zone).Add(30*time.Minute)
		if got := a.Start.Format("15:04 MST"); got != tt.local {
			t.Fatalf("%s: the test means %s, the zone says %s", tt.name, tt.local, got)
		}
		event := read(t, a).parts[0]
		from, err1 := event.text("DTSTART")
		to, err2 := event.text("DTEND")
		if err1 != nil || err2 != nil || from != tt.utc || to != start.Add(30*time.Minute).Format("20060102T150405Z") {
			t.Errorf("%s: %s to %s, want from %s (%v, %v)", tt.name, from, to, tt.utc, err1, err2)
		}
		seen[from] = true
	}
	if len(seen) != len(tests) {
		t.Errorf("%d instants, want %d: two local times fell together", len(seen), len(tests))
	}
}

func TestTwoLinkedAppointments(t *testing.T) {
	first, second := dose(t), dose(t)
	second.UID = "b7qk3-2@termine.kreis.example"
	second.Start, second.End = second.Start.AddDate(0, 0, 42), second.End.AddDate(0, 0, 42)
	first.LinkedTo, second.LinkedTo = []string{second.UID}, []string{first.UID}
	cal := read(t, first, second)
	if len(cal.parts) != 2 {
		t.Fatalf("%d appointments, want 2", len(cal.parts))
	}
	for i, other := range []string{second.UID, first.UID} {
		p, err := cal.parts[i].get("RELATED-TO")
		if err != nil || p.value != other || p.params != ";RELTYPE=SIBLING" {
			t.Errorf("appointment %d: %+v, %v; want a link to %s", i+1, p, err, other)
		}
	}
}

func TestCancelledTakesTheAppointmentBack(t *testing.T) {
	a := dose(t)
	a.Cancelled, a.Sequence = true, 4
	cal := read(t, a)
	method, err1 := cal.text("METHOD")
	state, err2 := cal.parts[0].text("STATUS")
	uid, err3 := cal.parts[0].text("UID")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if method != "CANCEL" || state != "CANCELLED" || uid != a.UID {
		t.Errorf("METHOD %s, STATUS %s, UID %s", method, state, uid)
	}
}

// Lines are cut at every length around the limit, with signs of 1 to 4 octets.
func TestLongLinesFoldBetweenCharacters(t *testing.T) {
	checked := 0
	for _, sign := range []string{"a", "ü", "–", "🎭", " ", "a ", "\\", ";ß", "\n", "<ü>"} {
		for n := 1; n <= 90; n++ {
			a := dose(t)
			a.Description = "x" + strings.Repeat(sign, n) + "y"
			if got, err := read(t, a).parts[0].text("DESCRIPTION"); err != nil || got != a.Description {
				t.Fatalf("%q × %d: %q, %v", sign, n, got, err)
			}
			checked++
		}
	}
	if checked != 900 {
		t.Errorf("checked %d texts, want 900", checked)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	one, err1 := Calendar(dose(t))
	two, err2 := Calendar(dose(t))
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("the same appointment gave two files (%v, %v)", err1, err2)
	}
}

func TestCalendarRefuses(t *testing.T) {
	tests := map[string]func(*Appointment){
		"no UID":           func(a *Appointment) { a.UID = "" },
		"UID with newline": func(a *Appointment) { a.UID = "a\nMETHOD:X" },
		"UID with space":   func(a *Appointment) { a.UID = "a b" },
		"UID too long":     func(a *Appointment) { a.UID = strings.Repeat("u", MaxName+1) },
		"negative":         func(a *Appointment) { a.Sequence = -1 },
		"no stamp":         func(a *Appointment) { a.Stamp = time.Time{} },
		"no start":         func(a *Appointment) { a.Start = time.Time{} },
		"end at start":     func(a *Appointment) { a.End = a.Start },
		"end before start": func(a *Appointment) { a.End = a.Start.Add(-time.Hour) },
		"less than 1 s":    func(a *Appointment) { a.End = a.Start.Add(time.Millisecond) },
		"year 10000":       func(a *Appointment) { a.End = time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC) },
		"no summary":       func(a *Appointment) { a.Summary = " \n\x00" },
		"long text":        func(a *Appointment) { a.Description = strings.Repeat("d", MaxText+1) },
		"URL injection":    func(a *Appointment) { a.URL = "https://x.example/\r\nX:1" },
		"script URL":       func(a *Appointment) { a.URL = "javascript:alert(1)" },
		"relative URL":     func(a *Appointment) { a.URL = "/b/1" },
		"bad link":         func(a *Appointment) { a.LinkedTo = []string{"a\r\nb"} },
		"many links":       func(a *Appointment) { a.LinkedTo = make([]string, MaxAppointments+1) },
		"mail with scheme": func(a *Appointment) { a.Organizer.Mail = "mailto:a@b.example" },
		"mail without @":   func(a *Appointment) { a.Organizer.Mail = "amt" },
		"long organizer":   func(a *Appointment) { a.Organizer.Name = strings.Repeat("n", MaxName+1) },
	}
	for name, spoil := range tests {
		a := dose(t)
		spoil(&a)
		if file, err := Calendar(a); !errors.Is(err, ErrAppointment) || file != nil {
			t.Errorf("%s: %d octets, %v; want ErrAppointment", name, len(file), err)
		}
	}
	if len(tests) < 21 {
		t.Errorf("%d cases, want at least 21", len(tests))
	}
}

func TestCalendarRefusesFiles(t *testing.T) {
	a, cancelled, many := dose(t), dose(t), []Appointment(nil)
	cancelled.UID, cancelled.Cancelled = "other", true
	for i := range MaxAppointments + 1 {
		one := dose(t)
		one.UID = fmt.Sprint("u", i)
		many = append(many, one)
	}
	for name, list := range map[string][]Appointment{
		"none": nil, "the same twice": {a, a}, "booked and cancelled": {a, cancelled}, "too many": many,
	} {
		if _, err := Calendar(list...); !errors.Is(err, ErrAppointment) {
			t.Errorf("%s: %v, want ErrAppointment", name, err)
		}
	}
	if got := len(read(t, many[:MaxAppointments]...).parts); got != MaxAppointments {
		t.Errorf("%d appointments, want %d", got, MaxAppointments)
	}
}

// FuzzCalendar: whatever people typed, the file is refused or read back word for
// word, and no text leaves its field.
func FuzzCalendar(f *testing.F) {
	for _, s := range []string{"Termin", "a,b;c\\n\n", "x\r\nEND:VEVENT\r\n", "\xff\xfe", strings.Repeat("🎭ü ", 60), "\x00\x7f\u0085", `\`, "<a> >"} {
		f.Add(s, s, s, "https://a.example/"+s, s, int64(1_617_516_000), uint16(360))
	}
	f.Fuzz(func(t *testing.T, summary, location, description, url, organizer string, start int64, seconds uint16) {
		a := dose(t)
		a.Summary, a.Location, a.Description, a.URL, a.Organizer.Name = summary, location, description, url, organizer
		a.Start = time.Unix(start, 0)
		a.End = a.Start.Add(time.Duration(seconds) * time.Second)
		file, err := Calendar(a)
		if err != nil {
			if !errors.Is(err, ErrAppointment) {
				t.Fatalf("foreign error: %v", err)
			}
			return
		}
		cal, err := parse(file)
		if err != nil {
			t.Fatalf("%v\n%q", err, file)
		}
		checkFuzzed(t, cal, a)
	})
}

// checkFuzzed wants exactly the fields that were given, each once.
func checkFuzzed(t *testing.T, cal block, a Appointment) {
	t.Helper()
	if len(cal.parts) != 1 || len(cal.parts[0].parts) != 0 || len(cal.props) != 4 {
		t.Fatalf("the file's shape changed: %+v", cal)
	}
	want := map[string]string{"UID": a.UID, "SUMMARY": cleanText(a.Summary), "STATUS": "CONFIRMED"}
	if a.Location != "" {
		want["LOCATION"] = cleanText(a.Location)
	}
	if a.Description != "" {
		want["DESCRIPTION"] = cleanText(a.Description)
	}
	got := map[string]string{}
	for name := range want {
		value, err := cal.parts[0].text(name)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = value
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("read %q, want %q", got, want)
	}
	for _, p := range cal.parts[0].props {
		if !strings.Contains(" UID DTSTAMP DTSTART DTEND SEQUENCE STATUS SUMMARY LOCATION DESCRIPTION URL ORGANIZER ", " "+p.name+" ") {
			t.Fatalf("a property nobody wrote: %+v", p)
		}
	}
}
