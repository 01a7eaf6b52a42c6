package onsale

import (
	"context"
	"time"

	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// History is the receipt of one number: what became of it, and nothing of the people.
type History struct {
	waitingroom.Entry
	Number uint32    // 0 before the draw
	Called time.Time // zero: not yet
	// Passes are those it was given, first to last.
	Passes []PassSpent
}

// PassSpent is what became of a pass: the state of the booking that it was spent on; 0
// if none was.
type PassSpent struct{ State inventory.BookingState }

// History reads what became of a place in the log. NotFound if it is nobody's.
func (r *Rooms) History(ctx context.Context, sale *store.StoredSale, no uint32) (History, error) {
	roster := r.Roster(sale.ID)
	if roster == nil {
		return History{}, fault.New(fault.NotFound, "the sale has no numbers")
	}
	e, err := r.opt.Store.Entry(ctx, waitingroom.Place{Sale: sale.ID, No: no})
	if err != nil {
		return History{}, err
	}
	h := History{Entry: e}
	h.Number, _ = roster.Number(no)
	h.Called, _ = roster.CalledAt(h.Number)
	for n := uint8(1); n <= e.Passes; n++ {
		of := e
		of.Passes = n
		spent, err := r.spentOn(ctx, sale.ID, of)
		if err != nil {
			return History{}, err
		}
		h.Passes = append(h.Passes, spent)
	}
	return h, nil
}

// spentOn looks what the entry's last pass was spent on.
func (r *Rooms) spentOn(ctx context.Context, sale ident.SaleID, e waitingroom.Entry) (PassSpent, error) {
	holder, err := r.opt.Store.Holder(ctx, r.pass(sale, e))
	if err != nil || holder.IsZero() {
		return PassSpent{}, err
	}
	cart, err := r.opt.Store.Booking(ctx, holder)
	if err != nil {
		return PassSpent{}, err
	}
	state := cart.State
	if state == inventory.Held && r.opt.Now().After(cart.Expires) {
		state = inventory.Expired // its time is over, the books follow
	}
	return PassSpent{State: state}, nil
}
