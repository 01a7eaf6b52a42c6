package rehearsal

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPunctuality: late is who has not had a turn for more than lateMin, while that is so
// and whenever it was asked about that time; not before, and not after.
func TestPunctuality(t *testing.T) {
	begin := time.Now()
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(lateMin))) }
	var p punctuality
	if p.lateSince(begin, at(100)) {
		t.Error("late without having asked for a turn")
	}
	p.ask(at(1))
	if p.lateSince(begin, at(1.9)) {
		t.Error("late before lateMin was over")
	}
	if !p.lateSince(begin, at(2.1)) {
		t.Error("a turn has not come for longer than lateMin: not late")
	}
	p.come(at(4))
	if !p.lateSince(at(3), at(9)) || p.lateSince(at(4.1), at(9)) {
		t.Error("late until 4: not so since 3, or still since 4.1")
	}
	p.ask(at(5))
	p.come(at(5.9))
	if p.lateSince(at(4.1), at(9)) {
		t.Error("a turn that came within lateMin was late")
	}
}

// TestPunctualityIsOfTheQueue: a process in which everybody wants to run is late, though its
// clock is not.
func TestPunctualityIsOfTheQueue(t *testing.T) {
	const turn, patience = time.Millisecond, time.Minute
	var p punctuality
	begun := time.Now()
	go p.watch(t.Context())
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range int(2*lateMin/turn) * runtime.GOMAXPROCS(0) { // a round of them takes 2 lateMin
		busy.Go(func() {
			for !stop.Load() {
				for until := time.Now().Add(turn); time.Now().Before(until); {
				}
				runtime.Gosched()
			}
		})
	}
	for !p.lateSince(begun, time.Now()) && time.Since(begun) < patience {
		time.Sleep(punctualEvery)
	}
	stop.Store(true)
	busy.Wait()
	if !p.lateSince(begun, time.Now()) {
		t.Error("everybody had to wait for two seconds, and the crowd was not late")
	}
}
