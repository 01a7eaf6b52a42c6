package waitingroom

import (
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// Place names an entry.
type Place struct {
	Sale ident.SaleID
	No   uint32
}

// Mark names what an entry is found by: its owner, or a claim.
type Mark struct {
	Sale   ident.SaleID
	Digest ident.Digest
}

// Called says up to which number was called in a group, and when. No counts the calls of a
// sale from 0, in their order: a number belongs to the first one that reached it. People
// is how many numbers it called.
type Called struct {
	Sale   ident.SaleID
	No     int
	Group  int
	To     uint32
	People int
	At     time.Time
}

// Claim is one counted claim of an entry.
type Claim struct {
	Mark
	No uint32
}

// State is what a batch of acts needs to know, as it is stored.
type State struct {
	Rooms   map[ident.SaleID]Room
	Owners  map[Mark]Entry
	Claims  map[Mark]uint32
	Entries map[Place]Entry
	// Reminders of the entries that an act about them names.
	Reminders map[Place]Reminder
}

// NewState returns an empty state.
func NewState() *State {
	return &State{
		Rooms: make(map[ident.SaleID]Room), Owners: make(map[Mark]Entry),
		Claims: make(map[Mark]uint32), Entries: make(map[Place]Entry), Reminders: make(map[Place]Reminder),
	}
}

// Changes is what a batch of acts changed, to be saved as it is.
type Changes struct {
	Rooms   map[ident.SaleID]Room
	Joined  []SaleEntry // in the order of the log
	Entries []SaleEntry // changed ones
	Claims  []Claim
	// Namesakes are the claims that count for somebody else, and for which a clerk granted
	// this entry all the same.
	Namesakes []Claim
	Calls     []Called
	Notes     []Note
	Terms     []Terms
	Heads     []Head
	// Reminders are as they shall be stored, Forgotten shall be there no more; Told are
	// those whose mails are promised with this.
	Reminders []Reminder
	Forgotten []Place
	Told      []Reminder
}

// Note is for the audit: a number that somebody of the staff drew for somebody else.
type Note struct {
	SaleEntry
	By Hand
}

// SaleEntry is an entry with its sale.
type SaleEntry struct {
	Sale ident.SaleID
	Entry
}

// Empty reports whether there is nothing to save.
func (c *Changes) Empty() bool {
	return len(c.Rooms) == 0 && len(c.Entries) == 0 && len(c.Reminders) == 0 && len(c.Forgotten) == 0
}

// Decide answers all acts in their order. It changes state as it goes, so that a later
// act sees what an earlier one did; now is the moment of the batch.
func Decide(state *State, acts []Act, now time.Time) ([]Outcome, *Changes) {
	w := work{state: state, now: now, changes: &Changes{Rooms: make(map[ident.SaleID]Room)}}
	out := make([]Outcome, len(acts))
	for i, a := range acts {
		w.sale = a.Sale
		w.room = state.Rooms[a.Sale]
		out[i] = w.act(a.Do)
	}
	return out, w.changes
}

// work is one Decide. sale and room are those of the act it is at.
type work struct {
	state   *State
	now     time.Time
	changes *Changes
	sale    ident.SaleID
	room    Room
}

func (w *work) act(do Doing) Outcome {
	switch a := do.(type) {
	case Open:
		return w.open(a)
	case Join:
		return w.join(a)
	case Postpone:
		return w.postpone(a)
	case Freeze:
		return w.freeze()
	case Bring:
		return w.bring(a)
	case Draw:
		return w.draw()
	case Sign:
		return w.sign(a)
	case Call:
		return w.call(a)
	case Enter:
		return w.enter(a)
	case Close:
		return w.close()
	case Remind:
		return w.remind(a)
	case Forget:
		return w.forget(a)
	case Tell:
		return w.tell(a)
	}
	return Outcome{Reason: NoSuchEntry}
}

// keep writes the room of the act back.
func (w *work) keep() Outcome {
	w.state.Rooms[w.sale] = w.room
	w.changes.Rooms[w.sale] = w.room
	return Outcome{}
}

func (w *work) open(a Open) Outcome {
	if w.room.Phase != 0 {
		return Outcome{Reason: Done}
	}
	w.room = Room{Sale: w.sale, Phase: Joining, Version: a.Version, Opened: w.now, Seed: a.Seed}
	w.promise(a.Terms)
	return w.keep()
}

// join appends to the log, or finds the place its owner has. A claim that counts for
// somebody else already refuses it, unless a clerk grants a second number; so do two of
// the same in one party.
func (w *work) join(a Join) Outcome {
	if e, ok := w.state.Owners[Mark{w.sale, a.Owner}]; ok {
		return Outcome{Entry: e, Known: true}
	}
	if w.room.Phase == 0 || w.room.Phase == Over {
		return Outcome{Reason: NotOpen}
	}
	holders, twice := w.holders(a.Claims)
	if twice || len(holders) > 0 && !a.By.grants() {
		return Outcome{Reason: Claimed, Holders: holders}
	}
	e := Entry{No: w.room.Entries, Alias: a.Alias, Owner: a.Owner, Size: max(1, a.Size), Wants: a.Wants, Channel: a.Channel, At: w.now}
	w.room.Entries++
	w.keep()
	w.state.Owners[Mark{w.sale, a.Owner}] = e
	w.state.Entries[Place{w.sale, e.No}] = e
	w.changes.Joined = append(w.changes.Joined, SaleEntry{w.sale, e})
	for _, d := range a.Claims {
		if _, taken := w.state.Claims[Mark{w.sale, d}]; taken && a.By.grants() {
			w.changes.Namesakes = append(w.changes.Namesakes, Claim{Mark{w.sale, d}, e.No})
			continue // it goes on counting for whoever came first
		}
		w.state.Claims[Mark{w.sale, d}] = e.No
		w.changes.Claims = append(w.changes.Claims, Claim{Mark{w.sale, d}, e.No})
	}
	w.note(e, a.By, len(holders) > 0)
	return Outcome{Entry: e}
}

// grants reports whether a second number is granted. Only somebody with a name does,
// and only with a reason.
func (h Hand) grants() bool { return h.Actor != "" && h.Second != "" }

// note remembers who drew for somebody else, and why a second number.
func (w *work) note(e Entry, by Hand, second bool) {
	if by.Actor == "" {
		return
	}
	if !second {
		by.Second = ""
	}
	w.changes.Notes = append(w.changes.Notes, Note{SaleEntry{w.sale, e}, by})
}

// holders returns whom the claims count for already, each once, and whether two of the
// party say the same.
func (w *work) holders(claims []ident.Digest) (of []uint32, twice bool) {
	if failpoint.Bug(failpoint.BugClaimsIgnored) {
		return nil, false
	}
	for i, d := range claims {
		twice = twice || slices.Contains(claims[:i], d)
		if no, taken := w.state.Claims[Mark{w.sale, d}]; taken && !slices.Contains(of, no) {
			of = append(of, no)
		}
	}
	return of, twice
}

func (w *work) freeze() Outcome {
	if w.room.Phase != Joining {
		return Outcome{Reason: w.unless(Joining)}
	}
	if w.now.Before(w.room.Promised().Opens) {
		return Outcome{Reason: NotYet}
	}
	w.renew()
	w.room.Phase, w.room.Frozen, w.room.FrozenAt = Drawing, w.room.Entries, w.now
	return w.keep()
}

func (w *work) draw() Outcome {
	switch {
	case w.room.Phase != Drawing:
		return Outcome{Reason: w.unless(Drawing)}
	case !w.drawable():
		return Outcome{Reason: NotYet}
	}
	w.room.Phase, w.room.DrawnAt = Calling, w.now
	return w.keep()
}

// unless says why a room is not in the phase that an act needs.
func (w *work) unless(p Phase) Reason {
	if w.room.Phase < p {
		return NotOpen
	}
	return Done
}

// call raises the number up to which everybody is called in a group: never beyond the log,
// never back.
func (w *work) call(a Call) Outcome {
	if w.room.Phase != Calling {
		return Outcome{Reason: w.unless(Calling)}
	}
	to := min(a.To, w.room.Entries)
	if a.Group < 0 || a.Group >= catalog.GroupsMax {
		return Outcome{Reason: NoSuchEntry}
	}
	if to <= w.room.By[a.Group] {
		return Outcome{Reason: Done}
	}
	c := Called{Sale: w.sale, No: w.room.Calls, Group: a.Group, To: to, People: a.People, At: w.now}
	if a.People == 0 {
		c.People = int(to - w.room.By[a.Group])
	}
	w.room.By[a.Group], w.room.Called = to, max(w.room.Called, to)
	w.room.Calls, w.room.People = w.room.Calls+1, w.room.People+c.People
	w.changes.Calls = append(w.changes.Calls, c)
	return w.keep()
}

// enter gives a pass or renews it. Whether the number was called is the roster's to
// know, which has the order; both only ever grow.
func (w *work) enter(a Enter) Outcome {
	e, ok := w.state.Entries[Place{w.sale, a.No}]
	switch {
	case !ok:
		return Outcome{Reason: NoSuchEntry}
	case w.room.Phase != Calling:
		return Outcome{Reason: w.unless(Calling)}
	}
	if e.Passes == a.After {
		if e.Passes >= PassesMax {
			return Outcome{Reason: NoMorePasses, Entry: e}
		}
		if e.Passes == 0 {
			e.Arrived = w.now
		}
		e.Passes, e.Group = e.Passes+1, a.Group
	}
	if a.Until.After(e.Until) {
		e.Until = a.Until
	}
	return w.changed(e)
}

func (w *work) changed(e Entry) Outcome {
	w.state.Entries[Place{w.sale, e.No}] = e
	w.changes.Entries = append(w.changes.Entries, SaleEntry{w.sale, e})
	return Outcome{Entry: e}
}

func (w *work) close() Outcome {
	if w.room.Phase == 0 || w.room.Phase == Over {
		return Outcome{Reason: Done}
	}
	w.room.Phase = Over
	return w.keep()
}
