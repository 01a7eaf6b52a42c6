package web

import (
	"net/netip"
	"sync"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"

	"golang.org/x/time/rate"
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

// Asking whether a person may have a place tells whether they have one. How many
// people one address may ask about follows from how many carts it may have: twice
// as many at once, and as many again with every minute.
const (
	asksTimes  = 2
	asksPeriod = time.Minute
)

// openCarts counts the carts that each network has open. It counts what is held
// and not how often somebody asks: whoever confirms or gives back makes room at
// once, and a script that lets its carts expire never has more than its share. A
// cart is counted before it is asked for, so that a thousand requests at once are
// a thousand carts (PROMISES 43), and forgotten when it has ended; which ones have
// is asked when a network's count has doubled or is full. Beside it lies a bucket
// of people that were asked about. After a restart counting starts anew. Addresses
// are in no log and on no disk.
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
	asks  *rate.Limiter
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

// share is what one network may have.
type share struct {
	net  netip.Prefix
	most int
}

func (o *openCarts) shares(remote string) []share {
	addr := AddressOf(remote)
	out := []share{{netip.PrefixFrom(addr, addr.BitLen()), o.most}}
	if site, err := addr.Prefix(siteBits); err == nil && addr.Is6() {
		out = append(out, share{site, siteTimes * o.most})
	}
	return out
}

func (o *openCarts) at(s share) *network {
	n, ok := o.from.get(s.net)
	if !ok {
		asks := rate.NewLimiter(rate.Limit(float64(s.most)/asksPeriod.Seconds()), asksTimes*s.most+catalog.PartyMax)
		n = &network{carts: make(map[ident.ID]cartOf), sweep: sweepMin, asks: asks}
		o.from.put(s.net, n)
	}
	return n
}

// wish is a cart that somebody is about to ask for.
type wish struct {
	remote string
	pass   ident.ID
	people int           // who are asked about
	lasts  time.Duration // of a hold
	now    time.Time
}

// take counts a wish; false if there are too many. A pass that has its cart may
// always ask again: it is led there. What it returns goes to settle.
func (o *openCarts) take(w wish) (asked []*rate.Reservation, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	shares := o.shares(w.remote)
	for _, s := range shares {
		n := o.at(s)
		c, known := n.carts[w.pass]
		switch {
		case !c.booking.IsZero():
			return nil, true
		case !known && !o.hasRoom(n, s.most, w.now), n.asks.TokensAt(w.now) < float64(w.people):
			return nil, false
		}
	}
	for _, s := range shares {
		n := o.at(s)
		if _, known := n.carts[w.pass]; !known {
			n.carts[w.pass] = cartOf{until: w.now.Add(w.lasts)}
		}
		asked = append(asked, n.asks.ReserveN(w.now, w.people))
	}
	return asked, true
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
	return len(n.carts) < most || failpoint.Bug(failpoint.BugCartsUncounted)
}

// settle notes what became of a wish. What was refused no longer counts as a cart;
// what nobody knows counts as long as a hold lasts: it may have been granted to
// somebody who did not wait for the answer. People count only if the answer told
// something about them.
func (o *openCarts) settle(w wish, asked []*rate.Reservation, d inventory.Decision, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.shares(w.remote) {
		n := o.at(s)
		switch was := n.carts[w.pass]; {
		case err != nil && maybeGranted(err):
		case err == nil && d.OK():
			n.carts[w.pass] = cartOf{booking: d.Booking}
		case was.booking.IsZero():
			delete(n.carts, w.pass)
		}
	}
	if tells(d, err) {
		return
	}
	for _, a := range asked {
		a.CancelAt(w.now)
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

// tells reports whether an answer depends on what the people in it have: they are
// looked at before the places are, and not at all where memory knew that no place
// is free, or where the pass led to its own cart.
func tells(d inventory.Decision, err error) bool {
	switch {
	case err != nil:
		return maybeGranted(err)
	case d.OK():
		return !d.Repeated
	}
	return d.Reason == inventory.HasOne || d.Reason == inventory.CodeUsed || len(d.Lines) > 0
}

// holdCounted asks for a place unless too many carts are open from the address, or
// it has asked about too many people.
func (s *Site) holdCounted(r *request, req booking.HoldRequest) (inventory.Decision, error) {
	w := wish{remote: r.RemoteAddr, pass: req.Cart, lasts: req.Sale.Sale.Hold.Online, now: r.arrived}
	if req.Sale.Limit.PerPerson > 0 {
		w.people = len(req.People)
	}
	asked, ok := s.carts.take(w)
	if !ok {
		return inventory.Decision{Reason: addressFull}, nil
	}
	d, err := s.Booking.Hold(r.ctx(), booking.Public(r.arrived), req)
	s.carts.settle(w, asked, d, err)
	return d, err
}
