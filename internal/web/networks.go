package web

import (
	"context"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// What counts as one network: the smallest that the internet routes by itself. Whoever
// rents addresses rents at least that many, and has them all; a town hall, a school or a
// mobile network is seldom behind more.
const (
	networkBits4 = 24
	networkBits6 = 48
)

// networkFull refuses a number because too many were drawn from one network.
const networkFull inventory.Reason = "network_full"

// networkPause is when asking again makes sense: with everybody who comes from elsewhere
// there is room again.
const networkPause = time.Minute

// networks count the numbers that each network has drawn in sales in which nothing else
// counts. Networks are known by a keyed digest whose key is drawn at the start and dies
// with the process; addresses are in no log and on no disk. A restart counts anew; the
// largest count of each start is stored, as a number.
type networks struct {
	run  ident.ID     // this start
	key  ident.Secret // of the digests
	free int          // waitingroom.NewShares

	mu     sync.Mutex // guards everything below
	of     map[ident.SaleID]*waitingroom.Shares
	before map[ident.SaleID]store.Joiners // of earlier starts
	stored map[ident.SaleID]int           // how many were counted when it was stored
}

func newNetworks(o *Options) (*networks, error) {
	n := &networks{free: o.NumbersPerNetwork, of: map[ident.SaleID]*waitingroom.Shares{}, before: map[ident.SaleID]store.Joiners{}, stored: map[ident.SaleID]int{}}
	var err error
	if n.run, err = ident.New(o.Rand, o.Now()); err != nil {
		return nil, err
	}
	if n.key, err = ident.NewSecret(o.Rand); err != nil {
		return nil, err
	}
	before, err := o.Store.AllJoiners(context.Background())
	for _, j := range before {
		n.before[j.Sale] = j
	}
	return n, err
}

// network is the digest of the network that an address and port lie in.
func (n *networks) network(sale ident.SaleID, remote string) ident.Digest {
	addr := AddressOf(remote)
	bits := networkBits4
	if addr.Is6() {
		bits = networkBits6
	}
	within, err := addr.Prefix(bits)
	if err != nil {
		within = netip.Prefix{} // no address at all: one network
	}
	return n.key.Digest("network", []byte(within.String()), binary.BigEndian.AppendUint64(nil, uint64(sale)))
}

// take counts a number that is about to be drawn; false if the network has as many as
// it may.
func (n *networks) take(sale ident.SaleID, of ident.Digest) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of[sale] == nil {
		n.of[sale] = waitingroom.NewShares(n.free)
	}
	return n.of[sale].Take(of)
}

// settle says what became of it. What nobody knows counts: it may have been drawn.
func (n *networks) settle(sale ident.SaleID, of ident.Digest, out waitingroom.Outcome, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	drawn := err == nil && out.Reason == waitingroom.Granted && !out.Known
	if drawn || err != nil && maybeGranted(err) {
		n.of[sale].Keep(of)
		return
	}
	n.of[sale].GiveBack(of)
}

// share is that of the largest network of a sale, in per cent, at most; false where there
// is nothing to tell.
func (n *networks) share(sale ident.SaleID) (percent int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	all, largest := n.before[sale].Counted, n.before[sale].Largest
	if now := n.of[sale]; now != nil {
		counted, most := now.Counted()
		all, largest = all+counted, largest+most
	}
	return waitingroom.LargestShare(all, largest)
}

// news are the counts that have grown since they were stored.
func (n *networks) news() (out []store.Joiners) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for sale, shares := range n.of {
		if all, largest := shares.Counted(); all > n.stored[sale] {
			out = append(out, store.Joiners{Sale: sale, Run: n.run, Counted: all, Largest: largest})
		}
	}
	return out
}

func (n *networks) noted(all []store.Joiners) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, j := range all {
		n.stored[j.Sale] = j.Counted
	}
}

// noteNetworks stores the counts that have grown. What could not be stored is tried
// again with the next.
func (s *Site) noteNetworks() error {
	news := s.networks.news()
	if len(news) == 0 {
		return nil
	}
	err := s.Store.PutJoiners(news)
	if err == nil {
		s.networks.noted(news)
	}
	return err
}

// perBrowser reports whether somebody can have a number in this sale for whom nothing
// counts but the browser.
func perBrowser(sale *booking.Sale) bool {
	if sale.Limit.PerPerson > 0 {
		return false
	}
	for _, g := range sale.Eligible {
		if g.Code == "" {
			return true
		}
	}
	return len(sale.Eligible) == 0
}

// joinCounted draws a number; full if the network has as many as it may. Whoever has a
// letter or says who they are is counted by that and by nothing else.
func (s *Site) joinCounted(r *request, v onsale.Visitor, byBrowser bool) (out waitingroom.Outcome, full bool, err error) {
	if !byBrowser || len(v.Claims) > 0 {
		out, err = s.Rooms.Join(r.ctx(), v)
		return out, false, err
	}
	network := s.networks.network(v.Sale.ID, r.RemoteAddr)
	if !s.networks.take(v.Sale.ID, network) {
		e, err := s.Rooms.Joined(r.ctx(), v) // the button was pressed twice
		if err != nil && fault.KindOf(err) == fault.NotFound {
			return out, true, nil
		}
		return waitingroom.Outcome{Entry: e, Known: true}, false, err
	}
	out, err = s.Rooms.Join(r.ctx(), v)
	s.networks.settle(v.Sale.ID, network, out, err)
	return out, false, err
}
