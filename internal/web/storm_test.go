//go:build !race

// Thousands of people with timers in a bubble of virtual time make the race detector of
// Go 1.26.8 itself crash, one run in six (SIGSEGV in __tsan::SlotLock). The lanes are
// tested under it with fewer: lanes_test.go.

package web

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What a storm in virtual time is made of: the rated pace is turns ÷ one answer, 100 a
// second, and the storm is as many people as that serves in forty seconds, five times what
// waits in a line before it is asked to come again.
const (
	stormTurns  = 4
	stormAnswer = 40 * time.Millisecond
	stormRated  = int(time.Second/stormAnswer) * stormTurns
	stormPeople = 40 * stormRated
	// stormSoon is when the rated pace must be reached again.
	stormSoon = 10
)

// stormLine is a line of people who look, served at the rated pace.
func stormLine() http.Handler {
	s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
	s.lanes.work = newTurns(stormTurns)
	return s.in(&s.lanes.looks, func(w http.ResponseWriter, _ *request) error {
		time.Sleep(stormAnswer)
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// TestRatedPaceSoonAfterAnOutage: the server was away for a minute, then everybody asks at
// once, ten times as many as may stand in a line once its pace is known. Whoever is asked to come again does so when the
// answer says. From ten seconds on until the last one is served nothing is lost of the
// rated pace: nobody who has gone is worked on, and they do not all come back together: each
// is asked to come again one and a half times at most, in the mean.
func TestRatedPaceSoonAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := stormLine()
		time.Sleep(time.Minute) // away
		began := time.Now()
		var mu sync.Mutex
		var people sync.WaitGroup
		served, again := map[int]int{}, 0
		for range stormPeople {
			people.Go(func() {
				for time.Since(began) < 10*time.Minute {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/find", nil))
					mu.Lock()
					if w.Code == http.StatusNoContent {
						served[int(time.Since(began)/time.Second)]++
						mu.Unlock()
						return
					}
					again++
					mu.Unlock()
					seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
					if err != nil {
						t.Errorf("status %d says no time to come again", w.Code)
						return
					}
					time.Sleep(time.Duration(seconds) * time.Second)
				}
			})
		}
		people.Wait()
		judgeStorm(t, served, again)
	})
}

// judgeStorm holds every second after the tenth against the rated pace, but for the end,
// when fewer are left than are served in the time that they are asked to stay away.
func judgeStorm(t *testing.T, served map[int]int, again int) {
	t.Helper()
	total, judged := 0, 0
	for second := 0; total < stormPeople && second < 600; second++ {
		if left := stormPeople - total; second >= stormSoon && left > (retryMin+retrySpread)*stormRated {
			if judged++; served[second] < stormRated*95/100 {
				t.Errorf("second %d: %d served, rated %d", second, served[second], stormRated)
			}
		}
		total += served[second]
	}
	if total != stormPeople || judged < 15 || again < stormPeople/2 || again > stormPeople*3/2 {
		t.Errorf("%d of %d served, %d seconds judged, %d asked to come again", total, stormPeople, judged, again)
	}
	t.Logf("%d served at %d a second, %d times somebody was asked to come again, %d seconds judged", total, stormRated, again, judged)
}

// TestWhoseTurnIsFarHearsItSoon: a line is busy for five seconds, so that its pace is known,
// then as many people as it serves in forty seconds come at once, and come again when they are
// told. Whoever is asked to come again hears it within two seconds (promise P11), hardly
// anybody more than twice, and the line loses nothing of its pace.
func TestWhoseTurnIsFarHearsItSoon(t *testing.T) {
	const heard, busy, often = 2 * time.Second, 5, 1.5
	synctest.Test(t, func(t *testing.T) {
		h := stormLine()
		ask := func() (code, again int) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/find", nil))
			again, _ = strconv.Atoi(w.Header().Get("Retry-After")) // 0: it says none, and is judged as told nothing
			return w.Code, again
		}
		var people sync.WaitGroup
		for range busy * stormRated {
			people.Go(func() { ask() })
		}
		time.Sleep(busy * time.Second)
		began := time.Now()
		var asked, late, longest atomic.Int64
		for range stormPeople {
			people.Go(func() {
				for {
					came := time.Now()
					code, again := ask()
					if code == http.StatusNoContent {
						return
					}
					asked.Add(1)
					if took := time.Since(came); took > heard || again == 0 {
						late.Add(1)
						longest.Store(max(longest.Load(), int64(took)))
					}
					time.Sleep(time.Duration(again) * time.Second)
				}
			})
		}
		people.Wait()
		took, mean := time.Since(began), float64(asked.Load())/float64(stormPeople)
		t.Logf("%d served in %v at %d a second; asked to come again %.2f times each", stormPeople, took, stormRated, mean)
		if late.Load() > 0 || mean < 0.5 || mean > often || took > time.Duration(stormPeople/stormRated)*time.Second*5/4 {
			t.Errorf("%d heard it late, after up to %v; %.2f times each; %v for all", late.Load(), time.Duration(longest.Load()), mean, took)
		}
	})
}

// TestClerksWaitForNoTurn: every turn of the public is taken and a thousand people wait for
// one. The staff's pages, their login and their forms are answered meanwhile.
func TestClerksWaitForNoTurn(t *testing.T) {
	const crowd, clicks = 1_000, 100
	synctest.Test(t, func(t *testing.T) {
		s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
		s.lanes.work = newTurns(0)
		var people sync.WaitGroup
		public := s.in(&s.lanes.looks, func(http.ResponseWriter, *request) error { return nil })
		for range crowd {
			people.Go(func() { public.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/find", nil)) })
		}
		synctest.Wait()
		if s.Waiting() != crowd {
			t.Fatalf("%d wait", s.Waiting())
		}
		answered := 0
		clerk := s.staffHandle(staffRoute{open: true, do: func(w http.ResponseWriter, _ *deskRequest) error {
			answered++
			w.WriteHeader(http.StatusNoContent)
			return nil
		}})
		for i := range clicks {
			began, w := time.Now(), httptest.NewRecorder()
			method := []string{http.MethodGet, http.MethodPost}[i%2]
			clerk.ServeHTTP(w, httptest.NewRequest(method, "/login", strings.NewReader("")))
			if took := time.Since(began); w.Code != http.StatusNoContent || took > 0 {
				t.Fatalf("click %d: status %d after %v", i, w.Code, took)
			}
		}
		if answered != clicks {
			t.Errorf("%d of %d answered", answered, clicks)
		}
		people.Wait()
	})
}

// TestCartsAreFinishedInAStorm: 2,000 people want something new and come again at once,
// whatever they are told, for a minute. Meanwhile 200 others confirm what lies in their
// cart, one every quarter of a second. Every one is answered; nobody is asked to come again.
func TestCartsAreFinishedInAStorm(t *testing.T) {
	const newcomers, carts = 2_000, 200
	synctest.Test(t, func(t *testing.T) {
		s := &Site{lanes: newLanes(), Options: Options{Now: time.Now}}
		s.lanes.work = newTurns(stormTurns)
		work := func(w http.ResponseWriter, _ *request) error {
			time.Sleep(stormAnswer)
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		acts, finish := s.in(&s.lanes.acts, work), s.in(&s.lanes.finish, work)
		ask := func(h http.Handler) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/find", strings.NewReader("")))
			return w.Code
		}
		began, over := time.Now(), time.Minute
		var people sync.WaitGroup
		var asked, lost atomic.Int64
		for range newcomers {
			people.Go(func() {
				for time.Since(began) < over {
					asked.Add(1)
					ask(acts)
					time.Sleep(time.Millisecond) // rude, and no faster than the way to us
				}
			})
		}
		for i := range carts {
			people.Go(func() {
				time.Sleep(time.Second + time.Duration(i)*time.Second/4)
				if code := ask(finish); code != http.StatusNoContent {
					lost.Add(1)
				}
			})
		}
		people.Wait()
		t.Logf("%d requests for something new; %d of %d carts were not finished", asked.Load(), lost.Load(), carts)
		if lost.Load() > 0 || asked.Load() < 3*newcomers {
			t.Errorf("%d of %d carts were not finished beside %d requests", lost.Load(), carts, asked.Load())
		}
	})
}
