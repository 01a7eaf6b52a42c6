package waitingroom

import (
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
	"einlass/internal/locale"
)

// Reminder is somebody's wish to be told by mail when their number is nearly called. An
// entry is told once, whatever the address was then.
type Reminder struct {
	Sale ident.SaleID
	No   uint32   // place in the log
	ID   ident.ID // names the message
	// Mail is the address. It is forgotten when they ask for it, and when the room is
	// over; what was told is remembered, so that nobody is told twice.
	Mail  string
	Lang  locale.Lang
	Asked time.Time
	Told  time.Time // zero: not yet
	// What they were told: their number, and how far was called then.
	Number, Called uint32
}

// The acts about reminders.
type (
	// Remind asks for a mail to an address, or to another one as long as none was sent.
	Remind struct {
		No   uint32
		ID   ident.ID
		Mail string
		Lang locale.Lang
	}
	// Forget takes the address of an entry away.
	Forget struct{ No uint32 }
	// Tell promises their mails to those who asked for one: their numbers are near.
	Tell struct{ Near []Near }
)

// Near is an entry whose number is nearly called, or was called.
type Near struct {
	No, Number uint32
	Wants      catalog.GroupSet
}

func (Remind) doing() {}
func (Forget) doing() {}
func (Tell) doing()   {}

// remind keeps an address for somebody who waits.
func (w *work) remind(a Remind) Outcome {
	r, had := w.state.Reminders[Place{w.sale, a.No}]
	switch {
	case w.room.Phase == 0 || w.room.Phase == Over:
		return Outcome{Reason: NotOpen}
	case a.No >= w.room.Entries:
		return Outcome{Reason: NoSuchEntry}
	case had && !r.Told.IsZero(), had && r.Mail == a.Mail && r.Lang == a.Lang:
		return Outcome{Reason: Done}
	case !had:
		r = Reminder{Sale: w.sale, No: a.No, ID: a.ID, Asked: w.now}
	}
	r.Mail, r.Lang = a.Mail, a.Lang
	w.reminder(r)
	return Outcome{}
}

// forget deletes an address. That somebody was told stays.
func (w *work) forget(a Forget) Outcome {
	place := Place{w.sale, a.No}
	r, had := w.state.Reminders[place]
	switch {
	case !had || r.Mail == "":
		return Outcome{Reason: Done}
	case r.Told.IsZero():
		delete(w.state.Reminders, place)
		w.changes.Forgotten = append(w.changes.Forgotten, place)
		w.changes.Reminders = slices.DeleteFunc(w.changes.Reminders, func(c Reminder) bool { return c.Sale == w.sale && c.No == a.No })
		return Outcome{}
	}
	r.Mail = ""
	w.reminder(r)
	return Outcome{}
}

// tell promises the mails, each once.
func (w *work) tell(a Tell) Outcome {
	if w.room.Phase != Calling {
		return Outcome{Reason: w.unless(Calling)}
	}
	for _, n := range a.Near {
		r, asked := w.state.Reminders[Place{w.sale, n.No}]
		again := !r.Told.IsZero() && !failpoint.Bug(failpoint.BugRemindsAgain)
		if !asked || again || r.Mail == "" {
			continue
		}
		r.Told, r.Number, r.Called = w.now, n.Number, w.room.Reached(n.Wants)
		w.reminder(r)
		w.changes.Told = append(w.changes.Told, r)
	}
	return Outcome{}
}

func (w *work) reminder(r Reminder) {
	w.state.Reminders[Place{w.sale, r.No}] = r
	w.changes.Reminders = append(w.changes.Reminders, r)
}
