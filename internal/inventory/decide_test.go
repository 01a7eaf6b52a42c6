package inventory

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

var (
	nine = Allotment(1, catalog.Online)
	ten  = Allotment(2, catalog.Online)
)

func TestHoldUntilSoldOutAndTheWordsForIt(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 2, false)
	until := opens.Add(15 * time.Minute)
	want := func(d Decision, r Reason) {
		t.Helper()
		if d.Reason != r {
			t.Fatalf("reason %q, want %q", d.Reason, r)
		}
	}
	want(m.run(t, opens, public(1, opens, holdOf(1, until, 1, nine)))[0], Granted)
	want(m.run(t, opens, public(2, opens, holdOf(2, until, 2, nine)))[0], TooFew)
	want(m.run(t, opens, public(3, opens, holdOf(3, until, 1, nine)))[0], Granted)
	want(m.run(t, opens, public(4, opens, holdOf(4, until, 1, nine)))[0], FullyHeld)
	want(m.run(t, opens, public(5, opens, Confirm{Booking: bookingN(1)}))[0], Granted)
	want(m.run(t, opens, public(6, opens, Confirm{Booking: bookingN(3)}))[0], Granted)
	want(m.run(t, opens, public(7, opens, holdOf(7, until, 1, nine)))[0], SoldOut)
	m.check(t)
}

func TestWindowIsJudgedByArrival(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	until := opens.Add(time.Hour)
	closes := m.sales[0].Closes
	for i, c := range []struct {
		arrived time.Time
		want    Reason
	}{
		{opens.Add(-time.Millisecond), TooEarly},
		{opens.Add(-time.Nanosecond), TooEarly},
		{opens, Granted},
		{closes.Add(-time.Nanosecond), Granted},
		{closes, TooLate},
	} {
		d := m.run(t, opens.Add(48*time.Hour), public(i, c.arrived, holdOf(i, until, 1, nine)))[0]
		if d.Reason != c.want {
			t.Errorf("arrived %s: %q, want %q", c.arrived, d.Reason, c.want)
		}
	}
}

func TestConfirmIsJudgedByArrivalAndBeatsExpire(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 3, false)
	until := opens.Add(time.Minute)
	for i := range 3 {
		m.run(t, opens, public(i, opens, holdOf(i, until, 1, nine)))
	}
	late := until.Add(2 * time.Second)
	out := m.run(t, late,
		Command{Sale: testSale, Role: RoleSystem, Action: Expire{bookingN(0)}},
		public(10, until, Confirm{Booking: bookingN(0)}),                      // waited in our queue
		public(11, until.Add(time.Nanosecond), Confirm{Booking: bookingN(1)}), // came too late
	)
	for i, want := range []Reason{HoldEnded, Granted, HoldEnded} {
		if out[i].Reason != want {
			t.Errorf("command %d: %q, want %q", i, out[i].Reason, want)
		}
	}
	early := m.run(t, until.Add(ExpireGrace-time.Nanosecond), Command{Sale: testSale, Role: RoleSystem, Action: Expire{bookingN(2)}})
	if early[0].OK() {
		t.Error("expired before the grace was over")
	}
	m.check(t)
}

func TestKeysRepeatTheFirstAnswer(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 1, false)
	until := opens.Add(time.Minute)
	first := public(1, opens, holdOf(1, until, 1, nine))
	again := public(1, opens, holdOf(2, until, 1, nine)) // a retry draws a new name
	other := again
	other.Content = ident.Digest{9}
	if d := m.run(t, opens, first)[0]; !d.OK() || d.Repeated {
		t.Fatalf("first: %+v", d)
	}
	for range 3 {
		d := m.run(t, opens, again)[0]
		if !d.OK() || !d.Repeated || d.Booking != bookingN(1) {
			t.Fatalf("again: %+v", d)
		}
	}
	if d := m.run(t, opens, other)[0]; d.Reason != KeyReused {
		t.Fatalf("other content: %+v", d)
	}
	both := m.run(t, opens, public(5, opens, holdOf(5, until, 1, ten)), public(6, opens, Confirm{Booking: bookingN(1)}), public(6, opens, Confirm{Booking: bookingN(1)}))
	if both[0].Reason != NoSuchThing || !both[1].OK() || !both[2].Repeated {
		t.Fatalf("twice in one batch: %+v", both)
	}
}

func TestPassIsSpentOnceAndTellsTheCart(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	until := opens.Add(time.Minute)
	pass := Draw{Pool: passN(1), Units: 1, Lazy: 1, Spent: true}
	m.run(t, opens, public(1, opens, withShared(holdOf(1, until, 1, nine), pass)))
	d := m.run(t, opens, public(2, opens, withShared(holdOf(2, until, 1, nine), pass)))[0]
	if d.Reason != PassSpent || d.Holder != bookingN(1) {
		t.Fatalf("second use: %+v", d)
	}
	m.run(t, opens, public(3, opens, Release{bookingN(1)}))
	if d := m.run(t, opens, public(4, opens, withShared(holdOf(4, until, 1, nine), pass)))[0]; d.Reason != PassSpent {
		t.Fatalf("after release: %+v", d)
	}
	m.check(t)
}

func TestOnePersonOnePlace(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	until := opens.Add(time.Minute)
	me := Draw{Pool: personN(1), Units: 1, Lazy: 1}
	m.run(t, opens, public(1, opens, withShared(holdOf(1, until, 1, nine), me)))
	if d := m.run(t, opens, public(2, opens, withShared(holdOf(2, until, 1, nine), me)))[0]; d.Reason != HasOne || d.Holder != bookingN(1) {
		t.Fatalf("second: %+v", d)
	}
	m.run(t, opens, public(3, opens, Release{bookingN(1)}))
	if d := m.run(t, opens, public(4, opens, withShared(holdOf(4, until, 1, nine), me)))[0]; !d.OK() {
		t.Fatalf("after giving back: %+v", d)
	}
	if n := m.pools[nine].Held; n != 1 {
		t.Fatalf("%d held, want 1", n)
	}
	m.check(t)
}

func TestLinesAloneLinkedAndWithCandidates(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 1, false)
	m.addPool(ten, 1, false)
	until := opens.Add(time.Minute)
	m.run(t, opens, public(1, opens, holdOf(1, until, 1, nine)))

	alone := m.run(t, opens, public(2, opens, holdOf(2, until, 1, nine, ten)))[0]
	if !alone.OK() || len(alone.Lines) != 2 || alone.Lines[0].Reason != FullyHeld || alone.Lines[1].Reason != Granted {
		t.Fatalf("independent lines: %+v", alone)
	}
	m.run(t, opens, public(3, opens, Release{bookingN(2)}))

	linked := holdOf(4, until, 1, ten, nine)
	linked.Lines[0].Link, linked.Lines[1].Link = 7, 7
	if d := m.run(t, opens, public(4, opens, linked))[0]; d.Reason != FullyHeld {
		t.Fatalf("linked lines: %+v", d)
	}
	if f := m.pools[ten].Free(); f != 1 {
		t.Fatalf("a refused link kept %d units", 1-f)
	}

	choice := Hold{Booking: bookingN(5), Until: until, Lines: []LineRequest{{Candidates: []Candidate{
		{Slot: 1, Draws: []Draw{{Pool: ten, Units: 1}, {Pool: nine, Units: 1}}},
		{Slot: 2, Draws: []Draw{{Pool: ten, Units: 1}}},
	}}}}
	d := m.run(t, opens, public(5, opens, choice))[0]
	if !d.OK() || len(d.Lines) != 1 || d.Lines[0].Candidate != 1 {
		t.Fatalf("second candidate: %+v", d)
	}
	m.check(t)
}

func TestCapacityBelowSoldIsOverAndNothingIsResold(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 3, false)
	until := opens.Add(time.Hour)
	for i := range 3 {
		m.run(t, opens, public(i, opens, holdOf(i, until, 1, nine)), public(10+i, opens, Confirm{Booking: bookingN(i)}))
		m.run(t, opens, public(20+i, opens, Confirm{Booking: bookingN(i)}))
	}
	m.run(t, opens, Command{Sale: testSale, Role: RoleOrganizer, Action: SetCapacity{Pool: nine, Wanted: 1}})
	if p := m.pools[nine]; p.Over() != 2 || p.Free() != 0 {
		t.Fatalf("over %d free %d", p.Over(), p.Free())
	}
	for i, wantOver := range []int{1, 0, 0} {
		m.run(t, opens, public(30+i, opens, Cancel{Booking: bookingN(i)}))
		if p := m.pools[nine]; p.Over() != wantOver || p.Free() != max(0, i-1) {
			t.Fatalf("after %d cancellations: over %d free %d", i+1, p.Over(), p.Free())
		}
	}
	m.check(t)
}

func TestFreedPlacesGoToReturnedAndMoveKeepsTheSum(t *testing.T) {
	m := newMemory()
	phone, back := Allotment(1, catalog.Phone), Returned(1)
	m.addPool(nine, 4, true)
	m.addPool(phone, 2, true)
	m.addPool(back, 0, false)
	until := opens.Add(time.Hour)
	m.run(t, opens, public(1, opens, holdOf(1, until, 3, nine)))
	m.run(t, opens, public(2, opens, Confirm{Booking: bookingN(1)}))
	m.run(t, opens, public(3, opens, Cancel{Booking: bookingN(1)}))
	if m.pools[nine].Capacity != 1 || m.pools[back].Free() != 3 {
		t.Fatalf("online %+v returned %+v", m.pools[nine], m.pools[back])
	}
	d := m.run(t, opens, Command{Key: keyN(9), Sale: testSale, Role: RoleSystem, Action: Move{From: back, To: phone}})[0]
	if d.Units != 3 || m.pools[phone].Free() != 5 {
		t.Fatalf("moved %d, phone %+v", d.Units, m.pools[phone])
	}
	if d := m.run(t, opens, Command{Key: keyN(10), Sale: testSale, Role: RoleSystem, Action: Move{From: back, To: phone}})[0]; d.Reason != NothingFree {
		t.Fatalf("empty move: %+v", d)
	}
	sum := m.pools[nine].Wanted + m.pools[phone].Wanted + m.pools[back].Wanted
	if sum != 6 {
		t.Fatalf("the slot has %d places, want 6", sum)
	}
	m.check(t)
}

func TestRebookingNetsSharedPools(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 1, false)
	m.addPool(ten, 1, false)
	until := opens.Add(time.Hour)
	me := Draw{Pool: personN(1), Units: 1, Lazy: 1}
	m.run(t, opens, public(1, opens, withShared(holdOf(1, until, 1, nine), me)))
	m.run(t, opens, public(2, opens, Confirm{Booking: bookingN(1)}))
	swap := withShared(holdOf(2, until, 1, ten), me)
	swap.Replaces = bookingN(1)
	if d := m.run(t, opens, public(3, opens, swap))[0]; !d.OK() {
		t.Fatalf("swap: %+v", d)
	}
	second := swap
	second.Booking = bookingN(3)
	if d := m.run(t, opens, public(4, opens, second))[0]; d.Reason != BeingRebooked {
		t.Fatalf("two swaps at once: %+v", d)
	}
	if m.pools[nine].Booked != 1 || m.pools[ten].Held != 1 || m.pools[me.Pool].Booked != 1 {
		t.Fatal("the old place must stay until the new one is confirmed")
	}
	m.check(t)
	m.run(t, opens, public(5, opens, Confirm{Booking: bookingN(2)}))
	if m.pools[nine].Booked != 0 || m.pools[ten].Booked != 1 || m.bookings[bookingN(1)].State != Rebooked {
		t.Fatal("confirm must swap both")
	}
	m.check(t)
	m.run(t, opens, public(6, opens, Cancel{Booking: bookingN(2)}))
	if _, ok := m.pools[me.Pool]; ok {
		t.Fatal("the person's pool must be gone")
	}
	m.check(t)
}

func TestCancelWhileBeingRebookedKeepsTheHold(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 1, false)
	m.addPool(ten, 1, false)
	until := opens.Add(time.Hour)
	me := Draw{Pool: personN(1), Units: 1, Lazy: 1}
	m.run(t, opens, public(1, opens, withShared(holdOf(1, until, 1, nine), me)))
	m.run(t, opens, public(2, opens, Confirm{Booking: bookingN(1)}))
	swap := withShared(holdOf(2, until, 1, ten), me)
	swap.Replaces = bookingN(1)
	m.run(t, opens, public(3, opens, swap))
	m.run(t, opens, public(4, opens, Cancel{Booking: bookingN(1)}))
	m.check(t)
	if m.bookings[bookingN(2)].State != Held || m.pools[me.Pool].Held != 1 || m.pools[nine].Booked != 0 {
		t.Fatalf("hold %v person %+v", m.bookings[bookingN(2)].State, m.pools[me.Pool])
	}
	if d := m.run(t, opens, public(5, opens, Confirm{Booking: bookingN(2)}))[0]; !d.OK() {
		t.Fatalf("confirm: %+v", d)
	}
	m.check(t)
}

func TestOppositeSwapsWithFullPools(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 1, false)
	m.addPool(ten, 1, false)
	until := opens.Add(time.Hour)
	m.run(t, opens, public(1, opens, holdOf(1, until, 1, nine)), public(2, opens, holdOf(2, until, 1, ten)))
	m.run(t, opens, public(3, opens, Confirm{Booking: bookingN(1)}), public(4, opens, Confirm{Booking: bookingN(2)}))
	a, b := holdOf(5, until, 1, ten), holdOf(6, until, 1, nine)
	a.Replaces, b.Replaces = bookingN(1), bookingN(2)
	for i, d := range m.run(t, opens, public(5, opens, a), public(6, opens, b)) {
		if d.Reason != SoldOut {
			t.Fatalf("swap %d: %+v; both pools are full", i, d)
		}
	}
	if m.bookings[bookingN(1)].State != Confirmed || m.bookings[bookingN(2)].State != Confirmed {
		t.Fatal("a refused swap must leave both bookings")
	}
	m.check(t)
}

func TestCheckInEverybodyThenRedeemed(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	h := holdOf(1, opens.Add(time.Hour), 2, nine)
	h.People = []catalog.Participant{{Name: "A"}, {Name: "B"}}
	m.run(t, opens, public(1, opens, h))
	m.run(t, opens, public(2, opens, Confirm{Booking: bookingN(1)}))
	steps := []struct {
		no   int
		want Reason
	}{{1, Granted}, {1, AlreadyDone}, {3, NoSuchThing}, {0, NoSuchThing}, {2, Granted}, {2, AlreadyDone}}
	for i, s := range steps {
		if d := m.run(t, opens, public(10+i, opens, CheckIn{bookingN(1), s.no}))[0]; d.Reason != s.want {
			t.Fatalf("step %d: %q, want %q", i, d.Reason, s.want)
		}
	}
	if m.bookings[bookingN(1)].State != Redeemed {
		t.Fatal("everybody has arrived")
	}
}

func TestExtendOnceStaffAgain(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	until := opens.Add(time.Minute)
	m.run(t, opens, public(1, opens, holdOf(1, until, 1, nine)))
	d := m.run(t, opens, public(2, opens, Extend{bookingN(1), time.Minute}))[0]
	if !d.OK() || !d.Expires.Equal(until.Add(time.Minute)) {
		t.Fatalf("first: %+v", d)
	}
	if d := m.run(t, opens, public(3, opens, Extend{bookingN(1), time.Minute}))[0]; d.Reason != AlreadyExtended {
		t.Fatalf("second: %+v", d)
	}
	clerk := public(4, opens, Extend{bookingN(1), time.Minute})
	clerk.Role = RoleClerk
	if d := m.run(t, opens, clerk)[0]; !d.OK() {
		t.Fatalf("clerk: %+v", d)
	}
}

func TestAddGivesAnOpenCartMoreLines(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 5, false)
	m.addPool(ten, 1, false)
	until := opens.Add(time.Minute)
	more := holdOf(1, until.Add(time.Hour), 1, ten)
	more.Add = true
	if d := m.run(t, opens, public(1, opens, more))[0]; d.Reason != NoSuchThing {
		t.Fatalf("no cart yet: %+v", d)
	}
	m.run(t, opens, public(2, opens, holdOf(1, until, 2, nine)))
	d := m.run(t, opens, public(3, opens, more))[0]
	if !d.OK() || len(m.bookings[bookingN(1)].Lines) != 2 || !d.Expires.Equal(until) {
		t.Fatalf("more: %+v", d)
	}
	if d := m.run(t, until, public(4, until.Add(time.Nanosecond), more))[0]; d.Reason != HoldEnded {
		t.Fatalf("after its time: %+v", d)
	}
	m.run(t, opens, public(5, opens, Confirm{Booking: bookingN(1)}))
	m.run(t, opens, public(6, opens, Cancel{Booking: bookingN(1), Lines: []int{1}}))
	if m.pools[nine].Booked != 0 || m.pools[ten].Booked != 1 || m.bookings[bookingN(1)].State != Confirmed {
		t.Fatal("one line given back must leave the other")
	}
	m.check(t)
}

func TestNobodyCanAskForLessThanOne(t *testing.T) {
	m := newMemory()
	m.addPool(nine, 2, false)
	for i, units := range []int{0, -1, -1 << 40} {
		if d := m.run(t, opens, public(i, opens, holdOf(i, opens.Add(time.Minute), units, nine)))[0]; d.OK() {
			t.Errorf("%d units: %+v", units, d)
		}
	}
	m.check(t)
}
