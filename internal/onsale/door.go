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

// units is how many those who stand at the door want.
func (d *door) units() (n int) {
	for _, l := range d.queue {
		n += l.units
	}
	return n
}

// admit lets so many units in until a moment; a party all together or not yet.
func (d *door) admit(units int, until time.Time) {
	for len(d.queue) > 0 && d.queue[0].units <= units {
		l := d.queue[0]
		units -= l.units
		d.queue = d.queue[1:]
		delete(d.standing, l.no)
		d.admitted[l.no] = until
	}
}

// stands reports whether somebody stands at the door, or was admitted and has not come
// in yet.
func (d *door) stands(no uint32) (standing, admitted bool) {
	_, admitted = d.admitted[no]
	return d.standing[no], admitted
}
