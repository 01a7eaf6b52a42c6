package onsale

import (
	"testing"
	"time"

	"einlass/internal/waitingroom"
)

// TestWhoComesByTheDoor: the caller expects nobody from a call who comes too late for it,
// or for a next cart.
func TestWhoComesByTheDoor(t *testing.T) {
	called := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		passes  uint8
		arrived time.Duration
		want    bool
	}{
		"at once":          {1, 0, false},
		"at the last":      {1, PassLasts, false},
		"too late":         {1, PassLasts + time.Second, true},
		"for another cart": {2, time.Minute, true},
	} {
		if got := byTheDoor(waitingroom.Entry{Passes: c.passes, Arrived: called.Add(c.arrived)}, called); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
