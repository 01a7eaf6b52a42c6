package onsale

import "time"

// door is where late ones stand: who was called and did not come in time, or whose cart
// is over. They are let in a few at a time beside the numbers, in the order in which
// they came to it. Its room's mutex guards it.
type door struct {
	queue    []late
	standing map[uint32]bool
	admitted map[uint32]time.Time // until when they may come in
}

// late is one of them.
type late struct {
	no    uint32
	units int
}

func newDoor() door {
	return door{standing: make(map[uint32]bool), admitted: make(map[uint32]time.Time)}
}

// knock reports whether a late one may come in now; else they stand at the door.
func (d *door) knock(no uint32, units int, now time.Time) bool {
	if until, ok := d.admitted[no]; ok {
		delete(d.admitted, no)
		if !now.After(until) {
			return true
		}
	}
	if !d.standing[no] {
		d.standing[no] = true
		d.queue = append(d.queue, late{no, units})
	}
	return false
}

// units is how many those who stand at the door want; a party that finds no place
// together is not counted.
func (d *door) units(free int) (n int) {
	for _, l := range d.queue {
		if l.units <= free {
			n += l.units
		}
	}
	return n
}

// admit lets so many units in until a moment; a party all together or not yet, and it
// keeps nobody behind it from a place that is too small for it.
func (d *door) admit(units int, until time.Time) {
	rest := d.queue[:0]
	for _, l := range d.queue {
		if l.units > units {
			rest = append(rest, l)
			continue
		}
		units -= l.units
		delete(d.standing, l.no)
		d.admitted[l.no] = until
	}
	d.queue = rest
}

// stands reports whether somebody stands at the door, or was admitted and has not come
// in yet.
func (d *door) stands(no uint32) (standing, admitted bool) {
	_, admitted = d.admitted[no]
	return d.standing[no], admitted
}
