package rehearsal

import (
	"bytes"
	"strings"
	"testing"

	"einlass/internal/locale"
)

// TestTheRoomIsToldOf: table and report of a sale with a room say how many waited, were
// called and came, and how what they were told came true.
func TestTheRoomIsToldOf(t *testing.T) {
	f := &RoomFacts{
		Entries: 7000, Drawn: 2000, Called: 4000, Came: 3000, Probably: Told{2000, 1990}, ProbablyNot: Told{3000, 12},
		StepMS: 250, OpenedMS: 500, CalledBy: []int{0, 0, 10, 20}, WaitingBy: []int{5, 9, 20, 10}, InsideBy: []int{0, 0, 3, 5}, FreeBy: []int{9, 9, 9, 4},
	}
	for lang, want := range map[locale.Lang][]string{
		locale.German:  {"Nummern gezogen", "7.000", "3.000 (75 %)", "1.990 / 2.000", "12 / 3.000"},
		locale.English: {"numbers drawn", "7,000", "3,000 (75 %)", "1,990 / 2,000", "12 / 3,000"},
	} {
		text := ""
		for _, r := range roomRows(f, lang) {
			text += r.Name + " " + r.Figure + "\n"
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, text)
			}
		}
	}
	c := Defaults()
	r := &Result{Config: c, Latency: map[string]Timing{}, Series: Series{StepMS: 250, Refusals: map[string][]int{}}}
	var page bytes.Buffer
	if err := WriteReport(&page, r, Facts{Lang: locale.German, Room: f}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"Warteraum", "Freie Plätze und Menschen drin", "−0:0"} {
		if !strings.Contains(page.String(), w) {
			t.Errorf("the report has no %q", w)
		}
	}
	if roomRows(nil, locale.German) != nil {
		t.Error("a sale without a room has rows of one")
	}
}
