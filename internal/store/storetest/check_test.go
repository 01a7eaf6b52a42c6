package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// tally counts what a test has proved, over all worlds.
type tally struct {
	cuts, cycles             atomic.Int64
	acknowledged, refused    atomic.Int64
	batches                  atomic.Int64
	happened, notHappened    atomic.Int64 // of the unanswered
	clean                    atomic.Int64 // answered with "nothing was saved"
	replayed, read, verified atomic.Int64
}

// check compares the disk with the ledger after a restart: the unanswered, then
// what was touched since the last check, then everything as a whole.
func (w *world) check(p *process, sum *tally) error {
	again, err := w.resolve(p, sum)
	if err != nil {
		return err
	}
	for id := range w.ledger.touched {
		if err := w.checkBooking(p, id); err != nil {
			return err
		}
		sum.read.Add(1)
	}
	if err := w.checkWhole(p, sum); err != nil {
		return err
	}
	fresh := w.ledger.answers[w.ledger.checked:]
	if err := w.replay(p, fresh, sum); err != nil {
		return err
	}
	w.ledger.checked = len(w.ledger.answers)
	clear(w.ledger.touched)
	return w.sendAgain(p, again)
}

// resolve finds out by its key what became of every command nobody was answered:
// it happened with everything that belongs to it, or not at all. It returns those
// that did not.
func (w *world) resolve(p *process, sum *tally) (again []inventory.Command, err error) {
	open := w.ledger.open
	w.ledger.open = nil
	for _, u := range open {
		happened, err := w.happened(p, &u.cmd)
		switch {
		case err != nil:
			return nil, err
		case happened && u.clean:
			return nil, fmt.Errorf("%T was answered with an error, as not saved, and is on the disk", u.cmd.Action)
		case u.clean:
			sum.clean.Add(1)
		case !happened:
			sum.notHappened.Add(1)
		}
		if !happened {
			again = append(again, u.cmd)
			continue
		}
		sum.happened.Add(1)
		d := inventory.Decision{Booking: bookingOf(u.cmd.Action)}
		if !u.cmd.Key.IsZero() {
			if d, err = p.committer.Submit(p.ctx, u.cmd); err != nil || !d.OK() || !d.Repeated {
				return nil, fmt.Errorf("%T has a stored key and is answered %+v, %w", u.cmd.Action, d, err)
			}
		}
		w.ledger.answered(u.cmd, d)
	}
	return again, nil
}

// happened asks the audit for the command's key, or the booking for its state if
// it has none.
func (w *world) happened(p *process, cmd *inventory.Command) (bool, error) {
	if !cmd.Key.IsZero() {
		return p.store.KeyKnown(bg, cmd.Key)
	}
	r, err := p.store.Booking(bg, bookingOf(cmd.Action))
	return err == nil && r.State == inventory.Expired, err
}

func (w *world) checkBooking(p *process, id ident.BookingID) error {
	r, err := p.store.Booking(bg, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return w.ledger.compare(id, r)
}

// checkWhole lets the store verify itself, and compares what staff were promised.
func (w *world) checkWhole(p *process, sum *tally) error {
	v, err := p.store.Verify(bg)
	if err != nil {
		return err
	}
	if len(v.Differences) > 0 {
		return fmt.Errorf("verify: %d differences, %q", len(v.Differences), v.Differences[0])
	}
	sum.verified.Add(int64(v.Bookings))
	if v.Bookings != len(w.ledger.bookings) {
		return fmt.Errorf("%d bookings on the disk, %d in the ledger", v.Bookings, len(w.ledger.bookings))
	}
	secret, err := p.store.Secret(store.MasterSecret, w.random())
	if err != nil || secret != w.secret {
		return fmt.Errorf("the installation's secret is another one: %w", err)
	}
	return w.checkPools(p)
}

func (w *world) checkPools(p *process) error {
	pools, err := p.store.EagerPools(bg)
	if err != nil {
		return err
	}
	for i := range pools {
		pool := &pools[i]
		if pool.Wanted != w.ledger.wanted[pool.ID] {
			return fmt.Errorf("pool %s: staff were told %d, it is %d", pool.ID, w.ledger.wanted[pool.ID], pool.Wanted)
		}
		even := slices.Index(w.slots, pool.ID.Slot())%2 == 0
		if pool.Held+pool.Booked > pool.Wanted && even {
			return fmt.Errorf("pool %s oversold: %+v", pool.ID, *pool)
		}
	}
	return nil
}

// replay sends acknowledged commands again: the same answer, and nothing twice.
func (w *world) replay(p *process, answers []answer, sum *tally) error {
	const atOnce = 200
	for chunk := range slices.Chunk(answers, atOnce) {
		var group sync.WaitGroup
		errs := make([]error, len(chunk))
		for i := range chunk {
			if chunk[i].cmd.Key.IsZero() {
				continue
			}
			sum.replayed.Add(1)
			group.Go(func() { errs[i] = chunk[i].repeated(p) })
		}
		group.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *answer) repeated(p *process) error {
	d, err := p.committer.Submit(p.ctx, a.cmd)
	if err != nil {
		return fmt.Errorf("replay of %T: %w", a.cmd.Action, err)
	}
	units := a.decision.Units == d.Units
	if !d.OK() || !d.Repeated || d.Booking != a.decision.Booking || !units || !reflect.DeepEqual(d.Lines, a.decision.Lines) {
		return fmt.Errorf("replay of %T: first %+v, now %+v", a.cmd.Action, a.decision, d)
	}
	return nil
}

// sendAgain does what a person does after an error: the same request once more.
// It must be carried out now, not repeated.
func (w *world) sendAgain(p *process, cmds []inventory.Command) error {
	for _, cmd := range cmds {
		d, err := p.committer.Submit(p.ctx, cmd)
		if err != nil {
			return fmt.Errorf("%T sent again: %w", cmd.Action, err)
		}
		if d.Repeated {
			return fmt.Errorf("%T sent again is repeated, though its key was not known", cmd.Action)
		}
		w.ledger.answered(cmd, d)
	}
	return nil
}

// checkAll compares everything ever acknowledged on this disk.
func (w *world) checkAll(p *process, sum *tally) error {
	for id := range w.ledger.bookings {
		w.ledger.touched[id] = true
	}
	w.ledger.checked = 0
	return w.check(p, sum)
}
