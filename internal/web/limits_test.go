package web

import (
	"fmt"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

func TestRecentForgetsTheOldestOnly(t *testing.T) {
	r := newRecent[int, string](3)
	for i := range 3 {
		r.put(i, fmt.Sprint(i))
	}
	r.get(0)
	r.put(1, "one")
	r.put(3, "3") // 2 was asked for longest ago
	for k, want := range map[int]string{0: "0", 1: "one", 2: "", 3: "3"} {
		if v, ok := r.get(k); v != want || ok != (want != "") {
			t.Errorf("%d: %q %v, want %q", k, v, ok, want)
		}
	}
	r.drop(0)
	r.drop(0)
	if _, ok := r.get(0); ok || r.order.Len() != 2 || len(r.byKey) != 2 {
		t.Errorf("%d in order, %d by key", r.order.Len(), len(r.byKey))
	}
}

func passOf(n int) (id ident.ID) {
	id[0], id[1], id[2] = byte(n), byte(n>>8), 1
	return id
}

// A site that has rented a /48 is one site, however many networks it has in it;
// others of the same provider are not concerned, nor is anybody over IPv4.
func TestCartsOfOneIPv6Site(t *testing.T) {
	const most = 4
	now := time.Unix(0, 0)
	o := newOpenCarts(most, func(ident.BookingID) bool { return true })
	granted := 0
	for i := range 10 * siteTimes * most {
		remote := fmt.Sprintf("[2001:db8:1:%x::%x]:999", i%500, i+1)
		w := wish{remote: remote, pass: passOf(i), lasts: time.Minute, now: now}
		asked, ok := o.take(w)
		if !ok {
			continue
		}
		granted++
		o.settle(w, asked, inventory.Decision{Booking: ident.BookingID{ID: passOf(i)}}, nil)
	}
	if granted != siteTimes*most {
		t.Errorf("one site got %d carts, want %d", granted, siteTimes*most)
	}
	for _, remote := range []string{"[2001:db8:2::1]:999", "192.0.2.1:999", "[::ffff:192.0.2.2]:999", "[fe80::1%eth0]:999"} {
		for i := range 2 * most {
			if _, got := o.take(wish{remote: remote, pass: passOf(10_000 + i), lasts: time.Minute, now: now}); got != (i < most) {
				t.Errorf("%s, cart %d: %v", remote, i, got)
			}
		}
	}
}

// What nobody knows counts as long as a hold lasts; what was refused does not.
func TestCartsOfUnknownFate(t *testing.T) {
	const most = 2
	now := time.Unix(0, 0)
	o := newOpenCarts(most, func(ident.BookingID) bool { return false })
	ask := func(n int, err error) bool {
		w := wish{remote: "192.0.2.1:1", pass: passOf(n), lasts: time.Minute, now: now}
		asked, ok := o.take(w)
		if ok {
			o.settle(w, asked, inventory.Decision{Reason: inventory.SoldOut}, err)
		}
		return ok
	}
	for n := range 10 {
		for _, err := range []error{nil, fault.BusyFor(time.Second, "full"), fault.Field("x", "y")} {
			if !ask(n, err) {
				t.Fatalf("try %d was not let through: %v", n, err)
			}
		}
	}
	gone := fault.New(fault.Unavailable, "gave up")
	for n, want := range []bool{true, true, false} {
		if got := ask(20+n, gone); got != want {
			t.Errorf("unknown %d: %v", n, got)
		}
	}
	if !ask(20, gone) {
		t.Error("the same pass may ask what became of it")
	}
	now = now.Add(time.Minute)
	if !ask(30, gone) {
		t.Error("a hold's time is over, but it counts")
	}
}

// However many carts come and go, what is kept follows what is open.
func TestEndedCartsAreForgotten(t *testing.T) {
	open := map[ident.BookingID]bool{}
	o := newOpenCarts(1_000, func(id ident.BookingID) bool { return open[id] })
	for n := range 10_000 {
		w := wish{remote: "192.0.2.1:1", pass: passOf(n), lasts: time.Minute, now: time.Unix(0, 0)}
		asked, ok := o.take(w)
		if !ok {
			t.Fatal(n)
		}
		id := ident.BookingID{ID: passOf(n)}
		open[id] = true
		o.settle(w, asked, inventory.Decision{Booking: id}, nil)
		delete(open, ident.BookingID{ID: passOf(n - 5)})
	}
	if n := len(o.at(o.shares("192.0.2.1:1")[0]).carts); n > 2*sweepMin {
		t.Errorf("%d carts are remembered, 5 are open", n)
	}
}

// Whoever floods the table of pauses makes it forget the oldest keys, and not the
// pause of an account that is being attacked at the same time.
func TestAFullTableOfPausesKeepsTheNewest(t *testing.T) {
	p, now := newPauses(), time.Unix(1_000_000, 0)
	target := pauseKey{"u kasse1", fromAnywhere}
	for range fromAnywhere.tries {
		if err := p.take(now, target); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 * pausesMax {
		if err := p.take(now, pauseKey{fmt.Sprintf("u erfunden%d", i), fromAnywhere}); err != nil {
			t.Fatal(err)
		}
		if err := p.take(now, target); err == nil {
			t.Fatalf("after %d other accounts the pause is forgotten", i)
		}
	}
	if n := len(p.seen.byKey); n > pausesMax {
		t.Errorf("%d keys are kept", n)
	}
}
