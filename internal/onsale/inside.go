package onsale

import (
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"
)

// guest is somebody inside: who was let in and looks around, or has a cart.
type guest struct {
	units   int
	arrived time.Time
	until   time.Time // of the pass
	took    time.Time // the cart
	group   int       // whose budget they are of
}

// inside are the people who were let in, and what the caller learns from them. Its
// room's mutex guards it.
type inside struct {
	callers *waitingroom.Callers
	looking map[inventory.PoolID]*guest // by the pass they may spend
	carts   map[ident.BookingID]*guest
}

func newInside(c *waitingroom.Callers) *inside {
	return &inside{callers: c, looking: make(map[inventory.PoolID]*guest), carts: make(map[ident.BookingID]*guest)}
}

// enter takes note of a pass that was given or renewed. called is when the number was
// called.
func (n *inside) enter(pass inventory.PoolID, e waitingroom.Entry, called, now time.Time) {
	if g := n.looking[pass]; g != nil {
		g.until = e.Until
		return
	}
	g := &guest{units: int(e.Size), arrived: now, until: e.Until, group: e.Group}
	if c := n.callers.Of(e.Group); byTheDoor(e, called) {
		c.Returned(g.units, now)
	} else {
		c.Arrived(called, g.units, now)
	}
	n.looking[pass] = g
}

// byTheDoor reports whether somebody's last pass was given at the door: it is not their
// first, or they came for it too late.
func byTheDoor(e waitingroom.Entry, called time.Time) bool {
	return e.Passes > 1 || e.Arrived.After(called.Add(PassLasts))
}

// spend takes note of a pass that opened a cart in a group, -1 if that is not known;
// nothing if it is none of this room's, or known already. From then on whoever has it is
// of that group's budget.
func (n *inside) spend(pass inventory.PoolID, cart ident.BookingID, in int, now time.Time) {
	g := n.looking[pass]
	if g == nil || cart.IsZero() {
		return
	}
	delete(n.looking, pass)
	g.took = now
	n.carts[cart] = g
	if in < 0 {
		in = g.group
	}
	n.callers.Took(g.group, in, g.arrived, g.units, now)
	g.group = in
}

// finish takes note of what became of a cart.
func (n *inside) finish(cart ident.BookingID, state inventory.BookingState, now time.Time) {
	g := n.carts[cart]
	if g == nil || state == inventory.Held {
		return
	}
	delete(n.carts, cart)
	if state == inventory.Confirmed {
		n.callers.Of(g.group).Kept(g.took, g.units, now)
		return
	}
	if state != inventory.Expired { // one that runs out is known
		n.callers.Of(g.group).GaveBack(g.took, g.units)
	}
}

// people is how many are inside. Whose pass has ended without a cart is not.
func (n *inside) people(now time.Time) int {
	for pass, g := range n.looking {
		if now.After(g.until) {
			delete(n.looking, pass)
		}
	}
	return len(n.looking) + len(n.carts)
}
