package web

import (
	"net/netip"
	"sync"
	"time"

	"einlass/internal/fault"

	"golang.org/x/time/rate"
)

// How often one address may try to find a booking. A guess has to hit one code
// of 8.5·10¹¹ and a birth date; a household shares the ten tries.
const (
	findEvery = 6 * time.Second
	findBurst = 10
)

// How often one address may show an access code: a staff room behind one router
// gets through, a list of guesses does not.
const (
	codeEvery = 2 * time.Second
	codeBurst = 40
)

// How often one address may show the code of a number that is to move to another
// device, as often as an access code: many phones share one address. What is wrong by
// its check symbol does not count. A guess names a place in the log and hits its proof
// once in 2⁴⁰. One address has 25,240 guesses in a night of 14 hours and 2.6 million in
// the 60 days that a browser keeps a number: 1 in 420,000. Ten thousand addresses have
// 252 million in a night: 1 in 4,400, for some number of somebody unknown, which still
// books only for those who may.
const (
	moveEvery = 2 * time.Second
	moveBurst = 40
)

// limiterMax bounds the table of addresses; beyond it the one that was not heard
// of for longest is forgotten.
const limiterMax = 100_000

// limiter gives every address a bucket of tries.
type limiter struct {
	every time.Duration
	burst int

	mu   sync.Mutex // guards seen
	seen *recent[netip.Addr, *rate.Limiter]
}

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, seen: newRecent[netip.Addr, *rate.Limiter](limiterMax)}
}

// allow takes one try of the address, or says Busy with the time of the next.
func (l *limiter) allow(remote string) error {
	addr := AddressOf(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.seen.get(addr)
	if !ok {
		b = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.seen.put(addr, b)
	}
	if !b.Allow() {
		return fault.BusyFor(l.every, "too many tries from one address")
	}
	return nil
}

// subscriberBits is the IPv6 network that one subscriber has: they can choose any
// address in it (RFC 6177).
const subscriberBits = 64

// AddressOf is what counts as one address of an address and port: an IPv4 address, or
// the network of an IPv6 subscriber. The zero Addr if it is none.
func AddressOf(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(subscriberBits); err == nil {
			return p.Addr()
		}
	}
	return addr
}
