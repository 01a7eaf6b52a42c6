package onsale

import (
	"time"

	"einlass/internal/catalog"
)

// door is where late ones stand: who was called and did not come in time, or whose cart
// is over. They are let in a few at a time beside the numbers, in the order in which
// they came to it. Its room's mutex guards it.
type door struct {
	queue    []late
	standing map[uint32]bool
	admitted map[uint32]admission
}

// admission is until when a late one may come in, and by which group's budget.
type admission struct {
	until time.Time
	group int
}

// late is one of them.
type late struct {
	no    uint32
	units int
	wants catalog.GroupSet
}

func newDoor() door {
	return door{standing: make(map[uint32]bool), admitted: make(map[uint32]admission)}
}

// knock reports whether a late one may come in now, and by which group's budget; else
// they stand at the door.
func (d *door) knock(who late, now time.Time) (group int, in bool) {
	if a, ok := d.admitted[who.no]; ok {
		delete(d.admitted, who.no)
		if !now.After(a.until) {
			return a.group, true
		}
	}
	if !d.standing[who.no] {
		d.standing[who.no] = true
		d.queue = append(d.queue, who)
	}
	return 0, false
}

// units is how many those who stand at the door want of a group; a party that finds no
// place together is not counted. Whoever is content with several is counted in each.
func (d *door) units(free, group int) (n int) {
	for _, l := range d.queue {
		if l.units <= free && l.wants.Has(group) {
			n += l.units
		}
	}
	return n
}

// admit lets so many units of a group in until a moment; a party all together or not yet,
// and it keeps nobody behind it from a place that is too small for it.
func (d *door) admit(units, group int, until time.Time) {
	rest := d.queue[:0]
	for _, l := range d.queue {
		if l.units > units || !l.wants.Has(group) {
			rest = append(rest, l)
			continue
		}
		units -= l.units
		delete(d.standing, l.no)
		d.admitted[l.no] = admission{until, group}
	}
	d.queue = rest
}

// stands reports whether somebody stands at the door, or was admitted and has not come
// in yet.
func (d *door) stands(no uint32) (standing, admitted bool) {
	_, admitted = d.admitted[no]
	return d.standing[no], admitted
}
