package rehearsal

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// punctuality knows when the crowd's own process was late. On a machine that serves a
// crowd and plays it, ten thousand answers may come at once: each then lies in its buffer
// until the goroutine that waits for it has had its turn, and so does a connection that was
// open at once. No time-out that ends meanwhile says anything of the house.
type punctuality struct {
	mu    sync.Mutex
	late  time.Time // when something was late the last time; zero: never
	asked time.Time // a turn was asked for then, and has not come; zero: none was
}

// punctualEvery is how often a turn is asked for.
const punctualEvery = 100 * time.Millisecond

// watch asks for a turn behind everybody who can run already, again and again until ctx ends.
func (p *punctuality) watch(ctx context.Context) {
	tick := time.NewTicker(punctualEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.ask(time.Now())
		runtime.Gosched() // to the end of the queue
		p.come(time.Now())
	}
}

func (p *punctuality) ask(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = now
}

func (p *punctuality) come(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.asked) > lateMin {
		p.late = now
	}
	p.asked = time.Time{}
}

// lateSince reports whether the crowd was late by more than lateMin at some time between
// since and now.
func (p *punctuality) lateSince(since, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late.After(since) || !p.asked.IsZero() && now.Sub(p.asked) > lateMin
}
