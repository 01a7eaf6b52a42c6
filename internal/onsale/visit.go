package onsale

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Visitor is somebody who asks for a number.
type Visitor struct {
	Sale *store.StoredSale
	// Secret opens the number: a letter's code, or what lies in the browser. Who shows
	// the same one again, on whatever device, has the same number.
	Secret  []byte
	Size    int              // how many come together, from 1
	Wants   catalog.GroupSet // which groups suit them
	Claims  []ident.Digest   // what they say about themselves, by digest: it only counts
	Channel catalog.Channel
	By      waitingroom.Hand // the clerk who draws it for them; zero: they do
}

// Join draws a place in the log, durable when it returns. The outcome says why not, if
// there is none.
func (r *Rooms) Join(ctx context.Context, v Visitor) (waitingroom.Outcome, error) {
	join := waitingroom.Join{Owner: r.owner(v), Size: uint8(v.Size), Wants: v.Wants, Claims: v.Claims, Channel: v.Channel, By: v.By} //nolint:gosec // a party has at most ten
	if _, err := io.ReadFull(r.opt.Rand, join.Alias[:]); err != nil {
		return waitingroom.Outcome{}, fault.New(fault.Unavailable, "no randomness for an alias: %w", err)
	}
	return r.opt.Committer.Act(ctx, waitingroom.Act{Sale: v.Sale.ID, Do: join})
}

// owner is what the log knows whoever opens a number by.
func (r *Rooms) owner(v Visitor) ident.Digest {
	return r.opt.Secret.Digest("owner", saleField(v.Sale.ID), v.Secret)
}

// Joined finds the place in the log that a visitor has already; NotFound if none.
func (r *Rooms) Joined(ctx context.Context, v Visitor) (waitingroom.Entry, error) {
	return r.opt.Store.EntryOf(ctx, v.Sale.ID, r.owner(v))
}

// AtTheDoor: a late one, who is let in when there is a place beside the numbers.
const AtTheDoor waitingroom.Reason = "at_the_door"

// Enter lets somebody in whose number was called and gives the pass to one cart; again
// and again the same one, until its cart is over. Who comes too late, or for a next cart,
// stands at the door first. Conflict if the number was not called.
func (r *Rooms) Enter(ctx context.Context, sale *store.StoredSale, no uint32) (waitingroom.Pass, waitingroom.Reason, error) {
	one, now := r.room(sale.ID), r.opt.Now()
	if one == nil {
		return waitingroom.Pass{}, waitingroom.NotOpen, nil
	}
	number, drawn := one.roster.Number(no)
	call, ok := one.roster.CallOf(number)
	if !drawn || !ok {
		return waitingroom.Pass{}, "", fault.New(fault.Conflict, "number %d was not called", number)
	}
	e, err := r.opt.Store.Entry(ctx, waitingroom.Place{Sale: sale.ID, No: no})
	if err != nil {
		return waitingroom.Pass{}, "", err
	}
	over, err := r.passesOver(ctx, sale.ID, e)
	if err != nil {
		return waitingroom.Pass{}, "", err
	}
	group, in := call.Group, inTime(e, over, call.At, now)
	if !in {
		group, in = one.knock(late{no, int(e.Size), e.Wants}, now)
	}
	if in {
		return r.letIn(ctx, sale, waitingroom.Enter{No: no, After: over, Until: now.Add(PassLasts), Group: group})
	}
	return waitingroom.Pass{}, AtTheDoor, nil
}

// inTime reports whether somebody may come in at once: for the first time soon after
// the call, or with a pass that is good.
func inTime(e waitingroom.Entry, over uint8, called, now time.Time) bool {
	switch {
	case e.Passes == 0:
		return !now.After(called.Add(PassLasts))
	case e.Passes == over: // the last cart is over
		return e.Passes >= waitingroom.PassesMax // that is answered without the door
	}
	return !now.After(e.Until)
}

func (one *room) knock(who late, now time.Time) (group int, in bool) {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.door.knock(who, now)
}

// Late reports whether somebody stands at the door, or was admitted there.
func (r *Rooms) Late(sale ident.SaleID, no uint32) (standing, admitted bool) {
	one := r.room(sale)
	if one == nil {
		return false, false
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.door.stands(no)
}

// letIn gives the pass after those that are over, or renews the last one.
func (r *Rooms) letIn(ctx context.Context, sale *store.StoredSale, enter waitingroom.Enter) (waitingroom.Pass, waitingroom.Reason, error) {
	out, err := r.opt.Committer.Act(ctx, waitingroom.Act{Sale: sale.ID, Do: enter})
	if err != nil || out.Reason != waitingroom.Granted {
		return waitingroom.Pass{}, out.Reason, err
	}
	pass := waitingroom.Pass{ID: r.passID(sale.ID, out.Entry), Sale: sale.ID, Until: out.Entry.Until, Gate: waitingroom.GateRoom, Wants: out.Entry.Wants}
	namesakes, err := r.opt.Store.Namesakes(ctx, waitingroom.Place{Sale: sale.ID, No: enter.No})
	if len(namesakes) > 0 {
		pass.Second = enter.No + 1
	}
	return pass, "", err
}

// passesOver is how many passes of an entry are over: each had its cart, and the cart
// has ended without a booking.
func (r *Rooms) passesOver(ctx context.Context, sale ident.SaleID, e waitingroom.Entry) (uint8, error) {
	if e.Passes == 0 {
		return 0, nil
	}
	holder, err := r.opt.Store.Holder(ctx, r.pass(sale, e))
	if err != nil || holder.IsZero() {
		return e.Passes - 1, err
	}
	cart, err := r.opt.Store.Booking(ctx, holder)
	if err != nil || cart.State.Keeps() {
		return e.Passes - 1, err
	}
	return e.Passes, nil
}

// pass is the pool that the entry's last pass is spent from.
func (r *Rooms) pass(sale ident.SaleID, e waitingroom.Entry) inventory.PoolID {
	return inventory.Pass(r.passID(sale, e))
}

// passID names the entry's last pass: whoever asks again is given the same one.
func (r *Rooms) passID(sale ident.SaleID, e waitingroom.Entry) ident.ID {
	return r.opt.Secret.Name("pass", ident.Moment(e.At), saleField(sale), e.Alias[:], []byte{e.Passes})
}

func saleField(sale ident.SaleID) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(sale)) //nolint:gosec // a name, not a count
}
