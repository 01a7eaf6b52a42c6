package committer

import (
	"einlass/internal/failpoint"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// How many commands may wait, per sale and rank. Finishing has room for every
// open cart and is never busy; what wants something new is bounded, because a
// person who waits longer than a moment should be told so.
const (
	finishMax = 1 << 20 // safety net only: one per open cart, since keys are shared
	giveMax   = 1 << 16
	expireMax = 1 << 16
	staffMax  = 1 << 10
	publicMax = 1 << 12 // about 50 ms of work for one machine
)

var laneMax = [inventory.Ranks]int{
	inventory.RankFinish: finishMax,
	inventory.RankGive:   giveMax,
	inventory.RankExpire: expireMax,
	inventory.RankStaff:  staffMax,
	inventory.RankPublic: publicMax,
}

// pendingKey finds a waiting command with the same key. The rank is part of it, so
// that a hold's key shown at a confirm is not taken for its answer.
type pendingKey struct {
	key  ident.Key
	rank inventory.Rank
}

func pendingKeyOf(c *inventory.Command) (pendingKey, bool) {
	return pendingKey{key: c.Key, rank: c.Rank()}, !c.Key.IsZero()
}

// queue holds the lanes, one per rank.
type queue struct{ lanes [inventory.Ranks]lane }

func newQueue() (q queue) {
	for i := range q.lanes {
		q.lanes[i] = lane{sales: make(map[ident.SaleID]*share), max: laneMax[i]}
	}
	return q
}

// push adds e to its lane; false if its sale's share of the lane is full.
func (q *queue) push(e *entry) bool { return q.lanes[e.cmd.Rank()].push(e) }

// take removes up to n commands in the order in which they are to be decided.
func (q *queue) take(n int) []*entry {
	var out []*entry
	for i := range q.lanes {
		out = q.lanes[i].take(out, n)
	}
	return out
}

func (q *queue) len() (n int) {
	for i := range q.lanes {
		for _, s := range q.lanes[i].ring {
			n += len(s.waiting) - s.head
		}
	}
	return n
}

// lane is the commands of one rank. Sales take turns, one command each, so that
// one sale's storm does not slow another sale.
type lane struct {
	sales map[ident.SaleID]*share
	ring  []*share // those with something waiting, in turn
	turn  int
	max   int // per sale
}

// share is what waits of one sale, first in first out.
type share struct {
	sale    ident.SaleID
	waiting []*entry
	head    int
}

func (l *lane) push(e *entry) bool {
	sale := e.cmd.Sale
	if failpoint.Bug(failpoint.BugSharesStarve) {
		sale = 0 // one line for everybody
	}
	s := l.sales[sale]
	if s == nil {
		s = &share{sale: sale}
		l.sales[sale] = s
		l.ring = append(l.ring, s)
	}
	if len(s.waiting)-s.head >= l.max {
		return false
	}
	if s.head > publicMax && s.head > len(s.waiting)/2 { // a share that never runs empty
		s.waiting = append(s.waiting[:0:0], s.waiting[s.head:]...)
		s.head = 0
	}
	s.waiting = append(s.waiting, e)
	return true
}

func (l *lane) take(out []*entry, n int) []*entry {
	for len(out) < n && len(l.ring) > 0 {
		l.turn %= len(l.ring)
		s := l.ring[l.turn]
		out = append(out, s.waiting[s.head])
		s.waiting[s.head] = nil
		s.head++
		if s.head < len(s.waiting) {
			l.turn++
			continue
		}
		delete(l.sales, s.sale)
		l.ring = append(l.ring[:l.turn], l.ring[l.turn+1:]...)
	}
	return out
}
