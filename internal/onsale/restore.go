package onsale

import (
	"context"
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// restore brings one room back from what is stored of it: the roster, and what the
// caller had learned.
func (r *Rooms) restore(ctx context.Context, state waitingroom.Room) (*room, error) {
	one := r.newRoom(state)
	var came []waitingroom.Entry
	err := r.opt.Store.EachEntry(ctx, state.Sale, 0, func(e waitingroom.Entry) error {
		one.roster.Add(e)
		if e.Passes > 0 {
			came = append(came, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	calls, err := r.opt.Store.CallsOf(ctx, state.Sale)
	if err != nil {
		return nil, err
	}
	one.roster.Recall(calls)
	one.roster.Restored()
	if err := one.recall(ctx, r.opt.Store, &state); err != nil {
		return nil, err
	}
	if err := one.recallReminders(ctx, r.opt.Store, state.Sale); err != nil {
		return nil, err
	}
	times, err := r.opt.Store.CartTimes(ctx, state.Sale)
	if err != nil {
		return nil, err
	}
	var past []waitingroom.Past
	for _, e := range came {
		p, err := r.past(ctx, one, state.Sale, e, times)
		if err != nil {
			return nil, err
		}
		past = append(past, p)
	}
	one.inside.callers.Restore(calls, past, one.roster.Look)
	return one, nil
}

// past is what is known of somebody who was let in, and puts them where they are now.
func (r *Rooms) past(ctx context.Context, one *room, sale ident.SaleID, e waitingroom.Entry, times map[ident.BookingID]store.CartTimes) (waitingroom.Past, error) {
	number, _ := one.roster.Number(e.No)
	called, _ := one.roster.CalledAt(number)
	p := waitingroom.Past{Called: called, Arrived: e.Arrived, Units: int(e.Size), Group: e.Group, TookIn: e.Group}
	g := &guest{units: p.Units, arrived: e.Arrived, until: e.Until, group: e.Group}
	if byTheDoor(e, called) {
		p.Called = time.Time{} // nobody expected them from the call
	}
	pass := r.pass(sale, e)
	cart, err := r.opt.Store.Holder(ctx, pass)
	if err != nil || cart.IsZero() {
		one.inside.looking[pass] = g
		return p, err
	}
	b, err := r.opt.Store.Booking(ctx, cart)
	if err != nil {
		return p, err
	}
	p.Took, p.Ended, p.Kept = times[cart].Took, times[cart].Ended, b.State == inventory.Confirmed
	if in := one.groupOfSlots(b.Slots()); in >= 0 {
		p.TookIn, g.group = in, in
	}
	if g.took = p.Took; b.State == inventory.Held {
		one.inside.carts[cart] = g
	}
	return p, nil
}
