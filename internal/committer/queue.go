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
type queue struct{ lanes [inventory.Ranks]lane[*entry] }

func newQueue() (q queue) {
	for i := range q.lanes {
		q.lanes[i] = newLane[*entry](laneMax[i])
	}
	return q
}

// push adds e to its lane; false if its sale's share of the lane is full.
func (q *queue) push(e *entry) bool {
	sale, rank := e.cmd.Sale, e.cmd.Rank()
	if failpoint.Bug(failpoint.BugSharesStarve) {
		sale = 0 // one line for everybody
	}
	if failpoint.Bug(failpoint.BugFinishBusy) && rank == inventory.RankFinish {
		rank = inventory.RankPublic
	}
	return q.lanes[rank].push(sale, e)
}

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
		n += q.lanes[i].len()
	}
	return n
}

// lane is what waits of one kind. Sales take turns, one each, so that one sale's
// storm does not slow another sale.
type lane[T any] struct {
	sales map[ident.SaleID]*share[T]
	ring  []*share[T] // those with something waiting, in turn
	turn  int
	max   int // per sale
}

// share is what waits of one sale, first in first out.
type share[T any] struct {
	sale    ident.SaleID
	waiting []T
	head    int
}

func newLane[T any](most int) lane[T] {
	return lane[T]{sales: make(map[ident.SaleID]*share[T]), max: most}
}

// push adds e to its sale's share; false if that is full.
func (l *lane[T]) push(sale ident.SaleID, e T) bool {
	s := l.sales[sale]
	if s == nil {
		s = &share[T]{sale: sale}
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

// take appends to out until it has n, a sale's turn after the other.
func (l *lane[T]) take(out []T, n int) []T {
	for len(out) < n && len(l.ring) > 0 {
		l.turn %= len(l.ring)
		s := l.ring[l.turn]
		out = append(out, s.waiting[s.head])
		clear(s.waiting[s.head : s.head+1])
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

func (l *lane[T]) len() (n int) {
	for _, s := range l.ring {
		n += len(s.waiting) - s.head
	}
	return n
}
