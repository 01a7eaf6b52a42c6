package setup_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/setup"
	"einlass/scenarios"
)

// parse reads a file that must be right.
func parse(t *testing.T, text string) *setup.Plan {
	t.Helper()
	plan, found := setup.Parse("sale.yaml", []byte(text))
	if plan == nil {
		t.Fatalf("no plan: %v", found)
	}
	return plan
}

// change replaces one thing in the full file.
func change(t *testing.T, old, to string) string {
	t.Helper()
	if !strings.Contains(full, old) {
		t.Fatalf("full.yaml does not contain %q", old)
	}
	return strings.Replace(full, old, to, 1)
}

func TestFullFile(t *testing.T) {
	plan, found := setup.Parse("sale.yaml", []byte(full))
	if len(found) > 0 {
		t.Fatalf("problems in a right file: %v", found)
	}
	berlin := plan.Sale.Event.Location()
	s := plan.Sale
	if got := plan.Places(); got != 4000 || len(plan.Slots) != 200 {
		t.Errorf("%d places in %d slots, want 4000 in 200", got, len(plan.Slots))
	}
	for name, pair := range map[string][2]time.Time{
		"opens":  {s.Opens, time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)},
		"closes": {s.Closes, time.Date(2021, 4, 10, 5, 0, 0, 0, time.UTC)},
		"draw":   {s.DrawWindowFrom, time.Date(2021, 4, 2, 16, 0, 0, 0, time.UTC)},
		"moves":  {s.Allotments[0].Moves, time.Date(2021, 4, 9, 16, 0, 0, 0, time.UTC)},
		"first":  {plan.Slots[0].Start, time.Date(2021, 4, 10, 6, 0, 0, 0, time.UTC)},
		"last":   {plan.Slots[199].End, time.Date(2021, 4, 11, 18, 0, 0, 0, berlin)},
	} {
		if !pair[0].Equal(pair[1]) {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	g := s.Eligible[0]
	if !g.Age.AtSlot || g.Age.From != 60 || g.Age.To != 79 || !slices.Equal(g.Place.Postcodes, []string{"58", "45525"}) {
		t.Errorf("first ground is %+v %+v", g.Age, g.Place)
	}
	if s.Eligible[1].Code != "kita-2021" || s.Eligible[1].CodeUses != 1 || plan.Codes[0].File != "codes.txt" {
		t.Errorf("second ground is %+v with %+v", s.Eligible[1], plan.Codes)
	}
	if !slices.Equal(s.Returned.PublicAt, []catalog.TimeOfDay{420, 1020}) || s.Returned.To != catalog.ReturnNextNumber {
		t.Errorf("returned is %+v", s.Returned)
	}
	if s.Event.Title.In(locale.English) != "Vaccination, ages 60 to 79" || s.Organizer.Phone != "02336 930" {
		t.Errorf("texts are %+v, %+v", s.Event.Title, s.Organizer)
	}
}

// TestSharesOfEveryDay: phone and counter get their share of the day, although
// 2 % of a slot of twenty is less than one place.
func TestSharesOfEveryDay(t *testing.T) {
	plan := parse(t, full)
	byDay := map[int]map[catalog.Channel]int{}
	for _, s := range plan.Slots {
		d := byDay[s.Start.Day()]
		if d == nil {
			d = map[catalog.Channel]int{}
			byDay[s.Start.Day()] = d
		}
		for c, n := range s.Allotments {
			d[c] += n
		}
	}
	for day, got := range byDay {
		if got[catalog.Phone] != 100 || got[catalog.Counter] != 40 || got[catalog.Online] != 1860 {
			t.Errorf("day %d: %v, want phone 100, counter 40, online 1860", day, got)
		}
	}
}

func TestAllotmentsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phone := rapid.IntRange(1, 60).Draw(t, "phone")
		counter := rapid.IntRange(1, 40).Draw(t, "counter")
		fixed := rapid.IntRange(0, 3).Draw(t, "fixed")
		var sb strings.Builder
		head, _, _ := strings.Cut(full, "slots:")
		_, tail, _ := strings.Cut(full, "offers:")
		sb.WriteString(head + "slots:\n")
		slots := rapid.IntRange(1, 30).Draw(t, "slots")
		for i := range slots {
			fmt.Fprintf(&sb, "  - {start: 2021-04-10T%02d:%02d, end: 2021-04-10T%02d:59, places: %d}\n",
				i/2, i%2*30, i/2, rapid.IntRange(3, 40).Draw(t, "places"))
		}
		fmt.Fprintf(&sb, "allotments:\n  - {channel: phone, share: %d%%}\n  - {channel: counter, share: %d%%}\n", phone, counter)
		if fixed > 0 {
			fmt.Fprintf(&sb, "  - {channel: boxoffice, places: %d}\n", fixed)
		}
		plan, found := setup.Parse("s", []byte(sb.String()+"offers:"+tail))
		if plan == nil {
			t.Fatal(found)
		}
		checkAllotments(t, plan, phone, counter, fixed)
	})
}

func checkAllotments(t *rapid.T, plan *setup.Plan, phone, counter, fixed int) {
	got := map[catalog.Channel]int{}
	for _, s := range plan.Slots {
		sum := 0
		for c, n := range s.Allotments {
			if n < 0 {
				t.Fatalf("%s gets %d places", c, n)
			}
			sum += n
			got[c] += n
		}
		if sum != s.Places || s.Allotments[catalog.BoxOffice] != fixed {
			t.Fatalf("a slot of %d places gives %v", s.Places, s.Allotments)
		}
	}
	// Where fixed places leave too little for the shares, the shares lose.
	if fixed > 0 {
		return
	}
	for c, share := range map[catalog.Channel]int{catalog.Phone: phone, catalog.Counter: counter} {
		if off := got[c]*100 - plan.Places()*share; off < -200 || off > 200 {
			t.Fatalf("%s gets %d of %d places, share %d%%", c, got[c], plan.Places(), share)
		}
	}
}

func TestClocksGoBack(t *testing.T) {
	text := change(t, "[2021-04-10, 2021-04-11], from: \"08:00\", to: \"18:00\", every: 6m", "[2021-10-31], from: \"01:00\", to: \"04:00\", every: 30m")
	text = strings.Replace(text, "allotments:  ", "  - {start: 2021-10-31T02:30+01:00, end: 2021-10-31T02:45+01:00, places: 1}\nallotments:  ", 1)
	plan := parse(t, text)
	var got []string
	for _, s := range plan.Slots {
		got = append(got, s.Start.UTC().Format("15:04"))
	}
	// 01:00, 01:30, 02:00, 02:30 summer time (UTC+2), the single slot with its
	// offset, then 03:00 and 03:30 winter time (UTC+1).
	want := []string{"23:00", "23:30", "00:00", "00:30", "01:30", "02:00", "02:30"}
	if !slices.Equal(got, want) {
		t.Errorf("slots start at %v UTC, want %v", got, want)
	}
}

// TestClocksGoForward: a slot that spans the missing hour is shorter, and the next
// one begins when the wall says so.
func TestClocksGoForward(t *testing.T) {
	text := change(t, "[2021-04-10, 2021-04-11], from: \"08:00\", to: \"18:00\", every: 6m", "[2021-03-28], from: \"01:00\", to: \"05:00\", every: 2h")
	text = strings.Replace(text, "opens: 2021-04-03", "opens: 2021-03-20", 1)
	text = strings.Replace(text, "draw_window_from: 2021-04-02", "draw_window_from: 2021-03-19", 1)
	plan := parse(t, text)
	want := []string{"00:00–01:00", "01:00–03:00"} // UTC
	for i, s := range plan.Slots {
		if got := s.Start.UTC().Format("15:04") + "–" + s.End.UTC().Format("15:04"); got != want[i] {
			t.Errorf("slot %d is %s UTC, want %s", i, got, want[i])
		}
	}
}

// TestOtherEditors: a byte order mark and CRLF change nothing.
func TestOtherEditors(t *testing.T) {
	plain := parse(t, full)
	for name, text := range map[string]string{
		"byte order mark": "\ufeff" + full,
		"CRLF":            strings.ReplaceAll(full, "\n", "\r\n"),
	} {
		if changes := setup.Diff(plain, parse(t, text)); len(changes) > 0 {
			t.Errorf("%s: %v", name, changes)
		}
	}
	_, found := setup.Parse("s", []byte(strings.ReplaceAll(strings.Replace(full, "places: 20", "places: 0", 1), "\n", "\r\n")))
	if len(found) != 1 || !strings.HasPrefix(found[0].String(), "s:8:") {
		t.Errorf("with CRLF the problem is at %v", found)
	}
}

func TestEveryErrorAtOnce(t *testing.T) {
	text := full
	for _, swap := range [][2]string{
		{"Europe/Berlin", "Europe/Nowhere"},
		{"places: 20", "places: 0"},
		{"share: 2%", "share: 2"},
		{"price: 0.00 EUR", "prise: 0.00 EUR"},
		{"scope: event", "scope: evnt"},
		{"from: 60, to: 79", "from: 79, to: 60"},
		{"ask: [contact]", "ask: [age]"},
	} {
		text = strings.Replace(text, swap[0], swap[1], 1)
	}
	plan, found := setup.Parse("sale.yaml", []byte(text))
	const want = 8 // prise is unknown, and price is missing
	if plan != nil || len(found) != want {
		t.Errorf("%d problems, want %d:\n%v", len(found), want, found)
	}
	if !slices.IsSortedFunc(found, func(a, b setup.Problem) int { return a.Line - b.Line }) {
		t.Errorf("not in order of lines: %v", found)
	}
}

func TestWarningsLeaveThePlan(t *testing.T) {
	for name, w := range map[string]struct{ old, new, says string }{
		"one language":   {`, en: "Vaccination, ages 60 to 79"`, "", `event.title: has no text in "en"`},
		"plain text":     {`{de: Impftermin, en: Appointment}`, "Impftermin", "is only German"},
		"no list":        {"codes: {kita-2021: codes.txt}\n", "", "has no list yet"},
		"unused list":    {"codes: {", "codes: {other: o.txt, ", "is used by no ground"},
		"closes late":    {"closes: 2021-04-10", "closes: 2021-04-12", "is after the last slot"},
		"covered":        {`["58", "45525"]`, `["58", "58332"]`, "58332 is covered by 58"},
		"rest of day":    {"every: 6m", "every: 7m", "leaves the last 5 minutes"},
		"open with draw": {"allocation: room", "allocation: open", "has no effect"},
		"moves late":     {"moves: 2021-04-09T18:00", "moves: 2021-04-10T18:00", "after the sale closes"},
		"long visits": {
			"slots:", "slots:\n  - {start: 2021-04-10T08:03, end: 2021-04-10T08:05, places: 1}",
			"begins before the one of",
		},
	} {
		plan, found := setup.Parse("sale.yaml", []byte(change(t, w.old, w.new)))
		if plan == nil || len(found) == 0 {
			t.Errorf("%s: plan %v, problems %v", name, plan != nil, found)
			continue
		}
		if !slices.ContainsFunc(found, func(p setup.Problem) bool {
			return p.Warning && strings.Contains(p.String(), w.says) && strings.Contains(p.String(), ": warning: ")
		}) {
			t.Errorf("%s: want a warning %q, got %v", name, w.says, found)
		}
	}
}

// TestHostileFiles: whatever the bytes are, the answer comes soon.
func TestHostileFiles(t *testing.T) {
	const soon = 10 * time.Second // for all of them, with the race detector on two busy cores; 1 s without
	var bomb, keys strings.Builder
	bomb.WriteString("a: &a [x]\n")
	for c := 'b'; c < 'k'; c++ {
		fmt.Fprintf(&bomb, "%c: &%c [*%c, *%c, *%c]\n", c, c, c-1, c-1, c-1)
	}
	for i := range 60_000 {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	start := time.Now()
	for name, text := range map[string]string{
		"alias bomb":    bomb.String(),
		"many keys":     keys.String(),
		"brackets":      strings.Repeat("[", 100_000),
		"braces":        strings.Repeat("{a: ", 100_000),
		"dashes":        strings.Repeat("- ", 100_000),
		"question":      strings.Repeat("? ", 100_000),
		"too large":     strings.Repeat("#", setup.FileMax+1),
		"not UTF-8":     "organizer: \xff\xfe",
		"NUL":           "organizer: \x00",
		"empty":         "",
		"only comment":  "# nothing\n",
		"two documents": full + "---\n" + full,
		"a list":        "- a\n- b\n",
		"a word":        "hello",
		"long plain":    "organizer: " + strings.Repeat("x ", 400_000),
		"long key":      strings.Repeat("k", 900_000) + ": 1",
		"indentation":   deep(1000),
	} {
		plan, found := setup.Parse("sale.yaml", []byte(text))
		if plan != nil || len(found) == 0 {
			t.Errorf("%s: plan %v, %d problems", name, plan != nil, len(found))
		}
		for _, p := range found {
			if p.Line < 1 || p.Column < 1 || len(p.String()) > 2000 {
				t.Errorf("%s: %d:%d with %d bytes of text", name, p.Line, p.Column, len(p.String()))
			}
		}
	}
	if took := time.Since(start); took > soon {
		t.Errorf("took %v, want at most %v", took, soon)
	}
}

func deep(n int) string {
	var sb strings.Builder
	for i := range n {
		sb.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return sb.String()
}

func TestLoadCodes(t *testing.T) {
	errMissing := errors.New("no such file")
	read := func(list string) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			switch name {
			case "town/sale.yaml":
				return []byte(full), nil
			case "town/codes.txt":
				return []byte(list), nil
			}
			return nil, errMissing
		}
	}
	plan, found := setup.Load("town/sale.yaml", read("\ufeff# from the letters\nKITA-47QM\n\n  kita 47qn  \r\n"))
	if plan == nil || !slices.Equal(plan.Codes[0].Codes, []string{"KITA47QM", "KITA47QN"}) {
		t.Fatalf("plan %+v, problems %v", plan, found)
	}
	for _, w := range []struct{ list, says string }{
		{"KITA-47QM\nkita47qm\n", "town/codes.txt:2:1: is the code of line 1 again"},
		{"KITA-47QM\n\n47\n", "town/codes.txt:3:1: is no code"},
		{"# nothing\n", "town/codes.txt:1:1: the list kita-2021 has no codes"},
		{"\xff\xff", "not written in UTF-8"},
		{strings.Repeat("A", 65) + "\n", "town/codes.txt:1:1: is no code"},
	} {
		plan, found := setup.Load("town/sale.yaml", read(w.list))
		if plan != nil || len(found) == 0 || !strings.Contains(found[len(found)-1].String(), w.says) {
			t.Errorf("list %q: %v, want %q", w.list, found, w.says)
		}
		if strings.Contains(fmt.Sprint(found), "47QM") {
			t.Errorf("a problem repeats a code: %v", found)
		}
	}
	if plan, found := setup.Load("elsewhere.yaml", read("")); plan != nil || len(found) != 1 {
		t.Errorf("a file that is not there: %v, %v", plan, found)
	}
}

func TestScenariosAreRight(t *testing.T) {
	places := map[string]int{"ennepe-ruhr": 4000, "speyer": 2500}
	for _, name := range scenarios.Names() {
		plan, found := setup.Load(name+".yaml", scenarios.Read)
		if plan == nil || len(found) > 0 {
			t.Errorf("%s: %v", name, found)
			continue
		}
		if want, ok := places[name]; ok && plan.Places() != want {
			t.Errorf("%s has %d places, want %d", name, plan.Places(), want)
		}
		for _, text := range []catalog.Text{plan.Sale.Event.Title, plan.Sale.Event.Lead, plan.Sale.Event.Bring} {
			if text[locale.German] == "" || text[locale.English] == "" {
				t.Errorf("%s: a text is missing in a language: %v", name, text)
			}
		}
	}
	if len(scenarios.Names()) < len(places) {
		t.Errorf("scenarios are %v", scenarios.Names())
	}
	if _, err := scenarios.File("nowhere"); err == nil {
		t.Error("a scenario that is not there was found")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	for _, w := range wrongFiles {
		f.Add([]byte(strings.Replace(strings.Replace(full, w.old, w.new, 1), mark, "", 1)))
	}
	for _, name := range scenarios.Names() {
		data, err := os.ReadFile("../../scenarios/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		plan, found := setup.Parse("f", data)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if plan == nil && !slices.ContainsFunc(found, func(p setup.Problem) bool { return !p.Warning }) {
			t.Fatal("no plan and no error")
		}
		if plan == nil {
			return
		}
		for _, s := range plan.Slots {
			sum := 0
			for _, n := range s.Allotments {
				sum += n
			}
			if sum != s.Places || !s.End.After(s.Start) {
				t.Fatalf("slot %+v", s)
			}
		}
		if changes := setup.Diff(plan, plan); len(changes) != 0 {
			t.Fatalf("a plan differs from itself: %v", changes)
		}
	})
}
