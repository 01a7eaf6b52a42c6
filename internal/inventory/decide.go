package inventory

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// Decide answers every command of a batch, in rank order and within a rank first
// in first out, as if each had run alone. It is pure: state, commands and now
// are all it knows, and it changes none of them. The decisions stand in the
// order of the commands. now is the time of the sale's one clock.
func Decide(state *State, cmds []Command, now time.Time) ([]Decision, *Changes) {
	w := newWork(state, len(cmds), now)
	out := make([]Decision, len(cmds))
	for rank := Rank(0); rank < Ranks; rank++ {
		for i := range cmds {
			if cmds[i].Rank() == rank {
				out[i] = w.decide(&cmds[i])
			}
		}
	}
	return out, w.changes()
}

// decide answers one command: the stored answer if its key is known, a new one
// otherwise. Only what changed something is stored and repeated; a refusal says
// "now" and may be different the next time.
func (w *work) decide(c *Command) Decision {
	if k, ok := w.known[c.Key]; ok && !c.Key.IsZero() {
		return w.repeat(c, k)
	}
	d := w.act(c)
	if d.OK() {
		w.record(c, &d)
	}
	return d
}

// repeat returns the answer that was given to this key.
func (w *work) repeat(c *Command, k Known) Decision {
	same := k.Content == c.Content || failpoint.Bug(failpoint.BugKeyContent)
	if !same || k.Verb != c.Action.verb() {
		return Decision{Reason: KeyReused}
	}
	d := Decision{Booking: k.Booking, Lines: k.Lines, Units: k.Units, Repeated: true}
	if b := w.booking(k.Booking); b != nil {
		d.State, d.Expires = b.State, b.Expires
	}
	return d
}

func (w *work) act(c *Command) Decision {
	switch a := c.Action.(type) {
	case Hold:
		return w.hold(c, &a)
	case Extend:
		return w.extend(c, a)
	case Confirm:
		return w.confirm(c, a)
	case Release:
		return w.end(a.Booking, Released)
	case Expire:
		return w.expire(a)
	case Cancel:
		return w.cancel(a)
	case CheckIn:
		return w.checkIn(a)
	case Notify:
		return w.notify(a)
	case SetContact:
		return w.setContact(a)
	}
	return w.actOnPool(c.Action)
}

// record remembers the answer under its key and writes the audit row.
func (w *work) record(c *Command, d *Decision) {
	row := AuditRow{
		At: w.now, Key: c.Key, Content: c.Content, Sale: c.Sale, Verb: c.Action.verb(),
		Booking: d.Booking, Pool: d.Pool, Units: d.Units, Lines: d.Lines,
		Actor: c.Actor, Role: c.Role, Channel: c.Channel, Reason: c.Reason,
	}
	w.out.Audit = append(w.out.Audit, row)
	if !c.Key.IsZero() {
		w.known[c.Key] = Known{Key: c.Key, Content: c.Content, Verb: row.Verb, Booking: d.Booking, Units: d.Units, Lines: d.Lines}
	}
}

// granted answers with the booking as it now stands.
func granted(b *bookingWork) Decision {
	return Decision{Booking: b.ID, State: b.State, Expires: b.Expires}
}

func refused(r Reason, id ident.BookingID) Decision { return Decision{Reason: r, Booking: id} }

// tell puts a message to the booker into the outbox.
func (w *work) tell(b *bookingWork, kind catalog.ContactKind, about About) {
	w.out.Outbox = append(w.out.Outbox, OutboxRow{Booking: b.ID, Sale: b.Sale, Kind: kind, About: about, Due: w.now})
}
