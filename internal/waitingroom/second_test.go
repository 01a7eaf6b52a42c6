package waitingroom

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"einlass/internal/ident"
)

// TestAClerkGrantsASecondNumber: with a reason and to somebody whose claim counts; the
// claim goes on counting for whoever came first.
func TestAClerkGrantsASecondNumber(t *testing.T) {
	state := NewState()
	by := func(o byte, hand Hand, claims ...byte) Act {
		a := join(o, claims...)
		j := a.Do.(Join)
		j.By = hand
		a.Do = j
		return a
	}
	clerk, grants := Hand{Actor: "kasse1", Role: 2}, Hand{Actor: "kasse1", Role: 2, Second: "namesakes, cards compared"}
	play(t, state, Act{sale, Open{}}, join(1, 1), join(2, 2))
	steps := []struct {
		name    string
		act     Act
		want    Reason
		holders []uint32
		no      uint32
		noted   string // why, in the audit; "-": nothing is noted
	}{
		{"by a clerk", by(3, clerk, 3), Granted, nil, 2, ""},
		{"twice the same form", by(3, clerk, 3), Granted, nil, 2, "-"},
		{"counts already", by(4, clerk, 1), Claimed, []uint32{0}, 0, "-"},
		{"a party, two of whom count", by(4, clerk, 1, 4, 2), Claimed, []uint32{0, 1}, 0, "-"},
		{"nobody grants it", by(4, Hand{Second: "I want one"}, 1), Claimed, []uint32{0}, 0, "-"},
		{"granted", by(4, grants, 1), Granted, nil, 3, grants.Second},
		{"granted, the same form again", by(4, grants, 1), Granted, nil, 3, "-"},
		{"it still counts for the first", join(5, 1), Claimed, []uint32{0}, 0, "-"},
		{"one of a party is new", by(6, grants, 2, 6), Granted, nil, 4, grants.Second},
		{"and counts for that party", join(7, 6), Claimed, []uint32{4}, 0, "-"},
		{"twice in one party", by(8, grants, 8, 8), Claimed, nil, 0, "-"},
		{"a reason that was not needed", by(9, grants, 9), Granted, nil, 5, ""},
	}
	var namesakes []string
	for _, s := range steps {
		out, changes := Decide(state, []Act{s.act}, now)
		if out[0].Reason != s.want || !slices.Equal(out[0].Holders, s.holders) || s.want == Granted && out[0].Entry.No != s.no {
			t.Errorf("%s: %+v", s.name, out[0])
		}
		if again := s.name == "twice the same form" || s.name == "granted, the same form again"; out[0].Known != again {
			t.Errorf("%s: known is %v", s.name, out[0].Known)
		}
		for _, n := range changes.Namesakes {
			namesakes = append(namesakes, fmt.Sprint(n.No, slices.Index([]ident.Digest{claim(0), claim(1), claim(2)}, n.Digest)))
		}
		switch {
		case s.noted == "-" && len(changes.Notes) > 0, s.noted != "-" && len(changes.Notes) != 1:
			t.Errorf("%s: notes %+v", s.name, changes.Notes)
		case s.noted != "-" && (changes.Notes[0].By.Second != s.noted || changes.Notes[0].By.Actor != "kasse1" || changes.Notes[0].No != s.no):
			t.Errorf("%s: note %+v", s.name, changes.Notes[0])
		}
	}
	// Only what counts for somebody else is granted: not the one of the party who is new.
	if got := strings.Join(namesakes, ", "); got != "3 1, 4 2" {
		t.Errorf("granted for %s", got)
	}
	if n := state.Rooms[sale].Entries; n != 6 {
		t.Errorf("%d entries, want 6", n)
	}
}
