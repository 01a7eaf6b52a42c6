package onsale

import (
	"sync"

	"einlass/internal/inventory"
)

// insiders are those who were let in and hold nothing yet, by pass: people for whom
// places must be left.
type insiders struct {
	mu      sync.Mutex               // guards looking, units, spent
	looking map[inventory.PoolID]int // units each of them may want
	units   int
	people  int // ever let in
}

func newInsiders() *insiders { return &insiders{looking: make(map[inventory.PoolID]int)} }

// enter counts a pass once.
func (n *insiders) enter(pass inventory.PoolID, units int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.looking[pass]; !known {
		n.looking[pass] = units
		n.units += units
		n.people++
	}
}

// spend ends the search of a pass that has its cart; false if it is none of ours.
func (n *insiders) spend(pass inventory.PoolID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	units, ours := n.looking[pass]
	delete(n.looking, pass)
	n.units -= units
	return ours
}

// wanted is how many units those who look around may want.
func (n *insiders) wanted() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.units
}
