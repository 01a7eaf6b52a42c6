package rehearsal

import "sync"

// gate keeps the number of open connections within bounds. Who finds none waits
// in the order of coming; those who are already inside a journey go first, for
// their held places are running out.
type gate struct {
	max int

	mu     sync.Mutex // guards all below
	open   int
	peak   int
	waited int // how often somebody had to wait for a connection
	inside []func()
	door   []func()
	conns  map[*conn]struct{} // to hang up on everybody at the end
	shut   bool
}

func newGate(limit int) *gate { return &gate{max: limit, conns: map[*conn]struct{}{}} }

// enter reports whether a connection may be opened now. If not, then is called in
// a goroutine of its own once a connection has been given to it.
func (g *gate) enter(inside bool, then func()) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open < g.max {
		g.open++
		g.peak = max(g.peak, g.open)
		return true
	}
	g.waited++
	if inside {
		g.inside = append(g.inside, then)
	} else {
		g.door = append(g.door, then)
	}
	return false
}

// try is enter for somebody who would rather not wait.
func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.max {
		return false
	}
	g.open++
	g.peak = max(g.peak, g.open)
	return true
}

// leave gives a connection up; whoever waits longest gets it.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.inside) > 0:
		go g.inside[0]()
		g.inside = g.inside[1:]
	case len(g.door) > 0:
		go g.door[0]()
		g.door = g.door[1:]
	default:
		g.open--
	}
}

// opened and closed keep the list of connections for hangUp.
func (g *gate) opened(c *conn) {
	g.mu.Lock()
	shut := g.shut
	if !shut {
		g.conns[c] = struct{}{}
	}
	g.mu.Unlock()
	if shut {
		_ = c.Close() // everybody was sent home meanwhile
	}
}

func (g *gate) closed(c *conn) {
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
	_ = c.Close() // nothing was left to say on it
}

// hangUp closes every connection and lets everybody who waits go on, to find the
// doors shut.
func (g *gate) hangUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		_ = c.Close() // the reader of this connection gets the error
	}
	for _, f := range append(g.inside, g.door...) {
		g.open++
		go f()
	}
	g.inside, g.door = nil, nil
}

// figures returns open now, most open at once, and how often somebody waited.
func (g *gate) figures() (open, peak, waited int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.peak, g.waited
}

// crowded reports whether somebody waits for a connection.
func (g *gate) crowded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.inside)+len(g.door) > 0
}
