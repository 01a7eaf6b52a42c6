package chart

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the test decides by the zone, not by the machine
)

func TestAxisTicks(t *testing.T) {
	tests := []struct {
		lowest, highest float64
		want            string
	}{
		{0, 0, "0 0.2 0.4 0.6 0.8 1"},
		{0, 1, "0 0.2 0.4 0.6 0.8 1"},
		{3, 3, "0 1 2 3"},
		{0, 4000, "0 1000 2000 3000 4000"},
		{100, 16500, "0 5000 10000 15000 20000"},
		{0, 0.3, "0 0.1 0.2 0.3"},
		{-5, 7, "-5 0 5 10"},
		{-3, -1, "-3 -2 -1 0"},
		{0, 1e15, "0 200000000000000 400000000000000 600000000000000 800000000000000 1000000000000000"},
	}
	for _, tt := range tests {
		var got []string
		for _, v := range newAxis(tt.lowest, tt.highest).ticks() {
			got = append(got, strconv.FormatFloat(v, 'f', -1, 64))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%g..%g: %s, want %s", tt.lowest, tt.highest, s, tt.want)
		}
	}
}

// From 1e-9 to 1e15 every axis covers its range with 2 to 8 lines, 1, 2 or 5
// times a power of ten apart.
func TestAxisIsAlwaysRound(t *testing.T) {
	checked := 0
	for v := smallestRange; v <= maxMagnitude; v *= 1.07 {
		for _, r := range [][2]float64{{0, v}, {-v, 0}, {-v, v}, {-v / 3, v}} {
			a := newAxis(r[0], r[1])
			n := len(a.ticks())
			first := strings.TrimLeft(strconv.FormatFloat(a.step, 'e', 6, 64), "0.")[:1]
			if a.low > r[0] || a.high < r[1] || n < 2 || n > 8 || !strings.Contains("125", first) || math.IsNaN(a.at(v)) {
				t.Fatalf("%g..%g: %+v with %d ticks", r[0], r[1], a, n)
			}
			checked++
		}
	}
	if checked < 3000 {
		t.Errorf("checked %d axes, want at least 3,000", checked)
	}
}

func TestTimeSteps(t *testing.T) {
	tests := []struct {
		span time.Duration
		n    int
		want time.Duration
	}{
		{0, 7, time.Millisecond},
		{20 * time.Minute, 7, 5 * time.Minute},
		{7 * time.Hour, 7, 2 * time.Hour},
		{2 * day, 7, 12 * time.Hour},
		{60 * day, 7, 14 * day},
		{230 * 365 * day, 1, 80 * 365 * day},
	}
	for _, tt := range tests {
		if got := timeStep(tt.span, tt.n); got != tt.want {
			t.Errorf("%v in %d: %v, want %v", tt.span, tt.n, got, tt.want)
		}
	}
}

// Ticks are round on the clock of the zone, also where it is changed.
func TestTimeTicksFollowTheClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		first string
		hours int
		step  time.Duration
		want  string
	}{
		{"2026-10-24 22:30", 24, 6 * time.Hour, "00:00 06:00 12:00 18:00"},
		{"2026-03-28 22:30", 24, 6 * time.Hour, "00:00 06:00 12:00 18:00"},
		{"2026-10-25 00:00", 5, time.Hour, "00:00 01:00 02:00 02:00 03:00 04:00"},
		{"2026-03-29 00:00", 4, time.Hour, "00:00 01:00 03:00 04:00 05:00"},
		{"2026-10-24 12:00", 72, day, "00:00 00:00 00:00"},
		{"2021-04-03 07:58", 1, 15 * time.Minute, "08:00 08:15 08:30 08:45"},
	}
	for _, tt := range tests {
		first, err := time.ParseInLocation("2006-01-02 15:04", tt.first, zone)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, at := range timeTicks(first, first.Add(time.Duration(tt.hours)*time.Hour), tt.step) {
			got = append(got, at.Format("15:04"))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("from %s by %v: %s, want %s", tt.first, tt.step, s, tt.want)
		}
	}
}

// Every step goes on over both clock changes: no tick twice, none backwards.
func TestNextTimeAlwaysAdvances(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, start := range []time.Time{time.Date(2026, 3, 28, 20, 0, 0, 0, zone), time.Date(2026, 10, 24, 20, 0, 0, 0, zone)} {
		for _, step := range timeSteps {
			at := floorTime(start, step)
			for range 200 {
				next := nextTime(at, step)
				if gap := next.Sub(at); gap <= 0 || gap > step+2*time.Hour {
					t.Fatalf("by %v: %v follows %v", step, next, at)
				}
				at = next
				checked++
			}
		}
	}
	if checked < 10_000 {
		t.Errorf("checked %d steps, want at least 10,000", checked)
	}
}
