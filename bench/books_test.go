package main

import (
	"strings"
	"testing"
	"time"
)

// TestBooksMissABookingThatSomebodySaw: the books of a queue agree, and are short of a
// booking that is in none of them.
func TestBooksMissABookingThatSomebodySaw(t *testing.T) {
	q, err := makeQueue(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkBooks(q.DB, 0); err != nil {
		t.Errorf("nobody saw a booking: %v", err)
	}
	if err := checkBooks(q.DB, 1); err == nil || !strings.Contains(err.Error(), "0 bookings, people saw 1") {
		t.Errorf("somebody saw a booking that is not there: %v", err)
	}
}

// TestLateCrowdIsVoid: a morning whose crowd was late is printed as void, however good it
// looks; one that was on time is judged.
func TestLateCrowdIsVoid(t *testing.T) {
	for _, c := range []struct {
		late float64
		want string
	}{{0.005, "PASS"}, {0.011, "VOID"}} {
		r := replay{places: 3000, late: c.late}
		r.after = 10 * time.Second
		f := replayFigure(&replay{}, &r, 300)
		var line strings.Builder
		f.print(&line, 0)
		if !strings.Contains(line.String(), c.want) || f.Pass != (c.want == "PASS") || f.Rounds+f.Void != 1 {
			t.Errorf("late in %.1f %% of turns: %+v\n%s", 100*c.late, f, line.String())
		}
	}
}
