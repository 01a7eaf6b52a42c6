package app

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Of many connections whose bytes came at once only so many are looked at; each
// handler that begins, each that asks for more and each that ends lets the next one
// in, and at the end every turn is free.
func TestTurnstileBoundsWhoIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people, places = 60, 3
		d := &door{turns: make(turnstile, places), inside: make(chan struct{}, people)}
		d.from = map[netip.Addr]int{}
		var read atomic.Int64
		step := make([]chan struct{}, people)
		var wg sync.WaitGroup
		for i := range people {
			near, far := net.Pipe()
			g := &guest{Conn: near, door: d, gone: make(chan struct{})}
			d.inside <- struct{}{}
			step[i] = make(chan struct{})
			wg.Go(func() {
				if _, err := far.Write([]byte("x")); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := g.Read(make([]byte, 1)); err != nil {
					t.Error(err)
				}
				read.Add(1)
				<-step[i]
				switch i % 3 {
				case 0: // the handler begins; what is read now takes no turn
					g.begin()
					g.leave()
					wg.Go(func() { far.Write([]byte("y")) }) //nolint:errcheck // a pipe within this test
					if _, err := g.Read(make([]byte, 1)); err != nil || g.pass.in {
						t.Errorf("%v, a turn taken for the rest of a form: %v", err, g.pass.in)
					}
				case 1: // more is asked for, and does not come
					wg.Go(func() { g.Read(make([]byte, 1)) }) //nolint:errcheck // ended below
				}
				g.Close() //nolint:errcheck // a pipe within this test
			})
		}
		for i := range people {
			synctest.Wait()
			if n := read.Load(); n > int64(i+places) {
				t.Fatalf("%d were read when %d had left", n, i)
			}
			close(step[i])
		}
		wg.Wait()
		if len(d.turns) != 0 || read.Load() != people {
			t.Errorf("%d turns taken at the end, %d read", len(d.turns), read.Load())
		}
	})
}

// A connection that the door closes while its goroutine comes through the turnstile
// keeps no turn, whether a handler follows or not.
func TestClosedWhileComingThrough(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	d := &door{turns: make(turnstile, 1), inside: make(chan struct{}, 1), from: map[netip.Addr]int{}}
	d.inside <- struct{}{}
	g := &guest{Conn: near, door: d, gone: make(chan struct{})}
	g.Close() //nolint:errcheck // a pipe within this test
	g.enter() // its goroutine had read something and takes the turn that is free
	g.Close() //nolint:errcheck // as the server does when it ends the connection
	if len(d.turns) != 0 {
		t.Error("a turn is lost")
	}
}
