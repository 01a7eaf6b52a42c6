package booking

import (
	"context"
	"sync"

	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// carts remembers of which sale the open carts are, so that finishing one asks
// the database nothing before it is queued. It is a shortcut only: what it does
// not know, such as carts from before a restart, is read.
type carts struct {
	mu   sync.RWMutex // guards sale
	sale map[ident.BookingID]ident.SaleID
}

func newCarts() *carts { return &carts{sale: make(map[ident.BookingID]ident.SaleID)} }

// follow takes over what a batch changed.
func (c *carts) follow(changes *inventory.Changes) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range changes.Bookings {
		b := &changes.Bookings[i]
		if b.State == inventory.Held {
			c.sale[b.ID] = b.Sale
		} else {
			delete(c.sale, b.ID)
		}
	}
}

// Open reports whether the cart was opened since the program began and has not
// ended yet.
func (a *Availability) Open(id ident.BookingID) bool {
	a.carts.mu.RLock()
	defer a.carts.mu.RUnlock()
	_, ok := a.carts.sale[id]
	return ok
}

// saleOf returns the sale of a booking; NotFound if there is none of that name.
func (c *carts) saleOf(ctx context.Context, s *store.Store, id ident.BookingID) (ident.SaleID, error) {
	c.mu.RLock()
	sale, ok := c.sale[id]
	c.mu.RUnlock()
	if ok {
		return sale, nil
	}
	return s.SaleOf(ctx, id)
}
