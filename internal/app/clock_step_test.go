package app

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
)

// steppedClock is a clock whose hands can be set while the time that really passes goes
// on, as an operator or a time service does it to a machine.
func steppedClock(pace float64) Clock {
	return Clock{Wall: time.Now(), Begin: time.Now(), Pace: pace, calmed: &atomic.Pointer[Clock]{}}
}

// step sets the hands; the monotonic reading stays what it is. Nothing in package time
// makes such a time, so its seconds are moved in place: 33 bits above 30 of nanoseconds.
func (c Clock) step(t *testing.T, by time.Duration, pace float64) {
	t.Helper()
	was := c.Now()
	now := was
	*(*uint64)(unsafe.Pointer(&now)) += uint64(by/time.Second) << 30 //nolint:gosec // see above
	if now.Sub(was) != 0 || now.Round(0).Sub(was.Round(0)) != by {
		t.Fatalf("the hands moved by %v, and %v passed", now.Round(0).Sub(was.Round(0)), now.Sub(was))
	}
	c.calmed.Store(&Clock{Wall: time.Now(), Begin: now, Pace: pace})
}

// What a run must have exercised.
const (
	steppedPeople = 4_000
	steppedCarts  = 8
	steppedPace   = 60 // a minute takes a second
	// steppedCalls is how many more must be called after each step: more than there are
	// places, so that those who do not come have to be given up.
	steppedCalls = 100
)

// TestTheClockIsSetDuringAQueue: while people queue the server's clock is set two hours
// forward, and later an hour back. No cart is lost by it and none lives for ever, nobody's
// number is another one, and it goes on calling.
func TestTheClockIsSetDuringAQueue(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, roomFile(t)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	clock := steppedClock(steppedPace)
	s := serve(t, db, anyPorts(), clock)
	sale := s.sales()[0].ID
	eventually(t, "the room opens", func() bool { return s.rooms.Roster(sale) != nil })
	drawNumbers(t, s, steppedPeople)
	eventually(t, "numbers are called", func() bool { return s.rooms.Roster(sale).Room().Called > 0 })
	numbers := numbersOf(t, s)
	var carts []inventory.Decision
	for i := range steppedCarts {
		carts = append(carts, holdIn(t, s, i%6))
	}
	for _, by := range []time.Duration{2 * time.Hour, -time.Hour} {
		called := s.rooms.Roster(sale).Room().Called
		clock.step(t, by, steppedPace)
		eventually(t, fmt.Sprintf("it goes on calling beyond %d after %v", called, by), func() bool { return s.rooms.Roster(sale).Room().Called > called+steppedCalls })
		for i, was := range numbers {
			if is, _ := s.rooms.Roster(sale).Number(uint32(i)); is != was {
				t.Fatalf("after %v entry %d has number %d, it had %d", by, i, is, was)
			}
		}
		open := carts[0]
		carts = carts[1:]
		if d := confirm(t, s, open.Booking); d.State != inventory.Confirmed {
			t.Errorf("after %v a cart is lost: %+v", by, d)
		}
		for _, c := range carts {
			if r, _, err := s.booking.Booking(t.Context(), c.Booking); err != nil || r.State != inventory.Held {
				t.Errorf("after %v a cart is %v %v", by, r.State, err)
			}
		}
		carts = append(carts, holdIn(t, s, 5))
	}
	clock.step(t, 0, 60*steppedPace) // an hour takes a second
	eventually(t, "every cart ends", func() bool { return heldNow(t, s, carts) == 0 })
	t.Logf("%d numbers, %d called, %d carts", len(numbers), s.rooms.Roster(sale).Room().Called, steppedCarts+2)
}

// eventually looks for something for ten seconds: ten minutes of the test's clock.
func eventually(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// drawNumbers lets so many people draw a number; none of them will come.
func drawNumbers(t *testing.T, s *Server, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := s.rooms.Join(t.Context(), onsale.Visitor{Sale: s.sales()[0], Secret: fmt.Appendf(nil, "somebody %d", i), Size: 1, Channel: catalog.Online}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func numbersOf(t *testing.T, s *Server) (out []uint32) {
	t.Helper()
	roster := s.rooms.Roster(s.sales()[0].ID)
	for no := range roster.Room().Entries {
		number, ok := roster.Number(no)
		if !ok {
			t.Fatalf("entry %d has no number", no)
		}
		out = append(out, number)
	}
	if len(out) != steppedPeople {
		t.Fatalf("%d numbers for %d people", len(out), steppedPeople)
	}
	return out
}

func heldNow(t *testing.T, s *Server, carts []inventory.Decision) (n int) {
	t.Helper()
	for _, c := range carts {
		r, _, err := s.booking.Booking(t.Context(), c.Booking)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == inventory.Held {
			n++
		}
	}
	return n
}
