package app

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/web"
)

// door is a listener that lets only so many in: in all and per address. Who is
// one too many from one address is refused at once. When the house is full,
// whoever has been idle longest makes room; if nobody is idle, the next one waits
// in front of the door and costs nothing there.
type door struct {
	net.Listener
	perAddress int // 0: no limit
	exempt     []netip.Prefix
	turns      turnstile // nil: everybody is read at once

	inside    chan struct{} // one token per open connection
	pipelined chan struct{} // one token: the pipelined request that is worked for
	done      chan struct{} // closed by Close
	once      sync.Once

	mu     sync.Mutex // guards from, idle and every guest's place in it
	from   map[netip.Addr]int
	idle   *list.List // of *guest, longest idle first
	oldest time.Duration

	count, refused, evicted atomic.Int64
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	door  *door
	addr  netip.Addr
	place *list.Element // in door.idle; nil while busy
	since time.Time     // idle since
	once  sync.Once
	gone  chan struct{} // closed by Close

	mu   sync.Mutex // guards pass
	pass passage
}

// Limits of making room.
const (
	// idleSpared is how long a connection must have been idle to be closed for
	// somebody else: the pictures and the next form of a page come within it.
	idleSpared = time.Second
	// roomEvery is how often a full house looks for an idle connection.
	roomEvery = 50 * time.Millisecond
)

func newDoor(l net.Listener, total, perAddress int, exempt []netip.Prefix) *door {
	return &door{
		Listener: l, perAddress: perAddress, exempt: exempt, inside: make(chan struct{}, total), pipelined: make(chan struct{}, 1), done: make(chan struct{}),
		from: make(map[netip.Addr]int), idle: list.New(), oldest: idleSpared,
	}
}

// Accept waits for room, then for a connection that may come in.
func (d *door) Accept() (net.Conn, error) {
	if !d.room() {
		return nil, net.ErrClosed
	}
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			<-d.inside
			return nil, err
		}
		if g := d.admit(c); g != nil {
			return g, nil
		}
		refuse(c)
		d.refused.Add(1)
	}
}

// Close stops accepting; who is inside stays.
func (d *door) Close() error {
	d.once.Do(func() { close(d.done) })
	return d.Listener.Close()
}

// room takes a token, making room if need be; false if the door was closed.
func (d *door) room() bool {
	select {
	case d.inside <- struct{}{}:
		return true
	default:
	}
	look := time.NewTicker(roomEvery)
	defer look.Stop()
	for {
		d.evict(time.Now())
		select {
		case d.inside <- struct{}{}:
			return true
		case <-d.done:
			return false
		case <-look.C:
		}
	}
}

// evict closes the connection that has been idle longest, if long enough.
func (d *door) evict(now time.Time) {
	d.mu.Lock()
	var g *guest
	if first := d.idle.Front(); first != nil {
		if g = first.Value.(*guest); now.Sub(g.since) < d.oldest {
			g = nil
		}
	}
	d.mu.Unlock()
	if g != nil {
		g.Close() //nolint:errcheck // it has nothing to say any more
		d.evicted.Add(1)
	}
}

// admit counts a connection in; nil if its address has too many.
func (d *door) admit(c net.Conn) *guest {
	g := &guest{Conn: c, door: d, addr: web.AddressOf(c.RemoteAddr().String()), gone: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.perAddress > 0 && d.from[g.addr] >= d.perAddress && !contains(d.exempt, g.addr) && !failpoint.Bug(failpoint.BugDoorUncounted) {
		return nil
	}
	d.from[g.addr]++
	d.count.Add(1)
	return g
}

func contains(nets []netip.Prefix, a netip.Addr) bool {
	for _, n := range nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// refuse closes a connection with a reset, so that it leaves nothing behind here.
func refuse(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0) //nolint:errcheck // only keeps the kernel from waiting
	}
	c.Close() //nolint:errcheck // it was refused
}

// Close counts the connection out, once. A turn is given back each time: the door may
// close a connection while its goroutine still comes through the turnstile, and that
// goroutine closes it again when it ends.
func (g *guest) Close() error {
	err := g.Conn.Close()
	defer g.leave()
	defer g.answer()
	g.once.Do(func() {
		close(g.gone)
		d := g.door
		d.mu.Lock()
		if d.from[g.addr]--; d.from[g.addr] <= 0 {
			delete(d.from, g.addr)
		}
		g.busy()
		d.mu.Unlock()
		d.count.Add(-1)
		<-d.inside
	})
	return err
}

// awake notes that the next request has begun to come: it must not be closed for
// somebody else while it waits to be read.
func (g *guest) awake() {
	g.door.mu.Lock()
	g.busy()
	g.door.mu.Unlock()
}

// busy takes the guest off the list of idle ones. The caller holds door.mu.
func (g *guest) busy() {
	if g.place != nil {
		g.door.idle.Remove(g.place)
		g.place = nil
	}
}

// watch is the http.Server's ConnState: it keeps the list of idle connections.
func (d *door) watch(c net.Conn, state http.ConnState) {
	g := guestOf(c)
	if g == nil {
		return
	}
	switch state {
	case http.StateIdle:
		g.finish()
		now := time.Now()
		d.mu.Lock()
		g.busy()
		g.since, g.place = now, d.idle.PushBack(g)
		d.mu.Unlock()
	case http.StateActive, http.StateHijacked, http.StateClosed:
		g.awake()
	}
}

// guestOf finds the guest of a connection as the http.Server knows it.
func guestOf(c net.Conn) *guest {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	g, _ := c.(*guest)
	return g
}

// open is how many are inside.
func (d *door) open() int { return int(d.count.Load()) }
