package app

import (
	"strings"
	"testing"
)

// TestRoomStatusTellsEachGroup: how far was called, for each where there are several.
func TestRoomStatusTellsEachGroup(t *testing.T) {
	text := reportRooms([]roomState{
		{Sale: "kreis/impfung", Phase: "calling", Entries: 5000, Called: 1200, Groups: []groupState{{"schwelm", 1200}, {"witten", 80}}},
		{Sale: "kreis/kurs", Phase: "calling", Entries: 70, Called: 60},
	}).Text
	for _, want := range []string{"called up to 1,200 in schwelm, 80 in witten", "called up to 60"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
