package inventory

import (
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// ExpireGrace is how long after the shown time a hold really ends, at the
// earliest: a request that arrived in time but waits in the queue is decided first.
const ExpireGrace = time.Second

// changed answers with a booking that is to be saved as it now stands.
func changed(b *bookingWork) Decision {
	b.dirty = true
	return granted(b)
}

// reach notes how the booker is reached from now on, and tells them.
func (w *work) reach(b *bookingWork, c catalog.Contact, replace bool, about About) {
	b.Contact = c.Kind
	w.out.Contacts = append(w.out.Contacts, ContactRow{Booking: b.ID, Sale: b.Sale, Replace: replace, Contact: c})
	w.tell(b, c.Kind, about)
}

// open returns a held booking that the request reached in time.
func (w *work) open(id ident.BookingID, arrived time.Time) (*bookingWork, Reason) {
	b := w.booking(id)
	switch {
	case b == nil:
		return nil, NoSuchThing
	case b.State == Confirmed || b.State == Redeemed:
		return b, AlreadyDone
	case b.State != Held || arrived.After(b.Expires) && !failpoint.Bug(failpoint.BugConfirmLate):
		return b, HoldEnded
	}
	return b, Granted
}

func (w *work) extend(c *Command, a Extend) Decision {
	b, r := w.open(a.Booking, c.Arrived)
	if r == Granted && b.Extended && c.Role == RolePublic {
		r = AlreadyExtended
	}
	if r != Granted {
		return refused(r, a.Booking)
	}
	b.Expires = b.Expires.Add(a.By)
	b.Extended = true
	return changed(b)
}

// confirm draws nothing: every unit was drawn by Hold, and is only promoted. If
// the hold replaces a booking, the swap happens here, in one change.
func (w *work) confirm(c *Command, a Confirm) Decision {
	b, r := w.open(a.Booking, c.Arrived)
	if r != Granted {
		return refused(r, a.Booking)
	}
	b.eachDraw(func(d *Draw) {
		if !d.Spent {
			w.promote(d.Pool, d.fresh())
		}
	})
	about := AboutConfirmed
	if old := w.booking(b.Replaces); old != nil && old.State == Confirmed {
		if !failpoint.Bug(failpoint.BugSwapLeak) {
			w.giveUp(old, carriedBy(&b.Booking))
		}
		old.State, old.dirty = Rebooked, true
		about = AboutRebooked
	}
	b.eachDraw(func(d *Draw) { d.Carried = 0 })
	b.State, b.Code = Confirmed, a.Code
	w.reach(b, a.Contact, false, about)
	return changed(b)
}

// giveUp frees what a confirmed booking has, except the units that pass over to
// the booking that replaces it.
func (w *work) giveUp(old *bookingWork, carried map[PoolID]int) {
	old.eachDraw(func(d *Draw) {
		if d.Spent {
			return
		}
		over := min(d.Units, carried[d.Pool])
		if over > 0 { // nothing passes over if carried is nil
			carried[d.Pool] -= over
		}
		w.free(d.Pool, d.Units-over, fromBooked)
	})
}

func carriedBy(b *Booking) map[PoolID]int {
	carried := make(map[PoolID]int)
	b.eachDraw(func(d *Draw) {
		if d.Carried > 0 {
			carried[d.Pool] += d.Carried
		}
	})
	return carried
}

func (w *work) expire(a Expire) Decision {
	grace := ExpireGrace
	if failpoint.Bug(failpoint.BugExpireEarly) {
		grace = 0
	}
	if b := w.booking(a.Booking); b != nil && b.State == Held && w.now.Before(b.Expires.Add(grace)) {
		return refused(NotHeld, a.Booking) // extended meanwhile
	}
	return w.end(a.Booking, Expired)
}

// end gives a hold back: what it drew is free again, what it only carried stays
// with the booking it wanted to replace.
func (w *work) end(id ident.BookingID, to BookingState) Decision {
	b := w.booking(id)
	switch {
	case b == nil:
		return refused(NoSuchThing, id)
	case b.State != Held:
		return refused(HoldEnded, id)
	}
	if to == Released || !failpoint.Bug(failpoint.BugLostFree) {
		w.giveBack(b)
	}
	if old := w.booking(b.Replaces); old != nil && old.ReplacedBy == b.ID {
		old.ReplacedBy, old.dirty = ident.BookingID{}, true
	}
	b.State = to
	return changed(b)
}

// giveBack frees what a hold has drawn. What is spent stays spent.
func (w *work) giveBack(b *bookingWork) {
	b.eachDraw(func(d *Draw) {
		switch {
		case !d.Spent:
			w.free(d.Pool, d.fresh(), fromHeld)
		case failpoint.Bug(failpoint.BugPassReturns):
			w.free(d.Pool, d.fresh(), fromBooked)
		}
	})
}

// cancel gives a confirmed booking back, whole or single lines of it.
func (w *work) cancel(a Cancel) Decision {
	b := w.booking(a.Booking)
	switch {
	case b == nil:
		return refused(NoSuchThing, a.Booking)
	case b.State == Cancelled && !failpoint.Bug(failpoint.BugDoubleFree):
		return refused(AlreadyDone, a.Booking)
	case b.State != Confirmed && b.State != Cancelled:
		return refused(NotHeld, a.Booking)
	}
	if len(a.Lines) > 0 && !b.allLines(a.Lines) {
		return w.cancelLines(b, a.Lines)
	}
	var carried map[PoolID]int
	if next := w.booking(b.ReplacedBy); next != nil && next.State == Held {
		carried = w.inherit(next)
	}
	w.giveUp(b, carried)
	b.State = Cancelled
	w.tell(b, b.Contact, AboutCancelled)
	return changed(b)
}

// inherit lets a hold keep what it had carried from a booking that is cancelled
// meanwhile: what a page has shown as held is not taken away. The units stay in
// their pools and are held instead of booked.
func (w *work) inherit(next *bookingWork) map[PoolID]int {
	carried := carriedBy(&next.Booking)
	next.eachDraw(func(d *Draw) {
		if d.Carried > 0 {
			w.promote(d.Pool, -d.Carried)
			d.Carried = 0
		}
	})
	next.Replaces, next.dirty = ident.BookingID{}, true
	return carried
}

// allLines reports whether the numbers cover every line that stands.
func (b *Booking) allLines(nos []int) bool {
	return !slices.ContainsFunc(b.Lines, func(l Line) bool { return !l.Gone && !slices.Contains(nos, l.No) })
}

func (w *work) cancelLines(b *bookingWork, nos []int) Decision {
	if !b.ReplacedBy.IsZero() {
		return refused(BeingRebooked, b.ID)
	}
	for _, no := range nos {
		if no < 1 || no > len(b.Lines) || b.Lines[no-1].Gone {
			return refused(NoSuchThing, b.ID)
		}
	}
	for _, no := range nos {
		l := &b.Lines[no-1]
		if l.Gone {
			continue // named twice
		}
		for _, d := range l.Draws {
			w.free(d.Pool, d.Units, fromBooked)
		}
		l.Gone = true
	}
	w.tell(b, b.Contact, AboutCancelled)
	return changed(b)
}

func (w *work) checkIn(a CheckIn) Decision {
	b := w.booking(a.Booking)
	switch {
	case b == nil || a.No < 1 || a.No > b.People:
		return refused(NoSuchThing, a.Booking)
	case !b.ReplacedBy.IsZero() && b.State == Confirmed:
		return refused(BeingRebooked, a.Booking)
	case b.State == Redeemed || b.State == Confirmed && b.Arrived&(1<<(a.No-1)) != 0:
		return refused(AlreadyDone, a.Booking)
	case b.State != Confirmed:
		return refused(NotHeld, a.Booking)
	}
	b.Arrived |= 1 << (a.No - 1)
	if everybody := uint64(1)<<b.People - 1; b.Arrived == everybody {
		b.State = Redeemed
	}
	return changed(b)
}

// notify sends a confirmed booking's message again, or tells its booker that
// somebody tried to book for the same person.
func (w *work) notify(a Notify) Decision {
	b := w.booking(a.Booking)
	if b == nil || (b.State != Confirmed && b.State != Redeemed) {
		return refused(NotHeld, a.Booking)
	}
	w.tell(b, b.Contact, a.About)
	return granted(b)
}

func (w *work) setContact(a SetContact) Decision {
	b := w.booking(a.Booking)
	if b == nil || b.State != Confirmed {
		return refused(NotHeld, a.Booking)
	}
	w.reach(b, a.Contact, true, AboutConfirmed)
	return changed(b)
}
