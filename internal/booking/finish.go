package booking

import (
	"context"
	"encoding/json"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Confirm makes a cart a booking. A second confirm of the same cart is answered
// as the first.
func (b *Service) Confirm(ctx context.Context, who Who, id ident.BookingID, contact catalog.Contact) (inventory.Decision, error) {
	sale, err := b.Available.carts.saleOf(ctx, b.store, id)
	if err != nil {
		return inventory.Decision{}, err
	}
	code, err := ident.NewCode(b.rand)
	if err != nil {
		return inventory.Decision{}, err
	}
	items, err := json.Marshal(contact)
	if err != nil {
		return inventory.Decision{}, fault.New(fault.Internal, "contact: %w", err)
	}
	return b.committer.Submit(ctx, b.command(who, sale, id.ID, "confirm", items, inventory.Confirm{Booking: id, Code: code, Contact: contact}))
}

// Extend adds the sale's extension to a hold, once. The key carries the hold's
// end as the person saw it, so that a repeated click extends once.
func (b *Service) Extend(ctx context.Context, who Who, id ident.BookingID, seen time.Time) (inventory.Decision, error) {
	saleID, err := b.Available.carts.saleOf(ctx, b.store, id)
	if err != nil {
		return inventory.Decision{}, err
	}
	sale, err := b.Sales.ByID(saleID)
	if err != nil {
		return inventory.Decision{}, err
	}
	items := []byte(seen.UTC().Format(time.RFC3339Nano))
	return b.committer.Submit(ctx, b.command(who, saleID, id.ID, "extend", items, inventory.Extend{Booking: id, By: sale.Sale.Hold.Extend}))
}

// Release gives a cart back.
func (b *Service) Release(ctx context.Context, who Who, id ident.BookingID) (inventory.Decision, error) {
	return b.simple(ctx, who, id, "release", inventory.Release{Booking: id})
}

// Cancel gives a confirmed booking back, whole.
func (b *Service) Cancel(ctx context.Context, who Who, id ident.BookingID) (inventory.Decision, error) {
	return b.simple(ctx, who, id, "cancel", inventory.Cancel{Booking: id})
}

func (b *Service) simple(ctx context.Context, who Who, id ident.BookingID, purpose string, a inventory.Action) (inventory.Decision, error) {
	sale, err := b.Available.carts.saleOf(ctx, b.store, id)
	if err != nil {
		return inventory.Decision{}, err
	}
	return b.committer.Submit(ctx, b.command(who, sale, id.ID, purpose, nil, a))
}

// resendPause is how long one request to send the confirmation again stands for:
// whoever clicks more often gets one message.
const resendPause = 10 * time.Minute

// messagesMax is how many messages the public can make us send for one booking:
// enough for every typing mistake, too few to pester somebody with.
const messagesMax = 12

// TooOften refuses another message for one booking.
const TooOften inventory.Reason = "too_often"

// mayTell checks that a booking has not caused too many messages. Two requests at
// the same moment may pass together: the limit is against pestering.
func (b *Service) mayTell(ctx context.Context, who Who, id ident.BookingID) (ident.SaleID, inventory.Reason, error) {
	r, err := b.store.Booking(ctx, id)
	switch {
	case err != nil:
		return 0, inventory.Granted, err
	case !who.staff() && len(r.Messages) >= messagesMax:
		return 0, TooOften, nil
	}
	return r.Sale, inventory.Granted, nil
}

// Resend sends the confirmation again, at most once in ten minutes.
func (b *Service) Resend(ctx context.Context, who Who, id ident.BookingID) (inventory.Decision, error) {
	sale, why, err := b.mayTell(ctx, who, id)
	if err != nil || why != inventory.Granted {
		return inventory.Decision{Reason: why, Booking: id}, err
	}
	window := []byte(who.Arrived.Truncate(resendPause).UTC().Format(time.RFC3339))
	return b.committer.Submit(ctx, b.command(who, sale, id.ID, "resend", window, inventory.Notify{Booking: id, About: inventory.AboutConfirmed}))
}

// SetContact changes how the booker is reached and sends the confirmation there.
func (b *Service) SetContact(ctx context.Context, who Who, id ident.BookingID, contact catalog.Contact) (inventory.Decision, error) {
	sale, why, err := b.mayTell(ctx, who, id)
	if err != nil || why != inventory.Granted {
		return inventory.Decision{Reason: why, Booking: id}, err
	}
	items, err := json.Marshal(struct {
		catalog.Contact
		At string
	}{contact, who.Arrived.Truncate(time.Minute).UTC().Format(time.RFC3339)})
	if err != nil {
		return inventory.Decision{}, fault.New(fault.Internal, "contact: %w", err)
	}
	return b.committer.Submit(ctx, b.command(who, sale, id.ID, "contact", items, inventory.SetContact{Booking: id, Contact: contact}))
}
