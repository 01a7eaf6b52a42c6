package web

import (
	"net/netip"
	"sync"
	"time"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// CartsPerAddress is how many carts may be open at the same time from one address
// unless the operator says otherwise: a town hall, a school or a mobile network
// behind one address gets a hundred people through in the minute or two that each
// of them needs, and a script gets a hundred places, not all (PROMISES 40).
const CartsPerAddress = 100

// Bounds of counting carts.
const (
	// siteTimes is how many addresses' carts one IPv6 site may have: whoever rents
	// one (a /48, RFC 6177) has 65,536 of what counts as one address.
	siteTimes = 10
	siteBits  = 48
	// networksMax bounds the table of networks: about half a kB each, 25 MB.
	networksMax = 50_000
	// sweepMin is from how many carts on a network's ended ones are looked for.
	sweepMin = 16
)

// addressFull refuses a hold because too many come from one address; it is said
// before anything is decided and tells nothing about anybody.
const addressFull inventory.Reason = "address_full"

// openCarts counts the carts that each network has open. It counts what is held
// and not how often somebody asks: whoever confirms or gives back makes room at
// once, and a script that lets its carts expire never has more than its share. A
// cart is counted before it is asked for, so that a thousand requests at once are
// a thousand carts (PROMISES 43), and forgotten when it has ended; which ones have
// is asked when a network's count has doubled or is full. After a restart counting
// starts anew. Addresses are in no log and on no disk.
type openCarts struct {
	most   int
	isOpen func(ident.BookingID) bool

	mu   sync.Mutex // guards from
	from *recent[netip.Prefix, *network]
}

// network is what one network has open, by pass: a pass is good for one cart.
type network struct {
	carts map[ident.ID]cartOf
	sweep int // from so many on ended ones are looked for
}

// cartOf is the cart of a pass; until is as long as it counts without a name: it
// is being asked for, or nobody knows what became of it.
type cartOf struct {
	booking ident.BookingID
	until   time.Time
}

func newOpenCarts(most int, isOpen func(ident.BookingID) bool) *openCarts {
	if most == 0 {
		most = CartsPerAddress
	}
	return &openCarts{most: most, isOpen: isOpen, from: newRecent[netip.Prefix, *network](networksMax)}
}

// counted is a network with how many carts it may have.
type counted struct {
	net  netip.Prefix
	most int
}

func (o *openCarts) networks(remote string) []counted {
	addr := prefixOf(remote)
	out := []counted{{netip.PrefixFrom(addr, addr.BitLen()), o.most}}
	if site, err := addr.Prefix(siteBits); err == nil && addr.Is6() {
		out = append(out, counted{site, siteTimes * o.most})
	}
	return out
}

// take counts a cart that a pass is about to ask for; false if there are too many.
// A pass that was counted before may always ask again: it leads to its own cart.
func (o *openCarts) take(now time.Time, remote string, pass ident.ID, lasts time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	nets := o.networks(remote)
	for _, c := range nets {
		n := o.at(c.net)
		if _, ok := n.carts[pass]; !ok && !o.hasRoom(n, c.most, now) {
			return false
		}
	}
	for _, c := range nets {
		if n := o.at(c.net); n.carts[pass] == (cartOf{}) {
			n.carts[pass] = cartOf{until: now.Add(lasts)}
		}
	}
	return true
}

func (o *openCarts) at(net netip.Prefix) *network {
	n, ok := o.from.get(net)
	if !ok {
		n = &network{carts: make(map[ident.ID]cartOf), sweep: sweepMin}
		o.from.put(net, n)
	}
	return n
}

func (o *openCarts) hasRoom(n *network, most int, now time.Time) bool {
	if len(n.carts) >= min(n.sweep, most) {
		for pass, c := range n.carts {
			if c.booking.IsZero() && !now.Before(c.until) || !c.booking.IsZero() && !o.isOpen(c.booking) {
				delete(n.carts, pass)
			}
		}
		n.sweep = max(sweepMin, 2*len(n.carts))
	}
	return len(n.carts) < most
}

// settle notes what became of what was asked for. What was refused no longer
// counts; what nobody knows counts as long as a hold lasts: it may have been
// granted to somebody who did not wait for the answer.
func (o *openCarts) settle(remote string, pass ident.ID, d inventory.Decision, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.networks(remote) {
		n := o.at(c.net)
		switch was := n.carts[pass]; {
		case err != nil && maybeGranted(err):
		case err == nil && d.OK():
			n.carts[pass] = cartOf{booking: d.Booking}
		case was.booking.IsZero():
			delete(n.carts, pass)
		}
	}
}

// maybeGranted reports whether a hold that failed may have been granted all the
// same: everything but what is refused before it is queued.
func maybeGranted(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Forbidden, fault.Busy:
		return false
	}
	return true
}

// holdCounted asks for a place unless too many carts are open from the address.
func (s *Site) holdCounted(r *request, req booking.HoldRequest) (inventory.Decision, error) {
	if !s.carts.take(r.arrived, r.RemoteAddr, req.Cart, req.Sale.Sale.Hold.Online) {
		return inventory.Decision{Reason: addressFull}, nil
	}
	d, err := s.Booking.Hold(r.ctx(), booking.Public(r.arrived), req)
	s.carts.settle(r.RemoteAddr, req.Cart, d, err)
	return d, err
}
