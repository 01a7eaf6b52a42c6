package storetest

import (
	"errors"
	"fmt"
	"testing"

	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store/storetest/faultvfs"
	"einlass/internal/waitingroom"
)

const (
	tellCuts      = 150
	tellCutsShort = 40
	tellSpan      = 120
	askersPerLife = 8
)

// askers are what people were promised of their mails, kept outside the program.
type askers struct {
	asked, told map[uint32]bool // acknowledged, by place in the log
	owners      int
}

// TestPowerCutsWhileTelling cuts the power while people ask for a mail and are told: an
// address that was acknowledged is there, a promised mail is in the outbox once, and
// telling everybody again after every restart promises nobody a second one.
func TestPowerCutsWhileTelling(t *testing.T) {
	cuts := count(tellCutsShort, tellCuts)
	seed := uint64(number(t, seedVariable, defaultSeed))
	t.Logf("seed %d", seed)
	w := newWorld(t, seed, faultvfs.Model{})
	p, err := w.begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []waitingroom.Doing{waitingroom.Open{Version: 1, Seed: draw.Seed{1}}, waitingroom.Freeze{}, waitingroom.Draw{}} {
		if _, err := w.advance(p, do); err != nil {
			t.Fatal(err)
		}
	}
	a := &askers{asked: map[uint32]bool{}, told: map[uint32]bool{}}
	for made := range cuts {
		w.plan(faultvfs.CutAt(1 + w.rng.IntN(tellSpan)))
		a.live(w, p)
		w.disk.Cut()
		_ = p.stop() // a dead process cannot close its files in order
		if p, err = w.start(); err == nil {
			err = a.check(w, p)
		}
		if err != nil {
			t.Fatalf("after cut %d: %v", made, err)
		}
	}
	t.Logf("%d cuts, %d asked, %d told", cuts, len(a.asked), len(a.told))
	if len(a.asked) < 2*cuts || len(a.told) < cuts {
		t.Error("too little was acknowledged to prove anything")
	}
	if err := errors.Join(p.stop(), w.leave()); err != nil {
		t.Error(err)
	}
}

// live lets people join, ask and be told until the power fails.
func (a *askers) live(w *world, p *process) {
	for range askersPerLife {
		a.owners++
		owner := ident.DigestOf([]byte(fmt.Sprint("asker ", a.owners)))
		out, err := w.advance(p, waitingroom.Join{Owner: owner, Alias: draw.Alias(owner), Size: 1})
		if err != nil || out.Reason != waitingroom.Granted {
			return
		}
		no, id := out.Entry.No, ident.ID{1}
		copy(id[4:], owner[:])
		if out, err = w.advance(p, waitingroom.Remind{No: no, ID: id, Mail: "a@b.example", Lang: "de"}); err != nil || out.Reason != waitingroom.Granted {
			return
		}
		a.asked[no] = true
		if no%2 != 0 {
			continue // waits for a later life
		}
		if _, err = w.advance(p, waitingroom.Tell{Near: []waitingroom.Near{{No: no, Number: no + 1}}}); err != nil {
			return
		}
		a.told[no] = true
	}
}

// check compares the disk with what people were promised, and tells everybody again.
func (a *askers) check(w *world, p *process) error {
	found := map[uint32]waitingroom.Reminder{}
	err := p.store.EachReminder(bg, w.sale, func(r waitingroom.Reminder) error {
		found[r.No] = r
		return nil
	})
	if err != nil {
		return err
	}
	var all []waitingroom.Near
	for no := range a.asked {
		if found[no].Mail == "" || a.told[no] && found[no].Told.IsZero() {
			return fmt.Errorf("place %d was promised a mail, has %+v", no, found[no])
		}
		if !found[no].Told.IsZero() {
			all = append(all, waitingroom.Near{No: no, Number: no + 1})
		}
	}
	if _, err := w.advance(p, waitingroom.Tell{Near: all}); err != nil {
		return err
	}
	for no := range a.told {
		messages, err := p.store.MessagesAbout(bg, found[no].ID)
		if err != nil || len(messages) != 1 || messages[0].About != inventory.AboutNear {
			return fmt.Errorf("place %d has the messages %+v: %w", no, messages, err)
		}
	}
	v, err := p.store.Verify(bg)
	if err == nil && len(v.Differences) > 0 {
		err = fmt.Errorf("verify: %v", v.Differences)
	}
	return err
}
