package onsale

import (
	"testing"

	"einlass/internal/waitingroom"
)

// TestNewcomersAreNotToldByAnOldLook: whoever draws a number between two looks is told what
// the look says of the next one, and nobody that it is hopeless where it says so of nobody.
func TestNewcomersAreNotToldByAnOldLook(t *testing.T) {
	f := Forecast{Outlook: waitingroom.Outlook{Known: true}, Probably: 80, looked: 100, next: waitingroom.Undecided}
	for number, want := range map[uint32]waitingroom.Chance{80: waitingroom.Probably, 100: waitingroom.Undecided, 101: waitingroom.Undecided, 5000: waitingroom.Undecided} {
		if got := f.Chance(number); got != want {
			t.Errorf("number %d of 100 hears %v, want %v", number, got, want)
		}
	}
	f.Not, f.next = 90, waitingroom.ProbablyNot
	for number, want := range map[uint32]waitingroom.Chance{89: waitingroom.Undecided, 90: waitingroom.ProbablyNot, 101: waitingroom.ProbablyNot} {
		if got := f.Chance(number); got != want {
			t.Errorf("number %d of 100 hears %v, want %v", number, got, want)
		}
	}
}
