package committer_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"
)

// TestOpenCartsAreNeverBusy: 1,000 people have a place in a cart; then the public's lane is
// full, so that everybody who wants something new is told busy. Every cart is confirmed or
// gets its extra time, in the batches before the crowd's; none is lost.
func TestOpenCartsAreNeverBusy(t *testing.T) {
	const carts = 1_000
	batches, last := 0, 0 // owned by Run until it has ended
	h := newHouse(t, 1, carts+laneOfSale, committer.Options{})
	open := h.openCarts(carts, committer.Options{OnSaved: func(c *inventory.Changes) {
		batches++
		for i := range c.Audit {
			if c.Audit[i].Verb != inventory.VerbHold {
				last = batches
			}
		}
	}})
	var group sync.WaitGroup
	h.submitAll(&group, h.holds(0, laneOfSale), func(int, inventory.Decision, error) {})
	h.waitFor(laneOfSale)
	if _, err := h.Submit(context.Background(), h.hold(0)); fault.KindOf(err) != fault.Busy {
		t.Fatalf("the lane is not full: %v", err)
	}
	cmds := make([]inventory.Command, carts)
	for i, id := range open {
		cmds[i] = inventory.Command{Sale: h.sales[0].ID, Role: inventory.RolePublic, Channel: catalog.Online, Arrived: now, Action: inventory.Confirm{Booking: id, Code: h.code(), Contact: catalog.Contact{Kind: catalog.ContactNone}}}
		if i%2 == 0 {
			cmds[i].Action = inventory.Extend{Booking: id, By: time.Minute}
		}
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	if _, err := h.Submit(gone, inventory.Command{Sale: h.sales[0].ID, Arrived: now, Action: inventory.Confirm{Booking: ident.BookingID{ID: h.id()}}}); fault.KindOf(err) == fault.Busy {
		t.Fatalf("who finishes is busy: %v", err)
	}
	var granted atomic.Int64
	h.submitAll(&group, cmds, func(i int, d inventory.Decision, err error) {
		if err != nil || !d.OK() {
			t.Errorf("cart %d: %+v %v", i, d, err)
			return
		}
		granted.Add(1)
	})
	h.waitFor(laneOfSale + carts + 1)
	finish := h.run()
	group.Wait()
	finish()
	t.Logf("%d carts finished within %d of %d batches", granted.Load(), last, batches)
	if granted.Load() != carts || last > carts/committer.BatchMax+1 || batches < laneOfSale/committer.BatchMax {
		t.Errorf("%d of %d carts finished, the last in batch %d of %d", granted.Load(), carts, last, batches)
	}
}

// openCarts lets so many people hold a place, and gives the house the committer of a new
// start, which does not run yet.
func (h *house) openCarts(n int, o committer.Options) (open []ident.BookingID) {
	h.t.Helper()
	cmds := h.holds(0, n)
	for _, c := range cmds {
		open = append(open, c.Action.(inventory.Hold).Booking)
	}
	finish := h.run()
	var group sync.WaitGroup
	h.submitAll(&group, cmds, func(i int, d inventory.Decision, err error) {
		if err != nil || !d.OK() {
			h.t.Errorf("cart %d: %+v %v", i, d, err)
		}
	})
	group.Wait()
	finish()
	h.restart(o)
	return open
}

// code is a code that is read aloud.
func (h *house) code() ident.Code {
	c, err := ident.NewCode(h.names)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// restart gives the house a new committer.
func (h *house) restart(o committer.Options) {
	o.Now, o.Log = func() time.Time { return now }, slog.New(slog.DiscardHandler)
	o.Uncertain = func(err error) { h.t.Errorf("the end of the process: %v", err) }
	h.Committer = committer.New(h.store, o)
}

// actsOfSale is how many acts of one room may wait (see rooms.go).
const actsOfSale = 1 << 14

// TestRoomsTakeTurns: as many people as may wait draw a number of one sale. Whoever draws
// one of another sale is in the next batch, and is not told busy because of them.
func TestRoomsTakeTurns(t *testing.T) {
	const storm, calm = 0, 1 // the two sales
	h := newHouse(t, 2, 10, committer.Options{})
	finish := h.run()
	for i := range h.sales {
		if out, err := h.Act(context.Background(), waitingroom.Act{Sale: h.sales[i].ID, Do: waitingroom.Open{Version: 1}}); err != nil || out.Reason != waitingroom.Granted {
			t.Fatal(out, err)
		}
	}
	finish()
	batches, calmIn, joined := 0, 0, 0 // owned by Run until it has ended
	h.restart(committer.Options{OnRooms: func(c *waitingroom.Changes) {
		batches++
		joined += len(c.Joined)
		for i := range c.Joined {
			if c.Joined[i].Sale == h.sales[calm].ID {
				calmIn = batches
			}
		}
	}})
	gone, leave := context.WithCancel(context.Background())
	leave() // what is queued is carried out all the same
	for i := range actsOfSale {
		if _, err := h.Act(gone, h.join(storm, i)); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("act %d: %v", i, err)
		}
	}
	if _, err := h.Act(gone, h.join(storm, actsOfSale)); fault.KindOf(err) != fault.Busy {
		t.Errorf("one more than may wait: %v, want Busy", err)
	}
	if _, err := h.Act(gone, h.join(calm, 0)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the other sale: %v", err)
	}
	h.run()()
	t.Logf("the other sale's number was drawn in batch %d of %d", calmIn, batches)
	if calmIn != 1 || batches < actsOfSale/committer.BatchMax || joined != actsOfSale+1 {
		t.Errorf("the other sale's number was drawn in batch %d of %d, want 1; %d joined", calmIn, batches, joined)
	}
}

// join draws the n-th number of a sale.
func (h *house) join(sale, n int) waitingroom.Act {
	var name [8]byte
	binary.BigEndian.PutUint64(name[:], uint64(n)+1)
	j := waitingroom.Join{Owner: ident.DigestOf(name[:]), Size: 1, Channel: catalog.Online}
	copy(j.Alias[:], name[:])
	return waitingroom.Act{Sale: h.sales[sale].ID, Do: j}
}

// TestClerksComeBeforeTheCrowd: the public's lane is full and a clerk asks for something:
// it is in the next batch.
func TestClerksComeBeforeTheCrowd(t *testing.T) {
	const clerks = 100
	var batches, lastClerk atomic.Int64
	h := newHouse(t, 1, laneOfSale, committer.Options{OnSaved: func(c *inventory.Changes) {
		n := batches.Add(1)
		for i := range c.Audit {
			if c.Audit[i].Role == inventory.RoleClerk {
				lastClerk.Store(n)
			}
		}
	}})
	var group sync.WaitGroup
	granted := func(i int, d inventory.Decision, err error) {
		if err != nil || !d.OK() {
			t.Errorf("command %d: %+v, %v", i, d, err)
		}
	}
	h.submitAll(&group, h.holds(0, laneOfSale-clerks), granted)
	h.waitFor(laneOfSale - clerks)
	cmds := h.holds(0, clerks)
	for i := range cmds {
		cmds[i].Role = inventory.RoleClerk
	}
	h.submitAll(&group, cmds, granted)
	h.waitFor(laneOfSale)
	finish := h.run()
	group.Wait()
	finish()
	t.Logf("%d clerks were served in batch %d of %d", clerks, lastClerk.Load(), batches.Load())
	if lastClerk.Load() != 1 || batches.Load() < laneOfSale/committer.BatchMax {
		t.Errorf("the last of %d clerks was in batch %d of %d, want 1", clerks, lastClerk.Load(), batches.Load())
	}
}
