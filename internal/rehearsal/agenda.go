package rehearsal

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// agenda wakes people when their time has come. One goroutine owns the clock; a
// person who thinks costs an entry here and no goroutine.
type agenda struct {
	mu   sync.Mutex // guards due
	due  dueHeap
	wake chan struct{} // cap 1: an earlier time has been entered
}

func newAgenda(people int) *agenda {
	return &agenda{due: make(dueHeap, 0, people), wake: make(chan struct{}, 1)}
}

// at enters p for p.due.
func (a *agenda) at(p *person) {
	a.mu.Lock()
	heap.Push(&a.due, p)
	first := a.due[0] == p
	a.mu.Unlock()
	if first {
		select {
		case a.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// idleMax is how long the agenda sleeps when nobody is entered.
const idleMax = time.Second

// run starts everybody who is due, until ctx ends.
func (a *agenda) run(ctx context.Context, start func(*person)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-timer.C:
		}
		timer.Reset(a.startDue(start))
	}
}

// startDue starts whoever is due and returns how long the next one thinks.
func (a *agenda) startDue(start func(*person)) time.Duration {
	for {
		now := time.Now()
		a.mu.Lock()
		if len(a.due) == 0 {
			a.mu.Unlock()
			return idleMax
		}
		if wait := a.due[0].due.Sub(now); wait > 0 {
			a.mu.Unlock()
			return min(wait, idleMax)
		}
		p, _ := heap.Pop(&a.due).(*person)
		a.mu.Unlock()
		start(p)
	}
}

// drain takes everybody who still thinks off the agenda.
func (a *agenda) drain() []*person {
	a.mu.Lock()
	defer a.mu.Unlock()
	rest := a.due
	a.due = nil
	return rest
}

// dueHeap is a container/heap by time.
type dueHeap []*person

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	if p, ok := x.(*person); ok {
		*h = append(*h, p)
	}
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return p
}
