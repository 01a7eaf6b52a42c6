package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// No more than its places are at work in one lane, everybody comes to their turn,
// and every place is free again at the end.
func TestTurnsBoundWhatIsWorkedOn(t *testing.T) {
	const people, places = 400, 5
	turns := newTurns(places)
	var now, most atomic.Int64
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			if !turns.take(context.Background(), line{string(rune('a' + i%7)), 1 + i%3}, time.Now().Add(time.Minute), nil) {
				t.Error("somebody's turn did not come")
				return
			}
			n := now.Add(1)
			for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
			turns.give()
		})
	}
	wg.Wait()
	if most.Load() != places || turns.free != places || len(turns.lines) != 0 || len(turns.order) != 0 {
		t.Errorf("%d at once of %d; at the end %d free, lines %v %v", most.Load(), places, turns.free, turns.lines, turns.order)
	}
}

// A storm on one sale does not stand before the people of another: with a thousand
// in one line the first of another sale is called second.
func TestSalesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		if !turns.take(context.Background(), line{"storm", 1}, time.Now().Add(time.Hour), nil) {
			t.Fatal("the first has to wait")
		}
		var order []string // only who has the turn writes
		wait := func(sale string) {
			go func() {
				if turns.take(context.Background(), line{sale, 1}, time.Now().Add(time.Hour), nil) {
					order = append(order, sale)
					turns.give()
				}
			}()
			synctest.Wait()
		}
		for range 1_000 {
			wait("storm")
		}
		wait("calm")
		wait("calm")
		turns.give()
		synctest.Wait()
		if got := strings.Join(order[:4], " "); len(order) != 1_002 || got != "storm calm storm calm" {
			t.Errorf("%d called, first %s", len(order), got)
		}
	})
}

// A line is called as often in a round as its weight says.
func TestLinesHaveWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		turns.take(context.Background(), line{}, time.Now().Add(time.Hour), nil)
		var order strings.Builder // only who has the turn writes
		for range 6 {
			for _, in := range []line{{"a", 4}, {"l", 1}} {
				go func() {
					turns.take(context.Background(), in, time.Now().Add(time.Hour), nil)
					order.WriteString(in.name)
					turns.give()
				}()
				synctest.Wait()
			}
		}
		turns.give()
		synctest.Wait()
		if got := order.String(); got != "aaaalaalllll" {
			t.Error(got)
		}
	})
}

// Who was away is called before those who have not begun, and leaving lets the next
// one begin.
func TestWhoWasAwayComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		turns.take(context.Background(), line{"a", 1}, time.Now().Add(time.Hour), nil)
		var order []string // only who has the turn writes
		for range 3 {
			go func() {
				turns.take(context.Background(), line{"a", 1}, time.Now().Add(time.Hour), nil)
				order = append(order, "new")
				turns.give()
			}()
		}
		synctest.Wait()
		away := make(chan struct{})
		turns.take(context.Background(), line{"a", 1}, time.Now(), nil) // does not come: nothing is lost by it
		go func() {
			turns.Return()
			order = append(order, "back")
			turns.Leave()
			close(away)
		}()
		synctest.Wait()
		turns.Leave()
		<-away
		synctest.Wait()
		turns.Return()
		if got := strings.Join(order, " "); got != "back new new new" || turns.free != 0 {
			t.Errorf("%s, %d free", got, turns.free)
		}
	})
}

// Who has waited too long, or has gone, is passed over; a turn is never lost.
func TestWhoHasGoneIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		turns.take(context.Background(), line{}, time.Now().Add(time.Second), nil)
		ctx, leave := context.WithCancel(context.Background())
		answers := make(chan bool, 3)
		go func() { answers <- turns.take(ctx, line{}, time.Now().Add(time.Second), nil) }()
		go func() { answers <- turns.take(context.Background(), line{}, time.Now().Add(time.Second), nil) }()
		synctest.Wait()
		leave()
		if <-answers {
			t.Error("somebody who had gone got a turn")
		}
		if begin := time.Now(); <-answers || time.Since(begin) != time.Second {
			t.Error("somebody did not wait for a second and then leave")
		}
		go func() { answers <- turns.take(context.Background(), line{}, time.Now().Add(time.Second), nil) }()
		synctest.Wait()
		turns.give()
		if !<-answers {
			t.Error("the turn was lost on those who had gone")
		}
		turns.give()
		if turns.free != 1 || len(turns.order) != 0 {
			t.Errorf("%d free, %v", turns.free, turns.order)
		}
	})
}

// A stop sends those home who wait for something new, and lets those finish who have
// something.
func TestAStopEmptiesTheLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
		for s.lanes.work.free > 0 {
			s.lanes.work.take(context.Background(), line{}, time.Now(), nil)
		}
		var finished atomic.Int64
		done := func(http.ResponseWriter, *request) error { finished.Add(1); return nil }
		codes := make(chan int, 60)
		for range cap(codes) / 2 {
			for _, l := range []*lane{&s.lanes.acts, &s.lanes.finish} {
				go func() {
					w := httptest.NewRecorder()
					s.in(l, done).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/find", nil))
					codes <- w.Code
				}()
			}
		}
		synctest.Wait()
		s.Quit()
		synctest.Wait()
		if len(codes) != cap(codes)/2 || finished.Load() != 0 {
			t.Fatalf("%d answered at once, %d finished", len(codes), finished.Load())
		}
		for range cap(codes) / 2 {
			if code := <-codes; code != http.StatusServiceUnavailable {
				t.Errorf("status %d", code)
			}
		}
		s.lanes.work.give()
		synctest.Wait()
		if len(codes) != cap(codes)/2 || finished.Load() != int64(cap(codes)/2) {
			t.Errorf("%d answered, %d finished", len(codes), finished.Load())
		}
	})
}

// Whose turn does not come is asked to come again, not all at the same time, and
// what they typed is kept.
func TestWhoseTurnDoesNotComeIsAskedToComeAgain(t *testing.T) {
	s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
	l := &lane{name: "none", within: 10 * time.Millisecond, under: newTurns(0)}
	h := s.in(l, func(http.ResponseWriter, *request) error { t.Error("it was worked on"); return nil })
	told := map[string]bool{}
	for range 60 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/find", strings.NewReader("code=typed+already"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `value="typed already"`) {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		told[w.Header().Get("Retry-After")] = true
	}
	if len(told) < 3 || s.Late() != 60 || s.Waiting() != 0 {
		t.Errorf("told %v; %d were late, %d wait", told, s.Late(), s.Waiting())
	}
}

// Whoever does not read the answer holds no turn meanwhile, at the processor or
// under way.
func TestAnswersAreSentWithoutATurn(t *testing.T) {
	l := &lane{name: "acts", weight: 1, within: time.Second, under: newTurns(1)}
	s := &Site{lanes: newLanes()}
	s.Now = time.Now
	places := s.lanes.work.free
	h := s.in(l, func(w http.ResponseWriter, _ *request) error {
		_, err := w.Write([]byte("x"))
		return err
	})
	w := &slowReader{ResponseRecorder: httptest.NewRecorder(), begun: func() {
		if l.under.free != 1 || s.lanes.work.free != places {
			t.Errorf("while an answer is sent %d of 1 and %d of %d turns are free", l.under.free, s.lanes.work.free, places)
		}
	}}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Body.String() != "x" {
		t.Errorf("answer: %q", w.Body)
	}
}

// slowReader tells when the first byte would be sent.
type slowReader struct {
	*httptest.ResponseRecorder
	begun func()
}

// Write is the moment at which somebody who does not read would keep us.
func (s *slowReader) Write(p []byte) (int, error) {
	s.begun()
	return s.ResponseRecorder.Write(p)
}

// The lag is the longest time that somebody who waits for their number stood here of late.
func TestLagIsTheLongestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people, answer = 4, time.Second - time.Millisecond
		s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
		s.lanes.work = newTurns(1)
		slow := func(w http.ResponseWriter, _ *request) error {
			time.Sleep(answer)
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		ask := func(l *lane) {
			s.in(l, slow).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/find", nil))
		}
		var wg sync.WaitGroup
		for range people {
			wg.Go(func() { ask(&s.lanes.looks) })
		}
		wg.Wait()
		if lag := s.Lag(); lag != 0 {
			t.Errorf("lag %v of people who wait for no number", lag)
		}
		for range people {
			wg.Go(func() { ask(&s.lanes.waits) })
		}
		wg.Wait()
		if lag := s.Lag(); lag != (people-1)*answer {
			t.Errorf("lag %v, want %v", lag, (people-1)*answer)
		}
		time.Sleep(lagSpan)
		if lag := s.Lag(); lag != 0 {
			t.Errorf("lag %v of people who are gone", lag)
		}
	})
}

// Whoever goes away by themselves, however many do, says nothing of the line: its pace stays
// unmeasured, nobody is told a later moment for it, and nobody is late.
func TestWhoLeavesSaysNothingOfTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const leave = 200
		s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
		s.lanes.work = newTurns(0)
		h := s.in(&s.lanes.waits, func(http.ResponseWriter, *request) error { return nil })
		ctx, goAway := context.WithCancel(context.Background())
		var people sync.WaitGroup
		for range leave {
			people.Go(func() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/find", nil).WithContext(ctx))
			})
		}
		time.Sleep(3 * time.Second)
		if lag := s.Lag(); lag != 3*time.Second { // while they stand there, nobody is answered
			t.Errorf("lag %v", lag)
		}
		goAway()
		people.Wait()
		time.Sleep(2 * time.Second)
		name := s.lanes.waits.line("").name
		pace, waited := s.lanes.backlogs.measured(name, time.Now())
		if l := s.lanes.backlogs.lines[name]; waited || pace != paceAssumed || l.standing != 0 || !l.next.IsZero() || s.Late() != 0 || s.Lag() != 0 {
			t.Errorf("pace %v, waited %v, %d stand there, next %v, %d late, lag %v", pace, waited, l.standing, l.next, s.Late(), s.Lag())
		}
	})
}
