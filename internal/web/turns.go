package web

import (
	"context"
	"runtime"
	"sync"
	"time"

	"einlass/internal/failpoint"
)

// turns lets only so many be at something at the same time. Who waits does so in
// the order of coming within one line, and the lines take turns, so that a storm in
// one leaves the people of another their pace.
type turns struct {
	mu    sync.Mutex     // guards all below
	free  int            // above 0 only while nobody waits
	back  []*waiter      // those who were away, before everybody else
	lines map[line]*rank // no empty ones
	order []*rank        // the next one first
}

// line is where one waits: its name, and how many of it are called before the next
// line's turn.
type line struct {
	name   string
	weight int
}

// rank is those who wait in one line.
type rank struct {
	line    line
	waiting []*waiter
	called  int // in this round
}

// waiter is somebody in a line. called is closed when it is their turn.
type waiter struct {
	called chan struct{}
	gone   bool // guarded by turns.mu: has waited too long
}

func newTurns(n int) *turns { return &turns{free: n, lines: make(map[line]*rank)} }

// take waits in a line for a turn, not longer than until and not after quit is closed;
// false when it did not come in time. Whoever has one must give it back.
func (t *turns) take(ctx context.Context, in line, until time.Time, quit <-chan struct{}) bool {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return true
	}
	if failpoint.Bug(failpoint.BugLinesStarve) {
		in = line{} // one line for everybody
	}
	w := &waiter{called: make(chan struct{})}
	r := t.lines[in]
	if r == nil {
		r = &rank{line: in}
		t.lines[in], t.order = r, append(t.order, r)
	}
	r.waiting = append(r.waiting, w)
	t.mu.Unlock()

	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-w.called:
		queueUp()
		return true
	case <-timer.C:
	case <-ctx.Done():
	case <-quit:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.called: // called at the last moment: the turn is theirs to use
		return true
	default:
		w.gone = true
		return false
	}
}

// give passes the turn on: to the first who comes back, else to the first who
// still waits in the next line.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.back) > 0 {
		close(t.back[0].called)
		t.back = t.back[1:]
		return
	}
	for len(t.order) > 0 {
		if first := t.next(); !first.gone || failpoint.Bug(failpoint.BugGoneAreServed) {
			close(first.called)
			return
		}
	}
	t.free++
}

// next takes the first out of the line whose turn it is. The caller holds mu;
// somebody waits.
func (t *turns) next() *waiter {
	r := t.order[0]
	first := r.waiting[0]
	r.waiting = r.waiting[1:]
	if !first.gone { // those who have gone use up nobody's turns
		r.called++
	}
	switch {
	case len(r.waiting) == 0:
		delete(t.lines, r.line)
		t.order = t.order[1:]
	case r.called >= r.line.weight:
		r.called = 0
		t.order = append(t.order[1:], r)
	}
	return first
}

// Leave gives the turn back while its owner waits for something else; Return takes
// it again, before everybody who has not begun (committer.Turn).
func (t *turns) Leave() { t.give() }

// Return is described at Leave. It waits as long as it takes: what was begun is
// finished.
func (t *turns) Return() {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return
	}
	w := &waiter{called: make(chan struct{})}
	t.back = append(t.back, w)
	t.mu.Unlock()
	<-w.called
	queueUp()
}

// queueUp puts whoever was called at the end of the scheduler's queue. Otherwise they
// run at once, before everything that the network has made ready: a chain of people
// who call each other kept clerks waiting for 0.4 to 0.8 s, against 0.05 s (ADR 8).
func queueUp() { runtime.Gosched() }
