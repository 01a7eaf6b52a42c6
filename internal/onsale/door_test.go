package onsale

import (
	"testing"
	"time"
)

func TestTheDoorLetsInWhoFits(t *testing.T) {
	now := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	d := newDoor()
	for no, units := range []int{2, 1, 3, 1} {
		for range 2 { // knocking twice is one place
			if d.knock(uint32(no), units, now) { //nolint:gosec // small
				t.Fatalf("%d was let in without being admitted", no)
			}
		}
	}
	if all, some := d.units(9), d.units(1); all != 7 || some != 2 {
		t.Errorf("%d units at the door, %d of them for single places", all, some)
	}
	d.admit(1, now.Add(time.Minute)) // the first two want two
	if d.knock(0, 2, now) || !d.knock(1, 1, now) {
		t.Error("one place goes to the first who comes alone")
	}
	d.admit(5, now.Add(time.Minute))
	if standing, admitted := d.stands(2); standing || !admitted {
		t.Error("three were not let in")
	}
	if !d.knock(0, 2, now.Add(time.Minute)) {
		t.Error("was admitted until now")
	}
	if d.knock(2, 3, now.Add(time.Minute+1)) {
		t.Error("came a moment too late and was let in")
	}
	if d.knock(0, 2, now) {
		t.Error("admitted once, let in twice")
	}
	if n := d.units(9); n != 6 {
		t.Errorf("%d units at the door, want the last one, three again and two again", n)
	}
}
