package onsale

import (
	"testing"
	"time"

	"einlass/internal/catalog"
)

func TestTheDoorLetsInWhoFits(t *testing.T) {
	now := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	d := newDoor()
	knocks := func(no uint32, units int, now time.Time) bool {
		_, in := d.knock(late{no: no, units: units}, now)
		return in
	}
	for no, units := range []int{2, 1, 3, 1} {
		for range 2 { // knocking twice is one place
			if knocks(uint32(no), units, now) { //nolint:gosec // small
				t.Fatalf("%d was let in without being admitted", no)
			}
		}
	}
	if all, some := d.units(9, 0), d.units(1, 0); all != 7 || some != 2 {
		t.Errorf("%d units at the door, %d of them for single places", all, some)
	}
	d.admit(1, 0, now.Add(time.Minute)) // the first two want two
	if knocks(0, 2, now) || !knocks(1, 1, now) {
		t.Error("one place goes to the first who comes alone")
	}
	d.admit(5, 0, now.Add(time.Minute))
	if standing, admitted := d.stands(2); standing || !admitted {
		t.Error("three were not let in")
	}
	if !knocks(0, 2, now.Add(time.Minute)) {
		t.Error("was admitted until now")
	}
	if knocks(2, 3, now.Add(time.Minute+1)) {
		t.Error("came a moment too late and was let in")
	}
	if knocks(0, 2, now) {
		t.Error("admitted once, let in twice")
	}
	if n := d.units(9, 0); n != 6 {
		t.Errorf("%d units at the door, want the last one, three again and two again", n)
	}
}

// TestTheDoorLetsInByGroup: whoever is content with several takes the first that has a
// place, and comes in by its budget.
func TestTheDoorLetsInByGroup(t *testing.T) {
	now := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	d := newDoor()
	first, second, either := catalog.GroupsOf(3, 0), catalog.GroupsOf(3, 1), catalog.GroupsOf(3, 0, 1)
	for no, wants := range []catalog.GroupSet{first, either, second, first} {
		d.knock(late{uint32(no), 1, wants}, now) //nolint:gosec // small
	}
	if a, b, c := d.units(9, 0), d.units(9, 1), d.units(9, 2); a != 3 || b != 2 || c != 0 {
		t.Errorf("%d, %d, %d units at the door", a, b, c)
	}
	d.admit(1, 1, now.Add(time.Minute))
	if group, in := d.knock(late{1, 1, either}, now); !in || group != 1 {
		t.Errorf("the second one came in: %v, by group %d", in, group)
	}
	d.admit(5, 2, now.Add(time.Minute))
	if _, in := d.knock(late{0, 1, first}, now); in {
		t.Error("was let in by a group that does not suit")
	}
	d.admit(5, 0, now.Add(time.Minute))
	for no, wants := range map[uint32]catalog.GroupSet{0: first, 3: first} {
		if group, in := d.knock(late{no, 1, wants}, now); !in || group != 0 {
			t.Errorf("place %d: in %v, by group %d", no, in, group)
		}
	}
	if n := d.units(9, 1); n != 1 {
		t.Errorf("%d units wait for the second group, want 1", n)
	}
}
