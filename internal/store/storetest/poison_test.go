package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store/storetest/faultvfs"
)

// TestPoison puts commands that the database refuses among 500 good ones: they
// alone fail, however the batch must be halved to find them.
func TestPoison(t *testing.T) {
	for _, c := range []struct {
		name                     string
		bad                      []int // places in the batch
		halvingsMin, halvingsMax int64
	}{
		{"none", nil, 0, 0},
		{"first", []int{0}, 8, 9}, // 2⁸ < 500 ≤ 2⁹
		{"middle", []int{271}, 8, 9},
		{"last", []int{499}, 8, 9},
		{"three", []int{3, 250, 251}, 16, 27},
	} {
		t.Run(c.name, func(t *testing.T) {
			halvings := poison(t, c.bad)
			t.Logf("%d of %d commands refused by the database, %d granted, %d halvings", len(c.bad), committer.BatchMax, committer.BatchMax-len(c.bad), halvings)
			if halvings < c.halvingsMin || halvings > c.halvingsMax {
				t.Errorf("%d halvings, want %d to %d", halvings, c.halvingsMin, c.halvingsMax)
			}
		})
	}
}

// poison gathers one full batch with bad commands at the places given, runs it
// and returns how often it was halved.
func poison(t *testing.T, bad []int) int64 {
	w := newWorld(t, uint64(1+len(bad)), faultvfs.Model{})
	taken := w.takenName(t)
	p, err := w.load()
	if err != nil {
		t.Fatal(err)
	}
	cmds := w.poisoned(bad, taken)
	outcomes := make([]error, len(cmds))
	var group sync.WaitGroup
	for i := range cmds { // one after the other, so that places in the batch are known
		group.Go(func() { outcomes[i] = granted(p, cmds[i]) })
		for p.committer.Stats().Waiting <= i {
			time.Sleep(10 * time.Microsecond)
		}
	}
	p.run(t)
	group.Wait()
	for i, err := range outcomes {
		isBad := cmds[i].Action.(inventory.Hold).Booking == taken
		switch {
		case isBad && (err == nil || fault.KindOf(err) != fault.Internal):
			t.Errorf("command %d, which the database refuses: %v, want Internal", i, err)
		case !isBad && err != nil:
			t.Errorf("command %d: %v", i, err)
		}
	}
	v, err := p.store.Verify(bg)
	if err != nil || len(v.Differences) > 0 || v.Bookings != 1+len(cmds)-len(bad) {
		t.Errorf("verify: %+v, %v", v, err)
	}
	halvings := p.committer.Stats().Halvings
	if err := errors.Join(p.stop(), w.leave()); err != nil {
		t.Error(err)
	}
	return halvings
}

func granted(p *process, cmd inventory.Command) error {
	d, err := p.committer.Submit(p.ctx, cmd)
	if err == nil && !d.OK() {
		err = fault.New(fault.Conflict, "refused: %s", d.Reason)
	}
	return err
}

// takenName founds the world, lets one process live in it, and returns the name of a booking that is in it.
func (w *world) takenName(t *testing.T) ident.BookingID {
	p, err := w.load()
	if err == nil {
		err = w.found(p.store)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.run(t)
	o := w.newOwner()
	h := o.hold(ident.BookingID{}, o.person())
	h.Until = now.Add(time.Minute)
	seat := inventory.LazyPool(w.secret, inventory.KindSeat, "sale", "1") // leaves every slot as it is
	h.Lines = []inventory.LineRequest{{Candidates: []inventory.Candidate{{Slot: w.slots[0], Draws: []inventory.Draw{{Pool: seat, Units: 1, Lazy: 1}}}}}}
	if err := errors.Join(granted(p, o.command(h)), p.stop()); err != nil {
		t.Fatal(err)
	}
	return h.Booking
}

// poisoned returns a batch of holds of one place each, the bad ones under a name
// that is taken. A name is drawn from 128 random bits and therefore not looked up;
// the table's primary key refuses it. (Where such a command comes from: a mistake
// of ours.)
func (w *world) poisoned(bad []int, taken ident.BookingID) []inventory.Command {
	o := w.newOwner()
	cmds := make([]inventory.Command, committer.BatchMax)
	for i := range cmds {
		h := o.hold(ident.BookingID{}, inventory.LazyPool(w.secret, inventory.KindPerson, "sale", o.id().String()))
		h.Until = now.Add(time.Minute)
		h.Lines, h.People = h.Lines[:1], h.People[:1]
		slot := w.slots[i%len(w.slots)]
		draws := []inventory.Draw{{Pool: inventory.Allotment(slot, catalog.Online), Units: 1}}
		if i/len(w.slots) >= onlinePlaces {
			draws[0].Pool = inventory.Allotment(slot, catalog.Phone)
		}
		h.Lines[0] = inventory.LineRequest{Candidates: []inventory.Candidate{{Slot: slot, Draws: draws}}}
		cmds[i] = o.command(h)
	}
	for _, i := range bad {
		h := cmds[i].Action.(inventory.Hold)
		h.Booking = taken
		cmds[i].Action = h
	}
	return cmds
}

// TestNobodyIsAnsweredAfterTheEnd: when a commit's outcome is unknown, none of
// those who wait in its batch or behind it is told anything.
func TestNobodyIsAnsweredAfterTheEnd(t *testing.T) {
	const people = 3 * committer.BatchMax / 5
	w := newWorld(t, 1, faultvfs.Model{})
	p, err := w.load()
	if err == nil {
		err = w.found(p.store)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.plan(faultvfs.Plan{Fault: faultvfs.IOError, On: faultvfs.OpSync, File: databaseFile + "-wal", At: 1})
	o := w.newOwner()
	var answered atomic.Int64
	var group sync.WaitGroup
	for range people {
		cmd := o.command(o.hold(ident.BookingID{}, o.person()))
		group.Go(func() {
			if _, err := p.committer.Submit(p.ctx, cmd); !errors.Is(err, context.Canceled) {
				answered.Add(1)
			}
		})
	}
	for p.committer.Stats().Waiting < people {
		time.Sleep(time.Millisecond)
	}
	p.run(t)
	group.Wait()
	if !p.died.Load() || answered.Load() > 0 {
		t.Errorf("died %v, %d of %d answered", p.died.Load(), answered.Load(), people)
	}
	w.disk.Cut()
	_ = p.stop() // what is left of it
	if err := w.leave(); err != nil {
		t.Error(err)
	}
}
