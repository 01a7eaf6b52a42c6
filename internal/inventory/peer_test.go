package inventory

import (
	"time"

	"einlass/internal/ident"
)

// peer is the second opinion: it keeps only who has what, recounts everything
// for every question and knows no batch, no row and no netting trick. It is
// slow and literal on purpose.
type peer struct {
	wanted  map[PoolID]int // eager pools; lazy ones have 1
	blocked map[PoolID]int
	has     map[ident.BookingID]*peerBooking
	done    map[ident.Key]bool
	passes  map[PoolID]bool
}

type peerBooking struct {
	state      BookingState
	expires    time.Time
	extended   bool
	shared     []Draw
	lines      [][]Draw // nil: gone
	replaces   ident.BookingID
	replacedBy ident.BookingID
}

func newPeer() *peer {
	return &peer{
		wanted: map[PoolID]int{}, blocked: map[PoolID]int{}, passes: map[PoolID]bool{},
		has: map[ident.BookingID]*peerBooking{}, done: map[ident.Key]bool{},
	}
}

// units is what a booking has of each pool, spent things aside.
func (b *peerBooking) units() map[PoolID]int {
	out := map[PoolID]int{}
	for _, draws := range append([][]Draw{b.shared}, b.lines...) {
		for _, d := range draws {
			if !d.Spent {
				out[d.Pool] += d.Units
			}
		}
	}
	return out
}

// used is how much of a pool is out of reach for a new hold: a hold that
// replaces a booking shares with it what both have.
func (p *peer) used(id PoolID) int {
	n := p.blocked[id]
	for _, b := range p.has {
		if !b.state.Keeps() {
			continue
		}
		mine := b.units()[id]
		if old := p.has[b.replaces]; b.state == Held && old != nil && old.state == Confirmed {
			mine = max(0, mine-old.units()[id])
		}
		n += mine
	}
	return n
}

func (p *peer) capacity(id PoolID) int {
	if id.Lazy() {
		return 1
	}
	return p.wanted[id]
}

// compare checks the core's pools against a recount of everything.
func (p *peer) compare(t fataler, m *memory) {
	for id, pool := range m.pools {
		if id.Kind() == KindPass {
			continue
		}
		if got := pool.used(); got != p.used(id) {
			t.Fatalf("pool %s: %d in use, the peer counts %d", id, got, p.used(id))
		}
		if !id.Lazy() && pool.Wanted != p.wanted[id] {
			t.Fatalf("pool %s: wanted %d, the peer has %d", id, pool.Wanted, p.wanted[id])
		}
	}
}

// expect judges the core's answer to c and follows it.
func (p *peer) expect(t fataler, now time.Time, c Command, d Decision) {
	if p.done[c.Key] {
		if !d.Repeated {
			t.Fatalf("%T: the key was answered before, got %+v", c.Action, d)
		}
		return
	}
	ok := p.judge(now, c, d)
	if ok != d.OK() {
		t.Fatalf("%T %+v: the core says %+v, the peer says granted=%v", c.Action, c.Action, d, ok)
	}
	if ok && !c.Key.IsZero() {
		p.done[c.Key] = true
	}
}

func (p *peer) judge(now time.Time, c Command, d Decision) bool {
	switch a := c.Action.(type) {
	case Hold:
		return p.hold(c, a, d)
	case Confirm:
		return p.confirm(c, a)
	case Extend:
		b := p.has[a.Booking]
		if b == nil || b.state != Held || c.Arrived.After(b.expires) || b.extended {
			return false
		}
		b.extended, b.expires = true, b.expires.Add(a.By)
		return true
	case Release:
		return p.endHold(a.Booking, Released)
	case Expire:
		if b := p.has[a.Booking]; b == nil || now.Before(b.expires.Add(time.Second)) {
			return false
		}
		return p.endHold(a.Booking, Expired)
	case Cancel:
		return p.cancel(a)
	case SetCapacity:
		p.wanted[a.Pool] = a.Wanted
		return true
	case Move:
		return p.move(a)
	case Block:
		if p.wanted[a.Pool]-p.used(a.Pool) < a.Units {
			return false
		}
		p.blocked[a.Pool] += a.Units
		return true
	case Unblock:
		if p.blocked[a.Pool] < a.Units {
			return false
		}
		p.blocked[a.Pool] -= a.Units
		return true
	}
	return false
}

func (p *peer) move(a Move) bool {
	n := p.wanted[a.From] - p.used(a.From)
	if a.Units > 0 {
		n = min(n, a.Units)
	}
	if n <= 0 || a.From == a.To {
		return false
	}
	p.wanted[a.From] -= n
	p.wanted[a.To] += n
	return true
}

// fits reports whether a booking with these draws, replacing old, would leave no
// pool over what it had or may have.
func (p *peer) fits(b *peerBooking) bool {
	id := ident.BookingID{ID: ident.ID{0xff}}
	before := map[PoolID]int{}
	for pool := range b.units() {
		before[pool] = p.used(pool)
	}
	p.has[id] = b
	defer delete(p.has, id)
	for pool, was := range before {
		if now := p.used(pool); now > was && now > p.capacity(pool) {
			return false
		}
	}
	return true
}

// hold follows the core's choice of lines and checks that each was possible,
// that each refused line was not, and that shared draws were free.
func (p *peer) hold(c Command, h Hold, d Decision) bool {
	if c.Arrived.Before(opens) || p.has[h.Booking] != nil {
		return false
	}
	if !h.Replaces.IsZero() {
		if old := p.has[h.Replaces]; old == nil || old.state != Confirmed || !old.replacedBy.IsZero() {
			return false
		}
	}
	b := &peerBooking{state: Held, expires: h.Until, replaces: h.Replaces}
	for _, s := range h.Shared {
		if s.Spent && p.passes[s.Pool] {
			return false
		}
	}
	b.shared = h.Shared
	if !p.fits(b) {
		return false
	}
	p.takeLines(b, h.Lines)
	if len(b.lines) == 0 {
		return false
	}
	for _, s := range h.Shared {
		if s.Spent {
			p.passes[s.Pool] = true
		}
	}
	p.has[h.Booking] = b
	if old := p.has[h.Replaces]; old != nil {
		old.replacedBy = h.Booking
	}
	return true
}

func (p *peer) takeLines(b *peerBooking, reqs []LineRequest) {
	if len(reqs) > 1 && reqs[0].Link != 0 { // the walks link all lines or none
		all := len(b.lines)
		for _, r := range reqs {
			if !p.takeLine(b, r) {
				b.lines = b.lines[:all]
				return
			}
		}
		return
	}
	for _, r := range reqs {
		p.takeLine(b, r)
	}
}

func (p *peer) takeLine(b *peerBooking, r LineRequest) bool {
	for _, c := range r.Candidates {
		b.lines = append(b.lines, c.Draws)
		if p.fits(b) {
			return true
		}
		b.lines = b.lines[:len(b.lines)-1]
	}
	return false
}

func (p *peer) confirm(c Command, a Confirm) bool {
	b := p.has[a.Booking]
	if b == nil || b.state != Held || c.Arrived.After(b.expires) {
		return false
	}
	b.state = Confirmed
	if old := p.has[b.replaces]; old != nil && old.state == Confirmed {
		old.state = Rebooked
		p.freed(old, b)
	}
	return true
}

func (p *peer) endHold(id ident.BookingID, to BookingState) bool {
	b := p.has[id]
	if b == nil || b.state != Held {
		return false
	}
	old := p.has[b.replaces]
	if old != nil && old.state != Confirmed {
		old = nil
	}
	b.state = to
	if old != nil {
		old.replacedBy = ident.BookingID{}
	}
	return true // what was only in a cart is free again where it was
}

func (p *peer) cancel(a Cancel) bool {
	b := p.has[a.Booking]
	if b == nil || b.state != Confirmed {
		return false
	}
	standing := 0
	for _, l := range b.lines {
		if l != nil {
			standing++
		}
	}
	named := len(a.Lines) == 1 && a.Lines[0] <= len(b.lines) && b.lines[a.Lines[0]-1] != nil
	if len(a.Lines) == 1 && !(named && standing == 1) {
		if !named || !b.replacedBy.IsZero() {
			return false
		}
		gone := &peerBooking{lines: [][]Draw{b.lines[a.Lines[0]-1]}}
		b.lines[a.Lines[0]-1] = nil
		p.freed(gone, nil)
		return true
	}
	b.state = Cancelled
	next := p.has[b.replacedBy]
	if next != nil && next.state == Held {
		next.replaces = ident.BookingID{}
	} else {
		next = nil
	}
	p.freed(b, next)
	return true
}

// freed moves what was given back of a returning pool to the slot's returned
// pool, except what keeper still has, and except what the pool is over by. The
// booking has already left the books.
func (p *peer) freed(gone, keeper *peerBooking) {
	for pool, n := range gone.units() {
		if keeper != nil {
			n -= min(n, keeper.units()[pool])
		}
		if pool.Kind() != KindAllotment || pool.Slot() != 1 || n == 0 {
			continue // only slot 1's pools return in the walks
		}
		n = min(n, p.wanted[pool]-p.used(pool))
		if n > 0 {
			p.wanted[pool] -= n
			p.wanted[Returned(1)] += n
		}
	}
}
