package web

import (
	"encoding/json"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/draw"
)

// TestTheLongestStatusFits: eight groups with the longest ids, a million numbers, and
// everything that can be said at once.
func TestTheLongestStatusFits(t *testing.T) {
	const most = 1024 // bytes
	waiting := 999_999
	doc := statusDoc{
		State: stateQueue, Free: 99_999, Held: 99_999, Opens: "2027-04-03T08:00:00+02:00", Server: "2027-04-03T06:15:46Z",
		Groups: map[string][]float64{},
		Room: &roomStatus{
			Phase: "calling", Serving: 999_999, Waiting: &waiting, Numbers: 1_000_000, Drawn: 999_999, Paused: true, Until: "2027-04-03T08:00:00+02:00",
			Frozen: &frozenStatus{N: 999_999, Hash: "ec21a120745e87b9"}, Beacon: draw.Typed, Largest: 100, Near: 9_999, Far: 999, Calls: 370.5, View: "1z141z3",
		},
	}
	for g := range catalog.GroupsMax {
		doc.Groups["sprockhoeve"+string(rune('a'+g))] = []float64{99_999, 99_999, 999_999, 999_999, 999_999, 9999.9, 9999.9, 999_999}
	}
	body, err := json.Marshal(doc)
	if err != nil || len(body) > most {
		t.Errorf("%d bytes, %v: %s", len(body), err, body)
	}
	t.Logf("%d bytes", len(body))
}
