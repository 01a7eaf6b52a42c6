package inventory

import (
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// hold opens a cart or adds lines to it. The shared draws (pass, person, code)
// come first: without them nothing is held. Then the lines, each whole or not at
// all, linked ones together.
func (w *work) hold(c *Command, h *Hold) Decision {
	if r := w.mayHold(c); r != Granted {
		return refused(r, h.Booking)
	}
	old, r := w.replaced(h)
	if r != Granted {
		return refused(r, h.Replaces)
	}
	b, r := w.cart(c, h)
	if r != Granted {
		return refused(r, h.Booking)
	}
	t := taking{work: w, by: h.Booking, credit: creditOf(old)}
	shared, p, r := t.takeAll(h.Shared)
	if r != Granted {
		return refusedBy(p, r)
	}
	lines, answers, r := t.takeLines(h.Lines)
	if len(lines) == 0 {
		t.putBack(shared)
		return Decision{Reason: r, Lines: answers}
	}
	b = w.openCart(c, h, b, old)
	b.Shared = append(b.Shared, shared...)
	for _, l := range lines {
		l.No = len(b.Lines) + 1
		b.Lines = append(b.Lines, l)
	}
	d := granted(b)
	d.Lines = answers
	return d
}

// mayHold judges the sale's window by when the request reached the server.
func (w *work) mayHold(c *Command) Reason {
	s := w.sale(c.Sale)
	early := time.Duration(0)
	if failpoint.Bug(failpoint.BugEarly) {
		early = time.Millisecond
	}
	switch {
	case s == nil:
		return NoSuchThing
	case c.Arrived.Add(early).Before(s.Opens):
		return TooEarly
	case !c.Arrived.Before(s.Closes):
		return TooLate
	case s.Paused && c.Role == RolePublic:
		return Paused
	}
	return Granted
}

// replaced returns the booking a hold wants to replace.
func (w *work) replaced(h *Hold) (*Booking, Reason) {
	if h.Replaces.IsZero() {
		return nil, Granted
	}
	old := w.booking(h.Replaces)
	switch {
	case old == nil:
		return nil, NoSuchThing
	case !old.ReplacedBy.IsZero():
		return nil, BeingRebooked
	case old.State != Confirmed:
		return nil, NotHeld
	}
	return &old.Booking, Granted
}

// cart returns the open cart that lines shall be added to, or nil for a new one.
func (w *work) cart(c *Command, h *Hold) (*bookingWork, Reason) {
	b := w.booking(h.Booking)
	switch {
	case b == nil && h.Add:
		return nil, NoSuchThing
	case b == nil:
		return nil, Granted
	case !h.Add:
		return nil, NotHeld // a name that is taken
	case b.State != Held || c.Arrived.After(b.Expires):
		return nil, HoldEnded
	case b.Sale != c.Sale || !h.Replaces.IsZero() || len(h.People) > 0:
		return nil, NotHeld
	}
	return b, Granted
}

// openCart stores a new cart with its participants; an open one is only marked.
func (w *work) openCart(c *Command, h *Hold, b *bookingWork, old *Booking) *bookingWork {
	if b != nil {
		b.dirty = true
		return b
	}
	if old != nil {
		ow := w.booking(old.ID)
		ow.ReplacedBy, ow.dirty = h.Booking, true
	}
	for i, p := range h.People {
		w.out.People = append(w.out.People, PersonRow{Booking: h.Booking, Sale: c.Sale, No: i + 1, Participant: p})
	}
	return w.addBooking(Booking{
		ID: h.Booking, Sale: c.Sale, State: Held, Channel: c.Channel,
		Expires: h.Until, Replaces: h.Replaces, People: len(h.People),
	})
}

func refusedBy(p *poolWork, r Reason) Decision {
	d := Decision{Reason: r}
	if p != nil {
		d.Pool, d.Holder = p.ID, p.Holder
	}
	return d
}

// taking draws the pools of one Hold. credit is what the booking to be replaced
// already has of each pool: those units are carried over, not drawn again.
type taking struct {
	*work
	by     ident.BookingID
	credit map[PoolID]int
}

func creditOf(old *Booking) map[PoolID]int {
	if old == nil {
		return nil
	}
	credit := make(map[PoolID]int)
	old.eachDraw(func(d *Draw) {
		if !d.Spent {
			credit[d.Pool] += d.Units
		}
	})
	return credit
}

// takeAll draws all or nothing. On refusal it returns the pool that refused.
func (t *taking) takeAll(draws []Draw) ([]Draw, *poolWork, Reason) {
	taken := make([]Draw, 0, len(draws))
	for _, d := range draws {
		if d.Units < 1 {
			t.putBack(taken)
			return nil, nil, NoSuchThing // nobody can ask for less than one
		}
		d.Carried = 0
		if !d.Spent {
			d.Carried = min(d.Units, t.credit[d.Pool])
		}
		p, r := t.draw(d, t.by)
		if r != Granted {
			if !failpoint.Bug(failpoint.BugHalfLine) {
				t.putBack(taken)
			}
			return nil, p, r
		}
		if d.Carried > 0 {
			t.credit[d.Pool] -= d.Carried
		}
		taken = append(taken, d)
	}
	return taken, nil, Granted
}

func (t *taking) putBack(draws []Draw) {
	for _, d := range draws {
		t.undraw(d)
		if d.Carried > 0 {
			t.credit[d.Pool] += d.Carried
		}
	}
}

// takeLines answers the lines one by one; lines of the same link stand or fall
// together. It returns the granted lines, the answers (nil if every line got its
// first candidate) and, if nothing was granted, why.
func (t *taking) takeLines(reqs []LineRequest) (lines []Line, answers []LineDecision, why Reason) {
	answers = make([]LineDecision, len(reqs))
	plain := true
	for i := range reqs {
		if i > 0 && reqs[i].Link != 0 && reqs[i].Link == reqs[i-1].Link {
			continue // answered with the first of its link
		}
		group := linkedFrom(reqs, i)
		got, r := t.takeGroup(reqs[i:i+group], answers[i:i+group])
		lines = append(lines, got...)
		if r != Granted {
			why, plain = worse(why, r), false
		}
	}
	for _, a := range answers {
		plain = plain && a == LineDecision{}
	}
	if plain {
		answers = nil
	}
	if len(lines) == 0 && why == Granted {
		why = NoSuchThing // a cart without lines
	}
	return lines, answers, why
}

// linkedFrom counts the neighbours from i on that share i's link.
func linkedFrom(reqs []LineRequest, i int) int {
	n := 1
	for reqs[i].Link != 0 && i+n < len(reqs) && reqs[i+n].Link == reqs[i].Link {
		n++
	}
	return n
}

// takeGroup draws linked lines, all or none.
func (t *taking) takeGroup(reqs []LineRequest, answers []LineDecision) ([]Line, Reason) {
	lines := make([]Line, 0, len(reqs))
	for i := range reqs {
		line, candidate, r := t.takeLine(&reqs[i])
		if r != Granted && failpoint.Bug(failpoint.BugHalfLink) {
			answers[i] = LineDecision{Reason: r}
			return lines, r
		}
		if r != Granted {
			for _, l := range lines {
				t.putBack(l.Draws)
			}
			for j := range answers {
				answers[j] = LineDecision{Reason: r}
			}
			return nil, r
		}
		answers[i] = LineDecision{Candidate: candidate}
		lines = append(lines, line)
	}
	return lines, Granted
}

// takeLine takes the first candidate that fits whole.
func (t *taking) takeLine(req *LineRequest) (Line, int, Reason) {
	why := Granted
	for i, c := range req.Candidates {
		draws, _, r := t.takeAll(c.Draws)
		if r == Granted {
			return Line{Slot: c.Slot, Draws: draws}, i, Granted
		}
		why = worse(why, r)
	}
	if why == Granted {
		why = NoSuchThing // no candidate at all
	}
	return Line{}, 0, why
}

// hope orders reasons by how much a person can still do: of several refusals
// the most hopeful one is told.
var hope = map[Reason]int{Granted: 0, NoSuchThing: 1, SoldOut: 2, FullyHeld: 3, TooFew: 4, CodeUsed: 5, HasOne: 6, PassSpent: 7}

func worse(a, b Reason) Reason {
	if hope[b] > hope[a] {
		return b
	}
	return a
}
