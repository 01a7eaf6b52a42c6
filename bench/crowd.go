package main

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// askers is how many who wait are at it at once; more than are ever due together.
const askers = 256

// turnOf is when somebody who waits asks next.
type turnOf struct {
	due    time.Time
	number uint32
}

// turnsDue is a container/heap by time.
type turnsDue []turnOf

func (t turnsDue) Len() int           { return len(t) }
func (t turnsDue) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t turnsDue) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push implements heap.Interface.
func (t *turnsDue) Push(x any) { *t = append(*t, x.(turnOf)) } //nolint:forcetypeassert // nothing else is put in

// Pop implements heap.Interface.
func (t *turnsDue) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// waiters wait: each loads the waiting page when the one before told them to, over a
// connection of its own, as a browser that comes back after a while.
func (p *party) waiters() {
	pace := waitingroom.NewPacing(p.brief.Waiters, waitingroom.PollsMost, 0)
	again := func(number uint32) time.Duration {
		return pace.Again(number-p.brief.From, onsale.Jitter(p.browsers.no(number)))
	}
	due := make(turnsDue, p.brief.Waiters)
	for i := range due { // they have waited for a while
		number := p.brief.From + uint32(i) //nolint:gosec // at most a million
		due[i] = turnOf{p.began.Add(time.Duration(rand.Float64() * float64(again(number)))), number}
	}
	heap.Init(&due)
	now := make(chan turnOf, askers)
	var wg sync.WaitGroup
	for i := range askers {
		wg.Go(func() {
			for t := range now {
				p.poll(t, i)
			}
		})
	}
	for !p.stop.Load() {
		time.Sleep(min(time.Until(due[0].due), stepEvery))
		if time.Until(due[0].due) > 0 {
			continue
		}
		t := due[0]
		due[0].due = t.due.Add(again(t.number))
		heap.Fix(&due, 0)
		p.offered.Add(1)
		select {
		case now <- t:
		default: // dropped
		}
	}
	close(now)
	wg.Wait()
}

// poll is one look.
func (p *party) poll(t turnOf, i int) {
	p.sent.Add(1)
	if time.Since(t.due) > lateAfter {
		p.late.Add(1)
	}
	c, err := dialFrom(p.brief.Addr, i)
	if err != nil {
		p.fail(err)
		return
	}
	defer c.conn.Close()
	if _, err := p.ask(c, "GET", p.brief.Path+"/wait", p.browsers.number(t.number), ""); err != nil {
		p.fail(err)
		return
	}
	p.answered.Add(1)
}

// rudeConnections is how many do not obey.
const rudeConnections = 256

// rude reload at a pace that no answer changes: whoever has not been answered yet sends
// the next request behind the last one. Nothing is dropped here, so that the house is
// asked as often as it says below.
func (p *party) rude() {
	var wg sync.WaitGroup
	gap := time.Duration(float64(rudeConnections) / p.brief.Rude * float64(time.Second))
	for i := range rudeConnections {
		wg.Go(func() {
			c, err := dialFrom(p.brief.Addr, i)
			if err != nil {
				p.fail(err)
				return
			}
			request := p.reload(i)
			go p.countAnswers(c)
			due := time.Now().Add(time.Duration(float64(gap) * float64(i) / rudeConnections))
			for ; !p.stop.Load(); due = due.Add(gap) {
				time.Sleep(time.Until(due))
				p.offered.Add(1)
				if time.Since(due) > lateAfter {
					p.late.Add(1)
				}
				c.conn.SetDeadline(time.Now().Add(httpTimeout))    //nolint:errcheck // of the reader
				c.conn.SetWriteDeadline(time.Now().Add(stepEvery)) //nolint:errcheck // a request that does not go out is dropped
				if _, err := c.conn.Write(request); err != nil {
					break
				}
				p.sent.Add(1)
			}
			p.offered.Add(int64(max(0, time.Since(due)/gap))) // was due and never begun
			if t, ok := c.conn.(*net.TCPConn); ok {
				t.SetLinger(0) //nolint:errcheck // the window is closed
			}
			c.conn.Close() //nolint:errcheck // as above
		})
	}
	wg.Wait()
}

// reload is the request of somebody who reloads the waiting page.
func (p *party) reload(i int) []byte {
	number := p.brief.From + uint32(i) //nolint:gosec // at most a million
	return fmt.Appendf(nil, "GET %s/wait HTTP/1.1\r\nHost: shop.example\r\nAccept-Language: de\r\nAccept-Encoding: gzip\r\nCookie: %s\r\n\r\n", p.brief.Path, p.browsers.number(number))
}

// countAnswers reads them until the connection ends.
func (p *party) countAnswers(c *caller) {
	for {
		a, err := c.answer()
		if err != nil {
			return
		}
		if a.status == http.StatusServiceUnavailable {
			p.busy.Add(1)
		}
		p.answered.Add(1)
	}
}

// reloaders reload as soon as they are answered: what one answer costs a house that has
// nothing else to do.
func (p *party) reloaders() {
	p.each(p.brief.Reloads, func(i int, c *caller) error {
		cookies := p.browsers.number(p.brief.From + uint32(i)) //nolint:gosec // at most a million
		for !p.stop.Load() {
			if _, err := p.ask(c, "GET", p.brief.Path+"/wait", cookies, ""); err != nil {
				return err
			}
			p.answered.Add(1)
		}
		return nil
	})
}

// each gives so many connections something to do, until all have ended.
func (p *party) each(connections int, do func(i int, c *caller) error) {
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			c, err := dialFrom(p.brief.Addr, i)
			if err != nil {
				p.fail(err)
				return
			}
			defer c.conn.Close()
			if err := do(i, c); err != nil {
				p.fail(err)
			}
		})
	}
	wg.Wait()
}
